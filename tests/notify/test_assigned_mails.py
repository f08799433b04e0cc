"""Who is given a mail to look at hears of it."""

import pytest

from servicedesk.intake.actions import assign_mail, refuse_mail
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.notify.queries import unread_count
from servicedesk.notify.without_ticket import send_digests, tell_of_assigned_mails
from tests.factories import a_team, again, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives
from tests.notify.test_digest import hour_comes
from tests.notify.test_preferences import chooses, quiet_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return an_agent(a_team(), name="Sho Kobayashi")


@pytest.fixture
def lead(agent):
    return an_agent(agent.teams.get(), name="Hana Sato")


@pytest.fixture
def held():
    return arrives(a_mail("stranger@example.net", subject="Very secret subject"), a_mailbox(name="Front desk"))


class TestWhoIsGivenAMail:
    def test_hears_of_it_by_page_and_mail_once(self, agent, lead, held, visit):
        assign_mail(held, agent, by=lead, via="page")
        assert tell_of_assigned_mails() == 1 and tell_of_assigned_mails() == 0
        notice, mail = Notification.objects.get(), OutgoingMail.objects.get()
        assert (notice.person, notice.kind, notice.mail) == (agent, "mail", held)
        assert (mail.kind, mail.to_user, mail.ticket) == ("mail", agent, None)
        assert "By: Hana Sato" in mail.text and "Mailbox: Front desk" in mail.text
        assert f"http://testserver/settings/mails/{held.pk}/" in mail.text and "secret" not in mail.text + mail.html
        html = visit(agent).get("/notices/").content.decode()
        assert "Hana Sato gave you a mail to look at." in html and f'href="/settings/mails/{held.pk}/"' in html
        assert send_waiting() == 1

    def test_not_when_they_took_it_themselves_or_it_was_given_to_nobody(self, agent, lead, held):
        assign_mail(held, agent, by=agent, via="page")
        assert tell_of_assigned_mails() == 0
        assign_mail(held, lead, by=agent, via="page")
        assign_mail(held, None, by=lead, via="page")
        assert tell_of_assigned_mails() == 0

    def test_not_when_it_needs_no_look_any_more(self, agent, lead, held):
        assign_mail(held, agent, by=lead, via="page")
        refuse_mail(held, by=lead, via="page")
        assert tell_of_assigned_mails() == 0

    def test_hears_of_it_anew_when_it_comes_back_to_them(self, agent, lead, held):
        assign_mail(held, agent, by=lead, via="page")
        tell_of_assigned_mails()
        Notification.objects.update(read_at="2026-01-01T00:00Z")
        assign_mail(held, lead, by=agent, via="page")
        tell_of_assigned_mails()
        assert unread_count(again(agent)) == 0
        assign_mail(held, agent, by=lead, via="page")
        assert tell_of_assigned_mails() == 1 and unread_count(again(agent)) == 1
        assert Notification.objects.filter(person=agent).count() == 1

    def test_sees_no_notice_of_what_somebody_else_has_now(self, agent, lead, held):
        assign_mail(held, agent, by=lead, via="page")
        tell_of_assigned_mails()
        assert unread_count(again(agent)) == 1
        assign_mail(held, lead, by=lead, via="page")
        assert unread_count(again(agent)) == 0

    def test_reads_it_by_opening_the_mail(self, agent, lead, held, visit):
        assign_mail(held, agent, by=lead, via="page")
        tell_of_assigned_mails()
        client = visit(agent)
        assert f'{{"mail": "{held.pk}"}}' in client.get(f"/settings/mails/{held.pk}/").content.decode()
        assert "notices-read" in client.post("/notices/read/", {"mail": held.pk}).headers["HX-Trigger"]
        assert unread_count(again(agent)) == 0

    def test_hears_of_it_as_they_chose(self, agent, lead, held):
        chooses(agent, ways={"mail": "digest"}, digest_hour=9)
        assign_mail(held, agent, by=lead, via="page")
        assert tell_of_assigned_mails() == 1 and not OutgoingMail.objects.exists()
        assert hour_comes() == 1 and send_digests() == 0
        assert "Hana Sato gave you a mail to look at." in OutgoingMail.objects.get().text

    def test_sleeps_in_quiet_hours(self, agent, lead, held):
        quiet_now(agent)
        assign_mail(held, agent, by=lead, via="page")
        tell_of_assigned_mails()
        assert send_waiting() == 0 and unread_count(again(agent)) == 1
