"""The editor of a rule: rows that a form without scripts can hold, made of a document and made into one again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from servicedesk.desk.models import ReplyTemplate
from servicedesk.tickets.models import TicketLink
from servicedesk.tickets.workflow import all_statuses
from servicedesk.web.text import digits

from . import triggers
from .condition_rows import MOST_LISTED, Conditions, texts
from .doing import all_teams
from .doing_fields import SETTABLE, STEPS, label_of
from .doing_people import HOWS, UP
from .doings import DOINGS
from .fields import FIELDS
from .widgets import checks, select, text, typed

MOST_DEEDS = 50

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
class Deed:
    """One action as it stands in the form."""

    do: str = ""
    parts: dict[str, str] = field(default_factory=dict)


@dataclass
class Editor:
    trigger: dict[str, Any]
    conditions: Conditions
    deeds: list[Deed]
    focus: int = -1

    @classmethod
    def of(cls, whole: Mapping[str, Any]) -> "Editor":
        """The rows of a document that was read."""
        deeds = [
            Deed(one["do"], {name: ", ".join(texts(value)) for name, value in one.items() if name != "do"})
            for one in whole["actions"]
        ]
        return cls(dict(whole["trigger"]), Conditions.of(whole["conditions"]), deeds)

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
        deeds = [
            Deed(data.get(f"a{at}-do", ""), {part: data.get(f"a{at}-{part}", "").strip() for part in PARTS})
            for at in range(MOST_DEEDS + 1) if f"a{at}-do" in data
        ]  # fmt: skip
        return cls(trigger, Conditions.posted(data), deeds)

    def press(self, button: str) -> None:
        """What a button for a row does: `add:action`, `remove:a1`, `up:a1`, and those of `Conditions.press`."""
        verb, _colon, what = button.partition(":")
        place = int(what[1:]) if what[1:].isascii() and what[1:].isdecimal() and len(what) < 5 else -1
        if not what.startswith("a"):
            self.conditions.press(verb, what)
        elif verb == "add" and len(self.deeds) < MOST_DEEDS:
            self.deeds.append(Deed())
            self.focus = len(self.deeds) - 1
        elif verb == "remove" and 0 <= place < len(self.deeds):
            del self.deeds[place]
            self.focus = len(self.deeds)
        elif verb == "up" and 0 < place < len(self.deeds):
            self.deeds.insert(place - 1, self.deeds.pop(place))
            self.focus = place - 1

    def document(self) -> dict:
        """What `documents.read` is asked to check; actions without a kind are left out."""
        return {
            "trigger": self.trigger,
            "conditions": self.conditions.document(),
            "actions": [_deed(deed) for deed in self.deeds if deed.do],
        }

    # What the page shows.

    @property
    def ends_in_actions(self) -> bool:
        """Whether one goes on at the button below the actions, because one was removed."""
        return self.focus == len(self.deeds)

    def trigger_widgets(self) -> list[tuple[str, str, SafeString, bool]]:
        """(id, label, widget, whether it is a group of boxes) of the trigger."""
        kind = self.trigger["on"]
        found = [("t-on", _("What sets it off"), select("t-on", kind, _all(triggers.KINDS), live=True), False)]
        for part in triggers.PARTS.get(kind, ()):
            value = self.trigger.get(part)
            if part == "fields":
                widget = checks("t-fields", value, triggers.CHANGES)
                found.append((part, _("Which of these changes (none: any)"), widget, True))
            elif part == "from":
                widget = select("t-from", value or "anyone", triggers.SIDES)
                found.append(("t-from", _("Message"), widget, False))
            elif part == "minutes":
                widget = typed("t-minutes", value, number=True)
                found.append(("t-minutes", _("Business minutes"), widget, False))
            elif part == "since":
                widget = select("t-since", value or "created", triggers.SINCE, live=True)
                found.append(("t-since", _("Since"), widget, False))
            elif kind == triggers.STATUS or self.trigger.get("since") == "status":
                widget = checks("t-status", value, all_statuses())
                found.append((part, _("Which status (none: any)"), widget, True))
        return found

    def actions(self) -> list[dict]:
        kinds = {"": _("Choose an action"), **{name: one.label for name, one in DOINGS.items()}}
        found = []
        for at, deed in enumerate(self.deeds):
            known = DOINGS.get(deed.do)
            parts = [
                (f"a{at}-{part}", PARTS[part](), _part(f"a{at}-{part}", part, deed))
                for part in (known.parts if known else ()) if _is_asked(part, deed)
            ]  # fmt: skip
            do = select(f"a{at}-do", deed.do, kinds, _("Action"), live=True, focus=at == self.focus)
            found.append({"at": f"a{at}", "do": do, "parts": parts})
        return found


def _whole(said: str) -> int | str:
    plain = digits(said)
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 12 else said


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


def _all(words: Mapping[str, Any]) -> dict[str, Any]:
    return {"": _("Choose what sets it off"), **words}


def _part(name: str, part: str, deed: Deed) -> SafeString:
    """The widget of one setting of an action."""
    value, words = deed.parts.get(part, ""), _choices(part, deed)
    if words is not None:
        return select(name, value, words, live=part in ("how", "field"))
    if part == "text" and deed.do == "note":
        return text(name, value)
    return typed(name, value)


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
