"""Mailboxes, mails in and out, and conversion by API."""

import pytest

from servicedesk.intake.actions import store
from servicedesk.intake.models import IncomingMail, Mailbox
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import AuditEntry
from servicedesk.tickets.actions import reply
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_service, a_team, an_administrator, an_agent, an_incident

pytestmark = pytest.mark.django_db

MAIL = b"From: a@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: Hello\r\n\r\nWords\r\n"
IMAP = {"name": "Desk", "address": "Desk@Example.com", "kind": "imap", "host": "imap.example.com", "user": "desk"}


class TestMailboxes:
    def test_the_password_goes_in_and_never_comes_out(self, api):
        client = api(an_administrator())
        made = client.post("/api/v1/mailboxes/", IMAP | {"password": "open sesame"})
        assert made.status_code == 201
        assert (made.json()["address"], made.json()["has_password"]) == ("desk@example.com", True)
        address = f"/api/v1/mailboxes/{made.json()['id']}/"
        changed = client.patch(address, {"folder": "Help", "password": ""})
        assert (changed.json()["folder"], changed.json()["has_password"]) == ("Help", True)
        for answer in (made, changed, client.get(address), client.get("/api/v1/mailboxes/")):
            assert b"sesame" not in answer.content
        assert "sesame" not in str(list(AuditEntry.objects.values_list("data", flat=True)))
        assert AuditEntry.objects.order_by("-id").first().data["changes"] == {"folder": ["INBOX", "Help"]}

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"password": ""}, "password"),
            ({"host": ""}, "host"),
            ({"address": "nowhere"}, "address"),
            ({"address": "a+b@example.com"}, "address"),
            ({"certificate": "x"}, "certificate"),
            ({"port": 0}, "port"),
            ({"service": "none"}, "service"),
            ({"last_uid": 5}, "last_uid"),
            ({"afterwards": "move"}, "moves_to"),
            ({"max_mb": 51}, "max_mb"),
            ({"accepts": "domains", "domains": ""}, "domains"),
            ({"needs_proof": True}, "trusted_servers"),
            ({"signs_in_by": "google"}, "oauth_client"),
            ({"signs_in_by": "microsoft", "oauth_client": "x"}, "oauth_tenant"),
            ({"refresh_token": "two words"}, "refresh_token"),
        ],
    )
    def test_what_is_wrong_is_named(self, api, change, field):
        answer = api(an_administrator()).post("/api/v1/mailboxes/", IMAP | {"password": "x"} | change)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        assert not Mailbox.objects.exists()

    def test_signs_in_by_oauth_without_telling_its_secrets(self, api):
        client = api(an_administrator())
        secrets = {"client_secret": "open~sesame", "refresh_token": "very.sesame"}
        way = {"signs_in_by": "microsoft", "oauth_tenant": "t.example.com", "oauth_client": "client"}
        made = client.post("/api/v1/mailboxes/", IMAP | {"host": ""} | way | secrets)
        assert made.status_code == 201, made.json()
        said = made.json()
        assert {name: said[name] for name in way} == way and said["host"] == "outlook.office365.com"
        assert (said["has_client_secret"], said["has_refresh_token"], said["has_password"]) == (True, True, False)
        changed = client.patch(f"/api/v1/mailboxes/{said['id']}/", {"oauth_client": "other"})
        assert (changed.json()["has_refresh_token"], changed.json()["oauth_at"]) == (False, None)
        for answer in (made, changed, client.get("/api/v1/mailboxes/")):
            assert b"sesame" not in answer.content
        assert "sesame" not in str(list(AuditEntry.objects.values_list("data", flat=True)))

    def test_tells_and_takes_the_policy(self, api):
        policy = {
            "accepts": "domains", "domains": "example.com example.co.jp", "others": "refuse", "needs_proof": True,
            "trusted_servers": "mx.example.com", "afterwards": "move", "moves_to": "Done", "max_mb": 10,
        }  # fmt: skip
        made = api(an_administrator()).post("/api/v1/mailboxes/", IMAP | {"password": "x"} | policy)
        assert made.status_code == 201
        assert {name: made.json()[name] for name in policy} == policy

    def test_nobody_else_may(self, api):
        for user in (a_person(), an_agent()):
            assert api(user).get("/api/v1/mailboxes/").status_code == 403
            assert api(user).post("/api/v1/mailboxes/", IMAP).status_code == 403


class TestIncomingMails:
    @pytest.fixture
    def held(self):
        team = a_team()
        mailbox = Mailbox.objects.create(name="Desk", address="desk@example.com", team=team)
        return an_agent(team), store(mailbox, MAIL, state=IncomingMail.State.HELD, reason="unknown_sender")

    def test_the_team_reads_it_with_every_byte(self, api, held):
        agent, mail = held
        client = api(agent)
        rows = client.get("/api/v1/incoming-mails/?state=held").json()["results"]
        assert [(row["id"], row["reason"], row["ticket"]) for row in rows] == [(mail.pk, "unknown_sender", None)]
        assert client.get("/api/v1/incoming-mails/?state=ticket").json()["results"] == []
        raw = client.get(f"/api/v1/incoming-mails/{mail.pk}/raw/", headers={"Accept": "text/plain"})
        assert raw.content == MAIL
        assert raw["Content-Disposition"] == f'attachment; filename="mail-{mail.pk}.eml"'

    @pytest.mark.parametrize(("verb", "state"), [("retry", "waiting"), ("admit", "waiting"), ("refuse", "ignored")])
    def test_the_team_decides(self, api, held, verb, state):
        agent, mail = held
        answer = api(agent).post(f"/api/v1/incoming-mails/{mail.pk}/{verb}/")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
        assert AuditEntry.objects.order_by("-id").first().verb == verb

    @pytest.mark.parametrize("verb", ["retry", "admit", "refuse"])
    def test_one_that_is_a_ticket_already_is_refused(self, api, held, verb):
        agent, mail = held
        IncomingMail.objects.update(state=IncomingMail.State.TICKET)
        answer = api(agent).post(f"/api/v1/incoming-mails/{mail.pk}/{verb}/")
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")

    def test_another_team_sees_nothing_and_staff_may_not_ask(self, api, held):
        client, (_agent, mail) = api(an_agent()), held
        assert client.get("/api/v1/incoming-mails/").json()["results"] == []
        theirs, nothing = (
            client.get(f"/api/v1/incoming-mails/{mail.pk}/"),
            client.get("/api/v1/incoming-mails/999999999/"),
        )
        assert theirs.status_code == 404
        assert theirs.content == nothing.content
        assert api(a_person()).get("/api/v1/incoming-mails/").status_code == 403


class TestOutgoingMails:
    @pytest.fixture
    def failed(self):
        team = a_team()
        agent, ticket = an_agent(team), an_incident(service=a_service(team)).ticket
        comment = reply(ticket, by=agent, via="page", body="x")
        mail = OutgoingMail.objects.create(
            ticket=ticket, event=comment.event, kind="reply", to_user=ticket.requester, to_address="a@example.com",
            from_address="desk@example.com", subject="About", text="Words", message_id="<1@desk>", state="failed",
        )  # fmt: skip
        return agent, mail

    def test_the_team_reads_it_and_sends_it_again(self, api, failed):
        agent, mail = failed
        client = api(agent)
        assert [row["id"] for row in client.get("/api/v1/outgoing-mails/?state=failed").json()["results"]] == [mail.pk]
        assert client.get(f"/api/v1/outgoing-mails/{mail.pk}/").json()["text"] == "Words"
        assert client.post(f"/api/v1/outgoing-mails/{mail.pk}/resend/").json()["state"] == "waiting"

    def test_one_that_was_sent_is_refused(self, api, failed):
        OutgoingMail.objects.update(state="sent")
        answer = api(failed[0]).post(f"/api/v1/outgoing-mails/{failed[1].pk}/resend/")
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")

    def test_others_do_not(self, api, failed):
        assert api(an_agent()).get(f"/api/v1/outgoing-mails/{failed[1].pk}/").status_code == 404
        assert api(failed[1].to_user).get("/api/v1/outgoing-mails/").status_code == 403


class TestConvert:
    def test_the_answer_is_the_new_record(self, api):
        ticket = an_incident(service=a_service()).ticket
        agent = an_agent(ticket.service.team)
        answer = api(agent).post(f"/api/v1/tickets/{ticket.number}/convert/", {"to": "enquiry", "reason": "A question"})
        assert answer.status_code == 201
        assert (answer.json()["type"], answer.json()["title"]) == ("request", ticket.title)
        ticket.refresh_from_db()
        assert ticket.status == "cancelled"

    def test_the_kind_it_has_and_no_kind_are_refused(self, api):
        ticket = an_incident(service=a_service()).ticket
        client = api(an_agent(ticket.service.team))
        for body in ({"to": "incident"}, {}, {"to": "wish"}):
            answer = client.post(f"/api/v1/tickets/{ticket.number}/convert/", body)
            assert list(answer.json()["errors"]) == ["to"]
        assert Ticket.objects.count() == 1

    def test_the_requester_may_not(self, api):
        ticket = an_incident().ticket
        answer = api(ticket.requester).post(f"/api/v1/tickets/{ticket.number}/convert/", {"to": "request"})
        assert answer.status_code == 403


class TestCatalogue:
    @pytest.mark.parametrize(
        ("path", "body", "change"),
        [
            ("categories", {"code": "n1", "name": "機器"}, {"name": "端末"}),
            ("cause-codes", {"code": "n1", "group": "other", "name": "不明", "name_en": "Unknown"}, {"order": 3}),
        ],
    )
    def test_administrators_make_and_change(self, api, path, body, change):
        client = api(an_administrator())
        assert client.post(f"/api/v1/{path}/", body).status_code == 201
        changed = client.patch(f"/api/v1/{path}/n1/", change).json()
        assert {name: changed[name] for name in change} == change
        assert list(client.post(f"/api/v1/{path}/", body).json()["errors"]) == ["code"]
        assert client.patch(f"/api/v1/{path}/n1/", {"is_active": False}).status_code == 200
        assert api(a_person()).get(f"/api/v1/{path}/n1/").status_code == 404
        assert api(an_agent()).post(f"/api/v1/{path}/", body).status_code == 403

    def test_services(self, api):
        client, team = api(an_administrator()), a_team()
        body = {"code": "n1", "name": "基幹", "name_en": "Core", "team": team.code}
        assert client.post("/api/v1/services/", body).json()["label"] == "Core"
        assert client.patch("/api/v1/services/n1/", {"default_impact": 1}).json()["default_impact"] == 1
        assert list(client.patch("/api/v1/services/n1/", {"default_impact": 5}).json()["errors"]) == ["default_impact"]
        assert list(client.post("/api/v1/services/", {"code": "n2", "name": "x"}).json()["errors"]) == ["team"]
        assert api(an_agent()).patch("/api/v1/services/n1/", {"name": "x"}).status_code == 403
