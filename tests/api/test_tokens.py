"""Personal tokens: what they reach, until when, and that only a person makes them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from servicedesk.people.actions import create_token, deactivate_person
from servicedesk.people.models import ApiToken
from tests.factories import a_person, a_ticket, an_administrator

pytestmark = pytest.mark.django_db
INVALID = "The token is not valid, has expired or was revoked."


class TestScopes:
    def test_read_reads_and_nothing_else(self, by_token):
        ticket = a_ticket()
        client = by_token(ticket.requester, "read")
        assert client.get(f"/api/v1/tickets/{ticket.number}/").status_code == 200
        assert client.post(f"/api/v1/tickets/{ticket.number}/comments/", {"body": "x"}).status_code == 403
        assert client.patch("/api/v1/me/", {"phone": "1"}).status_code == 403

    def test_tickets_works_on_tickets_and_not_on_settings(self, by_token):
        administrator = an_administrator()
        client = by_token(administrator, "tickets")
        assert client.post("/api/v1/tickets/", {"title": "x"}).status_code == 201
        assert client.get("/api/v1/tickets/").status_code == 200
        assert client.post("/api/v1/people/", {"name": "N", "email": "n@example.com"}).status_code == 403
        assert client.put("/api/v1/priority-matrix/", {"cells": []}).status_code == 403

    def test_settings_changes_people(self, by_token):
        client = by_token(an_administrator(), "settings")
        assert client.post("/api/v1/people/", {"name": "N", "email": "n@example.com"}).status_code == 201
        assert client.post("/api/v1/tickets/", {"title": "x"}).status_code == 403

    def test_a_scope_gives_no_right_that_the_person_lacks(self, by_token):
        person = a_person()
        ApiToken.objects.create(
            user=person,
            name="older than the rule",
            digest=ApiToken.hashed("mdg_x"),
            scopes=["settings"],
            expires_at=timezone.now() + timedelta(days=1),
        )
        client = APIClient(headers={"Authorization": "Bearer mdg_x"})
        assert client.post("/api/v1/people/", {"name": "N", "email": "n@example.com"}).status_code == 403


class TestEnd:
    @pytest.fixture
    def made(self):
        token, secret = create_token(a_person(), name="t", scopes=["read"], days=1, via="page")
        return token, APIClient(headers={"Authorization": f"Bearer {secret}", "Accept-Language": "en"})

    def answers(self, client):
        answer = client.get("/api/v1/me/")
        return answer.status_code, answer.json().get("detail")

    def test_a_live_one_works(self, made):
        assert self.answers(made[1])[0] == 200

    def test_an_expired_one_does_not(self, made):
        ApiToken.objects.update(expires_at=timezone.now())
        assert self.answers(made[1]) == (401, INVALID)

    def test_a_revoked_one_does_not(self, made, api):
        token, client = made
        assert api(token.user).delete(f"/api/v1/me/tokens/{token.pk}/").status_code == 204
        assert self.answers(client) == (401, INVALID)

    def test_that_of_somebody_who_left_does_not(self, made):
        deactivate_person(made[0].user, by=an_administrator(), via="page")
        assert self.answers(made[1]) == (401, INVALID)

    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer ", "Bearer mdg_", "bearer \x00", "Bearer mdg_ü", "Bearer a b"]
    )
    def test_an_unknown_one_does_not(self, header):
        assert self.answers(APIClient(headers={"Authorization": header}))[0] == 401

    def test_another_kind_of_authorization_is_nobody(self):
        answer = APIClient(headers={"Authorization": "Basic YTpi"}).get("/api/v1/me/")
        assert answer.status_code == 401


class TestMaking:
    BODY = {"name": "Robot", "scopes": ["read", "tickets"], "days": 30}

    def test_the_secret_is_shown_once_and_kept_as_a_hash(self, api):
        person = a_person()
        made = api(person).post("/api/v1/me/tokens/", self.BODY)
        assert made.status_code == 201
        secret = made.json()["secret"]
        assert secret.startswith("mdg_")
        token = ApiToken.objects.get()
        assert token.digest == ApiToken.hashed(secret)
        listed = api(person).get("/api/v1/me/tokens/")
        assert secret not in listed.content.decode()
        assert listed.json()["results"][0]["name"] == "Robot"
        assert APIClient(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/me/").status_code == 200

    def test_a_token_cannot_make_another_one(self, by_token):
        for scopes in (["read"], ["tickets"], ["settings", "read", "tickets"]):
            answer = by_token(an_administrator(), *scopes).post("/api/v1/me/tokens/", self.BODY)
            assert answer.status_code == 403
        assert not ApiToken.objects.filter(name="Robot").exists()

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"days": 0}, "days"), ({"days": 366}, "days"), ({"scopes": []}, "scopes"), ({"scopes": ["all"]}, "scopes")],
    )
    def test_too_much_is_refused(self, api, change, field):
        answer = api(a_person()).post("/api/v1/me/tokens/", self.BODY | change)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]

    def test_settings_are_for_administrators(self, api):
        answer = api(a_person()).post("/api/v1/me/tokens/", self.BODY | {"scopes": ["settings"]})
        assert answer.status_code == 400

    def test_another_persons_token_is_not_there(self, api):
        token, _secret = create_token(a_person(), name="t", scopes=["read"], days=1, via="page")
        client = api(a_person())
        assert client.get("/api/v1/me/tokens/").json()["results"] == []
        theirs, nothing = client.delete(f"/api/v1/me/tokens/{token.pk}/"), client.delete("/api/v1/me/tokens/999999999/")
        assert theirs.status_code == 404
        assert theirs.content == nothing.content
        token.refresh_from_db()
        assert token.revoked_at is None


class TestThrottle:
    def test_a_token_has_a_budget_and_a_session_none(self, by_token, api, settings, monkeypatch):
        settings.API_CALLS_PER_MINUTE = 2
        clock = [datetime(2026, 4, 1, 9, 0, 30, tzinfo=UTC)]
        monkeypatch.setattr("servicedesk.people.api_auth.timezone.now", lambda: clock[0])
        person = a_person()
        client = by_token(person, "read")
        answers = [client.get("/api/v1/me/") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2]["Retry-After"] == "30"
        assert [api(person).get("/api/v1/me/").status_code for _ in range(3)] == [200, 200, 200]
        clock[0] += timedelta(seconds=30)
        assert client.get("/api/v1/me/").status_code == 200
