"""Business days: when the n-th one ends, across weekends, holidays and the turn of the year."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.levels.calendar_json import hours_of
from servicedesk.levels.hours import Hours
from servicedesk.priorities.business_days import business_days_after, business_days_before, opens_on

DAY = [["09:00", "12:00"], ["13:00", "18:00"]]
TOKYO = hours_of(
    {
        "name": "Tokyo",
        "timezone": "Asia/Tokyo",
        "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY),
        "holidays": "JP",
        "closed": ["2026-12-29", "2026-12-30", "2026-12-31", "2027-01-02", "2027-01-03"],
        "special": {"2026-12-28": [["09:00", "12:00"]]},
    }
)
NEVER = Hours("Never", "Asia/Tokyo", ((),) * 7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+09:00")


class TestBusinessDaysAfter:
    @pytest.mark.parametrize(
        ("moment", "days", "end"),
        [
            ("2026-11-16T10:00", 1, "2026-11-17T18:00"),  # Monday to Tuesday
            ("2026-11-16T23:30", 1, "2026-11-17T18:00"),  # after closing: the day itself never counts
            ("2026-11-20T10:00", 1, "2026-11-24T18:00"),  # over a weekend and Labour Thanksgiving Day
            ("2026-11-21T10:00", 5, "2026-11-30T18:00"),  # from a Saturday
            ("2026-12-25T10:00", 1, "2026-12-28T12:00"),  # half a day is a business day
            ("2026-12-28T10:00", 1, "2027-01-04T18:00"),  # over the turn of the year
            ("2026-12-24T17:00", 5, "2027-01-06T18:00"),
            ("2026-04-28T10:00", 3, "2026-05-07T18:00"),  # Golden Week: 29 April, 3 to 6 May (6 May in lieu)
        ],
    )
    def test_closed_days_do_not_count(self, moment, days, end):
        assert business_days_after(TOKYO, at(moment), days) == at(end)

    def test_the_day_is_that_of_the_calendar_not_of_the_moment(self):
        sunday_evening_in_utc = datetime.fromisoformat("2026-11-15T20:00+00:00")  # Monday 5:00 in Tokyo
        assert business_days_after(TOKYO, sunday_evening_in_utc, 1) == at("2026-11-17T18:00")

    def test_a_calendar_that_never_opens_has_no_such_day(self):
        assert business_days_after(NEVER, at("2026-11-16T10:00"), 1) is None
        assert business_days_before(NEVER, at("2026-11-16T10:00"), 1) is None

    @given(
        st.integers(0, 425 * 24 * 60),
        st.integers(0, 40 * 24 * 60),
        st.integers(1, 12),
    )
    def test_before_and_after_agree(self, begins, minutes, days):
        start = at("2026-01-01T00:00") + timedelta(minutes=begins)
        now = start + timedelta(minutes=minutes)
        is_over = business_days_after(TOKYO, start, days) <= now
        assert (start < business_days_before(TOKYO, now, days)) == is_over

    def test_a_day_begins_when_one_opens(self):
        assert opens_on(TOKYO, at("2026-11-24T00:00").date()) == at("2026-11-24T09:00")
