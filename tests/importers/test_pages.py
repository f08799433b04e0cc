import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from servicedesk.importers.actions import run_import, upload_import
from servicedesk.importers.models import Mapping, TicketImport
from servicedesk.people.actions import create_token
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import Team
from servicedesk.tickets.models import Ticket
from tests.factories import again, an_administrator, an_agent

from .logs import closed, log, row, still_open
from .test_tables import CHOSEN, TABLE

pytestmark = pytest.mark.django_db
LIST = "/settings/ticket-imports/"


@pytest.fixture
def admin():
    return an_administrator()


def file(content: bytes, name: str = "log.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/csv")


def post_file(client, content: bytes, **more):
    given = {"kind": "servicenow", "time_zone": "Asia/Tokyo", "file": file(content)} | more
    return client.post(LIST, given)


class TestTheWay:
    def test_from_a_file_to_tickets(self, visit, admin):
        client = visit(admin)
        assert "None yet." in client.get(LIST).content.decode()
        answer = post_file(client, log(*closed(), row(number="INC9", opened_at="soon")))
        run = TicketImport.objects.get()
        assert (answer.status_code, answer.url) == (303, f"{LIST}{run.pk}/")
        text = client.get(answer.url).content.decode()
        assert "Import 1 ticket" in text
        assert "“soon” is no moment" in text
        assert client.post(f"{LIST}{run.pk}/start/").status_code == 303
        assert "Being imported" in client.get(answer.url).content.decode()
        assert run_next_job()
        assert "1 ticket was written." in client.get(answer.url).content.decode()
        rejected = b"".join(client.get(f"{LIST}{run.pk}/rejected.csv").streaming_content).decode("utf-8-sig")
        assert rejected.splitlines()[0] == "Line,Number there,Reason"
        assert "INC9" in rejected
        assert "log.csv" in client.get(LIST).content.decode()

    def test_of_a_table_whose_columns_are_chosen(self, visit, admin):
        client = visit(admin)
        answer = post_file(client, TABLE.encode(), kind="table", system="Ledger")
        run = TicketImport.objects.get()
        assert answer.url == f"{LIST}{run.pk}/columns/"
        assert "Number there" in client.get(answer.url).content.decode()
        typed = {f"column_{name}": column for name, column in CHOSEN.columns.items()}
        typed |= {"date_format": "ymd", "words": "Done = Closed\nHigh = P1\nLow = P4", "default_impact": "2"}
        wrong = client.post(answer.url, typed | {"words": "Done"})
        assert wrong.status_code == 422
        assert "“Done”: write the word of the file" in wrong.content.decode()
        wrong = client.post(answer.url, typed | {"default_impact": "vast"})
        assert wrong.status_code == 422
        assert "Impact: “vast” is not known." in wrong.content.decode()
        answer = client.post(answer.url, typed | {"save_as": "Old ledger"})
        assert answer.url == f"{LIST}{run.pk}/"
        assert "Import 2 tickets" in client.get(answer.url).content.decode()
        assert "Old ledger" in client.get(LIST).content.decode()
        mapping = Mapping.objects.get()
        assert client.post(f"{LIST}mappings/{mapping.pk}/delete/").status_code == 303
        assert not Mapping.objects.exists()

    def test_thrown_away(self, visit, admin):
        client = visit(admin)
        post_file(client, log(*closed()))
        run = TicketImport.objects.get()
        assert client.post(f"{LIST}{run.pk}/discard/").url == LIST
        run.refresh_from_db()
        assert (run.state, bytes(run.content)) == ("discarded", b"")
        answer = client.post(f"{LIST}{run.pk}/start/")
        assert answer.status_code == 422
        assert "This import has ended" in answer.content.decode()

    @pytest.mark.parametrize(
        ("content", "more", "sentence"),
        [
            (b"a,b\n1,2\n", {}, "This is no event log of ServiceNow"),
            (log(row()), {"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
            (TABLE.encode(), {"kind": "table"}, "Say from which system the table comes."),
        ],
    )
    def test_a_wrong_file_is_a_sentence_and_keeps_what_was_typed(self, visit, admin, content, more, sentence):
        answer = post_file(visit(admin), content, **more)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert not TicketImport.objects.exists()

    def test_is_nothing_for_agents(self, visit):
        client = visit(an_agent())
        assert client.get(LIST).status_code == 403
        assert client.get(f"{LIST}1/").status_code in (403, 404)


class TestOnTheTicket:
    @pytest.fixture
    def ticket(self, admin):
        content = log(*still_open())
        run = upload_import("servicenow", name="x", content=content, time_zone="UTC", by=admin, via="page")
        run_import(run, by=admin, via="page")
        Team.objects.update(is_active=True)
        return Ticket.objects.get()

    def test_it_says_where_it_came_from(self, visit, ticket):
        client = visit(an_agent(ticket.team))
        address = reverse("importers:of-ticket", args=[ticket.number])
        page = client.get(ticket.get_absolute_url()).content.decode()
        assert address in page
        assert "cannot be reached: the ticket was imported" in page
        assert "import.invalid" not in page
        text = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "ServiceNow" in text
        assert "INC2" in text
        assert "met, as recorded there" in text
        assert "code 6" in text

    def test_strangers_do_not_see_it(self, visit, ticket):
        assert visit(an_agent()).get(reverse("importers:of-ticket", args=[ticket.number])).status_code == 404

    def test_addresses_that_nobody_has_are_not_shown(self, visit, admin, ticket):
        client = visit(admin)
        person = ticket.requester
        for address in (f"/settings/people/{person.pk}/", "/settings/people/?q=Caller&active=all"):
            assert "import.invalid" not in client.get(address).content.decode()

    def test_its_time_line_reads(self, visit, ticket):
        text = visit(an_agent(ticket.team)).get(ticket.get_absolute_url()).content.decode()
        assert "Opened by 8 opened this (Phone)." in text
        assert "Updated by 5 started work." in text


class TestApi:
    @pytest.fixture
    def api(self, client, admin):
        _row, secret = create_token(admin, name="t", scopes=["settings", "read"], days=1, via="page")
        headers = {"Authorization": f"Bearer {secret}"}
        client.defaults.update({f"HTTP_{name.upper()}": value for name, value in headers.items()})
        return client

    def test_the_same_way(self, api):
        given = {"kind": "servicenow", "file": file(log(*closed(), row(number="INC9", opened_at="soon")))}
        answer = api.post("/api/v1/ticket-imports/", given)
        assert answer.status_code == 201, answer.content
        body = answer.json()
        assert (body["state"], body["counts"]) == ("preview", {"created": 1, "rejected": 1})
        assert body["news"]["teams"] == ["Group 24", "Group 70"]
        assert body["rejected"][0]["external_id"] == "INC9"
        address = f"/api/v1/ticket-imports/{body['id']}/"
        assert api.post(f"{address}start/").status_code == 202
        run_next_job()
        body = api.get(address).json()
        assert (body["state"], body["job"]["state"]) == ("done", "done")
        assert api.get("/api/v1/ticket-imports/").json()["results"][0]["id"] == body["id"]
        number = Ticket.objects.get().number
        assert api.get(f"/api/v1/tickets/{number}/").json()["external_id"] == "INC1"
        assert api.post(f"{address}discard/").status_code == 409

    def test_a_table(self, api):
        given = {"kind": "table", "system": "Ledger", "file": file(TABLE.encode())}
        body = api.post("/api/v1/ticket-imports/", given).json()
        assert body["state"] == "columns"
        address = f"/api/v1/ticket-imports/{body['id']}/"
        chosen = CHOSEN.as_json() | {"save_as": "Old ledger"}
        answer = api.post(f"{address}columns/", chosen, content_type="application/json")
        assert answer.status_code == 200, answer.content
        assert answer.json()["counts"] == {"created": 2}
        assert api.get("/api/v1/ticket-imports/mappings/").json()[0]["name"] == "Old ledger"
        other = {"kind": "table", "mapping": "Old ledger", "file": file(b"a,b\n1,2\n")}
        answer = api.post("/api/v1/ticket-imports/", other)
        assert answer.status_code == 400
        assert "This file has other columns" in answer.json()["detail"]

    def test_not_for_agents(self, visit):
        client = visit(an_agent())
        assert client.get("/api/v1/ticket-imports/").status_code == 403
        assert client.get("/api/v1/ticket-imports/1/").status_code in (403, 404)


def test_a_list_costs_the_same_for_more_rows(visit, admin):
    client = visit(again(admin))
    client.get(LIST)
    counts = []
    for total in (1, 3):
        while TicketImport.objects.count() < total:
            upload_import("servicenow", name="x", content=log(row()), time_zone="UTC", by=admin, via="page")
        with CaptureQueriesContext(connection) as found:
            client.get(LIST)
        counts.append(len(found))
    assert counts[0] == counts[1]
