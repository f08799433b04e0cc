"""The one way into the desk, whatever the channel."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Item, Service
from incidents.actions import open_incident
from requests.actions import open_service_request
from requests.models import ServiceRequest
from servicedesk.people.models import Language, Team, User
from servicedesk.people.queries import visible_people
from servicedesk.people.rules import check
from servicedesk.tickets.actions import set_items
from servicedesk.tickets.actions.talk import attach
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.files import examine_all
from servicedesk.tickets.models import Category, Channel, Ticket
from servicedesk.web.errors import NotNow, Refused
from servicedesk.web.text import lines, one_line

from ..models import Makes, Original, OriginalFile

log = logging.getLogger(__name__)

MOST_LETTERS = 200_000


def receive(
    *,
    kind: str,
    title: str,
    description: str,
    requester: User,
    by: User,
    via: str,
    channel: str,
    source: str = "",
    service: Service | None = None,
    category: Category | None = None,
    team: Team | None = None,
    impact: int | None = None,
    urgency: int | None = None,
    files: Iterable[UploadedFile] = (),
    items: Iterable[Item] = (),
    language: str | None = None,
    is_confidential: bool = False,
    at: datetime | None = None,
    strict_files: bool = True,
    keep_original: bool = True,
    key: str = "",
) -> Ticket:
    """Make a record of what somebody hands over: an incident, a request or an enquiry (`kind`).

    Called outside a transaction, the original is committed before anything else is tried. It goes away again when the
    action refuses, because the person sees why and still has what they typed; it stays, with the files, when we fail,
    and without them when they cannot be stored (NotNow).
    Mail passes `keep_original=False`: its raw bytes are kept already. Without a team the service's own takes it.
    `key`, up to 64 letters, names one sending: the same person with the same key gets the ticket that is there already.
    Refuses (field in brackets): an unknown kind (kind), an empty title or one over 200 letters after folding line
    breaks (title), a description that is too long (description), a service or category out of use (service, category),
    asking for somebody who is not visible or has left (requester), a confidential matter that no service or team would
    see (service), unknown channels and languages, files as in `tickets.files.examine` (files), and configuration items
    as `set_items` does (items).
    """
    files, items = list(files), list(items)
    fields: dict[str, Any] = {
        "kind": kind,
        "title": title,
        "description": description,
        "service": service,
        "category": category,
        "team": team,
        "impact": impact,
        "urgency": urgency,
        "language": language,
        "is_confidential": is_confidential,
    }
    original = None
    handed_over: dict[str, Any] = {}
    if keep_original:
        handed_over = {
            "channel": channel,
            "source": one_line(source, 120),
            "requester": requester,
            "via": via,
            "received_at": at or timezone.now(),
            "data": {name: getattr(value, "pk", value) for name, value in fields.items()}
            | {"files": [[file.name, file.size] for file in files], "items": [item.pk for item in items]},
        }
        original = _keep(by, key, handed_over)
    try:
        with transaction.atomic(savepoint=keep_original):  # mail has one of its own
            if original is not None and key:
                # The other press of the button may be at work just now: whoever has the row first opens the ticket. No
                # join here: after waiting for the lock PostgreSQL reads this row anew, but joined ones as they were.
                twin = Original.objects.select_for_update().filter(pk=original.pk).first()
                if twin is None:  # refused and taken away a moment ago
                    original = Original.objects.create(by=by, key=key, **handed_over)
                elif twin.ticket_id is not None:
                    return Ticket.objects.get(pk=twin.ticket_id)
            ticket = _open(
                requester=requester, by=by, via=via, channel=channel, source=source, files=files, at=at,
                strict_files=strict_files, **fields,
            )  # fmt: skip
            if items:
                set_items(ticket, by=by, via=via, items=items, at=at, permitted=True)
            if original is not None:
                # The key may be that of an earlier try which failed: the original is what led to the ticket.
                for name, value in (handed_over | {"ticket": ticket, "error": ""}).items():
                    setattr(original, name, value)
                original.save(update_fields=[*handed_over, "ticket", "error"])
            return ticket
    except NotNow as refusal:
        if original is not None:
            _keep_failed(original.pk, refusal.__cause__ or refusal, [])
        raise
    except (Refused, PermissionDenied):
        if original is not None:
            Original.objects.filter(pk=original.pk, ticket=None).delete()
        raise
    except Exception as error:
        if original is not None:
            _keep_failed(original.pk, error, files)
        raise


def receive_like(
    ticket: Ticket, *, kind: str, title: str, description: str, requester: User, by: User, via: str
) -> Ticket:
    """Make a record beside a ticket, with its channel, language, team, service, category, impact and urgency; what is
    out of use by now stays behind. Called in a transaction: what was handed over is kept with the ticket already.
    """
    return receive(
        kind=kind,
        title=title,
        description=description,
        requester=requester,
        by=by,
        via=via,
        channel=ticket.channel,
        source=ticket.source,
        service=ticket.service if ticket.service and ticket.service.is_active else None,
        category=ticket.category if ticket.category and ticket.category.is_active else None,
        team=ticket.team if ticket.team and ticket.team.is_active else None,
        impact=ticket.impact,
        urgency=ticket.urgency,
        language=ticket.language,
        is_confidential=ticket.is_confidential,
        keep_original=False,
    )


def _keep(by: User, key: str, handed_over: dict) -> Original:
    if key:
        return Original.objects.get_or_create(by=by, key=key, defaults=handed_over)[0]
    return Original.objects.create(by=by, **handed_over)


def _keep_failed(pk: int, error: BaseException, files: list[UploadedFile]) -> None:
    """Note why a submission failed and keep its files. Best effort: what made it fail may be the database itself."""
    try:
        Original.objects.filter(pk=pk, ticket=None).update(error=f"{type(error).__name__}: {error}"[:2000])
        with transaction.atomic():
            original = Original.objects.get(pk=pk)
            for file in files:
                file.seek(0)
                kept = OriginalFile(original=original, name=one_line(file.name or "", 180) or "file")
                kept.file.save(kept.name, file)
    except (DatabaseError, OSError, Original.DoesNotExist):
        log.exception("the files of original %s could not be kept", pk)


def _open(
    *,
    kind: str,
    title: str,
    description: str,
    requester: User,
    by: User,
    via: str,
    channel: str,
    source: str,
    service: Service | None,
    category: Category | None,
    team: Team | None,
    impact: int | None,
    urgency: int | None,
    files: list[UploadedFile],
    language: str | None,
    is_confidential: bool,
    at: datetime | None,
    strict_files: bool,
) -> Ticket:
    if kind not in Makes.values:
        raise TicketError(_("Choose an incident, a request or an enquiry."), field="kind")
    if channel not in Channel.values:
        raise TicketError(_("There is no such channel."), field="channel")
    title = one_line(title)
    if not title:
        raise TicketError(_("Say in a few words what this is about."), field="title")
    if len(title) > 200:
        raise TicketError(
            _("The title may have up to 200 letters; the rest belongs into the description."), field="title"
        )
    description = lines(description).strip()
    if len(description) > MOST_LETTERS:
        raise TicketError(_("This is too long. Attach it as a file."), field="description")
    if by != requester:
        check(by, "tickets.open_for_others")
        if not requester.is_active or not visible_people(by).filter(pk=requester.pk).exists():
            raise TicketError(_("There is no such person."), field="requester")
    if service is not None and not service.is_active:
        raise TicketError(_("The service “%(name)s” is no longer in use.") % {"name": service}, field="service")
    if category is not None and not category.is_active:
        raise TicketError(_("The category “%(name)s” is no longer in use.") % {"name": category}, field="category")
    if team is not None and not team.is_active:
        raise TicketError(_("The team “%(team)s” is no longer in use.") % {"team": team.name}, field="team")
    if is_confidential and service is None and team is None:
        raise TicketError(
            _("Choose the service, so that the right team sees this confidential matter."), field="service"
        )
    language = language or requester.language
    if language not in Language.values:
        raise TicketError(_("Choose Japanese or English."), field="language")
    fields: dict[str, Any] = {
        "title": title,
        "description": description,
        "requester": requester,
        "channel": channel,
        "source": one_line(source, 120),
        "service": service,
        "category": category,
        "team": team,
        "impact": impact,
        "urgency": urgency,
        "language": language,
        "is_confidential": is_confidential,
    }
    examined = examine_all(files, strict=strict_files)
    if kind == Makes.INCIDENT:
        ticket = open_incident(by=by, via=via, at=at, **fields).ticket
    else:
        wanted = ServiceRequest.Kind.REQUEST if kind == Makes.REQUEST else ServiceRequest.Kind.ENQUIRY
        ticket = open_service_request(by=by, via=via, at=at, kind=wanted, **fields).ticket
    attach(ticket, examined, by=by, comment=None, public=True, strict=strict_files, at=at)
    return ticket
