"""How amounts of contracts read."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.web.formats import number

from ..models import Contract, Referral

register = template.Library()


def _plain(value: Decimal) -> str:
    return number(f"{value.normalize():f}")


def _counted(value: Decimal, unit: str) -> str:
    if unit == Contract.Unit.HOURS:
        return _("%(count)s h") % {"count": _plain(value)}
    return ngettext("%(count)s incident", "%(count)s incidents", 1 if value == 1 else 2) % {"count": _plain(value)}


@register.filter
def left(contract: Contract) -> str:
    """“3 incidents left”."""
    if contract.left is None:
        return ""
    return _("%(amount)s left") % {"amount": _counted(max(contract.left, Decimal(0)), contract.unit)}


@register.filter
def used_of(contract: Contract) -> str:
    """“7 of 10 incidents”."""
    if not contract.unit or contract.bought is None:
        return ""
    parts = {"used": _plain(contract.used), "bought": _counted(contract.bought, contract.unit)}
    return _("%(used)s of %(bought)s") % parts


@register.filter
def amount(referral: Referral) -> str:
    """What a ticket took of its contract."""
    return _counted(referral.used, referral.contract.unit) if referral.contract is not None else ""


@register.filter
def cost(contract: Contract) -> str:
    return f"{_plain(contract.cost)} {contract.currency}" if contract.cost is not None else ""
