import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied

from servicedesk.people.actions import (
    change_company,
    change_department,
    change_team,
    create_absence,
    create_company,
    create_department,
    create_team,
    deactivate_person,
    delete_absence,
)
from servicedesk.people.queries import deputy_of, tree
from servicedesk.web.errors import Refused
from tests.factories import (
    a_company,
    a_department,
    a_person,
    a_service,
    a_team,
    a_ticket,
    again,
    an_administrator,
    an_agent,
)

from .test_persons import entries

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def admin():
    return an_administrator()


class TestCompanies:
    def test_are_made_and_changed_with_an_entry_each(self, admin):
        company = create_company(by=admin, via="page", code="hq", name="本社")
        change_company(company, by=admin, via="page", name_en="Head office")
        assert entries(company) == [
            ("create", {"changes": {"code": [None, "hq"], "name": [None, "本社"]}}),
            ("change", {"changes": {"name_en": ["", "Head office"]}}),
        ]

    def test_a_code_is_taken_once(self, admin):
        create_company(by=admin, via="page", code="hq", name="A")
        with pytest.raises(Refused) as refused:
            create_company(by=admin, via="page", code="hq", name="B")
        assert (refused.value.field, str(refused.value)) == ("code", "The code “hq” is taken.")

    def test_stays_in_use_while_somebody_is_there(self, admin):
        company = a_company(name="Group")
        a_person(company=company)
        with pytest.raises(Refused, match="1 person or department of Group is still in use."):
            change_company(company, by=admin, via="page", is_active=False)

    def test_only_administrators_may(self):
        with pytest.raises(PermissionDenied):
            create_company(by=an_agent(), via="page", code="x", name="X")


class TestDepartments:
    def test_refuses_a_circle_with_the_way_round(self, admin):
        company = a_company()
        top = create_department(by=admin, via="page", company=company, code="1", name="Top")
        middle = create_department(by=admin, via="page", company=company, code="2", name="Middle", parent=top)
        low = create_department(by=admin, via="page", company=company, code="3", name="Low", parent=middle)
        with pytest.raises(Refused) as refused:
            change_department(top, by=admin, via="page", parent=low)
        assert str(refused.value) == "That would make a circle: Top → Low → Middle → Top."
        assert refused.value.field == "parent"

    def test_refuses_a_parent_of_another_company_and_itself(self, admin):
        department = a_department()
        for parent in (a_department(), department):
            with pytest.raises(Refused) as refused:
                change_department(department, by=admin, via="page", parent=parent)
            assert refused.value.field == "parent"

    def test_the_code_is_free_in_another_company(self, admin):
        for _n in range(2):
            create_department(by=admin, via="page", company=a_company(), code="sales", name="Sales")

    def test_keeps_its_company_while_people_are_in_it(self, admin):
        department = a_department()
        a_person(company=department.company, department=department)
        with pytest.raises(Refused) as refused:
            change_department(department, by=admin, via="page", company=a_company())
        assert refused.value.field == "company"

    def test_stays_in_use_while_people_are_in_it(self, admin):
        department = a_department()
        person = a_person(company=department.company, department=department)
        with pytest.raises(Refused):
            change_department(department, by=admin, via="page", is_active=False)
        deactivate_person(person, by=admin, via="page")
        change_department(department, by=admin, via="page", is_active=False)
        assert entries(department) == [("change", {"changes": {"is_active": [True, False]}})]

    def test_the_tree_lists_children_below_their_parents(self, admin):
        company = a_company()
        b = a_department(company, name="B")
        a_department(company, name="C", parent=b)
        a_department(company, name="A")
        assert [(depth, one.name) for depth, one in tree(company.departments.all())] == [(0, "A"), (0, "B"), (1, "C")]


class TestTeams:
    def test_members_lead_and_next_tier(self, admin):
        lead, one, two = a_person(name="Lea"), a_person(name="One"), a_person(name="Two")
        second = create_team(by=admin, via="page", code="t2", name="Second", tier=2)
        team = create_team(by=admin, via="page", code="t1", name="First", lead=lead, next_team=second, members=[one])
        change_team(team, by=admin, via="page", members=[two])
        assert entries(team) == [
            (
                "create",
                {
                    "changes": {
                        "code": [None, "t1"],
                        "name": [None, "First"],
                        "lead": [None, [lead.pk, "Lea"]],
                        "next_team": [None, [second.pk, "Second"]],
                        "members": [None, [[one.pk, "One"]]],
                    }
                },
            ),
            ("change", {"changes": {"members": [[[one.pk, "One"]], [[two.pk, "Two"]]]}}),
        ]
        assert again(two).team_ids == {team.pk}
        assert again(one).team_ids == frozenset()

    def test_refuses_a_circle_of_next_tiers(self, admin):
        one, two = a_team(name="One"), a_team(name="Two")
        change_team(one, by=admin, via="page", next_team=two)
        with pytest.raises(Refused) as refused:
            change_team(two, by=admin, via="page", next_team=one)
        assert str(refused.value) == "That would make a circle: Two → One → Two."

    def test_refuses_members_who_cannot_work(self, admin):
        for person in (a_person(is_guest=True), a_person(is_active=False)):
            with pytest.raises(Refused) as refused:
                create_team(by=admin, via="page", code="x", name="X", members=[person])
            assert refused.value.field == "members"

    def test_stays_in_use_while_it_has_services_tickets_or_teams_before_it(self, admin):
        for_service, for_ticket, for_team = a_team(), a_team(), a_team()
        a_service(for_service)
        a_ticket(team=for_ticket)
        a_team(next_team=for_team)
        for team in (for_service, for_ticket, for_team):
            with pytest.raises(Refused) as refused:
                change_team(team, by=admin, via="page", is_active=False)
            assert refused.value.field == "is_active"
        free = a_team()
        change_team(free, by=admin, via="page", is_active=False)
        assert not free.is_active


class TestAbsences:
    def days(self, start: int, end: int) -> dict:
        return {"from_on": TODAY + dt.timedelta(start), "until_on": TODAY + dt.timedelta(end)}

    def test_a_deputy_stands_in_on_these_days_only(self):
        person, deputy = a_person(), a_person(name="Dep")
        create_absence(person, by=person, via="page", deputy=deputy, note="Leave", **self.days(1, 2))
        found = [deputy_of(person, on=TODAY + dt.timedelta(n)) for n in range(4)]
        assert found == [None, deputy, deputy, None]
        assert entries(person) == [
            ("create_absence", {"from_on": "2026-11-23", "until_on": "2026-11-24", "deputy": [deputy.pk, "Dep"]})
        ]

    def test_is_taken_back(self):
        person = a_person()
        absence = create_absence(person, by=person, via="page", **self.days(1, 2))
        delete_absence(absence, by=person, via="page")
        assert not person.absences.exists()
        assert [verb for verb, _data in entries(person)] == ["create_absence", "delete_absence"]

    def test_refusals(self):
        person, away = a_person(), a_person()
        create_absence(away, by=away, via="page", **self.days(0, 9))
        create_absence(person, by=person, via="page", **self.days(5, 6))
        cases = [
            (self.days(3, 2), "until_on"),
            (self.days(6, 8), "from_on"),
            (self.days(1, 1) | {"deputy": person}, "deputy"),
            (self.days(1, 1) | {"deputy": away}, "deputy"),
            (self.days(1, 1) | {"deputy": a_person(is_guest=True)}, "deputy"),
            (self.days(1, 1) | {"deputy": a_person(is_active=False)}, "deputy"),
        ]
        for fields, field in cases:
            with pytest.raises(Refused) as refused:
                create_absence(person, by=person, via="page", **fields)
            assert refused.value.field == field

    def test_a_lead_enters_it_for_the_team_and_nobody_else_does(self):
        lead = a_person("lead")
        member = a_person("agent", teams=[a_team(lead=lead)])
        create_absence(member, by=lead, via="page", **self.days(1, 2))
        for other in (an_agent(), a_person("lead")):
            with pytest.raises(PermissionDenied):
                create_absence(member, by=other, via="page", **self.days(5, 6))
