"""The demo company and its tickets: data in `company.toml` and `stories/`, told by the same actions that people use."""
