"""Taking a ticket outside: under whose contract, with which mail, what it costs, and the way back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail as outbox
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from servicedesk.directory.actions import amend_referral, escalate_outside, undo_referral
from servicedesk.directory.models import Referral
from servicedesk.levels.models import Agreement, AgreementTarget, Clock
from servicedesk.notify.actions import send_waiting
from servicedesk.people.models import Role, User
from servicedesk.tickets.actions import assign, set_fields
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Comment, Ticket
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, again, an_agent, an_incident, events_of
from tests.intake.mails import a_mailbox, arrives
from tests.intake.test_reader import answer_of

from .test_directory import a_contract, an_entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team, name="Ken Suzuki")


@pytest.fixture
def ticket(team, agent):
    ticket = an_incident(team=team, title="Switch is dead", description="No light on port 3").ticket
    assign(ticket, by=agent, via="page", assignee=agent)
    return ticket


@pytest.fixture
def contract():
    agreement = Agreement.objects.create(name="Sakura 4 h", kind="vendor", around_the_clock=True)
    AgreementTarget.objects.create(agreement=agreement, priority=4, minutes=240)
    return a_contract(an_entry(languages=["en"], contact="Ms Sato"), agreement=agreement)


def last(ticket) -> tuple[str, dict]:
    return events_of(ticket)[-1]


class TestEscalating:
    def test_says_all_that_a_clock_needs_counts_mails_and_waits_and_the_answer_comes_back(
        self, ticket, agent, contract
    ):
        entry = contract.entry
        referral = escalate_outside(
            ticket, entry, by=agent, via="page", contract=contract, contact="Ms Sato", reference="CASE-9",
            body="Please look.",
        )  # fmt: skip
        vendor = User.objects.get(email="support@sakura.example")
        assert [verb for verb, _data in events_of(ticket)][-3:] == ["forward", "wait_for_vendor", "escalate_outside"]
        assert last(ticket)[1] == {
            "entry": [entry.pk, "Sakura Network"], "contract": [contract.pk, "SN-1"],
            "agreement": contract.agreement_id, "reference": "CASE-9", "used": "1", "unit": "incidents",
            "to": [[vendor.pk]],
        }  # fmt: skip
        contract.refresh_from_db()
        assert (ticket.status, contract.used, referral.used) == ("waiting_vendor", 1, 1)
        deliver_waiting()
        send_waiting()
        (letter,) = [each for each in outbox.outbox if each.to == ["support@sakura.example"]]
        assert "Hello Ms Sato" in letter.body and "Please look." in letter.body and "No light on port 3" in letter.body
        came = arrives(answer_of(vendor, ticket, text="Send us the log."), a_mailbox())
        assert came.ticket == ticket
        answer = Comment.objects.get(event__verb="answer_from_outside")
        assert answer.event.data["entry"] == [entry.pk, "Sakura Network"] and not answer.is_public
        clock = Clock.objects.get(ticket=ticket, kind="agreement")
        assert (clock.agreement, clock.minutes, clock.run) == (contract.agreement, 240, "running")
        undo_referral(referral, by=agent, via="page")
        deliver_waiting()
        clock.refresh_from_db()
        assert clock.run == "stopped"

    def test_undo_gives_back_and_work_goes_on(self, ticket, agent, contract):
        referral = escalate_outside(ticket, contract.entry, by=agent, via="page", contract=contract)
        with pytest.raises(Refused, match="Only Ken Suzuki or a lead"):
            undo_referral(referral, by=an_agent(ticket.team), via="page")
        undo_referral(referral, by=agent, via="page")
        undo_referral(referral, by=agent, via="page")
        contract.refresh_from_db()
        assert (Ticket.objects.get(pk=ticket.pk).status, contract.used) == ("in_progress", 0)
        assert [verb for verb, _data in events_of(ticket)][-2:] == ["undo_escalation_outside", "resume"]
        with pytest.raises(Refused, match="taken back"):
            amend_referral(referral, by=agent, via="page", reference="X")

    def test_number_and_hours_may_come_later(self, ticket, agent, contract):
        contract.unit = "hours"
        contract.save()
        referral = escalate_outside(ticket, contract.entry, by=agent, via="page", contract=contract)
        assert referral.used == 0
        amend_referral(referral, by=agent, via="page", reference="C-1", used=Decimal("2.5"))
        assert last(ticket)[0] == "amend_escalation_outside"
        assert last(ticket)[1]["changes"] == {"reference": ["", "C-1"], "used": ["0", "2.5"]}
        contract.refresh_from_db()
        assert contract.used == Decimal("2.5")

    def test_never_takes_more_than_is_left_unless_that_is_meant(self, ticket, agent, contract):
        contract.used = Decimal(10)
        contract.save()
        with pytest.raises(Refused, match="Only 0 of 10 are left") as refused:
            escalate_outside(ticket, contract.entry, by=agent, via="page", contract=contract, body="Look")
        assert refused.value.field == "agreed"
        assert not Referral.objects.exists() and not Comment.objects.filter(event__verb="forward").exists()
        escalate_outside(ticket, contract.entry, by=agent, via="page", contract=contract, agreed=True)
        contract.refresh_from_db()
        assert contract.used == 11

    def test_a_second_press_takes_it_once(self, ticket, agent, contract):
        seen = Ticket.objects.get(pk=ticket.pk).event_count
        for _press in range(2):
            escalate_outside(ticket, contract.entry, by=agent, via="page", contract=contract, seen=seen)
        assert Referral.objects.count() == 1

    def test_is_for_those_whom_the_contract_names_and_for_leads(self, ticket, agent, team, contract):
        contract.callers.set([other := an_agent(team, name="Mio Ito")])
        for chosen in (contract, None):
            with pytest.raises(Refused, match="Ask Mio Ito, or a lead"):
                escalate_outside(ticket, contract.entry, by=agent, via="page", contract=chosen)
        escalate_outside(ticket, contract.entry, by=other, via="page", contract=contract)
        lead = a_person(Role.LEAD, teams=[team])
        escalate_outside(ticket, contract.entry, by=lead, via="page", contract=contract)
        with pytest.raises(PermissionDenied):
            escalate_outside(ticket, contract.entry, by=again(ticket.requester), via="page")

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"valid_to": timezone.localdate() - timedelta(days=1)}, "ended on"),
            ({"valid_from": timezone.localdate() + timedelta(days=1), "valid_to": None}, "begins on"),
            ({"is_active": False}, "no such contract in use"),
        ],
    )
    def test_refuses_a_contract_that_is_not_valid(self, ticket, agent, contract, fields, sentence):
        for name, value in fields.items():
            setattr(contract, name, value)
        contract.save()
        with pytest.raises(Refused, match=sentence):
            escalate_outside(ticket, contract.entry, by=agent, via="page", contract=contract)

    def test_to_a_manager_it_waits_for_nobody(self, ticket, agent):
        boss = an_entry(kind="manager", name="Boss", person=a_person(), email="")
        escalate_outside(ticket, boss, by=agent, via="page", contact="Boss")
        assert Ticket.objects.get(pk=ticket.pk).status == "assigned"
        assert last(ticket)[1]["agreement"] is None


class TestPages:
    def test_from_the_panel_to_the_mail_and_back(self, visit, ticket, agent, contract):
        page = visit(agent)
        assert (
            reverse("directory:for-ticket", args=[ticket.number])
            in page.get(ticket.get_absolute_url()).content.decode()
        )
        panel = page.get(reverse("directory:for-ticket", args=[ticket.number])).content.decode()
        address = reverse("directory:escalate", args=[ticket.number, contract.entry_id])
        assert address in panel and "10 incidents left" in panel
        form = page.get(address).content.decode()
        assert "Contract: SN-1" in form and "Switch is dead" in form
        looked = page.post(address, {"body": "Please **look**.", "send": "on", "used": "1", "preview": "1"})
        assert "<strong>look</strong>" in looked.content.decode() and "No light on port 3" in looked.content.decode()
        assert not Referral.objects.exists()
        assert page.post(address, {"body": " ", "send": "on", "used": "1"}).status_code == 422
        assert page.post(address, {"body": "Look", "send": "on", "used": "1"}).status_code == 303
        referral = Referral.objects.get()
        shown = page.get(ticket.get_absolute_url()).content.decode()
        assert "took this outside: Sakura Network. Contract SN-1." in shown
        page.post(reverse("directory:amend", args=[ticket.number, referral.pk]), {"reference": "C-77", "used": "2"})
        history = page.get(reverse("directory:contract", args=[contract.pk])).content.decode()
        assert ticket.number in history and "C-77" in history and "2 incidents" in history
        page.post(reverse("directory:undo", args=[ticket.number, referral.pk]))
        contract.refresh_from_db()
        assert contract.used == 0

    def test_more_than_is_left_is_asked_for_once(self, visit, ticket, agent, contract):
        contract.used = Decimal(10)
        contract.save()
        page, address = visit(agent), reverse("directory:escalate", args=[ticket.number, contract.entry_id])
        asked = page.post(address, {"used": "1"})
        assert asked.status_code == 422 and "Use more than is left" in asked.content.decode()
        assert page.post(address, {"used": "1", "agreed": "on"}).status_code == 303

    def test_others_see_whom_to_ask(self, visit, ticket, agent, team, contract):
        contract.callers.set([an_agent(team, name="Mio Ito", extension="4021")])
        shown = visit(agent).get(reverse("directory:escalate", args=[ticket.number, contract.entry_id]))
        assert "Mio Ito" in shown.content.decode() and "4021" in shown.content.decode()
        assert "<textarea" not in shown.content.decode()

    def test_the_history_names_no_ticket_that_the_reader_may_not_see(self, visit, ticket, agent, contract):
        referral = escalate_outside(ticket, contract.entry, by=agent, via="page", contract=contract, contact="Ms Sato")
        set_fields(ticket, by=agent, via="page", is_confidential=True)
        page = visit(an_agent())
        shown = page.get(reverse("directory:entry", args=[contract.entry_id])).content.decode()
        assert ticket.number not in shown and ticket.title not in shown and "1 more ticket" in shown
        assert page.get(reverse("directory:amend", args=[ticket.number, referral.pk])).status_code == 404
