"""How figures look to people."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from servicedesk.web import formats

from .kpis import Unit

NOTHING = "–"
_PLACES = {Unit.COUNT: 0, Unit.HOURS: 1, Unit.DAYS: 1, Unit.MINUTES: 1, Unit.YEN: 0, Unit.POINTS: 2}


def figure(value: Decimal | None, unit: Unit) -> str:
    """`1,204`, `64.1 %`, `18.5 h`; a dash when there is nothing to speak of."""
    if value is None:
        return NOTHING
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


def _rounded(value: Decimal, places: int) -> Decimal:
    """As spreadsheets round; Django only cuts off."""
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
