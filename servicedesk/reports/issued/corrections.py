"""What is counted otherwise today than a report says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .actions import counted_now
from .freezing import Frozen, FrozenLine
from .models import IssuedReport


@dataclass(frozen=True)
class Corrected:
    """A figure as it was issued, and what became of it: (since when, value), the newest last. What nobody has written
    down yet has no moment.
    """

    line: FrozenLine
    turns: Sequence[tuple[datetime | None, Decimal | None]]


def corrections_of(report: IssuedReport, frozen: Frozen) -> list[Corrected]:
    """Figures that are counted otherwise now, or were so for a while. Writes nothing."""
    lines = {line.key: line for line in frozen.lines}
    turns: dict[str, list[tuple[datetime | None, str | None]]] = {}
    for row in report.corrections.all():
        turns.setdefault(row.kpi, []).append((row.at, row.value))
    for key, kept, now in counted_now(report):
        last = turns[key][-1][1] if key in turns else kept
        if now != last:
            turns.setdefault(key, []).append((None, now))
    return [
        Corrected(lines[key], [(at, None if value is None else Decimal(value)) for at, value in found])
        for key, found in turns.items()
        if key in lines
    ]
