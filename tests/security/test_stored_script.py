"""Stored script: what people write, their names and the names of their files never become markup, on any page."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.tickets.actions import note, reply, set_tags
from tests.factories import a_person, a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "![x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "<a href='javascript:alert(1)'>x</a>",
    "\"><iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mtext></mtext><style><img src=x onerror=alert(1)></style></math>",
    "`</code><script>alert(1)</script>`",
    "{{ 7|add:7 }}{% now %}<x onclick=alert(1)>",
    "';alert(1)//<details open ontoggle=alert(1)>",
]
# Anything of a payload that a browser would run: a tag or attribute that none of our templates writes.
ALIVE = re.compile(
    r"<script>|<img src=x|<svg/|<iframe|<math|<x |<details open ontoggle|onerror=alert\(1\)>"
    r"|<[^>]*(?:href=['\"]?\s*javascript|src=['\"]?data:text)"
)


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.mark.parametrize("payload", PAYLOADS)
class TestPayload:
    def test_shows_as_text_wherever_people_write(self, payload, team, agent, visit):
        staff = a_person(name=payload[:120])
        incident = an_incident(
            requester=staff, title=payload, description=payload, service=a_service(team, name=payload, name_en=payload)
        )
        ticket = incident.ticket
        file = SimpleUploadedFile("x.txt", b"x")
        file._name = payload + ".txt"
        reply(ticket, by=staff, body=payload, via="page", files=[file])
        reply(ticket, by=staff, body=payload, via="page", style="plain")
        note(ticket, by=agent, body=payload, via="page")
        set_tags(ticket, by=agent, via="page", tags=[payload[:40]])
        for person, paths in {
            agent: [
                ticket.get_absolute_url(),
                f"/tickets/{ticket.number}/peek/",
                "/desk/",
                "/search/?q=x",
                "/desk/new/",
            ],
            staff: [ticket.get_absolute_url(), "/", "/my/", f"/new/{ticket.number}/"],
        }.items():
            client = visit(person)
            for path in paths:
                answer = client.get(path, follow=True)
                assert answer.status_code == 200, path
                assert ALIVE.findall(answer.content.decode()) == [], path

    def test_shows_as_text_in_what_was_searched_and_asked(self, payload, agent, visit):
        client = visit(agent)
        for path in ("/search/", "/desk/", "/new/", "/help/"):
            for name in ("q", "view", "service", "sort"):
                answer = client.get(path, {name: payload}, follow=True)
                assert ALIVE.findall(answer.content.decode()) == [], (path, name)

    def test_does_not_live_in_the_preview(self, payload, agent, visit):
        answer = visit(agent).post("/tickets/preview/", {"body": payload}, headers={"HX-Request": "true"})
        assert ALIVE.findall(answer.content.decode()) == []


class TestHonestMarkdown:
    def test_is_shown_as_meant(self, team, agent, visit):
        ticket = an_incident(service=a_service(team)).ticket
        reply(ticket, by=agent, body="**bold** and [a link](https://example.com/)", via="page")
        page = visit(agent).get(ticket.get_absolute_url(), follow=True).content.decode()
        assert "<strong>bold</strong>" in page
        assert 'href="https://example.com/"' in page


class TestPolicy:
    @pytest.mark.parametrize("path", ["/", "/desk/", "/new/", "/account/sessions/", "/api/v1/docs/", "/style/"])
    def test_refuses_scripts_that_are_not_ours(self, path, agent, visit):
        policy = visit(agent).get(path, follow=True).headers["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if " " in rule.strip())
        assert "'unsafe-inline'" not in rules["script-src"] and "'unsafe-eval'" not in policy
        assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
