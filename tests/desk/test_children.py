"""Parents and children: one resolution for all."""

import pytest

from servicedesk.desk.models import Bulk
from servicedesk.people.jobs import run_next_job
from servicedesk.tickets import actions
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket, TicketLink
from servicedesk.tickets.queries import unresolved_children
from tests.factories import a_service_request, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db
CHILD = TicketLink.Kind.CHILD


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def family(team, agent):
    """A parent, an incident and a request below it."""
    parent = an_incident(team=team).ticket
    children = [an_incident(team=team).ticket, a_service_request(team=team).ticket]
    for child in children:
        actions.link(child, parent, CHILD, by=agent, via="page")
    return parent, children


def work():
    deliver_waiting()
    while run_next_job():
        pass


def status_of(ticket):
    return Ticket.objects.values_list("status", "resolution").get(pk=ticket.pk)


class TestLinks:
    def test_a_child_has_one_parent(self, family, agent, team):
        _parent, (child, _other) = family
        with pytest.raises(TicketError) as refusal:
            actions.link(child, an_incident(team=team).ticket, CHILD, by=agent, via="page")
        assert refusal.value.field == "other" and child.number in str(refusal.value)

    def test_children_have_no_children(self, family, agent, team):
        parent, (child, _other) = family
        lone = an_incident(team=team).ticket
        for below, above in ((lone, child), (parent, lone)):
            with pytest.raises(TicketError, match="children of its own"):
                actions.link(below, above, CHILD, by=agent, via="page")

    def test_only_what_one_works_on_counts(self, family, agent):
        parent, children = family
        assert set(unresolved_children(agent, parent)) == set(children)
        assert not unresolved_children(an_agent(a_team()), parent)


class TestResolve:
    def test_takes_the_children_along(self, visit, family, agent):
        parent, children = family
        answer = visit(agent).get(f"/incidents/{parent.number}/resolve/").content.decode()
        assert "Resolve its 2 children with the same text" in answer
        visit(agent).post(f"/incidents/{parent.number}/resolve/", {"resolution": "New switch", "children": "on"})
        work()
        assert [status_of(each) for each in children] == [("resolved", "New switch")] * 2
        told = parent.events.get(verb="resolve_children")
        assert told.data == {"bulk": Bulk.objects.get().pk, "done": 2, "left": 0}
        assert "2 children were resolved with this." in visit(agent).get(parent.get_absolute_url()).content.decode()

    def test_leaves_them_alone_without_the_tick(self, visit, family, agent):
        parent, children = family
        visit(agent).post(f"/incidents/{parent.number}/resolve/", {"resolution": "New switch"})
        work()
        assert [status_of(each)[0] for each in children] == ["new", "new"]
        assert not Bulk.objects.exists()

    def test_is_told_once_however_often_the_events_are_delivered(self, family, agent, visit):
        parent, _children = family
        visit(agent).post(f"/incidents/{parent.number}/resolve/", {"resolution": "New switch", "children": "on"})
        work()
        work()
        assert Bulk.objects.count() == 1 and parent.events.filter(verb="resolve_children").count() == 1

    def test_asks_nothing_where_there_are_no_children(self, visit, team, agent):
        lone = an_incident(team=team).ticket
        assert 'name="children"' not in visit(agent).get(f"/incidents/{lone.number}/resolve/").content.decode()
