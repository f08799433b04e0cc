"""Pages of outgoing mail."""

import pytest
from django.urls import reverse

from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_service, a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db


def a_mail_about(**fields) -> OutgoingMail:
    a_ticket(**fields)
    deliver_waiting()
    return OutgoingMail.objects.latest("id")


class TestOutgoing:
    def test_lists_shows_and_sends_again(self, visit):
        mail = a_mail_about(title="Printer on fire")
        OutgoingMail.objects.update(state="failed", error="550 no such user")
        client = visit(an_agent())
        shown = client.get(reverse("notify:outgoing"), {"state": "failed"}).content.decode()
        assert "Printer on fire" in shown and "550 no such user" in shown
        assert "Printer on fire" not in client.get(reverse("notify:outgoing"), {"state": "sent"}).content.decode()
        assert mail.ticket.number in client.get(reverse("notify:mail", args=[mail.pk])).content.decode()
        answer = client.post(reverse("notify:resend", args=[mail.pk]), follow=True)
        assert "sent now" in answer.content.decode()
        mail.refresh_from_db()
        assert mail.state == "waiting"

    def test_of_a_confidential_ticket_is_for_its_team(self, visit):
        service = a_service(is_confidential=True)
        mail = a_mail_about(service=service, title="Secret")
        for user, sees in ((an_agent(service.team), True), (an_agent(), False), (an_administrator(), False)):
            client = visit(user)
            assert ("Secret" in client.get(reverse("notify:outgoing")).content.decode()) == sees
            assert client.get(reverse("notify:mail", args=[mail.pk])).status_code == (200 if sees else 404)
            assert client.post(reverse("notify:resend", args=[mail.pk])).status_code == (303 if sees else 404)

    def test_lists_none_of_what_an_agent_asked_of_another_team(self, visit):
        # Before, they stood in the list, whose links led nowhere, and told who had been written to.
        agent, service = an_agent(), a_service()
        mail = a_mail_about(service=service, team=service.team, requester=agent, title="My own chair")
        client = visit(agent)
        assert "My own chair" not in client.get(reverse("notify:outgoing")).content.decode()
        assert client.get(reverse("notify:mail", args=[mail.pk])).status_code == 404
        assert "My own chair" in visit(an_agent(service.team)).get(reverse("notify:outgoing")).content.decode()

    def test_is_not_for_staff(self, visit):
        mail = a_mail_about()
        client = visit(mail.to_user)
        assert client.get(reverse("notify:outgoing")).status_code == 403
        assert client.get(reverse("notify:mail", args=[mail.pk])).status_code == 403

    def test_stands_on_the_ticket_for_the_desk(self, visit):
        mail = a_mail_about()
        address = reverse("desk:beside", args=[mail.ticket.number])
        fragment = visit(an_agent()).get(address, headers={"HX-Request": "true"}).content.decode()
        assert "Receipt" in fragment.partition('<section class="panel linked" id="ticket-mails-out"')[2]
        assert "Receipt" not in fragment.partition('id="ticket-mails-out"')[0]
