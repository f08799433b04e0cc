"""Declaring a major incident, what is known of its extent, its end, and taking back a mistake."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Service
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.actions import lock, note, record
from servicedesk.tickets.actions.core import named
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.workflow import Phase, TicketType
from servicedesk.web.text import one_line

from ..models import MajorIncident, MajorProposal, MajorService
from ..queries import major_settings

MOST_MINUTES = 24 * 60


@transaction.atomic
def declare_major(
    ticket: Ticket,
    *,
    by: User,
    via: str,
    reason: str,
    outage_from: datetime | None = None,
    public_title: str = "",
    public_title_en: str = "",
    services: Iterable[Service] = (),
    people_hit: int | None = None,
    update_minutes: int | None = None,
    at: datetime | None = None,
) -> MajorIncident:
    """Say that an incident is a major one: everybody reads on the portal that its services are disturbed.

    The ticket's own service is always one of `services`. `outage_from` is when the interruption began, now unless said.
    One that was ended goes on, one that was taken back begins anew. Refuses without a reason, what is no open incident,
    and what is running already.
    """
    lock(ticket)
    check(by, "incidents.declare_major", ticket)
    now = at or timezone.now()
    if ticket.type != TicketType.INCIDENT:
        raise TicketError(_("Only an incident can be a major incident."), code="wrong_type")
    if not ticket.is_open or ticket.phase == Phase.RESOLVED:
        raise TicketError(_("%(number)s is over. Reopen it first.") % {"number": ticket.number}, code="closed")
    if not reason.strip():
        raise TicketError(_("Say why this is a major incident."), field="reason")
    major = MajorIncident.objects.filter(pk=ticket.pk).first()
    if major is not None and major.is_running:
        raise TicketError(_("%(number)s is a major incident already.") % {"number": ticket.number}, code="running")
    again = major is not None and major.retracted_at is None
    if major is None or not again:
        major = major or MajorIncident(incident_id=ticket.pk)
        major.declared_by, major.declared_at, major.outage_from = by, now, outage_from or now
    _check_begin(major.outage_from, now)
    major.incident.ticket = ticket
    major.ended_at = major.retracted_at = major.outage_until = None
    major.reason = reason.strip()
    major.update_minutes = _minutes(update_minutes or major_settings().update_minutes)
    major.next_update_at = now + timedelta(minutes=major.update_minutes)
    _set_words(major, public_title or major.public_title, public_title_en or major.public_title_en)
    major.people_hit = people_hit if people_hit is not None else major.people_hit
    major.save()
    chosen = {service.pk: service for service in [*services, *([ticket.service] if ticket.service else [])]}
    MajorService.objects.bulk_create(
        [MajorService(major=major, service=service) for service in chosen.values()], ignore_conflicts=True
    )
    ticket.is_major = True
    ticket.save(update_fields=["is_major"])
    record(
        ticket, "declare_major", by=by, via=via, public=True, at=now, again=again,
        services=[named(service) for service in chosen.values()], outage_from=major.outage_from,
    )  # fmt: skip
    _decide_proposals(ticket, MajorProposal.State.ACCEPTED, by, major)
    return major


@transaction.atomic
def change_major(
    major: MajorIncident,
    *,
    by: User,
    via: str,
    services: Mapping[Service, int | None] | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> MajorIncident:
    """Change what is known of it: `public_title`, `public_title_en`, `outage_from`, `outage_until`, `people_hit`,
    `update_minutes`, and `services` with how many of their people are hit, or None.

    Writes nothing when nothing changes. Refuses an end before the begin, and a time that is still to come.
    """
    ticket = held(major, by=by)
    unknown = set(fields) - {*_WORDS, "outage_from", "outage_until", "people_hit", "update_minutes"}
    if unknown:
        raise LookupError(f"Not settable: {sorted(unknown)}")
    now = at or timezone.now()
    before = {name: getattr(major, name) for name in fields}
    if "update_minutes" in fields:
        fields["update_minutes"] = _minutes(fields["update_minutes"])
    for name, value in fields.items():
        setattr(major, name, value)
    _set_words(major, major.public_title, major.public_title_en)
    _check_begin(major.outage_from, now)
    _check_end(major, now)
    if major.update_minutes != before.get("update_minutes", major.update_minutes) and major.is_running:
        major.next_update_at = now + timedelta(minutes=major.update_minutes)
    changes: dict[str, list | None] = {
        name: (None if name in _WORDS else [was, getattr(major, name)])
        for name, was in before.items()
        if was != getattr(major, name)
    }
    if services is not None and (pair := _set_services(major, services)):
        changes["services"] = pair
    if changes:
        major.save()
        record(ticket, "change_major", by=by, via=via, at=at, changes=changes)
    return major


@transaction.atomic
def end_major(
    major: MajorIncident,
    *,
    by: User | None,
    via: str,
    outage_until: datetime | None = None,
    permitted: bool = False,
    at: datetime | None = None,
) -> MajorIncident:
    """Say that the interruption is over, now unless `outage_until` says when. Refuses what is not running. `permitted`:
    the caller has asked for the permission as part of another action.
    """
    ticket = held(major, by=None if permitted else by)
    now = at or timezone.now()
    _refuse_over(major)
    major.ended_at, major.outage_until = now, outage_until or major.outage_until or now
    major.next_update_at = None
    _check_end(major, now)
    major.save(update_fields=["ended_at", "outage_until", "next_update_at"])
    record(ticket, "end_major", by=by, via=via, public=True, at=now, outage_until=major.outage_until)
    return major


@transaction.atomic
def retract_major(major: MajorIncident, *, by: User, via: str, reason: str, at: datetime | None = None) -> None:
    """Take back a declaration that was a mistake; the reason becomes an internal note. The portal forgets it."""
    ticket = held(major, by=by)
    check(by, "incidents.declare_major", ticket)
    if not reason.strip():
        raise TicketError(_("Say why it is no major incident."), field="reason")
    if major.retracted_at is not None:
        raise TicketError(_("This was taken back already."), code="retracted")
    note(ticket, by=by, via=via, body=reason, at=at)
    major.retracted_at, major.next_update_at = at or timezone.now(), None
    major.save(update_fields=["retracted_at", "next_update_at"])
    ticket.is_major = False
    ticket.save(update_fields=["is_major"])
    record(ticket, "retract_major", by=by, via=via, public=True, at=at)


def end_with_ticket(ticket: Ticket, *, by: User | None, via: str, at: datetime | None = None) -> None:
    """What is resolved no longer disturbs anybody: end its major incident, in the caller's transaction."""
    major = MajorIncident.objects.filter(pk=ticket.pk, ended_at__isnull=True, retracted_at__isnull=True).first()
    if major is not None:
        major.incident.ticket = ticket
        end_major(major, by=by, via=via, permitted=True, at=at)


def held(major: MajorIncident, *, by: User | None) -> Ticket:
    """The ticket with its lock, and the major incident read anew after it."""
    ticket = lock(major.incident.ticket)
    if by is not None:
        check(by, "incidents.handle_major", ticket)
    incident = major.incident
    major.refresh_from_db()
    major.incident = incident
    return ticket


def _refuse_over(major: MajorIncident) -> None:
    if not major.is_running:
        raise TicketError(_("This major incident is over already."), code="not_running")


_WORDS = ("public_title", "public_title_en")


def _set_words(major: MajorIncident, title: str, title_en: str) -> None:
    major.public_title, major.public_title_en = one_line(title, 200), one_line(title_en, 200)


def _minutes(value: int) -> int:
    if not 5 <= value <= MOST_MINUTES:
        raise TicketError(_("Between updates are 5 to 1,440 minutes."), field="update_minutes")
    return value


def _check_begin(begin: datetime | None, now: datetime) -> None:
    if begin is None:
        raise TicketError(_("Say since when it has been interrupted."), field="outage_from")
    if begin > now + timedelta(minutes=1):
        raise TicketError(_("The interruption cannot begin in the future."), field="outage_from")


def _check_end(major: MajorIncident, now: datetime) -> None:
    if major.outage_until is None:
        return
    if major.outage_until < major.outage_from:
        raise TicketError(_("The interruption cannot end before it began."), field="outage_until")
    if major.outage_until > now + timedelta(minutes=1):
        raise TicketError(_("The interruption cannot end in the future."), field="outage_until")


def _set_services(major: MajorIncident, services: Mapping[Service, int | None]) -> list | None:
    """Make these the services; returns how they were and are, or None where nothing changes."""
    had = {row.service_id: row for row in major.service_rows.select_related("service")}
    wanted = {service.pk: (service, count) for service, count in services.items()}
    if {pk: row.people_hit for pk, row in had.items()} == {pk: count for pk, (_s, count) in wanted.items()}:
        return None
    before = [[*(named(row.service) or ()), row.people_hit] for row in had.values()]
    major.service_rows.exclude(service__in=list(wanted)).delete()
    MajorService.objects.bulk_create(
        [MajorService(major=major, service=service, people_hit=count) for service, count in wanted.values()],
        update_conflicts=True,
        unique_fields=["major", "service"],
        update_fields=["people_hit"],
    )
    return [before, [[*(named(service) or ()), count] for service, count in wanted.values()]]


def _decide_proposals(ticket: Ticket, state: str, by: User, major: MajorIncident) -> None:
    """What was proposed of this ticket is decided by what somebody did by hand."""
    MajorProposal.objects.filter(ticket=ticket, state=MajorProposal.State.OPEN).update(
        state=state, decided_by=by, decided_at=timezone.now(), made=major
    )
