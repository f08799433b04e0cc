"""The ledger as a file, by API."""

import pytest

from servicedesk.intake.actions import exporting
from servicedesk.people.models import AuditEntry
from tests.factories import a_person, an_agent
from tests.intake.mails import a_mail, arrives
from tests.intake.test_exporting import bytes_of, rows_of_csv, rows_of_xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def mails():
    a_person(email="hanako@example.com")
    return [arrives(a_mail()), arrives(a_mail("stranger@example.net"))]


class TestByApi:
    def test_by_the_lists_filters(self, api, mails):
        client = api(an_agent())
        answer = client.post("/api/v1/incoming-mails/export/?fate=ticket")
        assert [row[0] for row in rows_of_csv(answer)[1:]] == [str(mails[0].pk)]
        box = mails[0].mailbox_id
        answer = client.post(f"/api/v1/incoming-mails/export/?mailbox={box}", {"kind": "xlsx"}, format="json")
        assert len(rows_of_xlsx(bytes_of(answer))) == 3
        assert client.get(f"/api/v1/incoming-mails/?mailbox={box + 1}").json()["results"] == []
        assert AuditEntry.objects.order_by("-id").first().data["filters"] == {"mailbox": str(box)}

    def test_what_it_does_not_know_is_refused(self, api, mails):
        client = api(an_agent())
        assert client.post("/api/v1/incoming-mails/export/", {"kind": "pdf"}, format="json").status_code == 400
        assert client.post("/api/v1/incoming-mails/export/?other=1").status_code == 400
        assert api(a_person()).post("/api/v1/incoming-mails/export/").status_code == 403

    def test_it_is_refused_when_it_is_too_often(self, api, mails, monkeypatch):
        monkeypatch.setattr(exporting, "MOST_AN_HOUR", 1)
        client = api(an_agent())
        assert client.post("/api/v1/incoming-mails/export/").status_code == 200
        answer = client.post("/api/v1/incoming-mails/export/")
        assert (answer.status_code, answer.json()["code"]) == (409, "too_many")
