"""Proposals: somebody says yes, and the reports become one major incident, or no, and that is remembered."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Service
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.priorities.actions import open_with_priority
from servicedesk.tickets.actions import link, lock, record
from servicedesk.tickets.models import Channel, Impact, Ticket, TicketLink, Urgency
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.errors import Refused
from servicedesk.web.text import one_line

from ...models import Incident
from ..models import MajorIncident, MajorProposal
from ..queries import reports_about, running_for
from .declaring import declare_major

State = MajorProposal.State
MOST_AT_ONCE = 200


class Accepted(NamedTuple):
    """What came of a proposal, and how many reports were tied to it."""

    ticket: Ticket
    tied: int


@transaction.atomic
def propose_major(
    about: Ticket | Service, *, reason: str, by: User | None, at: datetime | None = None
) -> MajorProposal:
    """Propose that a ticket, or what happens to a service, is a major incident. `by` is None for a rule.

    Again is the same one; what was dismissed of a ticket stays so. Refuses what is no incident.
    """
    reason, kind, now = one_line(reason, 300), MajorProposal.Kind.RULE, at or timezone.now()
    if isinstance(about, Service):
        if by is not None:
            check(by, "desk.use")
        return MajorProposal.objects.get_or_create(
            kind=kind, service=about, state=State.OPEN, defaults={"reason": reason, "proposed_by": by}
        )[0]
    if about.type != TicketType.INCIDENT:
        raise Refused(_("Only an incident can be a major incident."), code="wrong_type")
    ticket = lock(about)
    if by is not None:
        check(by, "incidents.declare_major", ticket)
    row, made = MajorProposal.objects.get_or_create(
        kind=kind,
        ticket=ticket,
        defaults={"reason": reason, "proposed_by": by, "created_at": now, "seen_at": now},
    )
    if made:
        record(ticket, "propose_major", by=by, via="page" if by else "system", at=at)
    return row


@transaction.atomic
def accept_proposal(proposal: MajorProposal, *, by: User, via: str) -> Accepted:
    """Make it a major incident. The reports of a service are tied to the one that is running for it, else to a new
    incident of the desk's own, as its children; whoever reported is told. Refuses what was decided meanwhile.
    """
    _hold(proposal)
    tied = 0
    if proposal.ticket is not None:
        ticket = proposal.ticket
        major = declare_major(ticket, by=by, via=via, reason=_reason(proposal))
    else:
        service = proposal.service
        assert service is not None  # one of both is there, which a constraint holds
        major = running_for(by, service) or _new(proposal, service, by, via)
        ticket = major.incident.ticket
        tied = _tie(service, ticket, by, via)
    _settle(proposal, State.ACCEPTED, by, major)
    return Accepted(ticket, tied)


@transaction.atomic
def dismiss_proposal(proposal: MajorProposal, *, by: User, via: str, at: datetime | None = None) -> None:
    """Say that it is none. A ticket is not proposed again for the same reason, and of a service only what is reported
    later counts. Refuses what was decided meanwhile.
    """
    _hold(proposal)
    if proposal.ticket is not None:
        record(lock(proposal.ticket), "dismiss_major", by=by, via=via, at=at)
    _settle(proposal, State.DISMISSED, by, None, at)


def _reason(proposal: MajorProposal) -> str:
    return proposal.reason or str(proposal.get_kind_display())


def _new(proposal: MajorProposal, service: Service, by: User, via: str) -> MajorIncident:
    """The incident that gathers the reports is nobody's who reported: its readers must not learn who did."""
    title = _("%(service)s: many people report the same") % {"service": service}
    ticket = open_with_priority(
        TicketType.INCIDENT, by=by, via=via, requester=by, title=title, service=service, channel=Channel.DESK,
        impact=Impact.DEPARTMENT, urgency=Urgency.NOW, language=by.language,
    )  # fmt: skip
    Incident.objects.create(ticket=ticket)
    first = reports_about(by, service).values_list("created_at", flat=True).first()
    return declare_major(ticket, by=by, via=via, reason=_reason(proposal), outage_from=first)


def _tie(service: Service, parent: Ticket, by: User, via: str) -> int:
    """Make the reports children of the major incident; each says so to whoever reported."""
    rows = list(reports_about(by, service).exclude(pk=parent.pk)[:MOST_AT_ONCE])
    for ticket in sorted(rows, key=lambda one: one.pk):
        link(ticket, parent, TicketLink.Kind.CHILD, by=by, via=via)
        record(ticket, "join_major", by=by, via=via, public=True, major=parent.pk)
    return len(rows)


def _hold(proposal: MajorProposal) -> None:
    state = MajorProposal.objects.select_for_update().values_list("state", flat=True).get(pk=proposal.pk)
    if state != State.OPEN:
        raise Refused(_("Somebody has decided this already."), code="decided")


def _settle(
    proposal: MajorProposal, state: str, by: User, major: MajorIncident | None, at: datetime | None = None
) -> None:
    proposal.state, proposal.decided_by, proposal.made = state, by, major
    proposal.decided_at = at or timezone.now()
    proposal.save(update_fields=["state", "decided_by", "decided_at", "made"])
