"""The queue: views, filters, order, pages, what happened meanwhile, and the export."""

import re
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.actions import ask_requester_incident, resolve_incident, start_incident
from servicedesk.desk import queue, queue_rows
from servicedesk.tickets import actions
from servicedesk.tickets.models import Category, Ticket
from servicedesk.tickets.queries import last_event_id
from tests.factories import (
    a_person,
    a_service,
    a_service_request,
    a_team,
    a_ticket,
    again,
    an_agent,
    an_incident,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team(name="First line")


@pytest.fixture
def agent(team):
    return an_agent(team, name="Hana Sato")


def numbers(answer) -> list[str]:
    """The numbers of the rows, as they stand."""
    return re.findall(r'class="queue-number inline"><a [^>]*>(\w+)<', answer.content.decode())


def shown(page, **query) -> set[str]:
    answer = page.get("/desk/", {"view": "all"} | query)
    assert answer.status_code == 200
    return set(numbers(answer))


class TestViews:
    def test_each_shows_its_own(self, visit, team, agent):
        new = an_incident(team=team)
        mine = an_incident(team=team)
        start_incident(mine, by=agent, via="page")
        waiting = an_incident(team=team)
        ask_requester_incident(waiting, by=agent, via="page", message="When?")
        done = an_incident(team=team)
        resolve_incident(done, by=agent, via="page", resolution="Done")
        nobodys = an_incident()
        elsewhere = an_incident(team=a_team())
        late = an_incident(team=team, at=timezone.now() - timedelta(days=400))
        page = visit(agent)

        def view(name):
            return set(numbers(page.get("/desk/", {"view": name})))

        n = {key: record.ticket.number for key, record in locals().items() if hasattr(record, "ticket")}
        assert view("mine") == {n["mine"]}
        assert view("team") == {n["new"], n["mine"], n["waiting"], n["late"]}
        assert view("unassigned") == {n["new"], n["nobodys"], n["late"], n["waiting"]}
        assert view("due") == {n["late"]}
        assert view("waiting") == {n["waiting"]}
        assert view("all") == {n["new"], n["mine"], n["waiting"], n["nobodys"], n["late"]}
        assert view("done") == {n["done"]}
        assert n["elsewhere"] not in view("all") | view("done")

    def test_what_an_agent_asked_for_elsewhere_is_not_work(self, visit, agent):
        own = an_incident(team=a_team(), requester=agent).ticket
        assert own.number not in shown(visit(agent))

    def test_confidential_matters_of_other_teams_are_neither_shown_nor_counted(self, visit, team, agent):
        service = a_service(team)
        an_incident(service=service, team=a_team(), is_confidential=True)
        page = visit(agent)
        assert shown(page) == set()
        assert queue_rows.view_counts(again(agent)) == {
            "mine": "0", "team": "0", "unassigned": "0", "due": "0", "waiting": "0", "snoozed": "0", "stale": "0",
            "all": "0",
        }  # fmt: skip

    def test_counts_are_those_of_the_lists(self, visit, team, agent):
        for _turn in range(3):
            an_incident(team=team)
        start_incident(an_incident(team=team), by=agent, via="page")
        page = visit(agent)
        counts = queue_rows.view_counts(again(agent))
        for name, count in counts.items():
            assert count == str(len(shown(page, view=name)))

    def test_long_counts_stop(self, team, agent, monkeypatch):
        for _turn in range(4):
            an_incident(team=team)
        monkeypatch.setattr(queue_rows, "MOST_SCANNED", 3)
        monkeypatch.setattr(queue_rows, "MOST_COUNTED", 2)
        counts = queue_rows.view_counts(again(agent))
        assert (counts["all"], counts["mine"]) == ("1+", "0")
        with CaptureQueriesContext(connection) as seen:
            assert queue_rows.view_counts(again(agent)) == counts
        assert not [one for one in seen if "scanned" in one["sql"]]  # for a while not even tried

    def test_without_a_team_there_is_nothing_of_ones_team(self, monkeypatch):
        an_incident()
        agent = an_agent()
        for scanned in (2000, 1):
            monkeypatch.setattr(queue_rows, "MOST_SCANNED", scanned)
            counts = queue_rows.view_counts(again(agent))
            assert (counts["all"], counts["team"]) == ("1", "0")

    def test_for_agents_only(self, visit, client):
        assert visit(a_person()).get("/desk/").status_code == 403
        client.logout()
        assert client.get("/desk/").status_code == 302

    def test_a_row_says_how_old_it_is_and_what_kind_of_matter(self, visit, team, agent):
        old = an_incident(team=team, at=timezone.now() - timedelta(days=20))
        Ticket.objects.filter(pk=old.pk).update(is_major=True)
        page = visit(agent).get("/desk/", {"view": "team"}).content.decode()
        assert ">20 d</time>" in page
        assert "Major incident</span>" in page and "Confidential</span>" not in page

    def test_an_empty_view_says_what_would_be_here(self, visit, agent):
        assert "Nothing here" in visit(agent).get("/desk/").content.decode()


class TestFilters:
    def test_each_narrows_the_list(self, visit, team, agent):
        service = a_service(team, code="payroll")
        parent = Category.objects.create(code="hw", name="機器")
        child = Category.objects.create(code="printer", name="プリンタ", parent=parent)
        requester = a_person()
        wanted = an_incident(
            service=service, category=child, requester=requester, channel="phone", impact=1, urgency=1
        ).ticket
        actions.assign(wanted, by=agent, via="page", assignee=agent)
        actions.set_tags(wanted, by=agent, via="page", tags=["VPN"])
        Ticket.objects.filter(pk=wanted.pk).update(is_major=True)
        other = a_service_request(team=team, at=timezone.now() - timedelta(days=20)).ticket
        page = visit(agent)
        both = {wanted.number, other.number}
        assert shown(page) == both
        for query in (
            {"type": "incident"}, {"priority": "P1"}, {"priority": "1"}, {"status": "assigned"}, {"phase": "active"},
            {"assignee": "me"}, {"assignee": str(agent.pk)}, {"requester": str(requester.pk)}, {"service": "payroll"},
            {"category": "hw"}, {"category": "printer"}, {"channel": "phone"}, {"tag": "ｖｐｎ"}, {"since": "7d"},
            {"since": f"{timezone.localdate():%Y-%m-%d}"}, {"major": "1"},
        ):  # fmt: skip
            assert shown(page, **query) == {wanted.number}, query
        for query in ({"type": "request"}, {"assignee": "none"}, {"service": "none"}, {"category": "none"}):
            assert shown(page, **query) == {other.number}, query
        assert shown(page, team=team.code) == shown(page, team="mine") == both
        assert shown(page, team="none") == set()
        assert shown(page, type=["incident", "request"]) == both
        assert shown(page, type="request", priority="1") == set()

    def test_words(self, visit, team, agent):
        from servicedesk.tickets.consumers import index_tickets

        wanted, other = a_ticket(team=team, title="給与明細が空です"), a_ticket(team=team)
        for ticket in (wanted, other):
            index_tickets([ticket.pk])
        assert shown(visit(agent), words="給与明細") == {wanted.number}

    @pytest.mark.parametrize(("query", "sentence"), [
        ({"priority": "9"}, "“9” is nothing that “Priority” knows; it was left out."),
        ({"team": "nope"}, "“nope” is nothing that “Team” knows; it was left out."),
        ({"assignee": "1 OR 1=1"}, "“1 OR 1=1” is nothing that “Assignee” knows; it was left out."),
        ({"assignee": "9" * 40}, "it was left out."),
        ({"since": "2026-02-31"}, "it was left out."),
        ({"since": "0001-01-01"}, ""),
        ({"category": "x"}, "it was left out."),
        ({"sort": "password"}, "The list cannot be sorted by “password”."),
        ({"view": "secret"}, "There is no view “secret”; this is “My team”."),
    ])  # fmt: skip
    def test_what_is_unknown_is_left_out_and_said(self, visit, team, agent, query, sentence):
        ticket = a_ticket(team=team)
        answer = visit(agent).get("/desk/", query)
        assert answer.status_code == 200
        assert numbers(answer) == [ticket.number]
        assert sentence in answer.content.decode()

    def test_what_was_typed_is_shown_as_text(self, visit, agent):
        html = visit(agent).get("/desk/", {"priority": "<script>x</script>"}).content.decode()
        assert "<script>x" not in html

    def test_a_chip_takes_its_value_away_and_leaves_the_rest(self, visit, team, agent):
        a_ticket(team=team)
        html = visit(agent).get("/desk/?view=all&priority=1&priority=4&after=x").content.decode()
        assert 'href="/desk/?view=all&amp;priority=4"' in html

    def test_a_filter_that_finds_nothing_says_so(self, visit, team, agent):
        a_ticket(team=team)
        assert "Nothing fits these filters" in visit(agent).get("/desk/?priority=1").content.decode()

    def test_the_form_knows_what_is_chosen(self, visit, agent):
        html = visit(agent).get("/desk/filters/?priority=2&words=vpn&view=mine", headers=HTMX).content.decode()
        assert '<option value="2" selected>P2</option>' in html
        assert 'value="vpn"' in html
        assert 'name="view" value="mine"' in html
        assert "<html" not in html
        assert visit(a_person()).get("/desk/filters/").status_code == 403


class TestOrderAndPages:
    def test_by_priority_then_age_or_as_asked(self, visit, team, agent):
        now = timezone.now()
        low = a_ticket(team=team, impact=4, urgency=4, at=now - timedelta(hours=3)).number
        high = a_ticket(team=team, impact=1, urgency=1, at=now - timedelta(hours=2)).number
        later = a_ticket(team=team, impact=1, urgency=1, at=now - timedelta(hours=1)).number
        page = visit(agent)
        assert numbers(page.get("/desk/")) == [high, later, low]
        assert numbers(page.get("/desk/?sort=created")) == [later, high, low]
        assert numbers(page.get("/desk/?sort=oldest")) == [low, high, later]
        assert numbers(page.get("/desk/?sort=due"))[0] == high

    def test_pages_lead_there_and_back_without_doubles(self, visit, team, agent, monkeypatch):
        monkeypatch.setattr("servicedesk.desk.queue.PAGE_SIZE", 2)
        every = [a_ticket(team=team).number for _turn in range(5)]
        page = visit(agent)
        address, seen = "/desk/?view=all", []
        while address:
            answer = page.get(address)
            seen.append(numbers(answer))
            found = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
            address = f"/desk/{found[1].replace('&amp;', '&')}" if found else ""
        assert seen == [every[:2], every[2:4], every[4:]]
        back = re.search(r'rel="prev" href="([^"]+)"', answer.content.decode())[1].replace("&amp;", "&")
        assert numbers(page.get(f"/desk/{back}")) == every[2:4]

    def test_htmx_gets_the_list_alone(self, visit, team, agent):
        ticket = a_ticket(team=team)
        answer = visit(agent).get("/desk/", headers=HTMX)
        assert numbers(answer) == [ticket.number]
        assert "<html" not in answer.content.decode()
        assert 'id="queue"' in answer.content.decode()


class TestRow:
    def test_says_who_when_and_until_when(self, visit, team, agent):
        now = timezone.now()
        ticket = a_ticket(
            team=team, title="<b>Payslip</b>", requester=a_person(name="Midori"), at=now - timedelta(hours=2)
        )
        actions.assign(ticket, by=agent, via="page", assignee=agent)
        Ticket.objects.filter(pk=ticket.pk).update(due_at=now - timedelta(minutes=90))
        html = visit(agent).get("/desk/").content.decode()
        for words in ("&lt;b&gt;Payslip&lt;/b&gt;", "Midori", "Hana Sato", "1:30 late", "2 h", "Assigned", ">P4<"):
            assert words in html
        assert f'href="/incidents/{ticket.number}/"' in html
        assert f'hx-get="/tickets/{ticket.number}/peek/"' in html

    def test_what_nobody_has_names_its_team(self, visit, team, agent):
        a_ticket(team=team)
        assert "First line" in visit(agent).get("/desk/").content.decode()


class TestQueriesOfTheQueue:
    """One number, however many rows and whatever they hold."""

    @pytest.mark.parametrize("rows", [1, 3])
    def test_of_the_page(self, visit, team, agent, rows, django_assert_num_queries):
        for turn in range(rows):
            ticket = a_ticket(team=team, service=a_service(team), requester=a_person())
            if turn % 2 == 0:
                actions.assign(ticket, by=agent, via="page", assignee=an_agent(team))
            a_ticket(team=team)
        page = visit(agent)
        page.get("/desk/")
        with django_assert_num_queries(15):
            page.get("/desk/")

    @pytest.mark.parametrize("rows", [1, 3])
    def test_of_the_question_what_happened(self, visit, team, agent, rows, django_assert_num_queries):
        for _turn in range(rows):
            a_ticket(team=team)
        page = visit(agent)
        page.get("/desk/")
        newest = last_event_id()
        with django_assert_num_queries(6):
            assert page.get("/desk/changes/", {"since_event": newest}, headers=HTMX).status_code == 204


def poll_of(answer) -> str:
    return re.search(r'id="queue-poll"\s+hx-get="([^"]+)"', answer.content.decode())[1].replace("&amp;", "&")


class TestChanges:
    def test_nothing_happened(self, visit, team, agent):
        a_ticket(team=team)
        page = visit(agent)
        assert page.get(poll_of(page.get("/desk/")), headers=HTMX).status_code == 204

    def test_a_changed_row_comes_to_its_place(self, visit, team, agent):
        ticket, quiet = a_ticket(team=team), a_ticket(team=team)
        page = visit(agent)
        poll = poll_of(page.get("/desk/"))
        actions.set_fields(ticket, by=agent, via="page", title="New words")
        answer = page.get(poll, headers=HTMX)
        html = answer.content.decode()
        assert numbers(answer) == [ticket.number]
        assert f'<template><tr id="t{ticket.pk}" class="" data-row' in html
        assert "New words" in html
        assert "new – show" not in html
        assert page.get(poll_of(answer), headers=HTMX).status_code == 204
        assert quiet.number not in html

    def test_a_row_that_left_the_view_stays_greyed(self, visit, team, agent):
        ticket = an_incident(team=team)
        page = visit(agent)
        poll = poll_of(page.get("/desk/"))
        resolve_incident(ticket, by=agent, via="page", resolution="Done")
        assert 'class="is-gone"' in page.get(poll, headers=HTMX).content.decode()

    def test_new_tickets_are_counted_until_they_are_shown(self, visit, team, agent):
        a_ticket(team=team)
        page = visit(agent)
        first = page.get(poll_of(page.get("/desk/")), headers=HTMX)
        assert first.status_code == 204
        poll = poll_of(page.get("/desk/"))
        a_ticket(team=team)
        second = page.get(poll, headers=HTMX)
        assert "1 new – show" in second.content.decode()
        a_ticket(team=team)
        third = page.get(poll_of(second), headers=HTMX)
        assert "2 new – show" in third.content.decode()
        assert numbers(third) == []

    def test_the_numbers_of_the_views_follow_after_a_while(self, visit, team, agent):
        def ask(poll, *, later=False):
            return page.get(re.sub(r"counted=\d+", "counted=1000", poll) if later else poll, headers=HTMX)

        page = visit(agent)
        opened = poll_of(page.get("/desk/"))
        assert ask(opened, later=True).status_code == 204
        a_ticket(team=team)
        news = ask(opened)
        assert "1 new – show" in news.content.decode() and 'id="views"' not in news.content.decode()
        assert ask(poll_of(news)).status_code == 204
        numbers = ask(poll_of(news), later=True)
        assert "1 new – show" in numbers.content.decode() and 'id="views"' in numbers.content.decode()
        assert ask(poll_of(numbers), later=True).status_code == 204
        assert 'id="views"' in ask(f"{opened}&counted=0").content.decode()  # what one's own change asks

    def test_many_open_queues_ask_less_often(self, visit, team, agent, monkeypatch):
        page, asking = visit(agent), {}
        monkeypatch.setattr(queue, "_asking", asking)

        def says(answer) -> tuple[str, str]:
            return re.search(
                r'id="queue-poll".*?every (\d+)s.*?data-poll="(\d+)"', answer.content.decode(), re.S
            ).groups()

        opened = page.get("/desk/")
        assert says(opened) == ("10", "30")
        now = time.monotonic()
        asking.update({-one: now for one in range(1, 200)} | {-one: now - 61 for one in range(200, 900)})
        a_ticket(team=team)
        assert says(page.get(poll_of(opened), headers=HTMX)) == ("34", "34")
        assert len(asking) == 200
        asking.update({-one: now for one in range(1, 400)})
        assert says(page.get("/desk/")) == ("67", "67")

    def test_what_others_do_elsewhere_is_not_heard(self, visit, agent):
        page = visit(agent)
        poll = poll_of(page.get("/desk/"))
        hidden = a_ticket(team=a_team())
        actions.set_fields(hidden, by=None, via="system", title="Secret")
        assert page.get(poll, headers=HTMX).status_code == 204

    def test_asking_for_rows_of_others_brings_none(self, visit, team, agent):
        hidden = a_ticket(team=a_team())
        ticket = a_ticket(team=team)
        answer = visit(agent).get(
            "/desk/changes/", {"since_event": 0, "shown": f"{hidden.pk}.{ticket.pk}.x.{'9' * 30}", "fresh": hidden.pk}
        )
        assert numbers(answer) == [ticket.number]
        assert "new – show" not in answer.content.decode()

    @pytest.mark.parametrize(
        "query", [{}, {"since_event": "x"}, {"since_event": "9" * 40}, {"shown": "a.b", "fresh": "-1"}]
    )
    def test_nonsense_is_no_error(self, visit, team, agent, query):
        assert visit(agent).get("/desk/changes/", query).status_code in (200, 204)

    def test_not_for_staff(self, visit):
        assert visit(a_person()).get("/desk/changes/").status_code == 403


class TestExport:
    def test_holds_the_filtered_list_without_formulas(self, visit, team, agent):
        wanted = a_ticket(team=team, title="=HYPERLINK(0)", requester=a_person(name="+81 Midori"), impact=1, urgency=1)
        a_ticket(team=team)
        answer = visit(agent).get("/desk/export.csv?view=all&priority=1")
        rows = answer.content.decode("utf-8-sig").splitlines()
        assert answer["Content-Disposition"].startswith('attachment; filename="queue-')
        assert rows[0].startswith("Number,Type,Title,Status,Priority,Requester")
        assert len(rows) == 2
        assert rows[1].startswith(f"{wanted.number},Incident,'=HYPERLINK(0),New,P1,'+81 Midori")

    def test_not_for_staff(self, visit):
        assert visit(a_person()).get("/desk/export.csv").status_code == 403
