"""All kinds of actions, and the list of them that a rule has."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.web.text import nearest

from . import doing_fields, doing_people, doing_words
from .doing import Change, Doing, name_of_team, refused
from .doing_fields import label_of, value_words
from .models import Rule
from .remembering import once, remember, remembering
from .world import World

MOST_DOINGS = 20
DOINGS: dict[str, Doing] = {
    each.name: each for each in (*doing_people.DOINGS, *doing_fields.DOINGS, *doing_words.DOINGS)
}


def read(given: Any) -> list[dict]:
    """Actions as they are kept. Refuses (field actions) what is unknown, and none at all."""
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_DOINGS:
        raise refused(_("A rule does 1 to %(most)d things.") % {"most": MOST_DOINGS})
    return [_read_one(one) for one in given]


def _read_one(given: Any) -> dict:
    name = given.get("do") if isinstance(given, dict) else None
    kind = DOINGS.get(name) if isinstance(name, str) else None
    if kind is None:
        near = nearest(str(name)[:60], DOINGS)
        said = (
            _("There is no action “%(name)s”. Did you mean “%(near)s”?")
            if near
            else _("There is no action “%(name)s”.")
        )
        raise refused(said % {"name": str(name)[:60], "near": near}, "unknown_action")
    parts = (*kind.parts, "tag") if name == "add_tag" else kind.parts
    for part in given:
        if part not in ("do", *parts):
            raise refused(
                _("“%(name)s” does not belong to the action “%(action)s”.") % {"name": part, "action": kind.label}
            )
    return {"do": kind.name, **kind.read({name: value for name, value in given.items() if value not in (None, "")})}


def words_of(given: dict) -> str:
    kind = DOINGS[given["do"]]
    return _("%(name)s: %(value)s") % {"name": kind.label, "value": kind.words(given)}


def plan(ticket: Ticket, given: dict, world: World) -> Change | None:
    """What an action would change on the ticket as it is, or None. The one place that decides it."""
    change = DOINGS[given["do"]].plan(ticket, given, world)
    return None if change is None else {"do": given["do"], **change}


def do(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    DOINGS[given["do"]].do(ticket, given, change, world, rule)


def imagine(ticket: Ticket, change: Change, world: World) -> None:
    DOINGS[change["do"]].imagine(ticket, change, world)


_LABELS = {
    "note": gettext_lazy("Internal note"),
    "reply": gettext_lazy("Reply"),
    "webhook": gettext_lazy("Call of another system"),
    "watcher": gettext_lazy("Watcher"),
    "link": gettext_lazy("Link"),
}


def change_words(change: Change) -> str:
    """A change in words: `Team: Helpdesk → Network`."""
    if "refused" in change:
        return _("%(name)s was not possible: %(why)s") % {
            "name": DOINGS[change["do"]].label if change["do"] in DOINGS else change["do"], "why": change["refused"],
        }  # fmt: skip
    if "field" in change:
        before, after = (_side(change["field"], change[name]) for name in ("from", "to"))
        return _("%(field)s: %(before)s → %(after)s") % {
            "field": label_of(change["field"]), "before": before, "after": after,
        }  # fmt: skip
    if "tells" in change:
        return _("%(name)s: %(value)s") % {"name": _("Notice"), "value": _(", ").join(change["tells"])}
    name = next((name for name in _LABELS if name in change), "")
    return _("%(name)s: %(value)s") % {"name": _LABELS.get(name, change["do"]), "value": change.get(name, "")}


def all_words(firings: Iterable[Sequence[Change]]) -> list[list[str]]:
    """The changes of many firings in words; the people in them are read at once."""
    firings = list(firings)
    sides = [change.get(name) for each in firings for change in each for name in ("from", "to")]
    named = {side[0] for side in sides if isinstance(side, list) and side and isinstance(side[0], int)}
    with remembering():
        for pk, person in User.objects.in_bulk(named).items():
            remember(("person", pk), person)
        return [[change_words(change) for change in each] for each in firings]


def _side(name: str, value: Any) -> str:
    if name == "assignee":
        person = once(("person", value[0]), User.objects.filter(pk=value[0]).first) if value else None
        return person.display_name if person else _("nobody")
    if name == "team" and value:
        return name_of_team(value)
    return value_words(name, value)
