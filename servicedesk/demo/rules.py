"""The business rules of the demo and what they did in the past: made, changed and fired at their own times, by the very
code of the live run.
"""

import heapq
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from incidents.major.actions.proposing import dismiss_proposal
from incidents.major.models import MajorProposal
from servicedesk.escalation.actions import change_rule, create_rule
from servicedesk.escalation.documents import whole_of
from servicedesk.escalation.models import Rule, Turn
from servicedesk.escalation.running import JUDGES_FOR, Question, ask, fire, ready_rules, take_turns
from servicedesk.levels.hours import due_at
from servicedesk.levels.queries import levels_now
from servicedesk.tickets.actions import lock
from servicedesk.tickets.consumers import index_tickets
from servicedesk.tickets.models import Ticket, TicketEvent

from .company import HERE, VIA, Cast
from .times import after

_ASIDE = ("days", "owner", "why", "later")
_DECIDED_AFTER = 25


class Rules:
    """`steps` make and change the rules; `opened` is told of every new ticket, and `until` lets happen what time
    brings: rules about time, and somebody's answer to a proposal.
    """

    def __init__(self, cast: Cast, now: datetime):
        self.cast = cast
        self._of_new = Question(())
        self._timed: list[Question] = []
        self._waiting: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._count = 0
        with open(HERE / "rules.toml", "rb") as file:
            given = tomllib.load(file)["rule"]
        self.steps: list[tuple[datetime, Callable[[datetime], None]]] = []
        morning = now.replace(hour=9, minute=40, second=0, microsecond=0)
        for each in given:
            self._step(morning - timedelta(days=each["days"]), self._make(each))
            if "later" in each:
                self._step(morning - timedelta(days=each["later"]["days"]), self._change(each["name"], each["later"]))

    def _step(self, at: datetime, act: Callable[[datetime], None]) -> None:
        self.steps.append((at, act))

    def _make(self, given: dict) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            document = _filled({name: part for name, part in given.items() if name not in _ASIDE}, self.cast.mailbox)
            owner = self.cast.people[given["owner"]]
            create_rule(by=self.cast.administrator, via=VIA, document=document, owner=owner, why=given["why"], at=at)
            self._read()

        return act

    def _change(self, name: str, given: dict) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            rule = Rule.objects.get(name=name)
            document = whole_of(rule) | {part: value for part, value in given.items() if part not in _ASIDE}
            change_rule(rule, by=self.cast.administrator, via=VIA, document=document, why=given["why"], at=at)
            self._read()

        return act

    def _read(self) -> None:
        self._of_new = Question(each for each in ready_rules(timed=False) if each.trigger["on"] == "created")
        self._timed = [Question([each]) for each in ready_rules(timed=True)]

    def opened(self, ticket: Ticket, at: datetime) -> None:
        """Let the rules judge a ticket that was just opened."""
        index_tickets([ticket.pk])
        opening = ticket.events.only("pk").get(number=1)
        fired = ask(self._of_new, ticket, opening.pk, at=at)
        if any("major" in change for firing in fired for change in firing.changes):
            self._wait(after(at, _DECIDED_AFTER), lambda then: self._dismiss(ticket, then))
        for each in self._timed:
            (rule,) = each.rules
            due = due_at(levels_now().hours_of(ticket), ticket.created_at, rule.trigger["minutes"]).due_at
            self._wait(due, lambda then, one=each: self._time_has_passed(one, ticket, then))

    def _wait(self, at: datetime, act: Callable[[datetime], None]) -> None:
        self._count += 1  # what is due at the same moment keeps its order
        heapq.heappush(self._waiting, (at, self._count, act))

    def _time_has_passed(self, question: Question, ticket: Ticket, at: datetime) -> None:
        if all(question.answers(ticket)):
            lock(ticket)
            fire(question.rules[0], ticket, since=ticket.created_at, at=at)

    def _dismiss(self, ticket: Ticket, at: datetime) -> None:
        """None of them was one: whoever leads the team looked and said so."""
        proposal = MajorProposal.objects.select_related("ticket").get(ticket=ticket)
        dismiss_proposal(proposal, by=self.cast.people["mariko.okamoto"], via="page", at=at)

    def until(self, moment: datetime) -> None:
        while self._waiting and self._waiting[0][0] <= moment:
            at, _count, act = heapq.heappop(self._waiting)
            act(at)


def all_judged() -> None:
    """What happened in the demo has had its turn: the live run begins with what comes."""
    now = timezone.now()
    take_turns(TicketEvent.objects.filter(at__gt=now - JUDGES_FOR))
    Turn.objects.update(judged_at=now)


def _filled(part, mailbox: str):
    if isinstance(part, dict):
        return {name: _filled(value, mailbox) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(one, mailbox) for one in part]
    return mailbox if part == "{mailbox}" else part
