"""Judging: each event of a ticket has its turn, in their order, and every rule that it sets off is asked by its Q.

A turn is one transaction under the ticket's row lock: what rules do, their firings and the mark that it was judged are
there together or not at all, so a process that dies loses nothing and doubles nothing. Events that a rule causes have
their turns too; a budget per ticket and hour ends what would go round in circles.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BooleanField, Case, IntegerField, Q, Value, When
from django.utils import timezone

from servicedesk.tickets.actions import because, record
from servicedesk.tickets.consumers import index_words
from servicedesk.tickets.models import IMPORT, Outbox, Ticket, TicketEvent
from servicedesk.web.errors import NotNow, Refused
from servicedesk.web.logs import about

from . import conditions, doings, triggers
from .documents import read, whole_of
from .doing import VIA, Change
from .ledger import count_firing
from .models import Firing, Rule, RuleVersion, Turn
from .remembering import remembering
from .world import World

log = logging.getLogger(__name__)
AT_ONCE = 200
# Older events come from imports: what they tell of is long over.
JUDGES_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=8)
_MISSED_AFTER = timedelta(minutes=2)
_LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class Ready:
    """A rule that runs now, checked and compiled: `q` is where its conditions hold."""

    rule: Rule
    version_id: int
    trigger: dict
    conditions: dict
    q: Q
    actions: Sequence[dict]


def ready_rules(*, timed: bool, now: datetime | None = None) -> list[Ready]:
    """The rules that run now, in their order: those about time, or those about events. One whose document names what
    is gone is left out; its page says so.
    """
    rows = [rule for rule in Rule.objects.filter(is_active=True) if rule.runs_now]
    rows = [rule for rule in rows if (rule.document["trigger"]["on"] == triggers.TIME) == timed]
    versions = dict(RuleVersion.objects.filter(rule__in=rows).order_by("number").values_list("rule_id", "pk"))
    with remembering():
        found = [_ready(rule, versions[rule.pk]) for rule in rows]
    return [each for each in found if each is not None]


def _ready(rule: Rule, version_id: int) -> Ready | None:
    try:
        whole = read(whole_of(rule))
        q = conditions.q_of(whole["conditions"])
    except Refused as refusal:
        log.warning("rule %s does not run: %s", rule.pk, refusal)
        return None
    return Ready(rule, version_id, whole["trigger"], whole["conditions"], q, whole["actions"])


def take_turns(events: Iterable[TicketEvent]) -> None:
    """Put events in line, but for those of an import. Repeating does no harm."""
    fresh = timezone.now() - JUDGES_FOR
    rows = [
        Turn(event=event, ticket_id=event.ticket_id) for event in events if event.at > fresh and event.via != IMPORT
    ]
    Turn.objects.bulk_create(rows, ignore_conflicts=True)


def find_missed() -> int:
    """Put in line what never came here, because its consumers fail or the queue was lost; returns how many."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO escalation_turn (event_id, ticket_id, created_at, attempts, try_after, error)
            SELECT e.id, e.ticket_id, %(now)s, 0, %(now)s, '' FROM tickets_ticketevent e
            WHERE e.at > %(since)s AND e.at < %(until)s AND e.via <> %(import)s
              AND NOT EXISTS (SELECT 1 FROM escalation_turn t WHERE t.event_id = e.id)
            ON CONFLICT DO NOTHING
            """,
            {"now": now, "since": now - JUDGES_FOR, "until": now - _MISSED_AFTER, "import": IMPORT},
        )
        return cursor.rowcount


def forget_judged() -> None:
    Turn.objects.filter(judged_at__lt=timezone.now() - KEPT_FOR).delete()


def judge_waiting(limit: int = AT_ONCE) -> int:
    """Judge up to `limit` events whose turn it is, those of one ticket in their order; returns how many. Workers share
    them by the row locks of the tickets.
    """
    now = timezone.now()
    waiting = list(
        Turn.objects.filter(judged_at__isnull=True, try_after__lte=now)
        .order_by("event_id")
        .values_list("event_id", "ticket_id")[:limit]
    )
    if not waiting:
        return 0
    rules = ready_rules(timed=False, now=now)
    wanted = _set_off([event for event, _ticket in waiting], rules)
    # Nothing asks about most events: they are judged together.
    idle = [event for event, _ticket in waiting if event not in wanted]
    done = Turn.objects.filter(pk__in=idle, judged_at__isnull=True).update(judged_at=now)
    by_ticket: dict[int, list[int]] = defaultdict(list)
    for event, ticket in waiting:
        if event in wanted:
            by_ticket[ticket].append(event)
    for ticket, events in by_ticket.items():
        for event in events:
            if not _judge(ticket, event, wanted[event]):
                break  # whoever has the ticket, or the next round, goes on from here
            done += 1
    return done


def _set_off(events: Sequence[int], rules: Sequence[Ready]) -> dict[int, list[Ready]]:
    """Which rules each event sets off: one query for all of both."""
    if not rules:
        return {}
    asked = {
        f"rule_{place}": Case(
            When(triggers.events_q(each.trigger) & Q(at__gte=each.rule.since), then=Value(1)), default=Value(0),
            output_field=IntegerField(),
        )
        for place, each in enumerate(rules)
    }  # fmt: skip
    rows = TicketEvent.objects.filter(pk__in=events).annotate(**asked).values_list("pk", *asked)
    found = {pk: [each for each, yes in zip(rules, answers, strict=True) if yes] for pk, *answers in rows}
    return {pk: each for pk, each in found.items() if each}


def _judge(ticket_id: int, event_id: int, rules: Sequence[Ready]) -> bool:
    try:
        with transaction.atomic():
            ticket = _take(ticket_id)
            turn = Turn.objects.select_for_update().filter(pk=event_id, judged_at__isnull=True).first()
            if ticket is None or turn is None:
                return False
            with about(ticket_number=ticket.number):
                if Outbox.objects.filter(pk=event_id).exists():
                    index_words([TicketEvent.objects.get(pk=event_id)])  # it has not been through the consumers yet
                ask(Question(rules), ticket, event_id)
            turn.judged_at, turn.error = timezone.now(), ""
            turn.save(update_fields=["judged_at", "error"])
    except Exception as error:
        _put_off(event_id, error)
        return False
    return True


def _take(ticket_id: int) -> Ticket | None:
    """The ticket under its row lock; None while somebody else works on it: its turn comes again."""
    rows = Ticket.objects.select_for_update(skip_locked=True, of=("self",))
    return (
        rows.select_related("team__next_team", "service", "category", "assignee", "requester")
        .filter(pk=ticket_id)
        .first()
    )


class Question:
    """What some rules ask of a ticket, compiled once: one statement says which of their conditions hold."""

    def __init__(self, rules: Iterable[Ready]):
        self.rules = tuple(rules)
        answers = (
            Case(When(each.q, then=Value(True)), default=Value(False), output_field=BooleanField())
            for each in self.rules
        )
        rows = Ticket.objects.filter(pk=0).order_by().values_list(*answers)
        self._sql, (*self._params, _pk) = rows.query.sql_with_params()

    def answers(self, ticket: Ticket) -> Sequence[bool]:
        """For the ticket as it is now, in the order of the rules."""
        if not self.rules:
            return ()
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [*self._params, ticket.pk])
            return cursor.fetchone()


def ask(question: Question, ticket: Ticket, event_id: int, *, at: datetime | None = None) -> list[Firing]:
    """Ask the rules that an event sets off in their order, each about the ticket as those before have left it, and let
    fire whose conditions hold. The caller holds the ticket's row lock. `at` is for demo content.
    """
    fired, holds = [], question.answers(ticket)
    for place, each in enumerate(question.rules):
        if not holds[place]:
            continue
        if is_spent(ticket):
            break
        firing = fire(each, ticket, event_id=event_id, at=at)
        if firing is not None:
            fired.append(firing)
            holds = question.answers(ticket)
        if each.rule.stops:
            break
    return fired


def _put_off(event_id: int, error: Exception) -> None:
    turn = Turn.objects.get(pk=event_id)
    turn.attempts += 1
    turn.try_after = timezone.now() + min(timedelta(seconds=2 ** min(turn.attempts, 12)), _LONGEST_PAUSE)
    turn.error = f"{type(error).__name__}: {error}"[:2000]
    turn.save(update_fields=["attempts", "try_after", "error"])
    log.error("event %s was not judged, attempt %s", event_id, turn.attempts, exc_info=error)


def is_spent(ticket: Ticket) -> bool:
    """Whether the rules have done enough to a ticket within an hour. Says so on its time line, once an hour."""
    hour = timezone.now() - timedelta(hours=1)
    if Firing.objects.filter(ticket=ticket, at__gte=hour).count() < settings.RULE_FIRINGS_PER_HOUR:
        return False
    if not ticket.events.filter(verb="rules_paused", at__gte=hour).exists():
        record(ticket, "rules_paused", by=None, via=VIA, most=settings.RULE_FIRINGS_PER_HOUR)
    return True


def fire(
    ready: Ready,
    ticket: Ticket,
    *,
    event_id: int | None = None,
    since: datetime | None = None,
    at: datetime | None = None,
) -> Firing | None:
    """Do what a rule does to a ticket, in the caller's transaction, which holds the ticket's row lock and has asked the
    conditions. Returns the firing; None when there was nothing to change. What is refused is left out and kept with the
    firing. `at` is for demo content.
    """
    held, world, changes = conditions.held(ready.conditions, ticket), World(ready.rule.name, at), []
    with because(rule=[ready.rule.pk, ready.rule.version]):
        for given in ready.actions:
            change = doings.plan(ticket, given, world)
            if change is not None:
                changes.append(_done(ready.rule, ticket, given, change, world))
    if all("refused" in change for change in changes):
        return None
    firing = Firing.objects.create(
        rule=ready.rule, version_id=ready.version_id, ticket=ticket, event_id=event_id, since=since, held=held,
        changes=changes, minutes=ready.rule.minutes_saved, at=at or timezone.now(),
    )  # fmt: skip
    count_firing(firing)
    return firing


def _done(rule: Rule, ticket: Ticket, given: dict, change: Change, world: World) -> Change:
    try:
        with transaction.atomic():
            doings.do(ticket, given, change, world, rule)
    except NotNow:
        raise
    except Refused as refusal:
        ticket.refresh_from_db()
        log.info("rule %s: %s was refused: %s", rule.pk, given["do"], refusal)
        return {"do": given["do"], "refused": str(refusal.sentence)}
    return change
