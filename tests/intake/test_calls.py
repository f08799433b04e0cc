"""Telephone calls: kept while they are taken down, sent once, and seen by nobody else."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from servicedesk.intake.actions import (
    drop_call,
    finish_call,
    forget_dropped_calls,
    restore_call,
    save_call,
    take_over_call,
)
from servicedesk.intake.models import Call
from servicedesk.intake.queries import calls_left, own_calls, unfinished_calls
from servicedesk.people.models import AuditEntry, Role, User
from servicedesk.tickets.actions import assign, reply, share
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.plain import outlook
from tests.factories import a_person, a_service, a_team, a_ticket, again, an_agent, an_incident, events_of

KEY = "k" * 20


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def caller():
    return a_person(name="田中 みどり", language="ja", phone="03-1234-5678")


def keep(agent, words, window="a", turn=1, version=0, **more) -> Call:
    return save_call(by=agent, key=KEY, fields={"text": words} | more, window=window, turn=turn, version=version)


def send(agent, **more) -> Call:
    return finish_call(**{"by": agent, "via": "page", "key": KEY, "title": "Printer", "text": "It hums."} | more)


@pytest.mark.django_db
class TestSaving:
    def test_keeps_the_form_as_it_stands(self, agent, caller):
        call = save_call(
            by=agent, key=KEY, window="a", turn=1, caller=caller,
            fields={
                "text": "プリンターが\r\n動かな", "requester": "田中", "number": "03-1234-5678", "kind": "incident",
                "x": "y",
            },
        )  # fmt: skip
        call.refresh_from_db()
        assert call.fields == {
            "text": "プリンターが\n動かな", "requester": "田中", "number": "03-1234-5678", "kind": "incident",
        }  # fmt: skip
        assert (call.state, call.caller, call.number, call.by) == ("open", caller, "03-1234-5678", agent)
        assert list(unfinished_calls(agent)) == [call]

    def test_again_is_the_same_call(self, agent):
        assert keep(agent, "a").pk == keep(agent, "ab", turn=2).pk
        assert Call.objects.get().text == "ab"

    def test_an_older_save_that_comes_late_changes_nothing(self, agent):
        keep(agent, "ab", turn=2)
        keep(agent, "a", turn=1)
        assert Call.objects.get().text == "ab"

    def test_a_second_window_goes_on_from_what_it_has_seen(self, agent):
        first = keep(agent, "a")
        keep(agent, "a b", window="b", version=first.version)
        with pytest.raises(TicketError) as refusal:
            keep(agent, "a c", turn=2, version=0)
        assert refusal.value.code == "other_window"
        assert Call.objects.get().text == "a b"

    def test_after_it_was_sent_nothing_comes_back(self, agent):
        keep(agent, "a")
        send(agent, caller_name="Somebody", window="a")
        late = keep(agent, "a b", turn=9)
        assert (late.state, late.fields) == ("done", {})
        assert not unfinished_calls(agent).exists()

    def test_control_characters_and_endless_text_do_no_harm(self, agent):
        call = keep(agent, "a\x00b\ud800" + "x" * 300_000, number="9" * 500)
        call.refresh_from_db()
        assert call.text.startswith("abx")
        assert (len(call.text), len(call.number)) == (200_000, 40)

    def test_is_for_agents(self):
        with pytest.raises(PermissionDenied):
            keep(a_person(), "a")


@pytest.mark.django_db
class TestSending:
    def test_makes_a_ticket_of_the_caller(self, agent, caller, team):
        service = a_service(team)
        call = send(agent, caller=caller, number="03-1234-5678", service=service, impact=1, urgency=1, kind="incident")
        ticket = call.ticket
        assert (ticket.requester, ticket.entered_by, ticket.channel, ticket.source) == (
            caller, agent, "phone", "03-1234-5678",
        )  # fmt: skip
        assert (ticket.title, ticket.description, ticket.language, ticket.team) == ("Printer", "It hums.", "ja", team)
        assert events_of(ticket) == [("open", {"channel": "phone"})]
        assert (call.state, call.caller, call.fields) == ("done", caller, {})

    def test_twice_is_once(self, agent, caller):
        first = send(agent, caller=caller, call_back={"due_at": timezone.now() + timedelta(hours=1)})
        second = send(agent, caller=caller, call_back={"due_at": timezone.now() + timedelta(hours=1)})
        assert (first.ticket, Ticket.objects.count(), first.call_backs.count()) == (second.ticket, 1, 1)

    def test_an_unknown_caller_with_an_address_is_a_guest(self, agent):
        call = send(agent, caller_name="山田 太郎", caller_email="taro@example.org", text="動きません")
        guest = User.objects.get(email="taro@example.org")
        assert (guest.name, guest.is_guest, guest.has_usable_password(), guest.language) == (
            "山田 太郎", True, False, "ja",
        )  # fmt: skip
        assert call.ticket.requester == guest
        assert AuditEntry.objects.get(object_id=str(guest.pk)).by == agent

    def test_the_address_of_somebody_known_is_theirs(self, agent, caller):
        assert send(agent, caller_name="Midori", caller_email=caller.email.upper()).ticket.requester == caller

    def test_the_address_of_somebody_who_left_is_refused(self, agent):
        gone = a_person(is_active=False)
        with pytest.raises(TicketError) as refusal:
            send(agent, caller_email=gone.email)
        assert refusal.value.field == "caller_email"
        assert not Ticket.objects.exists()

    def test_an_unknown_caller_without_an_address_is_in_the_agents_name(self, agent):
        call = send(agent, caller_name="山田 太郎", number="090-1111-2222")
        assert (call.ticket.requester, call.ticket.source) == (agent, "山田 太郎 · 090-1111-2222")
        assert (call.caller, call.caller_name, call.who) == (None, "山田 太郎", "山田 太郎")

    def test_nobody_is_refused_and_what_was_typed_stays(self, agent):
        keep(agent, "words")
        with pytest.raises(TicketError) as refusal:
            send(agent, window="a")
        assert refusal.value.field == "requester"
        assert unfinished_calls(agent).get().text == "words"

    def test_a_window_that_has_not_seen_the_newest_words_is_refused(self, agent, caller):
        keep(agent, "words of the other window", window="b")
        with pytest.raises(TicketError) as refusal:
            send(agent, caller=caller, window="a", version=0)
        assert refusal.value.code == "other_window"
        assert send(agent, caller=caller, window="a", version=1).ticket

    def test_taken_at_once(self, agent, caller):
        assert send(agent, caller=caller, take=True).ticket.assignee == agent

    def test_times_that_cannot_be_true_are_now(self, agent, caller):
        call = send(agent, caller=caller, started_at=timezone.now() - timedelta(days=3))
        assert timezone.now() - call.started_at < timedelta(minutes=1)
        assert call.ended_at >= call.started_at


@pytest.mark.django_db
class TestAboutATicket:
    def test_the_words_become_a_note(self, agent, caller, team):
        ticket = a_ticket(requester=caller, team=team)
        call = send(agent, caller=caller, about=ticket)
        comment = ticket.comments.get()
        assert (comment.is_public, comment.body, comment.event.via) == (False, "It hums.", "phone")
        assert (call.ticket, Ticket.objects.count()) == (ticket, 1)

    def test_or_a_reply(self, agent, caller, team):
        ticket = a_ticket(requester=caller, team=team)
        send(agent, caller=caller, about=ticket, public=True)
        assert ticket.comments.get().is_public

    def test_the_answer_that_it_waits_for_resumes_the_work(self, agent, caller, team):
        ticket = a_ticket(requester=caller, team=team)
        assign(ticket, by=agent, via="page", assignee=agent)
        Ticket.objects.filter(pk=ticket.pk).update(status="waiting_requester", phase="waiting")
        send(agent, caller=caller, about=ticket)
        ticket.refresh_from_db()
        assert (ticket.status, [verb for verb, _data in events_of(ticket)][-2:]) == ("in_progress", ["note", "resume"])

    def test_somebody_elses_call_does_not(self, agent, caller, team):
        ticket = a_ticket(requester=caller, team=team)
        Ticket.objects.filter(pk=ticket.pk).update(status="waiting_requester", phase="waiting")
        send(agent, caller=a_person(), about=ticket)
        ticket.refresh_from_db()
        assert ticket.status == "waiting_requester"

    def test_a_ticket_that_one_does_not_see_is_not_there(self, agent, caller):
        with pytest.raises(TicketError) as refusal:
            send(agent, caller=caller, about=a_ticket(requester=caller, team=a_team()))
        assert refusal.value.field == "about"

    def test_a_ticket_that_one_sees_but_does_not_work_on_takes_no_note(self, agent, caller):
        ticket = a_ticket(requester=caller, team=(other := a_team()))
        share(ticket, by=an_agent(other), via="page", user=agent)
        with pytest.raises(PermissionDenied):
            send(agent, caller=caller, about=ticket)
        assert not ticket.comments.exists()

    def test_nothing_said_is_refused(self, agent, caller, team):
        with pytest.raises(TicketError) as refusal:
            send(agent, caller=caller, about=a_ticket(requester=caller, team=team), text=" ")
        assert refusal.value.field == "text"


@pytest.mark.django_db
class TestFirstResponse:
    """Whoever takes a call speaks with the caller: when that is the requester, they have had an answer."""

    def test_is_the_call_of_which_a_ticket_is_made(self, agent, caller):
        ticket = send(agent, caller=caller).ticket
        assert ticket.first_response_at == ticket.created_at
        assert outlook(ticket).sentence == "We work on it and tell you when it is solved."

    def test_of_an_unknown_caller_too(self, agent):
        ticket = send(agent, caller_name="Somebody").ticket
        assert ticket.requester == agent and ticket.first_response_at == ticket.created_at

    def test_no_call_answers_oneself(self, agent):
        assert send(agent, caller=agent).ticket.first_response_at is None

    def test_is_a_call_of_the_requester_about_a_ticket(self, agent, caller, team):
        ticket = a_ticket(requester=caller, service=a_service(team))
        send(agent, caller=caller, about=ticket)
        ticket.refresh_from_db()
        assert ticket.created_at < ticket.first_response_at <= timezone.now()

    @pytest.mark.parametrize("known", [True, False])
    def test_is_no_call_of_somebody_else_about_it(self, agent, team, known):
        ticket = a_ticket(service=a_service(team))
        send(agent, about=ticket, **({"caller": a_person()} if known else {"caller_name": "x"}))
        ticket.refresh_from_db()
        assert ticket.first_response_at is None

    def test_an_earlier_one_stays(self, agent, caller, team):
        ticket = a_ticket(requester=caller, service=a_service(team))
        first = reply(ticket, by=agent, via="page", body="Hello").event.at
        send(agent, caller=caller, about=ticket)
        ticket.refresh_from_db()
        assert ticket.first_response_at == first


@pytest.mark.django_db
class TestPromisedInTheCall:
    def in_an_hour(self, **more) -> dict:
        return {"due_at": timezone.now() + timedelta(hours=1)} | more

    def test_by_oneself_on_the_number_of_the_call(self, agent, caller, team):
        call = send(agent, caller=caller, number="03-1", service=a_service(team), call_back=self.in_an_hour(note="Key"))
        promised = call.call_backs.get()
        assert (promised.whom, promised.number, promised.assignee, promised.team, promised.note) == (
            "田中 みどり", "03-1", agent, None, "Key",
        )  # fmt: skip

    def test_by_the_team_that_gets_the_ticket(self, agent, caller, team):
        call = send(agent, caller=caller, service=a_service(team), call_back=self.in_an_hour(by_team=True, number="1"))
        assert (call.call_backs.get().team, call.call_backs.get().number) == (team, "1")

    def test_by_the_team_when_one_does_not_work_on_it_oneself(self, agent, caller):
        other = a_team()
        promised = send(agent, caller=caller, service=a_service(other), call_back=self.in_an_hour()).call_backs.get()
        assert (promised.team, promised.assignee) == (other, None)

    def test_a_time_that_is_over_leaves_no_ticket(self, agent, caller):
        with pytest.raises(TicketError) as refusal:
            send(agent, caller=caller, call_back={"due_at": timezone.now() - timedelta(hours=1)})
        assert refusal.value.field == "due_at"
        assert not Ticket.objects.exists()


@pytest.mark.django_db
class TestUnfinished:
    def test_is_dropped_and_comes_back(self, agent):
        call = keep(agent, "wrong number")
        drop_call(call, by=agent, via="page")
        assert not unfinished_calls(agent).exists()
        restore_call(call, by=agent, via="page")
        assert unfinished_calls(agent).get().text == "wrong number"
        assert list(AuditEntry.objects.values_list("verb", flat=True).order_by("id")) == ["drop_call", "restore_call"]

    def test_dropped_words_are_gone_after_a_week(self, agent):
        call = keep(agent, "wrong number")
        drop_call(call, by=agent, via="page")
        assert forget_dropped_calls() == 0
        Call.objects.update(ended_at=timezone.now() - timedelta(days=8))
        assert forget_dropped_calls() == 1

    def test_what_was_sent_is_not_dropped(self, agent, caller):
        call = send(agent, caller=caller)
        with pytest.raises(TicketError):
            drop_call(call, by=agent, via="page")

    def test_nobody_else_drops_it(self, agent, team):
        call = keep(agent, "a")
        with pytest.raises(PermissionDenied):
            drop_call(call, by=an_agent(team), via="page")


@pytest.mark.django_db
class TestWhoLeads:
    @pytest.fixture
    def lead(self, team):
        lead = a_person(Role.LEAD)
        team.lead = lead
        team.save()
        return lead

    def left(self, agent, **more) -> Call:
        call = keep(agent, "left behind", **more)
        Call.objects.update(saved_at=timezone.now() - timedelta(hours=1))
        return call

    def test_sees_what_was_left_and_goes_on_with_it(self, agent, lead):
        call = self.left(agent)
        assert list(calls_left(lead)) == [call]
        take_over_call(call, by=lead, via="page")
        assert (list(unfinished_calls(lead)), list(unfinished_calls(agent))) == ([call], [])
        assert AuditEntry.objects.get().data["changes"] == {"by": [agent.pk, lead.pk]}
        with pytest.raises(TicketError) as refusal:
            keep(agent, "left behind and more", turn=2)
        assert refusal.value.code == "taken_over"

    def test_not_while_somebody_is_talking(self, agent, lead):
        keep(agent, "just now")
        assert not calls_left(lead).exists()

    @pytest.mark.parametrize("what", ["ticked", "service", "ticket"])
    def test_nor_what_is_confidential(self, agent, lead, team, what):
        service = a_service(team, is_confidential=True)
        more = {
            "ticked": {"is_confidential": "on"},
            "service": {"service": str(service.pk)},
            "ticket": {"about": an_incident(service=service).ticket.number},
        }[what]
        call = self.left(agent, **more)
        assert call.is_confidential
        assert not calls_left(lead).exists()
        with pytest.raises(PermissionDenied):
            take_over_call(call, by=lead, via="page")

    def test_others_see_nothing(self, agent, lead, team):
        call = self.left(agent)
        for other in (an_agent(team), a_person(Role.LEAD, teams=[team]), a_person(Role.ADMINISTRATOR), a_person()):
            assert not calls_left(other).exists()
            assert not own_calls(other).exists()
            with pytest.raises(PermissionDenied):
                take_over_call(call, by=again(other), via="page")


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def together(self, *acts):
        barrier, found = Barrier(len(acts)), []

        def run(act):
            barrier.wait(10)
            try:
                found.append(act())
            except TicketError as refusal:
                found.append(refusal)
            finally:
                connection.close()

        threads = [Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return found

    def test_two_presses_are_one_ticket(self):
        agent, caller = an_agent(), a_person()
        promise = {"due_at": timezone.now() + timedelta(hours=1)}
        done = self.together(*[lambda: send(again(agent), caller=caller, call_back=promise)] * 2)
        assert len({call.ticket_id for call in done}) == 1
        assert (Ticket.objects.count(), done[0].call_backs.count(), Call.objects.count()) == (1, 1, 1)

    def test_a_save_that_races_with_the_sending_leaves_nothing_unfinished(self):
        agent, caller = an_agent(), a_person()
        keep(agent, "a")
        self.together(lambda: send(again(agent), caller=caller, window="a"), lambda: keep(again(agent), "a b", turn=2))
        call = Call.objects.get()
        assert (call.state, call.fields, Ticket.objects.count()) == ("done", {}, 1)

    def test_two_windows_that_begin_at_once_are_told_apart(self):
        agent = an_agent()
        self.together(lambda: keep(again(agent), "a", window="a"), lambda: keep(again(agent), "b", window="b"))
        assert Call.objects.get().text in ("a", "b")
