"""Business hours: due times by hand and by properties that hold for all."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from servicedesk.levels.calendar_json import hours_of, json_of
from servicedesk.levels.hours import MOST_MINUTES, business_time, due_at, open_between
from servicedesk.web.errors import Refused

DAY = [["09:00", "12:00"], ["13:00", "18:00"]]
TOKYO = {
    "name": "Tokyo",
    "timezone": "Asia/Tokyo",
    "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY),
    "holidays": "JP",
    "closed": ["2026-12-30", "2026-12-31"],
    "special": {"2026-12-28": [["09:00", "12:00"]]},
}


def of(**changes):
    return hours_of(TOKYO | changes)


def at(text: str, zone: str = "Asia/Tokyo") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def due(start: str, minutes: int, hours=None, zone: str = "Asia/Tokyo") -> str:
    return due_at(hours or of(), at(start, zone), minutes).due_at.isoformat(timespec="minutes")


# The time of one example says how busy the machine is.
IN_TIME = settings(deadline=None)


class TestDue:
    def test_over_lunch_a_half_day_and_the_year_end(self):
        found = due_at(of(), at("2026-12-28T11:30"), 300)
        assert found.due_at == at("2026-12-29T14:30")
        assert found.intervals == [
            (at("2026-12-28T11:30"), at("2026-12-28T12:00")),
            (at("2026-12-29T09:00"), at("2026-12-29T12:00")),
            (at("2026-12-29T13:00"), at("2026-12-29T14:30")),
        ]
        # 30 and 31 are closed, 1 January is a holiday, 2 and 3 a weekend.
        assert due("2026-12-29T17:59", 2) == "2027-01-04T09:01+09:00"

    def test_what_is_used_up_at_closing_time_is_due_then(self):
        assert due("2026-11-24T17:00", 60) == "2026-11-24T18:00+09:00"
        assert due("2026-11-24T11:00", 60) == "2026-11-24T12:00+09:00"
        assert due("2026-11-24T11:00", 61) == "2026-11-24T13:01+09:00"

    def test_what_begins_outside_begins_with_the_next_hours(self):
        assert due("2026-11-24T12:30", 10) == "2026-11-24T13:10+09:00"
        assert due("2026-11-24T23:00", 10) == "2026-11-25T09:10+09:00"
        assert due("2026-11-20T18:00", 1) == "2026-11-24T09:01+09:00"  # the weekend and 勤労感謝の日
        assert due_at(of(), at("2026-11-24T12:30"), 0) == (at("2026-11-24T12:30"), [])

    def test_public_holidays_of_japan(self):
        # 春分の日 is on a Friday; 敬老の日 and 秋分の日 make a 国民の休日 between them; 振替休日 after a Sunday.
        assert due("2026-03-19T18:00", 1) == "2026-03-23T09:01+09:00"
        assert due("2026-09-18T18:00", 1) == "2026-09-24T09:01+09:00"
        assert due("2026-05-01T18:00", 1) == "2026-05-07T09:01+09:00"

    def test_a_special_day_is_open_on_a_holiday(self):
        hours = of(special={"2026-11-23": [["10:00", "11:00"]]}, closed=[])
        assert due("2026-11-20T18:00", 61, hours) == "2026-11-24T09:01+09:00"
        assert due("2026-11-20T18:00", 60, hours) == "2026-11-23T11:00+09:00"

    def test_seconds_are_kept(self):
        assert due_at(of(), at("2026-11-24T09:00:30"), 1).due_at == at("2026-11-24T09:01:30")

    def test_around_the_clock_and_over_midnight(self):
        always = of(weekly={day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
                    holidays="", closed=[], special={})  # fmt: skip
        assert due("2026-11-21T23:30", 24 * 60, always) == "2026-11-22T23:30+09:00"
        night = of(weekly={"mon": [["22:00", "24:00"]], "tue": [["00:00", "06:00"]]}, closed=[], special={})
        found = due_at(night, at("2026-11-16T23:00"), 120)
        assert found.due_at == at("2026-11-17T01:00") and len(found.intervals) == 2

    def test_daylight_saving_counts_hours_that_pass(self):
        zone = "Europe/Berlin"
        always = of(timezone=zone, weekly={day: [["00:00", "24:00"]] for day in ("sat", "sun")},
                    holidays="", closed=[], special={})  # fmt: skip
        # On 29 March 2026 the clocks skip from 2 to 3, on 25 October they go back from 3 to 2.
        assert due("2026-03-29T01:30", 60, always, zone) == "2026-03-29T03:30+02:00"
        assert due("2026-10-25T01:30", 120, always, zone) == "2026-10-25T02:30+01:00"
        assert business_time(always, at("2026-03-29T00:00", zone), at("2026-03-30T00:00", zone)) == timedelta(hours=23)
        assert business_time(always, at("2026-10-25T00:00", zone), at("2026-10-26T00:00", zone)) == timedelta(hours=25)

    def test_a_start_in_another_zone_is_the_same_moment(self):
        assert due_at(of(), datetime(2026, 11, 24, 2, 0, tzinfo=UTC), 60).due_at == at("2026-11-24T12:00")

    @pytest.mark.parametrize("minutes", [-1, MOST_MINUTES + 1])
    def test_refuses_minutes_that_are_none(self, minutes):
        with pytest.raises(Refused) as refusal:
            due_at(of(), at("2026-11-24T09:00"), minutes)
        assert refusal.value.field == "minutes"

    def test_refuses_what_would_never_be_due(self):
        once = of(weekly={"mon": DAY}, holidays="", special={}, closed=[])
        closed = {(date(2026, 11, 23) + timedelta(weeks=week)).isoformat() for week in range(200)}
        never = of(weekly={"mon": DAY}, holidays="", special={}, closed=sorted(closed))
        assert due("2026-11-20T09:00", 1, once) == "2026-11-23T09:01+09:00"
        with pytest.raises(Refused) as refusal:
            due_at(never, at("2026-11-23T09:00"), 1)
        assert refusal.value.code == "never"


@st.composite
def calendars(draw):
    """Weeks of up to three spans a day, in zones with and without daylight saving, with some days of their own."""

    def spans():
        marks = sorted(draw(st.lists(st.integers(0, 96), max_size=6, unique=True)))
        marks = marks[: len(marks) // 2 * 2]
        clock = [f"{mark // 4:02d}:{mark % 4 * 15:02d}" for mark in marks]
        return [list(pair) for pair in zip(clock[::2], clock[1::2], strict=True)]

    weekly = {day: spans() for day in ("mon", "wed", "sat", "sun")}
    assume(any(weekly.values()))
    days = draw(st.lists(st.dates(date(2026, 3, 20), date(2026, 4, 10)), max_size=4, unique=True))
    return hours_of(
        {
            "name": "Any",
            "timezone": draw(
                st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
            ),
            "weekly": weekly,
            "holidays": draw(st.sampled_from(["", "JP", "DE-BY"])),
            "closed": [day.isoformat() for day in days[:2]],
            "special": {day.isoformat(): spans() for day in days[2:]},
        }
    )


moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 30), timezones=st.just(UTC))  # noqa: DTZ001


class TestProperties:
    @IN_TIME
    @given(calendars(), moments, st.integers(0, 5000))
    def test_the_intervals_are_what_was_asked_for(self, hours, start, minutes):
        found = due_at(hours, start, minutes)
        assert business_time(hours, start, found.due_at) == timedelta(minutes=minutes)
        assert found.intervals == open_between(hours, start, found.due_at) or not minutes
        if minutes:
            assert found.due_at == found.intervals[-1][1]

    @IN_TIME
    @given(calendars(), moments, st.integers(0, 3000), st.integers(1, 3000))
    def test_more_minutes_are_due_later_and_in_two_steps_as_in_one(self, hours, start, first, more):
        middle = due_at(hours, start, first).due_at
        end = due_at(hours, start, first + more).due_at
        assert middle < end
        assert due_at(hours, middle, more).due_at == end

    @IN_TIME
    @given(calendars(), moments, st.timedeltas(timedelta(0), timedelta(days=9)), st.integers(1, 3000))
    def test_who_begins_later_is_not_due_earlier(self, hours, start, later, minutes):
        assert due_at(hours, start, minutes).due_at <= due_at(hours, start + later, minutes).due_at

    @IN_TIME
    @given(
        calendars(),
        moments,
        st.timedeltas(timedelta(0), timedelta(days=9)),
        st.timedeltas(timedelta(0), timedelta(days=9)),
    )
    def test_time_adds_up(self, hours, start, first, second):
        parts = business_time(hours, start, start + first)
        parts += business_time(hours, start + first, start + first + second)
        assert parts == business_time(hours, start, start + first + second)

    @IN_TIME
    @given(calendars())
    def test_json_and_back_is_the_same(self, hours):
        assert hours_of(json.loads(json.dumps(json_of(hours)))) == hours


class TestJson:
    @pytest.mark.parametrize(
        "changes, field, words",
        [
            ({"name": " "}, "name", "up to 80"),
            ({"timezone": "Asia/Tokio"}, "timezone", "Asia/Tokyo"),
            ({"timezone": "../../etc/passwd"}, "timezone", "Asia/Tokyo"),
            ({"weekly": None}, "weekly", "mon, tue"),
            ({"weekly": {"monday": DAY}}, "weekly", "Did you mean “mon”"),
            ({"weekly": {}}, "weekly", "nothing would ever be due"),
            (
                {"weekly": {"mon": [["09:00", "12:30"], ["12:00", "13:00"]]}},
                "weekly.mon",
                "09:00–12:30 and 12:00–13:00",
            ),
            ({"weekly": {"mon": [["18:00", "09:00"]]}}, "weekly.mon", "ends before it begins"),
            ({"weekly": {"mon": [["9:00", "12:00"]]}}, "weekly.mon", "“9:00” is no time"),
            ({"weekly": {"mon": [["09:00", "24:30"]]}}, "weekly.mon", "“24:30” is no time"),
            ({"weekly": {"mon": ["09:00"]}}, "weekly.mon", "a list of pairs"),
            ({"holidays": "XX"}, "holidays", "not known"),
            ({"holidays": "JP-99"}, "holidays", "not known"),
            ({"closed": ["2026-02-30"]}, "closed", "“2026-02-30” is no day"),
            ({"special": {"28.12.2026": []}}, "special", "is no day"),
            ({"special": {"2026-12-30": []}}, "special", "closed and has hours of its own"),
            ({"wekly": {}}, "wekly", "Did you mean “weekly”"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, changes, field, words):
        with pytest.raises(Refused) as refusal:
            of(**changes)
        assert refusal.value.field == field and words in str(refusal.value)

    def test_spans_that_touch_or_come_in_any_order_are_fine(self):
        hours = of(weekly={"mon": [["12:00", "18:00"], ["09:00", "12:00"]]})
        assert json_of(hours)["weekly"] == {"mon": [["09:00", "12:00"], ["12:00", "18:00"]]}


@pytest.mark.django_db
class TestCommand:
    @pytest.fixture
    def file(self, tmp_path):
        (tmp_path / "tokyo.json").write_text(json.dumps(TOKYO))
        return str(tmp_path / "tokyo.json")

    def ask(self, *args, said="", monkeypatch=None) -> str:
        out = io.StringIO()
        if monkeypatch:
            monkeypatch.setattr("sys.stdin", io.StringIO(said))
        call_command("due_at", *args, stdout=out)
        return out.getvalue()

    def test_answers_in_json(self, file):
        answer = json.loads(
            self.ask("--calendar", file, "--from", "2026-12-28T11:30+09:00", "--minutes", "300", "--json")
        )
        assert answer == {
            "due_at": "2026-12-29T14:30:00+09:00",
            "intervals": [
                ["2026-12-28T11:30:00+09:00", "2026-12-28T12:00:00+09:00"],
                ["2026-12-29T09:00:00+09:00", "2026-12-29T12:00:00+09:00"],
                ["2026-12-29T13:00:00+09:00", "2026-12-29T14:30:00+09:00"],
            ],
        }

    def test_answers_line_by_line_and_goes_on_after_a_wrong_one(self, file, monkeypatch):
        said = '{"from": "2026-11-24T11:00", "minutes": 60}\nno\n\n{"from": "soon", "minutes": 1}\n[]\n'
        said += '{"from": "2026-11-24T11:00Z", "minutes": "5"}\n'
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        out = io.StringIO()
        with pytest.raises(SystemExit) as end:
            call_command("due_at", "--calendar", file, "--stdin", stdout=out)
        assert end.value.code == 1
        answers = [json.loads(line) for line in out.getvalue().splitlines()]
        assert answers[0]["due_at"] == "2026-11-24T12:00:00+09:00"
        assert "no JSON" in answers[1]["error"] and "“soon”" in answers[2]["error"] and "object" in answers[3]["error"]
        assert answers[4]["due_at"] == "2026-11-25T09:05:00+09:00"

    def test_answers_in_words(self, file):
        assert self.ask("--calendar", file, "--from", "2026-11-24T11:00", "--minutes", "60").startswith(
            "due 2026-11-24T12:00"
        )

    @pytest.mark.parametrize(
        "args, words",
        [
            (("--from", "x", "--minutes", "1"), "“x” is no moment"),
            (("--from", "2026-11-24T11:00", "--minutes", "-1"), "whole number"),
            (("--from", "2026-11-24T11:00"), "--minutes"),
        ],
    )
    def test_says_what_is_wrong(self, file, args, words):
        with pytest.raises(CommandError, match=words):
            self.ask("--calendar", file, *args)

    def test_says_what_is_wrong_with_the_file(self, tmp_path):
        with pytest.raises(CommandError, match="There is no file"):
            self.ask("--calendar", str(tmp_path / "none.json"), "--from", "2026-11-24T11:00", "--minutes", "1")
        (tmp_path / "bad.json").write_text("{")
        with pytest.raises(CommandError, match="no JSON"):
            self.ask("--calendar", str(tmp_path / "bad.json"), "--from", "2026-11-24T11:00", "--minutes", "1")
