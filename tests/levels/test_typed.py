"""What people type for hours, days and minutes."""

import pytest

from servicedesk.levels.typed import (
    days_of,
    minutes_of,
    pairs_of,
    percentages_of,
    special_of,
    text_of_days,
    text_of_minutes,
    text_of_special,
    words_of_minutes,
)
from servicedesk.web.errors import Refused

DAY = [["09:00", "12:00"], ["13:00", "18:00"]]


class TestHours:
    @pytest.mark.parametrize(
        "typed",
        [
            "09:00-12:00, 13:00-18:00",
            "9:00～12:00、13:00〜18:00",
            "９：００－１２：００，１３：００―１８：００",
            "9–12 / 13-18",
            "9時から12時、13時00分~18時",
            " 09:00 - 12:00 ,, 13:00ー18:00 ",
        ],
    )
    def test_are_read_in_any_width_and_with_any_dash(self, typed):
        assert pairs_of(typed) == DAY

    def test_what_is_none_is_handed_on_for_its_refusal(self):
        assert pairs_of("soon-12:00, 9") == [["soon", "12:00"], ["09:00"]]
        assert pairs_of("9:75-10") == [["09:75", "10:00"]]


class TestDays:
    def test_ranges_are_read_and_shown_as_ranges(self):
        days = days_of("2026-12-30..2027-01-02\n２０２６／８／１３\n2026年8月14日\n")
        assert days == ["2026-08-13", "2026-08-14", "2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]
        assert text_of_days(days) == "2026-08-13..2026-08-14\n2026-12-30..2027-01-02"
        assert days_of(text_of_days(days)) == days

    def test_what_is_none_is_handed_on_for_its_refusal(self):
        assert days_of("tomorrow") == ["tomorrow"]
        assert days_of("2026-12-30..soon") == ["2026-12-30..soon"]
        for line in ("2027-01-03..2026-12-29", "2026-01-01..2199-01-01"):
            with pytest.raises(Refused, match="ends before it begins"):
                days_of(line)

    def test_of_their_own_hours(self):
        special = special_of("2026-12-28: 9-12\n2026/12/29\n2026-12-30 10:00~11:00, 13-14")
        assert special == {
            "2026-12-28": [["09:00", "12:00"]],
            "2026-12-29": [],
            "2026-12-30": [["10:00", "11:00"], ["13:00", "14:00"]],
        }
        assert special_of(text_of_special(special)) == special
        with pytest.raises(Refused, match="twice"):
            special_of("2026-12-28: 9-12\n2026-12-28: 9-13")


class TestMinutes:
    @pytest.mark.parametrize(
        ("typed", "minutes"),
        [
            ("30", 30), ("３０分", 30), ("30m", 30), ("4h", 240), ("1h30m", 90), ("1 h 30", 90), ("2d", 960),
            ("2営業日", 960), ("1d 4h", 720), ("1,440", 1440), ("3 days", 1440),
        ],
    )  # fmt: skip
    def test_with_units(self, typed, minutes):
        assert minutes_of(typed, field="p1") == minutes

    @pytest.mark.parametrize("typed", ["", "soon", "4x", "-5", "1.5h", "h", "٣x"])
    def test_refuses_what_is_none(self, typed):
        with pytest.raises(Refused) as refused:
            minutes_of(typed, field="p1")
        assert refused.value.field == "p1"

    def test_a_business_day_is_none_around_the_clock(self):
        with pytest.raises(Refused, match="24h"):
            minutes_of("1d", field="p1", around_the_clock=True)
        assert minutes_of("24h", field="p1", around_the_clock=True) == 1440

    @pytest.mark.parametrize("minutes", [1, 30, 90, 480, 481, 2400, 525_600])
    @pytest.mark.parametrize("around", [False, True])
    def test_are_shown_as_they_are_read(self, minutes, around):
        text = text_of_minutes(minutes, around_the_clock=around)
        assert minutes_of(text, field="p1", around_the_clock=around) == minutes

    @pytest.mark.parametrize(
        ("minutes", "around", "words"),
        [
            (30, False, "30 min"), (240, False, "4 h"), (90, True, "1 h 30 min"), (480, False, "1 business day"),
            (1080, False, "2 business days 2 h"), (1440, True, "24 h"), (490, False, "1 business day 10 min"),
        ],
    )  # fmt: skip
    def test_are_read_in_words(self, minutes, around, words):
        assert words_of_minutes(minutes, around_the_clock=around).replace("\xa0", " ") == words

    def test_percentages(self):
        assert percentages_of("９０％、 75") == [75, 90]
        with pytest.raises(Refused):
            percentages_of("half")
