import time

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from servicedesk.people.actions import apply_import, change_person, create_token, discard_import, upload_import
from servicedesk.people.csvfiles import begin, plain_cell, read, safe_cell, write
from servicedesk.people.importing import HEADERS, export_rows, header_names
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import AuditEntry, Department, ImportRun, Team, User
from servicedesk.people.queries import live_tokens
from servicedesk.web.errors import Refused
from tests.factories import a_company, a_department, a_person, a_service, a_team, again, an_administrator, an_agent

from .test_persons import entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator(name="Ada", email="ada@example.com", employee_number="A1")


def upload(by, text: str | bytes, kind: str = "people") -> ImportRun:
    content = text if isinstance(text, bytes) else text.encode()
    return upload_import(kind, name="file.csv", content=content, by=by, via="page")


def rejected(run: ImportRun) -> list[tuple[int, str]]:
    return [(line, reason) for line, outcome, _label, _changes, reason in run.plan["rows"] if outcome == "rejected"]


def exported(kind: str) -> bytes:
    return b"".join(write(header_names(kind), export_rows(kind)))


class TestReading:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
    def test_encodings_of_japanese_spreadsheets_are_understood_and_said(self, admin, encoding):
        run = upload(admin, "氏名,メールアドレス\r\n髙橋花子,h@example.com\r\n".encode(encoding))
        assert run.encoding == encoding
        assert run.plan["rows"][0][2] == "髙橋花子"

    @pytest.mark.parametrize(
        ("head", "row"),
        [
            ("E-mail,Name", "a@example.com,A"),
            ("メールアドレス\t氏名", "a@example.com\tA"),
            ("ｅ－ｍａｉｌ,NAME", "a@example.com,A"),
        ],
    )
    def test_headers_in_both_languages_commas_and_tabs(self, admin, head, row):
        assert upload(admin, f"{head}\n{row}\n").counts["created"] == 1

    def test_the_line_of_a_row_after_a_cell_of_several_lines_is_right(self):
        table = read(b'name,email\n"a\nb",x\n\nc,y\n', HEADERS["people"])
        assert [row.line for row in table.rows] == [2, 5]

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "The file is empty. Its first line has the names of the columns."),
            (b"name,email\n", "The file has no rows beside its first line."),
            (b"name\nX\n", "The file needs a column “E-mail” or “Employee number”, so that rows find their people."),
            (b"email,E-mail\na@b.jp,a@b.jp\n", "The column “email” is there twice."),
            (b"\x00\x01\x02", "This file is no text in UTF-8 or Shift_JIS. Save it as CSV (UTF-8)."),
            (b"email,name\n" + b"a" * 200_000, "Line 2 cannot be read as a table."),
        ],
    )
    def test_refuses_what_is_no_table(self, admin, content, sentence):
        with pytest.raises(Refused) as refused:
            upload(admin, content)
        assert str(refused.value) == sentence
        assert not ImportRun.objects.exists()

    def test_only_administrators_may(self):
        with pytest.raises(PermissionDenied):
            upload(an_agent(), "email,name\na@example.com,A\n")

    def test_what_is_too_large_is_refused_with_the_limit_that_holds(self):
        with pytest.raises(Refused, match="larger than 10.bytes"):
            begin(b"name\r\nabcdef", {"name": ()}, most_bytes=10)
        with pytest.raises(Refused, match="more than 1 rows"):
            list(begin(b"name\r\na\r\nb", {"name": ()}, most_rows=1).rows)


class TestPreview:
    def test_writes_nothing(self, admin):
        upload(admin, "email,name\nnew@example.com,New\nada@example.com,Other\n")
        assert User.objects.count() == 1
        assert again(admin).name == "Ada"

    def test_says_what_would_be_created_changed_field_by_field_and_stay(self, admin):
        boss = a_person(name="Boss", employee_number="B1")
        a_person(name="Same", email="same@example.com")
        run = upload(
            admin,
            "employee number,e-mail,name,manager,phone\n"
            ",new@example.com,New,B1,03\n"
            "A1,ada@example.com,Ada Lovelace,B1,\n"
            ",same@example.com,Same,,\n",
        )
        assert run.counts == {"created": 1, "changed": 1, "unchanged": 1, "rejected": 0}
        assert run.plan["rows"] == [
            [
                2,
                "created",
                "New",
                {"email": ["", "new@example.com"], "name": ["", "New"], "phone": ["", "03"], "manager": ["", "Boss"]},
                "",
            ],
            [3, "changed", "Ada Lovelace", {"name": ["Ada", "Ada Lovelace"], "manager": ["", "Boss"]}, ""],
            [4, "unchanged", "Same", {}, ""],
        ]
        assert boss.reports.count() == 0

    def test_unknown_columns_are_told(self, admin):
        assert upload(admin, "email,name,Shoe size\na@example.com,A,41\n").plan["unknown"] == ["Shoe size"]

    def test_rejects_rows_with_line_and_reason(self, admin):
        company = a_company(code="hq", name="HQ")
        a_department(company, code="d1")
        a_person(email="taken@example.com", name="Owner")
        run = upload(
            admin,
            "email,name,company,department,manager,language,time zone,active,roles,addresses\n"
            "nobody,N,,,,,,,,\n"
            "a@example.com,,,,,,,,,\n"
            "b@example.com,B,xx,,,,,,,\n"
            "c@example.com,C,hq,d9,,,,,,\n"
            "d@example.com,D,,,zz,,,,,\n"
            "e@example.com,E,,,,fr,,,,\n"
            "f@example.com,F,,,,,Mars,,,\n"
            "g@example.com,G,,,,,,maybe,,\n"
            "h@example.com,H,,,,,,,king,\n"
            "i@example.com,I,,,,,,,,taken@example.com\n"
            "j@example.com,J,,,,,,,,\n"
            "J@example.com,J2,,,,,,,,\n"
            ",,,,,,,,agent,\n",
        )
        assert rejected(run) == [
            (2, "E-mail: “nobody” is not an e-mail address."),
            (3, "Name is missing."),
            (4, "Company: there is no company with the code “xx”."),
            (5, "Department: there is no department with the code “d9” (company hq)."),
            (6, "Manager: there is nobody with the number or address “zz”."),
            (7, "Language: write ja or en."),
            (8, "Time zone: “Mars” is not a time zone; write one such as Asia/Tokyo."),
            (9, "Active: “maybe” is neither yes nor no."),
            (10, "Roles: there is no role “king”."),
            (11, "Other e-mail addresses: taken@example.com belongs to Owner."),
            (13, "The same person stands in line 12."),
            (14, "There is neither an employee number nor an address."),
        ]
        assert run.counts["created"] == 1

    def test_number_and_address_of_two_people_are_rejected(self, admin):
        a_person(email="other@example.com", name="Other")
        run = upload(admin, "employee number,email,name\nA1,other@example.com,X\n")
        assert rejected(run) == [(2, "The employee number is that of Ada, the address that of Other.")]

    def test_circles_of_managers_are_rejected_also_within_the_file(self, admin):
        run = upload(
            admin,
            "email,name,manager\na@example.com,A,b@example.com\nb@example.com,B,c@example.com\nc@example.com,C,a@example.com\n",
        )
        assert [line for line, _reason in rejected(run)] == [2, 3, 4]
        assert "circle" in rejected(run)[-1][1] or "circle" in rejected(run)[0][1]

    def test_rows_that_name_a_rejected_row_are_rejected_too(self, admin):
        run = upload(admin, "email,name,manager,language\na@example.com,A,b@example.com,\nb@example.com,B,,xx\n")
        assert [line for line, _reason in rejected(run)] == [2, 3]

    def test_the_last_administrator_and_oneself_stay(self, admin):
        run = upload(admin, "email,active\nada@example.com,no\n")
        assert rejected(run) == [(2, "You cannot deactivate yourself. Another administrator can.")]
        run = upload(admin, "email,roles\nada@example.com,agent\n")
        assert rejected(run) == [(2, "Nobody would be left as an administrator.")]


class TestApply:
    def test_does_what_was_shown_and_once(self, admin):
        department = a_department(code="d1")
        person = a_person("agent", email="p@example.com", name="Old")
        run = upload(
            admin,
            "email,name,department,roles,addresses,manager\n"
            "new@example.com,New,d1,agent; lead,second@example.com,p@example.com\n"
            "p@example.com,Newer,,,,new@example.com\n".replace(
                "p@example.com,Newer,,,,new@example.com", "p@example.com,Newer,,lead,,"
            ),
        )
        apply_import(run, by=admin, via="page")
        new = User.objects.get(email="new@example.com")
        assert (new.department, new.company, new.manager, new.roles) == (
            department,
            department.company,
            person,
            {"agent", "lead"},
        )
        assert not new.has_usable_password()
        assert sorted(EmailAddress.objects.filter(user=new, verified=True).values_list("email", "primary")) == [
            ("new@example.com", True),
            ("second@example.com", False),
        ]
        person = again(person)
        assert (person.name, person.roles) == ("Newer", {"lead"})
        assert entries(person) == [
            ("change", {"changes": {"name": ["Old", "Newer"], "roles": ["agent", ["lead"]]}, "import": True})
        ]
        assert [verb for verb, _data in entries(new)] == ["create"]
        with pytest.raises(Refused) as refused:
            apply_import(run, by=admin, via="page")
        assert refused.value.code == "ended"

    def test_the_file_goes_when_it_is_done(self, admin):
        run = upload(admin, "email,name\nnew@example.com,New\n")
        apply_import(run, by=admin, via="page")
        run.refresh_from_db()
        assert (bytes(run.content), run.plan, run.counts["created"]) == (b"", {}, 1)

    def test_a_preview_that_no_longer_holds_is_made_anew_and_nothing_written(self, admin):
        person = a_person(email="p@example.com", name="Old")
        run = upload(admin, "email,name\np@example.com,New\n")
        change_person(person, by=admin, via="page", name="Meanwhile")
        with pytest.raises(Refused) as refused:
            apply_import(run, by=admin, via="page")
        assert refused.value.code == "stale"
        run.refresh_from_db()
        assert run.plan["rows"][0][3] == {"name": ["Meanwhile", "New"]}
        assert again(person).name == "Meanwhile"
        apply_import(run, by=admin, via="page")
        assert again(person).name == "New"

    def test_taking_somebody_out_of_use_ends_their_tokens(self, admin):
        person = a_person(email="p@example.com")
        create_token(person, name="T", scopes=["read"], days=1, via="page")
        apply_import(upload(admin, "email,有効\np@example.com,無効\n"), by=admin, via="page")
        assert not again(person).is_active
        assert not live_tokens().exists()

    def test_a_new_main_address_keeps_the_person(self, admin):
        person = a_person(email="old@example.com", employee_number="7")
        apply_import(upload(admin, "社員番号,メールアドレス\n7,new@example.com\n"), by=admin, via="page")
        assert again(person).email == "new@example.com"
        assert list(EmailAddress.objects.filter(user=person).values_list("email", "primary")) == [
            ("new@example.com", True)
        ]

    def test_a_guest_in_the_file_becomes_one_of_the_company(self, admin):
        guest = a_person(email="g@example.com", is_guest=True)
        apply_import(upload(admin, "email,name\ng@example.com,Grown\n"), by=admin, via="page")
        assert (again(guest).is_guest, again(guest).name) == (False, "Grown")

    def test_rejected_rows_are_left_out(self, admin):
        run = upload(admin, "email,name\nbad,Bad\ngood@example.com,Good\n")
        apply_import(run, by=admin, via="page")
        assert User.objects.filter(email="good@example.com").exists()
        assert User.objects.count() == 2

    def test_a_file_thrown_away_changes_nothing(self, admin):
        run = upload(admin, "email,name\nnew@example.com,New\n")
        discard_import(run, by=admin, via="page")
        with pytest.raises(Refused):
            apply_import(run, by=admin, via="page")
        assert User.objects.count() == 1


class TestDepartments:
    def test_a_tree_comes_in_whatever_the_order(self, admin):
        a_company(code="hq")
        run = upload(admin, "部署コード,部署名,上位部署,部署長\nlow,係,mid,A1\nmid,課,top,\ntop,部,,\n", "departments")
        apply_import(run, by=admin, via="page")
        low = Department.objects.get(code="low")
        assert (low.parent.code, low.parent.parent.code, low.head) == ("mid", "top", admin)

    def test_circles_and_unknown_parents_are_rejected(self, admin):
        company = a_company(code="hq")
        top = a_department(company, code="top", name="Top")
        a_department(company, code="low", name="Low", parent=top)
        run = upload(admin, "code,name,parent\ntop,Top,low\nx,X,nowhere\n", "departments")
        assert rejected(run) == [
            (2, "“Low” above “top Top” would make a circle."),
            (3, "Belongs to: there is no department with the code “nowhere” (company hq)."),
        ]


class TestTeams:
    def test_members_lead_and_next_tier_come_in(self, admin):
        one = a_person("agent", employee_number="1")
        run = upload(
            admin,
            "code,name,tier,lead,members,next tier\nt1,First,1,A1,1; ada@example.com,t2\nt2,Second,２,,,\n",
            "teams",
        )
        apply_import(run, by=admin, via="page")
        team = Team.objects.get(code="t1")
        assert (set(team.members.all()), team.lead, team.next_team.code, team.next_team.tier) == (
            {one, admin},
            admin,
            "t2",
            2,
        )

    def test_a_team_with_services_stays_in_use(self, admin):
        a_service(a_team(code="t1"))
        run = upload(admin, "code,active\nt1,no\n".replace("active", "in use"), "teams")
        assert rejected(run)[0][1].startswith("Services of the team are in use")


class TestRoundTrip:
    @pytest.fixture
    def house(self, admin):
        company = a_company(code="hq")
        top = a_department(company, code="top", name='=HYPERLINK("x")', head=admin)
        a_department(company, code="low", parent=top)
        a_person(
            "agent",
            "lead",
            name="+81 Taro",
            reading="-タロウ",
            email="taro@example.com",
            phone="+81-3-1234",
            extension="'=1",
            company=company,
            department=top,
            manager=admin,
            is_vip=True,
            time_zone="Europe/Paris",
        )
        change_person(User.objects.get(email="taro@example.com"), by=admin, via="page", addresses=["t2@example.com"])
        a_person(name="Gone", is_active=False)
        a_person(name="Guest", is_guest=True)
        second = a_team(code="t2", tier=2)
        team = a_team(code="t1", name="@Team", lead=admin, next_team=second)
        an_agent(team)

    @pytest.mark.parametrize("kind", ["people", "departments", "teams"])
    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_an_export_comes_back_unchanged(self, admin, house, kind, language):
        with translation.override(language):
            content = exported(kind)
        run = upload(admin, content, kind)
        assert (run.counts["created"], run.counts["changed"], run.counts["rejected"]) == (0, 0, 0), run.plan
        assert run.counts["unchanged"] == len(list(export_rows(kind)))

    def test_no_cell_begins_like_a_formula(self, house):
        for kind in ("people", "departments", "teams"):
            for line in exported(kind).decode("utf-8-sig").splitlines():
                for cell in line.split(","):
                    assert not cell.strip('"').startswith(("=", "+", "-", "@", "\t"))

    @pytest.mark.parametrize("text", ["=1", "+81", "-1", "@x", "'=1", "''=1", "'plain", "plain", "＝1", ""])
    def test_what_is_neutralised_is_the_same_again(self, text):
        assert plain_cell(safe_cell(text)) == text


class TestPages:
    def test_upload_look_and_apply(self, visit, admin):
        client = visit(admin)
        file = SimpleUploadedFile("staff.csv", "氏名,メールアドレス\n新人,new@example.com\nX,bad\n".encode("cp932"))
        sent = client.post("/settings/imports/", {"kind": "people", "file": file})
        run = ImportRun.objects.get()
        assert (sent.status_code, sent["Location"]) == (303, f"/settings/imports/{run.pk}/")
        shown = client.get(f"/settings/imports/{run.pk}/").content.decode()
        assert "Shift_JIS" in shown and "Apply 1 row" in shown and "“bad” is not an e-mail address." in shown
        assert client.post(f"/settings/imports/{run.pk}/apply/").status_code == 303
        assert not User.objects.filter(email="new@example.com").exists()
        meanwhile = client.get(f"/settings/imports/{run.pk}/", headers={"HX-Request": "true"}).content.decode()
        assert meanwhile.startswith('<div id="import-run" hx-get') and "Being applied</dd>" in meanwhile
        assert "1 row is being applied." in meanwhile
        assert run_next_job()
        assert User.objects.filter(email="new@example.com").exists()
        afterwards = client.get(f"/settings/imports/{run.pk}/", headers={"HX-Request": "true"}).content.decode()
        assert "1 row was applied." in afterwards and "hx-get" not in afterwards
        assert client.post(f"/settings/imports/{run.pk}/apply/").status_code == 422
        assert client.get("/settings/imports/").status_code == 200
        assert AuditEntry.objects.filter(verb="apply_import").count() == 1

    def test_a_preview_that_no_longer_holds_is_said_and_shown_anew(self, visit, admin):
        run = upload(admin, "name,email\nNew,new@example.com\n")
        client = visit(admin)
        client.post(f"/settings/imports/{run.pk}/apply/")
        a_person(name="Old", email="new@example.com")
        run_next_job()
        shown = client.get(f"/settings/imports/{run.pk}/").content.decode()
        assert "Something was changed since this preview was made." in shown
        assert "Will be changed" in shown and "Apply 1 row" in shown

    def test_whoever_lost_the_right_meanwhile_changes_nothing(self, visit, admin):
        run = upload(admin, "name,email\nNew,new@example.com\n")
        visit(admin).post(f"/settings/imports/{run.pk}/apply/")
        change_person(again(admin), by=an_administrator(), via="page", roles=[])
        run_next_job()
        assert not User.objects.filter(email="new@example.com").exists()
        shown = visit(an_administrator()).get(f"/settings/imports/{run.pk}/").content.decode()
        assert "You may not do this any more." in shown

    def test_a_refused_file_comes_back_on_the_form(self, visit, admin):
        file = SimpleUploadedFile("staff.csv", b"name\nX\n")
        answer = visit(admin).post("/settings/imports/", {"kind": "people", "file": file})
        assert answer.status_code == 422
        assert "The file needs a column" in answer.content.decode()

    @pytest.mark.parametrize("kind", ["people", "departments", "teams"])
    def test_export_is_a_download_for_administrators(self, visit, admin, kind):
        answer = visit(admin).get(f"/settings/export/{kind}/")
        assert answer["Content-Disposition"].startswith(f'attachment; filename="{kind}-')
        assert b"".join(answer.streaming_content).startswith(b"\xef\xbb\xbf")
        assert visit(an_agent()).get(f"/settings/export/{kind}/").status_code == 403

    def test_no_other_table_is_handed_out(self, visit, admin):
        assert visit(admin).get("/settings/export/tokens/").status_code == 404


class TestSize:
    def test_ten_thousand_rows_take_seconds(self, admin, django_assert_max_num_queries):
        company = a_company(code="hq")
        for n in range(20):
            a_department(company, code=f"d{n}")
        lines = ["社員番号,氏名,フリガナ,メールアドレス,部署,上長,電話,役割"]
        lines += [
            f"{n},氏名{n},シメイ{n},p{n}@example.com,d{n % 20},{n // 10 or ''},03-{n},agent" for n in range(1, 10_001)
        ]
        start = time.monotonic()
        with django_assert_max_num_queries(30):
            run = upload(admin, "\n".join(lines))
        preview = time.monotonic() - start
        assert run.counts == {"created": 10_000, "changed": 0, "unchanged": 0, "rejected": 0}
        with django_assert_max_num_queries(200):
            apply_import(run, by=admin, via="page")
        applied = time.monotonic() - start - preview
        changed = "\n".join(line.replace("03-", "04-") for line in lines)
        apply_import(upload(admin, changed), by=admin, via="page")
        again_ = time.monotonic() - start - preview - applied
        print(f"preview {preview:.1f} s, apply {applied:.1f} s, change all {again_:.1f} s")
        assert preview < 30
        assert applied < 60
