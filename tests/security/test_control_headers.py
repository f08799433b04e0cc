"""Headers by which somebody outside could steer the desk are dropped at the door."""

import pytest

from servicedesk.intake.mail.reading import read
from tests.factories import a_person, a_ticket, an_administrator
from tests.intake.mails import a_mail, arrives

pytestmark = pytest.mark.django_db

CONTROL = {
    "X_Madoguchi_Ticket": "INC0000001", "X_Madoguchi_User": "admin@example.com", "X-MADOGUCHI-Status": "closed",
    "X_Madoguchi_Priority": "1", "X-Madoguchi_Team": "1", "X_ServiceDesk_Command": "delete",
}  # fmt: skip


class TestControlHeaders:
    def test_change_nothing_of_what_a_mail_becomes(self):
        administrator = an_administrator(email="admin@example.com")
        other = a_ticket()
        hanako = a_person(email="hanako@example.com")
        control = CONTROL | {"X_Madoguchi_Ticket": other.number}
        plain = arrives(a_mail(text="one")).ticket
        steered = arrives(a_mail(text="two", **control)).ticket
        for name in ("status", "phase", "priority", "team", "assignee", "requester", "service", "is_major", "type"):
            assert getattr(steered, name) == getattr(plain, name), name
        assert steered != other and steered.requester == hanako != administrator

    def test_are_not_even_read(self):
        names = {name.lower() for name, _value in read(a_mail(**CONTROL).as_bytes()).headers}
        assert not [name for name in names if "madoguchi" in name or "servicedesk" in name]

    def test_positive_control_others_are_shown(self):
        letter = read(a_mail(X_Mailer="Pigeon 1.0").as_bytes())
        assert letter.header("x-mailer") == "Pigeon 1.0"
