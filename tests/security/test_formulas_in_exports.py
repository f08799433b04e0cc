"""Formulas in exports: no cell of any CSV begins with what a spreadsheet runs."""

import csv
import io
import zipfile
from xml.etree import ElementTree

import pytest

from servicedesk.people.models import Role
from tests.factories import a_company, a_department, a_person, a_service, a_team, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db

STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
NASTY = "=cmd|' /C calc'!A0"


def cells(answer) -> list[str]:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]


class TestExports:
    @pytest.mark.parametrize("start", STARTS[:4] + STARTS[6:])
    def test_of_the_queue_hold_no_formula(self, start, visit):
        team = a_team(name=f"{start}SUM(1)")
        an_incident(
            title=f"{start}SUM(1)", service=a_service(team, name_en=f"{start}x"), requester=a_person(name=f"{start}1")
        )
        found = cells(visit(an_agent(team)).get("/desk/export.csv?view=all"))
        assert any("SUM(1)" in cell for cell in found)
        assert [cell for cell in found if cell.startswith(STARTS)] == []

    @pytest.mark.parametrize("kind", ["people", "departments", "teams"])
    def test_of_people_hold_no_formula(self, kind, visit):
        company = a_company(name=NASTY)
        a_department(company, name=NASTY)
        a_team(name=NASTY)
        a_person(name=NASTY, reading=NASTY, company=company)
        found = cells(visit(a_person(Role.ADMINISTRATOR)).get(f"/settings/export/{kind}/"))
        assert any(NASTY in cell for cell in found)
        assert [cell for cell in found if cell.startswith(STARTS)] == []

    def test_of_the_audit_log_hold_no_formula(self, visit):
        administrator = a_person(Role.ADMINISTRATOR, name=NASTY)
        client = visit(administrator)
        client.post("/me/tokens/", {"name": NASTY, "scopes": ["read"], "days": "7"})
        found = cells(client.get("/settings/audit/export/"))
        assert any(NASTY in cell for cell in found)
        assert [cell for cell in found if cell.startswith(STARTS)] == []

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_of_mails_hold_no_formula(self, kind, visit):
        arrives(a_mail(f'"{NASTY}" <stranger@example.net>', subject=NASTY), a_mailbox(name=NASTY))
        answer = visit(an_agent()).post("/settings/mails/export/", {"kind": kind})
        if kind == "csv":
            found = cells(answer)
        else:
            sheet = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).read("xl/worksheets/sheet1.xml")
            found = ["".join(cell.itertext()) for cell in ElementTree.fromstring(sheet).findall(".//{*}c")]
        assert len([cell for cell in found if NASTY in cell]) == 3
        assert [cell for cell in found if cell.startswith(STARTS)] == []
