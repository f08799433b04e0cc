"""The settings page of major incidents."""

import pytest

from incidents.major.models import MajorSettings
from servicedesk.people.models import AuditEntry
from tests.factories import a_person, an_administrator, an_agent

pytestmark = pytest.mark.django_db


def test_numbers_people_and_roles_are_kept_and_audited_once(visit):
    manager = a_person(email="boss@example.com")
    page, address = visit(an_administrator()), "/settings/major-incidents/"
    assert 'value="5"' in page.get(address).content.decode()
    given = {
        "reports": "７", "within_minutes": "45", "stop_minutes": "20", "update_minutes": "30",
        "told": "boss@example.com", "told_roles": ["lead"],
    }  # fmt: skip
    for _twice in range(2):
        assert page.post(address, given).status_code == 303
    assert f'value="{manager.display_name} &lt;boss@example.com&gt;"' in page.get(address).content.decode()
    row = MajorSettings.objects.get()
    assert (row.reports, row.told_roles, list(row.told.all())) == (7, ["lead"], [manager])
    assert AuditEntry.objects.get(verb="save_major_settings").data["changes"]["reports"] == [5, 7]
    refused = page.post(address, given | {"told": "nobody@example.com", "reports": "1"})
    assert refused.status_code == 422 and "nobody@example.com" in refused.content.decode()
    assert visit(an_agent()).get(address).status_code == 403
