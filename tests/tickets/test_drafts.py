"""What somebody has written in a ticket's box and not sent."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.desk.tasks import tidy_desk
from servicedesk.tickets import actions
from servicedesk.tickets.actions.drafts import Elsewhere
from servicedesk.tickets.actions.talk import MOST_LETTERS
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Comment, Draft
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def hana(team):
    return an_agent(team, name="Hana Sato")


@pytest.fixture
def ticket(team):
    return an_incident(team=team).ticket


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def save(ticket, by, body, *, box="a1", turn=1, base="", kind="reply") -> Draft:
    return actions.save_draft(ticket, kind, by=by, body=body, box=box, turn=turn, base=base)


def box_in(answer) -> dict[str, str]:
    """The hidden fields of the box that a page shows, and its words."""
    html = answer.content.decode()
    found = {name: re.search(f'name="{name}" value="([^"]*)"', html)[1] for name in ("box", "base", "seen")}
    return found | {"body": re.search(r'<textarea[^>]*name="body"[^>]*>\s*([^<]*)</textarea>', html)[1]}


class TestSaving:
    def test_the_words_are_in_the_box_on_whatever_device(self, ticket, hana):
        save(ticket, hana, "Half a sente")
        page = client_of(hana).get(ticket.get_absolute_url())
        assert box_in(page)["body"] == "Half a sente"
        assert "Draft of" in page.content.decode() and "Discard" in page.content.decode()

    def test_a_reply_and_a_note_have_one_each(self, ticket, hana):
        save(ticket, hana, "To you")
        save(ticket, hana, "To us", kind="note")
        client = client_of(hana)
        assert box_in(client.get(ticket.get_absolute_url()))["body"] == "To you"
        assert box_in(client.get(f"{ticket.get_absolute_url()}?box=note"))["body"] == "To us"
        assert box_in(client.get(f"/tickets/{ticket.number}/note/", headers=HTMX))["body"] == "To us"
        assert box_in(client.get(f"/tickets/{ticket.number}/reply/"))["body"] == "To you"

    def test_it_is_its_writers_alone(self, ticket, hana, team):
        save(ticket, hana, "Half a sente")
        for other in (an_agent(team), ticket.requester):
            assert "Half a sente" not in client_of(other).get(ticket.get_absolute_url()).content.decode()

    def test_the_requesters_box_keeps_one_too(self, ticket):
        client = client_of(ticket.requester)
        box = box_in(client.get(ticket.get_absolute_url()))
        answer = client.post(
            f"/tickets/{ticket.number}/drafts/reply/", {"body": "Well", "box": box["box"], "base": "", "turn": 1}
        )
        assert answer.status_code == 200 and "Draft of" in answer.content.decode()
        assert box_in(client.get(ticket.get_absolute_url()))["body"] == "Well"

    def test_what_the_same_box_saved_later_stays(self, ticket, hana):
        save(ticket, hana, "Second", turn=2)
        assert save(ticket, hana, "First", turn=1).body == "Second"
        assert save(ticket, hana, "Third", turn=3).body == "Third"

    def test_another_window_goes_on_where_this_one_stopped(self, ticket, hana):
        first = save(ticket, hana, "One")
        second = save(ticket, hana, "One two", box="b2", base=first.mark)
        assert (second.body, Draft.objects.count()) == ("One two", 1)

    def test_a_window_that_knows_less_overwrites_nothing(self, ticket, hana):
        first = save(ticket, hana, "One")
        save(ticket, hana, "Newer", box="b2", base=first.mark)
        with pytest.raises(Elsewhere) as refused:
            save(ticket, hana, "One and a half", turn=2)
        assert refused.value.draft.body == "Newer"
        assert Draft.objects.get().body == "Newer"

    def test_the_window_is_told_and_may_keep_its_words(self, ticket, hana):
        client, address = client_of(hana), f"/tickets/{ticket.number}/drafts/reply/"
        first = save(ticket, hana, "One")
        save(ticket, hana, "<b>Newer</b>", box="b2", base=first.mark)
        told = client.post(address, {"body": "Mine", "box": "a1", "turn": 2, "base": first.mark})
        html = told.content.decode()
        assert told.status_code == 409
        assert "in another window" in html and "&lt;b&gt;Newer" in html and "Mine" not in html
        mark = re.search(r'data-keep-mine="([^"]+)"', html)[1]
        assert client.post(address, {"body": "Mine", "box": "a1", "turn": 3, "base": mark}).status_code == 200
        assert Draft.objects.get().body == "Mine"

    def test_the_same_words_twice_are_no_matter(self, ticket, hana):
        save(ticket, hana, "Same")
        assert save(ticket, hana, "Same", box="b2").body == "Same"

    def test_takes_the_tickets_lock_first_as_sending_does(self, ticket, hana):
        # Else the two wait for each other: seen when a box saved itself while it was sent.
        with CaptureQueriesContext(connection) as asked:
            save(ticket, hana, "One")
        said = [one["sql"] for one in asked if "tickets_" in one["sql"]]
        assert 'FROM "tickets_ticket"' in said[0] and said[0].endswith("FOR UPDATE")

    def test_an_emptied_box_leaves_no_draft(self, ticket, hana):
        save(ticket, hana, "x")
        save(ticket, hana, "", turn=2)
        assert "Draft of" not in client_of(hana).get(ticket.get_absolute_url()).content.decode()


class TestSending:
    def send(self, client, ticket, box, body, kind="reply"):
        return client.post(f"/tickets/{ticket.number}/{kind}/", box | {"body": body}, headers=HTMX)

    def test_the_draft_is_no_more(self, ticket, hana):
        client = client_of(hana)
        box = box_in(client.get(ticket.get_absolute_url()))
        save(ticket, hana, "Done", box=box["box"])
        answer = self.send(client, ticket, box, "Done!")
        assert answer.status_code == 200 and box_in(answer)["body"] == ""
        assert Draft.objects.get().body == ""

    def test_a_save_that_comes_late_does_not_bring_it_back(self, ticket, hana):
        client = client_of(hana)
        for before in (False, True):  # whether something was saved before sending
            box = box_in(client.get(ticket.get_absolute_url()))
            if before:
                save(ticket, hana, "Do", box=box["box"], turn=1, base=box["base"])
            self.send(client, ticket, box, "Done")
            late = client.post(f"/tickets/{ticket.number}/drafts/reply/", box | {"body": "Don", "turn": 2})
            assert late.status_code == 409 and "sent or discarded" in late.content.decode()
            assert box_in(client.get(ticket.get_absolute_url()))["body"] == ""

    def test_what_another_window_went_on_with_stays(self, ticket, hana):
        client = client_of(hana)
        box = box_in(client.get(ticket.get_absolute_url()))
        first = save(ticket, hana, "One", box=box["box"])
        save(ticket, hana, "Quite another matter", box="b2", base=first.mark)
        self.send(client, ticket, box, "One")
        assert box_in(client.get(ticket.get_absolute_url()))["body"] == "Quite another matter"

    def test_a_refusal_keeps_it(self, ticket, hana):
        client = client_of(hana)
        box = box_in(client.get(ticket.get_absolute_url()))
        save(ticket, hana, "Kept", box=box["box"])
        refused = self.send(client, ticket, box, "x" * (MOST_LETTERS + 1))
        assert refused.status_code == 422 and box_in(refused)["box"] == box["box"]
        assert Draft.objects.get().body == "Kept"

    def test_a_note_spends_the_notes_draft_alone(self, ticket, hana):
        client = client_of(hana)
        save(ticket, hana, "To you")
        save(ticket, hana, "To us", kind="note")
        box = box_in(client.get(f"/tickets/{ticket.number}/note/", headers=HTMX))
        assert self.send(client, ticket, box, "To us", "note").status_code == 200
        assert dict(Draft.objects.values_list("kind", "body")) == {"reply": "To you", "note": ""}

    def test_what_is_taken_back_comes_before_what_was_begun_meanwhile(self, ticket, hana):
        client = client_of(hana)
        self.send(client, ticket, box_in(client.get(ticket.get_absolute_url())), "Oops")
        save(ticket, hana, "Meanwhile", base=Draft.objects.get().mark)
        comment = Comment.objects.get()
        back = client.post(f"/tickets/{ticket.number}/comments/{comment.pk}/take-back/", headers=HTMX)
        assert box_in(back)["body"] == "Oops\n\nMeanwhile"


class TestDiscarding:
    def test_empties_the_box_and_can_be_undone(self, ticket, hana):
        client = client_of(hana)
        save(ticket, hana, "Never mi")
        box = box_in(client.get(ticket.get_absolute_url()))
        address = f"/tickets/{ticket.number}/drafts/reply/"
        gone = client.post(f"{address}discard/", box | {"body": "Never mind"}, headers=HTMX)
        assert box_in(gone)["body"] == "" and f"{address}restore/" in gone["HX-Trigger"]
        assert box_in(client.get(ticket.get_absolute_url()))["body"] == ""
        back = client.post(f"{address}restore/", headers=HTMX)
        assert back["HX-Retarget"] == "#composer" and box_in(back)["body"] == "Never mind"
        assert client.post(f"{address}restore/", headers=HTMX).status_code == 200

    def test_works_without_a_script(self, ticket):
        client = client_of(ticket.requester)
        save(ticket, ticket.requester, "Never mind")
        box = box_in(client.get(ticket.get_absolute_url()))
        gone = client.post(f"/tickets/{ticket.number}/drafts/reply/discard/", box, follow=True)
        assert "The draft was discarded." in gone.content.decode() and box_in(gone)["body"] == ""
        back = client.post(f"/tickets/{ticket.number}/drafts/reply/restore/", follow=True)
        assert box_in(back)["body"] == "Never mind"

    def test_a_save_that_comes_late_does_not_undo_it(self, ticket, hana):
        save(ticket, hana, "Never mi")
        actions.discard_draft(ticket, "reply", by=hana, body="Never mind", box="a1", base="")
        with pytest.raises(Elsewhere):
            save(ticket, hana, "Never mind", turn=2)

    def test_what_another_window_went_on_with_stays(self, ticket, hana):
        first = save(ticket, hana, "One")
        save(ticket, hana, "Newer", box="b2", base=first.mark)
        actions.discard_draft(ticket, "reply", by=hana, body="One", box="a1", base=first.mark)
        assert Draft.objects.get().is_there

    def test_is_for_good_after_ten_minutes(self, ticket, hana):
        save(ticket, hana, "Never mind")
        actions.discard_draft(ticket, "reply", by=hana, body="Never mind", box="a1", base="")
        Draft.objects.update(discarded_at=timezone.now() - timedelta(minutes=11))
        with pytest.raises(TicketError, match="too late"):
            actions.restore_draft(ticket, "reply", by=hana)
        tidy_desk()
        assert Draft.objects.get().body == ""
        refused = client_of(hana).post(f"/tickets/{ticket.number}/drafts/reply/restore/", headers=HTMX)
        assert refused.status_code == 409 and "too late" in refused["HX-Trigger"]


class TestWhoMay:
    def test_who_lost_sight_of_the_ticket_finds_nothing(self, ticket, hana):
        stranger = an_agent(a_team())
        for what in ("", "discard/", "restore/"):
            address = f"/tickets/{ticket.number}/drafts/reply/{what}"
            assert client_of(stranger).post(address, {"body": "x", "box": "a1"}).status_code == 404
        assert not Draft.objects.exists()

    def test_a_note_is_the_desks(self, ticket):
        client = client_of(ticket.requester)
        address = f"/tickets/{ticket.number}/drafts/note/"
        assert client.post(address, {"body": "x", "box": "a1"}).status_code == 403
        with pytest.raises(Exception, match="right"):
            save(ticket, ticket.requester, "x", kind="note")

    def test_there_is_no_third_kind(self, ticket, hana):
        assert client_of(hana).post(f"/tickets/{ticket.number}/drafts/other/", {"body": "x"}).status_code == 404

    def test_who_is_signed_out_is_told_by_the_status(self, ticket, client):
        address = f"/tickets/{ticket.number}/drafts/reply/"
        assert client.post(address, {"body": "x", "box": "a1"}, headers=HTMX).status_code == 401

    def test_nonsense_and_too_much_are_refused(self, ticket, hana):
        client, address = client_of(hana), f"/tickets/{ticket.number}/drafts/reply/"
        for wrong in (
            {"body": "x"},
            {"body": "x", "box": "<b>"},
            {"body": "x", "box": "a1", "base": "zz"},
            {"body": "x", "box": "a1", "turn": "x"},
            {"body": "x" * (MOST_LETTERS + 1), "box": "a1"},
        ):
            assert client.post(address, wrong).status_code == 422
        assert not Draft.objects.exists()
        with pytest.raises(Refused, match="too long"):
            save(ticket, hana, "x" * (MOST_LETTERS + 1))


class TestTidying:
    def test_a_draft_that_nobody_touched_for_a_month_goes(self, ticket, hana):
        save(ticket, hana, "Old")
        save(ticket, a_person(), "New")
        Draft.objects.filter(user=hana).update(updated_at=timezone.now() - timedelta(days=31))
        tidy_desk()
        assert list(Draft.objects.values_list("body", flat=True)) == ["New"]
