"""Reads of the automation ledger: sums by month, what they are made of, the tickets behind them, and the rates."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, Max, Min, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth
from django.utils import timezone, translation

from servicedesk.people.models import User
from servicedesk.tickets.models import Channel
from servicedesk.tickets.queries import seen_by

from .ledger import USUAL_RATES, USUALLY_INSTEAD, company_day
from .models import Saving, SavingRate, Source

# The fiscal year of Japanese companies.
FIRST_MONTH = 4


@dataclass(frozen=True)
class Amount:
    """How often, and the minutes of it."""

    count: int = 0
    minutes: Decimal = Decimal(0)

    @property
    def hours(self) -> Decimal:
        return round(self.minutes / 60, 1)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.count + other.count, self.minutes + other.minutes)


@dataclass
class Line:
    """A month, or the whole year (`month` None): the sum of each source, and of all."""

    month: date | None
    by_source: dict[str, Amount] = field(default_factory=lambda: dict.fromkeys(Source.values, Amount()))

    @property
    def total(self) -> Amount:
        return sum(self.by_source.values(), Amount())


def year_of(day: date) -> int:
    """The fiscal year of a day, called by the year in which it begins."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def this_year() -> int:
    return year_of(company_day(timezone.now()))


def years() -> list[int]:
    """The fiscal years in which something was saved, and this one; newest first."""
    found = Saving.objects.aggregate(first=Min("at"), last=Max("at"))
    if found["first"] is None:
        return [this_year()]
    last = max(this_year(), year_of(company_day(found["last"])))
    return list(range(last, year_of(company_day(found["first"])) - 1, -1))


def _within(first: date, last: date) -> QuerySet[Saving]:
    """From the first moment of a day to before that of another, where the company is."""
    zone = ZoneInfo(settings.TIME_ZONE)
    begins, ends = (datetime.combine(day, time(), zone) for day in (first, last))
    return Saving.objects.filter(at__gte=begins, at__lt=ends)


def _month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def span_of(year: int, month: date | None = None) -> tuple[date, date]:
    """First day and the day after the last."""
    if month is not None:
        return month, _month_after(month)
    return date(year, FIRST_MONTH, 1), date(year + 1, FIRST_MONTH, 1)


def sums(year: int) -> tuple[list[Line], Line]:
    """(months of a fiscal year from the first that has something to the last that has begun; the whole year). One read
    of the index, of the rows of that year alone.
    """
    rows = (
        _within(*span_of(year))
        .order_by()
        .annotate(month=TruncMonth("at", tzinfo=ZoneInfo(settings.TIME_ZONE)))
        .values_list("month", "source")
        .annotate(count=Count("*"), minutes=Sum("minutes"))
    )
    found = {(month.date(), source): Amount(count, minutes) for month, source, count, minutes in rows}
    lines, whole, this = [], Line(None), company_day(timezone.now()).replace(day=1)
    month, end = span_of(year)
    while month < end:
        line = Line(month, {source: found.get((month, source), Amount()) for source in Source.values})
        if line.total.count or (lines and month <= this):
            lines.append(line)
        whole.by_source = {source: whole.by_source[source] + line.by_source[source] for source in Source.values}
        month = _month_after(month)
    return lines, whole


# What a source is made of: the columns that say which one, and how an address names it.
_MADE_OF = {
    Source.TICKET: ("channel", "channel"),
    Source.TEMPLATE: ("template_id", "template_name"),
    Source.ESCALATION: ("rule_id", "rule__name"),
    Source.RULE: ("rule_id", "rule__name"),
}


@dataclass(frozen=True)
class Part:
    """A rule, template or channel with what it saved. `key` is how an address names it."""

    key: str
    label: str
    amount: Amount


def parts(source: Source, first: date, last: date) -> list[Part]:
    """What a source is made of within these days, the most first."""
    key, name = _MADE_OF[source]
    rows = (
        _within(first, last)
        .filter(source=source)
        .order_by()
        .values_list(key)
        .annotate(label=Max(name), count=Count("*"), minutes=Sum("minutes"))
    )
    label = dict(Channel.choices)
    found = [Part(str(pk), str(label.get(said, said)), Amount(count, minutes)) for pk, said, count, minutes in rows]
    return sorted(found, key=lambda part: (-part.amount.minutes, part.label))


def details(year: int) -> Iterator[tuple[date, str, str, Amount]]:
    """(month, source, rule, template or channel, amount) of a fiscal year, in words, in the order of the months."""
    rows = (
        _within(*span_of(year))
        .order_by()
        .annotate(
            month=TruncMonth("at", tzinfo=ZoneInfo(settings.TIME_ZONE)),
            way=Case(When(source=Source.TICKET, then="channel"), default=Value("")),
        )
        .values_list("month", "source", "way", "rule__name", "template_name")
        .annotate(count=Count("*"), minutes=Sum("minutes"))
        .order_by("month", "source", "-minutes", "rule__name", "template_name")
    )
    channels = dict(Channel.choices)
    for month, source, way, rule, template, count, minutes in rows:
        label = str(channels[way]) if way else rule or template
        yield month.date(), str(Source(source).label), label, Amount(count, minutes)


def savings(user: User, source: Source, first: date, last: date, of: str = "") -> QuerySet[Saving]:
    """The rows of a source within these days on tickets that the person sees; `of` is the key of a part."""
    rows = _within(first, last).filter(seen_by(user, "ticket__"), source=source)
    if of:
        column = _MADE_OF[source][0]
        is_known = of in Channel.values if column == "channel" else of.isascii() and of.isdecimal() and len(of) < 10
        rows = rows.filter(**{column: of}) if is_known else rows.none()
    return rows.select_related("ticket", "rule").order_by("-at", "-id")


def rate_for(source: Source, day: date) -> SavingRate:
    """What holds on a day, a row that was never kept where nobody has changed it."""
    row = SavingRate.objects.filter(source=source, valid_from__lte=day).select_related("by").first()
    return row or usual_rate(source)


def usual_rate(source: Source) -> SavingRate:
    """What holds where nobody has said otherwise."""
    said = {}
    for language in ("ja", "en"):
        with translation.override(language):
            said[f"instead_{language}"] = str(USUALLY_INSTEAD[source])
    return SavingRate(source=source, minutes=USUAL_RATES.get(source), **said)


def rates_today() -> dict[Source, SavingRate]:
    """What holds today, of each source: one query."""
    today = company_day(timezone.now())
    kept = SavingRate.objects.filter(valid_from__lte=today).order_by("source", "-valid_from", "-id").distinct("source")
    found = {row.source: row for row in kept}
    return {source: found.get(source) or usual_rate(source) for source in Source}


def rate_history(source: Source) -> QuerySet[SavingRate]:
    return SavingRate.objects.filter(source=source).select_related("by")


def instead_of(rate: SavingRate) -> str:
    """What a person did instead, in the reader's language."""
    return rate.instead_ja if (translation.get_language() or "").startswith("ja") else rate.instead_en
