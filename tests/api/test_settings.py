"""People, organisation, matrix, targets and the audit log by API."""

from itertools import product

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext

from servicedesk.people.models import AuditEntry, Company, Role, Team, User
from servicedesk.priorities.queries import grid
from tests.factories import (
    a_company,
    a_department,
    a_person,
    a_service,
    a_team,
    a_ticket,
    an_administrator,
    an_agent,
)

pytestmark = pytest.mark.django_db
FLAT = [{"impact": i, "urgency": u, "priority": 2} for i, u in product(range(1, 5), repeat=2)]


def last_audit():
    entry = AuditEntry.objects.order_by("-id").first()
    return entry.verb, entry.via, entry.data.get("changes")


class TestMe:
    def test_who_am_i(self, api):
        agent = an_agent(phone="03-1234-5678")
        body = api(agent).get("/api/v1/me/").json()
        assert (body["id"], body["phone"], body["roles"], body["is_agent"]) == (
            agent.pk,
            "03-1234-5678",
            ["agent"],
            True,
        )

    def test_what_is_ones_own_can_be_changed(self, api):
        person = a_person()
        answer = api(person).patch("/api/v1/me/", {"language": "ja", "phone": "1"})
        assert (answer.json()["language"], answer.json()["phone"]) == ("ja", "1")

    @pytest.mark.parametrize("body", [{"name": "King"}, {"time_zone": "Moon/Base"}, {"roles": ["administrator"]}])
    def test_the_rest_is_refused(self, api, body):
        person = a_person()
        assert api(person).patch("/api/v1/me/", body).status_code == 400
        person.refresh_from_db()
        assert (person.name, person.roles) == (person.name, frozenset())


class TestPeople:
    def test_staff_see_colleagues_without_their_numbers(self, api):
        company = a_company()
        me = a_person(company=company, reading="ア")
        other = a_person(
            company=company, phone="090", employee_number="E1", is_vip=True, reading="イ", teams=[a_team()]
        )
        a_person(company=a_company())
        a_person(company=company, is_guest=True)
        rows = api(me).get("/api/v1/people/").json()["results"]
        assert [row["id"] for row in rows] == [me.pk, other.pk]
        assert {name: rows[1][name] for name in ("phone", "employee_number", "is_vip", "teams", "roles")} == {
            "phone": "", "employee_number": None, "is_vip": False, "teams": [], "roles": [],
        }  # fmt: skip
        whole = api(me).get(f"/api/v1/people/{other.pk}/").json()
        assert (whole["manager"], whole["addresses"], whole["email"]) == (None, [], other.email)

    def test_agents_see_all_of_it(self, api):
        other = a_person(phone="090", teams=[a_team(code="net")])
        body = api(an_agent()).get(f"/api/v1/people/{other.pk}/").json()
        assert (body["phone"], body["teams"][0]["code"], body["addresses"]) == ("090", "net", [other.email])

    def test_somebody_whom_one_may_not_see_is_not_there(self, api):
        client, other = api(a_person(company=a_company())), a_person()
        theirs, nothing = client.get(f"/api/v1/people/{other.pk}/"), client.get("/api/v1/people/999999999/")
        assert theirs.status_code == 404
        assert theirs.content == nothing.content

    @pytest.mark.parametrize("query", ["role=agent", "state=inactive", "team=x1"])
    def test_staff_do_not_find_by_what_they_are_not_shown(self, api, query):
        a_team(code="x1")
        assert api(a_person()).get(f"/api/v1/people/?{query}").status_code == 403

    def test_filters(self, api):
        agent = an_agent()
        found = a_person(Role.REPORT_READER, name="Zebra", company=a_company())
        client = api(agent)
        for query in ("q=zebra", "role=report_reader", f"company={found.company.code}"):
            assert [row["id"] for row in client.get(f"/api/v1/people/?{query}").json()["results"]] == [found.pk], query

    def test_administrators_make_change_and_take_out(self, api):
        client, department = api(an_administrator()), a_department()
        body = {"name": "New", "email": "New@Example.com", "department": department.pk, "roles": ["agent"]}
        made = client.post("/api/v1/people/", body)
        assert made.status_code == 201
        person = User.objects.get(pk=made.json()["id"])
        assert (person.email, person.department, person.roles) == ("new@example.com", department, frozenset({"agent"}))
        assert last_audit()[:2] == ("create", "api")
        address = f"/api/v1/people/{person.pk}/"
        assert client.patch(address, {"name": "Newer"}).json()["name"] == "Newer"
        assert last_audit() == ("change", "api", {"name": ["New", "Newer"]})
        assert client.post(f"{address}deactivate/").json()["is_active"] is False
        assert client.post(f"{address}reactivate/").json()["is_active"] is True
        assert client.post(f"{address}remove-second-factors/").status_code == 409
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
        assert client.post(f"{address}remove-second-factors/").status_code == 200
        assert (last_audit()[:2], Authenticator.objects.count()) == (("remove_second_factors", "api"), 0)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "x"}, "email"),
            ({"name": "x", "email": "x"}, "email"),
            ({"name": "x", "email": "taken@example.com"}, "email"),
            ({"name": "a\nb", "email": "x@example.com"}, "name"),
            ({"name": "x", "email": "x@example.com", "roles": ["king"]}, "roles"),
            ({"name": "x", "email": "x@example.com", "time_zone": "x"}, "time_zone"),
            ({"name": "x", "email": "x@example.com", "password": "x"}, "password"),
        ],
    )
    def test_what_is_wrong_is_named(self, api, body, field):
        a_person(email="taken@example.com")
        answer = api(an_administrator()).post("/api/v1/people/", body)
        assert answer.status_code == 400
        assert [name.split(".")[0] for name in answer.json()["errors"]] == [field]

    def test_nobody_else_may(self, api):
        for user in (a_person(), an_agent(), a_person(Role.LEAD)):
            client, address = api(user), f"/api/v1/people/{user.pk}/"
            assert client.post("/api/v1/people/", {"name": "x", "email": "x@example.com"}).status_code == 403
            assert client.patch(address, {"roles": ["administrator"]}).status_code == 403
            assert client.post(f"{address}deactivate/").status_code == 403

    def test_oneself_is_refused(self, api):
        administrator = an_administrator()
        assert api(administrator).post(f"/api/v1/people/{administrator.pk}/deactivate/").status_code == 409

    @pytest.mark.parametrize("path", ["people/", "teams/", "departments/", "companies/", "services/"])
    def test_three_rows_ask_no_more_than_one(self, api, path):
        client, counts = api(an_administrator()), []
        client.get("/api/v1/me/")  # the first request of a session writes it down
        for _turn in range(2):
            team = a_team(lead=a_person())
            department = a_department(head=a_person())
            a_person(Role.AGENT, teams=[team, a_team()], department=department, company=department.company)
            a_service(team, business_contact=a_person(), system_contact=a_person())
            with CaptureQueriesContext(connection) as seen:
                assert client.get(f"/api/v1/{path}").status_code == 200
            counts.append(len(seen))
        assert counts[0] == counts[1]


class TestAbsences:
    BODY = {"from_on": "2999-01-01", "until_on": "2999-01-05"}

    def test_ones_own(self, api):
        person, deputy = a_person(company=(company := a_company())), a_person(company=company)
        address = f"/api/v1/people/{person.pk}/absences/"
        made = api(person).post(address, self.BODY | {"deputy": deputy.pk})
        assert made.status_code == 201
        assert api(person).get(address).json()[0]["deputy"]["id"] == deputy.pk
        assert api(person).delete(f"{address}{made.json()['id']}/").status_code == 204
        assert api(person).get(address).json() == []

    def test_an_end_before_the_beginning_is_refused(self, api):
        person = a_person()
        answer = api(person).post(f"/api/v1/people/{person.pk}/absences/", self.BODY | {"until_on": "2998-01-01"})
        assert list(answer.json()["errors"]) == ["until_on"]

    def test_anothers_is_not_for_colleagues(self, api):
        company = a_company()
        address = f"/api/v1/people/{a_person(company=company).pk}/absences/"
        client = api(a_person(company=company))
        assert (client.get(address).status_code, client.post(address, self.BODY).status_code) == (403, 403)


class TestOrganisation:
    @pytest.mark.parametrize(
        ("path", "body", "change"),
        [
            ("companies", {"code": "n1", "name": "新社"}, {"name": "新々社"}),
            ("teams", {"code": "n1", "name": "Net", "tier": 2}, {"tier": 1}),
        ],
    )
    def test_administrators_make_and_change(self, api, path, body, change):
        client = api(an_administrator())
        made = client.post(f"/api/v1/{path}/", body)
        assert made.status_code == 201
        changed = client.patch(f"/api/v1/{path}/n1/", change)
        assert {name: changed.json()[name] for name in change} == change
        assert last_audit()[:2] == ("change", "api")
        again = client.post(f"/api/v1/{path}/", body)
        assert list(again.json()["errors"]) == ["code"]

    def test_departments(self, api):
        client, company = api(an_administrator()), a_company()
        made = client.post("/api/v1/departments/", {"company": company.code, "code": "d", "name": "営業"})
        assert made.status_code == 201
        address = f"/api/v1/departments/{made.json()['id']}/"
        assert client.patch(address, {"parent": made.json()["id"]}).status_code in (400, 409)
        assert client.patch(address, {"is_active": False}).json()["is_active"] is False
        assert api(a_person()).get(address).status_code == 404

    def test_nobody_else_may(self, api):
        client, team, company, department = api(an_agent()), a_team(), a_company(), a_department()
        for path, key in (("teams", team.code), ("companies", company.code), ("departments", department.pk)):
            assert client.post(f"/api/v1/{path}/", {"code": "n", "name": "n"}).status_code == 403
            assert client.patch(f"/api/v1/{path}/{key}/", {"name": "n"}).status_code == 403
            assert client.get(f"/api/v1/{path}/{key}/").status_code == 200
        assert not Team.objects.filter(name="n").exists()
        assert not Company.objects.filter(name="n").exists()

    def test_members_are_for_those_who_look_people_up(self, api):
        team = a_team()
        agent = an_agent(team)
        assert api(agent).get(f"/api/v1/teams/{team.code}/").json()["members"] == [{"id": agent.pk, "name": agent.name}]
        assert api(a_person()).get(f"/api/v1/teams/{team.code}/").json()["members"] == []

    def test_a_service_names_its_contacts(self, api):
        contact = a_person()
        service = a_service(business_contact=contact)
        body = api(a_person()).get(f"/api/v1/services/{service.code}/").json()
        assert body["business_contact"] == {"id": contact.pk, "name": contact.name}
        assert api(a_person()).get("/api/v1/services/nothing/").status_code == 404


class TestMatrix:
    def test_agents_read_it(self, api):
        body = api(an_agent()).get("/api/v1/priority-matrix/").json()
        assert (body["service"], len(body["cells"]), body["overrides"]) == (None, 16, [])
        assert api(a_person()).get("/api/v1/priority-matrix/").status_code == 403

    def test_a_dry_run_says_what_would_change_and_changes_nothing(self, api):
        ticket, before = a_ticket(impact=4, urgency=4), grid()
        answer = api(an_administrator()).put("/api/v1/priority-matrix/?dry_run=1", {"cells": FLAT})
        assert answer.json()["dry_run"] is True
        assert [(row["ticket"]["number"], row["new_priority"]) for row in answer.json()["tickets"]] == [
            (ticket.number, 2)
        ]
        assert grid() == before

    def test_put_makes_it_so(self, api):
        ticket = a_ticket(impact=4, urgency=4)
        answer = api(an_administrator()).put("/api/v1/priority-matrix/", {"cells": FLAT})
        assert answer.json()["changed"] == 1
        ticket.refresh_from_db()
        assert ticket.priority == 2

    def test_a_service_has_its_own_cells(self, api):
        client, service = api(an_administrator()), a_service()
        cell = {"impact": 1, "urgency": 1, "priority": 3}
        client.put(f"/api/v1/priority-matrix/?service={service.code}", {"cells": [cell]})
        body = client.get(f"/api/v1/priority-matrix/?service={service.code}").json()
        assert body["cells"][0] == cell | {"is_own": True}
        assert [one["code"] for one in body["overrides"]] == [service.code]
        assert grid(service) == {(1, 1): 3}

    @pytest.mark.parametrize(
        "cells", [[], FLAT[:15], [*FLAT, FLAT[0]], [*FLAT[:15], {"impact": 5, "urgency": 1, "priority": 1}], "x", [1]]
    )
    @pytest.mark.parametrize("query", ["", "?dry_run=1"])
    def test_half_a_matrix_is_refused(self, api, cells, query):
        before = grid()
        answer = api(an_administrator()).put(f"/api/v1/priority-matrix/{query}", {"cells": cells})
        assert answer.status_code == 400
        assert grid() == before

    def test_nobody_else_may(self, api):
        for query in ("", "?dry_run=1"):
            assert api(an_agent()).put(f"/api/v1/priority-matrix/{query}", {"cells": FLAT}).status_code == 403


class TestAudit:
    def test_administrators_read_and_narrow_it(self, api):
        administrator = an_administrator()
        client = api(administrator)
        client.post("/api/v1/teams/", {"code": "n1", "name": "Net"})
        for query in (
            "",
            "?verb=create",
            "?object_type=people.team",
            f"?by={administrator.pk}",
            "?since=2020-01-01T00:00:00Z",
        ):
            row = client.get(f"/api/v1/audit/{query}").json()["results"][0]
            assert (row["verb"], row["object_type"], row["via"]) == ("create", "people.team", "api")
        assert client.get("/api/v1/audit/?until=2020-01-01T00:00:00Z").json()["results"] == []

    def test_nobody_else_may(self, api):
        for user in (a_person(), an_agent(), a_person(Role.LEAD), a_person(Role.REPORT_READER)):
            assert api(user).get("/api/v1/audit/").status_code == 403
