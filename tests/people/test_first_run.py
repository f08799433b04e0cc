import stat

import pytest
from django.core.management import CommandError, call_command

from servicedesk.desk.first_run import code_path, make_code
from servicedesk.intake.models import Mailbox
from servicedesk.people.models import AuditEntry, Company, Team, User
from tests.factories import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_home(settings, tmp_path):
    settings.HOME = tmp_path


@pytest.fixture
def code() -> str:
    return make_code()


FIELDS = {
    "name": "Ada",
    "email": "ada@example.com",
    "password": "correct horse battery",
    "language": "en",
    "time_zone": "Asia/Tokyo",
    "company": "Analytical Engines",
    "team": "Service desk",
    "mailbox": "desk@example.com",
}


class TestFirstRun:
    def test_an_empty_desk_leads_there(self, client, code):
        response = client.get("/")
        assert (response.status_code, response["Location"]) == (302, "/first-run/")
        assert client.get("/first-run/").status_code == 200

    def test_makes_everything_signs_in_and_explains_the_next_steps(self, client, code):
        response = client.post("/first-run/", FIELDS | {"code": code.lower()})
        assert (response.status_code, response["Location"]) == (303, "/first-run/next/")
        person, team = User.objects.get(), Team.objects.get()
        assert (person.company, person.roles) == (Company.objects.get(), {"administrator", "agent", "lead"})
        assert (team.lead, list(team.members.all()), Mailbox.objects.get().team) == (person, [person], team)
        assert person.check_password("correct horse battery")
        assert "Your desk is ready" in client.get("/first-run/next/").content.decode()
        assert not any("horse" in str(entry.data) for entry in AuditEntry.objects.all())

    def test_the_code_goes_with_the_first_person(self, client, code, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/first-run/", FIELDS | {"code": code})
        assert not code_path().exists()

    @pytest.mark.parametrize("given", ["", "AAAAA-BBBBB-CCCCC-DDDDD", "日本語"])
    def test_without_the_code_nothing_happens(self, client, code, given):
        response = client.post("/first-run/", FIELDS | {"code": given})
        assert response.status_code == 422
        assert not User.objects.exists()
        assert "correct horse" not in response.content.decode()
        assert 'value="Ada"' in response.content.decode()

    def test_without_a_code_on_disk_no_code_fits(self, client):
        assert client.post("/first-run/", FIELDS | {"code": "-"}).status_code == 422
        assert not User.objects.exists()

    def test_is_gone_as_soon_as_somebody_is_there(self, client, code):
        a_person()
        assert client.get("/first-run/").status_code == 404
        assert client.post("/first-run/", FIELDS | {"code": code}).status_code == 404
        assert client.get("/")["Location"].startswith("/account/login/")

    def test_a_guest_who_wrote_a_mail_does_not_count(self, client, code):
        a_person(is_guest=True)
        assert client.get("/first-run/").status_code == 200

    def test_a_weak_password_is_refused(self, client, code):
        response = client.post("/first-run/", FIELDS | {"code": code, "password": "password12"})
        assert response.status_code == 422
        assert not User.objects.exists()

    def test_a_refusal_half_way_leaves_nothing(self, client, code):
        response = client.post("/first-run/", FIELDS | {"code": code, "mailbox": "desk+x@example.com"})
        assert response.status_code == 422
        assert not User.objects.exists()
        assert not Company.objects.exists()
        assert code_path().exists()

    def test_a_desk_without_a_mailbox_is_fine(self, client, code):
        client.post("/first-run/", FIELDS | {"code": code, "mailbox": ""})
        assert User.objects.exists()
        assert not Mailbox.objects.exists()


class TestCode:
    def test_only_its_owner_reads_the_file(self, code):
        assert stat.S_IMODE(code_path().stat().st_mode) == 0o600
        assert len(code) == 23

    def test_the_command_prints_it_while_nobody_is_here(self, capsys):
        call_command("set_up_code")
        assert capsys.readouterr().out.strip() == code_path().read_text().strip()
        a_person()
        with pytest.raises(CommandError):
            call_command("set_up_code")
