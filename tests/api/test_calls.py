"""The phone log and the call-backs by API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk.intake.actions import plan_call_back, save_call
from servicedesk.intake.models import Call, CallBack
from servicedesk.people.models import Role
from servicedesk.tickets.actions import assign
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


def soon(hours=1) -> str:
    return (timezone.now() + timedelta(hours=hours)).isoformat()


class TestCalls:
    def test_a_call_becomes_a_ticket(self, by_token, agent, team):
        caller, service = a_person(), a_service(team)
        answer = by_token(agent, "read", "tickets").post(
            "/api/v1/calls/",
            {
                "caller": caller.email, "number": "03-1234-5678", "title": "Printer", "text": "It hums.",
                "service": service.code, "call_back": {"due_at": soon(), "by_team": True},
                "started_at": (timezone.now() - timedelta(minutes=3)).isoformat(),
            },
            format="json",
        )  # fmt: skip
        ticket = Ticket.objects.get()
        body = answer.json()
        assert (answer.status_code, body["ticket"], body["state"], body["caller"]["id"], body["text"]) == (
            201, ticket.number, "done", caller.pk, "",
        )  # fmt: skip
        assert (ticket.channel, ticket.source, ticket.requester) == ("phone", "03-1234-5678", caller)
        assert CallBack.objects.get().team == team

    def test_or_a_note_in_one(self, api, agent, team):
        ticket = a_ticket(team=team)
        answer = api(agent).post("/api/v1/calls/", {"ticket": ticket.number, "text": "Still broken."}, format="json")
        assert (answer.status_code, answer.json()["ticket"]) == (201, ticket.number)
        assert (ticket.comments.get().body, ticket.comments.get().is_public) == ("Still broken.", False)

    def test_the_same_key_is_the_same_call(self, api, agent):
        caller = a_person()
        given = {"caller": caller.email, "text": "It hums."}
        headers = {"Idempotency-Key": "call 17"}
        one = api(agent).post("/api/v1/calls/", given, format="json", headers=headers)
        two = api(agent).post("/api/v1/calls/", given, format="json", headers=headers)
        assert (one.json(), Ticket.objects.count()) == (two.json(), 1)
        other = api(agent).post("/api/v1/calls/", given | {"caller": a_person().email}, format="json", headers=headers)
        assert (other.status_code, other.json()["code"]) == (409, "key_used")
        another = api(an_agent()).post("/api/v1/calls/", given, format="json", headers=headers)
        assert (another.status_code, Ticket.objects.count()) == (201, 2)

    @pytest.mark.parametrize(("given", "field"), [
        ({"text": "It hums."}, "requester"),
        ({"caller": "nobody@nowhere.example", "text": "x"}, "caller"),
        ({"caller_name": "Taro", "text": " "}, "title"),
        ({"ticket": "INC9999999", "text": "x"}, "ticket"),
        ({"caller_name": "Taro", "text": "x", "call_back": {"due_at": "2001-01-01T00:00:00Z"}}, "due_at"),
        ({"caller_name": "Taro", "text": "x", "callback": {}}, "callback"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, api, agent, given, field):
        answer = api(agent).post("/api/v1/calls/", given, format="json")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert not Ticket.objects.exists()

    def test_one_sees_ones_own(self, api, agent, team):
        save_call(by=agent, key="k" * 20, fields={"text": "half a sen"})
        rows = api(agent).get("/api/v1/calls/?state=open").json()["results"]
        assert [(row["text"], row["ticket"]) for row in rows] == [("half a sen", None)]
        assert api(an_agent(team)).get("/api/v1/calls/").json()["results"] == []

    def test_is_dropped_and_restored(self, api, agent, team):
        call = save_call(by=agent, key="k" * 20, fields={"text": "wrong number"})
        assert api(agent).post(f"/api/v1/calls/{call.pk}/drop/").json()["state"] == "dropped"
        assert api(agent).post(f"/api/v1/calls/{call.pk}/restore/").json()["state"] == "open"
        assert api(an_agent(team)).post(f"/api/v1/calls/{call.pk}/drop/").status_code == 404

    def test_is_taken_over_by_the_lead_of_the_team(self, api, agent, team):
        team.lead = a_person(Role.LEAD)
        team.save()
        call = save_call(by=agent, key="k" * 20, fields={"text": "left"})
        address = f"/api/v1/calls/{call.pk}/take-over/"
        assert api(team.lead).post(address).status_code == 404
        Call.objects.update(saved_at=timezone.now() - timedelta(hours=1))
        assert api(team.lead).post(address).json()["text"] == "left"
        assert Call.objects.get().by == team.lead

    def test_a_ticket_that_one_no_longer_sees_is_not_named(self, api, agent, team):
        other = an_agent(team)
        ticket = a_ticket(requester=a_person(), team=team)
        api(other).post("/api/v1/calls/", {"ticket": ticket.number, "text": "x"}, format="json")
        assign(ticket, by=agent, via="page", team=a_team())
        assert [row["ticket"] for row in api(other).get("/api/v1/calls/").json()["results"]] == [None]

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_for_any_number(self, api, agent, team, rows, django_assert_num_queries):
        client = api(agent)
        for _turn in range(rows):
            client.post("/api/v1/calls/", {"caller": a_person().email, "text": "x"}, format="json")
        with django_assert_num_queries(7):
            assert len(client.get("/api/v1/calls/").json()["results"]) == rows


class TestCallBacks:
    def promise(self, client, about, **more):
        given = {"ticket": about.number, "due_at": soon(), "number": "03-1"} | more
        return client.post("/api/v1/call-backs/", given, format="json")

    def test_one_is_promised_tried_and_done(self, by_token, agent, team):
        ticket = a_ticket(requester=a_person(name="Hanako"), team=team)
        client = by_token(agent, "read", "tickets")
        made = self.promise(client, ticket, note="About the key")
        body = made.json()
        assert (made.status_code, body["whom"], body["assignee"]["id"], body["state"], body["tries"]) == (
            201, "Hanako", agent.pk, "open", 0,
        )  # fmt: skip
        address = f"/api/v1/call-backs/{body['id']}/"
        missed = client.post(f"{address}not-reached/", {"again_at": soon(2)}, format="json")
        assert (missed.status_code, missed.json()["tries"]) == (200, 1)
        done = client.post(f"{address}done/", {"note": "Found it."}, format="json")
        assert (done.json()["state"], done.json()["ended_by"]["id"]) == ("done", agent.pk)
        again = client.post(f"{address}cancel/", {}, format="json")
        assert (again.status_code, again.json()["code"]) == (409, "call_back_over")
        assert client.get(address).json()["state"] == "done"

    def test_for_a_team_and_struck_out(self, api, agent, team):
        ticket = a_ticket(team=team)
        made = self.promise(api(agent), ticket, team=team.code).json()
        assert made["team"]["code"] == team.code
        answer = api(agent).post(f"/api/v1/call-backs/{made['id']}/cancel/", {}, format="json")
        assert answer.json()["state"] == "cancelled"

    @pytest.mark.parametrize(("more", "field"), [
        ({"due_at": "2001-01-01T00:00:00Z"}, "due_at"),
        ({"ticket": "INC9999999"}, "ticket"),
        ({"team": "nowhere"}, "team"),
        ({"when": "now"}, "when"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, api, agent, team, more, field):
        answer = self.promise(api(agent), a_ticket(team=team), **more)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

    def test_the_list_is_narrowed(self, api, agent, team):
        ticket, other = a_ticket(team=team), a_ticket(team=team)
        colleague = an_agent(team)
        for one, by, hours in ((ticket, agent, 2), (ticket, colleague, 1), (other, agent, 3)):
            plan_call_back(one, by=by, via="page", whom="x", due_at=timezone.now() + timedelta(hours=hours))
        client = api(agent)

        def shown(**query):
            return [row["ticket"] for row in client.get("/api/v1/call-backs/", query).json()["results"]]

        assert shown() == [ticket.number, ticket.number, other.number]
        assert shown(mine="true") == [ticket.number, other.number]
        assert shown(ticket=other.number) == [other.number]
        assert shown(due_before=soon(1.5)) == [ticket.number]
        assert shown(state="done") == []
        assert client.get("/api/v1/call-backs/?whose=me").status_code == 400

    def test_not_by_whoever_only_asked(self, api, agent, team):
        ticket = a_ticket(requester=(asker := an_agent()), team=team)
        assert self.promise(api(asker), ticket).status_code == 403
        assert self.promise(api(a_person()), ticket).status_code == 403
        assert not CallBack.objects.exists()

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_for_any_number(self, api, agent, team, rows, django_assert_num_queries):
        for _turn in range(rows):
            ticket = a_ticket(team=team)
            plan_call_back(ticket, by=agent, via="page", whom="x", due_at=timezone.now() + timedelta(hours=1))
        client = api(agent)
        client.get("/api/v1/call-backs/")
        with django_assert_num_queries(6):
            assert len(client.get("/api/v1/call-backs/").json()["results"]) == rows


class TestUnfinishedByApi:
    def test_what_is_typed_is_nobody_elses(self, api, agent):
        save_call(by=agent, key="k" * 20, fields={"text": "half a sen"})
        assert Call.objects.count() == 1
        assert api(a_person()).get("/api/v1/calls/").status_code == 403
