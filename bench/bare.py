"""The bare Django view: one indexed query, 50 rows, a template with one table. No rights, no frame, nothing
to translate.
"""

from django.shortcuts import render
from django.urls import path

from servicedesk.tickets.models import Ticket

from .fill import AGENT


def rows(request):
    """The same rows as the agent's queue: the open tickets of a team by priority, with the names that a row shows."""
    tickets = (
        Ticket.objects.filter(team_id=1, closed_at__isnull=True)
        .select_related("requester", "assignee", "team", "service")
        .defer("description", "resolution")
        .order_by("priority", "created_at", "id")[:50]
    )
    return render(request, "bare.html", {"tickets": tickets, "agent": AGENT})


urlpatterns = [path("bare/", rows)]
