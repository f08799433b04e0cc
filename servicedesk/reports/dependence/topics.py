"""Topics: how the tickets of a service and category spread over those who resolved them, and the risk in words. Knows
neither database nor present: `queries` hands over what was counted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.db.models import IntegerChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from servicedesk.web.formats import number

# Below that a share says nothing.
FEW = 5
HIGH_SHARE, HIGH_EFFECTIVE = Decimal("0.7"), Decimal("1.5")
MIDDLE_SHARE, MIDDLE_EFFECTIVE = Decimal("0.5"), Decimal(2)
HIGH_GONE, MIDDLE_GONE = Decimal("0.5"), Decimal("0.2")
_CODE = re.compile(r"s([0-9]{1,18})(?:-c([0-9]{1,18}))?")


class Risk(IntegerChoices):
    """How much would be missing without one person. The number is the weight by which hours count."""

    FEW = 0, gettext_lazy("Too few tickets")
    LOW = 1, gettext_lazy("Low")
    MIDDLE = 2, gettext_lazy("Medium")
    HIGH = 3, gettext_lazy("High")


class Key(NamedTuple):
    """Which topic: a service with a category, either of them None, or all of a service."""

    service: int | None
    category: int | None
    whole: bool = False

    @property
    def code(self) -> str:
        """`s12-c5`, `s12-c0` without a category, `s0-c5` without a service, `s12` for all of a service."""
        return f"s{self.service or 0}" + ("" if self.whole else f"-c{self.category or 0}")

    @classmethod
    def read(cls, code: str) -> "Key | None":
        found = _CODE.fullmatch(code)
        if not found:
            return None
        service, category = int(found[1]) or None, int(found[2] or 0) or None
        if found[2] is None:
            return cls(service, None, True) if service else None
        return cls(service, category) if service or category else None


@dataclass(frozen=True)
class Person:
    """Somebody who resolved something, or might: `is_here` while they are active."""

    pk: int
    name: str
    reading: str
    is_here: bool

    @property
    def place(self) -> tuple[str, str, int]:
        return self.reading, self.name, self.pk


class Templates(NamedTuple):
    """The reply templates in use of a topic's team: how many, and when the oldest and the newest were last changed."""

    count: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


@dataclass(frozen=True)
class Topic:
    """What was resolved of a topic: `by` has the tickets of each person, by id; `gone` are those of people who are no
    longer here. `members` are the people of its team who are here, `standing_in` the deputies whom the absence of the
    first names.
    """

    key: Key
    name: str
    by: Mapping[int, int]
    minutes: int
    gone: int
    team: int | None
    team_name: str
    members: frozenset[int]
    standing_in: frozenset[int]
    templates: Templates

    @cached_property
    def tickets(self) -> int:
        return sum(self.by.values())

    @property
    def resolvers(self) -> int:
        return len(self.by)

    @cached_property
    def first(self) -> int:
        """Whoever resolved most; of several the one who came first."""
        return min(self.by, key=lambda pk: (-self.by[pk], pk))

    @property
    def share(self) -> Decimal:
        """Of the first, from 0 to 1."""
        return Decimal(self.by[self.first]) / self.tickets

    @cached_property
    def effective(self) -> Decimal:
        """As many people as would share the tickets evenly: 1 ÷ Σ share²."""
        return Decimal(self.tickets**2) / sum(count**2 for count in self.by.values())

    @property
    def hours(self) -> Decimal:
        return Decimal(self.minutes) / 60

    @property
    def gone_share(self) -> Decimal:
        return Decimal(self.gone) / self.tickets

    @cached_property
    def versed(self) -> frozenset[int]:
        """Members of the team who resolved at least one, whoever is first included."""
        return self.members & self.by.keys()

    @cached_property
    def deputies(self) -> frozenset[int]:
        """Who could stand in for the first."""
        return (self.versed | self.standing_in) - {self.first}

    @property
    def hangs_on_one(self) -> bool:
        return self.tickets >= FEW and self.share >= HIGH_SHARE and self.effective < HIGH_EFFECTIVE

    @property
    def risk(self) -> Risk:
        if self.tickets < FEW:
            return Risk.FEW
        if self.hangs_on_one or self.gone_share >= HIGH_GONE:
            return Risk.HIGH
        spread = self.share < MIDDLE_SHARE and self.effective >= MIDDLE_EFFECTIVE
        return Risk.LOW if spread and self.gone_share < MIDDLE_GONE and self.deputies else Risk.MIDDLE

    @property
    def place(self) -> tuple:
        """Where it stands: by risk × hours, then by risk, tickets and name."""
        return -self.risk * self.minutes, -self.risk, -self.tickets, self.name, self.key.code

    @property
    def reasons(self) -> list[str]:
        """Why the risk is what it is, in the reader's language, without a name."""
        if self.risk == Risk.FEW:
            few = {"count": FEW}
            return [ngettext("Fewer than %(count)d ticket.", "Fewer than %(count)d tickets.", FEW) % few]
        said = []
        if self.share >= MIDDLE_SHARE or self.effective < MIDDLE_EFFECTIVE:
            said.append(
                _("One person resolved %(share)s of it, as if %(people)s people knew it.")
                % {"share": percent(self.share), "people": number(round(self.effective, 1), 1)}
            )
        if self.gone_share >= MIDDLE_GONE:
            said.append(
                _("%(share)s was resolved by people who are no longer here.") % {"share": percent(self.gone_share)}
            )
        if not self.deputies:
            said.append(_("Nobody else of the team has resolved one."))
        return said or [_("Several people resolve it.")]


def percent(share: Decimal) -> str:
    return f"{number(round(share * 100), 0)}\u00a0%"


class Span(NamedTuple):
    """From a moment on until another, so many months; `since` is the first day."""

    months: int
    since: date
    first: datetime
    end: datetime
