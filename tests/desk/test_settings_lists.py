"""Settings index, categories and cause codes."""

import pytest
from django.core.exceptions import PermissionDenied

from incidents.causes import change_cause_code, create_cause_code
from incidents.models import CauseCode
from servicedesk.desk.areas import areas_of
from servicedesk.people.models import Role
from servicedesk.tickets.actions.settings import change_category, create_category
from servicedesk.tickets.models import Category
from servicedesk.web.errors import Refused
from tests.factories import a_person, an_administrator, an_agent
from tests.people.test_persons import entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator()


class TestIndex:
    def pages(self, user) -> set[str]:
        return {area["page"] for _label, areas in areas_of(user) for area in areas}

    def test_everybody_sees_what_they_may_open_and_nothing_else(self, admin, client):
        for user in (a_person(), an_agent(), a_person(Role.CMDB_MANAGER), admin):
            client.force_login(user)
            for _label, areas in areas_of(user):
                for area in areas:
                    assert client.get(area["url"]).status_code == 200, (user, area["page"])

    def test_staff_have_nothing_to_set(self):
        assert self.pages(a_person()) == set()

    def test_administrators_reach_every_area(self, admin):
        assert {"people:people", "people:imports", "cmdb:services", "desk:audit", "priorities:matrix"} <= self.pages(
            admin
        )


class TestCategories:
    def test_a_tree_is_made_and_refuses_circles(self, admin):
        top = create_category(by=admin, via="page", code="hw", name="Hardware")
        low = create_category(by=admin, via="page", code="pc", name="PC", parent=top)
        with pytest.raises(Refused) as refused:
            change_category(top, by=admin, via="page", parent=low)
        assert str(refused.value) == "That would make a circle: Hardware → PC → Hardware."
        with pytest.raises(Refused):
            change_category(Category.objects.get(pk=top.pk), by=admin, via="page", is_active=False)
        assert entries(low) == [
            (
                "create",
                {"changes": {"code": [None, "pc"], "name": [None, "PC"], "parent": [None, [top.pk, "Hardware"]]}},
            )
        ]

    def test_only_administrators_may(self):
        with pytest.raises(PermissionDenied):
            create_category(by=an_agent(), via="page", code="x", name="X")

    def test_pages(self, visit, admin):
        client = visit(admin)
        client.post("/settings/categories/new/", {"code": "hw", "name": "Hardware", "is_active": "on"})
        category = Category.objects.get()
        assert "Hardware" in client.get("/settings/categories/").content.decode()
        answer = client.post(f"/settings/categories/{category.pk}/", {"code": "hw", "name": "", "is_active": "on"})
        assert answer.status_code == 422
        assert visit(an_agent()).get("/settings/categories/").status_code == 403


class TestCauseCodes:
    def test_a_new_one_stands_last(self, admin):
        cause = create_cause_code(by=admin, via="page", code="x", group="other", name="他", name_en="Other")
        assert cause.order == max(CauseCode.objects.values_list("order", flat=True))
        assert entries(cause)[0][0] == "create"

    def test_one_stays_in_use(self, admin):
        for cause in CauseCode.objects.all()[1:]:
            change_cause_code(cause, by=admin, via="page", is_active=False)
        with pytest.raises(Refused):
            change_cause_code(CauseCode.objects.first(), by=admin, via="page", is_active=False)

    def test_pages(self, visit, admin):
        client = visit(admin)
        assert client.get("/settings/cause-codes/").status_code == 200
        cause = CauseCode.objects.first()
        fields = {
            "code": cause.code,
            "group": "other",
            "name": "名",
            "name_en": "Name",
            "order": "3",
            "is_active": "on",
        }
        assert client.post(f"/settings/cause-codes/{cause.pk}/", fields).status_code == 303
        assert client.post(f"/settings/cause-codes/{cause.pk}/", fields | {"group": "none"}).status_code == 422
        with pytest.raises(PermissionDenied):
            create_cause_code(by=an_agent(), via="page", code="x", group="other", name="X", name_en="X")
