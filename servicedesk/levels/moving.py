"""What a change of the settings would move, before it is saved: it is made, the settings are read as they then are, and
it is taken back; then the clocks of the open tickets are read by both. So a preview says what saving does.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cmdb.models import Service
from servicedesk.people.jobs import Progress, last_job, start_job
from servicedesk.people.models import Job, Team, User
from servicedesk.people.queries import get_or_404
from servicedesk.tickets.models import BORN_HERE, OPEN, Priority, Ticket, TicketEvent
from servicedesk.tickets.queries import visible_tickets
from servicedesk.tickets.tiers import HANDED
from servicedesk.web.errors import NotFound

from .actions import (
    change_agreement,
    change_calendar,
    change_rank,
    create_agreement,
    create_calendar,
    create_rank,
    set_service_levels,
)
from .clock import Kind, State
from .clocks import OUTSIDE, Happened, Told, clocks_of, happened_to
from .models import Agreement, Calendar, Clock, Rank
from .queries import Levels
from .rank_json import Target

AT_ONCE = 2_000  # tickets that a page reads itself; more are a job's
_CHUNK = 500
MOST_ROWS = 50
_GOOD_FOR = timedelta(minutes=2)


@dataclass(frozen=True)
class Change:
    """A change that somebody thinks of, in JSON: what the action takes, rows by their ids. `pk` None: something new."""

    what: str
    pk: int | None
    fields: Mapping[str, Any]

    def make(self, by: User) -> None:
        _MAKERS[self.what](self, by)

    def key(self, by: User) -> str:
        said = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return f"levels:{by.pk}:{sha256(said.encode()).hexdigest()[:16]}"


def calendar_change(calendar: Calendar | None, fields: Mapping[str, Any]) -> Change:
    plain = dict(fields)
    if "teams" in plain:
        plain["teams"] = [team.pk for team in plain["teams"]]
    return Change("calendar", calendar and calendar.pk, plain)


def rank_change(rank: Rank | None, fields: Mapping[str, Any]) -> Change:
    plain = dict(fields)
    if "targets" in plain:
        plain["targets"] = {str(priority): list(target) for priority, target in plain["targets"].items()}
    return Change("rank", rank and rank.pk, plain)


def services_change(levels: Mapping[Service, tuple[Rank | None, Calendar | None]]) -> Change:
    rows = {
        str(service.pk): [rank and rank.pk, calendar and calendar.pk] for service, (rank, calendar) in levels.items()
    }
    return Change("services", None, rows)


def agreement_change(agreement: Agreement | None, fields: Mapping[str, Any]) -> Change:
    plain = dict(fields)
    for name in ("team", "calendar"):
        if name in plain:
            plain[name] = plain[name] and plain[name].pk
    if "minutes" in plain:
        plain["minutes"] = {str(priority): minutes for priority, minutes in plain["minutes"].items()}
    return Change("agreement", agreement and agreement.pk, plain)


def _make_calendar(change: Change, by: User) -> None:
    fields = dict(change.fields)
    if "teams" in fields:
        fields["teams"] = list(Team.objects.filter(pk__in=fields["teams"]))
    if change.pk is None:
        create_calendar(**fields, by=by, via="page")
    else:
        change_calendar(get_or_404(Calendar.objects.all(), pk=change.pk), **fields, by=by, via="page")


def _make_rank(change: Change, by: User) -> None:
    fields = dict(change.fields)
    if "targets" in fields:
        fields["targets"] = {int(priority): Target(*target) for priority, target in fields["targets"].items()}
    if change.pk is None:
        create_rank(**fields, by=by, via="page")
    else:
        change_rank(get_or_404(Rank.objects.all(), pk=change.pk), **fields, by=by, via="page")


def _make_services(change: Change, by: User) -> None:
    services, ranks, calendars = (model.objects.in_bulk() for model in (Service, Rank, Calendar))
    set_service_levels(
        {
            services[int(pk)]: (ranks.get(rank), calendars.get(calendar))
            for pk, (rank, calendar) in change.fields.items()
            if int(pk) in services
        },
        by=by,
        via="page",
    )


def _make_agreement(change: Change, by: User) -> None:
    fields = dict(change.fields)
    for name, rows in (("team", Team.objects.all()), ("calendar", Calendar.objects.all())):
        if name in fields:
            fields[name] = rows.filter(pk=fields[name]).first()
    if "minutes" in fields:
        fields["minutes"] = {int(priority): minutes for priority, minutes in fields["minutes"].items()}
    if change.pk is None:
        create_agreement(**fields, by=by, via="page")
    else:
        change_agreement(get_or_404(Agreement.objects.all(), pk=change.pk), **fields, by=by, via="page")


_MAKERS: dict[str, Callable[[Change, User], None]] = {
    "calendar": _make_calendar,
    "rank": _make_rank,
    "services": _make_services,
    "agreement": _make_agreement,
}


@dataclass
class Row:
    """A clock that would move. `before` and `after` are when it is due; None where there is no such clock. Of an
    agreement it has the name.
    """

    ticket_id: int
    kind: str
    before: datetime | None
    after: datetime | None
    was_missed: bool
    is_missed: bool
    agreement: str = ""
    ticket: Ticket | None = None

    @property
    def kind_label(self) -> str:
        return self.agreement or str(Clock.Kind(self.kind).label)

    @property
    def by(self) -> timedelta | None:
        return abs(self.after - self.before) if self.after and self.before else None

    @property
    def is_later(self) -> bool:
        return bool(self.after and self.before and self.after > self.before)


@dataclass
class Moves:
    """How many tickets would move, of these how many first to an earlier and how many to a later time, how many targets
    would then be missed or no longer, how many clocks there would be or no longer be, and the first clocks of them:
    missed ones first, then by when they are due.
    """

    tickets: int = 0
    earlier: int = 0
    later: int = 0
    missed: int = 0
    met: int = 0
    begun: int = 0
    ended: int = 0
    rows: list[Row] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many tickets are not among the rows."""
        return self.tickets - len({row.ticket_id for row in self.rows})


@dataclass
class Preview:
    """`moves` is there at once, or when the job that reads many clocks is done."""

    moves: Moves | None
    job: Job | None = None


def preview(change: Change, user: User) -> Preview:
    """What a change would move of the open tickets that the person may see. Refuses what saving refuses."""
    now, then = proposed(change, user)
    ids = affected(user, now, then)
    if len(ids) <= AT_ONCE:
        return Preview(with_tickets(compare(ids, now, then), user))
    key = change.key(user)
    job = last_job(key)
    if job is None or not (job.is_under_way or (job.ended_at and job.ended_at > timezone.now() - _GOOD_FOR)):
        start_job("preview_levels", key=key, by=user, change=asdict(change))
        job = last_job(key)
    return of_job(job, user)


def preview_of(user: User, pk: int) -> Preview:
    """How far the job of one's own preview is."""
    job = Job.objects.filter(kind="preview_levels", by=user, pk=pk).first()
    if job is None:
        raise NotFound
    return of_job(job, user)


def of_job(job: Job, user: User) -> Preview:
    if job.state != Job.State.DONE:
        return Preview(None, job)
    rows = [
        Row(**row | {name: row[name] and parse_datetime(row[name]) for name in ("before", "after")})
        for row in job.result["rows"]
    ]
    return Preview(with_tickets(Moves(**job.result | {"rows": rows}), user), job)


def preview_as_job(job: Job, progress: Progress) -> dict:
    """The clocks of many tickets by both settings. Refuses what saving refuses."""
    now, then = proposed(Change(**job.params["change"]), job.by)
    found = asdict(compare(affected(job.by, now, then), now, then, progress))
    for row in found["rows"]:
        row |= {name: row[name] and row[name].isoformat() for name in ("before", "after")}
        row.pop("ticket")
    return found


def proposed(change: Change, by: User) -> tuple[Levels, Levels]:
    """The settings as they are, and as the change would make them. Nothing is kept."""
    with transaction.atomic():
        now = _read()
        change.make(by)
        then = _read()
        transaction.set_rollback(True)
    return now, then


def _read() -> Levels:
    levels = Levels()
    for name in ("calendars", "targets", "services", "teams", "agreements", "promises"):
        getattr(levels, name)
    return levels


def affected(user: User, now: Levels, then: Levels) -> list[int]:
    """Open tickets that the person may see for which other targets or hours would hold."""
    known: dict[tuple, bool] = {}
    found = set()
    rows = (
        visible_tickets(user).filter(OPEN, BORN_HERE).order_by().values_list("pk", "service_id", "team_id", "priority")
    )
    for pk, *place in rows:
        if (key := tuple(place)) not in known:
            known[key] = now.at(*place) != then.at(*place)
        if known[key]:
            found.add(pk)
    agreed = [pk for pk in then.agreements if _promises(now, pk) != _promises(then, pk)]
    if agreed:
        rows = visible_tickets(user).filter(OPEN, BORN_HERE).filter(_concerned(agreed, now, then))
        found |= set(rows.order_by().values_list("pk", flat=True))
    return sorted(found)


def _promises(levels: Levels, agreement: int) -> list:
    is_used = agreement in levels.team_agreements.values()
    return [is_used, *(levels.promise(agreement, Ticket(priority=priority)) for priority in Priority.values)]


def _concerned(agreed: list[int], now: Levels, then: Levels) -> Q:
    """At least the tickets that have, or would have, a clock of these agreements: of a team those that it has or that
    ever went from team to team, of a vendor those that were taken there.
    """
    events = TicketEvent.objects.filter(ticket=OuterRef("pk"))
    found = Q(pk__in=Clock.objects.filter(agreement__in=agreed).values("ticket"))
    found |= Q(Exists(events.filter(verb=OUTSIDE, data__agreement__in=agreed)))
    known = (*now.team_agreements.items(), *then.team_agreements.items())
    teams = {team for team, agreement in known if agreement in agreed}
    if teams:
        moved = events.filter(verb__in=HANDED, data__changes__has_key="team")
        found |= Q(team__in=teams) | Q(Exists(moved))
    return found


def compare(ids: list[int], now: Levels, then: Levels, progress: Progress = lambda done, total: None) -> Moves:
    """Read the clocks of tickets by both settings."""
    moment, moves, rows = timezone.now(), Moves(), []
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        happened = happened_to(chunk)
        for ticket in Ticket.objects.filter(pk__in=chunk).defer("description", "resolution"):
            moved = list(_moved(ticket, happened.get(ticket.pk, []), now, then, moment))
            if moved:
                rows += moved
                _count(moves, moved)
        progress(min(start + _CHUNK, len(ids)), len(ids))
    rows.sort(key=lambda row: (row.was_missed or not row.is_missed, row.after or row.before, row.ticket_id))
    moves.rows = rows[:MOST_ROWS]
    return moves


def _count(moves: Moves, moved: list[Row]) -> None:
    moves.tickets += 1
    first = next((row for row in moved if row.kind == Clock.Kind.RESOLUTION), moved[0])
    if first.by:
        moves.later += first.is_later
        moves.earlier += not first.is_later
    moves.begun += sum(row.before is None for row in moved)
    moves.ended += sum(row.after is None for row in moved)
    moves.missed += sum(row.is_missed and not row.was_missed for row in moved)
    moves.met += sum(row.was_missed and not row.is_missed for row in moved)


def _moved(ticket: Ticket, happened: list[Happened], now: Levels, then: Levels, moment: datetime) -> Iterable[Row]:
    """The clocks of a ticket that would be due at another time, begin or end; of one that stopped, those that would be
    missed or no longer.
    """
    before, after = (
        {_name(told): told for told in clocks_of(ticket, happened, levels, moment)} for levels in (now, then)
    )
    for name in before | after:
        both = before.get(name), after.get(name)
        told = next(one for one in both if one is not None)
        missed = [one is not None and one.reading.state == State.MISSED for one in both]
        due = [one and one.reading.due_at for one in both]
        is_over = told.turns[-1].kind == Kind.STOP
        if missed[0] != missed[1] or (not is_over and due[0] != due[1]):
            agreement = str(told.agreement) if told.agreement else ""
            yield Row(ticket.pk, told.kind, *due, *missed, agreement)


def _name(told: Told) -> tuple[str, int | None]:
    return told.kind, told.agreement.pk if told.agreement else None


def with_tickets(moves: Moves, user: User) -> Moves:
    """The rows with their tickets, without those that the person may not see any more."""
    tickets = visible_tickets(user).defer("description", "resolution").in_bulk([row.ticket_id for row in moves.rows])
    for row in moves.rows:
        row.ticket = tickets.get(row.ticket_id)
    moves.rows = [row for row in moves.rows if row.ticket is not None]
    return moves
