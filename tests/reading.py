"""Which parameters of an address a page asks for: one that it never asks for changes nothing in its answer."""

from contextlib import contextmanager
from unittest.mock import patch

from django.http import QueryDict


@contextmanager
def names_read():
    """Yields the set that is filled with the names of parameters that are asked for meanwhile. Whoever takes all
    parameters to do something with them has asked for each that there is.
    """
    read: set[str] = set()

    class Watched(QueryDict):
        """One that has been filled tells what it is asked for."""

        is_filled = False

        def __init__(self, *words, **more):
            super().__init__(*words, **more)
            self.is_filled = True

        def _told(self, *names):
            if self.is_filled:
                read.update(names)

        def __getitem__(self, name):
            self._told(name)
            return super().__getitem__(name)

        def _getlist(self, name, *words, **more):
            self._told(name)
            return super()._getlist(name, *words, **more)

        def __contains__(self, name):
            self._told(name)
            return super().__contains__(name)

        def __iter__(self):
            self._told(*self.keys())
            return super().__iter__()

    with patch("django.core.handlers.wsgi.QueryDict", Watched):
        yield read
