"""Work in the background by API: imports, the check of the chains, comparisons of mailboxes."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.intake.models import DeadAddress, Mailbox
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import AuditEntry, User
from tests.factories import a_person, an_administrator, an_agent

pytestmark = pytest.mark.django_db
IMPORTS, CHECK = "/api/v1/imports/", "/api/v1/audit-check/"


@pytest.fixture
def admin(api):
    return api(an_administrator())


def handed_in(client, text="name,email,x\nNew,new@example.com,1\nBad,bad,1\n"):
    file = SimpleUploadedFile("staff.csv", text.encode())
    return client.post(IMPORTS, {"kind": "people", "file": file}, format="multipart")


class TestImports:
    def test_are_handed_in_looked_at_and_applied_once(self, admin):
        made = handed_in(admin)
        assert made.status_code == 201
        run = made.json()
        assert (run["state"], run["counts"]["created"], run["unknown_columns"], run["job"]) == (
            "preview",
            1,
            ["x"],
            None,
        )
        assert [(row["line"], row["label"]) for row in run["rejected"]] == [(3, "Bad")]
        address = f"{IMPORTS}{run['id']}/"
        begun = admin.post(f"{address}apply/")
        assert (begun.status_code, begun.json()["job"]["state"]) == (202, "waiting")
        assert not User.objects.filter(email="new@example.com").exists()
        run_next_job()
        done = admin.get(address).json()
        assert (done["state"], done["job"]["state"], done["rejected"]) == ("applied", "done", [])
        assert AuditEntry.objects.get(verb="apply_import").via == "api"
        assert User.objects.filter(email="new@example.com").exists()
        assert admin.post(f"{address}apply/").json()["code"] == "ended"
        assert [row["id"] for row in admin.get(IMPORTS).json()["results"]] == [run["id"]]

    def test_are_thrown_away(self, admin):
        address = f"{IMPORTS}{handed_in(admin).json()['id']}/"
        assert admin.post(f"{address}discard/").json()["state"] == "discarded"
        assert admin.post(f"{address}apply/").status_code == 409

    def test_what_is_no_table_is_said_at_its_field(self, admin):
        answer = handed_in(admin, "name\nX\n")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["file"])
        assert admin.post(IMPORTS, {"kind": "people"}, format="multipart").status_code == 400

    def test_not_for_agents(self, api):
        client = api(an_agent())
        assert [client.get(IMPORTS).status_code, handed_in(client).status_code] == [403, 403]


class TestChainCheck:
    def test_is_started_and_told(self, admin):
        assert admin.get(CHECK).status_code == 404
        assert admin.post(CHECK).status_code == 202
        again = admin.post(CHECK)
        assert (again.status_code, again.json()["code"]) == (409, "under_way")
        run_next_job()
        told = admin.get(CHECK).json()
        assert (told["state"], told["broken"], told["done"]) == ("done", [], told["total"])
        assert AuditEntry.objects.filter(verb="check_chains", via="api").count() == 1

    def test_not_for_agents(self, api):
        client = api(an_agent())
        assert [client.get(CHECK).status_code, client.post(CHECK).status_code] == [403, 403]


class TestMailboxes:
    def test_are_compared_and_missing_mails_taken(self, admin):
        box = Mailbox.objects.create(name="Box", address="box@example.com", kind="imap", host="h", user="u")
        address = f"/api/v1/mailboxes/{box.pk}/"
        assert admin.post(f"{address}compare/").json()["state"] == "waiting"
        assert admin.post(f"{address}take-missing/").status_code == 409
        Mailbox.objects.update(missing=[{"uid": 7, "at": ""}])
        assert admin.get(address).json()["missing"] == [{"uid": 7, "at": ""}]
        assert admin.post(f"{address}take-missing/").json()["state"] == "waiting"

    def test_a_handed_over_one_has_nothing_to_compare_with(self, admin):
        box = Mailbox.objects.create(name="Box", address="box@example.com")
        assert admin.post(f"/api/v1/mailboxes/{box.pk}/compare/").status_code == 409


class TestDeadAddresses:
    def test_are_listed_for_the_desk(self, api):
        DeadAddress.objects.create(address="gone@example.com", reason="550 No such user")
        rows = api(an_agent()).get("/api/v1/dead-addresses/").json()["results"]
        assert [(row["address"], row["reason"]) for row in rows] == [("gone@example.com", "550 No such user")]
        assert api(a_person()).get("/api/v1/dead-addresses/").status_code == 403
