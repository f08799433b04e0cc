"""The ledger as a file: what the filters find and the person may see, in CSV and for Excel, audited, not too often."""

import csv
import io
import zipfile
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from servicedesk.intake.actions import exporting, store
from servicedesk.intake.models import IncomingMail
from servicedesk.people import xlsxfiles
from servicedesk.people.models import AuditEntry
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent

from .mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db
EXPORT = reverse("intake:mails-export")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def bytes_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def rows_of_csv(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(bytes_of(answer).decode("utf-8-sig"))))


def rows_of_xlsx(content: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))  # every part can be read
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert sheet.find(f".//{MAIN}f") is None, "no formula"
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{MAIN}row")]


@pytest.fixture
def mails():
    a_person(email="hanako@example.com")
    return [
        arrives(a_mail(subject="=1+1 プリンター", message_id="<one@example.com>")),
        arrives(a_mail('"+Stranger" <stranger@example.net>', subject="Hello\x01 _x0041_ <b>&")),
    ]


class TestWhatIsInIt:
    def test_what_the_filters_find_newest_first(self, visit, mails):
        answer = visit(an_agent()).post(f"{EXPORT}?state=all", {"kind": "csv"})
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"].startswith('attachment; filename="mails-')
        head, held, ticket = rows_of_csv(answer)
        assert head[:5] == ["Number", "Received", "Sender's name", "Sender's address", "Subject"]
        assert held[2:4] == ["'+Stranger", "stranger@example.net"]
        assert held[6:8] == ["Held for a decision", "We do not know the sender."]
        assert ticket[4] == "'=1+1 プリンター" and ticket[6] == "Became a ticket"
        assert ticket[8] == IncomingMail.objects.get(pk=mails[0].pk).ticket.number and ticket[11] == "<one@example.com>"

    def test_only_what_needs_a_look_without_filters_and_by_words(self, visit, mails):
        client = visit(an_agent())
        assert [row[0] for row in rows_of_csv(client.post(EXPORT))[1:]] == [str(mails[1].pk)]
        found = rows_of_csv(client.post(f"{EXPORT}?state=all&words=one@example.com"))
        assert [row[0] for row in found[1:]] == [str(mails[0].pk)]

    def test_the_same_for_excel(self, visit, mails):
        answer = visit(an_agent()).post(f"{EXPORT}?state=all", {"kind": "xlsx"})
        assert answer["Content-Type"] == xlsxfiles.CONTENT_TYPE and '.xlsx"' in answer["Content-Disposition"]
        head, held, ticket = rows_of_xlsx(bytes_of(answer))
        assert head[0] == "Number" and [held[0], ticket[0]] == [str(mails[1].pk), str(mails[0].pk)]
        assert held[2] == "'+Stranger" and ticket[4] == "'=1+1 プリンター"
        assert held[4] == IncomingMail.objects.get(pk=mails[1].pk).subject.replace("_x0041_", "_x005F_x0041_")

    def test_only_mails_that_the_person_may_see(self, visit, mails):
        team = a_team()
        ours = store(a_mailbox(address="x@desk.example.com", team=team), b"Subject: ours\n\n", state="held")
        secret = a_service(a_team(), is_confidential=True)
        store(a_mailbox(address="y@desk.example.com", service=secret), b"Subject: no\n\n", state="held")
        for who, wanted in ((an_agent(team), {mails[1].pk, ours.pk}), (an_agent(), {mails[1].pk})):
            assert {int(row[0]) for row in rows_of_csv(visit(who).post(EXPORT))[1:]} == wanted
        assert visit(a_person()).post(EXPORT).status_code == 403

    def test_a_last_row_says_that_there_is_more(self, visit, mails, monkeypatch):
        monkeypatch.setattr(exporting, "MOST_EXPORTED", 1)
        rows = rows_of_csv(visit(an_agent()).post(f"{EXPORT}?state=all"))
        assert len(rows) == 3 and rows[2] == ["There is more. Narrow the filter: at most 1 rows are exported."]
        monkeypatch.setattr(exporting, "MOST_EXPORTED", 2)
        assert len(rows_of_csv(visit(an_agent()).post(f"{EXPORT}?state=all"))) == 3

    def test_is_in_the_persons_language(self, visit, mails):
        rows = rows_of_csv(visit(an_agent(language="ja")).post(f"{EXPORT}?state=all"))
        assert rows[0][3] == "差出人のアドレス" and rows[1][6] == "保留"

    def test_costs_the_same_queries_for_one_and_three(self, visit, mails):
        client = visit(an_agent())
        bytes_of(client.post(EXPORT))
        counts = []
        for n in (1, 3):
            while IncomingMail.objects.filter(state="held").count() < n:
                arrives(a_mail("stranger@example.net"))
            with CaptureQueriesContext(connection) as queries:
                bytes_of(client.post(EXPORT))
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestThatItIsKept:
    def test_who_took_what(self, visit, mails):
        agent = an_agent()
        visit(agent).post(f"{EXPORT}?state=all&words=hello", {"kind": "xlsx"})
        entry = AuditEntry.objects.order_by("-id").first()
        assert (entry.verb, entry.by, entry.via, entry.label) == ("export_mails", agent, "page", "Incoming mail")
        assert entry.data == {"kind": "xlsx", "rows": 1, "filters": {"state": "all", "words": "hello"}}
        page = visit(an_administrator()).get(reverse("desk:audit")).content.decode()
        assert "Exported the list of mails" in page

    def test_opening_the_address_exports_nothing(self, visit, mails):
        assert visit(an_agent()).get(EXPORT).status_code == 405
        assert not AuditEntry.objects.filter(verb="export_mails").exists()

    def test_it_is_refused_in_a_sentence_when_it_is_too_often(self, visit, mails, monkeypatch):
        monkeypatch.setattr(exporting, "MOST_AN_HOUR", 2)
        client = visit(an_agent())
        assert [client.post(EXPORT).status_code for _n in range(2)] == [200, 200]
        refused = client.post(f"{EXPORT}?state=all", follow=True)
        assert refused.redirect_chain == [(f"{reverse('intake:held')}?state=all", 302)]
        assert "You may export the list 2 times an hour." in refused.content.decode()
        assert visit(an_agent()).post(EXPORT).status_code == 200, "others may"
