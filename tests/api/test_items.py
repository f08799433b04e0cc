"""Configuration items by API."""

import pytest

from servicedesk.people.models import Role
from tests.factories import a_person, an_agent, an_item

pytestmark = pytest.mark.django_db


class TestApi:
    def test_reads_and_writes(self, api):
        hanako = a_person()
        client = api(a_person(Role.CMDB_MANAGER, Role.AGENT))
        made = client.post("/api/v1/items/", {"number": "PC-1", "name": "X", "kind": "computer", "user": hanako.pk})
        assert made.status_code == 201
        body = made.json()
        assert (body["number"], body["user"]["id"], body["state"]) == ("PC-1", hanako.pk, "in_use")
        changed = client.patch(f"/api/v1/items/{body['id']}/", {"state": "repair"})
        assert changed.json()["state"] == "repair"
        assert list(client.patch(f"/api/v1/items/{body['id']}/", {"kind": "x"}).json()["errors"]) == ["kind"]
        an_item(number="PC-2")
        assert [row["number"] for row in api(an_agent()).get(f"/api/v1/items/?user={hanako.pk}").json()["results"]] == [
            "PC-1"
        ]
        assert [row["number"] for row in api(an_agent()).get("/api/v1/items/?q=pc-2").json()["results"]] == ["PC-2"]

    def test_is_not_for_staff(self, api):
        assert api(a_person()).get("/api/v1/items/").status_code == 403
        assert api(an_agent()).post("/api/v1/items/", {"number": "1", "name": "X", "kind": "other"}).status_code == 403
