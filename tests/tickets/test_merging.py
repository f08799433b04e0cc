"""Merging two tickets, undoing it, and moving messages."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.actions import close_incident, resolve_incident
from servicedesk.tickets import actions
from servicedesk.tickets.actions.merging import gains_sight
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Attachment, Comment, Ticket, Watcher
from servicedesk.tickets.queries import attachments, comments, events, search_tickets, sees, timeline
from tests.factories import (
    a_person,
    a_service_request,
    a_team,
    again,
    an_agent,
    an_incident,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def asker():
    return a_person(name="Aya Kimura")


@pytest.fixture
def pair(team, asker):
    """Two tickets of one person about the same."""
    return [an_incident(team=team, requester=asker, title=title).ticket for title in ("Paper jam", "Printer again")]


def now(ticket):
    return Ticket.objects.get(pk=ticket.pk)


def merge(ticket, into, agent, **more):
    return actions.merge(ticket, into, by=agent, via="page", **more)


class TestMerge:
    def test_closes_the_one_and_shows_both_in_the_other(self, pair, agent, asker):
        first, second = pair
        actions.reply(first, by=asker, via="page", body="It jams")
        actions.note(first, by=agent, via="page", body="Known trouble")
        actions.reply(second, by=asker, via="page", body="And again")
        merge(first, second, agent)
        first, second = now(first), now(second)
        assert (first.status, first.phase, first.merged_into_id) == ("merged", "closed", second.pk)
        assert first.closed_at is not None and first.resolved_at is None
        assert second.merged_ids == [first.pk] and second.is_open
        bodies = [comment.body for comment in comments(agent, second)]
        assert bodies == ["It jams", "Known trouble", "And again"]
        assert [comment.body for comment in comments(asker, second)] == ["It jams", "And again"]
        assert [event.verb for event in timeline(asker, second)] == ["open", "open", "reply", "reply", "merge", "merge"]

    def test_is_told_by_both_in_words_and_data(self, pair, agent):
        first, second = pair
        merge(first, second, agent)
        event = first.events.get(verb="merge")
        assert event.data == {"from": "new", "to": "merged", "other": second.number, "tell": True}
        assert second.events.get(verb="merge").data == {"other": first.number, "backward": True}

    def test_a_file_of_the_one_is_found_in_the_other(self, pair, agent, asker):
        first, second = pair
        file = SimpleUploadedFile("log.txt", b"E-21")
        actions.reply(first, by=asker, via="page", body="", files=[file])
        merge(first, second, agent)
        assert [each.name for each in attachments(asker, now(second))] == ["log.txt"]

    def test_nobody_writes_in_the_one_any_more(self, pair, agent, asker):
        first, second = pair
        merge(first, second, agent)
        for say, by in ((actions.reply, asker), (actions.note, agent)):
            with pytest.raises(TicketError) as refusal:
                say(first, by=by, via="page", body="Hello?")
            assert refusal.value.code == "merged" and second.number in str(refusal.value)

    @pytest.mark.parametrize("kind", ["itself", "closed", "merged", "invisible"])
    def test_refuses(self, kind, pair, agent, asker, team):
        first, second = pair
        if kind == "itself":
            second = first
        elif kind == "closed":
            incident = second.incident
            resolve_incident(incident, by=agent, via="page", resolution="Done")
            close_incident(incident, by=agent, via="page")
        elif kind == "merged":
            merge(second, an_incident(team=team, requester=asker).ticket, agent)
        else:
            second = an_incident(team=a_team(), requester=asker).ticket
        with pytest.raises(TicketError) as refusal:
            merge(first, second, agent)
        assert refusal.value.field == "other"
        assert now(first).status == "new"

    def test_refuses_to_mix_confidential_with_open(self, pair, agent):
        first, second = pair
        actions.set_fields(second, by=agent, via="page", is_confidential=True)
        with pytest.raises(TicketError, match="confidential"):
            merge(first, second, agent)

    def test_asks_for_the_right_on_both(self, pair, asker):
        with pytest.raises(PermissionDenied):
            merge(*pair, asker)

    def test_an_incident_goes_on_in_a_request(self, pair, agent, asker, team):
        request = a_service_request(team=team, requester=asker).ticket
        merge(pair[0], request, agent)
        assert now(pair[0]).merged_into_id == request.pk


class TestSight:
    """Who reads what they could not read before must be agreed to."""

    @pytest.fixture
    def strangers(self, team):
        first = an_incident(team=team, requester=a_person(name="Ren Abe")).ticket
        second = an_incident(team=team, requester=a_person(name="Mio Ito")).ticket
        return first, second

    def test_names_both_sides_and_changes_nothing(self, strangers, agent):
        first, second = strangers
        with pytest.raises(TicketError) as refusal:
            merge(first, second, agent)
        assert refusal.value.field == "agreed"
        assert "Ren Abe" in str(refusal.value) and "Mio Ito" in str(refusal.value)
        assert now(first).status == "new" and not sees(first.requester, second)
        assert {person.name for person in gains_sight(first, second)} == {"Ren Abe", "Mio Ito"}

    def test_with_consent_the_requester_sees_and_hears_of_the_other(self, strangers, agent):
        first, second = strangers
        merge(first, second, agent, agreed=True)
        assert sees(again(first.requester), second)
        assert Watcher.objects.filter(ticket=second, user=first.requester).exists()
        assert second.events.get(verb="merge").data == {
            "other": first.number, "backward": True, "new": [[first.requester_id]],
            "watching": [[first.requester_id]],
        }  # fmt: skip

    def test_ends_with_the_merge(self, strangers, agent):
        first, second = strangers
        merge(first, second, agent, agreed=True)
        actions.unmerge(now(first), by=agent, via="page")
        assert not sees(again(first.requester), second)
        assert not Watcher.objects.filter(ticket=second).exists()

    def test_a_share_that_was_there_before_stays(self, strangers, agent):
        first, second = strangers
        actions.share(second, by=agent, via="page", user=first.requester)
        merge(first, second, agent, agreed=True)
        actions.unmerge(now(first), by=agent, via="page")
        assert sees(again(first.requester), second)

    def test_notes_of_a_merged_ticket_stay_inside(self, strangers, agent):
        first, second = strangers
        actions.note(first, by=agent, via="page", body="Secret")
        merge(first, second, agent, agreed=True)
        for person in (first.requester, second.requester):
            assert "Secret" not in [comment.body for comment in comments(again(person), now(second))]
            assert "note" not in [event.verb for event in events(again(person), now(second))]


class TestUnmerge:
    @pytest.mark.parametrize("status", ["new", "waiting_requester", "resolved"])
    def test_restores_both(self, status, pair, agent):
        first, second = pair
        if status == "waiting_requester":
            actions.steps.ask_requester(first, by=agent, via="page", message="Which floor?")
        elif status == "resolved":
            resolve_incident(first.incident, by=agent, via="page", resolution="New roller")
        was = Ticket.objects.values("status", "phase", "resolved_at", "closed_at", "reopen_count", "assignee").get(
            pk=first.pk
        )
        merge(first, second, agent)
        actions.unmerge(now(first), by=agent, via="page")
        assert Ticket.objects.values(*was).get(pk=first.pk) == was
        second = now(second)
        assert second.merged_ids == [] and [event.verb for event in timeline(agent, second)] == [
            "open", "merge", "unmerge",
        ]  # fmt: skip
        actions.reply(now(first), by=agent, via="page", body="We go on here")

    def test_refuses_what_is_not_merged(self, pair, agent):
        with pytest.raises(TicketError) as refusal:
            actions.unmerge(pair[0], by=agent, via="page")
        assert refusal.value.code == "wrong_status"

    def test_merged_again_and_again(self, pair, agent):
        first, second = pair
        for _turn in range(3):
            merge(now(first), now(second), agent)
            actions.unmerge(now(first), by=agent, via="page")
        assert now(first).status == "new" and now(second).merged_ids == []

    def test_of_a_chain_takes_out_what_hangs_on_it(self, pair, agent, asker, team):
        first, second = pair
        third = an_incident(team=team, requester=asker).ticket
        merge(first, second, agent)
        merge(now(second), third, agent)
        assert now(third).merged_ids == [second.pk, first.pk]
        actions.unmerge(now(first), by=agent, via="page")
        assert (now(third).merged_ids, now(second).merged_ids) == ([second.pk], [])
        merge(now(first), third, agent)
        actions.unmerge(now(second), by=agent, via="page")
        assert now(third).merged_ids == [first.pk]


class TestMoveMessage:
    def test_shows_there_and_no_longer_here(self, pair, agent, asker):
        first, second = pair
        file = SimpleUploadedFile("log.txt", b"E-21")
        comment = actions.reply(first, by=asker, via="page", body="About the second", files=[file])
        moved = actions.move_message(comment, second, by=agent, via="page")
        assert [(each.body, each.author) for each in comments(asker, second)] == [("About the second", asker)]
        assert list(comments(agent, first)) == [] and list(attachments(agent, first)) == []
        assert Attachment.objects.get().comment == moved
        assert [event.verb for event in timeline(asker, first)] == ["open"]
        assert moved.event.data["other"] == first.number and moved.event.is_public

    def test_is_searched_for_where_it_is(self, pair, agent, asker):
        first, second = pair
        comment = actions.reply(first, by=asker, via="page", body="Zinnober")
        deliver_waiting()
        assert list(search_tickets(agent, "Zinnober")) == [first]
        actions.move_message(comment, second, by=agent, via="page")
        deliver_waiting()
        assert list(search_tickets(agent, "Zinnober")) == [second]

    def test_becomes_a_note_where_others_would_read_it(self, pair, agent, asker, team):
        other = an_incident(team=team, requester=a_person()).ticket
        comment = actions.reply(pair[0], by=asker, via="page", body="For your eyes")
        actions.move_message(comment, other, by=agent, via="page")
        assert not Comment.objects.get(ticket=other).is_public
        assert list(comments(other.requester, other)) == []

    def test_a_note_stays_a_note(self, pair, agent, asker):
        note = actions.note(pair[0], by=agent, via="page", body="Inside")
        assert not actions.move_message(note, pair[1], by=agent, via="page").is_public
        assert list(comments(asker, pair[1])) == []

    def test_goes_back_the_same_way(self, pair, agent, asker):
        comment = actions.reply(pair[0], by=asker, via="page", body="Hm")
        there = actions.move_message(comment, pair[1], by=agent, via="page")
        actions.move_message(there, pair[0], by=agent, via="page")
        assert [each.body for each in comments(asker, pair[0])] == ["Hm"] and not comments(agent, pair[1])

    def test_refuses_twice_the_same_place_a_resolution_and_the_invisible(self, pair, agent, asker):
        comment = actions.reply(pair[0], by=asker, via="page", body="Hm")
        with pytest.raises(TicketError, match="already"):
            actions.move_message(comment, pair[0], by=agent, via="page")
        with pytest.raises(TicketError, match="no such ticket"):
            actions.move_message(comment, an_incident(team=a_team()).ticket, by=agent, via="page")
        actions.move_message(comment, pair[1], by=agent, via="page")
        with pytest.raises(TicketError) as refusal:
            actions.move_message(comment, pair[1], by=agent, via="page")
        assert refusal.value.code == "moved"
        resolve_incident(pair[0].incident, by=agent, via="page", resolution="Done")
        with pytest.raises(TicketError) as refusal:
            actions.move_message(Comment.objects.get(body="Done"), pair[1], by=agent, via="page")
        assert refusal.value.code == "resolution"


class TestPages:
    def test_merge_offers_what_is_alike(self, visit, pair, agent):
        page = visit(agent).get(f"/tickets/{pair[0].number}/merge/").content.decode()
        assert pair[1].number in page

    def test_merge_and_undo(self, visit, pair, agent):
        first, second = pair
        page = visit(agent)
        answer = page.post(f"/tickets/{first.number}/merge/", {"alike": second.number, "tell": "on"}, follow=True)
        assert f"{second.number} {second.title}" in answer.content.decode()
        shown = page.get(second.get_absolute_url()).content.decode()
        assert "Merged into this" in shown and f'id="e{first.number}-1"' in shown
        answer = page.post(f"/tickets/{first.number}/unmerge/", follow=True)
        assert now(first).status == "new" and answer.status_code == 200

    def test_merge_asks_before_others_read(self, visit, agent, team):
        first = an_incident(team=team, requester=a_person(name="Ren Abe")).ticket
        second = an_incident(team=team, requester=a_person(name="Mio Ito")).ticket
        page = visit(agent)
        answer = page.post(f"/tickets/{first.number}/merge/", {"other": second.number})
        assert answer.status_code == 422
        assert "Ren Abe" in answer.content.decode() and 'name="agreed"' in answer.content.decode()
        answer = page.post(f"/tickets/{first.number}/merge/", {"other": second.number, "agreed": "on"})
        assert answer.status_code == 303 and now(first).status == "merged"

    def test_merge_without_a_choice_says_so(self, visit, pair, agent):
        answer = visit(agent).post(f"/tickets/{pair[0].number}/merge/", {"other": ""})
        assert answer.status_code == 422 and "Choose a ticket." in answer.content.decode()

    def test_the_requester_reads_where_it_goes_on(self, visit, pair, agent, asker):
        merge(*pair, agent)
        page = visit(asker).get(pair[0].get_absolute_url()).content.decode()
        assert pair[1].get_absolute_url() in page
        assert "unmerge" not in page

    def test_what_both_tickets_keep_is_said_once(self, visit, pair, agent, asker):
        first, second = pair
        merge(first, second, agent)
        for person in (agent, asker):
            page = visit(person).get(now(second).get_absolute_url()).content.decode()
            assert "into this." in page and "merged this into" not in page
            assert "merged this into" in visit(person).get(now(first).get_absolute_url()).content.decode()

    def test_a_merged_ticket_offers_nothing_that_it_refuses(self, visit, pair, agent, asker):
        first, second = pair
        said = actions.reply(first, by=asker, via="page", body="It jams")
        refused = ('id="composer"', "?quote=", "/forward/", "/macros/")

        def offered(ticket):
            client = visit(agent)
            pages = [
                client.get(url) for url in (ticket.get_absolute_url(), f"/tickets/{ticket.number}/comments/{said.pk}/")
            ]
            text = "".join(page.content.decode() for page in pages)
            return [part for part in refused if part in text]

        assert offered(now(first)) == list(refused)
        merge(first, second, agent)
        assert offered(now(first)) == []

    def test_move_a_message(self, visit, pair, agent, asker):
        comment = actions.reply(pair[0], by=asker, via="page", body="Hm")
        page = visit(agent)
        choices = page.get(f"/tickets/{pair[0].number}/comments/{comment.pk}/").content.decode()
        assert f"/tickets/{pair[0].number}/comments/{comment.pk}/move/" in choices
        page.post(f"/tickets/{pair[0].number}/comments/{comment.pk}/move/", {"other": pair[1].number})
        assert [each.body for each in comments(agent, pair[1])] == ["Hm"]
        shown = page.get(pair[1].get_absolute_url()).content.decode()
        assert "moved a message here" in shown

    def test_a_message_of_another_ticket_is_not_there(self, visit, pair, agent, asker):
        comment = actions.reply(pair[0], by=asker, via="page", body="Hm")
        for address in ("", "move/", "split/"):
            assert visit(agent).get(f"/tickets/{pair[1].number}/comments/{comment.pk}/{address}").status_code == 404

    def test_queries_do_not_grow_with_what_is_merged(self, visit, pair, agent, asker, team, django_assert_num_queries):
        page = visit(agent)
        for turn in range(3):
            extra = an_incident(team=team, requester=asker).ticket
            actions.reply(extra, by=asker, via="page", body="Me too")
            merge(extra, now(pair[0]), agent)
            page.get(pair[0].get_absolute_url())
            if turn in (0, 2):
                with django_assert_num_queries(24):
                    page.get(pair[0].get_absolute_url())
