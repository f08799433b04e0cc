"""Conversion incident ↔ request."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from cmdb.models import Item
from incidents.actions import resolve_incident
from servicedesk.intake.actions import convert_ticket, receive
from servicedesk.people.models import Team
from servicedesk.priorities.actions import override_priority
from servicedesk.tickets.actions import assign, set_items, set_tags, share, watch
from servicedesk.tickets.errors import TicketError
from tests.factories import (
    a_person,
    a_service_request,
    a_team,
    a_ticket,
    again,
    an_agent,
    an_incident,
    an_item,
    events_of,
)

pytestmark = pytest.mark.django_db


class TestConvertTicket:
    def test_takes_everything_along_and_ends_the_old_one(self):
        team = a_team()
        agent, hanako, other = an_agent(team), a_person(), an_agent(team)
        file = SimpleUploadedFile("a.txt", b"content")
        ticket = receive(
            kind="incident", title="A new mouse", description="Please", requester=hanako, by=hanako, via="page",
            channel="portal", team=team, files=[file], urgency=2,
        )  # fmt: skip
        assign(ticket, by=agent, via="page", assignee=agent)
        set_tags(ticket, by=agent, via="page", tags=["mouse"])
        used, gone = an_item(), an_item()
        set_items(ticket, by=agent, via="page", items=[used, gone])
        Item.objects.filter(pk=gone.pk).update(state="retired")
        watch(ticket, by=other, via="page")
        share(ticket, by=agent, via="page", user=a_person())
        override_priority(ticket, by=agent, via="page", priority=1, note="The boss")
        new = convert_ticket(ticket, "request", by=agent, via="page", reason="No failure")
        ticket.refresh_from_db()
        new.refresh_from_db()
        assert (ticket.status, new.type, new.service_request.kind) == ("cancelled", "request", "request")
        for name in ("title", "description", "requester", "team", "assignee", "urgency", "priority", "channel"):
            assert getattr(new, name) == getattr(ticket, name), name
        assert list(new.tags.values_list("name", flat=True)) == ["mouse"]
        assert (list(new.items.all()), ticket.items.count()) == ([used], 2)
        assert new.attachments.get().file.read() == b"content"
        assert list(new.watchers.all()) == [other] and new.shares.count() == 1
        link = ticket.links_out.get()
        assert (link.target, link.kind) == (new, "converted")
        assert events_of(ticket)[-1] == ("cancel", {"from": "assigned", "to": "cancelled", "converted_to": new.number})

    def test_leaves_behind_what_is_out_of_use(self):
        team = a_team()
        agent, ticket = an_agent(team), a_ticket(team=team)
        assign(ticket, by=agent, via="page", assignee=agent)
        Team.objects.filter(pk=team.pk).update(is_active=False)
        ticket.refresh_from_db()
        new = convert_ticket(ticket, "request", by=again(agent), via="page")
        assert (new.team, new.assignee) == (None, agent)

    def test_the_other_way_too(self):
        new = convert_ticket(a_service_request().ticket, "incident", by=an_agent(), via="page")
        assert new.incident.ticket == new and new.number.startswith("INC")

    def test_stays_confidential(self):
        team = a_team()
        ticket = a_ticket(team=team, is_confidential=True)
        assert convert_ticket(ticket, "request", by=an_agent(team), via="page").is_confidential

    def test_is_refused(self):
        agent, incident = an_agent(), an_incident()
        with pytest.raises(TicketError, match="It is one already"):
            convert_ticket(incident.ticket, "incident", by=agent, via="page")
        with pytest.raises(TicketError, match="Choose an incident"):
            convert_ticket(incident.ticket, "problem", by=agent, via="page")
        with pytest.raises(PermissionDenied):
            convert_ticket(incident.ticket, "request", by=incident.ticket.requester, via="page")
        resolve_incident(incident, by=agent, via="page", resolution="Done")
        with pytest.raises(TicketError, match="not possible"):
            convert_ticket(incident.ticket, "request", by=agent, via="page")
        assert incident.ticket.links_out.count() == 0
