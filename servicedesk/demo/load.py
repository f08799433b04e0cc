"""Loading the demo: one transaction, the same for the same seed, its times counted back from now."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation

from servicedesk.escalation.ledger import count_all
from servicedesk.frontdoor.home import write_private
from servicedesk.levels.keeping import keep_clocks
from servicedesk.levels.queries import reading_once
from servicedesk.people.actions import audit
from servicedesk.people.models import AuditEntry, User
from servicedesk.reports.facts import recount
from servicedesk.tickets.consumers import index_tickets
from servicedesk.tickets.models import Outbox, Ticket, TicketEvent

from .acts import Step
from .call_backs import promise_calls
from .company import SIGN_INS, VIA, Cast, found
from .directory import write_directory
from .grammar import Story, stories
from .lives import ASKED, ASSIGNED, IN_PROGRESS, NEW, RESOLVED, VENDOR, Life
from .major import Major, PastMajor
from .rules import Rules, all_judged
from .satisfaction import write_satisfaction
from .texts import write_texts
from .times import TOKYO, after, moment_between

_DAYS = 120
# How many are open in which stage, beside the major incidents and the two doubles of one.
_OPEN = {NEW: 10, ASSIGNED: 7, IN_PROGRESS: 10, ASKED: 6, VENDOR: 4, RESOLVED: 6}
_LATE = 6
_LOCK = 0x64656D6F
_VERB = "load_demo"


class NotEmpty(Exception):
    """The desk has people or tickets of its own."""


@dataclass(frozen=True)
class LoadedDemo:
    """What was made; `already` when an earlier run had made it."""

    people: int
    tickets: int
    open: int
    sign_ins: Path
    already: bool = False


def load(*, seed: int = 20, tickets: int = 300, now: datetime | None = None) -> LoadedDemo:
    """Make the demo company and its tickets in an empty desk, all of it or nothing.

    Mails about what happened long ago are not sent: the words are indexed and what was saved is counted here, and the
    events' outbox rows taken away.
    Writes the sign-ins to `MADOGUCHI_HOME/demo-sign-ins.txt`, readable by its owner only. Raises NotEmpty.
    """
    path = Path(settings.HOME) / "demo-sign-ins.txt"
    with transaction.atomic(), translation.override("ja"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if AuditEntry.objects.filter(verb=_VERB).exists():
            return _count(path, already=True)
        if User.objects.exists() or Ticket.objects.exists():
            raise NotEmpty
        with connection.cursor() as cursor:
            # Undone by a roll back, unlike nextval: a load that broke off leaves no gap in the numbers.
            cursor.execute("ALTER SEQUENCE ticket_number_incident RESTART")
            cursor.execute("ALTER SEQUENCE ticket_number_request RESTART")
        moment = (now or timezone.now()).astimezone(TOKYO)
        cast = found(moment.date())
        write_texts(cast)
        rules = Rules(cast, moment)
        cast.opened = rules.opened
        _live(plan(cast, random.Random(seed), moment, tickets, rules), rules, moment)
        promise_calls(moment)
        write_directory(cast, moment)
        write_satisfaction(cast, moment, seed)
        ids = list(Ticket.objects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), 500):
            index_tickets(ids[start : start + 500])
            keep_clocks(ids[start : start + 500])
        count_all(TicketEvent.objects.all())
        all_judged()
        recount()
        Outbox.objects.all().delete()
        audit(None, _VERB, by=None, via=VIA, label="Demo")
        # Before the commit: passwords that are in the database are always in the file as well.
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, sign_ins(cast))
        return _count(path)


def _count(path: Path, *, already: bool = False) -> LoadedDemo:
    still_open = Ticket.objects.filter(closed_at__isnull=True).count()
    return LoadedDemo(User.objects.count(), Ticket.objects.count(), still_open, path, already)


def _live(steps: list[Step], rules: Rules, now: datetime) -> None:
    with reading_once():
        for step in steps:
            rules.until(step.at)
            step.act(step.at)
        rules.until(now)


def plan(cast: Cast, rng: random.Random, now: datetime, tickets: int, rules: Rules) -> list[Step]:
    """All steps of all lives in the order of their times, none of them later than now."""
    told = _Stories(cast, rng)
    major, past = Major(cast, now), PastMajor(cast, now)
    lives = []
    late = _LATE
    for stage, count in _OPEN.items():
        for _each in range(round(count * tickets / 300)):
            is_late = late > 0 and stage in (ASSIGNED, IN_PROGRESS) and rng.random() < 0.5
            late -= is_late
            lives.append(_open_life(told, rng, now, stage, is_late=is_late))
    while len(lives) < tickets - 4:
        lives.append(_closed_life(told, rng, now))
    lives.sort(key=lambda life: life.created)
    _tie(lives, rng, now)
    steps = [(step.at, place, step) for place, life in enumerate(lives) for step in life.steps]
    steps += [(at, -1, Step(at, act)) for at, act in rules.steps]
    steps += [(step.at, len(lives), step) for step in major.steps]
    steps += [(step.at, len(lives) + 1, step) for step in past.steps]
    # Steps of one ticket that share a moment keep their order, since sorting is stable.
    steps.sort(key=lambda one: one[:2])
    return [step for _at, _place, step in steps]


class _Stories:
    """Draws stories by the weight of their service, each about as often as its neighbours, with somebody to ask."""

    def __init__(self, cast: Cast, rng: random.Random):
        self.cast, self.rng = cast, rng
        self.all = stories()
        self.left = {story.id: 0 for story in self.all}

    def draw(self, fits=lambda story: True) -> Story:
        fitting = [story for story in self.all if fits(story)]
        per_service: dict[str, int] = {}
        for story in fitting:
            per_service[story.service] = per_service.get(story.service, 0) + 1
        weights = [
            self.cast.weights[story.service] / per_service[story.service] / (1 + self.left[story.id]) ** 1.5
            for story in fitting
        ]
        story = self.rng.choices(fitting, weights)[0]
        self.left[story.id] += 1
        return story

    def asker(self, story: Story) -> User:
        people = [self.cast.people[key] for key in self.cast.staff]
        people = [person for person in people if person.language == story.language]
        if story.asked_by:
            people = [person for person in people if person.department.code in story.asked_by] or people
        # Those whose sign-ins are handed out have more to look at.
        return self.rng.choices(people, [3 if self._signs_in(person) else 1 for person in people])[0]

    def _signs_in(self, person: User) -> bool:
        return any(person.pk == self.cast.people[key].pk for _role, key in SIGN_INS)


def _closed_life(told: _Stories, rng: random.Random, now: datetime) -> Life:
    story = told.draw()
    asker = told.asker(story)
    start = now - timedelta(days=_DAYS)
    end = now - timedelta(days=2)
    while True:
        created = moment_between(rng, start, end, any_hour=story.source == "alert" or rng.random() < 0.06)
        life = Life(story, told.cast, rng, created, asker)
        if life.steps[-1].at < now - timedelta(minutes=5):
            return life
        end = created - timedelta(hours=6)


def _open_life(told: _Stories, rng: random.Random, now: datetime, stage: str, *, is_late: bool) -> Life:
    def fits(story: Story) -> bool:
        return {ASKED: bool(story.asks), VENDOR: bool(story.vendor)}.get(stage, True)

    story = told.draw(fits)
    asker = told.asker(story)
    impact = story.impact or told.cast.services[story.service].default_impact
    youngest, oldest = _ages(rng, stage, impact, is_late=is_late)
    while True:
        created = moment_between(rng, now - oldest, now - youngest)
        urgency = 3 if now - created > timedelta(hours=3) else story.urgency
        life = Life(story, told.cast, rng, created, asker, stop=stage, urgency=urgency)
        if life.until(stage) and life.steps[-1].at < now - timedelta(minutes=2):
            return life
        youngest, oldest = youngest + timedelta(hours=4), oldest + timedelta(hours=8)


def _ages(rng: random.Random, stage: str, impact: int, *, is_late: bool) -> tuple[timedelta, timedelta]:
    """How old an open ticket is; who is not late is younger than its target (3 days for P3, 7 for P4)."""
    if is_late:
        return timedelta(days=8), timedelta(days=24)
    if stage == NEW:
        return timedelta(minutes=4), timedelta(hours=rng.choice([2, 20, 44]))
    if stage == RESOLVED:
        return timedelta(days=1), timedelta(days=6)
    return timedelta(hours=2), timedelta(days=5 if impact == 4 else 2.3)


def _tie(lives: list[Life], rng: random.Random, now: datetime) -> None:
    """The same trouble within a few days: an agent notes that the tickets belong together."""
    for place, life in enumerate(lives):
        if len(life.steps) < 3 or rng.random() < 0.4:
            continue
        for other in reversed(lives[max(0, place - 40) : place]):
            near = life.created - other.created < timedelta(days=9)
            if near and other.story.id == life.story.id and other.requester.pk != life.requester.pk:
                at = after(life.steps[2].at, 3)
                # Before the next step, so that whoever has the ticket then does it.
                later = life.steps[3].at if len(life.steps) > 3 else now
                if at < min(later, now):
                    life.steps.insert(3, Step(at, life.ties(other)))
                break


def sign_ins(cast: Cast) -> str:
    """The sign-ins as a table for people."""
    rows = [(role, cast.people[key]) for role, key in SIGN_INS]
    lines = ["デモのサインイン / Demo sign-ins", ""]
    for (role, person), (_role, key) in zip(rows, SIGN_INS, strict=True):
        lines.append(f"{_wide(role, 32)}{_wide(person.name, 14)}{person.email:<32}{cast.passwords[key]}")
    return "\n".join(lines) + "\n"


def _wide(text: str, width: int) -> str:
    """Filled up with blanks to a width on the screen, on which Japanese letters take two places."""
    taken = sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
    return text + " " * max(1, width - taken)
