"""What keeps a team in use: its open tickets. And what somebody who leaves still has on the desk.

Confidential tickets stand in the way of a team too, but are neither named nor counted.
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.people.models import Team, User
from servicedesk.people.ties import Tie, tie

from .models import OPEN, Ticket

_NAMED = 10


@tie(Team)
def open_tickets_of_team(team: Team) -> Tie | None:
    if not Ticket.objects.filter(OPEN, team=team).exists():
        return None
    return Tie(_("The team still has open tickets. Give them to another team or close them first."), True)


@tie(User)
def assigned_tickets(person: User) -> Tie | None:
    tickets = Ticket.objects.filter(OPEN, assignee=person, is_confidential=False).order_by("priority", "created_at")
    numbers = list(tickets.values_list("number", flat=True)[: _NAMED + 1])
    if not numbers:
        return None
    named = ", ".join(numbers[:_NAMED]) + (" …" if len(numbers) > _NAMED else "")
    count = tickets.count()
    sentence = ngettext(
        "%(count)d open ticket is still assigned: %(numbers)s.",
        "%(count)d open tickets are still assigned: %(numbers)s.",
        count,
    )
    return Tie(sentence % {"count": count, "numbers": named}, False)
