"""An integration acting as anyone by e-mail address: a token acts as its owner, with the owner's rights alone."""

import pytest
from django.utils import timezone

from servicedesk.people.actions import create_token
from servicedesk.people.models import ApiToken
from servicedesk.tickets.models import Ticket
from tests.factories import a_company, a_person, a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db


def bearer(user, *scopes) -> dict:
    _token, secret = create_token(user, name="x", scopes=list(scopes or ["read", "tickets"]), days=7, via="page")
    return {"Authorization": f"Bearer {secret}"}


class TestToken:
    def test_sees_what_its_owner_sees(self, client):
        mine, other = a_person(), an_incident().ticket
        own = an_incident(requester=mine).ticket
        answer = client.get("/api/v1/tickets/", headers=bearer(mine))
        assert [row["number"] for row in answer.json()["results"]] == [own.number]
        assert client.get(f"/api/v1/tickets/{other.number}/", headers=bearer(mine)).status_code == 404

    def test_does_not_become_somebody_by_naming_them(self, client):
        boss, mallory = an_agent(), a_person()
        headers = bearer(mallory) | {"X-User": boss.email, "From": boss.email, "X-Forwarded-User": boss.email}
        body = {"kind": "incident", "title": "x", "by": boss.pk, "entered_by": boss.email, "author": boss.email}
        client.post("/api/v1/tickets/", body, content_type="application/json", headers=headers)
        assert {ticket.entered_by for ticket in Ticket.objects.all()} <= {mallory}
        assert client.get("/api/v1/me/", headers=headers).json()["email"] == mallory.email

    def test_asks_for_others_only_where_its_owner_may(self, client):
        company = a_company()
        colleague, stranger = a_person(company=company), a_person(company=a_company())
        mine = a_person(company=company)
        service = a_service(a_team())
        body = {"kind": "incident", "title": "x", "description": "x", "service": service.code}
        for requester, expected in ((colleague, 201), (stranger, 400)):
            answer = client.post(
                "/api/v1/tickets/",
                body | {"requester": requester.pk},
                content_type="application/json",
                headers=bearer(mine),
            )
            assert answer.status_code == expected, answer.content

    def test_is_kept_as_a_hash_and_ends_when_it_expires(self, client):
        mine = a_person()
        headers = bearer(mine)
        token = ApiToken.objects.get()
        assert headers["Authorization"].split()[1] not in str(vars(token))
        assert client.get("/api/v1/me/", headers=headers).status_code == 200
        ApiToken.objects.update(expires_at=timezone.now())
        assert client.get("/api/v1/me/", headers=headers).status_code == 401
