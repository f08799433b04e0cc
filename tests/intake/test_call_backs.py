"""Promises to call back."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.utils import timezone

from servicedesk.desk.queue_rows import call_backs_due
from servicedesk.intake.actions import (
    call_backs,
    cancel_call_back,
    convert_ticket,
    finish_call_back,
    miss_call_back,
    plan_call_back,
    tell_of_due_call_backs,
)
from servicedesk.intake.actions.call_backs import quick_times
from servicedesk.intake.models import CallBack
from servicedesk.intake.queries import open_call_backs, visible_call_backs
from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.actions import assign, share
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.sentences import Names, words_for
from tests.factories import a_person, a_service, a_team, a_ticket, again, an_agent, an_incident, events_of

pytestmark = pytest.mark.django_db
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


@pytest.fixture
def ticket(team):
    return a_ticket(team=team)


def later(hours: float = 1) -> datetime:
    return timezone.now() + timedelta(hours=hours)


def promise(ticket, agent, **more) -> CallBack:
    return plan_call_back(
        ticket, **{"by": agent, "via": "page", "whom": "Hanako", "number": "03-1234-5678", "due_at": later()} | more
    )


def last(ticket) -> tuple:
    return events_of(ticket)[-1]


def said(ticket, reader) -> str:
    event = ticket.events.order_by("-number").first()
    return words_for(event, Names(reader, [event]))


class TestPlan:
    def test_by_oneself_unless_somebody_is_named(self, ticket, agent):
        due = later()
        call_back = promise(ticket, agent, due_at=due, note="About the key")
        assert (call_back.assignee, call_back.team, call_back.state, call_back.note) == (
            agent, None, "open", "About the key",
        )  # fmt: skip
        verb, data = last(ticket)
        assert (verb, data["user"], data["call_back"]) == ("plan_call_back", [agent.pk], call_back.pk)
        assert data["due_at"][:16] == due.isoformat()[:16]
        assert not ticket.events.get(verb="plan_call_back").is_public
        assert said(ticket, agent).startswith(f"{agent.name} promised to call back: ")

    def test_for_a_colleague_or_the_team(self, ticket, agent, team):
        colleague = an_agent(team)
        assert promise(ticket, agent, assignee=colleague).assignee == colleague
        assert f"promised a call-back by {colleague.name}: " in said(ticket, agent)
        assert promise(ticket, agent, team=team).team == team
        assert f"by the team {team.name}: " in said(ticket, agent)

    def test_who_would_not_see_it_cannot_promise(self, ticket, agent, team):
        for more, field in (
            ({"assignee": an_agent(a_team())}, "assignee"),
            ({"assignee": a_person()}, "assignee"),
            ({"team": a_team()}, "team"),
            ({"team": team, "assignee": agent}, "assignee"),
        ):
            with pytest.raises(TicketError) as refusal:
                promise(ticket, agent, **more)
            assert refusal.value.field == field
        assert not CallBack.objects.exists()

    @pytest.mark.parametrize(("more", "field"), [
        ({"whom": "  "}, "whom"),
        ({"due_at": datetime(2001, 1, 1, tzinfo=TOKYO)}, "due_at"),
        ({"due_at": datetime(2999, 1, 1, tzinfo=TOKYO)}, "due_at"),
        ({"note": "x" * 2001}, "note"),
    ])  # fmt: skip
    def test_what_is_wrong_is_said(self, ticket, agent, more, field):
        with pytest.raises(TicketError) as refusal:
            promise(ticket, agent, **more)
        assert refusal.value.field == field

    def test_is_for_those_who_work_on_the_ticket(self, ticket):
        for other in (ticket.requester, an_agent(a_team())):
            with pytest.raises(PermissionDenied):
                promise(ticket, other)


class TestOutcome:
    def test_reached(self, ticket, agent):
        call_back = finish_call_back(promise(ticket, agent), by=agent, via="page", note="She found the key.")
        assert (call_back.state, call_back.ended_by) == ("done", agent)
        assert ticket.comments.get().body == "She found the key."
        assert [verb for verb, _data in events_of(ticket)][-2:] == ["note", "finish_call_back"]
        assert said(ticket, agent) == f"{agent.name} called back and reached them."

    def test_not_reached_counts_and_waits_for_the_next_time(self, ticket, agent):
        call_back, again_at = promise(ticket, agent), later(3)
        miss_call_back(call_back, by=agent, via="page", again_at=again_at)
        miss_call_back(call_back, by=agent, via="page", again_at=again_at)
        call_back.refresh_from_db()
        assert (call_back.state, call_back.tries, call_back.due_at) == ("open", 2, again_at)
        assert last(ticket)[1]["tries"] == 2
        assert "reached nobody; again: " in said(ticket, agent)

    def test_not_reached_needs_a_time_to_come(self, ticket, agent):
        call_back = promise(ticket, agent)
        with pytest.raises(TicketError) as refusal:
            miss_call_back(call_back, by=agent, via="page", again_at=later(-1))
        assert refusal.value.field == "again_at"

    def test_no_longer_needed(self, ticket, agent):
        call_back = cancel_call_back(promise(ticket, agent), by=agent, via="page")
        assert call_back.state == "cancelled"
        assert last(ticket) == ("cancel_call_back", {"call_back": call_back.pk})
        assert "no longer needed" in said(ticket, agent)

    @pytest.mark.parametrize("act", [finish_call_back, cancel_call_back])
    def test_what_is_over_is_over(self, ticket, agent, act):
        call_back = promise(ticket, agent)
        finish_call_back(call_back, by=agent, via="page")
        events = events_of(ticket)
        with pytest.raises(TicketError) as refusal:
            act(call_back, by=agent, via="page")
        assert refusal.value.code == "call_back_over"
        assert events_of(ticket) == events

    def test_is_for_those_who_work_on_the_ticket(self, ticket, agent):
        call_back = promise(ticket, agent)
        other = an_agent(a_team())
        for act, more in ((finish_call_back, {}), (cancel_call_back, {}), (miss_call_back, {"again_at": later()})):
            with pytest.raises(PermissionDenied):
                act(call_back, by=other, via="page", **more)

    def test_goes_along_when_the_ticket_is_converted(self, ticket, agent):
        call_back = promise(ticket, agent)
        new = convert_ticket(ticket, "request", by=agent, via="page")
        call_back.refresh_from_db()
        assert call_back.ticket == new


class TestDue:
    """Whoever promised to call hears when the time has come."""

    def passes(self, hours: float = 2):
        CallBack.objects.update(due_at=F("due_at") - timedelta(hours=hours))

    def told(self) -> list:
        tell_of_due_call_backs()
        deliver_waiting()
        return list(OutgoingMail.objects.filter(kind="callback").order_by("id").values_list("to_user", flat=True))

    def test_is_said_on_the_ticket_and_by_mail(self, ticket, agent):
        call_back = promise(ticket, agent, note="About the **key**")
        assert self.told() == []
        self.passes()
        assert self.told() == [agent.pk]
        verb, data = last(ticket)
        assert (verb, data["user"], data["call_back"]) == ("call_back_due", [agent.pk], call_back.pk)
        event = ticket.events.get(verb="call_back_due")
        assert not event.is_public and event.by is None
        assert said(ticket, agent).startswith(f"The call-back by {agent.name} is due: ")
        text = OutgoingMail.objects.get(kind="callback").text
        for words in ("It is time to call back.", "Whom: Hanako", "Number: 03-1234-5678", "About the **key**"):
            assert words in text, words

    def test_once(self, ticket, agent):
        promise(ticket, agent)
        self.passes()
        self.told()
        assert self.told() == [agent.pk] and ticket.events.filter(verb="call_back_due").count() == 1

    def test_again_when_nobody_answered(self, ticket, agent):
        call_back = promise(ticket, agent)
        self.passes()
        self.told()
        miss_call_back(call_back, by=agent, via="page", again_at=later())
        assert self.told() == [agent.pk]
        self.passes()
        assert self.told() == [agent.pk, agent.pk]

    def test_one_that_is_over_is_due_no_more(self, ticket, agent):
        finish_call_back(promise(ticket, agent), by=agent, via="page")
        cancel_call_back(promise(ticket, agent), by=agent, via="page")
        self.passes()
        assert self.told() == []

    def test_of_a_team_tells_its_lead_else_all_of_it(self, ticket, agent, team):
        other = an_agent(team)
        promise(ticket, agent, team=team)
        self.passes()
        assert self.told() == sorted([agent.pk, other.pk])
        assert said(ticket, agent).startswith(f"The call-back by the team {team} is due: ")
        OutgoingMail.objects.all().delete()
        team.lead = other
        team.save()
        promise(ticket, agent, team=team)
        self.passes()
        assert self.told() == [other.pk]

    def test_of_somebody_who_left_tells_the_desk(self, ticket, agent, team):
        colleague = an_agent(team)
        promise(ticket, agent, assignee=colleague)
        assign(ticket, by=agent, via="page", assignee=agent)
        colleague.is_active = False
        colleague.save()
        self.passes()
        assert self.told() == [agent.pk]

    def test_one_that_fails_stops_no_other(self, ticket, agent, team, monkeypatch):
        broken = promise(a_ticket(team=team), agent)
        fine = promise(ticket, agent)
        self.passes()
        tell = call_backs._tell

        def fails(call_back):
            if call_back.pk == broken.pk:
                raise RuntimeError("broken")
            return tell(call_back)

        monkeypatch.setattr(call_backs, "_tell", fails)
        assert tell_of_due_call_backs() == 1
        fine.refresh_from_db()
        broken.refresh_from_db()
        assert fine.told_at and broken.told_at is None

    def test_what_breaks_off_half_way_is_done_anew(self, ticket, agent, monkeypatch):
        promise(ticket, agent)
        self.passes()
        with monkeypatch.context() as patch:
            patch.setattr(call_backs, "_record", lambda *args, **more: 1 / 0)
            assert tell_of_due_call_backs() == 0
        assert self.told() == [agent.pk]

    def test_a_second_worker_finds_it_told(self, ticket, agent):
        call_back = promise(ticket, agent)
        self.passes()
        seen_before = CallBack.objects.select_related("ticket", "team").get(pk=call_back.pk)
        assert tell_of_due_call_backs() == 1
        assert call_backs._tell(seen_before) is False


class TestSight:
    def test_those_of_a_ticket_are_seen_by_those_who_work_on_it(self, ticket, agent, team):
        call_back = promise(ticket, agent)
        assert list(visible_call_backs(an_agent(team))) == [call_back]
        for other in (ticket.requester, an_agent(a_team()), a_person()):
            assert not visible_call_backs(other).exists()

    def test_a_confidential_one_by_its_team_alone(self, team, agent):
        secret = a_team()
        insider = an_agent(secret)
        ticket = an_incident(service=a_service(secret, is_confidential=True)).ticket
        call_back = promise(ticket, insider)
        assert not visible_call_backs(agent).exists()
        share(ticket, by=insider, via="page", user=agent)
        assert list(visible_call_backs(again(agent))) == [call_back]

    def test_is_gone_from_the_list_of_whoever_no_longer_works_on_the_ticket(self, ticket, agent):
        promise(ticket, agent)
        assign(ticket, by=agent, via="page", team=a_team())
        assert not open_call_backs(again(agent)).exists()

    def test_mine_are_my_own_and_my_teams(self, ticket, agent, team):
        colleague = an_agent(team)
        own, of_team = promise(ticket, agent, due_at=later(2)), promise(ticket, agent, team=team, due_at=later(1))
        promise(ticket, agent, assignee=colleague)
        assert list(open_call_backs(agent)) == [of_team, own]
        assert open_call_backs(agent, mine=False).count() == 3

    def test_due_is_what_has_come(self, ticket, agent):
        promise(ticket, agent)
        now = promise(ticket, agent, due_at=timezone.now())
        assert call_backs_due(again(agent)) == [now]
        finish_call_back(now, by=agent, via="page")
        assert call_backs_due(again(agent)) == []


class TestQuickTimes:
    def at(self, *moment) -> dict:
        with timezone.override(TOKYO):
            return {one.name: one for one in quick_times(datetime(*moment, tzinfo=TOKYO))}

    def test_on_a_morning(self):
        times = self.at(2026, 11, 26, 10, 0)
        assert [one.at.strftime("%d %H:%M") for one in times.values()] == [
            "26 10:30", "26 11:00", "26 15:00", "27 09:30",
        ]  # fmt: skip
        assert times["morning"].label == "Tomorrow morning, 9:30"

    def test_in_the_afternoon_and_after_it(self):
        assert self.at(2026, 11, 26, 15, 0)["afternoon"].at.hour == 17
        assert self.at(2026, 11, 26, 16, 45)["afternoon"].at is None

    @pytest.mark.parametrize("day", [27, 28])
    def test_before_and_on_the_weekend_the_morning_is_mondays(self, day):
        morning = self.at(2026, 11, day, 10, 0)["morning"]
        assert (morning.at.day, morning.at.weekday(), morning.label) == (30, 0, "Monday morning, 9:30")

    def test_in_the_readers_own_zone(self):
        with timezone.override("America/New_York"):
            morning = quick_times(datetime(2026, 11, 26, 10, 0, tzinfo=TOKYO))[-1].at
        assert morning.astimezone(ZoneInfo("America/New_York")).strftime("%d %H:%M") == "26 09:30"


class TestNumbers:
    @pytest.mark.parametrize(("number", "dialled"), [
        ("03-1234-5678", "0312345678"),
        ("+81 (3) 1234 5678", "+81312345678"),
        ("＋８１-3-1234-5678", "+81312345678"),
        ("ask Ken", ""),
        ("03-1234-5678 ext. 12", "0312345678"),
    ])  # fmt: skip
    def test_are_dialled_without_punctuation(self, number, dialled):
        assert CallBack(number=number).dialled == dialled
