"""What is done to a ticket at once: by a change of many tickets, and by a macro. In the caller's transaction, through
the actions that people use, with the rights of whoever does it.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Service
from incidents import actions as incident_actions
from incidents.models import Incident
from requests import actions as request_actions
from requests.models import ServiceRequest
from servicedesk.levels.queries import Levels
from servicedesk.people.models import Team, User
from servicedesk.people.rules import check
from servicedesk.priorities.actions import change_ticket
from servicedesk.priorities.business_days import opens_after, opens_from
from servicedesk.tickets.actions import assign, link, set_tags, snooze, tag_names
from servicedesk.tickets.actions.snoozing import LONGEST
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Category, Ticket, TicketLink
from servicedesk.tickets.workflow import Phase, TicketType
from servicedesk.web.errors import Refused

MOST_DAYS = 200
KEEP, NOBODY = "keep", "nobody"
RESOLVE, CLOSE = "resolve", "close"


@dataclass
class Change:
    """What is to be done to each ticket; what is empty stays as it is. `assignee`: "keep", "nobody" or a person's id.
    `end`: "resolve" says `resolution` and closes nothing yet, "close" closes what is resolved. Snoozed is until the
    morning of the `snooze_days`th business day from now, or of the first one from the day `snooze_until` (ISO) on, as
    the calendar of each ticket has them.
    """

    team: int | None = None
    assignee: str = KEEP
    service: int | None = None
    category: int | None = None
    impact: int | None = None
    urgency: int | None = None
    add_tags: list[str] = field(default_factory=list)
    remove_tags: list[str] = field(default_factory=list)
    other: int | None = None
    kind: str = ""
    end: str = ""
    resolution: str = ""
    snooze_days: int | None = None
    snooze_until: str | None = None

    @property
    def snoozes(self) -> bool:
        return bool(self.snooze_days or self.snooze_until)

    @property
    def is_empty(self) -> bool:
        return self == Change(kind=self.kind, resolution=self.resolution)


def check_snooze(days: int | None, until: date | None, *, ends: bool) -> None:
    """Refuses two ends of a snooze, no sensible number of days, and one of what is resolved or closed besides."""
    if days is not None and until is not None:
        raise Refused(_("Snooze for a number of business days or until a day, not both."), field="snooze_until")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise Refused(_("Snooze for 1 to 200 business days."), field="snooze_days")
    if ends and (days or until):
        raise Refused(_("What is resolved or closed cannot be snoozed as well."), field="snooze_days")


def check_day(until: date | None) -> None:
    """Refuses a day that is no longer to come, or more than a year ahead."""
    today = timezone.localdate()
    if until is not None and until <= today:
        raise Refused(_("Choose a day that is still to come."), field="snooze_until")
    if until is not None and until > today + LONGEST:
        raise Refused(_("Choose a time within a year."), field="snooze_until")


class Doer:
    """Does a change to one ticket after another; what it names is read once. Its methods answer with what the undo
    needs: of each part what was there and what came.
    """

    def __init__(self, change: Change, *, by: User, via: str):
        self.change, self.by, self.via = change, by, via
        self.team = Team.objects.filter(pk=change.team).first() if change.team else None
        wanted = change.assignee
        self.assignee = None if wanted in (KEEP, NOBODY) else User.objects.filter(pk=int(wanted)).first()
        self.fields: dict[str, Any] = {}
        if change.service:
            self.fields["service"] = Service.objects.select_related("team").get(pk=change.service)
        if change.category:
            self.fields["category"] = Category.objects.get(pk=change.category)
        self.fields |= {name: value for name in ("impact", "urgency") if (value := getattr(change, name))}
        self.gone = tag_names(change.remove_tags)
        self.other = Ticket.objects.filter(pk=change.other).first() if change.other else None
        self.levels = Levels()

    def change_fields(self, ticket: Ticket) -> dict[str, Any]:
        """Fields, tags and the tie: what leaves the ticket with whoever has it. It is here that the right to snooze is
        asked for, which may go with the ticket.
        """
        before: dict[str, Any] = {}
        if self.change.snoozes:
            check(self.by, "tickets.snooze", ticket)
        if self.fields:
            had = {name: plain(getattr(ticket, name)) for name in self.fields}
            change_ticket(ticket, by=self.by, via=self.via, **self.fields)
            before["set"] = {name: [had[name], plain(getattr(ticket, name))] for name in self.fields}
        if self.change.add_tags or self.change.remove_tags:
            before["tags"] = self._tag(ticket)
        if self.other is not None:
            known = set(TicketLink.objects.filter(source=ticket).values_list("pk", flat=True))
            tie = link(ticket, self.other, self.change.kind, by=self.by, via=self.via)
            before["link"] = tie.pk if tie.pk not in known else None
        return before

    def assign(self, ticket: Ticket) -> dict[str, Any]:
        """Give it away, if the change says so: last, since whoever does it may not work on it any more then."""
        if self.team is None and self.change.assignee == KEEP:
            return {}
        had = [ticket.team_id, ticket.assignee_id]
        assign(ticket, by=self.by, via=self.via, team=self.team, assignee=self._assignee_of(ticket))
        return {"assign": [had, [ticket.team_id, ticket.assignee_id]]}

    def end(self, ticket: Ticket) -> dict[str, Any]:
        """Resolve or close it, if the change says so and it is not yet."""
        was, end = ticket.status, self.change.end
        if not end:
            return {}
        if end == RESOLVE and ticket.phase not in (Phase.RESOLVED, Phase.CLOSED):
            take_step(ticket, end, by=self.by, via=self.via, resolution=self.change.resolution)
        elif end == CLOSE and ticket.phase != Phase.CLOSED:
            take_step(ticket, end, by=self.by, via=self.via)
        return {"end": [was, ticket.status]}

    def snooze(self, ticket: Ticket) -> dict[str, Any]:
        """Snooze it, if the change says so: after it was given to somebody, which would end that."""
        if not self.change.snoozes:
            return {}
        hours = self.levels.hours_of(ticket)
        if self.change.snooze_days:
            until = opens_after(hours, timezone.now(), self.change.snooze_days)
        else:
            until = opens_from(hours, date.fromisoformat(self.change.snooze_until or ""))
        if until is None:
            raise TicketError(_("The calendar of this ticket has no such business day."), code="no_day")
        snooze(ticket, by=self.by, via=self.via, until=until, permitted=True)
        return {}

    def _assignee_of(self, ticket: Ticket) -> User | None:
        if self.change.assignee != KEEP:
            return self.assignee
        has = ticket.assignee
        return has if has is not None and (self.team is None or self.team.pk in has.team_ids) else None

    def _tag(self, ticket: Ticket) -> list[list[str]]:
        """[what came, what went]"""
        had = [tag.name for tag in ticket.tags.all()]
        has = tag_names([tag for tag in had if tag not in self.gone] + self.change.add_tags)
        set_tags(ticket, by=self.by, via=self.via, tags=has)
        return [sorted(set(has) - set(had)), sorted(set(had) - set(has))]


def take_step(ticket: Ticket, name: str, *, by: User, via: str, **said: Any) -> None:
    """One step of the ticket's life cycle, by the action of its process; the ticket at hand is as it is afterwards."""
    if ticket.type == TicketType.INCIDENT:
        incident = Incident.objects.select_related("cause_code").get(pk=ticket.pk)
        incident.ticket = ticket
        if name == RESOLVE:
            said["code"] = incident.cause_code
        getattr(incident_actions, f"{name}_incident")(incident, by=by, via=via, **said)
    else:
        found = ServiceRequest.objects.get(pk=ticket.pk)
        found.ticket = ticket
        getattr(request_actions, f"{name}_service_request")(found, by=by, via=via, **said)


def plain(value: Any) -> Any:
    """A value as the undo keeps it: of a row its id."""
    return getattr(value, "pk", value)
