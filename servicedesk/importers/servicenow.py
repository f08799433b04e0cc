"""The event log of ServiceNow's incidents: a row for each change, those of one incident one after the other, the last
being its last state.

There is no title in it, so what it is about becomes one. Why one resolution has no moment is not known: such an
incident was closed without a `resolved_at`, and the time line alone has the step, at the time of its row.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from servicedesk.people.csvfiles import Row
from servicedesk.tickets.models import Channel, Impact, Priority, Urgency
from servicedesk.web.errors import Refused

from .drafts import (
    MOST_LETTERS,
    Draft,
    Moment,
    Rejected,
    Rejection,
    digest_of,
    missing,
    moment_of,
    named,
    whole,
    yes_or_no,
)
from .history import last_resolution

SYSTEM = "ServiceNow"
NEEDED = (
    "number", "incident_state", "reassignment_count", "reopen_count", "made_sla", "caller_id", "opened_at",
    "sys_updated_at", "priority", "assignment_group", "resolved_at", "closed_at",
)  # fmt: skip
EXTRAS = (
    "contact_type", "location", "u_symptom", "cmdb_ci", "closed_code", "problem_id", "rfc", "vendor", "caused_by",
    "knowledge", "u_priority_confirmation", "notify",
)  # fmt: skip
COLUMNS = (
    *NEEDED, *EXTRAS, "active", "sys_mod_count", "opened_by", "sys_created_by", "sys_created_at", "sys_updated_by",
    "category", "subcategory", "impact", "urgency", "assigned_to", "resolved_by",
)  # fmt: skip
HEADERS: dict[str, tuple[str, ...]] = dict.fromkeys(COLUMNS, ())
# Whether a closed incident without `resolved_at` counts as resolved when its state became Resolved. The source does
# not say that it was, so it does not count in figures of resolutions.
RESOLVED_BY_STEP = False
# (status, whether it means the same)
STATES = {
    "new": ("new", True),
    "active": ("in_progress", True),
    "awaiting user info": ("waiting_requester", True),
    "awaiting vendor": ("waiting_vendor", True),
    "awaiting problem": ("waiting_vendor", False),
    "awaiting evidence": ("waiting_requester", False),
    "resolved": ("resolved", True),
    "closed": ("closed", True),
    "canceled": ("cancelled", True),
    "cancelled": ("cancelled", True),
}
CHANNELS = {
    "phone": Channel.PHONE,
    "email": Channel.MAIL,
    "self service": Channel.PORTAL,
    "self-service": Channel.PORTAL,
    "chat": Channel.CHAT,
    "ivr": Channel.PHONE,
    "direct opening": Channel.DESK,
    "walk-in": Channel.DESK,
    "event": Channel.ALERT,
}
_UNKNOWN = ("", "?")


def refuse_others(columns: Iterable[str]) -> None:
    """Refuse a file that is something else."""
    absent = [name for name in NEEDED if name not in set(columns)]
    if absent:
        raise Refused(
            _("This is no event log of ServiceNow: the columns %(names)s are missing.") % {"names": missing(absent)},
            field="file",
            code="other_columns",
        )


def drafts(rows: Iterable[Row], zone: ZoneInfo) -> Iterator[Draft | Rejection]:
    """One for each number, in the order of the file."""
    seen: dict[str, int] = {}
    for number, group in groupby(rows, key=lambda row: row.cells.get("number", "").strip()):
        lines = list(group)
        first = lines[0].line
        if number in _UNKNOWN:
            for row in lines:
                yield Rejection(row.line, "", _("It has no number."))
            continue
        if number in seen:
            reason = _("The rows of this number do not stand together: it began in line %(line)d.")
            yield Rejection(first, number, reason % {"line": seen[number]})
            continue
        seen[number] = first
        try:
            yield _draft(number, lines, zone)
        except Rejected as rejected:
            yield Rejection(rejected.line, number, str(rejected))


def _draft(number: str, rows: list[Row], zone: ZoneInfo) -> Draft:
    first, last = rows[0], rows[-1]
    if len(number) > MOST_LETTERS:
        raise Rejected(first.line, _("The number is longer than 100 letters."))
    moments = tuple(_moment(row, zone) for row in rows)
    opened_at = _date(last, "opened_at", zone) or _date(first, "opened_at", zone)
    if opened_at is None:
        raise Rejected(last.line, _("%(column)s is missing.") % {"column": "opened_at"})
    ended = moments[-1].status in ("closed", "cancelled")
    draft = Draft(
        line=first.line,
        external_id=number,
        title=_title(last, number),
        description=_description(last),
        opened_at=opened_at,
        requester=_name(last, "caller_id"),
        entered_by=_name(last, "opened_by"),
        moments=moments,
        channel=CHANNELS.get(_cell(last, "contact_type").casefold(), Channel.IMPORT),
        resolved_at=_date(last, "resolved_at", zone) if moments[-1].status in ("resolved", "closed") else None,
        resolved_by=_name(last, "resolved_by"),
        closed_at=_date(last, "closed_at", zone) if ended else None,
        reopen_count=_count(last, "reopen_count"),
        reassignment_count=_count(last, "reassignment_count"),
        made_sla=_verdict(last),
        extras={name: _cell(last, name) for name in EXTRAS if _cell(last, name)},
        digest=digest_of([str(zone), *(sorted(row.cells.items()) for row in rows)]),
    )
    place = last_resolution(draft)
    if RESOLVED_BY_STEP and draft.resolved_at is None and place is not None:
        return Draft(**draft.__dict__ | {"resolved_at": moments[place].at})
    return draft


def _moment(row: Row, zone: ZoneInfo) -> Moment:
    state = _cell(row, "incident_state")
    if state.casefold() not in STATES:
        raise Rejected(row.line, _("The state “%(state)s” is not known.") % {"state": state[:60] or "–"})
    status, same = STATES[state.casefold()]
    at = _date(row, "sys_updated_at", zone)
    if at is None:
        raise Rejected(row.line, _("%(column)s is missing.") % {"column": "sys_updated_at"})
    return Moment(
        at=at,
        status=status,
        said="" if same else state,
        impact=_level(row, "impact", 3, Impact.GROUP),
        urgency=_level(row, "urgency", 3, Urgency.SOON),
        priority=_level(row, "priority", 4, Priority.P4),
        team=_name(row, "assignment_group"),
        assignee=_name(row, "assigned_to"),
        category=tuple(filter(None, (_name(row, "category"), _name(row, "subcategory")))),
        by=_name(row, "sys_updated_by"),
    )


def _cell(row: Row, column: str) -> str:
    text = row.cells.get(column, "").strip()
    return "" if text in _UNKNOWN else text


def _name(row: Row, column: str) -> str:
    return named(_cell(row, column))


def _date(row: Row, column: str, zone: ZoneInfo):
    text = _cell(row, column)
    if not text:
        return None
    found = moment_of(text, "dmy", zone)
    if found is None:
        raise Rejected(
            row.line,
            _("%(column)s: “%(value)s” is no moment; it is written as %(example)s.")
            % {"column": column, "value": text[:60], "example": "29-02-2016 13:05"},
        )
    return found


def _level(row: Row, column: str, most: int, usual: int) -> int:
    """`2 - Medium` is 2."""
    text = _cell(row, column)
    if not text:
        return usual
    if not ("1" <= text[0] <= str(most) and text[1:2] in ("", " ", "-")):
        raise Rejected(row.line, _("%(column)s: “%(value)s” is not known.") % {"column": column, "value": text[:60]})
    return int(text[0])


def _count(row: Row, column: str) -> int:
    text = _cell(row, column) or "0"
    count = whole(text)
    if count is None:
        raise Rejected(row.line, _("%(column)s: “%(value)s” is no count.") % {"column": column, "value": text[:60]})
    return count


def _verdict(row: Row) -> bool | None:
    text = _cell(row, "made_sla")
    met = yes_or_no(text) if text else None
    if text and met is None:
        raise Rejected(
            row.line, _("%(column)s: “%(value)s” is not known.") % {"column": "made_sla", "value": text[:60]}
        )
    return met


def _title(row: Row, number: str) -> str:
    about = [_name(row, name) for name in ("category", "subcategory", "u_symptom")]
    return (" · ".join(filter(None, about)) or number)[:200]


def _description(row: Row) -> str:
    """The rest of what it is about, as it is called there."""
    named_so = ("location", "u_symptom", "cmdb_ci", "closed_code")
    return "\n".join(f"{name}: {_cell(row, name)}" for name in named_so if _cell(row, name))
