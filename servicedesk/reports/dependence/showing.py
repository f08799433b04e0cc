"""What pages, files and the API show of topics, with people called as the reader may see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from servicedesk.people.models import User

from ..models import DependenceProposal
from .naming import Called, naming
from .queries import Desk, desks_for, key_of, named_to
from .topics import Topic

# Rows of the heat map: those of the most risk.
MOST_TOPICS = 40
_SHADES = (Decimal("0.1"), Decimal("0.3"), Decimal("0.5"), Decimal("0.7"))
# Less of a change says nothing.
_NOTICED = Decimal("0.02")


@dataclass(frozen=True)
class Cell:
    """How many tickets; `shade` from 0 (none) to 5 (nearly all) by their share in the topic."""

    tickets: int
    shade: int


@dataclass(frozen=True)
class HeatMap:
    columns: Sequence[Called]
    rows: Sequence[tuple[Topic, Sequence[Cell]]]
    left_out: int

    @property
    def has_names(self) -> bool:
        return any(column.is_named for column in self.columns)


def heat_map(user: User, desk: Desk, topics: Sequence[Topic]) -> HeatMap:
    """Topics × people; people stand by their name, or under letters dealt for this page."""
    shown = topics[:MOST_TOPICS]
    columns = list(calling(user, desk, shown).values())
    rows = [(topic, [_cell(topic, column.pk) for column in columns]) for topic in shown]
    return HeatMap(columns, rows, len(topics) - len(shown))


def calling(user: User, desk: Desk, topics: Iterable[Topic], also: Iterable[int] = ()) -> dict[int, Called]:
    """What everybody is called who resolved something of these topics; `also` are named whoever reads."""
    known = {pk for topic in topics for pk in topic.by} & desk.people.keys()
    named = named_to(user)
    return dict(naming((desk.people[pk] for pk in known), named if named is None else named | set(also)))


def _cell(topic: Topic, person: int) -> Cell:
    tickets = topic.by.get(person, 0)
    share = Decimal(tickets) / topic.tickets
    return Cell(tickets, 0 if not tickets else 1 + sum(share >= bound for bound in _SHADES))


def people_of(topic: Topic, called: dict[int, Called]) -> list[tuple[Called, int]]:
    """(person, tickets) in the order of the page, not of the numbers."""
    return [(each, topic.by[pk]) for pk, each in called.items() if pk in topic.by]


@dataclass(frozen=True)
class ProposalShown:
    """A proposal beside its topic as it is now (None where nothing of it was resolved), with what its owner is called;
    `owner` is None where the reader sees no name.
    """

    proposal: DependenceProposal
    now: Topic | None
    owner: User | None

    @property
    def is_due(self) -> bool:
        return self.proposal.state == "open" and self.proposal.due_on <= timezone.localdate()

    @property
    def spreads(self) -> int:
        """Whether the topic hangs on the first less (1), as before (0) or more (-1) than when it was agreed on."""
        before, now = self.proposal.share, self.now.share if self.now else None
        if before is None or now is None or abs(before - now) < _NOTICED:
            return 0
        return 1 if now < before else -1


def proposals_shown(user: User, proposals: Sequence[DependenceProposal]) -> list[ProposalShown]:
    desks, named = desks_for(proposals), named_to(user)
    return [
        ProposalShown(
            row,
            desks[row.months].topic(key_of(row)),
            row.owner if named is None or row.owner_id in named or row.owner_id == user.pk else None,
        )
        for row in proposals
    ]
