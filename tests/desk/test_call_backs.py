"""Call-backs in the queue and on the page of a ticket."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk.intake.actions import plan_call_back
from servicedesk.intake.models import CallBack
from servicedesk.tickets.actions import note
from tests.factories import a_person, a_service, a_team, a_ticket, an_agent, an_incident

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(team):
    return a_ticket(team=team, requester=a_person(name="Hanako", phone="03-1234-5678"))


def promise(ticket, agent, minutes=60, **more) -> CallBack:
    call_back = plan_call_back(
        ticket, **{"by": agent, "via": "page", "whom": "Hanako", "number": "03-1234-5678",
                   "due_at": timezone.now() + timedelta(hours=1)} | more
    )  # fmt: skip
    CallBack.objects.filter(pk=call_back.pk).update(due_at=timezone.now() + timedelta(minutes=minutes))
    return call_back


def read(page, address) -> str:
    answer = page.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


class TestView:
    def test_the_next_one_first_and_overdue_in_words(self, visit, agent, ticket):
        promise(ticket, agent, minutes=90, whom="Later")
        promise(ticket, agent, minutes=-5, whom="Sooner")
        html = read(visit(agent), "/desk/call-backs/")
        assert html.index("Sooner") < html.index("Later")
        assert html.count("Overdue") == 1
        assert 'href="tel:0312345678"' in html
        assert ticket.number in html

    def test_mine_and_my_teams_or_everybodys(self, visit, agent, team, ticket):
        promise(ticket, an_agent(team), whom="Colleague's")
        promise(ticket, agent, whom="Team's", team=team)
        page = visit(agent)
        mine, everybody = read(page, "/desk/call-backs/"), read(page, "/desk/call-backs/?whose=all")
        assert "Team&#x27;s" in mine and "Colleague&#x27;s" not in mine
        assert "Team&#x27;s" in everybody and "Colleague&#x27;s" in everybody

    def test_nothing_to_do(self, visit, agent):
        assert "Nobody waits for a call" in read(visit(agent), "/desk/call-backs/")

    def test_not_for_staff(self, visit, ticket):
        assert visit(ticket.requester).get("/desk/call-backs/").status_code == 403

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_for_any_number(self, visit, agent, team, rows, django_assert_num_queries):
        for turn in range(rows):
            promise(a_ticket(team=team), agent, **({"team": team} if turn % 2 else {}))
        page = visit(agent)
        page.get("/desk/call-backs/")
        with django_assert_num_queries(11):
            page.get("/desk/call-backs/")


class TestQueue:
    def count(self, html) -> str:
        found = re.search(r'href="/desk/call-backs/"[^>]*>.*?</a>', html.split('id="views"')[1], re.S)[0]
        number = re.search(r'rail-count">(\d+)', found)
        return number[1] if number else ""

    def test_the_rail_counts_those_of_the_list_behind_it(self, visit, agent, team, ticket):
        promise(ticket, agent)
        promise(ticket, agent, team=team)
        promise(ticket, an_agent(team))
        assert self.count(read(visit(agent), "/desk/")) == "2"

    def test_what_is_due_is_said_above_the_queue(self, visit, agent, ticket):
        page = visit(agent)
        promise(ticket, agent, minutes=10, whom="Not yet")
        assert "To be called back now" not in read(page, "/desk/")
        promise(ticket, agent, minutes=-1)
        html = read(page, "/desk/")
        assert "To be called back now" in html and "Hanako" in html and "Not yet" not in html
        assert "Hanako" in read(page, "/desk/call-backs/due/")

    def test_a_hidden_one_is_nowhere(self, visit, agent):
        secret = a_team()
        hushed = an_incident(service=a_service(secret, is_confidential=True)).ticket
        promise(hushed, an_agent(secret), minutes=-5, whom="Nobody knows")
        page = visit(agent)
        for address in ("/desk/", "/desk/call-backs/", "/desk/call-backs/?whose=all", "/desk/call-backs/due/"):
            assert "Nobody knows" not in read(page, address)
        assert self.count(read(page, "/desk/")) in ("", "0")


class TestTicket:
    def test_shows_what_is_promised(self, visit, agent, ticket):
        page, address = visit(agent), f"/desk/beside/{ticket.number}/"
        assert "Nobody waits for a call about this." in page.get(address, headers=HTMX).content.decode()
        promise(ticket, agent, note="About the key")
        html = page.get(address, headers=HTMX).content.decode()
        assert "Hanako" in html and "About the key" in html and "Reached – done" in html
        assert f'hx-get="{address}?box=reply"' in read(page, ticket.get_absolute_url())

    def test_one_is_promised_to_the_requester(self, visit, agent, team, ticket):
        page, address = visit(agent), f"/tickets/{ticket.number}/call-backs/new/"
        html = read(page, address)
        assert 'value="Hanako"' in html and 'value="03-1234-5678"' in html
        sent = {"whom": "Hanako", "number": "1", "when": "hour", "at": "", "who": "team", "note": "x"}
        assert page.post(address, sent).status_code == 303
        made = CallBack.objects.get()
        assert (made.team, made.number, made.note, made.created_by) == (team, "1", "x", agent)
        assert timedelta(minutes=58) < made.due_at - timezone.now() < timedelta(minutes=61)
        timeline = read(page, ticket.get_absolute_url())
        assert f"promised a call-back by the team {team.name}" in timeline

    def test_by_a_colleague(self, visit, agent, team, ticket):
        colleague = an_agent(team)
        sent = {"whom": "Hanako", "when": "half_hour", "who": str(colleague.pk)}
        visit(agent).post(f"/tickets/{ticket.number}/call-backs/new/", sent)
        assert CallBack.objects.get().assignee == colleague

    def test_at_a_time_of_ones_own_zone(self, visit, team, ticket):
        agent = an_agent(team, time_zone="Europe/Paris")
        day = timezone.now() + timedelta(days=2)
        sent = {"whom": "Hanako", "when": "other", "at": f"{day:%Y-%m-%d}T14:30", "who": "me"}
        visit(agent).post(f"/tickets/{ticket.number}/call-backs/new/", sent)
        assert CallBack.objects.get().due_at.hour in (12, 13)

    @pytest.mark.parametrize(("more", "sentence"), [
        ({"whom": ""}, "Please fill this in."),
        ({"when": "other"}, "Write when to call."),
        ({"when": "other", "at": "2001-01-01T10:00"}, "This time is over."),
        ({"who": "0"}, "Select a valid choice."),
        ({"when": "never"}, "Select a valid choice."),
    ])  # fmt: skip
    def test_what_is_wrong_is_said(self, visit, agent, ticket, more, sentence):
        sent = {"whom": "Hanako", "when": "hour", "who": "me", "note": "kept words"} | more
        answer = visit(agent).post(f"/tickets/{ticket.number}/call-backs/new/", sent)
        assert answer.status_code == 422
        assert sentence in answer.content.decode() and "kept words" in answer.content.decode()

    def test_reached(self, visit, agent, ticket):
        call_back = promise(ticket, agent)
        address = f"/tickets/{ticket.number}/call-backs/{call_back.pk}/done/"
        assert "Reached – done" in read(visit(agent), address)
        answer = visit(agent).post(address, {"note": "She found it."}, headers=HTMX)
        assert "ticket-changed" in answer.headers["HX-Trigger"]
        assert CallBack.objects.get().state == "done"
        again = visit(agent).post(address, {"note": "Me too."})
        assert again.status_code == 422
        assert "over already" in again.content.decode()

    def test_not_reached(self, visit, agent, ticket):
        call_back = promise(ticket, agent)
        visit(agent).post(
            f"/tickets/{ticket.number}/call-backs/{call_back.pk}/not-reached/", {"when": "hour", "at": "", "note": ""}
        )
        assert CallBack.objects.get().tries == 1
        answer = visit(agent).get(f"/desk/beside/{ticket.number}/", headers=HTMX)
        assert "tried once" in answer.content.decode()

    def test_no_longer_needed(self, visit, agent, ticket):
        call_back = promise(ticket, agent)
        visit(agent).post(f"/tickets/{ticket.number}/call-backs/{call_back.pk}/cancel/", {"note": ""})
        assert CallBack.objects.get().state == "cancelled"

    def test_the_requester_reads_nothing_of_it(self, visit, agent, ticket):
        promise(ticket, agent, note="hushed")
        note(ticket, by=agent, via="phone", body="hushed too")
        html = read(visit(ticket.requester), ticket.get_absolute_url())
        assert "hushed" not in html and "call-back" not in html
        assert visit(ticket.requester).get(f"/desk/beside/{ticket.number}/").status_code == 403

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_for_any_number(self, visit, agent, team, ticket, rows, django_assert_num_queries):
        for turn in range(rows):
            promise(ticket, agent, **({"team": team} if turn % 2 else {}))
        page, address = visit(agent), f"/desk/beside/{ticket.number}/"
        page.get(address, headers=HTMX)
        with django_assert_num_queries(21):
            page.get(address, headers=HTMX)
