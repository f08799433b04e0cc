"""Up and down the tiers: the forms of escalating and de-escalating."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from servicedesk.web.access import needs

from .. import actions, queries
from ..forms import DeEscalateForm, EscalateForm
from ..tiers import MANAGER, NEXT_TIER, responsible_manager, ways_back
from .answers import verb_page


@needs("tickets.work")
def escalate(request: HttpRequest, number: str) -> HttpResponse:
    """To the next tier, or to whoever is responsible; where both are there, the form asks which."""
    ticket = queries.get_ticket(request.user, number)
    target = ticket.team.next_team if ticket.team else None
    manager = responsible_manager(ticket.team, request.user)
    ways = {}
    if target is not None and target.is_active:
        ways[NEXT_TIER] = _("The next tier: %(team)s") % {"team": target}
    if manager is not None:
        ways[MANAGER] = _("The responsible manager: %(name)s") % {"name": manager.display_name}

    def act(data: dict) -> object:
        to = data.pop("to", "") or next(iter(ways), NEXT_TIER)
        does = actions.escalate_to_manager if to == MANAGER else actions.escalate
        does(ticket, by=request.user, via="page", **data)
        return to

    return verb_page(
        request,
        ticket,
        EscalateForm(request.POST if request.method == "POST" else None, ways=ways),
        act,
        title=_("Escalate"),
        submit=_("Escalate"),
        message=lambda to: _went_up(to) % {"number": ticket.number},
        permission="tickets.escalate",
        draft=f"escalate-{ticket.number}",
        explain="tickets/_escalation.html",
        manager=manager,
    )


def _went_up(to: str) -> str:
    if to == MANAGER:
        return _("The responsible manager hears of %(number)s.")
    return _("%(number)s went to the next tier.")


@needs("tickets.work")
def de_escalate(request: HttpRequest, number: str) -> HttpResponse:
    """Back to the team that escalated it last, or to another of a lower tier that had it."""
    ticket = queries.get_ticket(request.user, number)
    teams = ways_back(ticket)
    return verb_page(
        request,
        ticket,
        DeEscalateForm(request.POST if request.method == "POST" else None, teams=teams),
        lambda data: actions.de_escalate(ticket, by=request.user, via="page", **data),
        title=_("De-escalate"),
        submit=_("De-escalate"),
        message=_("%(number)s went back to a lower tier.") % {"number": ticket.number},
        permission="tickets.de_escalate",
        draft=f"de-escalate-{ticket.number}",
        explain="tickets/_de_escalation.html",
        teams=teams,
    )
