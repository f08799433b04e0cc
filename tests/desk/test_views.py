"""Saved views: what they keep, who has them, what is missing in them, columns, grouping, density, numbers."""

import re
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from servicedesk.desk import actions
from servicedesk.desk.models import DeskPreference, SavedView
from servicedesk.desk.queries import visible_views
from servicedesk.people.models import AuditEntry, Role
from servicedesk.tickets.actions import assign
from servicedesk.tickets.models import Category
from servicedesk.web.errors import Refused
from tests.desk.test_queue import numbers
from tests.factories import a_person, a_service, a_service_request, a_team, a_ticket, again, an_agent

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team(name="First line", code="first")


@pytest.fixture
def agent(team):
    return an_agent(team, name="Hana Sato")


@pytest.fixture
def lead(team):
    return a_person(Role.AGENT, Role.LEAD, teams=[team])


def save(by, query="view=all", name="Mine", **more) -> SavedView:
    return actions.create_view(name=name, query=QueryDict(query), by=by, via="page", **more)


def urgent(team, **more):
    return a_ticket(team=team, impact=1, urgency=1, **more)


def rail(answer) -> dict[str, str]:
    """Name → number of the lines beside the list."""
    text = answer.content.decode()
    part = text[text.index('id="views"') : text.index("All views")]
    found = re.findall(r"</svg><span>([^<]*)</span>(?:<span class=\"rail-count\">([^<]*)</span>)?", part)
    return dict(found)


class TestSaving:
    def test_what_the_list_shows_is_there_again(self, visit, team, agent):
        wanted, _other = urgent(team), a_ticket(team=team)
        page = visit(agent)
        assert 'data-key="v"' in page.get("/desk/?view=all&priority=1").content.decode()
        answer = page.post(
            "/desk/views/new/?view=all&priority=1&sort=created&after=x", {"name": "Hot", "is_pinned": "on"}
        )
        view = SavedView.objects.get()
        assert answer.status_code == 303 and answer["Location"] == f"/desk/?saved={view.pk}"
        assert (view.owner, view.team, view.base, view.filters, view.sort, view.place) == (
            agent, None, "all", {"priority": ["1"]}, "created", 1,
        )  # fmt: skip
        shown = page.get(f"/desk/?saved={view.pk}")
        assert numbers(shown) == [wanted.number]
        html = shown.content.decode()
        assert "<h1>Hot</h1>" in html
        assert rail(shown)["Hot"] == "1"
        assert "Save changes" not in html and 'data-key="v"' not in html

    def test_htmx_gets_the_form_and_goes_on_to_the_view(self, visit, agent):
        page = visit(agent)
        assert 'id="sheet-body"' in page.get("/desk/views/new/?priority=1", headers=HTMX).content.decode()
        answer = page.post("/desk/views/new/?priority=1", {"name": "Hot"}, headers=HTMX)
        assert answer["HX-Redirect"] == f"/desk/?saved={SavedView.objects.get().pk}"
        assert SavedView.objects.get().place is None

    def test_what_is_not_known_is_not_saved(self, visit, agent):
        answer = visit(agent).post("/desk/views/new/?view=all&status=resolvd", {"name": "Hot"})
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "“resolvd” is nothing that “Status” knows" in html and "Did you mean “resolved”?" in html
        assert 'value="Hot"' in html
        assert not SavedView.objects.exists()

    def test_a_name_is_taken_once_per_person(self, visit, agent, team):
        save(agent, name="Hot")
        answer = visit(agent).post("/desk/views/new/?view=all", {"name": "Hot"})
        assert answer.status_code == 422
        assert "There is a view of this name already." in answer.content.decode()
        assert save(an_agent(team), name="Hot").pk

    def test_not_more_than_fifty(self, agent, monkeypatch):
        monkeypatch.setattr(actions, "MOST_VIEWS", 1)
        save(agent)
        with pytest.raises(Refused, match="50 views"):
            save(agent, name="Second")

    def test_changes_in_the_list_are_kept_by_one_button(self, visit, team, agent):
        view = save(agent, "view=all&priority=1")
        page = visit(agent)
        changed = page.get(f"/desk/?saved={view.pk}&view=all&priority=1&type=request")
        assert f"/desk/views/{view.pk}/keep/?" in changed.content.decode()
        page.post(f"/desk/views/{view.pk}/keep/?saved={view.pk}&view=all&type=request&group=team&columns=team,due")
        view.refresh_from_db()
        assert (view.filters, view.group, view.columns) == ({"type": ["request"]}, "team", ["team", "due"])

    def test_filters_beside_it_count_instead_of_its_own(self, visit, team, agent):
        view = save(agent, "view=all&priority=1")
        hot, request = urgent(team), a_service_request(team=team).ticket
        page = visit(agent)
        assert numbers(page.get(f"/desk/?saved={view.pk}&type=request&view=all")) == [request.number]
        assert numbers(page.get(f"/desk/?saved={view.pk}")) == [hot.number]

    def test_its_pages_and_its_news_go_by_its_filters(self, visit, team, agent, monkeypatch):
        monkeypatch.setattr("servicedesk.desk.queue.PAGE_SIZE", 1)
        first, second = urgent(team), urgent(team)
        a_ticket(team=team)
        view = save(agent, "view=all&priority=1")
        page = visit(agent)
        answer = page.get(f"/desk/?saved={view.pk}")
        link = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())[1].replace("&amp;", "&")
        assert (numbers(answer), numbers(page.get(f"/desk/{link}"))) == ([first.number], [second.number])
        poll = re.search(r'id="queue-poll"\s+hx-get="([^"]+)"', answer.content.decode())[1].replace("&amp;", "&")
        a_ticket(team=team)
        assert "1 new" not in page.get(poll, headers=HTMX).content.decode()
        urgent(team)
        assert "1 new – show" in page.get(poll, headers=HTMX).content.decode()


class TestOfATeam:
    def test_who_leads_gives_it_and_each_member_sees_their_own_in_it(self, visit, team, agent, lead):
        view = save(lead, "view=all&assignee=me", name="Round", team=team)
        ticket = a_ticket(team=team)
        assign(ticket, by=agent, via="page", assignee=agent)
        assert numbers(visit(agent).get(f"/desk/?saved={view.pk}")) == [ticket.number]
        assert numbers(visit(lead).get(f"/desk/?saved={view.pk}")) == []
        assert "First line</li>" in visit(agent).get("/desk/").content.decode()

    def test_others_are_told_that_it_is_not_there(self, visit, team, lead):
        view = save(lead, name="Round", team=team)
        outsider = an_agent(a_team())
        ticket = a_ticket(team=outsider.teams.get())
        answer = visit(outsider).get(f"/desk/?saved={view.pk}")
        assert "This saved view is not there, or it is not yours." in answer.content.decode()
        assert "Round" not in answer.content.decode()
        assert numbers(answer) == [ticket.number]

    def test_members_may_not_change_it_nor_give_one(self, visit, team, agent, lead):
        view = save(lead, name="Round", team=team)
        page = visit(agent)
        assert "Only me" not in page.get("/desk/views/new/?priority=1").content.decode()
        for name in ("keep", "move", "delete"):
            assert page.post(f"/desk/views/{view.pk}/{name}/").status_code == 403
        assert page.post(f"/desk/views/{view.pk}/", {"name": "x"}).status_code == 403
        with pytest.raises(Refused, match="Who leads the team"):
            save(agent, team=team)
        assert f"/desk/views/{view.pk}/" not in page.get("/desk/views/").content.decode()

    def test_a_lead_gives_their_own_away_and_the_log_says_so(self, visit, team, lead):
        view = save(lead, "view=all&priority=1")
        assert not AuditEntry.objects.exists()
        visit(lead).post(f"/desk/views/{view.pk}/", {"name": "For all", "team": team.pk, "is_pinned": "on"})
        view.refresh_from_db()
        assert (view.owner, view.team, view.name) == (None, team, "For all")
        assert AuditEntry.objects.get().data["changes"]["team"] == [None, [team.pk, "First line"]]

    def test_never_to_a_team_that_one_is_not_in(self, lead):
        with pytest.raises(Refused, match="Who leads the team"):
            save(lead, team=a_team())

    def test_administrators_of_the_desk_decide_for_their_team(self, team):
        administrator = a_person(Role.AGENT, Role.ADMINISTRATOR, teams=[team])
        assert save(administrator, team=team).team == team

    def test_it_widens_nothing(self, visit, team, lead, agent):
        view = save(lead, "view=all&type=incident", name="Round", team=team)
        a_ticket(team=team, is_confidential=True)
        hidden = a_ticket(team=a_team())
        assert hidden.number not in numbers(visit(agent).get(f"/desk/?saved={view.pk}"))


class TestManaging:
    def test_the_page_tells_what_each_shows(self, visit, team, agent):
        save(agent, "view=all&priority=1&group=team&columns=team,due", name="Hot")
        html = visit(agent).get("/desk/views/").content.decode()
        for words in ("Hot", "All open · Priority: P1 · Grouped by Team · Columns: Team, Due", "My views", "Pinned"):
            assert words in html

    def test_without_any_it_says_how_to_get_one(self, visit, agent):
        assert "No saved views yet" in visit(agent).get("/desk/views/").content.decode()

    def test_pinned_ones_are_moved_and_unpinned(self, visit, agent):
        views = [save(agent, name=name) for name in ("A", "B", "C")]
        page = visit(agent)
        page.post(f"/desk/views/{views[2].pk}/move/", {"way": "up"})
        assert [view.name for view in visible_views(again(agent))] == ["A", "C", "B"]
        page.post(f"/desk/views/{views[0].pk}/move/", {"way": "down"})
        page.post(f"/desk/views/{views[0].pk}/move/", {"way": "down"})
        page.post(f"/desk/views/{views[0].pk}/move/", {"way": "down"})
        assert [view.name for view in visible_views(again(agent))] == ["C", "B", "A"]
        page.post(f"/desk/views/{views[2].pk}/", {"name": "C"})
        lines = rail(page.get("/desk/"))
        assert "C" not in lines and {"A", "B"} <= lines.keys()

    def test_deleting_can_be_undone_for_a_day(self, visit, agent):
        view = save(agent)
        page = visit(agent)
        answer = page.post(f"/desk/views/{view.pk}/delete/", follow=True)
        assert f"/desk/views/{view.pk}/restore/" in answer.content.decode()
        assert not visible_views(agent).exists()
        page.post(f"/desk/views/{view.pk}/restore/")
        assert visible_views(agent).get() == view
        actions.delete_view(view, by=agent, via="page")
        assert actions.forget_deleted_views() == 0
        SavedView.objects.update(deleted_at=timezone.now() - timedelta(hours=25))
        assert actions.forget_deleted_views() == 1

    def test_it_does_not_come_back_under_a_name_that_is_taken(self, visit, agent):
        view = save(agent)
        actions.delete_view(view, by=agent, via="page")
        save(agent)
        answer = visit(agent).post(f"/desk/views/{view.pk}/restore/", follow=True)
        assert "There is a view of this name already." in answer.content.decode()

    def test_those_of_others_are_not_there(self, visit, agent, team):
        view = save(an_agent(team))
        page = visit(agent)
        for name in ("", "keep/", "move/", "delete/", "restore/"):
            assert page.post(f"/desk/views/{view.pk}/{name}", {"name": "x"}).status_code == 404


class TestMissing:
    def test_a_view_opens_when_what_it_names_is_gone(self, visit, team, agent):
        gone, service = a_team(code="gone"), a_service(team, code="payroll")
        view = save(agent, "view=all&team=gone&service=payroll&priority=1&columns=team,due")
        gone.delete()
        service.delete()
        SavedView.objects.filter(pk=view.pk).update(
            filters=view.filters | {"colour": ["red"], "assignee": ["999999"]},
            columns=["team", "weight"], sort="weight", group="weight",
        )  # fmt: skip
        hot, _cold = urgent(team), a_ticket(team=team)
        page = visit(agent)
        answer = page.get(f"/desk/?saved={view.pk}")
        assert numbers(answer) == [hot.number]
        for address in (f"/desk/?saved={view.pk}", "/desk/views/"):
            html = page.get(address).content.decode()
            for sentence in (
                "There is no filter “colour”; it was left out.",
                "“gone” is nothing that “Team” knows; it was left out.",
                "“payroll” is nothing that “Service” knows; it was left out.",
                "“999999” is nothing that “Assignee” knows; it was left out.",
                "There is no column “weight”; it was left out.",
                "The list cannot be sorted by “weight”.",
                "The list cannot be grouped by “weight”.",
            ):
                assert sentence in html, sentence

    @pytest.mark.parametrize(("query", "sentence", "address"), [
        ("prority=1", "There is no filter “prority”; it was left out.", "view=all&amp;priority=1"),
        ("status=resolvd", "“resolvd” is nothing that “Status” knows", "view=all&amp;status=resolved"),
        ("team=frist", "“frist” is nothing that “Team” knows", "view=all&amp;team=first"),
        ("sort=creatd", "The list cannot be sorted by “creatd”.", "view=all&amp;sort=created"),
        ("group=taem", "The list cannot be grouped by “taem”.", "view=all&amp;group=team"),
        ("columns=servce", "There is no column “servce”", "view=all&amp;columns=service"),
    ])  # fmt: skip
    def test_the_nearest_is_offered(self, visit, team, agent, query, sentence, address):
        html = visit(agent).get(f"/desk/?view=all&{query}").content.decode()
        assert sentence in html
        assert f'<a href="/desk/?{address}">Did you mean' in html

    def test_nothing_near_is_no_offer(self, visit, agent):
        html = visit(agent).get("/desk/?zzzzzz=1").content.decode()
        assert "There is no filter “zzzzzz”; it was left out." in html and "Did you mean" not in html


class TestNumbers:
    def test_are_those_of_the_lists(self, visit, team, agent):
        service = a_service(team, code="payroll")
        parent = Category.objects.create(code="hw", name="機器")
        urgent(team)
        for _turn in range(2):
            assign(a_ticket(service=service, category=parent), by=agent, via="page", assignee=agent)
        queries = ["priority=1", "service=payroll", "category=hw", f"assignee={agent.pk}", "tag=vpn", "since=7d",
                   "team=first", "service=payroll&assignee=me"]  # fmt: skip
        for number, query in enumerate(queries):
            save(agent, f"view=all&{query}", name=f"v{number}")
        page = visit(agent)
        lines = rail(page.get("/desk/"))
        for view in SavedView.objects.all():
            assert lines[view.name] == str(len(numbers(page.get(f"/desk/?saved={view.pk}")))), view.name

    def test_stop_where_those_of_the_shipped_views_do(self, visit, team, agent, monkeypatch):
        for _turn in range(4):
            urgent(team)
        save(agent, "view=all&priority=1", name="Hot")
        monkeypatch.setattr("servicedesk.desk.queue_rows.MOST_SCANNED", 3)
        monkeypatch.setattr("servicedesk.desk.queue_rows.MOST_COUNTED", 2)
        assert rail(visit(agent).get("/desk/"))["Hot"] == "1+"

    def test_what_no_index_counts_has_none(self, visit, team, agent):
        save(agent, "view=done", name="Done")
        save(agent, "view=all&words=vpn", name="Words")
        lines = rail(visit(agent).get("/desk/"))
        assert (lines["Done"], lines["Words"]) == ("", "")

    @pytest.mark.parametrize("many", [1, 3])
    def test_queries_are_the_same_however_many_views(self, visit, team, agent, lead, many, django_assert_num_queries):
        for turn in range(many):
            service, other = a_service(team, code=f"s{turn}"), a_team(code=f"x{turn}")
            Category.objects.create(code=f"c{turn}", name="x")
            query = f"view=all&team={other.code}&service={service.code}&category=c{turn}&assignee={agent.pk}"
            save(agent, query, name=f"v{turn}")
            save(lead, query, name=f"v{turn}", team=team)
        a_ticket(team=team)
        page = visit(agent)
        page.get("/desk/")
        with django_assert_num_queries(19):
            page.get("/desk/")
        with django_assert_num_queries(18):
            page.get("/desk/views/")


class TestColumnsAndGroups:
    def test_columns_are_those_of_the_address_in_its_order(self, visit, team, agent):
        service = a_service(team, name="Payroll", name_en="Payroll")
        category = Category.objects.create(code="hw", name="<i>Hardware</i>")
        a_ticket(service=service, category=category, channel="phone")
        html = (
            visit(agent)
            .get("/desk/?view=all&columns=service,category&columns=channel&columns=created")
            .content.decode()
        )
        assert re.findall(r'<th scope="col" class="col-(\w+)">', html) == ["service", "category", "channel", "created"]
        for cell in ("Payroll", "&lt;i&gt;Hardware&lt;/i&gt;", "Phone"):
            assert f'">{cell}</td>' in html
        assert "<i>Hardware" not in html

    def test_groups_have_headings_in_the_order_of_priority(self, visit, team, agent):
        other = an_agent(team, name="Ken Ito")
        first, second, third = a_ticket(team=team), urgent(team), a_ticket(team=team)
        for ticket, who in ((first, agent), (third, other)):
            assign(ticket, by=agent, via="page", assignee=who)
        answer = visit(agent).get("/desk/?view=all&group=assignee")
        found = re.findall(
            r'colspan="8">([^<]+)</th>|class="queue-number inline"><a [^>]*>(\w+)<', answer.content.decode()
        )
        assert ["".join(one) for one in found] == [
            "Hana Sato", first.number, "Ken Ito", third.number, "Nobody", second.number,
        ]  # fmt: skip

    @pytest.mark.parametrize("group", ["priority", "team", "assignee", "service"])
    @pytest.mark.parametrize("view", ["all", "done"])
    def test_pages_lead_through_all_groups_and_back(self, visit, team, agent, group, view, monkeypatch):
        from incidents.actions import resolve_incident
        from incidents.models import Incident

        monkeypatch.setattr("servicedesk.desk.queue.PAGE_SIZE", 2)
        service = a_service(team)
        for turn in range(5):
            ticket = a_ticket(**({"service": service} if turn % 2 else {"team": team}), impact=1 + turn % 3, urgency=1)
            if turn == 3:
                assign(ticket, by=agent, via="page", assignee=agent)
            if view == "done":
                resolve_incident(Incident.objects.get(pk=ticket.pk), by=agent, via="page", resolution="x")
        page = visit(agent)
        address, seen = f"/desk/?view={view}&group={group}", []
        while address:
            answer = page.get(address)
            seen.append(numbers(answer))
            found = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
            address = f"/desk/{found[1].replace('&amp;', '&')}" if found else ""
        assert [len(part) for part in seen] == [2, 2, 1]
        assert len({number for part in seen for number in part}) == 5
        back = re.search(r'rel="prev" href="([^"]+)"', answer.content.decode())[1].replace("&amp;", "&")
        assert numbers(page.get(f"/desk/{back}")) == seen[1]

    @pytest.mark.parametrize("rows", [1, 3])
    def test_queries_are_the_same_however_many_rows(self, visit, team, agent, rows, django_assert_num_queries):
        for turn in range(rows):
            category = Category.objects.create(code=f"c{turn}", name="x")
            a_ticket(service=a_service(team), category=category, requester=a_person())
        page = visit(agent)
        address = "/desk/?view=all&group=service&columns=team,service,category,department,requester"
        page.get(address)
        with django_assert_num_queries(17):
            page.get(address)


class TestDensity:
    def test_is_kept_for_the_person(self, visit, team, agent):
        a_ticket(team=team)
        page = visit(agent)
        assert "table-compact" not in page.get("/desk/").content.decode()
        answer = page.post("/desk/density/", {"density": "compact", "next": "/desk/?view=all"})
        assert answer["Location"] == "/desk/?view=all"
        assert DeskPreference.objects.get(pk=agent.pk).density == "compact"
        assert "table-compact" in page.get("/desk/").content.decode()
        assert "table-compact" not in visit(an_agent(team)).get("/desk/").content.decode()

    def test_a_view_may_have_its_own(self, visit, team, agent):
        a_ticket(team=team)
        view = save(agent, "view=all&density=comfortable")
        assert "table-comfortable" in visit(agent).get(f"/desk/?saved={view.pk}").content.decode()

    def test_others_are_refused(self, visit, agent):
        answer = visit(agent).post("/desk/density/", {"density": "tiny"}, follow=True)
        assert "The list cannot be shown “tiny”." in answer.content.decode()
        assert not DeskPreference.objects.exists()


class TestJump:
    @pytest.mark.parametrize("typed", ["{number}", "{lower}", "{digits}", "　{wide}"])
    def test_to_the_number_however_it_is_written(self, visit, team, agent, typed):
        number = a_ticket(team=team).number
        digits = number[3:].lstrip("0")
        wide = number.translate({ord(c): chr(ord(c) + 0xFEE0) for c in number})
        answer = visit(agent).get(
            "/desk/jump/", {"number": typed.format(number=number, lower=number.lower(), digits=digits, wide=wide)}
        )
        assert answer["Location"] == f"/incidents/{number}/"

    def test_what_is_not_theirs_is_not_there(self, visit, agent):
        hidden = a_ticket(team=a_team())
        page = visit(agent)
        for number in (hidden.number, "INC9999999", "nonsense", ""):
            answer = page.get("/desk/jump/", {"number": number, "next": "/desk/?view=all"}, follow=True)
            assert answer.redirect_chain[0][0] == "/desk/?view=all"
            assert f"There is no ticket “{number}” that you may see." in answer.content.decode()

    def test_a_number_that_several_have_is_searched_for(self, visit, team, agent):
        from servicedesk.tickets.models import Ticket

        one, other = a_ticket(team=team), a_service_request(team=team).ticket
        Ticket.objects.filter(pk=one.pk).update(number="INC7654321")
        Ticket.objects.filter(pk=other.pk).update(number="REQ7654321")
        assert visit(agent).get("/desk/jump/", {"number": "7654321"})["Location"] == "/search/?q=7654321"

    def test_leads_to_no_other_site(self, visit, agent):
        answer = visit(agent).get("/desk/jump/", {"number": "x", "next": "https://evil.example/"})
        assert answer["Location"] == "/desk/"
