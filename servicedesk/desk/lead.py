"""The page of whoever leads a team: how the work stands, and sharing it out anew."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.models import Team, User
from servicedesk.people.queries import agents
from servicedesk.tickets.actions import assign
from servicedesk.tickets.queries import desk_tickets
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.errors import NotFound
from servicedesk.web.pages import page

from .queries import led_teams, visible_views
from .queue import rail
from .standing import MEASURES, standing_of, to_share_out


@needs("desk.lead")
@require_safe
def lead(request: HttpRequest) -> HttpResponse:
    """The first team that the person leads."""
    teams = led_teams(request.user)
    if not teams:
        return page(request, "desk/lead.html", {"teams": [], "views": rail(request, "lead")})
    return HttpResponseRedirect(reverse("desk:lead-team", args=[teams[0].pk]))


@needs("desk.lead")
@require_safe
def lead_team(request: HttpRequest, pk: int) -> HttpResponse:
    """Numbers of one team; `?of=` chooses whose tickets are listed below, nobody's at first."""
    teams = led_teams(request.user)
    team = _team(teams, pk)
    standing = standing_of(request.user, team)
    of = _chosen(request.GET.get("of", ""), standing)
    context = {
        "teams": teams,
        "team": team,
        "standing": standing,
        "measures": MEASURES,
        "of": of,
        "tickets": list(to_share_out(request.user, team, of)),
        "members": [each for each in standing.people if each.person is not None and each.person.pk != (of and of.pk)],
        "views": rail(request, "lead", list(visible_views(request.user))),
    }
    return page(request, "desk/lead.html", context, fragment="desk/_lead.html")


@needs("desk.lead")
@require_POST
def lead_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one ticket of the team (`number`) to somebody (`to`, an id; empty takes it back to the team)."""
    team = _team(led_teams(request.user), pk)
    given = request.POST if "number" in request.POST else request.GET
    ticket = desk_tickets(request.user).filter(team=team, number=given.get("number", "")[:16]).first()
    if ticket is None:
        raise NotFound
    to = given.get("to", "")
    person: User | None = agents().filter(pk=int(to)).first() if _is_id(to) else None
    if to and person is None:
        raise NotFound
    here = reverse("desk:lead-team", args=[team.pk])
    was = ticket.assignee_id or ""
    undo = reverse("desk:lead-assign", args=[team.pk]) + "?" + urlencode({"number": ticket.number, "to": was})
    said = {"number": ticket.number, "name": person.display_name if person else _("nobody")}
    return does(
        request,
        lambda: assign(ticket, by=request.user, via="page", team=team, assignee=person),
        to=f"{here}?of={was}" if was else here,
        message=_("%(number)s: now with %(name)s.") % said,
        undo=undo,
    )


def _team(teams: list[Team], pk: int) -> Team:
    team = next((each for each in teams if each.pk == pk), None)
    if team is None:
        raise NotFound
    return team


def _chosen(of: str, standing) -> User | None:
    if not _is_id(of):
        return None
    return next((each.person for each in standing.people if each.person and each.person.pk == int(of)), None)


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 16
