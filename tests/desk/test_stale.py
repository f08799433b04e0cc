"""Stale tickets: the view, and the mail of the day."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from incidents.actions import resolve_incident
from servicedesk.levels.models import Calendar, TeamCalendar
from servicedesk.notify.models import OutgoingMail
from servicedesk.notify.stale_mail import send_stale_mails
from servicedesk.priorities.stale import stale
from servicedesk.tickets.actions import assign, snooze
from servicedesk.tickets.models import ClosingRule, Ticket
from tests.factories import a_team, a_ticket, an_agent, an_incident

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+09:00")


# P4: ten business days; Monday 16 November to Tuesday 1 December, with a holiday on the 23rd.
QUIET_SINCE, DAY_BEFORE, NOW = at("2026-11-16T10:00"), at("2026-11-30T19:00"), at("2026-12-01T19:00")


def quiet(ticket, since=QUIET_SINCE) -> Ticket:
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=since)
    return ticket


def found(now) -> set[int]:
    return set(Ticket.objects.filter(stale(now)).values_list("pk", flat=True))


class TestStale:
    def test_by_business_days_of_kind_priority_and_calendar(self):
        usual, urgent, elsewhere = a_ticket(), a_ticket(impact=1, urgency=1), a_ticket(team=a_team())
        every_day = Calendar.objects.create(
            name="Every day", timezone="Asia/Tokyo",
            weekly=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), [["09:00", "18:00"]]),
        )  # fmt: skip
        TeamCalendar.objects.create(team=elsewhere.team, calendar=every_day)
        for ticket in (usual, urgent, elsewhere):
            quiet(ticket)
        assert found(at("2026-11-17T19:00")) == {urgent.pk}
        assert found(at("2026-11-26T19:00")) == {urgent.pk, elsewhere.pk}
        assert found(DAY_BEFORE) == {urgent.pk, elsewhere.pk}
        assert found(NOW) == {usual.pk, urgent.pk, elsewhere.pk}
        ClosingRule.objects.update(stale_after_days=None)
        assert found(NOW) == set()

    def test_not_what_is_snoozed_but_what_the_desk_may_not_close(self):
        agent = an_agent()
        team = agent.teams.get()
        asleep, held, fine = quiet(a_ticket(team=team)), an_incident(team=team), an_incident(team=team)
        snooze(asleep, by=agent, via="page")
        quiet(asleep)
        for incident in (held, fine):
            resolve_incident(incident, by=agent, via="page", resolution="Done", at=at("2026-11-27T10:00"))
        Ticket.objects.filter(pk=held.pk).update(closes_at=at("2026-11-30T18:00"))
        assert found(NOW) == {held.pk}

    def test_is_found_among_the_open_tickets_however_many_there_were(self):
        """The conditions imply that of the partial indexes, in a form that PostgreSQL proves."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            plan = Ticket.objects.filter(stale()).order_by("created_at", "id").explain()
        assert "ticket_open" in plan and "ticket_by" not in plan


class TestMail:
    def test_once_a_day_to_assignee_and_lead_of_what_they_see(self):
        lead = an_agent(language="ja")
        team = a_team(lead=lead)
        agent = an_agent(team)
        own, unassigned, other = (a_ticket(team=each, title=title) for each, title in
                                  ((team, "Mine"), (team, "Nobody's"), (a_team(), "Elsewhere")))  # fmt: skip
        assign(own, by=agent, via="page", assignee=agent)
        for ticket in (own, unassigned, other):
            quiet(ticket)
        assert send_stale_mails(at("2026-12-01T07:30")) == 0  # before their hour
        assert send_stale_mails(at("2026-12-05T19:00")) == 0  # a Saturday
        assert send_stale_mails(NOW) == 2
        assert send_stale_mails(NOW + timedelta(minutes=10)) == 0
        mails = {mail.to_user_id: mail for mail in OutgoingMail.objects.filter(kind="stale")}
        assert mails.keys() == {agent.pk, lead.pk}
        assert own.number in mails[agent.pk].text
        assert unassigned.number not in mails[agent.pk].text
        assert mails[agent.pk].subject == "1 stale ticket"
        for number, is_told in ((own.number, True), (unassigned.number, True), (other.number, False)):
            assert (number in mails[lead.pk].text) is is_told
        assert send_stale_mails(NOW + timedelta(days=1)) == 2

    def test_the_view_shows_them(self, visit):
        agent = an_agent()
        ticket = quiet(a_ticket(team=agent.teams.get()), timezone.now() - timedelta(days=40))
        page = visit(agent).get("/desk/?view=stale").content.decode()
        assert ticket.number in page
        assert "Stale" in page
