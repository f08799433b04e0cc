import pytest
from django.core.exceptions import PermissionDenied

from cmdb.actions import change_service, create_service
from cmdb.models import Service
from servicedesk.people.models import Role
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent
from tests.people.test_persons import entries

pytestmark = pytest.mark.django_db


class TestServices:
    def test_are_made_and_changed_with_an_entry_each(self):
        manager, team, contact = a_person(Role.CMDB_MANAGER), a_team(name="Net"), a_person(name="Con")
        service = create_service(by=manager, via="page", code="vpn", name="VPN", team=team)
        change_service(service, by=manager, via="page", business_contact=contact, is_confidential=True, name="VPN")
        assert entries(service) == [
            ("create", {"changes": {"code": [None, "vpn"], "name": [None, "VPN"], "team": [None, [team.pk, "Net"]]}}),
            (
                "change",
                {"changes": {"business_contact": [None, [contact.pk, "Con"]], "is_confidential": [False, True]}},
            ),
        ]

    def test_refusals(self):
        admin = an_administrator()
        a_service(code="taken")
        cases = [
            ({"code": "taken"}, "code"),
            ({"team": a_team(is_active=False)}, "team"),
            ({"system_contact": a_person(is_guest=True)}, "system_contact"),
            ({"default_impact": 9}, "default_impact"),
        ]
        for fields, field in cases:
            with pytest.raises(Refused) as refused:
                create_service(**{"by": admin, "via": "page", "code": "new", "name": "N", "team": a_team()} | fields)
            assert refused.value.field == field

    def test_agents_may_not(self):
        with pytest.raises(PermissionDenied):
            create_service(by=an_agent(), via="page", code="x", name="X", team=a_team())
        with pytest.raises(PermissionDenied):
            change_service(a_service(), by=an_agent(), via="page", name="X")


class TestPages:
    FIELDS = {"code": "vpn", "name": "VPN", "default_impact": "2", "is_active": "on"}

    def test_a_service_is_made_listed_and_changed(self, visit):
        team = a_team()
        a_person(email="con@example.com", name="Con Tact")
        client = visit(an_administrator())
        made = client.post(
            "/settings/services/new/", self.FIELDS | {"team": team.pk, "system_contact": "con@example.com"}
        )
        service = Service.objects.get()
        assert (made.status_code, service.system_contact.name, service.default_impact) == (303, "Con Tact", 2)
        assert "Con Tact" in client.get("/settings/services/").content.decode()
        client.post(f"/settings/services/{service.pk}/", self.FIELDS | {"team": team.pk, "name": "VPN 2"})
        service.refresh_from_db()
        assert (service.name, service.system_contact) == ("VPN 2", None)

    def test_a_refusal_keeps_what_was_typed(self, visit):
        a_service(code="vpn")
        client = visit(an_administrator())
        answer = client.post("/settings/services/new/", self.FIELDS | {"team": a_team().pk, "name": "Typed"})
        assert answer.status_code == 422
        assert "The code “vpn” is taken." in answer.content.decode()
        assert 'value="Typed"' in answer.content.decode()

    def test_agents_stay_out_and_cmdb_managers_come_in(self, visit):
        assert visit(an_agent()).get("/settings/services/").status_code == 403
        assert visit(a_person(Role.CMDB_MANAGER)).get("/settings/services/").status_code == 200

    def test_the_number_of_queries_does_not_grow(self, visit, django_assert_max_num_queries):
        client = visit(an_administrator())
        for _n in (1, 3):
            a_service(business_contact=a_person(), system_contact=a_person())
            with django_assert_max_num_queries(11):
                client.get("/settings/services/")
