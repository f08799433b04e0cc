"""The editor of a rule: rows that a form without scripts can hold, made of a document and made into one again.

It has three boxes: all of these, one of these, none of these; all three must hold. Documents with deeper groups are
edited as JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from servicedesk.desk.models import ReplyTemplate
from servicedesk.tickets.models import TicketLink
from servicedesk.tickets.workflow import all_statuses
from servicedesk.web.text import digits

from . import triggers
from .conditions import ALL, ANY, GROUPS, NO, operator_of
from .doing import all_teams
from .doing_fields import SETTABLE, STEPS, label_of
from .doing_people import HOWS, UP
from .doings import DOINGS
from .field_kinds import OPERATORS, Field, Flag, Number
from .fields import FIELDS

BOXES = (ALL, ANY, NO)
MOST_ROWS = 50
MOST_LISTED = 300

# Names of the parts of actions, for people.
PARTS = {
    "team": lambda: _("Team"),
    "how": lambda: _("Who"),
    "person": lambda: _("Person (e-mail address)"),
    "to": lambda: _("To"),
    "reason": lambda: _("Reason"),
    "whom": lambda: _("Whom (lead, team, assignee, e-mail addresses)"),
    "text": lambda: _("Text"),
    "field": lambda: _("Field"),
    "tags": lambda: _("Tags"),
    "ticket": lambda: _("Ticket number"),
    "kind": lambda: _("How they belong together"),
    "template": lambda: _("Reply template"),
    "url": lambda: _("Address"),
}


@dataclass
class Row:
    """One condition as it stands in the form."""

    box: str = ALL
    name: str = ""
    operator: str = ""
    values: list[str] = field(default_factory=list)


@dataclass
class Deed:
    """One action as it stands in the form."""

    do: str = ""
    parts: dict[str, str] = field(default_factory=dict)


@dataclass
class Editor:
    trigger: dict[str, Any]
    rows: list[Row]
    deeds: list[Deed]

    @classmethod
    def of(cls, whole: Mapping[str, Any]) -> "Editor | None":
        """The rows of a document that was read; None for one with deeper groups than the boxes hold."""
        rows: list[Row] = []
        ((name, parts),) = whole["conditions"].items()
        boxed = [(name, parts)]
        if name == ALL:
            boxed = [(ALL, [part for part in parts if "field" in part])]
            boxed += [next(iter(part.items())) for part in parts if "field" not in part]
        names = [box for box, _parts in boxed]
        if len(set(names)) < len(names):
            return None
        for box, leaves in boxed:
            for leaf in leaves:
                if "field" not in leaf:
                    return None
                operator = operator_of(leaf)
                rows.append(Row(box, leaf["field"], operator, _texts(leaf[operator])))
        deeds = [
            Deed(one["do"], {name: ", ".join(_texts(value)) for name, value in one.items() if name != "do"})
            for one in whole["actions"]
        ]
        return cls(dict(whole["trigger"]), rows, deeds)

    @classmethod
    def posted(cls, data: QueryDict) -> "Editor":
        trigger: dict[str, Any] = {"on": data.get("t-on", "")}
        for part in triggers.PARTS.get(trigger["on"], ()):
            if part in ("fields", "status"):
                trigger[part] = data.getlist(f"t-{part}")
            elif part == "minutes":
                trigger[part] = _whole(data.get("t-minutes", ""))
            elif data.get(f"t-{part}"):
                trigger[part] = data.get(f"t-{part}")
        if trigger["on"] == triggers.TIME and trigger.get("since") != "status":
            trigger.pop("status", None)
        rows = [
            Row(
                data.get(f"c{at}-box", ALL), data.get(f"c{at}-field", ""), data.get(f"c{at}-operator", ""),
                [one for one in data.getlist(f"c{at}-value") if one],
            )
            for at in range(MOST_ROWS + 1) if f"c{at}-field" in data
        ]  # fmt: skip
        deeds = [
            Deed(data.get(f"a{at}-do", ""), {part: data.get(f"a{at}-{part}", "").strip() for part in PARTS})
            for at in range(MOST_ROWS + 1) if f"a{at}-do" in data
        ]  # fmt: skip
        return cls(trigger, [row for row in rows if row.box in GROUPS], deeds)

    def press(self, button: str) -> None:
        """What a button for a row does: `add:all`, `add:action`, `remove:c3`, `remove:a1`, `up:a1`."""
        verb, _colon, what = button.partition(":")
        place = int(what[1:]) if what[1:].isascii() and what[1:].isdecimal() and len(what) < 5 else -1
        if verb == "add" and what in GROUPS and len(self.rows) < MOST_ROWS:
            self.rows.append(Row(what))
        elif verb == "add" and what == "action" and len(self.deeds) < MOST_ROWS:
            self.deeds.append(Deed())
        elif verb == "remove" and what.startswith("c") and 0 <= place < len(self.rows):
            del self.rows[place]
        elif verb == "remove" and what.startswith("a") and 0 <= place < len(self.deeds):
            del self.deeds[place]
        elif verb == "up" and 0 < place < len(self.deeds):
            self.deeds.insert(place - 1, self.deeds.pop(place))

    def document(self) -> dict:
        """What `documents.read` is asked to check; rows without a field and actions without a kind are left out."""
        boxes: dict[str, list] = {box: [] for box in BOXES}
        for row in self.rows:
            known = FIELDS.get(row.name)
            if known is not None:
                operator = row.operator if row.operator in known.operators else known.operators[0]
                boxes[row.box].append({"field": row.name, operator: _values(known, row.values)})
        groups = [{box: boxes[box]} for box in (ANY, NO) if boxes[box]]
        return {
            "trigger": self.trigger,
            "conditions": {ALL: [*boxes[ALL], *groups]},
            "actions": [_deed(deed) for deed in self.deeds if deed.do],
        }

    # What the page shows.

    def trigger_widgets(self) -> list[tuple[str, str, SafeString, bool]]:
        """(id, label, widget, whether it is a group of boxes) of the trigger."""
        kind = self.trigger["on"]
        found = [("t-on", _("What sets it off"), _select("t-on", kind, _all(triggers.KINDS), live=True), False)]
        for part in triggers.PARTS.get(kind, ()):
            value = self.trigger.get(part)
            if part == "fields":
                found.append(
                    (part, _("Which of these changes (none: any)"), _checks("t-fields", value, triggers.CHANGES), True)
                )
            elif part == "from":
                found.append(("t-from", _("Message"), _select("t-from", value or "anyone", triggers.SIDES), False))
            elif part == "minutes":
                found.append(("t-minutes", _("Business minutes"), _input("t-minutes", value, number=True), False))
            elif part == "since":
                widget = _select("t-since", value or "created", triggers.SINCE, live=True)
                found.append(("t-since", _("Since"), widget, False))
            elif kind == triggers.STATUS or self.trigger.get("since") == "status":
                found.append((part, _("Which status (none: any)"), _checks("t-status", value, all_statuses()), True))
        return found

    def boxes(self) -> list[dict]:
        return [
            {"name": box, "label": GROUPS[box], "rows": [
                self._row(at, row) for at, row in enumerate(self.rows) if row.box == box
            ]}
            for box in BOXES
        ]  # fmt: skip

    def _row(self, at: int, row: Row) -> dict:
        fields = {"": _("Choose a field"), **{name: one.label for name, one in FIELDS.items()}}
        known = FIELDS.get(row.name)
        shown = {
            "at": f"c{at}",
            "box": row.box,
            "field": _select(f"c{at}-field", row.name, fields, _("Field"), live=True),
        }
        if known is None:
            return shown
        operators = {name: OPERATORS[name] for name in known.operators}
        shown["operator"] = _select(f"c{at}-operator", row.operator, operators, _("How it is asked"))
        shown["value"] = _value(f"c{at}-value", known, row.values)
        shown["hint"] = known.hint
        return shown

    def actions(self) -> list[dict]:
        kinds = {"": _("Choose an action"), **{name: one.label for name, one in DOINGS.items()}}
        found = []
        for at, deed in enumerate(self.deeds):
            known = DOINGS.get(deed.do)
            parts = [
                (f"a{at}-{part}", PARTS[part](), _part(f"a{at}-{part}", part, deed))
                for part in (known.parts if known else ()) if _is_asked(part, deed)
            ]  # fmt: skip
            found.append(
                {"at": f"a{at}", "do": _select(f"a{at}-do", deed.do, kinds, _("Action"), live=True), "parts": parts}
            )
        return found


def _texts(value: Any) -> list[str]:
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


def _whole(text: str) -> int | str:
    plain = digits(text)
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 12 else text


def _deed(deed: Deed) -> dict:
    known = DOINGS.get(deed.do)
    parts: dict[str, Any] = {name: deed.parts.get(name, "") for name in (known.parts if known else ())}
    for name in ("whom", "tags"):
        if name in parts:
            parts[name] = [one.strip() for one in parts[name].replace("、", ",").split(",") if one.strip()]
    return {"do": deed.do, **{name: value for name, value in parts.items() if value not in ("", [])}}


def _is_asked(part: str, deed: Deed) -> bool:
    """Somebody is named only for “a person”."""
    return not (deed.do == "assign_person" and part == "person" and deed.parts.get("how") not in ("", "fixed", None))


# --- widgets --------------------------------------------------------------------------------------------------------


def _all(words: Mapping[str, Any]) -> dict[str, Any]:
    return {"": _("Choose what sets it off"), **words}


def _attrs(name: str, css: str, label: str, *, live: bool = False) -> dict[str, str]:
    attrs = {"class": css, "id": f"id_{name}"}
    if label:
        attrs["aria-label"] = label
    if live:  # what follows depends on it
        attrs |= {"hx-post": "", "hx-vals": '{"do": "refresh"}', "hx-target": "#rule-rows", "hx-trigger": "change"}
    return attrs


def _select(name: str, value: Any, words: Mapping[str, Any], label: str = "", *, live: bool = False) -> SafeString:
    widget = forms.Select(attrs=_attrs(name, "form-select", label, live=live), choices=list(words.items()))
    return widget.render(name, value)


def _input(name: str, value: Any, label: str = "", *, number: bool = False) -> SafeString:
    attrs = _attrs(name, "form-control", label) | {"autocomplete": "off"}
    if number:
        attrs["inputmode"] = "numeric"
    return forms.TextInput(attrs=attrs).render(name, "" if value is None else value)


def _checks(name: str, value: Any, words: Mapping[str, Any]) -> SafeString:
    chosen = value or []
    return format_html_join(
        "",
        '<label class="form-check rule-check">'
        '<input class="form-check-input" type="checkbox" name="{}" value="{}"{}> {}</label>',
        ((name, code, SafeString(" checked" if code in chosen else ""), label) for code, label in words.items()),
    )


def _value(name: str, known: Field, values: list[str]) -> SafeString:
    label = _("Value")
    if isinstance(known, Flag):
        return _select(name, values[0] if values else "true", known.options(), label)
    if isinstance(known, Number):
        return _input(name, values[0] if values else "", label, number=True)
    if not _is_listed(known):
        return _input(name, ", ".join(values), label)
    words = known.options()
    size = str(min(len(words), 5))
    widget = forms.SelectMultiple(
        attrs=_attrs(name, "form-select", label) | {"size": size}, choices=list(words.items())
    )
    return widget.render(name, values)


def _part(name: str, part: str, deed: Deed) -> SafeString:
    """The widget of one setting of an action."""
    value, words = deed.parts.get(part, ""), _choices(part, deed)
    if words is not None:
        return _select(name, value, words, live=part in ("how", "field"))
    if part == "text" and deed.do == "note":
        return forms.Textarea(attrs=_attrs(name, "form-control", "") | {"rows": "3"}).render(name, value)
    return _input(name, value)


def _choices(part: str, deed: Deed) -> dict[str, Any] | None:
    empty = {"": "–"}
    match part:
        case "team":
            first = {"": _("to the team that escalated it last")} if deed.do == "de_escalate" else empty
            return first | {team.code: str(team) for team in all_teams().values() if team.is_active}
        case "how":
            return dict(HOWS)
        case "kind":
            return dict(TicketLink.BY_HAND)
        case "template":
            team = deed.parts.get("team")
            of_team = {"team__code": team} if team else {"team__isnull": True}
            rows = ReplyTemplate.objects.filter(is_active=True, **of_team)
            return empty | {row.code: row.name for row in rows}
        case "field":
            return {name: label_of(name) for name in (SETTABLE if deed.do == "set" else ("impact", "urgency"))}
        case "to" if deed.do == "escalate":
            return dict(UP)
        case "to" if deed.do == "step":
            return dict(STEPS)
        case "to" if deed.do == "set":
            known = FIELDS.get(deed.parts.get("field") or SETTABLE[0])
            words = {code: label for code, label in (known.options() if known else {}).items() if code != "none"}
            return empty | words if len(words) <= MOST_LISTED else None
    return None
