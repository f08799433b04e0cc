"""What a change of the settings would move, and that saving does just that."""

import pytest
import time_machine

from incidents.actions import resolve_incident, start_incident, wait_for_vendor_incident
from servicedesk.levels import moving
from servicedesk.levels.actions import change_calendar, create_agreement, create_calendar, set_service_levels
from servicedesk.levels.models import Agreement, Calendar, Clock, Rank
from servicedesk.levels.moving import agreement_change, calendar_change, preview, rank_change, services_change
from servicedesk.levels.rank_json import Target, targets_of
from servicedesk.people.jobs import last_job, run_next_job
from servicedesk.people.models import AuditEntry, Job
from servicedesk.tickets.actions import assign, lock, record
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket, TicketEvent
from tests.factories import a_service, a_team, an_administrator, an_agent, an_incident
from tests.levels.test_hours import TOKYO, at
from tests.levels.test_keeping import shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator()


@pytest.fixture
def monday():
    """Monday the 14th of December 2026, 10:00."""
    with time_machine.travel(at("2026-12-14T10:00"), tick=False) as clock:
        yield clock


def usual() -> Calendar:
    return Calendar.objects.get(is_default=True)


def due(rows) -> dict:
    return {(row.ticket.number, row.kind): row.after for row in rows}


def kept(*tickets) -> dict:
    return {(clock.ticket.number, clock.kind): clock.due_at for clock in Clock.objects.filter(ticket__in=tickets)}


class TestPreview:
    def test_is_exactly_what_saving_then_does(self, monday, admin):
        """P3 of the usual rank: 8 hours until the first response, 24 until the resolution."""
        team, service = a_team(), a_service()
        ticket = an_incident(team=team, impact=4, urgency=1).ticket
        other = an_incident(service=service, impact=4, urgency=1).ticket
        deliver_waiting()
        silver = Rank.objects.get(is_default=True)
        tuesday = {"closed": ["2026-12-15"]}
        targets = targets_of(silver) | {3: Target(480, 2400)}
        for change, count in (
            (calendar_change(usual(), tuesday), 2),
            (rank_change(silver, {"targets": targets}), 2),
            (services_change({service: (Rank.objects.first(), None)}), 1),
        ):
            before = kept(ticket, other)
            found = preview(change, admin).moves
            assert (found.tickets, kept(ticket, other)) == (count, before)
            change.make(admin)
            run_next_job()
            after = kept(ticket, other)
            assert {key: when for key, when in after.items() if before[key] != when} == due(found.rows)
        other.refresh_from_db()
        assert other.due_at == shown(other).due_at

    def test_says_earlier_later_and_what_would_be_missed(self, monday, admin):
        ticket = an_incident(impact=4, urgency=1).ticket
        deliver_waiting()
        monday.move_to(at("2026-12-16T17:00"))  # 21 of its 24 hours are used
        silver = Rank.objects.get(is_default=True)
        targets = targets_of(silver)
        sooner = preview(rank_change(silver, {"targets": targets | {3: Target(480, 1200)}}), admin).moves
        assert (sooner.tickets, sooner.earlier, sooner.later, sooner.missed) == (1, 1, 0, 1)
        assert (sooner.rows[0].ticket, sooner.rows[0].is_missed) == (ticket, True)
        later = preview(rank_change(silver, {"targets": targets | {3: Target(480, 1500)}}), admin).moves
        assert (later.earlier, later.later, later.missed, later.rows[0].is_later) == (0, 1, 0, True)
        assert not AuditEntry.objects.filter(object_type="levels.rank").exists()

    def test_of_what_is_resolved_only_what_would_be_missed(self, monday, admin):
        team = a_team()
        agent = an_agent(team)
        incident = an_incident(team=team, impact=4, urgency=1)
        monday.move_to(at("2026-12-15T10:00"))
        start_incident(incident, by=agent, via="page")
        resolve_incident(incident, by=agent, via="page", resolution="x")
        deliver_waiting()
        silver = Rank.objects.get(is_default=True)
        targets = targets_of(silver)
        assert preview(rank_change(silver, {"targets": targets | {3: Target(480, 960)}}), admin).moves.tickets == 0
        assert preview(rank_change(silver, {"targets": targets | {3: Target(60, 120)}}), admin).moves.missed == 2

    def test_a_team_s_calendar_moves_its_tickets_alone(self, monday, admin):
        team, osaka = a_team(), create_calendar(**TOKYO | {"closed": ["2026-12-15"]}, by=admin, via="page")
        ticket = an_incident(team=team, impact=4, urgency=1).ticket
        an_incident(team=a_team(), impact=4, urgency=1)
        found = preview(calendar_change(osaka, {"teams": [team]}), admin).moves
        assert {row.ticket for row in found.rows} == {ticket} and not osaka.teams.exists()

    def test_of_agreements_which_clocks_begin_move_and_end(self, monday, admin):
        """Exactly as saving then does, for a team that has the ticket, one that had it, and a vendor."""
        team, had, agent = a_team(), a_team(), an_agent()
        ticket = an_incident(team=team, impact=4, urgency=1).ticket
        gone = an_incident(team=had, impact=4, urgency=1).ticket
        assign(gone, by=None, via="page", team=a_team())
        an_incident(team=a_team(), impact=4, urgency=1)
        vendor = create_agreement(by=admin, via="page", name="Vendor", kind="vendor", minutes={1: 60})
        outside = an_incident(impact=4, urgency=1, team=agent.teams.first())
        start_incident(outside, by=agent, via="page")
        wait_for_vendor_incident(outside, by=agent, via="page")
        record(lock(outside.ticket), "escalate_outside", by=agent, via="page", agreement=vendor.pk)
        deliver_waiting()
        new = {"name": "Network", "kind": "team", "team": team, "calendar": None, "minutes": {3: 240}}

        def look(change) -> tuple[int, list]:
            found = preview(change, admin).moves
            return found.tickets, [found.begun, found.ended, found.earlier, found.later]

        def moved(change) -> None:
            before, found = agreed(), preview(change, admin).moves
            change.make(admin)
            run_next_job()
            assert {key for key in before | agreed() if before.get(key) != agreed().get(key)} == {
                row.ticket_id for row in found.rows
            }

        def agreed() -> dict:
            return dict(Clock.objects.filter(kind="agreement").values_list("ticket_id", "due_at"))

        assert look(agreement_change(None, new)) == (1, [1, 0, 0, 0]) and not agreed()
        assert look(agreement_change(None, new | {"team": had})) == (0, [0, 0, 0, 0])  # its stay is over
        moved(agreement_change(None, new))
        kept = Agreement.objects.get(name="Network")
        assert look(agreement_change(kept, {"minutes": {3: 300}})) == (1, [0, 0, 0, 1])
        assert look(agreement_change(kept, {"calendar": None, "warn_at": [50]})) == (0, [0, 0, 0, 0])
        assert look(agreement_change(kept, {"minutes": {2: 240}})) == (1, [0, 1, 0, 0])
        moved(agreement_change(kept, {"is_active": False}))
        assert look(agreement_change(vendor, {"minutes": {1: 60, 3: 120}})) == (1, [1, 0, 0, 0])
        moved(agreement_change(vendor, {"minutes": {1: 60, 3: 120}}))
        assert set(agreed()) == {outside.pk} and ticket.pk != outside.pk

    def test_names_and_counts_no_ticket_that_one_may_not_see(self, monday, admin):
        an_incident(impact=4, urgency=1, is_confidential=True)
        assert preview(calendar_change(usual(), {"closed": ["2026-12-15"]}), admin).moves.tickets == 0


class TestPages:
    def test_a_look_first_then_saving_and_the_clocks_follow(self, monday, visit, admin):
        ticket = an_incident(impact=4, urgency=1, title="The printer").ticket
        deliver_waiting()
        client, silver = visit(admin), Rank.objects.get(is_default=True)
        address = f"/settings/ranks/{silver.pk}/"
        fields = {
            "name": silver.name, "name_en": "Silver", "warn_at": "75, 90", "is_default": "on", "is_active": "on",
            "p1_response": "30m", "p1_resolution": "4h", "p1_around": "on", "p2_response": "1h", "p2_resolution": "1d",
            "p3_response": "1d", "p3_resolution": "4d", "p4_response": "2d", "p4_resolution": "7d",
        }  # fmt: skip
        look = client.post(address, fields | {"preview": "1"}, headers={"HX-Request": "true"}).content.decode()
        assert look.startswith('<div id="editing">') and "1 open ticket would move" in look and "The printer" in look
        assert "0 would be due earlier, 1 later." in look and "1 d later" in look
        assert shown(ticket).minutes == 1440
        refused = client.post(address, fields | {"p3_response": "5d", "preview": "1"})
        assert refused.status_code == 422
        client.post(address, fields | {"save": "1"})
        assert "follow the change" in client.get(address).content.decode()
        run_next_job()
        assert shown(ticket).minutes == 4 * 480
        assert "follow the change" not in client.get("/settings/service-levels/renewing/").content.decode()

    def test_a_calendar_and_services_too(self, monday, visit, admin):
        service = a_service()
        an_incident(service=service, impact=4, urgency=1)
        client = visit(admin)
        look = client.post("/settings/service-levels/", {f"rank_{service.pk}": Rank.objects.first().pk, "preview": "1"})
        assert "1 open ticket would move" in look.content.decode()
        calendar = usual()
        fields = {"name": calendar.name, "timezone": calendar.timezone, "mon": "10-12", "is_default": "on"}
        fields |= {"is_active": "on", "like_monday": "on"}
        look = client.post(f"/settings/calendars/{calendar.pk}/", fields | {"preview": "1"}).content.decode()
        assert "1 open ticket would move" in look
        assert calendar.weekly == usual().weekly


class TestThousands:
    """Ten thousand take a job some ten seconds; here the bounds are low instead."""

    @pytest.fixture
    def many(self, monkeypatch):
        monkeypatch.setattr(moving, "AT_ONCE", 20)
        monkeypatch.setattr(moving, "_CHUNK", 25)
        one = an_incident(impact=4, urgency=1).ticket
        opened = one.events.get()
        fields = {field.attname: getattr(one, field.attname) for field in Ticket._meta.fields if field.name != "id"}
        event = {each.attname: getattr(opened, each.attname) for each in TicketEvent._meta.fields if each.name != "id"}
        tickets = Ticket.objects.bulk_create([Ticket(**fields | {"number": f"INC9{n:06d}"}) for n in range(60)])
        TicketEvent.objects.bulk_create([TicketEvent(**event | {"ticket_id": ticket.pk}) for ticket in tickets])

    def test_are_read_by_a_job_that_the_page_follows(self, monday, visit, admin, many):
        client, change = visit(admin), calendar_change(usual(), {"closed": ["2026-12-15"]})
        assert preview(change, admin).moves is None
        job = last_job(change.key(admin))
        address = f"/settings/service-levels/moves/{job.pk}/"
        assert "hx-get" in client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert run_next_job()
        job.refresh_from_db()
        assert (job.state, job.done, job.total) == (Job.State.DONE, 61, 61)
        part = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "61 open tickets would move" in part and "and 11 more" in part and "hx-get" not in part
        assert preview(change, admin).moves.later == 61
        assert not AuditEntry.objects.filter(object_type="levels.calendar").exists()
        assert visit(an_administrator()).get(address).status_code == 404

    def test_a_change_that_is_refused_meanwhile_says_so(self, monday, visit, admin, many):
        change = calendar_change(usual(), {"closed": ["2026-12-15"], "name": "Taken"})
        preview(change, admin)
        create_calendar(**TOKYO | {"name": "Taken"}, by=admin, via="page")
        while run_next_job():
            pass
        address = f"/settings/service-levels/moves/{last_job(change.key(admin)).pk}/"
        assert "There is a calendar “Taken” already." in visit(admin).get(address).content.decode()


def test_unchanged_settings_start_nothing(admin):
    change_calendar(usual(), closed=[], by=admin, via="page")
    set_service_levels({a_service(): (None, None)}, by=admin, via="page")
    assert not Job.objects.exists()
