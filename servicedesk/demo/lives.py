"""The life of one demo ticket: planned as steps with their times, then lived (acts.py)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from .acts import Act, Acts, Step
from .endings import approve
from .grammar import Telling
from .times import after

# Where a life may stop today; the rest goes on until it is closed.
NEW, ASSIGNED, IN_PROGRESS, ASKED, VENDOR, RESOLVED = "new", "assigned", "in_progress", "asked", "vendor", "resolved"


@dataclass
class Life(Acts):
    """One ticket, planned as its story is told."""

    def __post_init__(self):
        story = self.story
        self.japanese = story.language == "ja"
        self.service = self.cast.services[story.service]
        self.agent = self._agent_of(story.team or self.service.team.code)
        self.channel = story.channel or self._channel()
        colleague = self.rng.choice([key for key in self.cast.staff if self._speaks(key)])
        department = self.requester.department
        self.telling = Telling(
            story,
            self.rng,
            {
                "me": self._short(self.requester),
                "my_department": department.name if self.japanese else department.name_en,
                "colleague": self._short(self.cast.people[colleague]),
                "agent": self._short(self.agent),
                "team": self.service.team.name,
                "floor": self.rng.choice(["2階", "3階", "4階", "5階"] if self.japanese else ["3rd floor", "5th floor"]),
                "pc": f"PC-{self.rng.randint(201, 890):04d}",
                "ext": self.requester.extension,
            },
        )
        self._plan()

    # --- the plan -----------------------------------------------------------------------------------------------------

    def _then(self, at: datetime, act: Act, leaves: str = "") -> datetime:
        self.steps.append(Step(at, act, leaves))
        return at

    def _plan(self) -> None:
        story, rng = self.story, self.rng
        at = self._then(self.created, self._open, NEW)
        entered_by_desk = self.channel in ("phone", "chat", "desk")
        if not self.stop and story.source != "alert" and not entered_by_desk and rng.random() < 0.04:
            self._then(after(at, rng.uniform(4, 60)), self._cancel)
            return
        if rng.random() < 0.1 and story.source != "alert":
            at = self._then(after(at, rng.uniform(3, 30)), self._says_more)
        if rng.random() < 0.06 and not self.service.is_confidential and story.source != "alert":
            self._then(at + timedelta(minutes=2), self._share)
            at += timedelta(minutes=2)
        at = self._taken(at, entered_by_desk)
        if not story.answers and not entered_by_desk and story.source != "alert" and self.created.minute % 3 == 0:
            at = self._then(at + timedelta(minutes=2), self._says_that_it_came)
        for answer in story.answers[: 1 if rng.random() < 0.9 else 0]:
            at = self._then(after(at, rng.uniform(3, 40)), self._replies(answer))
        for question, answer in story.asks:
            at = self._then(after(at, rng.uniform(4, 60)), self._asks(question), ASKED)
            at = self._then(after(at, rng.uniform(8, 400)), self._answers(answer))
        if story.notes:
            at = self._then(after(at, rng.uniform(5, 50)), self._notes(rng.choice(story.notes)))
        if story.escalate:
            at = self._escalated(at)
        if story.vendor:
            at = self._then(after(at, rng.uniform(5, 60)), self._waits, VENDOR)
            at = self._then(after(at, rng.uniform(300, 1500)), self._resumes)
        at = self._done(at, story.resolutions, half=bool(story.reopens))
        if story.reopens and (self.stop or rng.random() < 0.6):
            at = self._then(after(at, rng.uniform(120, 900)), self._reopens)
            at = self._done(after(at, rng.uniform(30, 300)), story.again, half=True)
        if rng.random() < 0.55:
            at = self._then(after(at, rng.uniform(10, 700)), self._confirms)
        else:
            at = self._then(at + timedelta(days=7, minutes=rng.randint(1, 9)), self._closes_by_itself)
        self._then(after(at, 90), partial(approve, self))

    def _taken(self, at: datetime, entered_by_desk: bool) -> datetime:
        """Somebody of the team takes it, or the lead gives it to somebody; perhaps its fields are put right."""
        rng = self.rng
        wait = (
            rng.uniform(1, 6) if entered_by_desk else rng.uniform(6, 150) if self._hurry() > 1 else rng.uniform(2, 25)
        )
        if self.stop == ASSIGNED or (rng.random() < 0.25 and not entered_by_desk):
            at = self._then(after(at, wait), self._assigned, ASSIGNED)
            wait = rng.uniform(5, 90)
        at = self._then(after(at, wait), self._starts, IN_PROGRESS)
        if rng.random() < 0.3:
            at = self._then(at + timedelta(minutes=rng.randint(1, 4)), self._sorts)
        if rng.random() < 0.04 and self.story.source != "alert":
            at = self._then(at + timedelta(minutes=1), self._overrides)
        if self.story.tags and rng.random() < 0.6:
            at = self._then(at + timedelta(minutes=1), self._tags)
        return at

    def _hurry(self) -> int:
        return self.urgency or self.story.urgency

    def _escalated(self, at: datetime) -> datetime:
        rng = self.rng
        at = self._then(after(at, rng.uniform(5, 45)), self._escalates)
        at = self._then(after(at, rng.uniform(8, 120)), self._second_tier_takes)
        for text in self.story.tier2_notes:
            at = self._then(after(at, rng.uniform(20, 180)), self._notes(text))
        return at

    def _done(self, at: datetime, resolutions: list[str], *, half: bool) -> datetime:
        least, most = (value // (2 if half else 1) for value in self.story.minutes)
        minutes = max(5, self.rng.randint(least, most))
        at = self._then(after(at, minutes), self._logs(minutes))
        return self._then(at + timedelta(minutes=1), self._resolves(resolutions), RESOLVED)

    def until(self, stage: str) -> bool:
        """Cut the plan behind the first step that leaves the ticket in this stage; False when none does."""
        for place, step in enumerate(self.steps):
            if step.leaves == stage:
                del self.steps[place + 1 :]
                return True
        return False
