"""Pages of long lists by key instead of offset: every page costs the same, and nothing is skipped or doubled when rows
arrive meanwhile. One query of `size + 1` rows; nothing is counted.

A cursor is a tag of the order and the sort key of a row, base64url of a JSON list. It is not signed, because it says
nothing the reader has not seen and selects nothing the queryset does not allow; it is parsed strictly, and a bad one
means the first page.
"""

import base64
import binascii
import datetime as dt
import decimal
import json
import uuid
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.http import HttpRequest

asc = "asc"
desc = "desc"

_LONGEST_CURSOR = 1500


@dataclass(frozen=True)
class Key:
    """One column of the order. `nulls_last` None takes PostgreSQL's own place (ascending last, descending first), which
    plain indexes follow. `nullable` None is read from the model; say it for annotations that may be null."""

    name: str
    descending: bool = False
    nulls_last: bool | None = None
    nullable: bool | None = None

    @classmethod
    def of(cls, given: "Key | str | tuple") -> "Key":
        """From a Key, `"-created_at"`, or `("created_at", desc)`."""
        if isinstance(given, Key):
            return given
        if isinstance(given, str):
            return cls(given.lstrip("-"), descending=given.startswith("-"))
        name, direction = given
        if direction not in (asc, desc):
            raise ValueError(f"{direction!r} is not asc or desc.")
        return cls(name, descending=direction == desc)

    def nulls_come_last(self) -> bool:
        return (not self.descending) if self.nulls_last is None else self.nulls_last

    def reversed(self) -> "Key":
        return Key(self.name, not self.descending, not self.nulls_come_last(), self.nullable)

    def ordering(self):
        plain = self.nulls_last is None or not self.nullable or self.nulls_come_last() == (not self.descending)
        column = F(self.name)
        if plain:
            return column.desc() if self.descending else column.asc()
        place = {"nulls_last": True} if self.nulls_come_last() else {"nulls_first": True}
        return column.desc(**place) if self.descending else column.asc(**place)


def order_tag(keys: Iterable[Key]) -> int:
    """Stands in each cursor, so that one made for another order is not mistaken for one of this."""
    spoken = ",".join(f"{key.name} {key.descending} {key.nulls_come_last()}" for key in keys)
    return zlib.crc32(spoken.encode())


class _RowCompare(Func):
    """`(a, b, c) > (x, y, z)`, which PostgreSQL answers with one index range scan."""

    output_field = BooleanField()

    def __init__(self, *expressions, operator: str, **extra):
        super().__init__(*expressions, **extra)
        self.operator = operator

    def as_sql(self, compiler, connection, **extra_context):
        parts, params = [], []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            parts.append(sql)
            params.extend(values)
        half = len(parts) // 2
        return f"({', '.join(parts[:half])}) {self.operator} ({', '.join(parts[half:])})", params


class KeysetPage:
    """A page of `queryset` in `order`, which must end in something unique, usually `id`.

    `after` and `before` are cursors of an earlier page (`after` wins). Iterate it for the rows; `next` and `previous`
    are cursors or "". Follow relations of the order (`ticket__priority`) with select_related in the queryset.
    """

    def __init__(
        self,
        queryset: QuerySet,
        order: Iterable[Key | str | tuple],
        *,
        after: str | None = None,
        before: str | None = None,
        size: int = 50,
    ):
        self.size = size
        self.keys = [self._with_nullable(queryset, Key.of(given)) for given in order]
        self._fields = [_field(queryset, key.name) for key in self.keys]
        self._tag = order_tag(self.keys)
        start, backward = self._decode(after), False
        if start is None:
            start = self._decode(before)
            backward = start is not None
        self.is_first = start is None
        keys = [key.reversed() for key in self.keys] if backward else self.keys
        if start is not None:
            queryset = queryset.filter(self._beyond(keys, start))
        rows = list(queryset.order_by(*(key.ordering() for key in keys))[: size + 1])
        more = len(rows) > size
        rows = rows[:size]
        if backward:
            rows.reverse()
        self.rows = rows
        has_next = bool(rows) and (more if not backward else True)
        has_previous = bool(rows) and (more if backward else start is not None)
        self.next = self.cursor(rows[-1]) if has_next else ""
        self.previous = self.cursor(rows[0]) if has_previous else ""

    @classmethod
    def of(cls, request: HttpRequest, queryset: QuerySet, order, size: int = 50) -> "KeysetPage":
        """With `after` and `before` from the address."""
        return cls(queryset, order, after=request.GET.get("after"), before=request.GET.get("before"), size=size)

    def __iter__(self) -> Iterator:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def cursor(self, row) -> str:
        """The place of `row` in this order."""
        values = [self._tag, *(_plain(_value(row, key.name)) for key in self.keys)]
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @staticmethod
    def _with_nullable(queryset: QuerySet, key: Key) -> Key:
        nullable = _nullable(queryset, key.name) if key.nullable is None else key.nullable
        return Key(key.name, key.descending, key.nulls_last, nullable)

    def _decode(self, cursor: str | None) -> list | None:
        """The values in a cursor, or None when it is missing or not one of this order's."""
        if not cursor or len(cursor) > _LONGEST_CURSOR:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            values = json.loads(raw)
            if not isinstance(values, list) or len(values) != len(self.keys) + 1 or values[0] != self._tag:
                return None
            return [
                _typed(value, field, bool(key.nullable))
                for value, field, key in zip(values[1:], self._fields, self.keys, strict=True)
            ]
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError):
            return None

    def _beyond(self, keys: list[Key], values: list) -> Q:
        """Rows that come after `values` in the order of `keys`."""
        one_way = len({key.descending for key in keys}) == 1
        if one_way and len(keys) > 1 and not any(key.nullable for key in keys):
            operator = "<" if keys[0].descending else ">"
            row = _RowCompare(
                *(F(key.name) for key in keys),
                *(Value(value, output_field=field) for value, field in zip(values, self._fields, strict=True)),
                operator=operator,
            )
            return Q(row)
        condition = Q()
        for position in range(len(keys)):
            strictly = _strictly_beyond(keys[position], values[position])
            if strictly is None:
                continue
            same = Q()
            for key, value in zip(keys[:position], values[:position], strict=True):
                same &= Q(**{f"{key.name}__isnull": True}) if value is None else Q(**{key.name: value})
            condition |= same & strictly
        if not condition:
            return Q(pk__in=[])
        first, value = keys[0], values[0]
        if value is not None and not first.nullable:
            # Says nothing new, but gives the planner one range to start the index scan from.
            side = "lte" if first.descending else "gte"
            condition = Q(**{f"{first.name}__{side}": value}) & condition
        return condition


def _strictly_beyond(key: Key, value) -> Q | None:
    """Condition on one column alone; None when nothing can come after."""
    if value is None:
        return None if key.nulls_come_last() else Q(**{f"{key.name}__isnull": False})
    condition = Q(**{f"{key.name}__{'lt' if key.descending else 'gt'}": value})
    if key.nullable and key.nulls_come_last():
        condition |= Q(**{f"{key.name}__isnull": True})
    return condition


def _path(queryset: QuerySet, name: str) -> list[models.Field]:
    """The model fields along `ticket__service__name`."""
    model, fields = queryset.model, []
    for step in name.split("__"):
        field = model._meta.pk if step == "pk" else model._meta.get_field(step)
        fields.append(field)
        model = field.related_model or model
    return fields


def _field(queryset: QuerySet, name: str) -> models.Field:
    annotation = queryset.query.annotations.get(name)
    if annotation is not None:
        return annotation.output_field
    field = _path(queryset, name)[-1]
    while getattr(field, "target_field", None) is not None and field.is_relation:
        field = field.target_field
    return field


def _nullable(queryset: QuerySet, name: str) -> bool:
    if name in queryset.query.annotations:
        return False
    try:
        return any(getattr(field, "null", False) for field in _path(queryset, name))
    except FieldDoesNotExist as error:
        raise ValueError(f"{name} is not a column of {queryset.model.__name__}.") from error


def _value(row, name: str) -> Any:
    if isinstance(row, dict):
        return row[name]
    value = row
    for step in name.split("__"):
        value = getattr(value, step, None)
        if value is None:
            return None
    return value.pk if isinstance(value, models.Model) else value


def _plain(value) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot stand in a cursor.")


def _typed(value, field: models.Field, nullable: bool):
    """The Python value for `field`; anything but the exact shape that `_plain` writes is refused."""
    if value is None:
        if nullable:
            return None
        raise ValueError("null")
    if isinstance(field, models.BooleanField):
        fitting: type | tuple = bool
    elif isinstance(field, models.IntegerField):
        fitting = int
    elif isinstance(field, models.FloatField):
        fitting = (int, float)
    else:
        fitting = str
    if not isinstance(value, fitting) or (isinstance(value, bool) and fitting is not bool):
        raise ValueError("type")
    if isinstance(value, str):
        value.encode()
        if "\x00" in value:
            raise ValueError("control character")
    typed = field.to_python(value)
    if isinstance(typed, dt.datetime) and typed.tzinfo is None:
        raise ValueError("no time zone")
    if isinstance(typed, float) and typed != typed or typed in (float("inf"), float("-inf")):
        raise ValueError("not a number")
    if isinstance(typed, int) and not -(2**63) <= typed < 2**63:
        raise ValueError("range")
    if isinstance(field, models.IntegerField):
        field.run_validators(typed)
    return typed
