"""What the pages tell people of their tickets: who gets a notice, what the bell counts, and when it is read."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from incidents.actions import close_incident, resolve_incident
from servicedesk.notify.consumers import tell_people
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.notify.notices import KEPT_FOR, forget_old_notices, mark_read
from servicedesk.notify.queries import unread_count, visible_notices
from servicedesk.notify.without_ticket import send_digests
from servicedesk.notify.words import lines_for
from servicedesk.people.models import Membership
from servicedesk.tickets.actions import (
    assign,
    de_escalate,
    escalate,
    merge,
    note,
    reply,
    set_fields,
    share,
    take_back,
    unshare,
    watch,
)
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.sentences import Names, plain_words_for
from tests.factories import a_person, a_service, a_team, a_ticket, again, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives
from tests.notify.test_preferences import chooses

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, object]]:
    """(kind, person) of the notices that were written since the last look, in order."""
    Notification.objects.all().delete()
    deliver_waiting()
    return [(each.kind, each.person) for each in Notification.objects.order_by("id")]


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team, name="Sho Kobayashi")


def a_notice(agent, **fields) -> Notification:
    """Of a ticket that somebody else assigned to the agent."""
    ticket = a_ticket(**fields)
    assign(ticket, by=an_agent(), via="page", assignee=agent)
    deliver_waiting()
    return Notification.objects.get(ticket=ticket, person=agent)


class TestWords:
    """A notice is told as text: its line is a link itself, and mails and the API cannot show one."""

    @pytest.fixture
    def merged(self, team, agent):
        asker = a_person(name="Aya <Kimura>")
        ticket, into = [an_incident(team=team, requester=asker, title=title).ticket for title in ("Jam", "Again")]
        chooses(asker, ways={"status": "digest"})
        merge(ticket, into, by=agent, via="page")
        deliver_waiting()
        ticket.said = f"Sho Kobayashi merged this into {into.number}."
        return ticket

    def test_of_a_merge_name_the_other_ticket_without_a_link(self, visit, merged):
        page = visit(merged.requester).get("/notices/").content.decode()
        line = page.partition('<a class="told-line')[2].partition("</a>")[0]
        assert merged.said in line and merged.number in line
        told = lines_for(merged.requester, visible_notices(merged.requester))
        assert merged.said in [line.sentence for line in told]

    def test_stand_in_the_summary_as_text(self, merged):
        Notification.objects.filter(digest_at__isnull=False).update(digest_at=timezone.now() - timedelta(seconds=1))
        assert send_digests() == 1
        mail = OutgoingMail.objects.get(kind="digest")
        assert merged.said in mail.text and merged.said in mail.html
        assert "<a " not in mail.text and "&lt;a" not in mail.html

    def test_keep_the_signs_in_a_name(self, merged):
        event = merged.events.get(verb="merge")
        event.by = merged.requester
        assert plain_words_for(event, Names(merged.requester, [event])).startswith("Aya <Kimura> merged this into INC")


class TestWhoIsTold:
    def test_everybody_who_gets_a_mail_about_what_others_did(self, team, agent):
        other = an_agent(team)
        incident = an_incident(team=team)
        ticket = incident.ticket
        told()
        assign(ticket, by=other, via="page", assignee=agent)
        assert told() == [("assigned", agent)]
        reply(ticket, by=ticket.requester, via="page", body="Hello?")
        assert told() == [("answer", agent)]
        watch(ticket, by=other, via="page")
        reply(ticket, by=agent, via="page", body="Have you tried again?")
        assert told() == [("reply", ticket.requester), ("answer", other)]
        resolve_incident(incident, by=agent, via="page", resolution="New toner.")
        assert told() == [("status", ticket.requester), ("status", other)]
        close_incident(incident, by=ticket.requester, via="page")
        assert told() == [("status", other)]
        assert {each.to_user for each in OutgoingMail.objects.all()} >= {ticket.requester, agent, other}

    def test_nobody_of_what_they_did_themselves_nor_of_a_receipt_for_it(self, agent):
        ticket = a_ticket(requester=a_person())
        assert told() == [] and OutgoingMail.objects.filter(kind="receipt").count() == 1
        assign(ticket, by=agent, via="page", assignee=agent)
        assert told() == []

    def test_whoever_something_was_entered_for(self, agent):
        hanako = a_person()
        a_ticket(requester=hanako, by=agent)
        assert told() == [("receipt", hanako)]

    def test_nobody_of_notes_and_of_words_whose_sender_is_not_proved(self, team, agent):
        ticket = a_ticket(requester=a_person(email="hanako@example.com"))
        assign(ticket, by=agent, via="page", assignee=agent)
        told()
        note(ticket, by=an_agent(team), via="page", body="Hm")
        assert arrives(a_mail(subject=f"[{ticket.number}]")).state == "reply"
        assert told() == []

    def test_no_guest_who_cannot_sign_in(self, agent):
        mail = arrives(a_mail("guest@example.net"), a_mailbox(accepts="everyone"))
        told()
        reply(mail.ticket, by=agent, via="page", body="Which one?")
        assert told() == [] and OutgoingMail.objects.filter(kind="reply").count() == 1

    def test_nobody_of_a_reply_that_was_taken_back(self, agent):
        ticket = a_ticket()
        said = reply(ticket, by=agent, via="page", body="Oops")
        assert told() == [("reply", ticket.requester)]
        take_back(said, by=agent, via="page")
        deliver_waiting()
        assert not Notification.objects.exists()

    def test_the_same_event_twice_is_one_notice(self, agent):
        ticket = a_notice(agent).ticket
        for event in TicketEvent.objects.filter(ticket=ticket).select_related("ticket", "by"):
            tell_people([event])
            tell_people([event, event])
        assert Notification.objects.filter(person=agent).count() == 1


class TestWhatComesToATeam:
    def test_is_told_to_its_lead_or_to_all_of_a_team_without_one(self, team, agent):
        second = an_agent(team)
        a_ticket(team=team)
        assert told() == [("team", agent), ("team", second)]
        team.lead = second
        team.save()
        a_ticket(team=team)
        assert told() == [("team", second)]

    def test_by_escalation_and_by_hand_too_and_not_to_whoever_did_it(self, team, agent):
        first = a_team(next_team=team)
        lead = an_agent(first)
        ticket = a_ticket(team=first)
        told()
        escalate(ticket, by=lead, via="page", reason="Beyond us")
        assert told() == [("team", agent)]
        de_escalate(ticket, by=agent, via="page", reason="Not ours")
        assert told() == [("team", lead)]
        assign(ticket, by=again(lead), via="page", assignee=lead)
        escalate(ticket, by=lead, via="page", reason="Still beyond us")
        told()
        de_escalate(ticket, by=agent, via="page", reason="Now it is theirs")
        assert told() == [("assigned", lead)]
        assign(ticket, by=again(lead), via="page", team=team, assignee=agent)
        assert told() == [("assigned", agent)]

    def test_of_a_team_whose_members_are_no_agents_to_nobody(self, team):
        Membership.objects.create(team=team, user=a_person())
        a_ticket(team=team)
        assert told() == []

    def test_costs_the_same_statements_for_one_ticket_and_for_six(self, team, agent):
        an_agent(team)

        def statements(tickets: int) -> int:
            for n in range(tickets):
                person = a_person(email=f"p{tickets}-{n}@example.com")
                arrives(a_mail(person.email, subject=f"{tickets} {n}"), a_mailbox(team=team))
            with CaptureQueriesContext(connection) as seen:
                deliver_waiting()
            return len([one for one in seen if "SAVEPOINT" not in one["sql"]])

        deliver_waiting()
        assert statements(1) == statements(6)
        assert Notification.objects.filter(kind="team").count() == 14


class TestSight:
    def test_of_what_one_may_no_longer_see_nothing_is_shown_or_counted(self, agent, visit):
        hanako, colleague = a_person(), a_person()
        ticket = a_ticket(requester=hanako, title="Between us")
        share(ticket, by=hanako, via="page", user=colleague)
        watch(ticket, by=colleague, via="page")
        reply(ticket, by=agent, via="page", body="Hm")
        deliver_waiting()
        assert unread_count(again(colleague)) == 1
        assert b"Between us" in visit(colleague).get("/notices/").content
        unshare(ticket, by=hanako, via="page", user=colleague)
        assert unread_count(again(colleague)) == 0 and not visible_notices(again(colleague)).exists()
        assert b"Between us" not in visit(colleague).get("/notices/").content

    def test_of_a_ticket_that_became_confidential_neither(self, team, agent):
        other, ticket = an_agent(), a_ticket(service=a_service(team))
        assign(ticket, by=agent, via="page", assignee=other)
        deliver_waiting()
        assert unread_count(again(other)) == 1
        assign(ticket, by=other, via="page", assignee=agent, team=team)
        set_fields(ticket, by=agent, via="page", is_confidential=True)
        assert unread_count(again(other)) == 0

    def test_nobody_elses_are_there(self, agent, visit):
        a_notice(agent, title="For Sho")
        page = visit(an_agent()).get("/notices/")
        assert b"For Sho" not in page.content and b"Nothing has happened yet" in page.content


class TestBell:
    def test_counts_up_to_99(self, agent, visit):
        notice = a_notice(agent)
        client = visit(agent)
        assert ">1</span>" in client.get("/notices/bell/").content.decode()
        events = TicketEvent.objects.filter(ticket=notice.ticket).count()
        assert events < 100
        ticket = notice.ticket
        for _n in range(101):
            event = reply(ticket, by=ticket.requester, via="page", body="x").event
            Notification.objects.create(person=agent, ticket=ticket, event=event, kind="answer")
        html = client.get("/notices/bell/").content.decode()
        assert "99+" in html and "more than 99 unread" in html

    def test_says_nothing_while_nothing_is_new(self, agent, visit):
        a_notice(agent)
        client = visit(agent)
        assert client.get("/notices/bell/?shown=1").status_code == 204
        assert "data-announce" in client.get("/notices/bell/?shown=0").content.decode()
        assert "data-announce" not in client.get("/notices/bell/").content.decode()
        assert "data-announce" not in client.get("/notices/bell/?shown=4").content.decode()

    @pytest.mark.parametrize("shown", ["-1", "x", "9" * 4000, "\u0663", ""])
    def test_takes_any_number(self, agent, visit, shown):
        assert visit(agent).get("/notices/bell/", {"shown": shown}).status_code == 200

    def test_costs_a_page_nothing(self, agent, visit):
        client = visit(agent)
        client.get("/")
        with CaptureQueriesContext(connection) as seen:
            html = client.get("/").content.decode()
        assert 'hx-get="/notices/bell/"' in html
        assert not [one for one in seen if "notify_notification" in one["sql"]]

    def test_costs_one_statement_while_there_is_nothing(self, agent, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert unread_count(agent) == 0

    def test_is_for_those_who_are_signed_in(self, client, db):
        assert client.get("/notices/bell/").status_code == 302
        assert b"/notices/" not in client.get("/account/login/").content


class TestReading:
    def test_opening_the_ticket_marks_its_notices_and_no_others(self, agent, visit):
        notice, other = a_notice(agent), a_notice(agent)
        client = visit(agent)
        page = client.get(notice.ticket.get_absolute_url()).content.decode()
        assert 'hx-post="/notices/read/"' in page and f'{{"ticket": "{notice.ticket.number}"}}' in page
        answer = client.post("/notices/read/", {"ticket": notice.ticket.number})
        assert answer.status_code == 204 and "notices-read" in answer.headers["HX-Trigger"]
        notice.refresh_from_db()
        other.refresh_from_db()
        assert notice.read_at is not None and other.read_at is None
        assert "HX-Trigger" not in client.post("/notices/read/", {"ticket": notice.ticket.number}).headers

    def test_the_requesters_page_does_so_too(self, agent, visit):
        ticket = a_ticket()
        assert b'hx-post="/notices/read/"' in visit(ticket.requester).get(ticket.get_absolute_url()).content

    def test_of_a_ticket_of_others_does_nothing_to_theirs(self, agent, visit):
        notice = a_notice(agent)
        assert visit(an_agent()).post("/notices/read/", {"ticket": notice.ticket.number}).status_code == 204
        notice.refresh_from_db()
        assert notice.read_at is None

    def test_all_at_once_but_not_what_came_meanwhile(self, agent, visit):
        first = a_notice(agent)
        client = visit(agent)
        assert f'name="newest" value="{first.pk}"' in client.get("/notices/").content.decode()
        second = a_notice(agent)
        assert client.post("/notices/read/", {"newest": first.pk}).status_code == 303
        assert list(visible_notices(again(agent)).filter(read_at__isnull=True)) == [second]

    @pytest.mark.parametrize(
        "given", [{"ticket": "\x00"}, {"newest": "9" * 30}, {"newest": "x"}, {"ticket": "x" * 900}]
    )
    def test_takes_strange_input(self, agent, visit, given):
        assert visit(agent).post("/notices/read/", given).status_code in (204, 303)

    def test_by_merely_looking_at_the_list_marks_nothing(self, agent, visit):
        notice = a_notice(agent)
        visit(agent).get("/notices/")
        notice.refresh_from_db()
        assert notice.read_at is None


class TestPage:
    def test_says_what_happened_in_words_with_the_way_to_the_ticket(self, agent, visit):
        notice = a_notice(agent, title="The printer jams")
        html = visit(agent).get("/notices/").content.decode()
        assert "assigned this to Sho Kobayashi" in html and "The printer jams" in html
        assert f'href="{notice.ticket.get_absolute_url()}"' in html

    def test_is_in_the_readers_language(self, team, visit):
        agent = an_agent(team, language="ja", name="小林 翔")
        with translation.override("ja"):
            a_notice(agent)
            html = visit(agent).get("/notices/").content.decode()
        assert "<h1>通知</h1>" in html and "小林 翔さん" in html

    def test_can_be_narrowed_to_what_is_unread(self, agent, visit):
        one, other = a_notice(agent, title="The first"), a_notice(agent, title="The second")
        mark_read(agent, number=one.ticket.number)
        html = visit(agent).get("/notices/?state=unread").content.decode()
        assert "The second" in html and "The first" not in html
        mark_read(agent)
        html = visit(agent).get("/notices/?state=unread").content.decode()
        assert "You have read everything" in html and "Mark all as read" not in html
        assert other.pk

    def test_costs_the_same_for_one_notice_and_for_five(self, agent, visit):
        client = visit(agent)

        def statements() -> int:
            with CaptureQueriesContext(connection) as seen:
                assert client.get("/notices/").status_code == 200
            return len(seen)

        a_notice(agent)
        client.get("/notices/")
        few = statements()
        for _n in range(4):
            a_notice(agent)
        assert statements() == few

    def test_has_pages(self, agent, visit, monkeypatch):
        monkeypatch.setattr("servicedesk.notify.notice_views.PAGE_SIZE", 2)
        for n in range(3):
            a_notice(agent, title=f"Ticket no {n}")
        html = visit(agent).get("/notices/").content.decode()
        assert "Ticket no 2" in html and "Ticket no 0" not in html and "after=" in html


class TestForgetting:
    def test_what_was_read_long_ago_goes_and_what_nobody_read_stays(self, agent):
        read, unread = a_notice(agent), a_notice(agent)
        ages = timezone.now() - KEPT_FOR - timedelta(days=1)
        Notification.objects.filter(pk=read.pk).update(read_at=ages)
        Notification.objects.filter(pk=unread.pk).update(created_at=ages)
        assert forget_old_notices() == 1
        assert list(Notification.objects.filter(person=agent)) == [unread]
        assert forget_old_notices() == 0
