"""Pages: people and where they stand (settings), files of them, and everybody's own page."""
