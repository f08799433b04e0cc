"""What a month means, in a few sentences made from its figures by rules: missed targets, what changed and where most of
it came from, what keeps going one way, the fiscal year against the last. No outside service, nothing but the figures.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.web import formats

from .figures import Figure
from .kpis import Better, Kpi, Unit
from .queries import Line, Month
from .words import figure

MOST = 6
_MOST_MISSED = 3  # told each for itself; further ones are named together
_EXPLAINED = 3  # so many come with why they matter
# What is worth a word: a fifth and so many of the unit, or five points of a share.
_FIFTH, _FIVE_POINTS = Decimal("0.2"), Decimal("0.05")
_LEAST = {Unit.YEN: Decimal(50_000), Unit.POINTS: Decimal("0.5")}
_USUAL_LEAST = Decimal(5)
# From there on nobody thinks in per cent.
_MANY_TIMES = 4
# A part explains a change when so much of it came from there.
_MOST_OF_IT = Decimal("0.4")
_IN_A_ROW = 3
_MONTHS_OF_AN_AVERAGE = 6
_MONTHS_OF_A_YEAR_SO_FAR = 3


@dataclass(frozen=True)
class Item:
    """Something to say of a KPI: what weighs more is said first."""

    weight: Decimal
    kpi: type[Kpi]
    text: str


@dataclass(frozen=True)
class Change:
    """A figure against an earlier one: `then` says in words which, `before` is its value, `parts` its breakdown."""

    then: str
    value: Decimal
    before: Decimal
    parts: Callable[[Line], dict[Any, "Part"]]

    @property
    def by(self) -> Decimal:
        return self.value - self.before

    def size(self, unit: Unit) -> Decimal:
        """How much that is: 1 for a fifth, or for five points of a share."""
        if unit == Unit.SHARE:
            return abs(self.by) / _FIVE_POINTS
        return abs(self.by) / self.before / _FIFTH if self.before else Decimal(5)

    def is_worth_a_word(self, unit: Unit) -> bool:
        if unit == Unit.SHARE:
            return abs(self.by) >= _FIVE_POINTS
        return abs(self.by) >= max(_LEAST.get(unit, _USUAL_LEAST), self.before * _FIFTH)


Part = tuple[Decimal, int | None]  # what a part adds, and of how many


def sentences(report: Month) -> Sequence[str]:
    """The sentences of a month in the reader's language, the most telling first; none where nothing was recorded."""
    if not report.lines:
        return []
    items = list(_items(report))
    chosen = sorted(_one_of_each(items), key=lambda item: (-item.weight, item.kpi.key))[:MOST]
    more = _further_missed(report, chosen)
    if more:
        chosen = chosen[: MOST - 1]
        more = _further_missed(report, chosen)
    told = [_with_meaning(item) if place < _EXPLAINED else item.text for place, item in enumerate(chosen)]
    return [*told, *more] or [_("No figure changed much against the months before.")]


def _with_meaning(item: Item) -> str:
    # Translators: a sentence about a figure, then one about what the figure means.
    return _("%(sentence)s %(meaning)s") % {"sentence": item.text, "meaning": item.kpi.meaning}


def _items(report: Month) -> Iterator[Item]:
    is_over = report.month < report.year.this_month()
    yield from sorted(_missed(report), key=lambda item: -item.weight)[:_MOST_MISSED]
    variants = _variants(report.lines)
    for lines in variants.values():
        line = lines[0]
        found = [_told(line)]
        if is_over:
            found += [_changed(lines), _goes_on(line), _so_far(report, line)]
        yield from filter(None, found)


def _variants(lines: Iterable[Line]) -> dict[int, list[Line]]:
    """Lines that show the same number with different breakdowns, together."""
    found: dict[int, list[Line]] = {}
    for line in lines:
        found.setdefault(id(line.kpi.measure), []).append(line)
    return found


def _one_of_each(items: Iterable[Item]) -> list[Item]:
    """The weightiest of each number."""
    found: dict[int, Item] = {}
    for item in items:
        kept = found.get(id(item.kpi.measure))
        if kept is None or item.weight > kept.weight:
            found[id(item.kpi.measure)] = item
    return list(found.values())


# --- missed targets -------------------------------------------------------------------------------------------------


def _missed(report: Month) -> Iterator[Item]:
    own = report.year.so_far(report.month).months
    for line in report.lines:
        if line.is_met is not False:
            continue
        lacking = [
            value is not None and line.would_meet(value) is False for month, value in line.months if month in own
        ]
        months = _row(lacking, bool)
        said = {
            "name": line.kpi.name,
            "value": figure(line.value, line.kpi.unit),
            "target": figure(line.target.value, line.kpi.unit),
            "months": months,
        }
        if months >= 2:
            text = _("%(name)s: target missed for %(months)s months in a row, %(value)s instead of %(target)s.") % said
        else:
            text = _("%(name)s: target missed, %(value)s instead of %(target)s.") % said
        change = Change("", line.value, line.target.value, lambda _line: {})
        yield Item(100 + min(change.size(line.kpi.unit), Decimal(10)) + 5 * months, line.kpi, text)


def _further_missed(report: Month, chosen: Sequence[Item]) -> list[str]:
    told = {item.kpi.key for item in chosen if item.weight >= 100}
    names = [str(line.kpi.name) for line in report.lines if line.is_met is False and line.kpi.key not in told]
    if not names:
        return []
    text = ngettext(
        "Another target was missed: %(names)s.", "%(count)s further targets were missed: %(names)s.", len(names)
    )
    return [text % {"count": formats.number(len(names)), "names": _(", ").join(names)}]


def _row(values: Sequence[Any], holds: Callable[[Any], bool]) -> int:
    """Of how many values in a row, counted from the last, something holds."""
    for place, value in enumerate(reversed(values)):
        if not holds(value):
            return place
    return len(values)


# --- what changed, and where ----------------------------------------------------------------------------------------


def _changed(lines: Sequence[Line]) -> Item | None:
    """The largest change of a number against the month before, the average of a year, and the same month last year."""
    line = lines[0]
    found = [change for change in _changes(line) if change.is_worth_a_word(line.kpi.unit)]
    if not found:
        return None
    change = max(found, key=lambda each: each.size(line.kpi.unit))
    text = f"{_change_in_words(line, change)}{_why(lines, change)}{_in_a_row(line)}"
    return Item(_weight(line.kpi, change.size(line.kpi.unit), change.by), line.kpi, text)


def _weight(kpi: type[Kpi], size: Decimal, by: Decimal) -> Decimal:
    """What got worse weighs more than what got better, and that more than what is neither."""
    is_worse = kpi.better != Better.NEITHER and (by > 0) == (kpi.better == Better.LESS)
    urgency = Decimal(30) if is_worse else Decimal(20) if kpi.better != Better.NEITHER else Decimal(10)
    return urgency + min(size, Decimal(10))


def _changes(line: Line) -> Iterator[Change]:
    if line.value is None:
        return
    if line.before is not None:
        yield Change(_("the month before"), line.value, line.before, lambda each: _parts_at(each, -2))
    values = [value for _month, value in line.months[:-1] if value is not None]
    if len(values) >= _MONTHS_OF_AN_AVERAGE:
        average = sum(values, Decimal(0)) / len(values)
        yield Change(_("the average of the months before"), line.value, average, _parts_on_average)
    if line.last_year is not None:
        yield Change(_("the same month of last year"), line.value, line.last_year, lambda each: _parts_at(each, 0))


def _change_in_words(line: Line, change: Change) -> str:
    unit = line.kpi.unit
    said = {
        "name": line.kpi.name,
        "value": figure(change.value, unit),
        "then": change.then,
        "before": figure(change.before, unit),
        "points": formats.number(abs(change.by) * 100, 1),
    }
    if unit == Unit.SHARE:
        if change.by > 0:
            return _("%(name)s: %(value)s, %(points)s points more than %(then)s (%(before)s).") % said
        return _("%(name)s: %(value)s, %(points)s points less than %(then)s (%(before)s).") % said
    # As it is shown: of an average of 0.4 tickets nobody can say how many times that is.
    before = Decimal(round(change.before)) if unit == Unit.COUNT else change.before
    if not before:
        return _("%(name)s: %(value)s, and nothing in comparison with %(then)s.") % said
    if change.value >= before * _MANY_TIMES:
        said["times"] = formats.number(change.value / before, 0)
        return _("%(name)s: %(value)s, %(times)s times %(then)s (%(before)s).") % said
    said["percent"] = formats.number(abs(change.by) / change.before * 100, 0)
    if change.by > 0:
        return _("%(name)s: %(value)s, %(percent)s %% more than %(then)s (%(before)s).") % said
    return _("%(name)s: %(value)s, %(percent)s %% less than %(then)s (%(before)s).") % said


def _parts(figure_: Figure | None) -> dict[Any, Part]:
    if figure_ is None:
        return {}
    return {key: (number.amount or Decimal(0), number.of) for key, number in figure_.parts.items()}


def _parts_at(line: Line, place: int) -> dict[Any, Part]:
    return _parts(line.history[place]) if line.history else {}


def _parts_on_average(line: Line) -> dict[Any, Part]:
    known = [_parts(each) for each in line.history[:-1] if each is not None and each.value is not None]
    sums: dict[Any, list[Part]] = {}
    for parts in known:
        for key, part in parts.items():
            sums.setdefault(key, []).append(part)
    return {
        key: (sum((amount for amount, _of in those), Decimal(0)) / len(known), _average_of(those, len(known)))
        for key, those in sums.items()
    }


def _average_of(those: Sequence[Part], months: int) -> int | None:
    known = [of for _amount, of in those if of is not None]
    return round(sum(known) / months) if known else None


def _why(lines: Sequence[Line], change: Change) -> str:
    """The part from which most of a change came, of all breakdowns of the number; nothing where none stands out, and
    nothing of medians and the like, which have no parts that add up.
    """
    best: tuple[Decimal, Line, Any, Decimal] | None = None
    for line in lines:
        if line.kpi.by is None or not line.kpi.measure.adds_up and line.kpi.unit != Unit.COUNT:
            continue
        for key, by in _contributions(line, change).items():
            share = by / change.by
            if key not in (None, "") and share >= _MOST_OF_IT and (best is None or share > best[0]):
                best = (share, line, key, by)
    if best is None:
        return ""
    _share, line, key, by = best
    label = line.kpi.by.naming([key])[key][1]
    said = {"breakdown": line.kpi.by.label, "part": label, "by": _signed(by, line.kpi.unit)}
    return " " + _("Most of it by %(breakdown)s: %(part)s (%(by)s).") % said


def _contributions(line: Line, change: Change) -> dict[Any, Decimal]:
    """By how much each part moved the number. Nothing where there is one part only: it says nothing."""
    now, then = _parts(line.figure), change.parts(line)
    keys = [*dict.fromkeys([*now, *then])]
    if len(keys) < 2:
        return {}
    if line.figure.number.of is None:
        return {key: now.get(key, (Decimal(0), None))[0] - then.get(key, (Decimal(0), None))[0] for key in keys}
    whole = line.figure.number.of or 1
    found = {}
    for key in keys:
        (amount, of), (amount_then, of_then) = now.get(key, (Decimal(0), 0)), then.get(key, (Decimal(0), 0))
        if of and of_then:
            found[key] = (amount / of - amount_then / of_then) * of / whole
    return found


def _signed(by: Decimal, unit: Unit) -> str:
    sign = "+" if by > 0 else "−"
    if unit == Unit.SHARE:
        return _("%(sign)s%(number)s points") % {"sign": sign, "number": formats.number(abs(by) * 100, 1)}
    return f"{sign}{figure(abs(by), unit)}"


# --- what goes on, and the year -------------------------------------------------------------------------------------


def _streak(line: Line) -> tuple[int, bool]:
    """For how many months in a row a figure has risen, or fallen, and which."""
    values = [value for _month, value in line.months]
    steps = [None if None in pair else pair[1] - pair[0] for pair in zip(values, values[1:])]
    rising = _row(steps, lambda step: step is not None and step > 0)
    falling = _row(steps, lambda step: step is not None and step < 0)
    return max(rising, falling), rising >= falling


def _in_a_row(line: Line) -> str:
    months, rises = _streak(line)
    if months < _IN_A_ROW:
        return ""
    said = {"months": formats.number(months)}
    if rises:
        return " " + _("It has risen for %(months)s months in a row.") % said
    return " " + _("It has fallen for %(months)s months in a row.") % said


def _goes_on(line: Line) -> Item | None:
    """A figure that has gone one way for months, and far in all of them together."""
    months, rises = _streak(line)
    if months < _IN_A_ROW:
        return None
    values = [value for _month, value in line.months[-months - 1 :]]
    change = Change("", values[-1], values[0], lambda _line: {})  # type: ignore[arg-type]
    if not change.is_worth_a_word(line.kpi.unit):
        return None
    said = {
        "name": line.kpi.name,
        "months": formats.number(months),
        "before": figure(change.before, line.kpi.unit),
        "value": figure(change.value, line.kpi.unit),
    }
    if rises:
        text = _("%(name)s: risen for %(months)s months in a row, from %(before)s to %(value)s.") % said
    else:
        text = _("%(name)s: fallen for %(months)s months in a row, from %(before)s to %(value)s.") % said
    return Item(_weight(line.kpi, change.size(line.kpi.unit) / 2, change.by), line.kpi, text)


def _so_far(report: Month, line: Line) -> Item | None:
    """The fiscal year against the last one, from its third month on."""
    now, then = line.so_far, line.so_far_last_year
    is_early = len(report.year.so_far(report.month).months) < _MONTHS_OF_A_YEAR_SO_FAR
    if is_early or not line.kpi.measure.adds_up or not (now and then and now.value is not None and then.value):
        return None
    change = Change("", now.value, then.value, lambda _line: {})
    if not change.is_worth_a_word(line.kpi.unit) or line.kpi.unit == Unit.SHARE:
        return None
    said = {
        "name": line.kpi.name,
        "value": figure(change.value, line.kpi.unit),
        "before": figure(change.before, line.kpi.unit),
        "percent": formats.number(abs(change.by) / change.before * 100, 0),
    }
    if change.by > 0:
        text = _("Fiscal year so far, %(name)s: %(value)s, %(percent)s %% more than a year before (%(before)s).") % said
    else:
        text = _("Fiscal year so far, %(name)s: %(value)s, %(percent)s %% less than a year before (%(before)s).") % said
    return Item(_weight(line.kpi, change.size(line.kpi.unit) / 2, change.by) - 5, line.kpi, text)


def _told(line: Line) -> Item | None:
    """What is told however rare it is."""
    if not line.kpi.is_told or not line.value:
        return None
    said = {
        "name": line.kpi.name,
        "value": figure(line.value, line.kpi.unit),
        "before": figure(line.before, line.kpi.unit),
        "last": figure(line.last_year, line.kpi.unit),
    }
    text = _("%(name)s: %(value)s (the month before %(before)s, a year ago %(last)s).") % said
    return Item(Decimal(60), line.kpi, text)
