"""Receipts are no way to send one's own words to somebody else."""

import pytest

from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_person, a_ticket
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db

SPAM = ["BUY-NOW", "cheap-pills", "http://spam.example.net/offer"]


def receipts():
    deliver_waiting()
    return list(OutgoingMail.objects.filter(kind="receipt"))


class TestReceipts:
    @pytest.mark.parametrize("accepts", ["known", "everyone"])
    def test_repeat_nothing_of_an_unproved_sender(self, accepts):
        if accepts == "known":
            a_person(email="victim@example.net", name="Victim")
        mail = a_mail(f'"{SPAM[0]}" <victim@example.net>', subject=SPAM[0], text=" ".join(SPAM),
                      files=[(f"{SPAM[1]}.txt", b"x", "text/plain")])  # fmt: skip
        arrives(mail, a_mailbox(accepts=accepts))
        (receipt,) = receipts()
        said = receipt.subject + receipt.text + receipt.html + str(receipt.headers)
        for words in SPAM:
            assert words not in said

    def test_are_limited_for_each_address_and_hour(self, settings):
        settings.MAIL_RECEIPTS_PER_HOUR = 3
        a_person(email="victim@example.net")
        for n in range(8):
            arrives(a_mail("victim@example.net", text=f"{n}"))
        assert len(receipts()) == 3

    def test_positive_control_what_somebody_asked_for_while_signed_in_is_named(self):
        a_ticket(requester=a_person(), title="My printer")
        (receipt,) = receipts()
        assert "My printer" in receipt.subject
