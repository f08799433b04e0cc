"""Reads of major incidents: for those who handle them beginning with the ticket, for readers with `visible_outages`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Service
from servicedesk.people.models import User
from servicedesk.tickets.models import OPEN, Ticket, TicketEvent, TicketLink
from servicedesk.tickets.queries import desk_tickets, get_ticket, seen_by, visible_tickets
from servicedesk.tickets.workflow import Phase, TicketType
from servicedesk.web.errors import NotFound

from ..queries import post_mortem_missing
from .models import (
    ForceMember,
    MajorIncident,
    MajorProposal,
    MajorService,
    MajorSettings,
    MajorUpdate,
    PostMortem,
    PostMortemAction,
    Subscriber,
)

MOST_OUTAGES = 20
MOST_PROPOSALS = 20
# What ties a report of somebody else to the major incident that it is about: the link's kinds, seen from the report.
SAME = (TicketLink.Kind.CHILD, TicketLink.Kind.DUPLICATE)


def major_settings() -> MajorSettings:
    return MajorSettings.objects.filter(pk=1).first() or MajorSettings(pk=1)


def get_major(user: User, number: str) -> MajorIncident:
    """The major incident of a visible ticket, also an ended one, or NotFound; `ticket` has its people and service."""
    major = major_of(get_ticket(user, number))
    if major is None:
        raise NotFound
    return major


def major_of(ticket: Ticket) -> MajorIncident | None:
    """That of a ticket at hand."""
    if ticket.type != TicketType.INCIDENT:
        return None
    major = MajorIncident.objects.select_related("incident__cause_code", "declared_by").filter(pk=ticket.pk).first()
    if major is not None:
        major.incident.ticket = ticket
    return major


def services_of(major: MajorIncident) -> list[MajorService]:
    return list(major.service_rows.select_related("service").order_by("service__name", "id"))


def members_of(major: MajorIncident) -> list[ForceMember]:
    """The task force, those who have left too, in the order in which they came."""
    return list(major.members.select_related("person", "added_by"))


def updates_of(major: MajorIncident) -> list[MajorUpdate]:
    return list(major.updates.select_related("by"))


def reports_of(ticket: Ticket) -> QuerySet[Ticket]:
    """The tickets in which others reported the same."""
    ties = TicketLink.objects.filter(target=ticket, kind__in=SAME)
    return Ticket.objects.filter(pk__in=ties.values("source"))


@dataclass(frozen=True)
class Hit:
    """How many people are hit: as somebody estimated it, altogether or by services, and how many we know by name."""

    estimated: int | None
    known: int


def people_hit(major: MajorIncident, rows: Iterable[MajorService]) -> Hit:
    """`known` are the requesters of the incident and of what is tied to it, and the subscribers, each once."""
    counts = [row.people_hit for row in rows if row.people_hit is not None]
    estimated = major.people_hit if major.people_hit is not None else (sum(counts) if counts else None)
    return Hit(estimated, affected_people(major).count())


def affected_people(major: MajorIncident) -> QuerySet[User]:
    """Everybody of whom we know that they are hit, also who no longer wants to hear of it."""
    ticket = Ticket(pk=major.pk)
    asked = Ticket.objects.filter(Q(pk=major.pk) | Q(pk__in=reports_of(ticket))).values("requester")
    # Who left without ever having come only wanted no mail.
    subscribed = Subscriber.objects.filter(major=major).exclude(left_at=F("at")).values("person")
    return User.objects.filter(Q(pk__in=asked) | Q(pk__in=subscribed))


def readers_of(major: MajorIncident) -> QuerySet[User]:
    """Who hears of updates: those who watch, whose ticket it is or is tied to it, who subscribed, the task force, and
    whom the settings name. One query for all.
    """
    ticket = Ticket(pk=major.pk)
    tied = Q(pk=major.pk) | Q(pk__in=reports_of(ticket))
    left = Subscriber.objects.filter(major=major, left_at__isnull=False).values("person")
    chosen = major_settings()
    hear = Q(watcher_rows__ticket=major.pk) | Q(pk__in=Ticket.objects.filter(tied).values("requester"))
    hear &= ~Q(pk__in=left)
    hear |= Q(pk__in=Subscriber.objects.filter(major=major, left_at__isnull=True).values("person"))
    hear |= Q(pk__in=ForceMember.objects.filter(major=major, left_at__isnull=True).values("person"))
    hear |= Q(pk__in=MajorSettings.told.through.objects.values("user"))
    if chosen.told_roles:
        hear |= Q(role_rows__role__in=chosen.told_roles)
    return User.objects.filter(hear, is_active=True).exclude(email="").distinct().order_by("pk")


def reports_by(people: Iterable[User], majors: Iterable[int]) -> QuerySet[Ticket]:
    """The tickets in which these people reported what became the major incidents, which are `about`: their own, and
    those that are tied to it. The oldest first.
    """
    ties = TicketLink.objects.filter(source=OuterRef("pk"), target__in=majors, kind__in=SAME)
    tied = Subquery(ties.order_by("pk").values("target")[:1])
    rows = Ticket.objects.filter(requester__in=people)
    rows = rows.annotate(about=Coalesce(tied, F("pk"), output_field=BigIntegerField()))
    return rows.filter(about__in=majors).order_by("pk")


# --- what readers see -----------------------------------------------------------------------------------------------


@dataclass
class Outage:
    """A running major incident as readers see it: never the ticket's words."""

    major: MajorIncident
    services: list[Service]
    last: MajorUpdate | None = None
    is_subscribed: bool = False

    @property
    def pk(self) -> int:
        return self.major.pk

    @property
    def title(self) -> str:
        return self.major.title or _("%(services)s: disturbed") % {"services": self.names}

    @property
    def is_named(self) -> bool:
        """Whether there is anything that its reader may know of it."""
        return bool(self.services or self.major.title)

    @property
    def names(self) -> str:
        return _(", ").join(str(service) for service in self.services)

    @property
    def since(self) -> datetime:
        return self.major.outage_from


def known_outages(user: User, service: Service | None = None) -> list[Outage]:
    """What is disturbed now, the longest first: all, or what disturbs a service. Four queries, one where nothing is."""
    rows = _outages(user).filter(ended_at__isnull=True, retracted_at__isnull=True)
    rows = rows.exclude(incident__ticket__phase__in=[Phase.RESOLVED, Phase.CLOSED])
    if service is not None:
        rows = rows.filter(service_rows__service=service)
    majors = list(rows.order_by("outage_from", "pk")[:MOST_OUTAGES])
    found = [_outage(user, major) for major in majors]
    last = {
        update.major_id: update
        for update in MajorUpdate.objects.filter(major__in=majors).order_by("major", "-event").distinct("major")
    } if majors else {}  # fmt: skip
    mine = set(_subscriptions(user).filter(major__in=majors).values_list("major", flat=True)) if majors else set()
    for each in found:
        each.last, each.is_subscribed = last.get(each.pk), each.pk in mine
    return [each for each in found if each.is_named]


def get_outage(user: User, pk: int) -> Outage:
    """One that the person may know of, also when it is over, or NotFound; none that was declared by mistake."""
    major = _outages(user).filter(pk=pk, retracted_at__isnull=True).first()
    found = _outage(user, major) if major is not None else None
    if found is None or not found.is_named:
        raise NotFound
    found.last = found.major.updates.first()
    found.is_subscribed = _subscriptions(user).filter(major=pk).exists()
    return found


def is_published(major: MajorIncident) -> bool:
    """Whether everybody can open its page: the incident is not confidential, and something names what is disturbed."""
    if major.incident.ticket.is_confidential or major.retracted_at is not None:
        return False
    return bool(major.title) or any(not row.service.is_confidential for row in services_of(major))


def opening_for(user: User, majors: Iterable[int]) -> set[int]:
    """Those of these whose page `get_outage` opens for the person. Two queries."""
    rows = _outages(user).filter(pk__in=majors, retracted_at__isnull=True)
    return {major.pk for major in rows if _outage(user, major).is_named}


def _outages(user: User) -> QuerySet[MajorIncident]:
    """Of a confidential incident only those know who see it."""
    if not user.is_authenticated or not user.is_active or user.is_guest:
        return MajorIncident.objects.none()
    open_to_all = Q(incident__ticket__is_confidential=False)
    rows = MajorIncident.objects.filter(open_to_all | seen_by(user, "incident__ticket__"))
    services = MajorService.objects.select_related("service").order_by("service__name", "id")
    return rows.select_related("incident__ticket").prefetch_related(Prefetch("service_rows", services))


def _outage(user: User, major: MajorIncident) -> Outage:
    """Confidential services are named only to their own team."""
    services = [row.service for row in major.service_rows.all()]
    teams = user.team_ids if user.is_agent else frozenset()
    return Outage(major, [each for each in services if not each.is_confidential or each.team_id in teams])


def _subscriptions(user: User) -> QuerySet[Subscriber]:
    return Subscriber.objects.filter(person=user, left_at__isnull=True)


def standing_of(ticket: Ticket, major: MajorIncident | None) -> dict:
    """What the pages of a ticket say of its major incident, and of what is proposed while none runs."""
    if major is None or not major.is_running:
        proposals = list(ticket.major_proposals.filter(state=MajorProposal.State.OPEN))
    else:
        proposals = []
    if major is None:
        return {"major": None, "proposals": proposals}
    members, rows = members_of(major), services_of(major)
    return {
        "major": major,
        "proposals": proposals,
        "services": rows,
        "hit": people_hit(major, rows),
        "members": [each for each in members if each.left_at is None],
        "left": [each for each in members if each.left_at is not None],
        "post_mortem_missing": post_mortem_missing(major.incident),
    }


# --- proposals ------------------------------------------------------------------------------------------------------


def visible_proposals(user: User) -> QuerySet[MajorProposal]:
    """Open proposals about services of the person's teams, and about tickets that they work on; the newest first."""
    if not user.is_agent:
        return MajorProposal.objects.none()
    theirs = Q(service__team__in=user.team_ids) | Q(ticket__in=desk_tickets(user).filter(OPEN, is_major=False))
    rows = MajorProposal.objects.filter(theirs, state=MajorProposal.State.OPEN)
    return rows.select_related("service", "ticket", "proposed_by").order_by("-created_at", "-id")


def get_proposal(user: User, pk: int) -> MajorProposal:
    found = visible_proposals(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def reports_about(user: User, service: Service) -> QuerySet[Ticket]:
    """The open incidents of a service that people reported lately and that are tied to none yet, as far as the person
    works on them; the oldest first.
    """
    since = timezone.now() - timedelta(minutes=major_settings().within_minutes)
    tied = TicketLink.objects.filter(kind=TicketLink.Kind.CHILD)
    rows = desk_tickets(user).filter(OPEN, type=TicketType.INCIDENT, service=service, is_major=False)
    rows = rows.filter(created_at__gt=since).exclude(phase=Phase.RESOLVED)
    rows = rows.exclude(pk__in=tied.values("source")).exclude(pk__in=tied.values("target"))
    return rows.order_by("created_at", "id")


def running_for(user: User, service: Service) -> MajorIncident | None:
    """The running major incident that disturbs a service and that the person works on."""
    rows = MajorIncident.objects.filter(ended_at__isnull=True, retracted_at__isnull=True, service_rows__service=service)
    rows = rows.filter(incident__ticket__in=desk_tickets(user).filter(OPEN).exclude(phase=Phase.RESOLVED))
    return rows.select_related("incident__ticket").order_by("declared_at", "pk").first()


# --- afterwards -----------------------------------------------------------------------------------------------------

# What the report tells of the ticket's own life, beside what is the major incident's.
_TOLD = frozenset(
    """open accept start ask_requester wait_for_vendor wait_until resume resolve close reopen cancel assign escalate
    declare_major end_major retract_major change_major join_force leave_force update_due
    finish_post_mortem""".split()  # noqa: SIM905 – words
)


def report_of(user: User, major: MajorIncident) -> list[TicketEvent | MajorUpdate]:
    """What happened, oldest first: events of the ticket, and in place of each update's event the update."""
    rows = TicketEvent.objects.filter(ticket=major.pk, verb__in=_TOLD | {"publish_update"})
    told = {update.event_id: update for update in major.updates.select_related("by")}
    return [told.get(event.pk, event) for event in rows.select_related("by").order_by("number")]


def post_mortem_of(major: MajorIncident) -> PostMortem | None:
    rows = PostMortem.objects.select_related("finished_by").filter(pk=major.pk)
    found = rows.prefetch_related("present", "actions__owner").first()
    if found is not None:
        found.major = major
    return found


def open_actions(user: User) -> QuerySet[PostMortemAction]:
    """What is still to be done by the person, and for tickets that they work on; the most urgent first."""
    mine = Q(owner=user)
    if user.is_agent:
        mine |= Q(post_mortem__major__incident__ticket__in=desk_tickets(user))
    rows = PostMortemAction.objects.filter(mine, done_on__isnull=True)
    return rows.select_related("owner", "post_mortem__major__incident__ticket").order_by("due_on", "id")


def get_action(user: User, pk: int) -> PostMortemAction:
    """One of a visible ticket's post-mortem, or NotFound."""
    rows = PostMortemAction.objects.select_related("owner", "post_mortem__major__incident__ticket")
    found = rows.filter(pk=pk, post_mortem__major__incident__ticket__in=visible_tickets(user)).first()
    if found is None:
        raise NotFound
    return found
