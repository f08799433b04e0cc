"""Who changed last what a settings page is about, and the way to its history in the audit log."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cmdb.actions import change_service, create_item
from incidents.causes import create_cause_code
from servicedesk.desk.areas import GROUPS
from servicedesk.desk.audit_filters import OBJECT_NAMES
from servicedesk.desk.macros import create_macro
from servicedesk.desk.templates import create_template
from servicedesk.intake.models import Mailbox
from servicedesk.levels.actions import set_service_levels
from servicedesk.levels.models import Rank
from servicedesk.notify.actions import save_mail_text
from servicedesk.notify.notices import save_notice_settings
from servicedesk.people.actions import audit
from servicedesk.people.models import AuditEntry, Role
from servicedesk.priorities.actions import save_grid
from servicedesk.tickets.actions import close_month, save_rounding
from servicedesk.tickets.actions.settings import create_category
from tests.factories import a_company, a_department, a_person, a_service, a_team, an_administrator, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def mari():
    return an_administrator(name="Mari Sato")


def foot(page: str) -> str:
    """The words of the foot, "" where there is none."""
    found = re.search(r'<p class="last-change".*?</p>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def link(page: str) -> str:
    found = re.search(r'<p class="last-change".*?<a href="([^"]+)"', page, re.DOTALL)
    return found[1].replace("&amp;", "&") if found else ""


def rows(page: str) -> list[str]:
    """What the audit log shows, a row each."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)]


def a_mailbox() -> Mailbox:
    return Mailbox.objects.create(name="Box", address="box@example.com")


def a_template(by, **fields):
    return create_template(by=by, via="page", **({"name": "Asks", "code": "ask", "body_en": "Which?"} | fields))


def a_macro(by):
    return create_macro(by=by, via="page", name="Notes", note="x")


def marked(obj, by) -> None:
    """An entry of the log about an object, as the actions write them."""
    audit(obj, "change", by=by, via="page", changes={"name": ["before", "after"]})


class TestEveryPage:
    @pytest.mark.parametrize(
        ("route", "make"),
        [
            ("cmdb:services", lambda by: marked(a_service(), by)),
            ("cmdb:items", lambda by: create_item(by=by, via="page", number="PC-1", name="PC", kind="computer")),
            ("desk:categories", lambda by: create_category(by=by, via="page", code="hw", name="Hardware")),
            (
                "desk:cause-codes",
                lambda by: create_cause_code(by=by, via="page", code="x", name="X", name_en="X", group="external"),
            ),
            ("people:teams", lambda by: marked(a_team(), by)),
            ("people:companies", lambda by: marked(a_company(), by)),
            ("people:departments", lambda by: marked(a_department(), by)),
            ("people:people", lambda by: marked(a_person(), by)),
            ("intake:mailboxes", lambda by: marked(a_mailbox(), by)),
            ("notify:texts", lambda by: save_mail_text("closed", "en", body="It is over.", by=by, via="page")),
            ("desk:templates", a_template),
            ("desk:macros", a_macro),
            ("desk:work-months", lambda by: close_month(date(2026, 1, 1), by=by, via="page")),
            ("desk:work-rounding", lambda by: save_rounding(unit=15, way="up", by=by, via="page")),
        ],
    )
    def test_says_who_changed_last(self, visit, mari, route, make):
        client = visit(mari)
        AuditEntry.objects.all().delete()
        assert foot(client.get(reverse(route)).content.decode()) == ""
        make(mari)
        page = client.get(reverse(route)).content.decode()
        assert re.fullmatch(r"Last changed .+ by Mari Sato History of changes", foot(page))
        assert any("Mari Sato" in row for row in rows(client.get(link(page)).content.decode()))

    def test_of_one_object_says_it_of_this_alone(self, visit, mari):
        one, other = a_service(name="Mail"), a_service(name="Files")
        change_service(one, by=mari, via="page", name="E-mail")
        change_service(other, by=an_administrator(name="Someone Else"), via="page", name="Drives")
        client = visit(mari)
        page = client.get(reverse("cmdb:service", args=[one.pk])).content.decode()
        assert "by Mari Sato" in foot(page)
        log = client.get(link(page)).content.decode()
        assert len(rows(log)) == 1 and "Mail" in rows(log)[0] and "→ E-mail" in rows(log)[0]
        assert "Only what concerns “E-mail”." in log or "Only what concerns “Mail”." in log
        assert "by Someone Else" in foot(client.get(reverse("cmdb:services")).content.decode())

    def test_the_matrix_and_the_one_of_a_service_have_their_own(self, visit, mari):
        service = a_service()
        save_grid(service, {(1, 1): 2}, by=mari, via="page")
        client = visit(mari)
        assert foot(client.get(reverse("priorities:matrix")).content.decode()) == ""
        page = client.get(reverse("priorities:service-matrix", args=[service.pk])).content.decode()
        assert "by Mari Sato" in foot(page)
        assert len(rows(client.get(link(page)).content.decode())) == 1
        grid = {(impact, urgency): 3 for impact in range(1, 5) for urgency in range(1, 5)}
        save_grid(None, grid, by=an_administrator(name="Someone Else"), via="page")
        assert "by Someone Else" in foot(client.get(reverse("priorities:matrix")).content.decode())

    def test_the_levels_of_services_too(self, visit, mari):
        set_service_levels({a_service(): (Rank.objects.first(), None)}, by=mari, via="page")
        page = visit(mari).get(reverse("levels:service-levels")).content.decode()
        assert "by Mari Sato" in foot(page)
        assert "Chose rank and calendar" in visit(mari).get(link(page)).content.decode()

    def test_a_text_of_mails_is_found_by_its_name_also_after_it_was_reset(self, visit, mari):
        client = visit(mari)
        save_mail_text("closed", "en", body="It is over.", by=mari, via="page")
        page = client.get(reverse("notify:text", args=["closed", "en"])).content.decode()
        assert "by Mari Sato" in foot(page)
        assert any("It is over." in row for row in rows(client.get(link(page)).content.decode()))
        assert foot(client.get(reverse("notify:text", args=["closed", "ja"])).content.decode()) == ""
        client.post(reverse("notify:text-reset", args=["closed", "en"]))
        page = client.get(reverse("notify:text", args=["closed", "en"])).content.decode()
        assert len(rows(client.get(link(page)).content.decode())) == 2

    def test_what_the_desk_did_itself_is_said_so(self, visit, mari):
        marked(a_team(), None)
        assert "by the desk itself" in foot(visit(mari).get(reverse("people:teams")).content.decode())

    def test_a_new_object_has_no_history(self, visit, mari):
        marked(a_team(), mari)
        assert foot(visit(mari).get(reverse("people:team-new")).content.decode()) == ""

    def test_costs_one_query(self, visit, mari):
        client, address = visit(mari), reverse("desk:categories")
        for number in range(5):
            create_category(by=mari, via="page", code=f"c{number}", name=f"C {number}")
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        assert len([one for one in seen if "people_auditentry" in one["sql"]]) == 1


class TestWhoSeesIt:
    def test_who_may_change_but_not_read_the_log_sees_who_and_when_alone(self, visit, mari):
        service = a_service()
        marked(service, mari)
        client = visit(a_person(Role.CMDB_MANAGER))
        for address in (reverse("cmdb:services"), reverse("cmdb:service", args=[service.pk])):
            page = client.get(address).content.decode()
            assert re.fullmatch(r"Last changed .+ by Mari Sato", foot(page))
            assert link(page) == ""

    def test_who_may_only_look_sees_nothing(self, visit, mari):
        item = create_item(by=mari, via="page", number="PC-1", name="PC", kind="computer")
        template, person = a_template(mari), a_person()
        marked(person, mari)
        client = visit(an_agent(a_team()))
        for route, args in (
            ("cmdb:items", []),
            ("cmdb:item", [item.pk]),
            ("desk:templates", []),
            ("desk:template", [template.pk]),
            ("people:people", []),
            ("people:person", [person.pk]),
        ):
            answer = client.get(reverse(route, args=args))
            assert answer.status_code == 200, route
            assert foot(answer.content.decode()) == "", route

    def test_of_a_template_who_leads_its_team_and_nobody_else(self, visit, mari):
        mine = a_team()
        lead = a_person(Role.LEAD, teams=[mine])
        own, other = a_template(mari, team=mine), a_template(mari, code="other")
        client = visit(lead)
        assert "by Mari Sato" in foot(client.get(reverse("desk:template", args=[own.pk])).content.decode())
        assert foot(client.get(reverse("desk:template", args=[other.pk])).content.decode()) == ""


class TestLog:
    def test_of_one_object_keeps_to_it_when_it_is_filtered_further(self, visit, mari):
        one, other = a_team(), a_team()
        marked(one, mari)
        marked(other, mari)
        page = visit(mari).get(reverse("desk:audit"), {"what": "people.team", "object": one.pk}).content.decode()
        assert len(rows(page)) == 1
        assert f'<input type="hidden" name="object" value="{one.pk}"' in page
        page = visit(mari).get(reverse("desk:audit"), {"what": "people.team"}).content.decode()
        assert len(rows(page)) == 2 and "Only what concerns" not in page

    def test_of_an_object_that_is_not_there_finds_nothing(self, visit, mari):
        for asked in ("999999", "x", "\x00", "<b>"):
            page = visit(mari).get(reverse("desk:audit"), {"what": "people.team", "object": asked})
            assert page.status_code == 200 and rows(page.content.decode()) == []

    def test_the_export_is_of_the_same(self, visit, mari):
        one, other = a_team(name="One"), a_team(name="Other")
        marked(one, mari)
        marked(other, mari)
        answer = visit(mari).get(reverse("desk:audit-export"), {"what": "people.team", "object": one.pk})
        said = b"".join(answer.streaming_content).decode()
        assert "One" in said and "Other" not in said

    def test_says_in_words_how_somebody_hears_of_things(self, visit, mari):
        ben = an_agent(name="Ben Carter")
        save_notice_settings(
            ben, by=ben, via="page", ways={"status": "none"}, digest_hour=8, quiet_from=None, quiet_until=None,
            quiet_days=[5, 6], urgent_at_once=True,
        )  # fmt: skip
        page = visit(mari).get(reverse("desk:audit")).content.decode()
        words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
        assert "what comes how: Something is resolved, closed, withdrawn or taken up again Not at all" in words
        assert "Friday, Saturday, Sunday → Saturday, Sunday" in words
        assert "quiet_days" not in words and "ways" not in words

    def test_names_every_kind_that_a_page_leads_to(self):
        kinds = {area.about for _label, areas in GROUPS for area in areas if area.about}
        assert kinds <= OBJECT_NAMES.keys()
