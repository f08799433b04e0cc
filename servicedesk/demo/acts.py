"""What happens to a demo ticket, each by the action that people use."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cmdb.models import Item
from cmdb.queries import items_in_use, items_of
from incidents import actions as incident_actions
from incidents.models import CauseCode, Incident
from requests import actions as request_actions
from requests.models import ServiceRequest
from servicedesk.desk.models import ReplyTemplate
from servicedesk.desk.templates import filled
from servicedesk.intake.actions import receive
from servicedesk.people.models import User
from servicedesk.priorities.actions import change_ticket, override_priority
from servicedesk.tickets.actions import (
    add_items,
    assign,
    escalate,
    link,
    log_work,
    note,
    reply,
    set_tags,
    share,
    watch,
)  # fmt: skip
from servicedesk.tickets.actions.talk import answered
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.workflow import TicketType

from .company import MONITOR, Cast
from .endings import end
from .files import file
from .grammar import Story
from .times import after, opening

Act = Callable[[datetime], object]
_CANCELS = {
    "ja": [
        "再起動したら直りました。お騒がせしました。",
        "自己解決しましたので取り下げます。",
        "同じ内容で課の者が先に連絡していました。",
    ],
    "en": ["It works again after a restart. Sorry for the noise.", "Solved it myself, thank you anyway."],
}
_OVERRIDES = {
    "ja": ["本日の取締役会で使うため", "お客様立ち会いの検査が明日あるため", "決算作業の期間中のため"],
    "en": ["Customer visit tomorrow morning", "Needed for the closing of the quarter"],
}
_MORE = {
    "ja": [
        "補足です。昨日の夕方までは問題ありませんでした。",
        "急ぎではありませんが、今週中に見ていただけると助かります。",
    ],
    "en": ["One more thing: it still worked yesterday afternoon.", "No hurry, but this week would be great."],
}


@dataclass
class Step:
    """What happens at a moment. `leaves` is the stage in which the ticket is afterwards, where that matters."""

    at: datetime
    act: Act
    leaves: str = ""


@dataclass
class Acts:
    """One ticket and those who have to do with it. `urgency` replaces the story's; `stop` is the stage in which it is
    today, empty when closed.
    """

    story: Story
    cast: Cast
    rng: random.Random
    created: datetime
    requester: User
    stop: str = ""
    urgency: int | None = None
    steps: list[Step] = field(default_factory=list)
    ticket: Ticket | None = None
    record: Incident | ServiceRequest | None = None

    # --- words and people ---------------------------------------------------------------------------------------------

    def _speaks(self, key: str) -> bool:
        person = self.cast.people[key]
        return (person.language == "ja") == self.japanese and person.pk != self.requester.pk

    def _short(self, person: User) -> str:
        """The family name of Japanese people, the first name of others."""
        return person.name.split(" ")[0]

    def _agent_of(self, team: str) -> User:
        """Somebody of a team, rather one who writes the language of the ticket."""
        members = [self.cast.people[key] for key in self.cast.members[team]]
        if self.story.service == "hr":
            return members[0]
        if self.story.service == "security":
            return members[-1]
        same = [person for person in members if person.language == self.story.language]
        return self.rng.choice(same or members)

    def _channel(self) -> str:
        if self.story.source == "alert":
            return "alert"
        return self.rng.choices(["portal", "mail", "phone", "chat", "desk"], [48, 27, 16, 5, 4])[0]

    # --- what happens, each by an action ------------------------------------------------------------------------------

    @property
    def _is_incident(self) -> bool:
        assert self.ticket is not None
        return self.ticket.type == TicketType.INCIDENT

    def do(self, verb: str, at: datetime, **more) -> None:
        """One transition of the ticket's process."""
        if self._is_incident:
            getattr(incident_actions, f"{verb}_incident")(self.record, at=at, **more)
        else:
            getattr(request_actions, f"{verb}_service_request")(self.record, at=at, **more)

    def _open(self, at: datetime) -> None:
        by, via, source = self.requester, "page", ""
        if self.channel == "alert":
            by, via, source = self.cast.people[MONITOR], "api", "mon01"
        elif self.channel == "mail":
            via, source = "mail", self.cast.mailbox
        elif self.channel in ("phone", "chat", "desk"):
            by = self.agent
        self.ticket = receive(
            kind=self.story.kind,
            title=self.telling.one(self.story.titles),
            description=self.telling.asked(self.channel),
            requester=by if self.channel == "alert" else self.requester,
            by=by,
            via=via,
            channel=self.channel,
            source=source,
            service=self.service,
            category=self._category() if self.rng.random() < 0.6 or self.channel == "alert" else None,
            team=self.cast.teams.get(self.story.team),
            impact=self.story.impact,
            urgency=self._hurry(),
            files=[file(name, self.rng) for name in self.story.files if self.rng.random() < 0.7],
            language=self.story.language,
            at=at,
            keep_original=self.channel != "mail",
        )
        if self.channel == "phone":
            answered(self.ticket, at)
        self.record = (
            Incident.objects.get(pk=self.ticket.pk)
            if self._is_incident
            else ServiceRequest.objects.get(pk=self.ticket.pk)
        )
        self.record.ticket = self.ticket
        self.cast.opened(self.ticket, at)
        self._follow()

    def _follow(self) -> None:
        """Whoever the desk gave it to by itself goes on with it."""
        code = self.ticket.team.code
        if self.ticket.assignee is not None:
            self.agent = self.ticket.assignee
        elif code != (self.story.team or self.service.team.code):
            self.agent = self._agent_of(code)

    def _category(self):
        return self.cast.categories[self.story.category]

    def _cancel(self, at: datetime) -> None:
        reason = self.rng.choice(_CANCELS[self.story.language])
        self.do("cancel", at, by=self.requester, via="page", reason=reason)

    def _says_more(self, at: datetime) -> None:
        reply(
            self.ticket,
            by=self.requester,
            body=self.rng.choice(_MORE[self.story.language]),
            via=self._their_way(),
            at=at,
        )

    def _their_way(self) -> str:
        return "mail" if self.channel == "mail" else "page"

    def _share(self, at: datetime) -> None:
        head = self.requester.department.head
        if head is not None and head.pk != self.requester.pk:
            share(self.ticket, by=self.requester, via="page", user=head, at=at)

    def _assigned(self, at: datetime) -> None:
        lead = self.cast.people[self.ticket.team.lead.email.split("@")[0]]
        assign(self.ticket, by=lead, via="page", assignee=self.agent, at=at)

    def _starts(self, at: datetime) -> None:
        self.do("start", at, by=self.agent, via="page")
        if self.ticket.priority <= 2 and self.rng.random() < 0.5:
            watch(self.ticket, by=self.cast.people["yumi.inoue"], via="page", at=at)
        if not self._is_incident and self.story.kind == "request" and self.rng.random() < 0.6:
            self.do("change", at, by=self.agent, via="page", delivery_on=after(at, 1600).date())
        if self._is_incident:
            self._names_items(at)

    def _names_items(self, at: datetime) -> None:
        """The notebook of whoever asks, or one of the printers."""
        found: list[Item] = []
        if self.story.category == "hardware-pc":
            found = [item for item in items_of(self.agent, self.ticket.requester) if item.kind == "computer"][:1]
        elif self.story.service == "print":
            printers = list(items_in_use(self.agent).filter(kind="printer"))
            found = [printers[self.ticket.pk % len(printers)]]
        if found:
            add_items(self.ticket, found, by=self.agent, via="page", at=at)

    def _sorts(self, at: datetime) -> None:
        change_ticket(self.ticket, by=self.agent, via="page", at=at, category=self._category())

    def _overrides(self, at: datetime) -> None:
        if self.ticket.priority > 1:
            override_priority(
                self.ticket, by=self.agent, via="page", priority=self.ticket.priority - 1,
                note=self.rng.choice(_OVERRIDES[self.story.language]), at=at,
            )  # fmt: skip

    def _tags(self, at: datetime) -> None:
        set_tags(self.ticket, by=self.agent, via="page", tags=self.story.tags, at=at)

    def _replies(self, text: str) -> Act:
        return lambda at: reply(self.ticket, by=self.agent, via="page", at=at, body=self._greeted(text))

    def _greeted(self, text: str) -> str:
        return self.telling.greeted(text, self._short(self.agent), self.ticket.team.name)

    def _says_that_it_came(self, at: datetime) -> None:
        template = ReplyTemplate.objects.get(code="uketsuke", team=None)
        body = filled(template, self.ticket, self.agent)[0]
        reply(self.ticket, by=self.agent, via="page", at=at, body=body, template=template.pk)

    def _asks(self, question: str) -> Act:
        return lambda at: self.do("ask_requester", at, by=self.agent, via="page", message=self._greeted(question))

    def _answers(self, answer: str) -> Act:
        return lambda at: reply(
            self.ticket, by=self.requester, body=self.telling.fill(answer), via=self._their_way(), at=at,
            files=[file(name, self.rng) for name in self.story.answer_files],
        )  # fmt: skip

    def _notes(self, text: str) -> Act:
        return lambda at: note(self.ticket, by=self.agent, body=self.telling.fill(text), via="page", at=at)

    def _escalates(self, at: datetime) -> None:
        if self.ticket.team.next_team is None:
            return  # a rule did it
        log_work(self.ticket, by=self.agent, via="page", minutes=15, worked_on=at.date(), at=at)
        escalate(self.ticket, by=self.agent, via="page", reason=self.telling.fill(self.story.escalate), at=at)

    def _second_tier_takes(self, at: datetime) -> None:
        if self.ticket.assignee is not None:
            return
        self.agent = self._agent_of(self.ticket.team.code)
        assign(self.ticket, by=self.agent, via="page", assignee=self.agent, at=at)

    def _waits(self, at: datetime) -> None:
        self.do("wait_for_vendor", at, by=self.agent, via="page", note_text=self.telling.fill(self.story.vendor))

    def _resumes(self, at: datetime) -> None:
        self.do("resume", at, by=self.agent, via="page")

    def _logs(self, minutes: int) -> Act:
        return lambda at: log_work(
            self.ticket, by=self.agent, via="page", minutes=minutes, worked_on=opening(at).date(), at=at
        )

    def _resolves(self, resolutions: list[str]) -> Act:
        def act(at: datetime) -> None:
            more = {}
            if self._is_incident:
                code = CauseCode.objects.get(code=self.story.cause)
                more = {"code": code, "human_error": self.story.human_error}
                if self.story.changed or self.story.security:
                    self.do(
                        "change", at, by=self.agent, via="page", caused_by_change=self.story.changed,
                        is_security=self.story.security,
                    )  # fmt: skip
            self.do("resolve", at, by=self.agent, via="page", resolution=self.telling.one(resolutions), **more)

        return act

    def _reopens(self, at: datetime) -> None:
        self.do("reopen", at, by=self.requester, via="page", reason=self.telling.one(self.story.reopens))

    def _confirms(self, at: datetime) -> None:
        """The requester agrees; for a machine whoever solved it does."""
        end(self, at, by=self.agent if self.channel == "alert" else self.requester, via="page")

    def _closes_by_itself(self, at: datetime) -> None:
        end(self, at, by=None, via="system")

    def ties(self, other: "Acts") -> Act:
        """An agent of the team notes that two tickets belong together."""
        return lambda at: link(self.ticket, other.ticket, "related", by=self.agent, via="page", at=at)
