"""Reads of rules and of what they did."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.people.queries import get_or_404
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import seen_by
from servicedesk.tickets.tiers import MANAGER

from .models import Firing, Rule, RuleVersion, WebhookCall

MONTHS = 12
_NEVER_AFTER = timedelta(days=90)


def rules() -> QuerySet[Rule]:
    """All rules in their order, with `fired` and `saved` of the last 30 days and `last_at`."""
    lately = Q(firings__at__gte=timezone.now() - timedelta(days=30))
    return (
        Rule.objects.select_related("owner")
        .annotate(
            fired=Count("firings", filter=lately), saved=Sum("firings__saving__minutes", filter=lately, default=0),
            last_at=Max("firings__at"),
        )
        .order_by("place", "id")
    )  # fmt: skip


def get_rule(pk: int) -> Rule:
    return get_or_404(rules(), pk=pk)


def versions(rule: Rule) -> QuerySet[RuleVersion]:
    return rule.versions.select_related("by").order_by("-number")


def months(rule: Rule) -> list[tuple[date, int, int]]:
    """(month, firings, minutes saved) of the last twelve months, the newest first."""
    first = (timezone.localdate().replace(day=1) - timedelta(days=(MONTHS - 1) * 30)).replace(day=1)
    rows = (
        Firing.objects.filter(rule=rule, at__date__gte=first)
        .annotate(month=TruncMonth("at"))
        .values_list("month")
        .annotate(count=Count("pk"), minutes=Sum("saving__minutes", default=0))
        .order_by("-month")
    )
    return [(month.date(), count, minutes) for month, count, minutes in rows]


def firings(user: User, rule: Rule) -> QuerySet[Firing]:
    """What a rule did to tickets that the person sees."""
    rows = Firing.objects.filter(seen_by(user, "ticket__"), rule=rule)
    return rows.select_related("ticket", "version").order_by("-at", "-id")


def reason_for(ticket: Ticket, number: int) -> tuple[TicketEvent | None, Firing | None]:
    """An event of a ticket that one works on, and the firing that it belongs to; None where no rule did it."""
    event = ticket.events.select_related("by").filter(number=number, data__has_key="rule").first()
    if event is None:
        return None, None
    of_rule = Firing.objects.filter(ticket=ticket, rule_id=event.data["rule"][0], at__gte=event.at)
    return event, of_rule.select_related("rule", "version", "event__by").order_by("at", "id").first()


def findings() -> Iterator[tuple[str, list[Rule]]]:
    """(what it is, rules) of what somebody should look at: rules that never fire, that ask the same, that contradict
    each other.
    """
    rows = [rule for rule in rules() if rule.is_active]
    old = timezone.now() - _NEVER_AFTER
    for rule in rows:
        if (rule.last_at or rule.since) < old:  # type: ignore[attr-defined]
            yield _("It has not fired for 90 days."), [rule]
    same: dict[str, list[Rule]] = {}
    for rule in rows:
        same.setdefault(repr((rule.document["trigger"], rule.document["conditions"])), []).append(rule)
    for group in same.values():
        if len(group) < 2:
            continue
        if _contradict(group):
            yield _("They ask the same and do opposite things: the last one wins."), group
        else:
            yield _("They ask the same: one rule could do all of it."), group
        stopping = next((rule for rule in group[:-1] if rule.stops), None)
        if stopping is not None:
            yield _("The first stops, so the others are never asked."), group


def _contradict(group: list[Rule]) -> bool:
    """Whether two of them set the same thing differently, or one escalates what the other de-escalates."""
    wanted: dict[str, str] = {}
    for rule in group:
        for one in rule.document["actions"]:
            what, left_out = _SETS.get(one["do"], ""), {"do", "field"}
            if one["do"] == "set":
                what = one["field"]
            elif what == "tier":
                what, left_out = "" if one.get("to") == MANAGER else what, {"reason"}
            value = repr(sorted((name, str(part)) for name, part in one.items() if name not in left_out))
            if what and wanted.setdefault(what, value) != value:
                return True
    return False


_SETS = {
    "assign_team": "team", "assign_person": "assignee", "step": "status", "escalate": "tier", "de_escalate": "tier",
}  # fmt: skip


def calls_not_sent(rule: Rule) -> QuerySet[WebhookCall]:
    """Calls of other systems that wait or were given up."""
    return WebhookCall.objects.filter(rule=rule).exclude(state=WebhookCall.State.SENT)
