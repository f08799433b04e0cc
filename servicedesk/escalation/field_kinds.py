"""The kinds of fields that conditions ask: one of some codes, yes or no, a number, words. Each reads what somebody
wrote and becomes one Q.

Nothing here looks at a ticket in Python to decide: a condition means its Q, wherever it is asked.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.tickets.models import Ticket, TicketWords
from servicedesk.tickets.words import Asked, query_for
from servicedesk.web.errors import Refused
from servicedesk.web.text import nearest, normalise, one_line, search_key

from .remembering import once

ALWAYS, NEVER = Q(pk__isnull=False), Q(pk__isnull=True)
NONE = "none"
MOST_VALUES = 50

IS, IS_NOT, HAS, HAS_ALL, AT_LEAST, AT_MOST = "is", "is_not", "has", "has_all", "at_least", "at_most"
_SAYS = {
    IS: gettext_lazy("%(field)s is %(value)s"),
    IS_NOT: gettext_lazy("%(field)s is not %(value)s"),
    HAS: gettext_lazy("%(field)s: one of %(value)s"),
    HAS_ALL: gettext_lazy("%(field)s: all of %(value)s"),
    AT_LEAST: gettext_lazy("%(field)s is at least %(value)s"),
    AT_MOST: gettext_lazy("%(field)s is at most %(value)s"),
}
OPERATORS = {
    IS: gettext_lazy("is one of"),
    IS_NOT: gettext_lazy("is none of"),
    HAS: gettext_lazy("has one of"),
    HAS_ALL: gettext_lazy("has all of"),
    AT_LEAST: gettext_lazy("is at least"),
    AT_MOST: gettext_lazy("is at most"),
}


@dataclass(frozen=True)
class Field:
    """`now` is what a ticket has there, for the page that explains a firing; None where the condition says it all."""

    name: str
    label: Promise
    now: Callable[[Ticket], Any] = lambda ticket: None
    hint: Promise | str = ""
    operators: tuple[str, ...] = (IS, IS_NOT)

    def read(self, operator: str, given: Any) -> Any:
        """The value as it is kept; refuses what the field does not know."""
        raise NotImplementedError

    def q(self, operator: str, value: Any) -> Q:
        raise NotImplementedError

    def options(self) -> Mapping[str, str]:
        """What there is to choose from, by what is kept; empty where one writes."""
        return {}

    def shown(self, value: Any) -> str:
        """A kept value, or what a ticket has, in words."""
        if value is True:
            return _("yes")
        if value is False:
            return _("no")
        values = value if isinstance(value, list) else [value]
        known = self.options()
        return _(" or ").join(str(known.get(one, one)) for one in values) if values else _("none")

    def words(self, operator: str, value: Any) -> str:
        return _SAYS[operator] % {"field": self.label, "value": self.shown(value)}

    def _refuse(self, given: Any, known: Iterable[str] = ()) -> Refused:
        text = str(given)[:60]
        near = nearest(text, known)
        if near:
            sentence = _("“%(field)s” knows no “%(value)s”. Did you mean “%(near)s”?")
        else:
            sentence = _("“%(field)s” knows no “%(value)s”.")
        words = {"field": self.label, "value": text, "near": near}
        return Refused(sentence % words, field="conditions", code="unknown_value")


def listed(field: Field, given: Any) -> list:
    values = given if isinstance(given, list) else [given]
    if not values or len(values) > MOST_VALUES or not all(isinstance(one, str | int) for one in values):
        raise Refused(
            _("“%(field)s” needs one to %(most)d values.") % {"field": field.label, "most": MOST_VALUES},
            field="conditions",
            code="values",
        )
    return list(dict.fromkeys(one_line(str(one)) for one in values if not isinstance(one, bool)))


@dataclass(frozen=True)
class Choice(Field):
    """One of some codes. `where` makes a Q of the codes; `rows` are all that there are, by code; `find` says of a
    single one whether it exists, where there are too many to list.
    """

    where: Callable[[list[str]], Q] = lambda codes: NEVER
    rows: Callable[[], Mapping[str, Any]] | None = None
    find: Callable[[str], str | None] | None = None

    def read(self, operator: str, given: Any) -> list[str]:
        known = self._all()
        by_key = {search_key(code): code for code in known}
        found = []
        for one in listed(self, given):
            code = self._found(one) if self.find else by_key.get(search_key(one))
            if code is None:
                names = {search_key(str(label)): code for code, label in known.items()}
                meant = names.get(search_key(one)) or nearest(search_key(one), by_key) or ""
                raise self._refuse(one, [by_key.get(meant, meant)] if meant else [])
            found.append(code)
        return found

    def q(self, operator: str, value: list[str]) -> Q:
        found = self.where(value)
        return ~found if operator == IS_NOT else found

    def options(self) -> Mapping[str, str]:
        return {code: str(label) for code, label in self._all().items()}

    def _all(self) -> Mapping[str, Any]:
        return once(("rows", self.name), self.rows) if self.rows else {}

    def _found(self, given: str) -> str | None:
        return once(("found", self.name, given), lambda: self.find(given)) if self.find else None


@dataclass(frozen=True)
class Flag(Field):
    operators: tuple[str, ...] = (IS,)
    where: Callable[[], Q] = lambda: NEVER

    def read(self, operator: str, given: Any) -> bool:
        given = given[0] if isinstance(given, list) and len(given) == 1 else given
        known = {"true": True, "yes": True, "false": False, "no": False}
        if isinstance(given, str):
            given = known.get(given.strip().lower(), given)
        if not isinstance(given, bool):
            raise self._refuse(given, ["true", "false"])
        return given

    def q(self, operator: str, value: bool) -> Q:
        found = self.where()
        return found if value else ~found

    def options(self) -> Mapping[str, str]:
        return {"true": _("yes"), "false": _("no")}

    def words(self, operator: str, value: bool) -> str:
        return _("%(field)s: %(value)s") % {"field": self.label, "value": self.shown(value)}


@dataclass(frozen=True)
class Number(Field):
    operators: tuple[str, ...] = (AT_LEAST, AT_MOST)
    most: int = 1_000_000
    where: Callable[[str, int], Q] = lambda operator, number: NEVER

    def read(self, operator: str, given: Any) -> int:
        given = given[0] if isinstance(given, list) and len(given) == 1 else given
        if isinstance(given, str) and given.strip().isascii() and given.strip().isdecimal():
            given = int(given) if len(given) < 12 else -1
        if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= self.most:
            raise Refused(
                _("“%(field)s” is a number from 0 to %(most)d.") % {"field": self.label, "most": self.most},
                field="conditions",
                code="number",
            )
        return given

    def q(self, operator: str, value: int) -> Q:
        return self.where(operator, value)


@dataclass(frozen=True)
class Words(Field):
    """Words as the search finds them: full and half width, kana and forms of a word make no difference."""

    operators: tuple[str, ...] = (HAS, HAS_ALL)

    def read(self, operator: str, given: Any) -> list[str]:
        found = [normalise(one) for one in listed(self, given)]
        for one in found:
            if len(one) > 100 or not query_for(one):
                raise self._refuse(one)
        return found

    def q(self, operator: str, value: list[str]) -> Q:
        asked = (" & " if operator == HAS_ALL else " | ").join(f"({query_for(one)})" for one in value)
        return Q(Exists(TicketWords.objects.filter(ticket=OuterRef("pk"), public=Asked(asked))))

    def shown(self, value: Any) -> str:
        return _(", ").join(f"“{one}”" for one in value)
