"""Charts of the month page as geometry: where the lines, bars and words of an inline SVG stand, and how it is written.
Pure: what is handed over says all. reports.css colours it; beside each stands a table with the same numbers.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.web.formats import month, number

from .kpis import Kpi, Unit
from .queries import Line
from .words import figure

WIDTH, HEIGHT = 320, 112
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 12, 20
_ROW, _LABEL, _VALUE = 22, 118, 62
_LETTER = 6  # half the width of a full-width letter
MOST_BARS = 8


@dataclass(frozen=True)
class Word:
    """A text of a chart; `anchor` is start, middle or end."""

    x: str
    y: str
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Bar:
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Chart:
    """Numbers are written out, because templates would write them as the reader's language does. `line` and `before`
    are paths; `target` is the height of the dashed line.
    """

    key: str
    title: str
    description: str
    width: int
    height: int
    ticks: Sequence[str] = ()
    words: Sequence[Word] = ()
    line: str = ""
    before: str = ""
    dots: Sequence[tuple[str, str]] = ()
    target: str = ""
    bars: Sequence[Bar] = ()
    left: str = str(_LEFT)
    right: str = ""
    rest: str = ""


def trend(
    line: Line, *, width: int = WIDTH, height: int = HEIGHT,
    before: Sequence[tuple[date, Decimal | None]] = (),
) -> Chart | None:  # fmt: skip
    """The months of a line, with its target and, thin, the same months a year earlier where they are handed over. None
    where fewer than two months have a figure: that is no course.
    """
    values = [value for _month, value in line.months]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    earlier = [value for _month, value in before]
    target = line.target.value if line.target else None
    steps = _steps([*known, *(each for each in earlier if each is not None), *([target] if target is not None else [])])
    bottom, right = height - _BOTTOM, width - _RIGHT

    def y(value: Decimal) -> float:
        return bottom - float((value - steps[0]) / (steps[-1] - steps[0])) * (bottom - _TOP)

    def points(of: Sequence[Decimal | None]) -> list[tuple[float, float] | None]:
        across = (right - _LEFT) / max(len(of) - 1, 1)
        return [None if value is None else (_LEFT + place * across, y(value)) for place, value in enumerate(of)]

    places = points(values)
    words = [Word(_n(_LEFT - 6), _n(y(step) + 4), _tick(step, line.kpi), "end") for step in steps]
    words += [
        Word(_n(_LEFT), _n(height - 4), month(line.months[0][0])),
        Word(_n(right), _n(height - 4), month(line.months[-1][0]), "end"),
    ]
    return Chart(
        key=f"trend-{line.kpi.key}",
        title=_("%(name)s, %(first)s to %(last)s")
        % {"name": line.kpi.name, "first": month(line.months[0][0]), "last": month(line.months[-1][0])},
        description=_in_words(line, known, target, earlier[-1] if earlier else None),
        width=width, height=height, ticks=[_n(y(step)) for step in steps], words=words, line=_path(places),
        before=_path(points(earlier)) if any(each is not None for each in earlier) else "",
        dots=[(_n(place[0]), _n(place[1])) for place in _alone(places)],
        target="" if target is None else _n(y(target)), right=_n(right),
    )  # fmt: skip


def bars(
    kpi: type[Kpi], parts: Sequence[tuple[str, str, Any, Decimal | None]], *, width: int = WIDTH, most: int = MOST_BARS,
) -> Chart | None:  # fmt: skip
    """The parts of a figure as `Line.parts` has them, the first `most` of them; None where there are fewer than two."""
    shown = [(label, value) for _code, label, _key, value in parts if value is not None]
    if len(shown) < 2:
        return None
    left = len(shown) - most
    shown = shown[:most]
    largest = max((value for _label, value in shown), default=Decimal(0)) or Decimal(1)
    beside = min(_LABEL, max(_wide(label) for label, _value in shown) * _LETTER + 12)
    room = width - beside - _VALUE
    words, found = [], []
    for place, (label, value) in enumerate(shown):
        top = place * _ROW
        long = max(float(value / largest) * room, 1 if value else 0)
        found.append(Bar(_n(beside), _n(top + 4), _n(max(long, 0)), _n(_ROW - 8)))
        words.append(Word(_n(beside - 6), _n(top + 15), short(label, (_LABEL - 6) // _LETTER), "end"))
        words.append(Word(_n(beside + max(long, 0) + 5), _n(top + 15), figure(value, kpi.unit)))
    listed = ", ".join(f"{label} {figure(value, kpi.unit)}" for label, value in shown)
    return Chart(
        key=f"bars-{kpi.key}",
        title=_("%(name)s by %(what)s") % {"name": kpi.name, "what": kpi.by.label if kpi.by else ""},
        description=listed, width=width, height=len(shown) * _ROW, words=words, bars=found, left=_n(beside),
        rest=ngettext("%(count)d more in the table", "%(count)d more in the table", left) % {"count": left}
        if left > 0 else "",
    )  # fmt: skip


def svg(chart: Chart) -> SafeString:
    """The chart as an inline SVG. In Python: a page has a hundred of them, and a template would take half a second."""
    marks = [_line("chart-grid", chart, y, 'stroke-opacity="0.18" stroke-width="1"') for y in chart.ticks]
    ink = []
    if chart.before:
        ink.append(
            f'<path class="chart-before" d="{chart.before}" fill="none" stroke="currentColor" stroke-width="1"/>'
        )
    if chart.line:
        ink.append(
            f'<path class="chart-line" d="{chart.line}" fill="none" stroke="currentColor" stroke-width="2"'
            ' stroke-linejoin="round" stroke-linecap="round"/>'
        )
    ink += [f'<circle class="chart-dot" cx="{x}" cy="{y}" r="3.5" fill="currentColor"/>' for x, y in chart.dots]
    ink += [
        f'<rect class="chart-bar" x="{bar.x}" y="{bar.y}" width="{bar.width}" height="{bar.height}" rx="2"'
        ' fill="currentColor"/>'
        for bar in chart.bars
    ]
    marks.append(f'<g class="chart-ink">{"".join(ink)}</g>')
    if chart.target:
        marks.append(_line("chart-target", chart, chart.target, 'stroke-width="1.2" stroke-dasharray="5 4"'))
    marks += [
        f'<text class="chart-word" x="{word.x}" y="{word.y}" text-anchor="{word.anchor}" fill="currentColor">'
        f"{escape(word.text)}</text>"
        for word in chart.words
    ]
    return mark_safe(  # noqa: S308 – numbers of ours, and escaped words
        f'<svg class="chart" viewBox="0 0 {chart.width} {chart.height}" role="img" font-size="11"'
        f' aria-labelledby="{chart.key}-title" aria-describedby="{chart.key}-desc">'
        f'<title id="{chart.key}-title">{escape(chart.title)}</title>'
        f'<desc id="{chart.key}-desc">{escape(chart.description)}</desc>{"".join(marks)}</svg>'
    )


def _line(css: str, chart: Chart, y: str, how: str) -> str:
    return f'<line class="{css}" x1="{chart.left}" x2="{chart.right}" y1="{y}" y2="{y}" stroke="currentColor" {how}/>'


def short(text: str, room: int) -> str:
    """A text cut to so many half-width letters, with “…” where it was longer."""
    used = 0
    for place, letter in enumerate(text):
        used += 2 if unicodedata.east_asian_width(letter) in "WFA" else 1
        if used > room and place < len(text):
            kept = text[:place]
            while kept and _wide(kept) > room - 2:
                kept = kept[:-1]
            return kept.rstrip() + "…"
    return text


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _steps(values: Iterable[Decimal]) -> list[Decimal]:
    """Two to four round numbers around all values; from 0, unless all are far from it."""
    low, high = float(min(values := list(values))), float(max(values))
    if high == low:
        high, low = (high or 1.0), min(0.0, low)
    start = 0.0 if 0 <= low < high * 0.6 else low
    rough = (high - start) / 2 or 1.0
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough - 1e-12)
    first, last = math.floor(start / step + 1e-9), math.ceil(high / step - 1e-9)
    return [Decimal(repr(round(place * step, 10))) for place in range(first, max(last, first + 1) + 1)]


def _tick(value: Decimal, kpi: type[Kpi]) -> str:
    """A step of the scale, without its unit and without places that say nothing, because there is little room."""
    if kpi.unit == Unit.SHARE:
        return figure(value, kpi.unit).replace(".0\u00a0%", "\u00a0%")
    if abs(value) >= 10_000:
        return number(value / 1000, 0) + "k"
    return number(value, next(places for places in range(3) if places == 2 or value == round(value, places)))


def _path(places: Sequence[tuple[float, float] | None]) -> str:
    """Through all points; a month without a figure is a gap."""
    found, pen = [], "M"
    for place in places:
        if place is None:
            pen = "M"
            continue
        found.append(f"{pen}{_n(place[0])} {_n(place[1])}")
        pen = "L"
    return "".join(found)


def _alone(places: Sequence[tuple[float, float] | None]) -> list[tuple[float, float]]:
    """Points to mark: the last month, and those that no line reaches."""
    beside = [None, *places, None]
    return [
        place
        for nth, place in enumerate(places, 1)
        if place and (nth == len(places) or (beside[nth - 1] is None and beside[nth + 1] is None))
    ]


def _in_words(line: Line, known: Sequence[Decimal], target: Decimal | None, year_ago: Decimal | None) -> str:
    unit = line.kpi.unit
    said = _("Last %(last)s, lowest %(low)s, highest %(high)s.") % {
        "last": figure(line.value, unit), "low": figure(min(known), unit), "high": figure(max(known), unit),
    }  # fmt: skip
    if year_ago is not None:
        said += " " + _("A year ago %(before)s.") % {"before": figure(year_ago, unit)}
    return said if target is None else f"{said} " + _("Target %(target)s.") % {"target": figure(target, unit)}
