"""Pages and API of issued reports, wall pages and feeds."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from servicedesk.people.models import AuditEntry, Job, Role
from servicedesk.reports.issued import actions
from servicedesk.reports.issued.actions import issue
from servicedesk.reports.issued.sharing import create_feed, create_wall, revoke_link
from servicedesk.reports.models import IssuedReport, ReportLink, Subscriber
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, an_administrator, an_agent, an_incident
from tests.reports.test_facts import keep, resolve
from tests.reports.test_issuing import MARCH, at, quick

__all__ = ["quick"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(quick):
    """What files say is looked at elsewhere."""
    cache.clear()


@pytest.fixture
def team():
    return a_team(name="Desk")


@pytest.fixture
def report(team) -> IssuedReport:
    agent = an_agent(team, name="Very Secret Name")
    for day in (3, 4):
        incident = an_incident(team=team, assignee=agent, at=at(day), title="Words of a ticket")
    resolve(incident, agent, at=at(5))
    keep()
    return issue(MARCH, by=None, via="page")


def api(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


class TestArchive:
    def test_it_lists_reports_with_files(self, visit, report):
        said = visit(a_person(Role.REPORT_READER)).get("/reports/issued/").content.decode()
        assert "March 2026" in said and "/reports/issued/2026-03/ja/pdf/" in said
        assert "Issue a month now" not in said

    def test_an_empty_one_says_when_the_first_comes(self, visit):
        said = visit(an_administrator()).get("/reports/issued/").content.decode()
        assert "No report was issued yet" in said and "Issue a month now" in said

    def test_queries_do_not_grow_with_reports(self, visit, report, django_assert_max_num_queries, team):
        client = visit(a_person(Role.LEAD))
        client.get("/reports/issued/")
        with django_assert_max_num_queries(40) as asked:
            client.get("/reports/issued/")
        for month in (4, 5):
            an_incident(team=team, at=at(3, month=month))
            keep()
            issue(MARCH.replace(month=month), by=None, via="page")
        with django_assert_max_num_queries(len(asked)):
            client.get("/reports/issued/")

    def test_an_administrator_starts_one_and_sees_how_far_it_is(self, visit, report, team):
        an_incident(team=team, at=at(3, month=4))
        keep()
        client = visit(an_administrator())
        assert client.post("/reports/issued/", {"month": "2026-04"}).status_code == 303
        Job.objects.update(done=3, total=6, state=Job.State.RUNNING)
        said = client.get("/reports/issued/").content.decode()
        assert "Step 3 of 6" in said and 'hx-trigger="every 3s"' in said

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ("2026-99", "is no month"),
            ("2900-01", "has not begun"),
            ("2026-03", "was issued already"),
            ("", "fill this in"),
        ],
    )
    def test_what_cannot_be_issued_is_said_and_stays_typed(self, visit, report, typed, says):
        page = visit(an_administrator()).post("/reports/issued/", {"month": typed})
        assert page.status_code == 422
        assert says in page.content.decode() and f'value="{typed}"' in page.content.decode() or not typed

    def test_a_reader_may_start_none(self, visit, report):
        with pytest.raises(PermissionDenied):
            actions.start_issue(MARCH, by=a_person(Role.REPORT_READER), via="page")
        assert visit(a_person(Role.REPORT_READER)).post("/reports/issued/", {"month": "2026-04"}).status_code == 403

    def test_an_agent_sees_nothing_of_it(self, visit, report, team):
        client = visit(an_agent(team))
        for address in ("", "2026-03/", "2026-03/ja/pdf/", "feed/", "walls/", "subscribers/"):
            assert client.get(f"/reports/issued/{address}").status_code == 403


class TestReport:
    def test_it_shows_what_was_frozen_and_its_hashes(self, visit, report):
        said = visit(a_person(Role.LEAD)).get("/reports/issued/2026-03/").content.decode()
        assert report.hash in said and all(file.hash in said for file in report.files.all())
        assert "Corrections" not in said

    def test_a_later_change_is_shown_beside_it_without_writing(self, visit, report, team):
        an_incident(team=team, at=at(9))
        keep()
        said = visit(a_person(Role.LEAD)).get("/reports/issued/2026-03/").content.decode()
        assert "Corrections" in said and "as counted now" in said
        assert report.corrections.count() == 0
        assert actions.note_corrections() > 0
        assert "since" in visit(a_person(Role.LEAD)).get("/reports/issued/2026-03/").content.decode()

    @pytest.mark.parametrize("address", ["2026-04/", "2026-4/", "x/", "2026-03/fr/pdf/", "2026-03/ja/exe/"])
    def test_what_is_not_there_is_not_found(self, visit, report, address):
        assert visit(a_person(Role.LEAD)).get(f"/reports/issued/{address}").status_code == 404

    def test_one_that_is_not_finished_is_not_there(self, visit, report):
        IssuedReport.objects.update(issued_at=None)
        client = visit(a_person(Role.LEAD))
        assert client.get("/reports/issued/2026-03/").status_code == 404
        assert client.get("/reports/issued/2026-03/ja/pdf/").status_code == 404

    def test_a_file_comes_as_a_download(self, visit, report):
        answer = visit(a_person(Role.LEAD)).get("/reports/issued/2026-03/ja/pdf/")
        assert b"".join(answer.streaming_content) == b"p"
        assert answer["Content-Disposition"] == 'attachment; filename="report-2026-03-ja.pdf"'

    def test_the_month_by_api_says_when_it_was_issued(self, report):
        answer = api(a_person(Role.LEAD)).get("/api/v1/reports/kpi/2026-03/")
        assert answer.data["issued_at"] == report.issued_at.isoformat()


class TestSubscribing:
    def test_oneself_by_a_button(self, visit):
        lead = a_person(Role.LEAD)
        client = visit(lead)
        client.post("/reports/issued/subscribe/", {"wants": "yes"})
        assert Subscriber.objects.get().user == lead
        client.post("/reports/issued/subscribe/", {"wants": "no"})
        assert Subscriber.objects.count() == 0

    def test_an_administrator_adds_and_removes(self, visit):
        admin, reader = an_administrator(), a_person(Role.REPORT_READER)
        client = visit(admin)
        assert client.post("/reports/issued/subscribers/", {"user": reader.pk}).status_code == 303
        row = Subscriber.objects.get()
        assert (row.user, row.added_by) == (reader, admin)
        assert reader.display_name in client.get("/reports/issued/subscribers/").content.decode()
        client.post(f"/reports/issued/subscribers/{row.pk}/remove/")
        assert Subscriber.objects.count() == 0

    def test_who_may_not_read_reports_is_no_choice(self, visit):
        page = visit(an_administrator()).post("/reports/issued/subscribers/", {"user": an_agent().pk})
        assert page.status_code == 422 and Subscriber.objects.count() == 0

    def test_a_lead_adds_nobody(self, visit):
        assert visit(a_person(Role.LEAD)).post("/reports/issued/subscribers/").status_code == 403


def make_wall(**fields) -> tuple[ReportLink, str]:
    return create_wall(
        **{"name": "Hall", "language": "en", "days": 30, "by": an_administrator(), "via": "page"} | fields
    )


class TestWall:
    def test_it_shows_sums_without_names_and_ways_to_tickets(self, client, report):
        _link, secret = make_wall()
        page = client.get(f"/reports/wall/{secret}/")
        said = page.content.decode()
        assert page.status_code == 200 and "March 2026" in said and "Tickets opened" in said
        for word in ("Very Secret Name", "Words of a ticket", "/incidents/", "/tickets/", "INC0"):
            assert word not in said
        assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert page["Referrer-Policy"] == "no-referrer"
        assert 'hx-trigger="every 120s"' in said

    def test_its_part_comes_alone_when_the_page_asks_again(self, client, report):
        _link, secret = make_wall()
        said = client.get(f"/reports/wall/{secret}/", headers={"HX-Request": "true"}).content.decode()
        assert said.lstrip().startswith('<div id="wall"')

    def test_before_the_first_report_it_has_the_counts_of_today(self, client, team):
        an_incident(team=team)
        keep()
        _link, secret = make_wall(language="ja")
        page = client.get(f"/reports/wall/{secret}/")
        assert page.status_code == 200

    def test_one_that_ended_was_revoked_or_altered_is_the_same_nothing(self, client, report):
        revoked, one = make_wall()
        ended, other = make_wall()
        _feed, feed = create_feed(by=a_person(Role.LEAD), via="page")
        revoke_link(revoked, by=an_administrator(), via="page")
        ReportLink.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        _link, good = make_wall()
        answers = [client.get(f"/reports/wall/{secret}/") for secret in (one, other, good[:-1] + "!", "x", feed)]
        assert {answer.status_code for answer in answers} == {404}
        bodies = {
            answer.content.replace(answer.wsgi_request.path.encode(), b"").split(b"<main")[1] for answer in answers
        }
        assert len(bodies) == 1

    def test_the_secret_is_kept_nowhere(self):
        link, secret = make_wall()
        assert secret not in str(ReportLink.objects.values().get(pk=link.pk))
        assert secret not in str(list(AuditEntry.objects.values()))

    def test_an_administrator_makes_one_by_the_page_and_shuts_it(self, visit, client, report):
        admin = an_administrator()
        page = visit(admin).post("/reports/issued/walls/", {"name": "Hall", "language": "ja", "days": "30"})
        address = page.content.decode().split("/reports/wall/")[1].split("/")[0]
        client.logout()
        assert client.get(f"/reports/wall/{address}/").status_code == 200
        visit(admin).post(f"/reports/issued/walls/{ReportLink.objects.get().pk}/revoke/")
        assert client.get(f"/reports/wall/{address}/").status_code == 404

    @pytest.mark.parametrize("days", ["0", "367", "many"])
    def test_days_that_cannot_be_are_refused(self, visit, days):
        page = visit(an_administrator()).post(
            "/reports/issued/walls/", {"name": "Hall", "language": "ja", "days": days}
        )
        assert page.status_code == 422 and f'value="{days}"' in page.content.decode()
        assert ReportLink.objects.count() == 0

    def test_a_lead_makes_none(self):
        with pytest.raises(PermissionDenied):
            make_wall(by=a_person(Role.LEAD))

    def test_looking_writes_nothing(self, client, report, django_assert_max_num_queries):
        _link, secret = make_wall()
        client.get(f"/reports/wall/{secret}/")
        with django_assert_max_num_queries(4) as asked:
            client.get(f"/reports/wall/{secret}/")
        assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)


class TestFeed:
    def test_it_is_atom_that_leads_to_the_pages(self, client, report, settings):
        _link, secret = create_feed(by=a_person(Role.LEAD), via="page")
        answer = client.get(f"/reports/feed/{secret}/")
        assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
        space = "{http://www.w3.org/2005/Atom}"
        feed = ElementTree.fromstring(answer.content)
        assert feed.tag == f"{space}feed" and feed.find(f"{space}updated") is not None
        [entry] = feed.findall(f"{space}entry")
        assert entry.find(f"{space}link").get("href") == settings.SITE_URL + "/reports/issued/2026-03/"
        assert entry.find(f"{space}title").text == "Monthly report of the service desk: March 2026"

    def test_it_ends_when_its_owner_may_read_no_reports(self, client, report):
        lead = a_person(Role.LEAD)
        _link, secret = create_feed(by=lead, via="page")
        lead.role_rows.all().delete()
        assert client.get(f"/reports/feed/{secret}/").status_code == 404

    def test_a_new_address_ends_the_one_before(self, client, report):
        lead = a_person(Role.LEAD)
        _one, old = create_feed(by=lead, via="page")
        _two, new = create_feed(by=lead, via="page")
        assert [client.get(f"/reports/feed/{secret}/").status_code for secret in (old, new)] == [404, 200]

    def test_it_is_made_and_ended_on_a_page(self, visit, report):
        client = visit(a_person(Role.LEAD))
        address = client.post("/reports/issued/feed/").content.decode().split("/reports/feed/")[1].split("/")[0]
        assert client.get(f"/reports/feed/{address}/").status_code == 200
        client.post("/reports/issued/feed/", {"revoke": "yes"})
        assert client.get(f"/reports/feed/{address}/").status_code == 404

    def test_anothers_feed_is_not_ended_by_a_lead(self, report):
        link, _secret = create_feed(by=a_person(Role.LEAD), via="page")
        with pytest.raises(PermissionDenied):
            revoke_link(link, by=a_person(Role.LEAD), via="page")


class TestApi:
    def test_reports_are_listed_and_read(self, report):
        client = api(a_person(Role.REPORT_READER))
        listed = client.get("/api/v1/reports/issued/")
        assert [row["month"] for row in listed.data["results"]] == ["2026-03"]
        read = client.get("/api/v1/reports/issued/2026-03/")
        assert read.data["hash"] == report.hash
        assert read.data["figures"]["groups"] == report.figures["groups"]
        file = client.get("/api/v1/reports/issued/2026-03/en/xlsx/")
        assert b"".join(file.streaming_content) == b"x"
        assert client.get("/api/v1/reports/issued/2020-01/").status_code == 404

    def test_an_administrator_issues(self, report, team):
        an_incident(team=team, at=at(3, month=4))
        keep()
        client = api(an_administrator())
        answer = client.post("/api/v1/reports/issued/", {"month": "2026-04"})
        assert (answer.status_code, answer.data) == (202, {"month": "2026-04", "is_new": True})
        assert client.post("/api/v1/reports/issued/", {"month": "2026-04"}).data["is_new"] is False
        assert client.post("/api/v1/reports/issued/", {"month": "2026-03"}).status_code == 400
        assert client.post("/api/v1/reports/issued/", {"mnth": "2026-04"}).status_code == 400

    def test_a_reader_issues_none(self, report):
        client = api(a_person(Role.REPORT_READER))
        assert client.post("/api/v1/reports/issued/", {"month": "2026-04"}).status_code == 403
        assert client.get("/api/v1/reports/subscribers/").status_code == 403

    def test_subscribers(self, report):
        client, reader = api(an_administrator()), a_person(Role.REPORT_READER)
        made = client.post("/api/v1/reports/subscribers/", {"user": reader.pk})
        assert (made.status_code, made.data["name"]) == (201, reader.display_name)
        assert [row["user"] for row in client.get("/api/v1/reports/subscribers/").data] == [reader.pk]
        assert client.post("/api/v1/reports/subscribers/", {"user": an_agent().pk}).status_code == 400
        assert client.delete(f"/api/v1/reports/subscribers/{made.data['id']}/").status_code == 204
        assert client.delete(f"/api/v1/reports/subscribers/{made.data['id']}/").status_code == 404


def test_addresses_of_issued_reports_are_no_months():
    assert reverse("reports:archive") == "/reports/issued/"
    with pytest.raises(Refused):
        make_wall(days=0)
