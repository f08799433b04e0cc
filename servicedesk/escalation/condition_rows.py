"""Conditions as the form of a rule holds them: groups and conditions in the order in which one reads them, each with
its depth. Whatever button is pressed, all of them come back as they were typed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from servicedesk.web.text import digits

from . import widgets
from .conditions import ALL, ANY, GROUPS, MOST_DEEP, MOST_LEAVES, operator_of
from .field_kinds import OPERATORS, Field, Flag, Number
from .fields import FIELDS

MOST_NODES = 300
MOST_LISTED = 300
_DEPTHS = {str(depth) for depth in range(1, MOST_DEEP + 1)}


@dataclass
class Node:
    """A group, named as in documents, or else a condition. The first of all is the group around everything, depth 0."""

    depth: int
    group: str = ""
    name: str = ""
    operator: str = ""
    values: list[str] = field(default_factory=list)


@dataclass
class Conditions:
    """`focus` is the node at which one goes on: a new one, or the group out of which something was taken."""

    nodes: list[Node]
    focus: int = -1

    @classmethod
    def of(cls, tree: Mapping[str, list]) -> "Conditions":
        return cls(list(_nodes(tree, 0)))

    @classmethod
    def posted(cls, data: QueryDict) -> "Conditions":
        """What came in is put right rather than believed: nothing is deeper than a group above it allows."""
        nodes = [Node(0, _group(data.get("c0-group", ALL)))]
        for at in range(1, MOST_NODES + 1):
            if f"c{at}-group" not in data and f"c{at}-field" not in data:
                continue
            said, above = data.get(f"c{at}-depth", "1"), nodes[-1]
            depth = min(int(said) if said in _DEPTHS else 1, above.depth + bool(above.group))
            if f"c{at}-group" in data:
                nodes.append(Node(min(depth, MOST_DEEP - 1), _group(data[f"c{at}-group"])))
            else:
                values = [one for one in data.getlist(f"c{at}-value") if one]
                node = Node(depth, "", data[f"c{at}-field"], data.get(f"c{at}-operator", ""), values)
                nodes.append(node)
        return cls(nodes)

    def press(self, verb: str, what: str) -> None:
        """What a button does: `add` with `condition:3` or `group:3` (into the group there), `remove` with `c3`."""
        kind, _colon, said = what.partition(":") if verb == "add" else ("", "", what[1:])
        at = int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else -1
        if not 0 <= at < len(self.nodes):
            return
        node = self.nodes[at]
        end, depth = self._end(at), node.depth + 1
        if verb == "remove" and at > 0:
            del self.nodes[at:end]
            self.focus = next(place for place in range(at - 1, -1, -1) if self.nodes[place].depth < node.depth)
        elif verb == "add" and node.group and self._has_room():
            if kind == "condition":
                self.nodes.insert(end, Node(depth))
                self.focus = end
            elif kind == "group" and depth < MOST_DEEP:
                self.nodes[end:end] = [Node(depth, ANY if node.group == ALL else ALL), Node(depth + 1)]
                self.focus = end + 1

    def _end(self, at: int) -> int:
        """Behind everything that belongs to a node."""
        depth = self.nodes[at].depth
        return next(
            (place for place in range(at + 1, len(self.nodes)) if self.nodes[place].depth <= depth), len(self.nodes)
        )

    def _has_room(self) -> bool:
        rows = sum(1 for node in self.nodes if not node.group)
        return rows < MOST_LEAVES and len(self.nodes) < MOST_NODES - 1

    def document(self) -> dict[str, list]:
        """What `conditions.read` is asked to check; rows without a field are left out."""
        parts: list = []
        stack = [parts]
        for node in self.nodes[1:]:
            del stack[node.depth :]
            known = FIELDS.get(node.name)
            if node.group:
                inner: list = []
                stack[-1].append({node.group: inner})
                stack.append(inner)
            elif known is not None:
                operator = node.operator if node.operator in known.operators else known.operators[0]
                stack[-1].append({"field": node.name, operator: _values(known, node.values)})
        return {self.nodes[0].group: parts}

    def shown(self) -> dict:
        """The group around everything as the page draws it: groups have `parts`, conditions have not."""
        root = self._shown_group(0)
        stack = [root]
        for at, node in enumerate(self.nodes[1:], 1):
            del stack[node.depth :]
            one = self._shown_group(at) if node.group else self._shown_row(at)
            stack[-1]["parts"].append(one)
            if node.group:
                stack.append(one)
        return root

    def _shown_group(self, at: int) -> dict:
        node = self.nodes[at]
        label = _("How the conditions of this group count")
        words = {name: str(label)[:1].upper() + str(label)[1:] for name, label in GROUPS.items()}
        return {
            "at": at, "depth": node.depth, "kind": widgets.select(f"c{at}-group", node.group, words, label),
            "can_nest": node.depth + 1 < MOST_DEEP, "is_next": at == self.focus, "parts": [],
        }  # fmt: skip

    def _shown_row(self, at: int) -> dict:
        node = self.nodes[at]
        fields = {"": _("Choose a field"), **{name: one.label for name, one in FIELDS.items()}}
        chosen = widgets.select(f"c{at}-field", node.name, fields, _("Field"), live=True, focus=at == self.focus)
        shown = {"at": at, "depth": node.depth, "field": chosen}
        known = FIELDS.get(node.name)
        if known is not None:
            operators = {name: OPERATORS[name] for name in known.operators}
            shown["operator"] = widgets.select(f"c{at}-operator", node.operator, operators, _("How it is asked"))
            shown["value"] = _value(f"c{at}-value", known, node.values)
            shown["hint"] = known.hint
        return shown


def _group(given: str) -> str:
    return given if given in GROUPS else ALL


def _nodes(tree: Mapping[str, list], depth: int) -> Iterator[Node]:
    ((name, parts),) = tree.items()
    yield Node(depth, name)
    for part in parts:
        if "field" in part:
            operator = operator_of(part)
            yield Node(depth + 1, "", part["field"], operator, texts(part[operator]))
        else:
            yield from _nodes(part, depth + 1)


def texts(value: Any) -> list[str]:
    """A kept value as the form shows it."""
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _values(known: Field, typed: list[str]) -> list[str]:
    """What was chosen, or the parts of what was written with commas between."""
    if isinstance(known, Number):
        return [digits(one) for one in typed]
    if _is_listed(known):
        return typed
    return [part.strip() for one in typed for part in one.replace("、", ",").split(",") if part.strip()]


def _is_listed(known: Field) -> bool:
    return isinstance(known, Flag) or 0 < len(known.options()) <= MOST_LISTED


def _value(name: str, known: Field, values: list[str]) -> SafeString:
    label = _("Value")
    if isinstance(known, Flag):
        return widgets.select(name, values[0] if values else "true", known.options(), label)
    if isinstance(known, Number):
        return widgets.typed(name, values[0] if values else "", label, number=True)
    if not _is_listed(known):
        return widgets.typed(name, ", ".join(values), label)
    return widgets.several(name, values, known.options(), label)
