"""The clock of a target, by hand over a Japanese holiday and by properties that hold for all."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.levels.clock import Kind, Side, State, Turn, read
from servicedesk.levels.hours import business_time, due_at

from .test_hours import IN_TIME, at, calendars, of

RUN, PAUSE, STOP = Kind.RUN, Kind.PAUSE, Kind.STOP


def turns(*said) -> list[Turn]:
    return [Turn(at(moment), number, *what) for number, (moment, *what) in enumerate(said)]


class TestReading:
    def test_runs_from_the_beginning(self):
        clock = read(of(), 240, turns(("2026-11-24T11:00", RUN)), at("2026-11-24T13:30"))
        assert (clock.state, clock.used, clock.left) == (State.RUNNING, timedelta(minutes=90), timedelta(minutes=150))
        assert clock.due_at == at("2026-11-24T16:00")
        assert clock.share() == pytest.approx(0.375)
        assert clock.intervals(of()) == [
            (at("2026-11-24T11:00"), at("2026-11-24T12:00")),
            (at("2026-11-24T13:00"), at("2026-11-24T13:30")),
        ]

    def test_a_pause_over_a_holiday_counts_nothing(self):
        # Friday to Wednesday; Monday the 23rd is 勤労感謝の日.
        happened = turns(
            ("2026-11-20T16:00", RUN), ("2026-11-20T17:00", PAUSE, Side.REQUESTER), ("2026-11-25T10:00", RUN)
        )
        clock = read(of(), 240, happened, at("2026-11-25T11:00"))
        assert clock.used == timedelta(hours=2)
        assert clock.due_at == at("2026-11-25T14:00")
        # 1 h on Friday, 8 h on Tuesday, 1 h on Wednesday.
        assert clock.waiting == {Side.REQUESTER: timedelta(hours=10)}
        assert [(one.since, one.until) for one in clock.rested] == [(at("2026-11-20T17:00"), at("2026-11-25T10:00"))]

    def test_at_rest_it_says_when_it_would_be_due(self):
        happened = turns(("2026-11-24T09:00", RUN), ("2026-11-24T10:00", PAUSE, Side.VENDOR))
        clock = read(of(), 120, happened, at("2026-11-24T15:00"))
        assert (clock.state, clock.left, clock.due_at) == (State.PAUSED, timedelta(hours=1), at("2026-11-24T16:00"))

    def test_met_to_the_minute_and_missed_by_one(self):
        begun = ("2026-11-24T09:00", RUN)
        met = read(of(), 60, turns(begun, ("2026-11-24T10:00", STOP)), at("2026-11-25T09:00"))
        assert (met.state, met.left, met.due_at) == (State.MET, timedelta(0), at("2026-11-24T10:00"))
        missed = read(of(), 60, turns(begun, ("2026-11-24T10:01", STOP)), at("2026-11-25T09:00"))
        assert (missed.state, missed.due_at) == (State.MISSED, at("2026-11-24T10:00"))

    def test_is_missed_while_it_runs_on_after_closing_time(self):
        # Used up at closing time, and nobody has solved it: missed from then on, though no business minute has passed.
        begun = turns(("2026-11-24T17:00", RUN))
        assert read(of(), 60, begun, at("2026-11-24T18:00")).state == State.RUNNING
        assert read(of(), 60, begun, at("2026-11-24T18:01")).state == State.MISSED

    def test_what_is_due_at_closing_time_is_not_met_in_the_evening(self):
        begun = ("2026-11-24T17:00", RUN)
        assert read(of(), 60, turns(begun, ("2026-11-24T18:00", STOP)), at("2026-11-25T09:00")).state == State.MET
        assert read(of(), 60, turns(begun, ("2026-11-24T19:00", STOP)), at("2026-11-25T09:00")).state == State.MISSED

    def test_reopened_it_goes_on_without_the_time_between(self):
        happened = turns(("2026-11-24T09:00", RUN), ("2026-11-24T10:00", STOP), ("2026-11-25T09:00", RUN))
        clock = read(of(), 120, happened, at("2026-11-25T09:30"))
        assert (clock.state, clock.due_at) == (State.RUNNING, at("2026-11-25T10:00"))
        assert clock.waiting == {}

    def test_what_is_missed_stays_missed_by_a_pause(self):
        happened = turns(("2026-11-24T09:00", RUN), ("2026-11-24T11:00", PAUSE, Side.REQUESTER))
        assert read(of(), 60, happened, at("2026-11-24T15:00")).state == State.MISSED

    def test_what_has_not_happened_yet_says_nothing(self):
        happened = turns(("2026-11-24T09:00", RUN), ("2026-11-24T10:00", STOP))
        assert read(of(), 120, happened, at("2026-11-24T09:30")).state == State.RUNNING
        with pytest.raises(LookupError):
            read(of(), 120, happened, at("2026-11-24T08:00"))


@st.composite
def histories(draw):
    """Turns at distinct moments within some weeks around the change of the clocks, and a moment after them."""
    begun = draw(st.datetimes(datetime(2026, 3, 10), datetime(2026, 4, 10), timezones=st.just(UTC)))  # noqa: DTZ001
    found, moment = [Turn(begun, 0, RUN)], begun
    for number in range(1, draw(st.integers(0, 6)) + 1):
        moment += draw(st.timedeltas(timedelta(minutes=1), timedelta(days=4)))
        kind = draw(st.sampled_from([RUN, PAUSE, STOP]))
        found.append(Turn(moment, number, kind, draw(st.sampled_from(Side)) if kind == PAUSE else None))
    return found, moment + draw(st.timedeltas(timedelta(0), timedelta(days=4)))


class TestProperties:
    @IN_TIME
    @given(calendars(), histories(), st.integers(1, 3000))
    def test_running_and_resting_make_up_the_whole(self, hours, history, minutes):
        happened, now = history
        clock = read(hours, minutes, happened, now)
        parts = [*clock.ran, *clock.rested]
        assert sum((one.business for one in parts), timedelta()) == business_time(hours, happened[0].at, now)
        assert sum((one.business for one in clock.ran), timedelta()) == clock.used
        counted = (until.astimezone(UTC) - since.astimezone(UTC) for since, until in clock.intervals(hours))
        assert sum(counted, timedelta()) == clock.used
        assert clock.left == max(timedelta(minutes=minutes) - clock.used, timedelta(0))

    @IN_TIME
    @given(calendars(), histories(), st.integers(1, 3000), st.randoms(use_true_random=False))
    def test_the_order_in_which_it_is_told_makes_no_difference(self, hours, history, minutes, chance: random.Random):
        happened, now = history
        shuffled = list(happened)
        chance.shuffle(shuffled)
        assert read(hours, minutes, shuffled, now) == read(hours, minutes, happened, now)

    @IN_TIME
    @given(calendars(), histories(), st.integers(1, 3000), st.integers(1, 3000))
    def test_more_time_is_due_later(self, hours, history, minutes, more):
        happened, now = history
        first, second = (read(hours, each, happened, now) for each in (minutes, minutes + more))
        assert first.due_at < second.due_at
        assert not (first.state == State.MET and second.state == State.MISSED)

    @IN_TIME
    @given(calendars(), histories(), st.integers(1, 3000))
    def test_due_is_when_the_used_time_is_all_of_it(self, hours, history, minutes):
        happened, now = history
        clock = read(hours, minutes, happened, now)
        if happened[-1].kind == RUN:
            then = max(clock.due_at, happened[-1].at.astimezone(hours.zone))
            assert read(hours, minutes, happened, then).used >= timedelta(minutes=minutes)
        if clock.state == State.MET:
            assert clock.used <= timedelta(minutes=minutes)

    @IN_TIME
    @given(calendars(), histories(), st.integers(1, 3000), st.timedeltas(timedelta(0), timedelta(days=9)))
    def test_what_is_missed_stays_missed(self, hours, history, minutes, later):
        happened, now = history
        if read(hours, minutes, happened, now).state == State.MISSED:
            assert read(hours, minutes, happened, now + later).state == State.MISSED

    @IN_TIME
    @given(calendars(), st.datetimes(datetime(2026, 3, 10), datetime(2026, 4, 10), timezones=st.just(UTC)),  # noqa: DTZ001
           st.integers(1, 3000))  # fmt: skip
    def test_without_a_pause_it_is_the_plain_due_time(self, hours, start, minutes):
        assert read(hours, minutes, [Turn(start, 0, RUN)], start).due_at == due_at(hours, start, minutes).due_at
