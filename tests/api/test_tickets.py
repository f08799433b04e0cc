"""Tickets by API: handing in, lists, and everything that hangs on one."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.intake.models import Original
from servicedesk.tickets.actions import assign, link, note, reply, set_tags, share
from servicedesk.tickets.consumers import index_tickets
from servicedesk.tickets.models import Ticket, TicketShare, WorkTime
from tests.factories import (
    a_department,
    a_person,
    a_service,
    a_service_request,
    a_team,
    a_ticket,
    an_agent,
    an_incident,
    events_of,
)

pytestmark = pytest.mark.django_db
ALL = "/api/v1/tickets/"


def at(ticket, rest=""):
    return f"{ALL}{ticket.number}/{rest}"


@pytest.fixture
def desk():
    """(agent, ticket): an incident of a service whose team the agent belongs to."""
    team = a_team(next_team=a_team(tier=2))
    service = a_service(team)
    return an_agent(team), a_ticket(service=service)


def queries_of(client, address):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


class TestReceive:
    @pytest.mark.parametrize("confidential", [False, True])
    def test_the_answer_is_what_reading_it_again_gives(self, api, confidential):
        """The answer is made of what was just written, not read anew."""
        contact = a_person()
        service = a_service(business_contact=contact, default_impact=2)
        agent, requester = an_agent(), a_person(department=a_department())
        client = api(agent)
        body = {"title": "x", "service": service.code, "requester": requester.pk, "is_confidential": confidential}
        made = client.post(ALL, body)
        assert (made.status_code, made.json()["business_contact"]["id"]) == (201, contact.pk)
        assert made.json() == client.get(f"{ALL}{made.json()['number']}/").json()

    def test_an_incident_gets_number_and_priority_and_keeps_its_channel(self, by_token):
        person, service = a_person(), a_service()
        answer = by_token(person, "tickets").post(
            ALL,
            {"kind": "incident", "title": "No network", "description": "All of it.", "service": service.code}
            | {"impact": 1, "urgency": 1},
        )
        assert answer.status_code == 201
        body = answer.json()
        ticket = Ticket.objects.get()
        assert (body["number"], body["priority"], body["status"], body["channel"]) == (ticket.number, 1, "new", "api")
        assert body["requester"] == {"id": person.pk, "name": person.name}
        assert body["service"] == {"code": service.code, "name": service.name_en}
        assert (ticket.source, ticket.original.data["title"]) == ("robot", "No network")
        assert events_of(ticket) == [("open", {"channel": "api"})]

    @pytest.mark.parametrize(("kind", "type_"), [("request", "request"), ("enquiry", "request")])
    def test_a_request_and_an_enquiry(self, api, kind, type_):
        answer = api(a_person()).post(ALL, {"kind": kind, "title": "A mouse"})
        assert answer.json()["type"] == type_
        assert Ticket.objects.get().service_request.kind == kind

    def test_files_come_by_multipart(self, api, picture):
        person = a_person()
        answer = api(person).post(
            ALL,
            {"title": "See", "files": [SimpleUploadedFile("a.png", picture), SimpleUploadedFile("b.txt", b"words")]},
            format="multipart",
        )
        assert answer.status_code == 201
        listed = api(person).get(f"{ALL}{answer.json()['number']}/attachments/").json()["results"]
        assert [(row["name"], row["content_type"]) for row in listed] == [
            ("a.png", "image/png"),
            ("b.txt", "text/plain"),
        ]

    def test_a_program_is_refused_and_nothing_is_kept(self, api):
        answer = api(a_person()).post(
            ALL, {"title": "See", "files": [SimpleUploadedFile("a.exe", b"MZ..")]}, format="multipart"
        )
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["files"]
        assert not Ticket.objects.exists()
        assert not Original.objects.exists()

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "title"),
            ({"title": " "}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"title": "x", "kind": "wish"}, "kind"),
            ({"title": "x", "impact": 5}, "impact"),
            ({"title": "x", "urgency": "soon"}, "urgency"),
            ({"title": "x", "service": "none"}, "service"),
            ({"title": "x", "requester": 10**30}, "requester"),
            ({"title": "x", "requester": "nobody@example.com"}, "requester"),
            ({"title": "x", "channel": "mail"}, "channel"),
            ({"title": "x", "is_confidential": True}, "service"),
        ],
    )
    def test_what_is_wrong_is_named(self, api, body, field):
        answer = api(a_person()).post(ALL, body)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]

    def test_for_a_colleague(self, api):
        team = a_team()
        agent, colleague = an_agent(team), a_person()
        answer = api(agent).post(ALL, {"title": "x", "requester": colleague.email})
        assert answer.json()["requester"]["id"] == colleague.pk
        assert answer.json()["entered_by"]["id"] == agent.pk

    def test_another_channel_is_for_agents(self, api):
        assert api(an_agent()).post(ALL, {"title": "x", "channel": "phone"}).json()["channel"] == "phone"
        assert api(a_person()).post(ALL, {"title": "x", "channel": "phone"}).status_code == 403


class TestIdempotencyKey:
    BODY = {"title": "Once", "description": "only"}

    def post(self, client, key, **more):
        return client.post(ALL, self.BODY | more, headers={"Idempotency-Key": key})

    def test_the_same_key_is_one_ticket_and_one_answer(self, api):
        client = api(a_person())
        first, second = self.post(client, "k1"), self.post(client, "k1")
        assert first.status_code == second.status_code == 201
        assert first.json() == second.json()
        assert Ticket.objects.count() == 1

    def test_another_key_and_another_person_are_another_ticket(self, api):
        client = api(a_person())
        numbers = {
            self.post(client, "k1").json()["number"],
            self.post(client, "k2").json()["number"],
            self.post(api(a_person()), "k1").json()["number"],
        }
        assert len(numbers) == 3

    def test_a_key_for_something_else_is_refused(self, api):
        client = api(a_person())
        self.post(client, "k1")
        answer = self.post(client, "k1", title="Twice")
        assert (answer.status_code, answer.json()["code"]) == (409, "key_used")
        assert Ticket.objects.count() == 1

    def test_a_refused_sending_does_not_use_up_the_key(self, api):
        client = api(a_person())
        assert self.post(client, "k1", title="").status_code == 400
        assert self.post(client, "k1").status_code == 201


class TestList:
    def test_every_filter_narrows(self, api, desk):
        agent, ticket = desk
        other = a_service_request(requester=agent, urgency=1).ticket
        assign(ticket, by=agent, via="page", assignee=agent)
        ticket.refresh_from_db()
        set_tags(ticket, by=agent, via="page", tags=["Wave"])
        client, soon = api(agent), (timezone.now() + timedelta(hours=1)).isoformat()
        expected = {
            "": 2,
            "type=incident": 1,
            "type=incident,request": 2,
            "type=incident&type=request": 2,
            f"priority={ticket.priority}": 1 if ticket.priority != other.priority else 2,
            "status=assigned": 1,
            "phase=new": 1,
            f"team={ticket.team.code}": 1,
            "team=mine": 1,
            "team=none": 1,
            "assignee=me": 1,
            "assignee=none": 1,
            f"assignee={agent.email}": 1,
            f"requester={ticket.requester_id}": 1,
            "requester=me": 1,
            f"service={ticket.service.code}": 1,
            "channel=portal": 2,
            "channel=mail": 0,
            "tag=ＷＡＶＥ": 1,
            "open=true": 2,
            "open=false": 0,
            "is_major=true": 0,
            f"created_since={soon.replace('+', '%2B')}": 0,
            f"created_until={soon.replace('+', '%2B')}": 2,
            f"updated_since={soon.replace('+', '%2B')}": 0,
            "urgency=1": 1,
            "impact=1": 0,
        }
        found = {query: len(client.get(f"{ALL}?{query}").json()["results"]) for query in expected}
        assert found == expected

    @pytest.mark.parametrize(
        "query", ["type=problem", "priority=9", "team=x", "assignee=0", "open=maybe", "created_since=soon", "order=id"]
    )
    def test_a_value_that_is_none_is_refused(self, api, query):
        answer = api(an_agent()).get(f"{ALL}?{query}")
        assert answer.status_code == 400
        assert [name.split(".")[0] for name in answer.json()["errors"]] == [query.partition("=")[0]]

    def test_a_requester_learns_nothing_from_tags(self, api, desk):
        agent, ticket = desk
        set_tags(ticket, by=agent, via="page", tags=["grumpy"])
        client = api(ticket.requester)
        assert client.get(f"{ALL}?tag=grumpy").json()["results"] == []
        assert client.get(ALL).json()["results"][0]["tags"] == []
        assert api(agent).get(ALL).json()["results"][0]["tags"] == ["grumpy"]

    @pytest.mark.parametrize("path", ["tickets/", "incidents/", "search/?q=printer"])
    def test_three_rows_ask_no_more_than_one(self, api, path):
        team = a_team()
        agent, service = an_agent(team), a_service(team)
        secret = a_service(team, is_confidential=True)
        counts = []
        for _turn in range(2):
            ticket = a_ticket(service=service)
            assign(ticket, by=agent, via="page", assignee=agent)
            set_tags(ticket, by=agent, via="page", tags=["a", "b"])
            hidden = a_ticket(service=secret, team=a_team(), requester=agent)
            share(hidden, by=agent, via="page", user=a_person())
            TicketShare.objects.create(ticket=hidden, user=agent, by=agent)
            index_tickets([ticket.pk])
            index_tickets([hidden.pk])
            client = api(agent)
            client.get(f"/api/v1/{path}")
            counts.append(queries_of(client, f"/api/v1/{path}"))
        assert counts[0] == counts[1]
        assert counts[0] <= 16

    def test_three_service_requests_ask_no_more_than_one(self, api):
        person, counts = a_person(), []
        for _turn in range(2):
            a_service_request(requester=person)
            counts.append(queries_of(api(person), "/api/v1/requests/"))
        assert counts[0] == counts[1]


class TestOneTicket:
    def test_the_desk_sees_all_of_it_and_the_requester_their_part(self, api, desk):
        agent, ticket = desk
        set_tags(ticket, by=agent, via="page", tags=["x"])
        seen, theirs = api(agent).get(at(ticket)).json(), api(ticket.requester).get(at(ticket)).json()
        assert (seen["tags"], theirs["tags"]) == (["x"], [])
        assert [way["name"] for way in seen["transitions"]] == [
            "accept", "start", "ask_requester", "wait_for_vendor", "wait_until", "resolve", "cancel",
        ]  # fmt: skip
        assert [way["name"] for way in theirs["transitions"]] == ["cancel"]
        assert theirs["plain_status"] == "We have received it."

    def test_small_letters_do(self, api, desk):
        agent, ticket = desk
        assert api(agent).get(f"{ALL}{ticket.number.lower()}/").json()["number"] == ticket.number


class TestEvents:
    def test_public_ones_for_the_requester_and_all_for_the_desk(self, api, desk):
        agent, ticket = desk
        assign(ticket, by=agent, via="page", assignee=agent)
        note(ticket, by=agent, via="page", body="secret")
        reply(ticket, by=agent, via="page", body="hello")
        verbs = lambda user: [row["verb"] for row in api(user).get(at(ticket, "events/")).json()["results"]]  # noqa: E731
        assert verbs(agent) == ["open", "assign", "accept", "note", "reply"]
        assert verbs(ticket.requester) == ["open", "accept", "reply"]

    def test_the_cause_is_not_told_to_the_requester(self, api, desk):
        agent, ticket = desk
        api(agent).post(
            f"/api/v1/incidents/{ticket.number}/resolve/", {"resolution": "Done", "human_error": "with_effect"}
        )
        last = lambda user: api(user).get(at(ticket, "events/")).json()["results"][-1]["data"]  # noqa: E731
        assert last(agent) == {"from": "new", "to": "resolved", "cause_code": None, "human_error": "with_effect"}
        assert last(ticket.requester) == {"from": "new", "to": "resolved"}

    def test_the_number_of_a_ticket_that_one_may_not_see_is_left_out(self, api, desk):
        agent, ticket = desk
        both = an_agent(*agent.teams.all(), a_team())
        hidden = a_ticket(team=both.teams.exclude(pk=ticket.team_id).get(), is_confidential=True)
        link(ticket, hidden, "related", by=both, via="page")
        data = lambda user: api(user).get(at(ticket, "events/")).json()["results"][-1]["data"]  # noqa: E731
        assert data(both) == {"kind": "related", "other": hidden.number}
        assert data(agent) == {"kind": "related"}


class TestComments:
    def test_a_reply_of_the_desk_is_the_first_response(self, api, desk):
        agent, ticket = desk
        answer = api(agent).post(at(ticket, "comments/"), {"body": "Look at it."})
        assert answer.status_code == 201
        assert (answer.json()["kind"], answer.json()["body"], answer.json()["via"]) == ("reply", "Look at it.", "api")
        ticket.refresh_from_db()
        assert ticket.first_response_at is not None
        assert events_of(ticket) == [("open", {"channel": "portal"}), ("reply", {})]

    def test_notes_are_for_the_desk(self, api, desk):
        agent, ticket = desk
        assert api(agent).post(at(ticket, "comments/"), {"body": "hm", "internal": True}).json()["kind"] == "note"
        assert api(ticket.requester).post(at(ticket, "comments/"), {"body": "hm", "internal": True}).status_code == 403
        bodies = lambda user: [row["body"] for row in api(user).get(at(ticket, "comments/")).json()["results"]]  # noqa: E731
        assert (bodies(agent), bodies(ticket.requester)) == (["hm"], [])

    def test_nothing_to_say_is_refused(self, api, desk):
        answer = api(desk[0]).post(at(desk[1], "comments/"), {})
        assert answer.json()["errors"] == {"body": ["Write something or attach a file."]}

    def test_files_come_along(self, api, desk):
        answer = api(desk[0]).post(
            at(desk[1], "comments/"), {"body": "x", "files": SimpleUploadedFile("a.txt", b"a")}, format="multipart"
        )
        assert [file["name"] for file in answer.json()["attachments"]] == ["a.txt"]

    def test_three_ask_no_more_than_one(self, api, desk):
        agent, ticket = desk
        counts = []
        for _turn in range(2):
            for _more in range(2):
                reply(ticket, by=agent, via="page", body="x", files=[SimpleUploadedFile("a.txt", b"a")])
            counts.append(
                [queries_of(api(agent), at(ticket, rest)) for rest in ("comments/", "events/", "attachments/")]
            )
        assert counts[0] == counts[1]


class TestFiles:
    def test_download(self, api, desk):
        agent, ticket = desk
        made = api(agent).post(
            at(ticket, "attachments/"),
            {"files": SimpleUploadedFile("報告.html", b"<script>1</script>")},
            format="multipart",
        )
        assert made.status_code == 201
        answer = api(ticket.requester).get(made.json()["attachments"][0]["url"], headers={"Accept": "image/png"})
        assert b"".join(answer.streaming_content) == b"<script>1</script>"
        assert answer["Content-Disposition"].startswith("attachment; ")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]

    def test_one_that_is_gone_is_not_there(self, api, desk):
        agent, ticket = desk
        file = reply(ticket, by=agent, via="page", body="", files=[SimpleUploadedFile("a", b"a")]).attachments.get()
        file.file.storage.delete(file.file.name)
        answer = api(agent).get(at(ticket, f"attachments/{file.pk}/"))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_those_of_a_note_are_for_the_desk(self, api, desk):
        agent, ticket = desk
        comment = note(ticket, by=agent, via="page", body="", files=[SimpleUploadedFile("a.txt", b"a")])
        address = at(ticket, f"attachments/{comment.attachments.get().pk}/")
        assert api(agent).get(address).status_code == 200
        assert api(ticket.requester).get(address).status_code == 404
        assert api(ticket.requester).get(at(ticket, "attachments/")).json()["results"] == []

    def test_a_file_of_another_ticket_is_not_there(self, api, desk):
        agent, ticket = desk
        other = a_ticket(service=ticket.service)
        comment = reply(other, by=agent, via="page", body="", files=[SimpleUploadedFile("a.txt", b"a")])
        assert api(agent).get(at(ticket, f"attachments/{comment.attachments.get().pk}/")).status_code == 404

    def test_none_is_refused(self, api, desk):
        assert list(api(desk[0]).post(at(desk[1], "attachments/"), {}).json()["errors"]) == ["files"]


class TestAssign:
    def test_to_oneself(self, api, desk):
        agent, ticket = desk
        answer = api(agent).post(at(ticket, "assign/"), {"assignee": "me"})
        assert answer.json()["assignee"] == {"id": agent.pk, "name": agent.name}
        assert events_of(ticket) == [
            ("open", {"channel": "portal"}),
            ("assign", {"changes": {"assignee": [None, [agent.pk]]}}),
            ("accept", {"from": "new", "to": "assigned"}),
        ]

    def test_nobody_is_refused_and_so_is_somebody_who_is_no_agent(self, api, desk):
        agent, ticket = desk
        assert api(agent).post(at(ticket, "assign/"), {}).status_code == 400
        answer = api(agent).post(at(ticket, "assign/"), {"assignee": ticket.requester_id})
        assert answer.json()["errors"] == {"assignee": [f"{ticket.requester.name} does not work on tickets."]}

    def test_to_another_team_may_take_it_out_of_sight(self, api):
        team, other = a_team(), a_team()
        agent, ticket = an_agent(team), a_ticket(team=team)
        answer = api(agent).post(at(ticket, "assign/"), {"team": other.code})
        assert (answer.status_code, answer.content) == (204, b"")
        assert api(agent).get(at(ticket)).status_code == 404


class TestEscalate:
    def test_to_the_next_tier(self, api, desk):
        agent, ticket = desk
        answer = api(agent).post(at(ticket, "escalate/"), {"reason": "Beyond us"})
        assert answer.json()["team"]["code"] == ticket.team.next_team.code

    def test_without_a_reason_or_a_tier_is_refused(self, api, desk):
        agent, ticket = desk
        assert list(api(agent).post(at(ticket, "escalate/"), {}).json()["errors"]) == ["reason"]
        api(agent).post(at(ticket, "escalate/"), {"reason": "x"})
        second = api(agent).post(at(ticket, "escalate/"), {"reason": "x"})
        assert (second.status_code, second.json()["code"]) == (409, "no_next_tier")

    def test_to_whoever_is_responsible_and_back_again(self, api, desk):
        agent, ticket = desk
        none = api(agent).post(at(ticket, "escalate/"), {"to": "manager", "reason": "x"})
        assert (none.status_code, none.json()["code"]) == (409, "no_manager")
        early = api(agent).post(at(ticket, "de-escalate/"), {"reason": "x"})
        assert (early.status_code, early.json()["code"]) == (409, "no_way_back")
        second = an_agent(ticket.team.next_team, ticket.team)
        api(agent).post(at(ticket, "escalate/"), {"reason": "x"})
        assert list(api(second).post(at(ticket, "de-escalate/"), {}).json()["errors"]) == ["reason"]
        other = api(second).post(at(ticket, "de-escalate/"), {"reason": "x", "team": a_team().code})
        assert list(other.json()["errors"]) == ["team"]
        back = api(second).post(at(ticket, "de-escalate/"), {"reason": "x", "team": ticket.team.code})
        assert back.json()["team"]["code"] == ticket.team.code


class TestChange:
    def test_only_what_is_named_changes_and_the_priority_follows(self, api, desk):
        agent, ticket = desk
        answer = api(agent).post(at(ticket, "change/"), {"impact": 1, "urgency": 1})
        assert (answer.json()["priority"], answer.json()["title"]) == (1, ticket.title)

    def test_an_empty_title_is_refused(self, api, desk):
        assert list(api(desk[0]).post(at(desk[1], "change/"), {"title": ""}).json()["errors"]) == ["title"]

    def test_a_line_break_in_the_title_is_refused(self, api, desk):
        assert list(api(desk[0]).post(at(desk[1], "change/"), {"title": "a\nb"}).json()["errors"]) == ["title"]

    def test_the_requester_may_not(self, api, desk):
        assert api(desk[1].requester).post(at(desk[1], "change/"), {"impact": 1}).status_code == 403


class TestPriority:
    def test_by_hand_and_back(self, api, desk):
        agent, ticket = desk
        client = api(agent)
        by_hand = client.post(at(ticket, "priority/"), {"priority": 1, "note": "The president"}).json()
        assert (by_hand["priority"], by_hand["priority_reason"], by_hand["priority_note"]) == (
            1,
            "manual",
            "The president",
        )
        assert api(ticket.requester).get(at(ticket)).json()["priority_note"] == ""
        back = client.post(at(ticket, "priority/"), {"priority": None}).json()
        assert (back["priority"], back["priority_reason"]) == (ticket.priority, "matrix")

    def test_without_a_reason_is_refused(self, api, desk):
        assert list(api(desk[0]).post(at(desk[1], "priority/"), {"priority": 1}).json()["errors"]) == ["note"]


class TestWatch:
    def test_on_and_off(self, api, desk):
        client, ticket = api(desk[1].requester), desk[1]
        assert client.post(at(ticket, "watch/")).json()["is_watched"] is True
        assert client.post(at(ticket, "unwatch/")).json()["is_watched"] is False


class TestTags:
    def test_put_makes_them_these(self, api, desk):
        agent, ticket = desk
        assert api(agent).put(at(ticket, "tags/"), {"tags": ["Ｂ", "a"]}).json() == {"tags": ["a", "b"]}
        assert api(agent).get(at(ticket, "tags/")).json() == {"tags": ["a", "b"]}

    def test_they_are_the_desks(self, api, desk):
        assert api(desk[1].requester).get(at(desk[1], "tags/")).status_code == 403
        assert api(desk[1].requester).put(at(desk[1], "tags/"), {"tags": []}).status_code == 403

    def test_too_long_a_one_is_refused(self, api, desk):
        assert list(api(desk[0]).put(at(desk[1], "tags/"), {"tags": ["x" * 41]}).json()["errors"]) == ["tags"]


class TestLinks:
    def test_both_ends_tell_of_it(self, api, desk):
        agent, ticket = desk
        other = a_ticket(service=ticket.service)
        made = api(agent).post(at(ticket, "links/"), {"other": other.number.lower(), "kind": "duplicate"})
        assert made.status_code == 201
        assert (made.json()["label"], made.json()["number"]) == ("duplicate of", other.number)
        back = api(agent).get(at(other, "links/")).json()
        assert [(row["label"], row["number"]) for row in back] == [("has the duplicate", ticket.number)]
        assert api(agent).delete(at(ticket, f"links/{made.json()['id']}/")).status_code == 204
        assert api(agent).get(at(other, "links/")).json() == []
        assert api(agent).delete(at(ticket, f"links/{made.json()['id']}/")).status_code == 404

    def test_one_that_is_not_yours_is_refused_as_one_that_is_not_there(self, api, desk):
        agent, ticket = desk
        hidden = a_ticket(team=a_team(), is_confidential=True)
        theirs = api(agent).post(at(ticket, "links/"), {"other": hidden.number})
        nothing = api(agent).post(at(ticket, "links/"), {"other": "INC9999999"})
        assert theirs.status_code == nothing.status_code == 400
        assert theirs.content == nothing.content


class TestShares:
    def test_a_colleague_sees_it_from_then_on_until_it_is_taken_back(self, api, desk):
        ticket, colleague = desk[1], a_person()
        owner = an_agent(ticket.team)
        assert api(colleague).get(at(ticket)).status_code == 404
        made = api(owner).post(at(ticket, "shares/"), {"person": colleague.pk})
        assert made.json()[0]["person"]["id"] == colleague.pk
        assert api(colleague).get(at(ticket)).status_code == 200
        assert api(colleague).get(at(ticket, "shares/")).status_code == 403
        assert api(owner).delete(at(ticket, f"shares/{made.json()[0]['id']}/")).status_code == 204
        assert api(colleague).get(at(ticket)).status_code == 404

    def test_neither_nor_is_refused(self, api, desk):
        assert list(api(desk[0]).post(at(desk[1], "shares/"), {}).json()["errors"]) == ["user"]

    def test_a_share_of_another_ticket_is_not_there(self, api, desk):
        agent, ticket = desk
        other = a_ticket()
        row = TicketShare.objects.create(ticket=other, user=a_person(), by=agent)
        assert api(agent).delete(at(ticket, f"shares/{row.pk}/")).status_code == 404


class TestWorkTimes:
    def test_minutes_are_kept(self, api, desk):
        agent, ticket = desk
        made = api(agent).post(at(ticket, "work-times/"), {"minutes": 15, "note": "Phone"})
        assert made.status_code == 201
        assert WorkTime.objects.get().minutes == 15
        assert [row["minutes"] for row in api(agent).get(at(ticket, "work-times/")).json()["results"]] == [15]
        assert api(ticket.requester).get(at(ticket, "work-times/")).status_code == 403

    @pytest.mark.parametrize("body", [{"minutes": 0}, {"minutes": 1441}, {"minutes": 10**400}, {"minutes": "1e3"}])
    def test_impossible_ones_are_refused(self, api, desk, body):
        assert list(api(desk[0]).post(at(desk[1], "work-times/"), body, format="json").json()["errors"]) == ["minutes"]

    def test_tomorrow_is_refused(self, api, desk):
        body = {"minutes": 5, "worked_on": "2999-01-01"}
        assert list(api(desk[0]).post(at(desk[1], "work-times/"), body).json()["errors"]) == ["worked_on"]


class TestSearch:
    def test_words_of_notes_are_found_by_the_desk_alone(self, api, desk):
        agent, ticket = desk
        note(ticket, by=agent, via="page", body="xylophone")
        index_tickets([ticket.pk])
        found = lambda user, q: [r["number"] for r in api(user).get("/api/v1/search/", {"q": q}).json()["results"]]  # noqa: E731
        assert found(agent, "xylophone") == [ticket.number]
        assert found(ticket.requester, "xylophone") == []
        assert found(ticket.requester, ticket.number) == [ticket.number]
        assert found(a_person(), ticket.number) == []

    def test_without_words_is_refused(self, api):
        assert list(api(a_person()).get("/api/v1/search/").json()["errors"]) == ["q"]


class TestTwoSides:
    def test_incidents_and_requests_are_apart(self, api):
        person = a_person()
        incident, wish = an_incident(requester=person).ticket, a_service_request(requester=person).ticket
        numbers = lambda path: [row["number"] for row in api(person).get(f"/api/v1/{path}/").json()["results"]]  # noqa: E731
        assert (numbers("incidents"), numbers("requests")) == ([incident.number], [wish.number])
        assert api(person).get(f"/api/v1/incidents/{wish.number}/").status_code == 404
        assert api(person).get(f"/api/v1/requests/{incident.number}/").status_code == 404
