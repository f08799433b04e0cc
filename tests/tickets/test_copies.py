"""Replies with copies to others: who sees what, and what the mails say."""

import pytest
from django.core.exceptions import PermissionDenied

from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import User
from servicedesk.tickets.actions import assign, reply, take_back
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(settings):
    settings.MAIL_FROM, settings.MAIL_DOMAIN = "desk@example.com", "example.com"
    team = a_team()
    made = a_ticket(requester=a_person(name="山田 花子", email="hanako@example.com"), team=team)
    made.agent = an_agent(team)
    deliver_waiting()
    OutgoingMail.objects.all().delete()
    return made


@pytest.fixture
def boss():
    return a_person(name="佐藤 部長", email="boss@example.com")


def answered(ticket, **copies):
    comment = reply(ticket, by=ticket.agent, via="page", body="Done", **copies)
    deliver_waiting()
    return comment


def mails() -> dict:
    return {mail.to_address: mail for mail in OutgoingMail.objects.all()}


class TestCc:
    def test_sees_the_ticket_and_gets_what_follows(self, ticket, boss):
        assert not visible_tickets(boss).exists()
        answered(ticket, cc=[boss])
        assert list(visible_tickets(User.objects.get(pk=boss.pk))) == [ticket]
        assert mails().keys() == {"hanako@example.com", "boss@example.com"}
        answered(ticket)
        assert OutgoingMail.objects.filter(to_user=boss).count() == 2

    def test_is_read_by_everybody_in_the_mail(self, ticket, boss):
        answered(ticket, cc=[boss])
        for mail in mails().values():
            assert mail.headers["Cc"].endswith("<boss@example.com>") and "hanako@example.com" in mail.headers["To"]
        tokens = {mail.headers["Reply-To"] for mail in mails().values()}
        assert len(tokens) == 2  # each answers with a token of their own

    def test_the_headers_arrive_and_each_mail_has_one_recipient(self, ticket, boss, settings, mailoutbox):
        settings.MAIL_UNDO_SECONDS = 0
        answered(ticket, cc=[boss])
        send_waiting()
        assert sorted(message.recipients() for message in mailoutbox) == [["boss@example.com"], ["hanako@example.com"]]
        assert all(str(message.message()["Cc"]).endswith("<boss@example.com>") for message in mailoutbox)

    def test_answers_by_mail_into_the_ticket(self, ticket, boss):
        a_mailbox(address="desk@example.com")
        answered(ticket, cc=[boss])
        to = mails()["boss@example.com"].headers["Reply-To"]
        mail = arrives(a_mail("boss@example.com", to=to, subject="Re: x", text="Approved"), envelope_to=to)
        assert (mail.ticket, mail.state) == (ticket, "reply")

    def test_of_an_unknown_address_makes_a_guest_without_a_link(self, ticket):
        answered(ticket, cc=["Vendor@Example.net"])
        guest = User.objects.get(email="vendor@example.net")
        assert guest.is_guest and ticket.number in mails()["vendor@example.net"].text
        assert "http" not in mails()["vendor@example.net"].text

    def test_of_the_requester_is_no_copy(self, ticket):
        answered(ticket, cc=[ticket.requester], bcc=[ticket.requester])
        assert TicketEvent.objects.get(verb="reply").data == {}
        assert "Cc" not in mails()["hanako@example.com"].headers

    def test_is_undone_with_the_reply(self, ticket, boss):
        comment = answered(ticket, cc=[boss])
        take_back(comment, by=ticket.agent, via="page")
        deliver_waiting()
        assert not visible_tickets(User.objects.get(pk=boss.pk)).exists() and not ticket.watcher_rows.exists()
        assert {mail.state for mail in mails().values()} == {"stopped"}

    def test_stays_for_those_who_saw_it_before(self, ticket, boss):
        answered(ticket, cc=[boss])
        boss = User.objects.get(pk=boss.pk)
        take_back(answered(ticket, cc=[boss]), by=ticket.agent, via="page")
        assert visible_tickets(User.objects.get(pk=boss.pk)).exists()


class TestAnswerToAll:
    """The requester answers the desk and whom they like by one mail of their own program."""

    @pytest.fixture
    def to(self, ticket, boss):
        a_mailbox(address="desk@example.com")
        assign(ticket, by=ticket.agent, via="page", assignee=ticket.agent)
        answered(ticket, cc=[boss])
        to = mails()["hanako@example.com"].headers["Reply-To"]
        OutgoingMail.objects.all().delete()
        return to

    def answers(self, to, **headers) -> set[str]:
        mail = arrives(a_mail("hanako@example.com", to=to, text="Thank you", **headers), envelope_to=to)
        assert mail.state == "reply" and mail.is_proved
        deliver_waiting()
        return set(mails())

    def test_tells_those_whom_they_did_not_write_to(self, ticket, to):
        assert self.answers(to) == {ticket.agent.email, "boss@example.com"}

    @pytest.mark.parametrize("header", ["Cc", "To"])
    def test_tells_nobody_twice(self, ticket, to, header):
        if header == "To":
            assert self.answers(f"{to}, 佐藤 <Boss@example.com>") == {ticket.agent.email}
        else:
            assert self.answers(to, Cc="佐藤 <Boss@example.com>") == {ticket.agent.email}

    def test_knows_people_by_every_proved_address(self, ticket, to, boss):
        boss.emailaddress_set.create(email="sato@example.org", verified=True)
        assert self.answers(to, Cc="sato@example.org, stranger@example.org") == {ticket.agent.email}

    def test_where_a_server_delivered_it_is_no_word_of_the_sender(self, ticket, to):
        assert self.answers(to, Delivered_To="boss@example.com") == {ticket.agent.email, "boss@example.com"}

    def test_holds_for_this_mail_alone(self, ticket, to, boss):
        self.answers(to, Cc="boss@example.com")
        answered(ticket)
        assert OutgoingMail.objects.filter(to_user=boss).count() == 1

    def test_keeps_whom_they_wrote_to_from_other_requesters(self, ticket, to, client):
        self.answers(to, Cc="boss@example.com")
        assert TicketEvent.objects.filter(verb="reply").latest("pk").data["addressed"]
        client.force_login(ticket.requester)
        assert "addressed" not in str(client.get(f"/api/v1/tickets/{ticket.number}/events/").json())


class TestBcc:
    def test_gets_one_mail_and_nobody_outside_the_desk_learns_of_it(self, ticket, boss, client):
        answered(ticket, bcc=[boss])
        answered(ticket)
        assert OutgoingMail.objects.filter(to_user=boss).count() == 1
        assert not visible_tickets(boss).exists()
        hanako = OutgoingMail.objects.filter(to_user=ticket.requester).first()
        assert "boss" not in f"{hanako.headers}{hanako.text}{hanako.html}"
        client.force_login(ticket.requester)
        page = client.get(f"/tickets/{ticket.number}/", follow=True).content.decode()
        assert "佐藤" not in page
        assert "bcc" not in str(client.get(f"/api/v1/tickets/{ticket.number}/events/").json())
        client.force_login(ticket.agent)
        assert "Bcc: 佐藤 部長" in client.get(f"/tickets/{ticket.number}/", follow=True).content.decode()

    def test_has_no_link_to_a_ticket_that_they_do_not_see(self, ticket, boss):
        answered(ticket, bcc=[boss])
        assert "/tickets/" not in mails()["boss@example.com"].text
        assert "/tickets/" in mails()["hanako@example.com"].text

    def test_leaves(self, ticket, boss, settings, mailoutbox):
        settings.MAIL_UNDO_SECONDS = 0
        answered(ticket, bcc=[boss])
        assert send_waiting() == 2
        assert "boss@example.com" not in mailoutbox[0].message().as_string()

    def test_their_answer_does_not_join_the_ticket(self, ticket, boss):
        a_mailbox(address="desk@example.com")
        answered(ticket, bcc=[boss])
        to = mails()["boss@example.com"].headers["Reply-To"]
        mail = arrives(a_mail("boss@example.com", to=to, subject="Re: x", text="?"), envelope_to=to)
        assert mail.ticket != ticket and mail.mentions == ticket


class TestWho:
    def test_only_the_desk_sends_copies(self, ticket, boss):
        with pytest.raises(PermissionDenied):
            reply(ticket, by=ticket.requester, via="api", body="x", cc=[boss])

    def test_what_is_no_address_is_refused(self, ticket):
        with pytest.raises(Refused, match="“nobody@” is not an e-mail address") as refused:
            answered(ticket, bcc=["nobody@"])
        assert refused.value.field == "bcc" and not TicketEvent.objects.filter(verb="reply").exists()

    def test_who_left_is_refused(self, ticket, boss):
        boss.is_active = False
        boss.save()
        with pytest.raises(Refused, match="no longer here"):
            answered(ticket, cc=["boss@example.com"])


class TestPages:
    def test_take_several_people_and_addresses(self, ticket, boss, client):
        client.force_login(ticket.agent)
        sent = client.post(
            f"/tickets/{ticket.number}/reply/",
            {"body": "x", "cc": "佐藤 部長 <boss@example.com>、 vendor@example.net,", "bcc": "山田"},
            headers={"HX-Request": "true"},
        )
        assert sent.status_code == 200
        data = TicketEvent.objects.get(verb="reply").data
        vendor = User.objects.get(email="vendor@example.net")
        assert data == {"cc": [[boss.pk], [vendor.pk]], "new": [[boss.pk], [vendor.pk]]}

    def test_keep_what_was_typed_when_one_is_wrong(self, ticket, client):
        client.force_login(ticket.agent)
        sent = client.post(
            f"/tickets/{ticket.number}/reply/", {"body": "keep me", "cc": "Zorro"}, headers={"HX-Request": "true"}
        )
        said = sent.content.decode()
        assert sent.status_code == 422 and "keep me" in said and 'value="Zorro"' in said
        assert "“Zorro”: Nobody fits." in said

    def test_offer_copies_to_the_desk_alone(self, ticket, client):
        client.force_login(ticket.requester)
        assert 'name="cc"' not in client.get(f"/tickets/{ticket.number}/reply/").content.decode()
        client.force_login(ticket.agent)
        assert 'name="cc"' in client.get(f"/tickets/{ticket.number}/reply/").content.decode()

    def test_suggest_the_last_of_several(self, ticket, boss, client):
        client.force_login(ticket.agent)
        found = client.get("/tickets/people/", {"cc": "a@example.com, 佐藤"}).content.decode()
        assert found.strip().startswith('<datalist id="copies-found">')
        assert 'value="a@example.com, 佐藤 部長 &lt;boss@example.com&gt;"' in found

    def test_bring_copies_back_with_the_words(self, ticket, boss, client):
        client.force_login(ticket.agent)
        comment = answered(ticket, bcc=[boss])
        back = client.post(f"/tickets/{ticket.number}/comments/{comment.pk}/take-back/", headers={"HX-Request": "true"})
        assert 'value="佐藤 部長 &lt;boss@example.com&gt;"' in back.content.decode()


class TestApi:
    def test_takes_addresses(self, ticket, boss, client):
        client.force_login(ticket.agent)
        address = f"/api/v1/tickets/{ticket.number}/comments/"
        sent = client.post(address, {"body": "x", "cc": ["boss@example.com"]}, content_type="application/json")
        assert sent.status_code == 201 and TicketEvent.objects.get(verb="reply").data["cc"] == [[boss.pk]]
        wrong = client.post(address, {"body": "x", "cc": ["boss"]}, content_type="application/json")
        assert wrong.status_code == 400 and "cc" in wrong.json()["errors"]
        note = client.post(
            address, {"body": "x", "internal": True, "cc": ["boss@example.com"]}, content_type="application/json"
        )
        assert note.status_code == 400
