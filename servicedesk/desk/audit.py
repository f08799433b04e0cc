"""The audit log for administrators: who did what to settings, people and tickets, and whether the log is whole."""

import json
from collections.abc import Iterator
from functools import partial
from itertools import islice

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.csvfiles import CONTENT_TYPE, write
from servicedesk.people.models import AuditEntry, Job
from servicedesk.tickets.sentences import Names, words_for
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .audit_filters import OBJECT_NAMES, VIAS, AuditFilter
from .audit_words import changes_of, verb_words
from .chains import last_check, reason_words, start_check

PAGE_SIZE = 50
MOST_EXPORTED = 50_000


@needs("audit.read")
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Settings and people, or with `?of=tickets` the events of tickets; newest first."""
    about_tickets = request.GET.get("of") == "tickets"
    form = AuditFilter(request.GET, asker=request.user, about_tickets=about_tickets)
    if about_tickets:
        keyset = KeysetPage.of(request, form.events(request.user), ["-at", "-id"], size=PAGE_SIZE)
        names = Names(request.user, keyset.rows)
        rows = [
            {
                "row": event,
                "verb": verb_words(event.verb, about_tickets=True),
                "words": words_for(event, names),
                "via": _through(event),
            }
            for event in keyset
        ]
    else:
        keyset = KeysetPage.of(request, form.entries(), ["-id"], size=PAGE_SIZE)
        rows = [
            {
                "row": entry,
                "verb": verb_words(entry.verb, about_tickets=False),
                "name": _name(entry),
                "about": _about(entry),
                "changes": changes_of(entry),
                "via": _through(entry),
            }
            for entry in keyset
        ]
    context = {
        "form": form,
        "keyset": keyset,
        "rows": rows,
        "about_tickets": about_tickets,
        "only": form.only(),
        "check": _last_check(),
        "most_exported": MOST_EXPORTED,
    }
    return page(request, "settings/audit.html", context, status=200)


@needs("audit.read")
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What the filters find as CSV, at most 50,000 rows; a last row says when there was more."""
    about_tickets = request.GET.get("of") == "tickets"
    form = AuditFilter(request.GET, asker=request.user, about_tickets=about_tickets)
    if about_tickets:
        rows = form.events(request.user).order_by("-at", "-id")
    else:
        rows = form.entries().order_by("-id")
    what = pgettext("audit", "What")
    head = [_("When"), _("Who"), _("Address"), what, _("Number"), _("Verb"), _("Through"), _("Data"), _("Hash")]
    answer = StreamingHttpResponse(write(head, _cells(rows)), content_type=CONTENT_TYPE)
    name = "tickets" if about_tickets else "settings"
    answer["Content-Disposition"] = f'attachment; filename="audit-{name}-{timezone.localdate():%Y%m%d}.csv"'
    return answer


def _cells(rows) -> Iterator[list]:
    for row in islice(rows.iterator(chunk_size=2000), MOST_EXPORTED):
        settings = isinstance(row, AuditEntry)
        yield [
            timezone.localtime(row.at).isoformat(timespec="seconds"),
            row.by.display_name if row.by else _("The desk"),
            row.by.email if row.by else "",
            row.label if settings else row.ticket.number,
            f"{row.object_type} {row.object_id}" if settings else row.number,
            row.verb,
            row.via,
            json.dumps(row.data, ensure_ascii=False, sort_keys=True),
            row.hash,
        ]
    if rows[MOST_EXPORTED : MOST_EXPORTED + 1]:
        yield [_("There is more. Narrow the filter: at most %(most)d rows are exported.") % {"most": MOST_EXPORTED}]


@needs("audit.read")
@require_POST
def check_start(request: HttpRequest) -> HttpResponse:
    """Have all hash chains checked in the background; one check at a time."""
    start = partial(start_check, by=request.user, via="page")
    return does(request, start, to=f"{reverse('desk:audit')}#chains", message=_("The check has begun."))


@needs("audit.read")
@require_safe
def check_state(request: HttpRequest) -> HttpResponse:
    """How far the last check is; asks for itself again while it runs."""
    return page(request, "settings/audit_check.html", {"check": _last_check()}, fragment="settings/_chain_check.html")


def _last_check() -> Job | None:
    check = last_check()
    if check is not None:
        check.links = [one | {"words": reason_words(one["reason"])} for one in check.result.get("broken", ())]
    return check


def _name(entry: AuditEntry) -> str:
    """How the object was called. Mails and guests have no name in the log, only a number, which stands below it."""
    return "" if entry.label in (f"mail {entry.object_id}", f"guest {entry.object_id}") else entry.label


def _about(entry: AuditEntry) -> str:
    return str(OBJECT_NAMES.get(entry.object_type, entry.object_type))


def _through(row) -> str:
    return str(dict(VIAS).get(row.via, row.via))
