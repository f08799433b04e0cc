"""Major incidents: what is declared, who handles it, what readers are told, and what is learnt from it afterwards."""
