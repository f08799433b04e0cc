"""The demo company and its tickets: data in `company.toml` and `stories/`, told by the same actions that people use."""

from .load import LoadedDemo, NotEmpty, load

__all__ = ["LoadedDemo", "NotEmpty", "load"]
