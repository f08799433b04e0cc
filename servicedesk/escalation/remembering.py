"""What is read once while many rules are checked or told in words: the same few teams, services and people again and
again.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

_T = TypeVar("_T")
_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within the block `once` reads each thing once; outside of one it reads anew each time."""
    if _kept.get() is not None:
        yield
        return
    before = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(before)


def once(key: Hashable, read: Callable[[], _T]) -> _T:
    kept = _kept.get()
    if kept is None:
        return read()
    if key not in kept:
        kept[key] = read()
    return kept[key]


def remember(key: Hashable, value: Any) -> None:
    """Something that was read together with others of its kind."""
    kept = _kept.get()
    if kept is not None:
        kept[key] = value
