"""The matrix: what a new one would change, and what it does."""

import time

import pytest
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils import timezone

from servicedesk.desk.chains import check_all
from servicedesk.people.jobs import last_job, run_next_job
from servicedesk.people.models import AuditEntry, Job
from servicedesk.priorities import actions
from servicedesk.priorities.actions import override_priority, save_grid
from servicedesk.priorities.models import MatrixCell
from servicedesk.priorities.queries import effective_grid, grid, priority_for, would_change
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.web.errors import Refused
from tests.factories import a_service, a_team, a_ticket, an_administrator, an_agent, events_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator()


def with_cells(**cells) -> dict:
    """The desk's grid with some cells changed: i4u3=1."""
    changed = {(int(name[1]), int(name[3])): priority for name, priority in cells.items()}
    return effective_grid(None) | changed


def copies_of(ticket, count: int) -> None:
    """Thousands of tickets like this one, by one statement: made in Python they take ten seconds."""
    fields = [each for each in Ticket._meta.concrete_fields if each.name not in ("id", "number") and not each.generated]
    columns = ", ".join(f'"{each.column}"' for each in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO tickets_ticket (number, {columns}) SELECT 'INC9' || lpad(n::text, 6, '0'), {columns}"
            " FROM tickets_ticket, generate_series(1, %s) AS n WHERE id = %s",
            [count, ticket.pk],
        )


class TestPreview:
    def test_counts_moves_and_lists_the_most_urgent_first(self, admin):
        low = a_ticket(impact=4, urgency=4)
        high = a_ticket(impact=1, urgency=1)
        stays = a_ticket(impact=4, urgency=3)
        preview = would_change(admin, None, with_cells(i4u4=2, i1u1=3))
        assert (preview.count, preview.moves, preview.left) == (2, [(1, 3, 1), (4, 2, 1)], 0)
        assert preview.rows == [(high, 3), (low, 2)]
        assert stays.priority == 4

    def test_is_exactly_what_saving_then_does(self, admin):
        service = a_service()
        for impact in (1, 2, 3, 4):
            for urgency in (1, 2, 3, 4):
                a_ticket(impact=impact, urgency=urgency)
                a_ticket(impact=impact, urgency=urgency, service=service)
        save_grid(service, {(4, 4): 1, (3, 3): 1}, by=admin, via="page")
        for target, proposed in (
            (None, {cell: 5 - priority for cell, priority in effective_grid(None).items()}),
            (service, {(2, 2): 4, (4, 4): 3}),
            (service, {}),
        ):
            expected = {(ticket.pk, new) for ticket, new in would_change(admin, target, proposed, most=100).rows}
            before = dict(Ticket.objects.values_list("pk", "priority"))
            count = save_grid(target, proposed, by=admin, via="page")
            after = dict(Ticket.objects.values_list("pk", "priority"))
            assert {(pk, new) for pk, new in after.items() if before[pk] != new} == expected
            assert count == len(expected)

    def test_leaves_manual_closed_and_overridden_ones_alone(self, admin):
        team = a_team()
        agent = an_agent(team)
        manual = a_ticket(impact=4, urgency=4, team=team)
        override_priority(manual, by=agent, via="page", priority=1, note="The president's")
        service = a_service()
        save_grid(service, {(4, 4): 3}, by=admin, via="page")
        a_ticket(impact=4, urgency=4, service=service)
        assert would_change(admin, None, with_cells(i4u4=2)).count == 0

    def test_names_no_confidential_ticket_yet_changes_it(self, admin):
        secret = a_ticket(impact=4, urgency=4, is_confidential=True)
        assert would_change(admin, None, with_cells(i4u4=2)).count == 0
        assert save_grid(None, with_cells(i4u4=2), by=admin, via="page") == 1
        secret.refresh_from_db()
        assert secret.priority == 2

    def test_large_counts_cost_two_queries_and_a_moment(self, admin, django_assert_max_num_queries):
        copies_of(a_ticket(impact=4, urgency=4), 20_000)
        start = time.monotonic()
        with django_assert_max_num_queries(8):
            preview = would_change(admin, None, with_cells(i4u4=2))
        assert (preview.count, len(preview.rows), preview.left) == (20_001, 50, 19_951)
        assert time.monotonic() - start < 2


class TestThousandsOfTickets:
    """The page answers after the first thousand; the others follow by a job."""

    @pytest.fixture
    def many(self):
        copies_of(a_ticket(impact=4, urgency=4), 2_500)
        return Ticket.objects.filter(priority=4)

    def test_a_page_waits_for_a_thousand_and_shows_how_far_the_rest_is(self, visit, admin, many):
        client = visit(admin)
        client.post("/settings/priorities/", fields_of(with_cells(i4u4=2)) | {"save": "1"})
        assert many.count() == 1_501
        shown = client.get("/settings/priorities/").content.decode()
        assert "The saved matrix is being applied" in shown and "getting their new priority" in shown
        assert run_next_job()
        job = last_job("matrix:0")
        assert (many.count(), job.state, job.done, job.total) == (0, "done", 1_501, 1_501)
        state = client.get("/settings/priorities/applying/", headers={"HX-Request": "true"}).content.decode()
        assert "hx-get" not in state
        assert not run_next_job()

    def test_a_job_goes_on_where_it_was(self, admin, many, monkeypatch):
        assert save_grid(None, with_cells(i4u4=2), by=admin, via="page") == 2_501
        monkeypatch.setattr(actions, "AT_ONCE", 100)
        calls = []

        def stop_after_three(service):
            calls.append(service)
            if len(calls) == 4:
                raise ZeroDivisionError
            return real(service)

        real = actions.apply_matrix
        monkeypatch.setattr(actions, "apply_matrix", stop_after_three)
        run_next_job()
        assert (many.count(), last_job("matrix:0").done) == (1_201, 300)
        Job.objects.update(try_after=timezone.now())
        monkeypatch.setattr(actions, "apply_matrix", real)
        run_next_job()
        assert (many.count(), last_job("matrix:0").done) == (0, 1_501)
        assert TicketEvent.objects.filter(verb="apply_matrix").count() == 2_501

    def test_the_newest_grid_counts(self, admin, many):
        save_grid(None, with_cells(i4u4=2), by=admin, via="page")
        save_grid(None, with_cells(i4u4=3), by=admin, via="page")
        while run_next_job():
            pass
        assert set(Ticket.objects.values_list("priority", flat=True)) == {3}


class TestSaveGrid:
    def test_open_tickets_follow_with_an_event_and_a_new_due_time(self, admin):
        ticket = a_ticket(impact=4, urgency=4)
        due = ticket.due_at
        assert save_grid(None, with_cells(i4u4=1), by=admin, via="page") == 1
        deliver_waiting()
        ticket.refresh_from_db()
        assert (ticket.priority, ticket.due_at < due) == (1, True)
        verb, data = events_of(ticket)[-1]
        assert verb == "apply_matrix"
        assert data["changes"]["priority"] == [4, 1]

    def test_is_noted_cell_by_cell(self, admin):
        save_grid(None, with_cells(i4u4=1), by=admin, via="page")
        assert AuditEntry.objects.get().data == {"changes": {"4×4": [4, 1]}}

    def test_a_service_goes_its_own_way_and_back(self, admin):
        service = a_service()
        save_grid(service, {(4, 4): 1}, by=admin, via="page")
        assert priority_for(service, 4, 4) == (1, "service")
        assert priority_for(service, 1, 1) == (1, "matrix")
        save_grid(service, {}, by=admin, via="page")
        assert grid(service) == {}
        assert priority_for(service, 4, 4) == (4, "matrix")

    def test_refusals(self, admin):
        with pytest.raises(Refused):
            save_grid(None, {(1, 1): 1}, by=admin, via="page")
        with pytest.raises(Refused):
            save_grid(None, with_cells(i4u4=5), by=admin, via="page")
        with pytest.raises(PermissionDenied):
            save_grid(None, with_cells(), by=an_agent(), via="page")


def fields_of(cells: dict) -> dict:
    return {f"cell_{impact}_{urgency}": priority for (impact, urgency), priority in cells.items()}


class TestPages:
    def test_preview_then_save(self, visit, admin):
        ticket = a_ticket(impact=4, urgency=4)
        client = visit(admin)
        assert client.get("/settings/priorities/").status_code == 200
        shown = client.post("/settings/priorities/", fields_of(with_cells(i4u4=1)) | {"preview": "1"}).content.decode()
        assert "1 open ticket would change" in shown
        assert ticket.number in shown
        assert priority_for(None, 4, 4) == (4, "matrix")
        client.post("/settings/priorities/", fields_of(with_cells(i4u4=1)) | {"save": "1"})
        ticket.refresh_from_db()
        assert ticket.priority == 1

    def test_the_preview_of_htmx_is_the_part_alone(self, visit, admin):
        shown = visit(admin).post(
            "/settings/priorities/", fields_of(with_cells()) | {"preview": "1"}, headers={"HX-Request": "true"}
        )
        assert shown.content.decode().lstrip().startswith('<div id="matrix">')

    def test_a_missing_cell_comes_back(self, visit, admin):
        cells = fields_of(with_cells())
        del cells["cell_4_4"]
        assert visit(admin).post("/settings/priorities/", cells | {"save": "1"}).status_code == 422

    def test_a_service_gets_cells_of_its_own(self, visit, admin):
        service = a_service()
        client = visit(admin)
        chosen = client.get(f"/settings/priorities/service/?service={service.pk}")
        assert chosen["Location"] == f"/settings/priorities/service/{service.pk}/"
        client.post(chosen["Location"], {"cell_4_4": "2", "save": "1"})
        assert grid(service) == {(4, 4): 2}
        assert str(service) in client.get("/settings/priorities/").content.decode()
        assert client.get("/settings/priorities/service/999999/").status_code == 404

    def test_agents_stay_out(self, visit):
        client, address = visit(an_agent()), "/settings/priorities/"
        assert client.get(address).status_code == 403
        assert client.post(address, {}).status_code == 403
        assert MatrixCell.objects.count() == 16


class TestManyTickets:
    def test_the_events_are_those_of_one_and_the_chains_hold(self, admin):
        tickets = [a_ticket(impact=4, urgency=4) for _n in range(3)]
        service = a_service()
        own = a_ticket(impact=4, urgency=4, service=service)
        save_grid(service, {(4, 4): 1}, by=admin, via="page")
        save_grid(None, with_cells(i4u4=3), by=admin, via="page")
        for ticket in (*tickets, own):
            ticket.refresh_from_db()
            verb, data = events_of(ticket)[-1]
            assert (verb, ticket.events.count(), ticket.event_count) == ("apply_matrix", 2, 2)
            expected = {"priority": [4, ticket.priority]}
            if ticket == own:
                expected["priority_reason"] = ["matrix", "service"]
            assert data == {"changes": expected}
        assert ([ticket.priority for ticket in tickets], own.priority) == ([3, 3, 3], 1)
        assert check_all().broken == []

    def test_statements_do_not_grow_with_tickets(self, admin, django_assert_max_num_queries):
        for _n in range(30):
            a_ticket(impact=4, urgency=4)
        with django_assert_max_num_queries(30):
            assert save_grid(None, with_cells(i4u4=1), by=admin, via="page") == 30


def stamp(moment) -> str:
    """As events keep a time."""
    return DjangoJSONEncoder().default(moment)
