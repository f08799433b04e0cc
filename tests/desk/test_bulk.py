"""One change of many tickets: the job, what became of each, the undo, the pages."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.desk.bulk import Change, forget_old_bulks, start_bulk, undo_bulk
from servicedesk.desk.models import Bulk
from servicedesk.levels.queries import usual_hours
from servicedesk.notify.models import Notification
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import Job
from servicedesk.priorities.business_days import opens_after, opens_from
from servicedesk.tickets.actions import assign, set_tags, snooze
from servicedesk.tickets.actions.core import event_hash
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Outbox, Ticket, TicketLink
from servicedesk.web.errors import NotFound, Refused
from tests.factories import a_person, a_service, a_service_request, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def tickets(team):
    return [a_ticket(team=team), a_service_request(team=team).ticket, a_ticket(team=team)]


def done(tickets, by, **change) -> Bulk:
    """The change after its work."""
    bulk = start_bulk([ticket.pk for ticket in tickets], Change(**change), by=by, via="page")
    while run_next_job():
        pass
    return bulk


def undone(bulk) -> Bulk:
    undo_bulk(bulk, by=bulk.owner, via="page")
    while run_next_job():
        pass
    return bulk


def outcomes(bulk) -> list[str]:
    return list(bulk.rows.order_by("ticket_id").values_list("outcome", flat=True))


def now(tickets) -> list[Ticket]:
    return [Ticket.objects.get(pk=ticket.pk) for ticket in tickets]


def assert_chained(tickets):
    for ticket in now(tickets):
        before = ""
        for number, event in enumerate(ticket.events.order_by("number"), 1):
            assert (event.number, event.hash) == (number, event_hash(ticket.number, before, event))
            assert Outbox.objects.filter(event=event).exists()
            before = event.hash
        assert (ticket.event_count, ticket.event_hash) == (number, before)


class TestEachKindOfChange:
    def test_fields_and_back(self, agent, team, tickets):
        service = a_service(team)
        bulk = done(tickets, agent, service=service.pk, impact=1, urgency=1)
        assert outcomes(bulk) == ["done"] * 3
        assert {(t.service_id, t.impact, t.urgency) for t in now(tickets)} == {(service.pk, 1, 1)}
        undone(bulk)
        assert outcomes(bulk) == ["undone"] * 3
        assert [(t.service_id, t.impact, t.urgency) for t in now(tickets)] == [
            (t.service_id, t.impact, t.urgency) for t in tickets
        ]

    def test_assignment_is_told_to_whoever_gets_the_tickets(self, agent, team, tickets):
        other = an_agent(team)
        done(tickets, agent, assignee=str(other.pk))
        deliver_waiting()
        told = Notification.objects.filter(person=other, kind="assigned").order_by("ticket_id")
        assert [each.ticket for each in told] == tickets
        assert not Notification.objects.filter(person=agent, kind="assigned").exists()

    def test_assignment_to_others_comes_back_though_it_is_out_of_sight(self, agent, team, tickets):
        other = a_team()
        assign(tickets[0], by=agent, via="page", assignee=agent)
        bulk = done(tickets, agent, team=other.pk)
        assert {(t.team, t.assignee) for t in now(tickets)} == {(other, None)}
        undone(bulk)
        assert [(t.team, t.assignee) for t in now(tickets)] == [(team, agent), (team, None), (team, None)]

    def test_what_is_given_away_is_tagged_and_resolved_all_the_same(self, agent, tickets):
        other = a_team()
        bulk = done(tickets, agent, team=other.pk, add_tags=["x"], end="resolve", resolution="Done")
        assert outcomes(bulk) == ["done"] * 3
        assert {(t.team, t.status) for t in now(tickets)} == {(other, "resolved")}

    def test_me_and_nobody(self, agent, tickets):
        done(tickets, agent, assignee=str(agent.pk))
        assert {t.assignee for t in now(tickets)} == {agent}
        done(tickets, agent, assignee="nobody")
        assert {t.assignee for t in now(tickets)} == {None}

    def test_tags_and_back(self, agent, tickets):
        set_tags(tickets[0], by=agent, via="page", tags=["old", "both"])
        bulk = done(tickets, agent, add_tags=["both", "new"], remove_tags=["old"])
        tags = [sorted(t.tags.values_list("name", flat=True)) for t in tickets]
        assert tags == [["both", "new"], ["both", "new"], ["both", "new"]]
        undone(bulk)
        tags = [sorted(t.tags.values_list("name", flat=True)) for t in tickets]
        assert tags == [["both", "old"], [], []]

    def test_links_and_back(self, agent, team, tickets):
        other = a_ticket(team=team)
        bulk = done(tickets, agent, other=other.pk, kind="duplicate")
        assert TicketLink.objects.filter(target=other, kind="duplicate").count() == 3
        undone(bulk)
        assert not TicketLink.objects.exists()

    def test_resolves_then_closes_what_is_resolved_and_back(self, agent, tickets):
        bulk = done(tickets[:2], agent, end="resolve", resolution="Restarted the server.")
        assert [t.status for t in now(tickets)] == ["resolved", "resolved", "new"]
        assert now(tickets)[0].resolution == "Restarted the server."
        assert now(tickets)[0].events.get(verb="resolve").comment.body == "Restarted the server."
        assert_chained(tickets)
        closing = done(tickets, agent, end="close")
        assert [t.status for t in now(tickets)] == ["closed", "closed", "new"]
        assert outcomes(closing) == ["done", "done", "refused"]
        assert "is not possible" in closing.rows.get(ticket=tickets[2]).sentence
        undone(closing)
        assert [t.status for t in now(tickets)] == ["in_progress", "in_progress", "new"]
        assert outcomes(bulk) == ["done", "done"]

    def test_snoozes_by_the_calendar_also_what_is_given_away_and_back(self, visit, agent, team, tickets):
        friday = datetime.fromisoformat("2026-11-20T16:00+09:00")
        assert f"{opens_after(usual_hours(), friday, 1):%m-%d %H:%M}" == "11-24 09:00"  # Monday is a holiday
        assert f"{opens_from(usual_hours(), date(2026, 11, 21)):%m-%d %H:%M}" == "11-24 09:00"
        first, second = tickets[:2]
        earlier = timezone.now() + timedelta(days=100)
        snooze(first, by=agent, via="page", until=earlier)
        bulk = done(tickets, agent, snooze_days=3, team=a_team().pk)
        until = opens_after(usual_hours(), timezone.now(), 3)
        assert outcomes(bulk) == ["done"] * 3
        assert {(t.snoozed_until, t.is_snoozed) for t in now(tickets)} == {(until, True)}
        assert_chained(tickets)
        undone(bulk)
        assert outcomes(bulk) == ["undone"] * 3
        assert [(t.team, t.snoozed_until) for t in now(tickets)] == [(team, earlier), (team, None), (team, None)]
        assert second.events.order_by("-number").first().verb == "wake"

        client, picked = visit(agent), ".".join(str(t.pk) for t in tickets)
        day = timezone.localdate() + timedelta(days=20)
        for wrong, says in (
            ({"snooze_until": "2020-01-01"}, "still to come"), ({"snooze_days": "0"}, "1 to 200 business days"),
            ({"snooze_days": "2", "snooze_until": str(day)}, "not both"),
            ({"snooze_days": "２", "end": "close"}, "cannot be snoozed"),
        ):  # fmt: skip
            refused = client.post("/desk/bulk/", {"pick": picked, "go": "1"} | wrong)
            assert refused.status_code == 422 and says in refused.content.decode()
        started = client.post("/desk/bulk/", {"pick": picked, "go": "1", "snooze_until": str(day)})
        while run_next_job():
            pass
        assert {t.snoozed_until for t in now(tickets)} == {opens_from(usual_hours(), day)}
        snooze(now([first])[0], by=agent, via="page")
        client.post(f"{started['Location']}undo/")
        while run_next_job():
            pass
        html = client.get(started["Location"]).content.decode()
        assert "Left as it is: snooze." in html and [t.is_snoozed for t in now(tickets)] == [True, False, False]

    def test_what_was_so_already_is_said_and_has_no_undo(self, agent, tickets):
        bulk = done(tickets, agent, impact=tickets[0].impact)
        assert outcomes(bulk) == ["same"] * 3


class TestManners:
    def test_what_somebody_changed_since_stays(self, agent, team, tickets):
        bulk = done(tickets, agent, assignee=str(agent.pk), impact=1)
        other = an_agent(team)
        assign(now(tickets)[0], by=other, via="page", assignee=other)
        undone(bulk)
        assert outcomes(bulk) == ["kept", "undone", "undone"]
        first = now(tickets)[0]
        assert (first.assignee, first.impact) == (other, tickets[0].impact)
        assert bulk.rows.get(ticket=first).sentence == "Left as it is: assignee."

    def test_tickets_of_others_are_left_out_without_a_word(self, agent, tickets):
        hidden = a_ticket(team=a_team())
        bulk = done([*tickets, hidden], agent, impact=1)
        assert bulk.rows.count() == 3
        assert now([hidden])[0].impact == hidden.impact
        with pytest.raises(Refused):
            start_bulk([hidden.pk], Change(impact=1), by=agent, via="page")

    def test_a_ticket_that_left_meanwhile_is_refused_and_stops_no_other(self, agent, tickets):
        bulk = start_bulk([t.pk for t in tickets], Change(impact=1), by=agent, via="page")
        Ticket.objects.filter(pk=tickets[1].pk).update(team=a_team())
        run_next_job()
        assert outcomes(bulk) == ["done", "refused", "done"]
        assert bulk.rows.get(ticket=tickets[1]).sentence == "It is no longer with you."

    @pytest.mark.parametrize("at_once, kept", [(1, ["done", "waiting", "waiting"]), (25, ["waiting"] * 3)])
    def test_a_job_that_died_goes_on_and_does_nothing_twice(self, agent, tickets, monkeypatch, at_once, kept):
        class Killed(BaseException):
            pass

        from servicedesk.desk import bulk as module

        real, calls = module._do, []

        def dies_at_the_second(row, ticket, doer):
            calls.append(row.ticket_id)
            if len(calls) == 2:
                raise Killed
            real(row, ticket, doer)

        monkeypatch.setattr(module, "_STEP", at_once)
        bulk = start_bulk([t.pk for t in tickets], Change(add_tags=["x"]), by=agent, via="page")
        with monkeypatch.context() as patch:
            patch.setattr(module, "_do", dies_at_the_second)
            with pytest.raises(Killed):
                run_next_job()
        assert outcomes(bulk) == kept
        run_next_job()
        assert outcomes(bulk) == ["done"] * 3
        assert [t.events.filter(verb="change").count() for t in tickets] == [1, 1, 1]

    def test_a_refusal_in_the_middle_leaves_no_trace(self, agent, team, tickets, monkeypatch):
        from servicedesk.desk.changing import Doer

        real = Doer.assign

        def refuses(self, ticket):
            if ticket.pk == tickets[1].pk:
                raise Refused("Not this one.")
            return real(self, ticket)

        monkeypatch.setattr(Doer, "assign", refuses)
        bulk = done(tickets, agent, add_tags=["x"], assignee=str(agent.pk))
        assert outcomes(bulk) == ["done", "refused", "done"]
        assert [t.event_count for t in now(tickets)] == [4, 1, 4]  # opened, tagged, assigned, accepted
        assert [t.tags.count() for t in now(tickets)] == [1, 0, 1]
        assert_chained(tickets)

    def test_one_that_acts_through_another_object_makes_it_go_one_by_one(self, agent, tickets, monkeypatch):
        from servicedesk.desk.changing import Doer

        real = Doer.end

        def elsewhere(self, ticket):
            if ticket.pk == tickets[1].pk:
                set_tags(Ticket.objects.get(pk=ticket.pk), by=self.by, via=self.via, tags=["elsewhere"])
                ticket.refresh_from_db()
            return real(self, ticket)

        monkeypatch.setattr(Doer, "end", elsewhere)
        bulk = done(tickets, agent, impact=1)
        assert outcomes(bulk) == ["done"] * 3
        assert [t.event_count for t in now(tickets)] == [2, 3, 2]
        assert_chained(tickets)

    def test_costs_few_statements_a_ticket(self, agent, team):
        def statements(number):
            many = [a_ticket(team=team) for _n in range(number)]
            bulk = start_bulk(
                [t.pk for t in many], Change(add_tags=["x"], assignee=str(agent.pk)), by=agent, via="page"
            )
            with CaptureQueriesContext(connection) as asked:
                run_next_job()
            assert outcomes(bulk) == ["done"] * number
            return len(asked)

        statements(1)
        few, more = statements(5), statements(25)
        assert (more - few) / 20 <= 14

    @pytest.mark.parametrize(
        "change, field",
        [({}, None), ({"end": "resolve", "resolution": " "}, "resolution"), ({"kind": "related"}, None)],
    )
    def test_refuses_what_says_nothing(self, agent, tickets, change, field):
        with pytest.raises(Refused) as refused:
            start_bulk([tickets[0].pk], Change(**change), by=agent, via="page")
        assert refused.value.field == field

    def test_undo_is_possible_once_and_for_ten_minutes(self, agent, tickets):
        bulk = done(tickets, agent, impact=1)
        Job.objects.update(ended_at=timezone.now() - timedelta(minutes=11))
        with pytest.raises(Refused):
            undo_bulk(bulk, by=agent, via="page")
        Job.objects.update(ended_at=timezone.now())
        with pytest.raises(NotFound):
            undo_bulk(bulk, by=an_agent(), via="page")
        undone(bulk)
        with pytest.raises(Refused):
            undo_bulk(bulk, by=agent, via="page")

    def test_is_forgotten_after_thirty_days(self, agent, tickets):
        bulk = done(tickets, agent, impact=1)
        assert forget_old_bulks() == 0
        Bulk.objects.filter(pk=bulk.pk).update(created_at=timezone.now() - timedelta(days=31))
        forget_old_bulks()
        assert not Bulk.objects.exists()


class TestPages:
    def test_from_the_list_to_the_result_and_back(self, visit, agent, tickets):
        client = visit(agent)
        assert f'value="{tickets[0].pk}"' in client.get("/desk/?view=team").content.decode()
        picked = ".".join(str(t.pk) for t in tickets)
        asked = client.post("/desk/bulk/?view=team", {"pick": picked})
        assert "Change 3 tickets" in asked.content.decode()
        started = client.post("/desk/bulk/?view=team", {"pick": picked, "go": "1", "impact": "1"})
        assert started.status_code == 303
        while run_next_job():
            pass
        result = client.get(started["Location"]).content.decode()
        assert "Done: 3" in result and tickets[0].number in result and "Undo the whole" in result
        client.post(f"{started['Location']}undo/")
        while run_next_job():
            pass
        assert "Undone: 3" in client.get(started["Location"]).content.decode()

    def test_all_of_the_list(self, visit, agent, tickets):
        a_ticket(team=a_team())
        asked = visit(agent).post("/desk/bulk/?view=team&type=incident", {"all": "1"})
        assert "Change 2 tickets" in asked.content.decode()

    def test_a_refusal_keeps_what_was_typed(self, visit, agent, tickets):
        client = visit(agent)
        answer = client.post(
            "/desk/bulk/", {"pick": str(tickets[0].pk), "go": "1", "end": "resolve", "add_tags": "typed"}
        )
        assert answer.status_code == 422
        assert "Write what solved it" in answer.content.decode() and 'value="typed"' in answer.content.decode()
        answer = client.post("/desk/bulk/", {"pick": str(tickets[0].pk), "go": "1", "other": "INC9999999"})
        assert answer.status_code == 422 and "There is no such ticket." in answer.content.decode()

    def test_nothing_chosen_says_how(self, visit, agent):
        answer = visit(agent).post("/desk/bulk/", {"pick": ""})
        assert "No ticket is chosen" in answer.content.decode()

    def test_results_are_their_owners_alone(self, visit, agent, team, tickets):
        bulk = done(tickets, agent, impact=1)
        other = visit(an_agent(team))
        assert other.get(f"/desk/bulk/{bulk.pk}/").status_code == 404
        assert other.post(f"/desk/bulk/{bulk.pk}/undo/").status_code == 404
        assert visit(a_person()).post("/desk/bulk/", {"pick": "1"}).status_code == 403

    def test_a_ticket_that_went_to_others_shows_no_title(self, visit, agent, tickets):
        bulk = done(tickets[:1], agent, team=a_team().pk)
        page = visit(agent).get(f"/desk/bulk/{bulk.pk}/").content.decode()
        assert tickets[0].number in page and tickets[0].title not in page

    @pytest.mark.parametrize("rows", [2, 5])
    def test_the_number_of_queries_does_not_grow(self, visit, agent, team, rows, django_assert_num_queries):
        bulk = done([a_ticket(team=team) for _n in range(rows)], agent, impact=1)
        client = visit(agent)
        client.get(f"/desk/bulk/{bulk.pk}/")
        with django_assert_num_queries(15):
            client.get(f"/desk/bulk/{bulk.pk}/")
