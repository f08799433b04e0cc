"""Every call of the desk to machines elsewhere that is not mail."""
