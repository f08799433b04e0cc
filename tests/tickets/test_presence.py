"""Who reads and who writes in a ticket, and a reply that another has overtaken."""

import pytest
from django.core.cache import cache
from django.test import Client

from servicedesk.tickets import actions, presence
from servicedesk.tickets.actions.talk import Overtaken
from servicedesk.tickets.models import Comment
from servicedesk.tickets.queries import comments
from tests.factories import a_person, a_team, again, an_agent, an_incident

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _nobody_is_here():
    cache.clear()


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def hana(team):
    return an_agent(team, name="Hana Sato")


@pytest.fixture
def ken(team):
    return an_agent(team, name="Ken Mori")


@pytest.fixture
def ticket(team):
    return an_incident(team=team, requester=a_person(name="Midori Tanaka")).ticket


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def poll(user, ticket, here="", **asked):
    """What the open page of somebody asks every few seconds, when nothing has happened to the ticket."""
    ticket.refresh_from_db()
    asked = {"part": "live", "after": ticket.event_count, "show": "all", "here": here} | asked
    return client_of(user).get(ticket.get_absolute_url(), asked, headers=HTMX)


class TestWhoIsHere:
    def test_two_agents_learn_of_each_other(self, ticket, hana, ken):
        assert poll(hana, ticket).status_code == 204
        assert "Hana Sato is reading" in poll(ken, ticket).content.decode()
        answer = poll(hana, ticket).content.decode()
        assert "Ken Mori is reading" in answer and "Hana Sato" not in answer

    def test_nothing_is_sent_again_while_it_stays_so(self, ticket, hana, ken):
        poll(hana, ticket)
        first = poll(ken, ticket).content.decode()
        assert f"here={hana.pk}" in first and 'hx-trigger="load delay' not in first
        assert poll(ken, ticket, here=str(hana.pk)).status_code == 204

    def test_writing_shows_and_ends(self, ticket, hana, ken):
        poll(ken, ticket, writing="reply")
        assert "Ken Mori is writing a reply" in poll(hana, ticket).content.decode()
        poll(ken, ticket, writing="note")
        assert "Ken Mori is writing a note" in poll(hana, ticket).content.decode()
        poll(ken, ticket, writing="<script>")
        answer = poll(hana, ticket, here=f"{ken.pk}n").content.decode()
        assert "Ken Mori is reading" in answer and f'here={ken.pk}"' in answer

    def test_it_comes_with_what_happened_too(self, ticket, hana, ken):
        poll(ken, ticket, writing="reply")
        before = ticket.event_count
        actions.note(ticket, by=ken, via="page", body="Looked")
        answer = poll(hana, ticket, after=before).content.decode()
        assert "Ken Mori is writing a reply" in answer and "Looked" in answer

    def test_who_closes_the_page_is_gone_at_once(self, ticket, hana, ken):
        poll(ken, ticket)
        assert client_of(ken).post(f"/tickets/{ticket.number}/leave/").status_code == 204
        assert poll(hana, ticket).status_code == 204

    def test_who_is_silent_is_gone_after_a_while(self, ticket, hana, ken, monkeypatch):
        poll(ken, ticket)
        now = presence.time()
        monkeypatch.setattr(presence, "time", lambda: now + presence.LIFE + 1)
        assert poll(hana, ticket).status_code == 204

    def test_who_only_reads_on_is_not_written_each_time(self, ticket, ken, monkeypatch):
        poll(ken, ticket)
        monkeypatch.setattr(presence, "_write", None)
        assert poll(ken, ticket).status_code == 204

    def test_many_are_counted(self, ticket, team, hana):
        for _turn in range(5):
            poll(an_agent(team), ticket)
        assert "and 2 more" in poll(hana, ticket).content.decode()


class TestWhoMayKnow:
    def test_the_requester_is_not_watched_and_watches_nobody(self, ticket, hana):
        poll(hana, ticket, writing="reply")
        answer = poll(ticket.requester, ticket)
        assert answer.status_code == 204
        assert "Hana" not in poll(ticket.requester, ticket, after=0).content.decode().split("</section>")[0]
        assert poll(hana, ticket).status_code == 204

    def test_neither_is_an_agent_who_asked_for_it(self, team, hana, ken):
        ticket = an_incident(team=team, requester=ken).ticket
        poll(hana, ticket)
        assert "is reading" not in poll(ken, ticket, after=0).content.decode()
        assert poll(hana, ticket).status_code == 204

    def test_who_may_not_see_a_confidential_ticket_is_not_told(self, team, hana):
        ticket = an_incident(team=team, is_confidential=True).ticket
        poll(hana, ticket)
        stranger = an_agent(a_team())
        assert poll(stranger, ticket).status_code == 404
        assert client_of(stranger).post(f"/tickets/{ticket.number}/leave/").status_code == 404

    def test_a_page_without_the_script_tells_nobody(self, ticket, hana, ken):
        client_of(ken).get(ticket.get_absolute_url())
        assert poll(hana, ticket).status_code == 204


class TestOvertaken:
    def test_a_reply_stops_when_another_has_answered(self, ticket, hana, ken):
        seen = ticket.event_count
        actions.reply(ticket, by=ken, via="page", body="It was the fuse")
        with pytest.raises(Overtaken, match="Ken Mori answered just now."):
            actions.reply(ticket, by=hana, via="page", body="Look at the fuse", seen=seen)
        assert Comment.objects.count() == 1

    def test_so_it_does_when_the_requester_wrote(self, ticket, hana):
        seen = ticket.event_count
        actions.reply(ticket, by=ticket.requester, via="mail", body="It works again")
        with pytest.raises(Overtaken, match="Midori Tanaka wrote just now."):
            actions.reply(ticket, by=hana, via="page", body="Look at the fuse", seen=seen)

    def test_ones_own_words_notes_and_what_was_taken_back_stop_nobody(self, ticket, hana, ken):
        seen = ticket.event_count
        actions.note(ticket, by=ken, via="page", body="A note")
        actions.take_back(actions.reply(ticket, by=ken, via="page", body="Oops"), by=ken, via="page")
        actions.reply(ticket, by=hana, via="page", body="One", seen=seen)
        actions.reply(ticket, by=hana, via="page", body="Two", seen=seen)

    def test_nobody_is_asked_who_does_not_say_what_they_saw(self, ticket, hana, ken):
        actions.reply(ticket, by=ken, via="page", body="It was the fuse")
        actions.reply(ticket, by=hana, via="mail", body="Look at the fuse")

    def test_the_box_keeps_what_was_typed_and_sends_it_all_the_same(self, ticket, hana, ken):
        client, address = client_of(hana), f"/tickets/{ticket.number}/reply/"
        seen = ticket.event_count
        actions.reply(ticket, by=ken, via="page", body="<script>It was the fuse</script>" + "!" * 500)
        sent = {"body": "Look at the fuse", "seen": seen, "box": "abc", "base": ""}
        refused = client.post(address, sent, headers=HTMX)
        html = refused.content.decode()
        assert refused.status_code == 422
        assert "Ken Mori answered just now." in html and "Look at the fuse</textarea>" in html
        assert "&lt;script&gt;It was the fuse" in html and "!" * 400 not in html
        assert "Send it all the same" in html and 'name="box" value="abc"' in html
        ticket.refresh_from_db()
        assert f'name="seen" value="{ticket.event_count}"' in html
        assert client.post(address, sent | {"seen": ticket.event_count}, headers=HTMX).status_code == 200
        assert comments(hana, ticket).last().body == "Look at the fuse"

    def test_so_it_does_without_a_script_and_for_the_requester(self, ticket, ken):
        client, address = client_of(ticket.requester), f"/tickets/{ticket.number}/reply/"
        page = client.get(ticket.get_absolute_url()).content.decode()
        assert f'name="seen" value="{ticket.event_count}"' in page
        seen = ticket.event_count
        actions.reply(ticket, by=ken, via="page", body="Is it still so?")
        actions.note(ticket, by=ken, via="page", body="A note")
        refused = client.post(address, {"body": "And another thing", "seen": seen, "box": "abc"})
        html = refused.content.decode()
        assert refused.status_code == 422 and "Send it all the same" in html and "Is it still so?" in html
        assert "A note" not in html and f'name="seen" value="{seen + 1}"' in html
        assert client.post(address, {"body": "And another thing", "seen": seen + 1, "box": "abc"}).status_code == 303

    def test_other_refusals_come_back_as_they_did(self, ticket, hana):
        refused = client_of(hana).post(f"/tickets/{ticket.number}/reply/", {"body": "", "seen": "x"}, headers=HTMX)
        assert refused.status_code == 422
        assert "Write something or attach a file." in refused.content.decode()

    def test_the_api_refuses_only_when_it_is_told_what_was_seen(self, ticket, hana, ken):
        client, address = client_of(again(hana)), f"/api/v1/tickets/{ticket.number}/comments/"
        seen = ticket.event_count
        actions.reply(ticket, by=ken, via="page", body="It was the fuse")
        refused = client.post(address, {"body": "Fuse?", "seen": seen}, content_type="application/json")
        assert refused.status_code == 409
        assert refused.json() == {"detail": "Ken Mori answered just now.", "code": "overtaken"}
        note = {"body": "Fuse", "seen": seen, "internal": True}
        assert client.post(address, note, content_type="application/json").status_code == 201
        assert client.post(address, {"body": "Fuse?"}, content_type="application/json").status_code == 201
