"""The sources: how each opens a file, and how it maps the rows to drafts. A new one is one more branch here and a
module that knows its columns.
"""

from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from servicedesk.people.csvfiles import MOST_BYTES, MOST_ROWS, begin, names_in
from servicedesk.web.errors import Refused

from . import servicenow, tables
from .drafts import Draft, Rejection
from .models import Kind


class Reading(NamedTuple):
    """A file that was opened: `drafts` comes as it is asked for."""

    encoding: str
    unknown: list[str]
    drafts: Iterator[Draft | Rejection]


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(
            _("There is no time zone “%(name)s”. Write one as Asia/Tokyo.") % {"name": name[:60]}, field="time_zone"
        ) from None


def open_file(
    kind: str,
    content: bytes,
    zone: ZoneInfo,
    mapping: dict,
    *,
    most_bytes: int = MOST_BYTES,
    most_rows: int = MOST_ROWS,
) -> Reading:
    """Refuses what is no table and what has other columns, before the first row."""
    if kind == Kind.SERVICENOW:
        opened = begin(content, servicenow.HEADERS, most_bytes=most_bytes, most_rows=most_rows)
        servicenow.refuse_others(opened.columns)
        return Reading(opened.encoding, opened.unknown, servicenow.drafts(opened.rows, zone))
    chosen = tables.Chosen.of(mapping)
    tables.check_chosen(chosen, names_in(content))
    opened = begin(content, tables.headers_of(chosen), most_bytes=most_bytes, most_rows=most_rows, times=True)
    return Reading(opened.encoding, opened.unknown, tables.drafts(opened.rows, zone, chosen))
