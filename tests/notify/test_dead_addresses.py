"""Mail to an address that does not work is kept, says why, and leaves when the address works again."""

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.intake.actions import revive_address
from servicedesk.intake.models import DeadAddress
from servicedesk.notify.actions import resend_mail, send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import AuditEntry
from servicedesk.tickets.actions import reply
from servicedesk.tickets.actions.talk import take_back
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db
SAID = "550 5.1.1 no such user"


@pytest.fixture(autouse=True)
def _at_once(settings):
    outbox.outbox = []
    settings.MAIL_UNDO_SECONDS = 0


@pytest.fixture
def hanako():
    return a_person(name="Hanako Yamada", email="Hanako@example.com")


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(hanako, team):
    return a_ticket(requester=hanako, service=a_service(team))


@pytest.fixture
def dead(hanako):
    return DeadAddress.objects.create(address="hanako@example.com", reason=SAID)


@pytest.fixture
def held(ticket, dead) -> OutgoingMail:
    """A receipt that cannot be delivered."""
    deliver_waiting()
    send_waiting()
    return OutgoingMail.objects.get()


def recipients() -> list[str]:
    return [message.to[0] for message in outbox.outbox]


class TestHeld:
    def test_is_kept_with_the_words_of_the_bounce_and_not_sent(self, held):
        assert (held.state, held.error, held.attempts, held.sent_at) == ("held", SAID, 0, None)
        assert send_waiting() == 0 and recipients() == []

    def test_holds_up_nobody_else(self, held, ticket, agent):
        taro = a_person(email="taro@example.com")
        reply(ticket, by=agent, via="page", body="Is it on?", cc=[taro])
        deliver_waiting()
        assert send_waiting() == 1 and recipients() == ["taro@example.com"]

    def test_says_so_where_mails_are_listed(self, held, ticket, agent, visit):
        client = visit(agent)
        places = (reverse("desk:beside", args=[ticket.number]), reverse("notify:outgoing"))
        for address in (*places, reverse("notify:mail", args=[held.pk])):
            shown = client.get(address, headers={"HX-Request": "true"}).content.decode()
            assert "Not sent" in shown and SAID in shown, address
            assert "It leaves by itself when the address works again." in shown, address
        assert SAID in client.get(places[1], {"state": "held"}).content.decode()
        assert SAID not in client.get(places[1], {"state": "sent"}).content.decode()

    def test_by_api(self, held, agent, visit):
        (row,) = visit(agent).get("/api/v1/outgoing-mails/?state=held").json()["results"]
        assert (row["state"], row["error"]) == ("held", SAID)

    def test_cannot_be_sent_by_hand_while_the_mark_is_there(self, held, agent, visit):
        with pytest.raises(Refused, match="does not arrive") as refusal:
            resend_mail(held, by=agent, via="page")
        assert refusal.value.code == "dead_address"
        assert visit(agent).post(f"/api/v1/outgoing-mails/{held.pk}/resend/").status_code == 409

    def test_of_a_reply_is_taken_back_with_it(self, dead, ticket, agent, settings):
        comment = reply(ticket, by=agent, via="page", body="Is it on?")
        deliver_waiting()
        send_waiting()
        settings.MAIL_UNDO_SECONDS = 60
        take_back(comment, by=agent, via="page")
        deliver_waiting()
        assert set(OutgoingMail.objects.filter(kind="reply").values_list("state", "error")) == {("stopped", "")}


class TestReleased:
    def test_leaves_when_somebody_says_that_the_address_works(self, held, ticket, agent):
        revive_address(ticket, "Hanako@example.com", by=agent, via="page")
        assert send_waiting() == 1 and recipients() == ["Hanako@example.com"]
        held.refresh_from_db()
        assert (held.state, held.error) == ("sent", "")

    def test_once(self, held, dead):
        dead.delete()
        send_waiting()
        send_waiting()
        assert len(outbox.outbox) == 1

    def test_only_what_the_mark_kept(self, held, dead):
        DeadAddress.objects.create(address="taro@example.com")
        a_ticket(requester=a_person(email="taro@example.com"))
        deliver_waiting()
        send_waiting()
        dead.delete()
        send_waiting()
        assert recipients() == ["Hanako@example.com"]

    def test_not_what_is_older_than_a_week(self, held, dead, visit, agent):
        OutgoingMail.objects.update(created_at=timezone.now() - timedelta(days=7, hours=1))
        dead.delete()
        assert send_waiting() == 0
        held.refresh_from_db()
        assert held.state == "held"
        shown = visit(agent).get(reverse("notify:mail", args=[held.pk])).content.decode()
        assert "too old to leave by itself" in shown
        resend_mail(held, by=agent, via="page")
        assert send_waiting() == 1

    def test_what_waited_long_has_its_days_of_trying_again(self, held, dead):
        OutgoingMail.objects.update(created_at=timezone.now() - timedelta(days=5))
        dead.delete()
        send_waiting()
        held.refresh_from_db()
        assert held.created_at > timezone.now() - timedelta(minutes=1)


class TestBox:
    def said(self, visit, agent, ticket) -> str:
        said = [
            " ".join(visit(agent).get(address, headers={"HX-Request": "true"}).content.decode().split())
            for address in (
                reverse("desk:beside", args=[ticket.number]) + "?box=reply",
                reverse("intake:dead", args=[ticket.number]),
            )
        ]
        assert ("composer-reader" in said[0]) == ("composer-reader" in said[1])
        return " ".join(said)

    def test_says_who_reads_a_reply(self, dead, ticket, agent, visit):
        said = self.said(visit, agent, ticket)
        assert 'id="composer-reader" hx-swap-oob="true"' in said
        assert "Hanako Yamada reads this only on the page of the ticket" in said
        # Not inside of what goes to its own place: the page would show it in both.
        place = said.partition('<div id="box-dead"')[2].partition('id="composer-reader"')[0]
        assert place.count("<div") + 1 == place.count("</div>")
        box = visit(agent).get(reverse("tickets:reply", args=[ticket.number]), headers={"HX-Request": "true"})
        assert 'id="composer-reader"' in box.content.decode()

    def test_a_guest_has_no_page(self, dead, hanako, ticket, agent, visit):
        hanako.is_guest = True
        hanako.save()
        assert "Hanako Yamada does not get this" in self.said(visit, agent, ticket)

    def test_says_nothing_when_another_address_of_theirs_is_dead(self, ticket, hanako, agent, visit):
        hanako.emailaddress_set.create(email="old@example.com", verified=True)
        DeadAddress.objects.create(address="old@example.com")
        said = self.said(visit, agent, ticket)
        assert "Mail to old@example.com does not arrive" in said and "composer-reader" not in said


class TestList:
    address = "/settings/dead-addresses/"

    def test_shows_whose_they_are_why_and_what_waits(self, held, dead, ticket, hanako, visit):
        shown = visit(an_administrator()).get(self.address).content.decode()
        for words in ("hanako@example.com", SAID, "Hanako Yamada", ticket.number, '<td class="number"'):
            assert words in shown, words
        assert reverse("people:person", args=[hanako.pk]) in shown

    def test_is_found_by_address_and_person(self, dead, visit):
        DeadAddress.objects.create(address="gone@example.org", reason="quota")
        client = visit(an_administrator())
        for words, found in (("gone@", {"gone@example.org"}), ("yamada", {"hanako@example.com"}), ("nobody", set())):
            shown = client.get(self.address, {"words": words}).content.decode()
            assert {each for each in ("gone@example.org", "hanako@example.com") if f">{each}<" in shown} == found
        assert "No such address" in client.get(self.address, {"words": "nobody"}).content.decode()

    def test_says_that_all_work(self, visit):
        assert "Every address works" in visit(an_administrator()).get(self.address).content.decode()

    def test_says_nothing_of_confidential_tickets(self, held, ticket, visit):
        ticket.is_confidential = True
        ticket.save()
        shown = visit(an_administrator()).get(self.address).content.decode()
        assert "hanako@example.com" in shown and ticket.number not in shown
        assert '<td class="number" data-label="Mails waiting">0</td>' in shown

    def test_clears_a_mark(self, held, dead, hanako, agent, visit):
        address = reverse("notify:dead-address-revive", args=[dead.pk])
        assert visit(agent).post(address).status_code == 403 and DeadAddress.objects.exists()
        answer = visit(an_administrator()).post(address, follow=True).content.decode()
        assert "mail reaches this address again" in answer and not DeadAddress.objects.exists()
        assert AuditEntry.objects.get(verb="revive").label == f"address of person {hanako.pk}"
        assert send_waiting() == 1
        assert visit(an_administrator()).post(address).status_code == 404

    def test_goes_on_on_further_pages(self, visit):
        for number in range(55):
            DeadAddress.objects.create(address=f"a{number}@example.com")
        shown = visit(an_administrator()).get(self.address).content.decode()
        assert shown.count("@example.com</td>") == 50 and "after=" in shown

    def test_asks_as_often_however_many_there_are(self, visit):
        client, counts = visit(an_administrator()), []
        client.get(self.address)
        for number in (1, 4):
            for each in range(number):
                person = a_person(email=f"p{number}{each}@example.com")
                DeadAddress.objects.create(address=person.email)
                a_ticket(requester=person)
            deliver_waiting()
            send_waiting()
            with CaptureQueriesContext(connection) as queries:
                client.get(self.address)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestApi:
    address = "/api/v1/dead-addresses/"

    def test_lists_what_the_page_does(self, held, dead, ticket, hanako, agent, visit):
        (row,) = visit(agent).get(self.address).json()["results"]
        assert row.pop("since_at")
        assert row == {
            "id": dead.pk,
            "address": "hanako@example.com",
            "reason": SAID,
            "person": {"id": hanako.pk, "name": "Hanako Yamada"},
            "tickets": [ticket.number],
            "held": 1,
        }
        assert visit(agent).get(f"{self.address}?words=nobody").json()["results"] == []
        assert len(visit(agent).get(f"{self.address}?words=hanako").json()["results"]) == 1

    def test_clears_a_mark_for_administrators(self, dead, agent, visit):
        assert visit(agent).post(f"{self.address}{dead.pk}/revive/").status_code == 403
        assert visit(an_administrator()).post(f"{self.address}{dead.pk}/revive/").status_code == 204
        assert not DeadAddress.objects.exists()
