"""The rules by which tickets are closed, reopened and count as stale: written in one go, as the page shows them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit, hold
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.models import ClosingRule, Priority, ReopeningRule
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.errors import Refused

from .closing import plan_again
from .stale import forget_quiet

Slot = tuple[str, int]
"""(kind, priority) of a rule."""

FIELDS = (
    "closer", "needs_resolution", "needs_cause_code", "needs_post_mortem", "close_after_days", "mail_days_before",
    "stale_after_days",
)  # fmt: skip
MOST_DAYS, MOST_REOPEN_DAYS = 250, 3650


def all_rules() -> dict[Slot, ClosingRule]:
    """Every kind and priority has one; of what nobody has said anything the usual one."""
    known = {(rule.type, rule.priority): rule for rule in ClosingRule.objects.all()}
    return {
        (kind, priority): known.get((kind, priority)) or ClosingRule(type=kind, priority=priority)
        for kind in TicketType.values
        for priority in Priority.values
    }


def all_reopening() -> dict[str, int]:
    """Kind → calendar days in which a word of the requester reopens."""
    known = dict(ReopeningRule.objects.values_list("type", "days"))
    return {kind: known.get(kind, ReopeningRule(type=kind).days) for kind in TicketType.values}


@transaction.atomic
def save_closing_rules(
    rules: Mapping[Slot, Mapping[str, Any]], reopening: Mapping[str, int], *, by: User, via: str
) -> None:
    """Change some rules, by `FIELDS`, and days of reopening. When resolved tickets close by themselves is noted anew.

    Refuses (field `type_priority_name`, as `incident_1_closer`, or `type_reopen`) days below 1 or above 250, of
    reopening above ten years, a mail that is not before the closing, and a cause code or post-mortem of what has none.
    """
    check(by, "settings.change")
    hold()
    kept, changes, changed = all_rules(), {}, []
    for slot, given in rules.items():
        rule = kept.get(slot)
        if rule is None or set(given) - set(FIELDS):
            raise LookupError(f"Not settable: {slot} {sorted(given)}")
        before = {name: getattr(rule, name) for name in FIELDS}
        for name, value in given.items():
            setattr(rule, name, value)
        _check(rule)
        own = {name: [before[name], getattr(rule, name)] for name in FIELDS if before[name] != getattr(rule, name)}
        if own or rule.pk is None:
            rule.save()
            changed.append(rule)
            changes |= {f"{rule.type}_{rule.priority}_{name}": pair for name, pair in own.items()}
    days = all_reopening()
    for kind, after in reopening.items():
        if kind not in days:
            raise LookupError(f"Not settable: {kind}")
        if not 0 <= after <= MOST_REOPEN_DAYS:
            raise Refused(_("Days go from 0 to %(most)d.") % {"most": MOST_REOPEN_DAYS}, field=f"{kind}_reopen")
        if after != days[kind]:
            ReopeningRule.objects.update_or_create(pk=kind, defaults={"days": after})
            changes[f"{kind}_reopen"] = [days[kind], after]
    if changes:
        audit(ClosingRule(pk=0), "save_closing_rules", by=by, via=via, label=str(_("Closing rules")), changes=changes)
        plan_again(changed)
        forget_quiet()


def _check(rule: ClosingRule) -> None:
    def refuse(name: str, sentence: str) -> None:
        raise Refused(f"{rule.get_type_display()} P{rule.priority}: {sentence}", field=_field(rule, name))

    if rule.closer not in ClosingRule.Closer.values:
        refuse("closer", _("Choose who closes."))
    for name in ("close_after_days", "mail_days_before", "stale_after_days"):
        days = getattr(rule, name)
        if days is not None and not 1 <= days <= MOST_DAYS:
            refuse(name, _("Days go from 1 to %(most)d; empty: not at all.") % {"most": MOST_DAYS})
    if rule.mail_days_before and rule.close_after_days and rule.mail_days_before >= rule.close_after_days:
        refuse("mail_days_before", _("The mail has to come before it closes."))
    if rule.type != TicketType.INCIDENT and (rule.needs_cause_code or rule.needs_post_mortem):
        name = "needs_cause_code" if rule.needs_cause_code else "needs_post_mortem"
        refuse(name, _("Only incidents have a cause code and a post-mortem."))


def _field(rule: ClosingRule, name: str) -> str:
    return f"{rule.type}_{rule.priority}_{name}"
