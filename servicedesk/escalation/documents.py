"""A rule as one JSON document: what is exported and imported, kept in versions, tried, and given by API.

{"name": …, "trigger": {"on": "created"}, "conditions": {"all": [{"field": "priority", "is": ["P1"]}]},
 "actions": [{"do": "assign_team", "team": "network"}], "minutes_saved": 10, "stop": false}

It names teams, services and people by their codes and addresses, so that it can go to another desk.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.formats import exact
from servicedesk.web.text import nearest, one_line

from . import conditions, doings, triggers
from .models import Rule

PARTS = ("trigger", "conditions", "actions", "minutes_saved", "stop")
ASIDE = ("is_active", "active_from", "active_until")
MOST_MINUTES = 1440
MOST_LETTERS = 100_000
# As domain practice counts a ticket that goes its way without hands.
USUAL_MINUTES = 10


def parse(text: str) -> Any:
    """JSON that somebody wrote. Refuses (field document) what is none, with the place of the mistake."""
    if len(text) > MOST_LETTERS:
        raise Refused(_("This is too long for a rule."), field="document", code="too_long")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(
            _("This is no JSON: line %(line)d, column %(column)d.") % {"line": error.lineno, "column": error.colno},
            field="document",
            code="json",
        ) from None
    except (ValueError, RecursionError):
        raise Refused(_("This is no JSON."), field="document", code="json") from None


def read(given: Any) -> dict:
    """A document as it is kept, with everything that was left out. Refuses, with a sentence and the part that it
    belongs to, whatever is unknown or wrong.
    """
    if not isinstance(given, dict):
        raise Refused(_("A rule is a JSON object."), field="document", code="no_object")
    known = ("name", *PARTS, *ASIDE)
    for name in given:
        if name not in known:
            near = nearest(str(name)[:60], known)
            said = _("A rule has no “%(name)s”. Did you mean “%(near)s”?") if near else _("A rule has no “%(name)s”.")
            raise Refused(said % {"name": str(name)[:60], "near": near}, field="document", code="unknown_part")
    name = given.get("name")
    if not isinstance(name, str) or not one_line(name) or len(one_line(name)) > 80:
        raise Refused(_("Give it a name of up to 80 letters."), field="name", code="name")
    minutes, stop = given.get("minutes_saved", USUAL_MINUTES), given.get("stop", False)
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 <= minutes <= MOST_MINUTES:
        raise Refused(
            _("Minutes saved are a number from 0 to %(most)d.") % {"most": MOST_MINUTES}, field="minutes_saved"
        )
    if not isinstance(stop, bool):
        raise Refused(_("“%(field)s” is true or false.") % {"field": "stop"}, field="stop")
    active = given.get("is_active", True)
    if not isinstance(active, bool):
        raise Refused(_("“%(field)s” is true or false.") % {"field": "is_active"}, field="is_active")
    begins, ends = (_moment(given.get(part), part) for part in ("active_from", "active_until"))
    if begins and ends and ends <= begins:
        raise Refused(_("A rule ends after it begins."), field="active_until", code="ends")
    return {
        "name": one_line(name),
        "is_active": active,
        "active_from": begins and begins.isoformat(),
        "active_until": ends and ends.isoformat(),
        "trigger": triggers.read(given.get("trigger")),
        "conditions": conditions.read(given.get("conditions")),
        "actions": doings.read(given.get("actions")),
        "minutes_saved": minutes,
        "stop": stop,
    }


def _moment(given: Any, field: str) -> datetime | None:
    if given in (None, ""):
        return None
    try:
        found = parse_datetime(given) if isinstance(given, str) else None
    except ValueError:
        found = None
    if found is None:
        raise Refused(_("This is no time; write one such as 2026-12-28T09:00+09:00."), field=field, code="moment")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def whole_of(rule: Rule) -> dict:
    """A rule as a document."""
    return {
        "name": rule.name,
        "is_active": rule.is_active,
        "active_from": rule.active_from and rule.active_from.isoformat(),
        "active_until": rule.active_until and rule.active_until.isoformat(),
        **{part: _in_order(rule.document[part]) for part in PARTS},
    }


def _in_order(part: Any) -> Any:
    """As people write it: what a thing is before its details. The database keeps no order of names."""
    if isinstance(part, list):
        return [_in_order(one) for one in part]
    if isinstance(part, dict):
        names = sorted(part, key=lambda name: name not in ("on", "field", "do"))
        return {name: _in_order(part[name]) for name in names}
    return part


def trouble_of(rule: Rule) -> str:
    """Why a kept rule cannot run any more, such as a team that is gone; empty while all is well."""
    try:
        read(whole_of(rule))
    except Refused as refusal:
        return str(refusal.sentence)
    return ""


def differences(before: dict, after: dict) -> Iterator[str]:
    """What changed between two versions, a sentence each."""
    for name, label in (("name", _("Name")), ("minutes_saved", _("Minutes saved"))):
        if before[name] != after[name]:
            yield _("%(field)s: %(before)s → %(after)s") % {
                "field": label, "before": before[name], "after": after[name],
            }  # fmt: skip
    for name, on, off in (
        ("is_active", _("Switched on."), _("Switched off.")),
        ("stop", _("Stops after this rule."), _("Does not stop after this rule any more.")),
    ):
        if before[name] != after[name]:
            yield on if after[name] else off
    for name, label in (("active_from", _("Active from")), ("active_until", _("Active until"))):
        if before[name] != after[name]:
            yield _("%(field)s: %(before)s → %(after)s") % {
                "field": label, "before": _shown(before[name]), "after": _shown(after[name]),
            }  # fmt: skip
    if before["trigger"] != after["trigger"]:
        yield _("%(field)s: %(before)s → %(after)s") % {
            "field": _("Trigger"), "before": _said(triggers.words_of, before["trigger"]),
            "after": _said(triggers.words_of, after["trigger"]),
        }  # fmt: skip
    yield from _lists(
        list(_condition_lines(before)),
        list(_condition_lines(after)),
        _("Condition"),
        _("The groups of conditions changed."),
    )
    yield from _lists(
        [_said(doings.words_of, one) for one in before["actions"]],
        [_said(doings.words_of, one) for one in after["actions"]],
        _("Action"),
        _("The order of the actions changed."),
    )


def _lists(before: list[str], after: list[str], label: str, otherwise: str) -> Iterator[str]:
    gone, come = [one for one in before if one not in after], [one for one in after if one not in before]
    for words in gone:
        yield _("%(what)s gone: %(words)s") % {"what": label, "words": words}
    for words in come:
        yield _("%(what)s new: %(words)s") % {"what": label, "words": words}
    if before != after and not gone and not come:
        yield otherwise


def _condition_lines(whole: dict) -> Iterator[str]:
    for _depth, words, _is_group in conditions.lines_of(whole["conditions"]):
        yield words


def _said(words: Any, part: dict) -> str:
    """A part of an old version in words; one that today's code does not know shows as it was kept."""
    try:
        return words(part)
    except (KeyError, LookupError):
        return json.dumps(part, ensure_ascii=False)


def _shown(moment: str | None) -> str:
    found = parse_datetime(moment) if moment else None
    return exact(found) if found else _("none")
