"""The daily summary: once, of what is new and visible, in its reader's language."""

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone

from servicedesk.notify import without_ticket
from servicedesk.notify.actions import save_mail_text, send_waiting
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.notify.notices import mark_read
from servicedesk.notify.queries import visible_outgoing
from servicedesk.notify.without_ticket import send_digests
from servicedesk.people.models import User
from servicedesk.tickets.actions import assign, reply
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_team, a_ticket, again, an_administrator, an_agent
from tests.notify.test_preferences import chooses

pytestmark = pytest.mark.django_db
BY_SUMMARY = {"assigned": "digest", "answer": "digest"}


@pytest.fixture
def agent():
    agent = an_agent(a_team(), name="Sho Kobayashi")
    chooses(agent, ways=BY_SUMMARY)
    return agent


def given(agent, **fields):
    """A ticket that somebody gives to the agent."""
    ticket = a_ticket(**fields)
    assign(ticket, by=an_agent(name="Hana Sato"), via="page", assignee=agent)
    deliver_waiting()
    return ticket


def hour_comes() -> int:
    """How many summaries are written when their hour has come."""
    Notification.objects.filter(digest_at__isnull=False).update(digest_at=timezone.now() - timedelta(seconds=1))
    return send_digests()


class TestSummary:
    def test_lists_by_ticket_what_has_happened(self, agent):
        first, second = given(agent, title="The printer <jams>"), given(agent, title="No network")
        reply(first, by=first.requester, via="page", body="Hello?")
        deliver_waiting()
        assert send_digests() == 0 and hour_comes() == 1
        mail = OutgoingMail.objects.get(to_user=agent)
        assert (mail.kind, mail.subject, mail.to_address) == ("digest", "Summary: 3 notices", agent.email)
        where = mail.text.index
        assert where(first.number) < where("Hana Sato assigned this to Sho Kobayashi") < where("replied.")
        assert where("replied.") < where(second.number)
        assert "Hello Sho Kobayashi," in mail.text and "http://testserver/notices/" in mail.text
        assert f"http://testserver{first.get_absolute_url()}" in mail.html and "The printer &lt;jams&gt;" in mail.html
        assert "You can simply answer" not in mail.text

    def test_leaves_as_a_mail(self, agent):
        given(agent)
        hour_comes()
        OutgoingMail.objects.exclude(kind="digest").delete()
        assert send_waiting() == 1
        sent = outbox.outbox[-1]
        assert sent.to == [agent.email] and "Summary: 1 notice" in sent.subject
        assert sent.extra_headers["Auto-Submitted"] == "auto-generated" and sent.alternatives

    def test_is_in_the_readers_language_and_text(self, agent):
        User.objects.filter(pk=agent.pk).update(language="ja")
        body = "{items}\n\n今日のまとめです。"
        save_mail_text("digest", "ja", body=body, by=an_administrator(), via="page")
        ticket = given(agent, title="プリンター")
        hour_comes()
        mail = OutgoingMail.objects.get(kind="digest")
        assert "今日のまとめです。" in mail.text and f"{ticket.number} プリンター" in mail.text
        assert "Sho Kobayashi様" in mail.text and "Hello" not in mail.text

    def test_names_at_most_fifty_and_counts_the_rest(self, agent, monkeypatch):
        monkeypatch.setattr("servicedesk.notify.without_ticket.MOST_LINES", 2)
        for n in range(3):
            given(agent, title=f"Ticket no {n}")
        hour_comes()
        text = OutgoingMail.objects.get(kind="digest").text
        assert "Ticket no 1" in text and "Ticket no 2" not in text and "And 1 more." in text

    def test_is_nobody_elses_to_read(self, agent):
        given(agent)
        hour_comes()
        mail = OutgoingMail.objects.get(kind="digest")
        for reader in (an_administrator(), agent):
            assert mail not in visible_outgoing(again(reader)) and not again(reader).may("mails.sent", mail)


class TestOnce:
    def test_told_is_told(self, agent):
        given(agent)
        assert hour_comes() == 1
        assert send_digests() == 0
        given(agent)
        assert hour_comes() == 1
        texts = OutgoingMail.objects.filter(kind="digest").order_by("pk").values_list("text", flat=True)
        assert [text.count("assigned this") for text in texts] == [1, 1]

    def test_what_dies_half_way_is_done_again_as_a_whole(self, agent, monkeypatch):
        given(agent)
        with monkeypatch.context() as broken:
            broken.setattr("servicedesk.notify.without_ticket._mail", lambda *_args, **_more: 1 / 0)
            assert hour_comes() == 0
        assert Notification.objects.filter(digest_at__isnull=False).exists()
        assert send_digests() == 1

    def test_trouble_with_one_person_stops_no_other(self, agent, monkeypatch):
        other = an_agent()
        chooses(other, ways=BY_SUMMARY)
        given(agent)
        given(other)
        made = OutgoingMail.objects.filter(kind="digest")
        write = without_ticket._mail
        monkeypatch.setattr(
            without_ticket, "_mail", lambda who, *a, **k: 1 / 0 if who == agent else write(who, *a, **k)
        )
        assert hour_comes() == 1
        assert [mail.to_user for mail in made] == [other]


class TestLeavesOut:
    def test_what_was_read_meanwhile(self, agent):
        one, other = given(agent), given(agent)
        mark_read(agent, number=one.number)
        hour_comes()
        text = OutgoingMail.objects.get(kind="digest").text
        assert other.number in text and one.number not in text

    def test_what_may_no_longer_be_seen(self, agent):
        hanako, colleague = a_person(), a_person()
        chooses(colleague, ways={"reply": "digest"})
        ticket = a_ticket(requester=hanako, by=colleague)
        reply(ticket, by=hanako, via="page", body="x")
        deliver_waiting()
        assert Notification.objects.get(person=colleague).digest_at
        Ticket.objects.filter(pk=ticket.pk).update(entered_by=hanako)
        assert hour_comes() == 0 and not OutgoingMail.objects.filter(kind="digest").exists()

    def test_those_who_have_left(self, agent):
        given(agent)
        User.objects.filter(pk=agent.pk).update(is_active=False)
        assert hour_comes() == 0

    def test_everything_and_then_there_is_no_mail(self, agent):
        given(agent)
        mark_read(agent)
        assert hour_comes() == 0 and not Notification.objects.filter(digest_at__isnull=False).exists()
