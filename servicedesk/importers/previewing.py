"""A look before anything is written: how many tickets would be made, changed or left, and what would be made for
them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .drafts import Draft, Rejection, chunks
from .queries import REWRITTEN, WORKED_ON, Names, Path, Standing, standings
from .sources import Reading

AT_ONCE = 500
MOST_NAMED = 200
REASONS = {
    REWRITTEN: gettext_lazy("Its past is told otherwise than when it was imported; the ticket stays as it is."),
    WORKED_ON: gettext_lazy("Somebody has worked on the ticket here since; it stays as it is."),
}


@dataclass
class Preview:
    """`counts` of tickets by outcome; `rejected` and `left` with their reasons; `news` what would be made for them."""

    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejection] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    teams: set[str] = field(default_factory=set)
    categories: set[Path] = field(default_factory=set)
    channels: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def note(self, standing: Standing) -> None:
        self.counts[standing.outcome] += 1
        if standing.outcome == "left":
            self.rejected.append(rejection_of(standing))
        if standing.outcome in ("created", "changed"):
            draft = standing.draft
            self.people |= draft.people | ({""} if not draft.requester else set())
            self.teams |= draft.teams
            self.categories |= draft.categories
            self.channels[draft.channel] += 1
            self.first = min(self.first or draft.opened_at, draft.opened_at)
            self.last = max(self.last or draft.opened_at, draft.opened_at)

    def news(self, system: str) -> dict:
        names = Names(system, self.people, self.teams, self.categories)
        return {
            "people": len(names.missing_people),
            "teams": names.missing_teams[:MOST_NAMED],
            "team_count": len(names.missing_teams),
            "categories": [" › ".join(path) for path in names.missing_categories][:MOST_NAMED],
            "category_count": len(names.missing_categories),
            "channels": dict(self.channels),
            "first": self.first.isoformat() if self.first else "",
            "last": self.last.isoformat() if self.last else "",
        }


def rejection_of(standing: Standing) -> Rejection:
    reason = str(REASONS.get(standing.reason, standing.reason))
    return Rejection(standing.draft.line, standing.draft.external_id, reason)


def preview(reading: Reading, system: str) -> Preview:
    """Read a file to its end. Refuses what the reading refuses on the way, so that nothing is written of a file whose
    end cannot be read.
    """
    found = Preview()
    for some in chunks(reading.drafts, AT_ONCE):
        for standing in standings(system, list(_drafts(some, found))):
            found.note(standing)
    return found


def _drafts(some: list[Draft | Rejection], found: Preview) -> Iterator[Draft]:
    for each in some:
        if isinstance(each, Rejection):
            found.counts["rejected"] += 1
            found.rejected.append(each)
        else:
            yield each


def refusal_of_empty() -> str:
    return _("The file has no rows beside its first line.")
