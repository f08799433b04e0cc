"""Pages of what all tickets share. `detail` has the ticket page that each process shows, `steps` the pages of its life
cycle; `talk`, `work` and `look` are the views under `/tickets/`.
"""
