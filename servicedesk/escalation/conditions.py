"""Conditions: a tree of groups, `all`, `any` and `none`, whose leaves ask a field. Read and checked once, compiled to
one Q, and told in words.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import BooleanField, Case, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from servicedesk.web.text import nearest

from .field_kinds import ALWAYS, NEVER
from .fields import FIELDS

ALL, ANY, NO = "all", "any", "none"
GROUPS = {
    ALL: gettext_lazy("all of these hold"),
    ANY: gettext_lazy("one of these holds"),
    NO: gettext_lazy("none of these holds"),
}
MOST_DEEP = 5
MOST_LEAVES = 50


def read(given: Any) -> dict:
    """Conditions as they are kept: one group. Refuses (field conditions) what is unknown, too deep or too much.
    Nothing at all means every ticket.
    """
    if given in (None, {}, []):
        return {ALL: []}
    if isinstance(given, list):
        given = {ALL: given}
    tree = _group(given, 1)
    if sum(1 for _leaf in leaves(tree)) > MOST_LEAVES:
        raise _refused(_("A rule has at most %(most)d conditions.") % {"most": MOST_LEAVES})
    return tree


def _group(given: Any, depth: int) -> dict:
    if depth > MOST_DEEP:
        raise _refused(_("Groups go at most %(most)d deep.") % {"most": MOST_DEEP})
    if not isinstance(given, dict) or len(given) != 1 or next(iter(given)) not in GROUPS:
        raise _refused(_("A group is one of “all”, “any” and “none” with a list of conditions."))
    name, parts = next(iter(given.items()))
    if not isinstance(parts, list):
        raise _refused(_("A group is one of “all”, “any” and “none” with a list of conditions."))
    if not parts and (name != ALL or depth > 1):
        raise _refused(_("A group needs at least one condition."))
    return {name: [_leaf(part) if _is_leaf(part) else _group(part, depth + 1) for part in parts]}


def _is_leaf(part: Any) -> bool:
    return isinstance(part, dict) and "field" in part


def _leaf(given: dict) -> dict:
    field = FIELDS.get(given["field"]) if isinstance(given["field"], str) else None
    if field is None:
        name = str(given["field"])[:60]
        near = nearest(name, FIELDS)
        said = (
            _("There is no field “%(name)s”. Did you mean “%(near)s”?") if near else _("There is no field “%(name)s”.")
        )
        raise _refused(said % {"name": name, "near": near}, "unknown_field")
    operators = [name for name in given if name != "field"]
    if len(operators) != 1 or operators[0] not in field.operators:
        raise _refused(
            _("“%(field)s” is asked by one of: %(known)s.")
            % {"field": field.label, "known": ", ".join(field.operators)},
            "unknown_operator",
        )
    return {"field": field.name, operators[0]: field.read(operators[0], given[operators[0]])}


def _refused(sentence: str, code: str = "conditions") -> Refused:
    return Refused(sentence, field="conditions", code=code)


def operator_of(leaf: dict) -> str:
    return next(name for name in leaf if name != "field")


def leaves(tree: dict) -> Iterator[dict]:
    """Every condition of a tree that was read, from left to right."""
    for part in next(iter(tree.values())):
        if "field" in part:
            yield part
        else:
            yield from leaves(part)


def q_of(tree: dict) -> Q:
    """The one meaning of conditions: which tickets they hold for."""
    ((name, parts),) = tree.items()
    found = ALWAYS if name == ALL else NEVER
    for part in parts:
        one = _q_of_leaf(part) if "field" in part else q_of(part)
        found = found & one if name == ALL else found | one
    return ~found if name == NO else found


def _q_of_leaf(leaf: dict) -> Q:
    operator = operator_of(leaf)
    return FIELDS[leaf["field"]].q(operator, leaf[operator])


def held(tree: dict, ticket: Ticket) -> list[dict]:
    """[{words of a leaf, whether it held, what the ticket had}] at this moment, asked by the same Q, in one query. For
    people who ask why.
    """
    asked = list(leaves(tree))
    if not asked:
        return []
    answers = {
        f"held_{place}": Case(
            When(_q_of_leaf(leaf), then=Value(True)), default=Value(False), output_field=BooleanField()
        )
        for place, leaf in enumerate(asked)
    }
    row = Ticket.objects.filter(pk=ticket.pk).annotate(**answers).values(*answers).get()
    return [
        {"leaf": leaf, "held": row[f"held_{place}"], "now": FIELDS[leaf["field"]].now(ticket)}
        for place, leaf in enumerate(asked)
    ]


def words_of(leaf: dict) -> str:
    """A leaf as it was kept, in the reader's language; a field that is gone is called by its name."""
    field, operator = FIELDS.get(leaf["field"]), operator_of(leaf)
    return field.words(operator, leaf[operator]) if field else f"{leaf['field']} {operator} {leaf[operator]}"


def now_words(entry: dict) -> str:
    """What a ticket had, of an entry of `held`."""
    field = FIELDS.get(entry["leaf"]["field"])
    return "" if field is None or entry["now"] is None else field.shown(entry["now"])


def lines_of(tree: dict, depth: int = 0) -> Iterator[tuple[int, str, bool]]:
    """(depth, words, whether it is a group) of all conditions, for a list."""
    ((name, parts),) = tree.items()
    if parts:
        yield depth, str(GROUPS[name]), True
    for part in parts:
        if "field" in part:
            yield depth + 1, words_of(part), False
        else:
            yield from lines_of(part, depth + 1)
