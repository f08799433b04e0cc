"""A draft's moments as things that happened one after the other. Knows no database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from servicedesk.tickets.workflow import Phase, Workflow, workflow_of

from .drafts import Draft, Moment, digest_of

_MADE = {"assigned": "accept", "waiting_requester": "ask_requester", "waiting_vendor": "wait_for_vendor",
         "waiting_date": "wait_until", "resolved": "resolve", "closed": "close", "cancelled": "cancel"}  # fmt: skip
NAMED = ("team", "assignee", "category")
_PLAIN = ("impact", "urgency", "priority")


@dataclass(frozen=True)
class Told:
    """One thing that happened, by the names of its source; `names` are [before, after] of what becomes rows here."""

    verb: str
    at: datetime
    by: str = ""
    public: bool = True
    data: dict[str, Any] = field(default_factory=dict)
    names: dict[str, list] = field(default_factory=dict)

    def as_json(self) -> list:
        return [self.verb, self.at.isoformat(), self.by, self.data, {name: list(map(list, pair)) if name == "category"
                else pair for name, pair in self.names.items()}]  # fmt: skip


def told_of(draft: Draft) -> list[Told]:
    """Everything that happened, oldest first.

    The order of the rows is believed before their times: none is later than one that follows it, nor earlier than the
    opening. The last resolution is at the moment that the source calls so, when that fits between its neighbours.
    """
    return sorted(_told(draft), key=lambda each: each.at)  # rows of one moment stay in their order


def steps_digest(told: Iterable[Told]) -> str:
    return digest_of([each.as_json() for each in told])


def last_resolution(draft: Draft) -> int | None:
    """The place of the moment in which it became resolved for the last time."""
    found = None
    for place, each in enumerate(draft.moments):
        if each.status == "resolved" and (place == 0 or draft.moments[place - 1].status != "resolved"):
            found = place
    return found


def _told(draft: Draft) -> Iterator[Told]:
    yield Told("open", draft.opened_at, draft.entered_by or draft.requester, data={"channel": str(draft.channel)})
    workflow, times, last = workflow_of(draft.type), _times(draft), last_resolution(draft)
    before, status = draft.moments[0], workflow.statuses[0].name
    for place, (each, at) in enumerate(zip(draft.moments, times, strict=True)):
        yield from _changes(before, each, at)
        if each.status != status:
            data = {"from": status, "to": each.status} | ({"said": each.said} if each.said else {})
            by = (draft.resolved_by if place == last else "") or each.by
            yield Told(_verb(workflow, status, each), _resolution(draft, times, last, at, place), by, data=data)
        before, status = each, each.status


def _times(draft: Draft) -> list[datetime]:
    times = [each.at for each in draft.moments]
    if draft.closed_at and draft.moments[-1].status in ("closed", "cancelled"):
        first = next(place for place, each in enumerate(draft.moments) if _ends(draft.moments, place))
        times[first] = max(draft.closed_at, *times[:first]) if first else draft.closed_at
    for place in range(len(times) - 2, -1, -1):
        times[place] = min(times[place], times[place + 1])
    return [max(at, draft.opened_at) for at in times]


def _ends(moments: tuple[Moment, ...], place: int) -> bool:
    """Whether it is closed from here to its end."""
    return all(each.status == moments[-1].status for each in moments[place:])


def _resolution(draft: Draft, times: list[datetime], last: int | None, at: datetime, place: int) -> datetime:
    if place != last or draft.resolved_at is None:
        return at
    later = [times[n] for n in range(place + 1, len(times)) if draft.moments[n].status != "resolved"]
    fits = at <= draft.resolved_at and (not later or draft.resolved_at <= later[0])
    return draft.resolved_at if fits else at


def _changes(before: Moment, now: Moment, at: datetime) -> Iterator[Told]:
    names = {name: [getattr(before, name), getattr(now, name)] for name in NAMED}
    names = {name: pair for name, pair in names.items() if pair[0] != pair[1]}
    plain = {name: [getattr(before, name), getattr(now, name)] for name in _PLAIN}
    plain = {name: [int(one) for one in pair] for name, pair in plain.items() if pair[0] != pair[1]}
    given = {name: names.pop(name) for name in ("team", "assignee") if name in names}
    if given:
        yield Told("assign", at, now.by, names=given)
    if names or plain:
        yield Told("change", at, now.by, public=False, data={"changes": plain} if plain else {}, names=names)


def _verb(workflow: Workflow, status: str, now: Moment) -> str:
    """The step of the process that leads there, or a word for what no step does."""
    if now.status == "in_progress":
        phase = workflow.status(status).phase
        verb = "reopen" if phase in (Phase.RESOLVED, Phase.CLOSED) else "resume" if phase == Phase.WAITING else "start"
    else:
        verb = _MADE.get(now.status, "")
    known = bool(verb) and status in workflow.transition(verb).sources and not now.said
    return verb if known else "set_status"
