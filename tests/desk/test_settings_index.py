"""The way to the settings."""

import re

import pytest

from tests.factories import a_person, an_administrator

pytestmark = pytest.mark.django_db


def cards(answer) -> list[str]:
    return re.findall(r'class="settings-card" href="([^"]+)"', answer.content.decode())


class TestSettings:
    def test_every_way_leads_somewhere(self, visit):
        page = visit(an_administrator())
        ways = cards(page.get("/settings/"))
        assert ways
        assert {address: page.get(address).status_code for address in ways} == dict.fromkeys(ways, 200)

    def test_staff_see_nothing_that_they_may_not_open(self, visit):
        page = visit(a_person())
        for address in cards(page.get("/settings/")):
            assert page.get(address).status_code == 200
