"""How the API answers: pages, errors, languages, unknown names, its description."""

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, a_ticket, an_agent, an_incident

pytestmark = pytest.mark.django_db


class TestPages:
    def test_every_row_comes_once_and_newest_first(self, api):
        user = a_person()
        numbers = [a_ticket(requester=user).number for _ in range(5)]
        client, seen = api(user), []
        address = "/api/v1/tickets/?limit=2"
        while address:
            body = client.get(address).json()
            seen += [row["number"] for row in body["results"]]
            address = body["next"]
        assert seen == numbers[::-1]

    def test_the_way_back_leads_to_the_same_rows(self, api):
        user = a_person()
        for _ in range(4):
            a_ticket(requester=user)
        client = api(user)
        first = client.get("/api/v1/tickets/?limit=2").json()
        second = client.get(first["next"]).json()
        assert client.get(second["previous"]).json()["results"] == first["results"]
        assert first["previous"] is None
        assert second["next"] is None

    @pytest.mark.parametrize("order", ["newest", "oldest", "changed", "priority", "due"])
    def test_every_order_pages_without_loss(self, api, order):
        user = a_person()
        for urgency in (1, 2, 3, 4, 1):
            a_ticket(requester=user, urgency=urgency)
        client, seen = api(user), set()
        address = f"/api/v1/tickets/?limit=2&order={order}"
        while address:
            body = client.get(address).json()
            seen |= {row["number"] for row in body["results"]}
            address = body["next"]
        assert len(seen) == 5

    @pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=-1", "limit=²", "after=nowhere", "before=W10"])
    def test_a_place_that_is_none_is_refused(self, api, query):
        answer = api(a_person()).get(f"/api/v1/tickets/?{query}")
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [query.partition("=")[0]]

    def test_at_most_200_rows(self, api):
        assert api(a_person()).get("/api/v1/tickets/?limit=100000").status_code == 200


class TestErrors:
    def test_a_refusal_is_409_with_the_sentence_of_the_page(self, api):
        team = a_team()
        incident = an_incident(service=a_service(team))
        answer = api(an_agent(team)).post(f"/api/v1/incidents/{incident.ticket.number}/close/")
        assert answer.status_code == 409
        assert answer.json() == {
            "detail": f"“Close” is not possible: {incident.ticket.number} is “New”. "
            "Somebody may have changed it just now.",
            "code": "wrong_status",
        }

    def test_a_field_is_400(self, api):
        team = a_team()
        incident = an_incident(service=a_service(team))
        answer = api(an_agent(team)).post(f"/api/v1/incidents/{incident.ticket.number}/resolve/", {"resolution": " "})
        assert answer.status_code == 400
        sentence = "Write what solved it; the requester will read this."
        assert answer.json() == {"detail": sentence, "code": "refused", "errors": {"resolution": [sentence]}}

    def test_not_allowed_is_403(self, api):
        ticket = a_ticket()
        answer = api(ticket.requester).post(f"/api/v1/tickets/{ticket.number}/assign/", {"assignee": "me"})
        assert answer.status_code == 403
        assert answer.json() == {
            "detail": "You do not have the right to do this. Ask your lead or an administrator.",
            "code": "permission_denied",
        }

    def test_what_is_not_yours_answers_as_what_is_not_there(self, api):
        client, ticket = api(a_person()), a_ticket()
        theirs = client.get(f"/api/v1/tickets/{ticket.number}/")
        nothing = client.get("/api/v1/tickets/INC9999999/")
        nowhere = client.get("/api/v1/no/such/thing/")
        assert theirs.status_code == nothing.status_code == nowhere.status_code == 404
        assert theirs.content == nothing.content == nowhere.content
        assert set(theirs.headers) == set(nothing.headers)

    def test_nobody_gets_nothing(self):
        for path in ("tickets/", "me/", "no/such/thing/", "search/?q=a"):
            answer = APIClient().get(f"/api/v1/{path}")
            assert answer.status_code == 401, path
            assert answer.json()["code"] == "not_authenticated"
            assert answer["WWW-Authenticate"] == "Bearer"

    def test_the_language_is_the_persons_own_also_by_token(self, by_token):
        ticket = a_ticket()
        client = by_token(a_person(language="ja"), "read")
        answer = client.get(f"/api/v1/tickets/{ticket.number}/", headers={"Accept-Language": "en"})
        assert answer["Content-Language"] == "ja"
        english = by_token(a_person(), "read").get("/api/v1/tickets/INC9999999/", headers={"Accept-Language": "ja"})
        assert english["Content-Language"] == "en"
        assert english.json()["detail"] == "This is not here, or it is not yours to see."

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"{", "application/json"),
            (b"[" * 200_000, "application/json"),
            (b"\xff\xfe", "application/json"),
            (b'{"title": NaN}', "application/json"),
            (b'"words"', "application/json"),
            (b"[]", "application/json"),
            (b"null", "application/json"),
            (b'{"title": "\\u0000"}', "application/json"),
            (b'{"title": "\\ud800"}', "application/json"),
            (b"nothing like it", "multipart/form-data; boundary=x"),
        ],
    )
    def test_a_strange_body_is_400(self, api, body, kind):
        answer = api(a_person()).generic("POST", "/api/v1/tickets/", body, content_type=kind)
        assert answer.status_code == 400
        assert set(answer.json()) <= {"detail", "code", "errors"}
        assert not Ticket.objects.exists()

    def test_a_body_beyond_5_mb_is_not_read(self, api):
        client = api(a_person())
        answer = client.generic("POST", "/api/v1/tickets/", b"{}", CONTENT_LENGTH=str(6 * 1024 * 1024))
        assert answer.status_code in (400, 415)

    def test_another_kind_of_body_is_415(self, api):
        answer = api(a_person()).generic("POST", "/api/v1/tickets/", b"<a/>", content_type="text/xml")
        assert answer.status_code == 415


class TestUnknownNames:
    def test_an_unknown_filter_is_named_with_the_nearest_known_one(self, api):
        answer = api(a_person()).get("/api/v1/tickets/?asignee=me")
        assert answer.status_code == 400
        assert answer.json()["errors"] == {"asignee": ["There is no “asignee” here. Did you mean “assignee”?"]}

    def test_an_unknown_field_is_named_with_the_nearest_known_one(self, api):
        answer = api(a_person()).post("/api/v1/tickets/", {"titel": "x"})
        assert answer.json()["errors"] == {"titel": ["There is no “titel” here. Did you mean “title”?"]}

    def test_what_is_near_nothing_lists_all(self, api):
        ticket = a_ticket()
        answer = api(ticket.requester).post(f"/api/v1/tickets/{ticket.number}/watch/", {"qqqqqqq": 1})
        assert answer.json()["errors"] == {"qqqqqqq": ["There is no “qqqqqqq” here. Known are: –."]}


class TestDescription:
    def test_it_has_no_warning(self, capsys, tmp_path):
        call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))
        assert capsys.readouterr().err == ""

    def test_it_is_served_to_people_who_are_signed_in(self, api):
        answer = api(a_person()).get("/api/v1/schema/")
        assert answer.status_code == 200
        assert b"/api/v1/incidents/{number}/resolve/" in answer.content

    def test_its_page_has_no_inline_script(self, api):
        page = api(a_person()).get("/api/v1/docs/")
        assert page.status_code == 200
        assert b"<script>" not in page.content
        assert b"<style" not in page.content


class TestCsrf:
    def test_a_session_needs_the_token_of_the_form(self, api):
        client = api(a_person(), enforce_csrf_checks=True)
        answer = client.post("/api/v1/tickets/", {"title": "x"})
        assert answer.status_code == 403
        assert not Ticket.objects.exists()

    def test_a_personal_token_does_not(self, by_token):
        client = by_token(a_person(), "tickets")
        client.handler.enforce_csrf_checks = True
        assert client.post("/api/v1/tickets/", {"title": "x"}).status_code == 201
