"""What the front door tells people, and how it stops."""

import sys
import time


class Stop(Exception):
    """Ends the command with a sentence for people; no traceback."""


_started = time.monotonic()


def say(text: str = "") -> None:
    """A line on the terminal. A closed terminal (`| head`, lost SSH) never ends the service."""
    try:
        print(text, flush=True)
    except (BrokenPipeError, OSError):
        pass


def step(text: str) -> None:
    """A line about what is being done, with the seconds since the start."""
    say(f"[{time.monotonic() - _started:5.1f} s] {text}")


def warn(text: str) -> None:
    try:
        print(text, file=sys.stderr, flush=True)
    except (BrokenPipeError, OSError):
        pass
