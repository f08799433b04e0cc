"""How a KPI makes one number of the rows behind it: each measure is an aggregate of the database, and can be said again
in Python of the same rows, by which a test compares list and number.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import (
    Aggregate,
    BooleanField,
    Case,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    Max,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast

from .models import ReportSettings


class Percentile(Aggregate):
    """`percentile_cont` of PostgreSQL: a median by 0.5."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Number:
    """What a measure found: `amount`, and what it is `of` where it is a share or an average. Both are sums, so that
    months can be put together.
    """

    amount: Decimal | None
    of: int | None = None

    @property
    def value(self) -> Decimal | None:
        """The figure itself; None when there is nothing to speak of."""
        if self.amount is None or self.of is None:
            return self.amount
        return self.amount / self.of if self.of else None


def _exact(found: Any) -> Decimal | None:
    return None if found is None else Decimal(str(found))


class Measure:
    """`where` says which rows of the base are meant."""

    adds_up = True  # whether the figures of months can be added

    def __init__(self, where: Q | None = None):
        self.where = where or Q()

    def aggregates(self) -> dict[str, Any]:
        """Named aggregates over rows of the base."""
        raise NotImplementedError

    def number(self, found: Mapping[str, Any]) -> Number:
        """What the aggregates say."""
        raise NotImplementedError

    def columns(self) -> tuple[str, ...]:
        """Columns of a row that `again` reads."""
        return ()

    def again(self, rows: Iterable[Mapping[str, Any]]) -> Number:
        """The number of listed rows, in Python."""
        raise NotImplementedError

    def listed(self, rows: QuerySet) -> QuerySet:
        """The rows behind the number."""
        return rows.filter(self.where)

    def said(self) -> str:
        """What it does, for the version of the definitions."""
        return f"{type(self).__name__} {self.where}"


class HowMany(Measure):
    """How many."""

    def aggregates(self):
        return {"n": Count("pk", filter=self.where) if self.where else Count("pk")}

    def number(self, found):
        return Number(Decimal(found["n"] or 0))

    def again(self, rows):
        return Number(Decimal(len(list(rows))))


class Share(Measure):
    """How many of `where` are `met` too, from 0 to 1. `met` is a column that is true, or a Q of one column."""

    def __init__(self, met: Q, where: Q | None = None):
        super().__init__(where)
        self.met = met

    def aggregates(self):
        return {
            "n": Count("pk", filter=self.where & self.met),
            "d": Count("pk", filter=self.where) if self.where else Count("pk"),
        }

    def number(self, found):
        return Number(Decimal(found["n"] or 0), found["d"] or 0)

    def listed(self, rows):
        return super().listed(rows).annotate(is_met=_as_boolean(self.met))

    def columns(self):
        return ("is_met",)

    def again(self, rows):
        all_rows = list(rows)
        return Number(Decimal(sum(bool(row["is_met"]) for row in all_rows)), len(all_rows))

    def said(self):
        return f"{super().said()} met {self.met}"


def _as_boolean(condition: Q) -> Any:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


class Standing(HowMany):
    """How many at the end: those of months cannot be added, the last month's hold."""

    adds_up = False


class Total(Measure):
    """The sum of a column, or of an expression, divided by `per`."""

    def __init__(self, value: Any, where: Q | None = None, *, per: int = 1):
        super().__init__(where)
        self.value, self.per = value, per
        self.column = value if isinstance(value, str) else "measured"

    def aggregates(self):
        return {"n": Sum(self.value, filter=self.where) if self.where else Sum(self.value)}

    def number(self, found):
        return Number(Decimal(found["n"] or 0) / self.per)

    def listed(self, rows):
        found = super().listed(rows)
        return found if self.column == self.value else found.annotate(measured=self.value)

    def columns(self):
        return (self.column,)

    def again(self, rows):
        return Number(sum((Decimal(row[self.column] or 0) for row in rows), Decimal(0)) / self.per)

    def said(self):
        return f"{super().said()} {self.value} {self.per}"


class Mean(Total):
    """The average of a column or an expression where it is known."""

    def aggregates(self):
        return super().aggregates() | {"d": Count(self.value, filter=self.where) if self.where else Count(self.value)}

    def number(self, found):
        return Number(Decimal(found["n"] or 0) / self.per, found["d"] or 0)

    def listed(self, rows):
        return super().listed(rows).filter(**{f"{self.column}__isnull": False})

    def again(self, rows):
        all_rows = list(rows)
        return Number(super().again(all_rows).amount, len(all_rows))


def _yen(minutes: str) -> Any:
    """Minutes of a column at the company's hourly rate, sixty times too much; unknown without a rate."""
    money = DecimalField(max_digits=20, decimal_places=1)
    rate = Subquery(ReportSettings.objects.values("hourly_rate")[:1])
    return ExpressionWrapper(Cast(F(minutes), money) * rate, output_field=money)


class Worth(Total):
    """What minutes of a column cost at the company's rate; None without a rate: no invented figure."""

    def __init__(self, minutes: str, where: Q | None = None):
        super().__init__(_yen(minutes), where, per=60)
        self.minutes = minutes

    def number(self, found):
        return Number(None if found["n"] is None else Decimal(found["n"]) / self.per)

    def again(self, rows):
        values = [Decimal(row["measured"]) for row in rows if row["measured"] is not None]
        return Number(sum(values, Decimal(0)) / self.per if values else None)

    def said(self):
        return f"{type(self).__name__} {self.where} {self.minutes}"


class MeanWorth(Mean):
    """What minutes of a column cost on average at the company's rate."""

    def __init__(self, minutes: str, where: Q | None = None):
        super().__init__(_yen(minutes), where, per=60)
        self.minutes = minutes

    def said(self):
        return f"{type(self).__name__} {self.where} {self.minutes}"


class _OfAll(Measure):
    """One value that an aggregate picks from all rows, divided by `per`; None of no rows. Months cannot be put
    together.
    """

    adds_up = False
    picks: Any  # the aggregate of the database

    def __init__(self, value: Any, where: Q | None = None, *, per: int = 1):
        super().__init__(where)
        self.value, self.per = value, per

    @staticmethod
    def pick(values: list[Decimal]) -> Decimal:
        """The same in Python, of some values."""
        raise NotImplementedError

    def aggregates(self):
        return {"n": self.picks(self.value, filter=self.where) if self.where else self.picks(self.value)}

    def number(self, found):
        return Number(None if found["n"] is None else _exact(found["n"]) / self.per)

    def listed(self, rows):
        return super().listed(rows).annotate(measured=self.value)

    def columns(self):
        return ("measured",)

    def again(self, rows):
        values = [Decimal(str(row["measured"])) for row in rows if row["measured"] is not None]
        return Number(self.pick(values) / self.per if values else None)

    def said(self):
        return f"{super().said()} {self.value} {self.per}"


class Middle(_OfAll):
    """The median of an expression."""

    picks = Percentile

    @staticmethod
    def pick(values):
        return Decimal(str(median(map(float, values))))  # as the database does


class Greatest(_OfAll):
    """The largest value of an expression."""

    picks = Max

    @staticmethod
    def pick(values):
        return max(values)


class Largest(Measure):
    """The share of the largest group of a column among all rows, from 0 to 1: how much hangs on one."""

    adds_up = False

    def __init__(self, column: str, where: Q | None = None):
        super().__init__(where & Q(**{f"{column}__isnull": False}) if where else Q(**{f"{column}__isnull": False}))
        self.column = column

    def of_groups(self, rows: QuerySet) -> Number:
        """Two numbers by one query of its own."""
        counts = list(rows.filter(self.where).order_by().values_list(self.column).annotate(n=Count("pk")))
        return self._of([count for _key, count in counts])

    def of_parts(self, rows: QuerySet, path: str) -> dict[Any, Number]:
        """The same for each value of a breakdown, by one query."""
        found: dict[Any, list[int]] = defaultdict(list)
        counted = rows.filter(self.where).order_by().values_list(path, self.column).annotate(n=Count("pk"))
        for part, _key, count in counted:
            found[part].append(count)
        return {part: self._of(counts) for part, counts in found.items()}

    def _of(self, counts: list[int]) -> Number:
        return Number(Decimal(max(counts, default=0)), sum(counts))

    def columns(self):
        return (self.column,)

    def again(self, rows):
        return self._of(list(Counter(row[self.column] for row in rows).values()))

    def said(self):
        return f"{super().said()} {self.column}"


def hours_between(start: str, end: str) -> Any:
    """Elapsed hours from one column of moments to another, as a number."""
    return Func(
        F(end) - F(start),
        function="extract",
        template="(EXTRACT(EPOCH FROM %(expressions)s) / 3600.0)",
        output_field=FloatField(),
    )
