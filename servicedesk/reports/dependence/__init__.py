"""Person-dependence: topics that hang on one person, what would wait without them, and what is done about it."""
