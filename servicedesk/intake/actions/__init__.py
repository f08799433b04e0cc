"""All writes of the window. `receive` is the one way into the desk; `convert` makes a record of the other kind."""

from .receive import receive

__all__ = ["receive"]
