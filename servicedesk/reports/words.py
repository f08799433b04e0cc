"""How figures look to people."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from servicedesk.web import formats

from .kpis import Unit

NOTHING = "–"
_FROZEN = Decimal("0.000001")
_PLACES = {Unit.COUNT: 0, Unit.HOURS: 1, Unit.DAYS: 1, Unit.MINUTES: 1, Unit.YEN: 0, Unit.POINTS: 2}


def figure(value: Decimal | str | None, unit: Unit) -> str:
    """`1,204`, `64.1 %`, `18.5 h`; a dash when there is nothing to speak of."""
    if value is None or isinstance(value, str):  # a template's name of what is not there
        return NOTHING
    return _written(value, unit, get_language())


@lru_cache(maxsize=10_000)
def _written(value: Decimal, unit: Unit, language: str | None) -> str:
    """A month has thousands of numbers, and most of them are the same few."""
    if unit == Unit.SHARE:
        return f"{formats.number(_rounded(value * 100, 1), 1)}\u00a0%"
    number = formats.number(_rounded(value, _PLACES[unit]), _PLACES[unit])
    if unit == Unit.HOURS:
        return _("%(number)s h") % {"number": number}
    if unit == Unit.DAYS:
        return _("%(number)s days") % {"number": number}
    if unit == Unit.MINUTES:
        return _("%(number)s min") % {"number": number}
    return _("%(number)s yen") % {"number": number} if unit == Unit.YEN else number


def difference(value: Decimal, unit: Unit) -> str:
    """`+12`, `−3.5 h`, `±0`; shares differ by points, because per cent of per cent would be read wrongly."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    if unit == Unit.SHARE:
        return sign + _("%(number)s points") % {"number": formats.number(abs(value) * 100, 1)}
    return sign + figure(abs(value), unit)


def _rounded(value: Decimal, places: int) -> Decimal:
    """As spreadsheets round, and of six places as figures are frozen; Django only cuts off."""
    return Decimal(value).quantize(_FROZEN).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
