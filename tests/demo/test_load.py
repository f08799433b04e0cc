"""The demo as it stands in the database: who is there, what happened, and that it is all or nothing."""

import datetime as dt
import os
import stat
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Q

from cmdb.models import Service
from servicedesk.demo.load import load
from servicedesk.escalation.models import Firing, Rule, Saving, Source, Turn
from servicedesk.escalation.queries import findings
from servicedesk.intake.models import CallBack, Mailbox, Original
from servicedesk.people.models import Absence, Company, Role, Team, User
from servicedesk.people.queries import departments_headed_by, deputy_of
from servicedesk.priorities.models import MatrixCell
from servicedesk.tickets.actions.core import event_hash
from servicedesk.tickets.models import (
    Attachment,
    Channel,
    Outbox,
    Ticket,
    TicketEvent,
    TicketLink,
    TicketWords,
    WorkTime,
)
from servicedesk.tickets.queries import search_tickets, visible_tickets

# The last Wednesday morning in Tokyo, so that the tests do not depend on the weekday on which they run.
_TODAY = dt.datetime.now(dt.UTC).replace(hour=1, minute=30, second=0, microsecond=0)
NOW = _TODAY - dt.timedelta(days=(_TODAY.weekday() - 2) % 7 or 7)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The whole demo, loaded once for the tests of this file and taken away again."""
    settings.MEDIA_ROOT, before = tmp_path_factory.mktemp("files"), settings.MEDIA_ROOT
    with django_db_blocker.unblock():
        try:
            with transaction.atomic():
                loaded = load(now=NOW)
                yield loaded
                transaction.set_rollback(True)
        finally:
            settings.MEDIA_ROOT = before


@pytest.mark.usefixtures("demo")
class TestTheCompany:
    def test_forty_staff_eight_agents_four_teams_in_two_tiers(self):
        agents = User.objects.filter(role_rows__role=Role.AGENT).distinct()
        assert agents.count() == 8
        assert Company.objects.count() == 2
        assert Team.objects.count() == 4
        assert set(Team.objects.values_list("tier", flat=True)) == {1, 2}
        assert all(team.lead_id and team.memberships.exists() for team in Team.objects.all())
        staff = User.objects.filter(role_rows__isnull=True).exclude(email__startswith="mon01@")
        assert staff.count() == 40
        assert {"ja", "en"} == set(staff.values_list("language", flat=True))

    def test_twelve_services_each_with_its_contacts(self):
        assert Service.objects.count() == 12
        assert not Service.objects.filter(Q(business_contact=None) | Q(system_contact=None)).exists()
        assert not Service.objects.filter(Q(name_en="") | Q(description_en="")).exists()
        assert Service.objects.filter(is_confidential=True).count() == 2

    def test_departments_are_a_tree_with_heads(self):
        head = User.objects.get(email="takeshi.yamada@minato.example")
        assert len(departments_headed_by(head)) == 4

    def test_somebody_is_away_and_has_a_deputy(self):
        away = Absence.objects.order_by("from_on").first()
        assert deputy_of(away.user, NOW.date()) == away.deputy

    def test_the_mailbox_and_a_matrix_of_one_service(self):
        assert Mailbox.objects.get().address == settings.MAIL_FROM
        assert set(MatrixCell.objects.exclude(service=None).values_list("service__code", flat=True)) == {"erp"}


@pytest.mark.usefixtures("demo")
class TestTheTickets:
    def test_three_hundred_of_four_months_and_about_45_open(self, demo):
        assert demo.tickets == Ticket.objects.count() == 300
        assert 40 <= demo.open <= 50
        times = Ticket.objects.order_by("created_at").values_list("created_at", flat=True)
        assert dt.timedelta(days=100) < NOW - times[0] < dt.timedelta(days=121)

    def test_every_status_and_most_channels_occur(self):
        statuses = set(Ticket.objects.values_list("status", flat=True))
        assert statuses == {
            "new", "assigned", "in_progress", "waiting_requester", "waiting_vendor", "resolved", "closed", "cancelled",
        }  # fmt: skip
        channels = set(Ticket.objects.values_list("channel", flat=True))
        assert channels >= {Channel.PORTAL, Channel.MAIL, Channel.PHONE, Channel.CHAT, Channel.ALERT, Channel.DESK}

    def test_people_wrote_resolved_reopened_escalated_and_linked(self):
        verbs = dict(TicketEvent.objects.values_list("verb").annotate(rows=Count("id")))
        assert verbs["reply"] > 200 and verbs["note"] > 100 and verbs["escalate"] >= 8 and verbs["reopen"] >= 3
        assert TicketLink.objects.filter(kind="duplicate").count() == 2
        assert WorkTime.objects.count() > 200
        assert Attachment.objects.exclude(thumbnail="").exists()
        resolved = Ticket.objects.filter(type="incident", resolved_at__isnull=False)
        assert not resolved.filter(Q(resolution="") | Q(incident__cause_code=None)).exists()

    def test_one_major_incident_is_open_and_some_are_late(self):
        assert Ticket.objects.filter(is_major=True, closed_at=None).count() == 1
        late = Ticket.objects.filter(closed_at=None, resolved_at=None, due_at__lt=NOW)
        assert 4 <= late.count() <= 12

    def test_calls_are_promised_and_one_is_due(self):
        rows = list(CallBack.objects.filter(state="open").select_related("ticket", "assignee", "team"))
        assert len(rows) == 4 and [row.due_at < NOW for row in rows] == [True, False, False, False]
        assert sum(row.team is not None for row in rows) == 1
        assert rows[0].assignee.email.startswith("sho.kobayashi@")

    def test_nothing_happens_in_the_future_or_backwards(self):
        assert not TicketEvent.objects.filter(at__gt=NOW).exists()
        before: dict = {}
        for ticket, at in TicketEvent.objects.order_by("ticket", "number").values_list("ticket_id", "at"):
            assert before.get(ticket, at) <= at
            before[ticket] = at
        assert not Ticket.objects.filter(closed_at__lt=F("created_at")).exists()

    def test_numbers_follow_the_time_and_begin_at_one(self):
        incidents = list(
            Ticket.objects.filter(type="incident").order_by("created_at", "id").values_list("number", flat=True)
        )
        assert incidents == sorted(incidents)
        assert incidents[0] == "INC0000001"

    def test_the_hash_chains_hold(self):
        for ticket in Ticket.objects.order_by("?")[:40]:
            last = ""
            for event in ticket.events.order_by("number"):
                assert event.hash == event_hash(ticket.number, last, event)
                last = event.hash
            assert ticket.event_hash == last

    def test_words_are_indexed_and_no_old_mail_waits(self):
        assert Outbox.objects.count() == 0
        assert TicketWords.objects.count() == 300
        agent = User.objects.get(email="sho.kobayashi@minato.example")
        assert search_tickets(agent, "複合機").exists()

    def test_confidential_matters_are_seen_by_their_team_alone(self):
        hidden = Ticket.objects.filter(is_confidential=True)
        assert hidden.count() >= 5
        agent = User.objects.get(email="sho.kobayashi@minato.example")
        assert not visible_tickets(agent).filter(pk__in=hidden).exclude(requester=agent).exists()

    def test_what_came_in_is_kept_as_it_was(self):
        assert Original.objects.filter(ticket=None).count() == 0
        assert Original.objects.count() > 150


@pytest.mark.usefixtures("demo")
class TestTheRules:
    def test_have_fired_over_months_each_at_its_time_by_the_version_that_held_then(self):
        fired = dict(Rule.objects.annotate(n=Count("firings")).values_list("name", "n"))
        assert len(fired) == 10 and sum(count > 0 for count in fired.values()) >= 7 and sum(fired.values()) >= 30
        assert len({at.date().replace(day=1) for at in Firing.objects.values_list("at", flat=True)}) >= 4
        for firing in Firing.objects.select_related("version", "ticket"):
            assert firing.version.at <= firing.at <= NOW and firing.ticket.created_at <= firing.at
            assert firing.held and not any("refused" in change for change in firing.changes)
            told = firing.ticket.events.filter(at=firing.at, data__rule=[firing.rule_id, firing.version.number])
            assert told.exists()
        assert {"VPNの障害は二次対応へ直接渡す", "営業2時間たっても新規のままならリーダーに知らせる"} <= {
            name for name, count in fired.items() if count
        }

    def test_fill_the_ledger_and_the_findings_and_leave_no_turn(self):
        assert set(Saving.objects.values_list("source", flat=True)) == set(Source)
        assert Saving.objects.filter(firing__isnull=False).count() == Firing.objects.count()
        assert len(list(findings())) == 2
        assert not Turn.objects.filter(judged_at=None).exists()


@pytest.mark.usefixtures("demo")
class TestSignIns:
    def test_the_file_is_the_owners_alone_and_its_passwords_are_right(self, demo):
        assert stat.S_IMODE(os.stat(demo.sign_ins).st_mode) == 0o600
        rows = [line.split()[-2:] for line in demo.sign_ins.read_text().splitlines() if "@" in line]
        assert len(rows) == 6
        for email, password in rows:
            assert User.objects.get(email=email).check_password(password)

    def test_nobody_else_has_a_password(self):
        others = [user for user in User.objects.all() if user.has_usable_password()]
        assert len(others) == 6

    def test_addresses_are_proved(self):
        assert all(user.emailaddress_set.filter(primary=True, verified=True).exists() for user in User.objects.all())

    def test_again_is_already_there(self, demo):
        said = StringIO()
        call_command("load_demo", stdout=said)
        assert User.objects.count() == demo.people
        assert not any(
            line.split()[-1] in said.getvalue() for line in demo.sign_ins.read_text().splitlines() if "@" in line
        )
