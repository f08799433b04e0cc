"""The automation ledger: what was done without hands counts its minutes once, at the rate of its day.

Tickets that made themselves and replies that began from a template are told by their events (`count_savings`); what a
rule did is counted with its firing (`count_firing`), in the same transaction. `find_missed_savings` finds what never
came here. Rows are never counted anew: who changes a rate changes what comes.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from servicedesk.people.models import Role, UserRole
from servicedesk.tickets.models import IMPORT, Channel, Comment, TicketEvent

from .documents import USUAL_MINUTES
from .doing import Change
from .models import Firing, Saving, SavingRate, Source

USUAL_RATES = {Source.TICKET: Decimal("15.3"), Source.ESCALATION: Decimal(10), Source.TEMPLATE: Decimal(10)}
USUALLY_INSTEAD: dict[Source, Promise] = {
    Source.TICKET: gettext_lazy("Read the mail or the form, type a ticket from it, and write back that it has come."),
    Source.ESCALATION: gettext_lazy("Saw by reading the queue that it is stuck, looked up who is next, and told them."),
    Source.TEMPLATE: gettext_lazy("Looked for an old answer, copied it, and changed what did not fit."),
    Source.RULE: gettext_lazy("Opened the ticket, noticed what is to be done, and did it by hand."),
}
MADE_BY_ITSELF = (Channel.PORTAL, Channel.MAIL)
_COUNTS = ~Q(via=IMPORT) & (
    Q(verb="open", data__channel__in=MADE_BY_ITSELF) | Q(verb__in=("reply", "run_macro"), data__has_key="template")
)
_LOOKS_BACK = timedelta(days=8)
_MISSED_AFTER = timedelta(minutes=2)


def company_day(moment: datetime) -> date:
    """The day of a moment where the company is, whoever asks."""
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


class Rates:
    """All rates, read once."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[date, Decimal]]] = {}
        kept = SavingRate.objects.exclude(minutes=None).order_by("-valid_from", "-id")
        for source, since, minutes in kept.values_list("source", "valid_from", "minutes"):
            self._rows.setdefault(source, []).append((since, minutes))

    def on(self, source: Source, day: date) -> Decimal:
        return next((minutes for since, minutes in self._rows.get(source, ()) if since <= day), USUAL_RATES[source])

    def of_rule(self, own: int, changes: Iterable[Change], day: date) -> tuple[Source, Decimal]:
        """What a firing counts as: an escalation if it handed the ticket up, else other work. A rule's own minutes
        hold; one that escalates and has the usual minutes of every new rule takes the rate of escalations.
        """
        if not any(change["do"] == "escalate" and "refused" not in change for change in changes):
            return Source.RULE, Decimal(own)
        return Source.ESCALATION, self.on(Source.ESCALATION, day) if own == USUAL_MINUTES else Decimal(own)


def count_savings(events: Sequence[TicketEvent]) -> None:
    """Count what these events say was done without hands; one that was taken back is not. Repeating does no harm."""
    back = [event.data.get("reply_id") for event in events if event.verb == "take_back"]
    if back:
        Saving.objects.filter(event__in=back).delete()
    events = [event for event in events if event.verb in ("open", "reply", "run_macro") and event.via != IMPORT]
    opened = [event for event in events if event.verb == "open" and event.data.get("channel") in MADE_BY_ITSELF]
    # What a rule says is its firing's already.
    used = [event for event in events if "template" in event.data and "rule" not in event.data]
    if not opened and not used:
        return
    by_agents = _entered_by_agents(opened)
    withdrawn = set(Comment.objects.filter(pk__in=used, taken_back_at__isnull=False).values_list("pk", flat=True))
    rates = Rates()
    rows = [_row(event, Source.TICKET, rates) for event in opened if event.pk not in by_agents]
    for event in used:
        if event.pk not in withdrawn:
            template, name = event.data["template"]
            rows.append(_row(event, Source.TEMPLATE, rates, template_id=template, template_name=name))
    Saving.objects.bulk_create(rows, ignore_conflicts=True)


def _entered_by_agents(opened: Sequence[TicketEvent]) -> set[int]:
    """Those that an agent entered or handed on for somebody else: a person's work, whatever way it came."""
    for_others = [event for event in opened if event.by_id != event.ticket.requester_id]
    if not for_others:
        return set()
    agents = UserRole.objects.filter(user__in={event.by_id for event in for_others}, role__in=[Role.AGENT, Role.LEAD])
    ids = set(agents.values_list("user_id", flat=True))
    return {event.pk for event in for_others if event.by_id in ids}


def _row(event: TicketEvent, source: Source, rates: Rates, **more) -> Saving:
    return Saving(
        source=source, minutes=rates.on(source, company_day(event.at)), at=event.at, ticket_id=event.ticket_id,
        channel=event.ticket.channel, event=event, **more,
    )  # fmt: skip


def count_firing(firing: Firing, rates: Rates | None = None) -> None:
    """Count what a rule did, once. `minutes` of the firing are the rule's own as they were then."""
    rates = rates or Rates()
    source, minutes = rates.of_rule(firing.minutes, firing.changes, company_day(firing.at))
    row = Saving(
        source=source, minutes=minutes, at=firing.at, ticket=firing.ticket, channel=firing.ticket.channel,
        firing=firing, rule_id=firing.rule_id,
    )  # fmt: skip
    Saving.objects.bulk_create([row], ignore_conflicts=True)


def uncounted(events: QuerySet[TicketEvent]) -> QuerySet[TicketEvent]:
    """Those that may count and have not."""
    return (
        events.filter(_COUNTS)
        .exclude(data__has_key="rule")
        .filter(~Exists(Saving.objects.filter(event=OuterRef("pk"))))
        .select_related("ticket")
        .order_by("pk")
    )


def find_missed_savings() -> None:
    """Count what never came here in the last days, because a consumer failed or the queue was lost; and take out
    a reply that was taken back just while it was counted.
    """
    now = timezone.now()
    since, until = now - _LOOKS_BACK, now - _MISSED_AFTER
    count_all(TicketEvent.objects.filter(at__gt=since, at__lt=until))
    rates = Rates()
    for firing in Firing.objects.filter(at__gt=since, at__lt=until, saving=None).select_related("ticket"):
        count_firing(firing, rates)
    Saving.objects.filter(at__gt=since, event__comment__taken_back_at__isnull=False).delete()


def count_all(events: QuerySet[TicketEvent]) -> None:
    """Count those of many events that have not been, some hundreds at a time."""
    last = 0
    while some := list(uncounted(events).filter(pk__gt=last)[:500]):
        count_savings(some)
        last = some[-1].pk
