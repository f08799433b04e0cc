"""How many statements a mail takes from raw row to ticket, event and receipt."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from servicedesk.intake.actions import read_waiting, store
from servicedesk.intake.models import IncomingMail
from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_person
from tests.intake.mails import a_mail, a_mailbox

pytestmark = pytest.mark.django_db


def statements(work, mails: int) -> int:
    """How many statements `work` makes of so many new mails of as many people, savepoints not counted."""
    for n in range(mails):
        person = a_person(email=f"p{mails}-{n}@example.com")
        store(a_mailbox(), a_mail(person.email, subject=f"Mail {n}").as_bytes())
    if work is deliver_waiting:
        read_waiting()
    with CaptureQueriesContext(connection) as seen:
        work()
    return len([one for one in seen if "SAVEPOINT" not in one["sql"]])


class TestAMailOfSomebodyKnown:
    def test_is_read_by_15_statements_of_its_own(self):
        assert statements(read_waiting, 6) - statements(read_waiting, 2) == 4 * 15
        assert IncomingMail.objects.filter(state="ticket").count() == 8

    def test_is_acknowledged_by_no_statement_of_its_own(self):
        deliver_waiting()
        assert statements(deliver_waiting, 6) == statements(deliver_waiting, 2)
        assert OutgoingMail.objects.filter(kind="receipt").count() == 8
