"""The post-mortem: what is written, who does what until when, and when it is finished."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.actions import lock, record
from servicedesk.tickets.actions.core import person_ref
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.web.text import lines, one_line

from ...models import CauseCode
from ..models import MajorIncident, PostMortem, PostMortemAction
from .force import let_see

MOST_LETTERS = 20_000
TO_FINISH = {
    "what_happened": gettext_lazy("Write what happened."),
    "lessons": gettext_lazy("Write what we learn from it."),
    "held_on": gettext_lazy("Say when it was held."),
    "cause_code": gettext_lazy("Choose the cause."),
}
"""What a finished post-mortem says, and the sentence that asks for it."""


def missing_to_finish(told: Mapping[str, Any]) -> dict[str, Any]:
    """Of TO_FINISH what is empty."""
    return {name: sentence for name, sentence in TO_FINISH.items() if not told.get(name)}


@transaction.atomic
def save_post_mortem(
    major: MajorIncident,
    *,
    by: User,
    via: str,
    cause_code: CauseCode | None = None,
    held_on: date | None = None,
    present: Iterable[User] | None = None,
    at: datetime | None = None,
    **texts: str,
) -> PostMortem:
    """Write the draft: `what_happened`, `helped`, `hindered`, `lessons` as far as given, the cause code of the
    incident, when it was held and who was present. Refuses one that is finished, and a meeting in the future.
    """
    ticket = _hold(major, by)
    unknown = set(texts) - set(PostMortem.TEXTS)
    if unknown:
        raise LookupError(f"Not settable: {sorted(unknown)}")
    row = _draft(major)
    for name, text in texts.items():
        if len(text) > MOST_LETTERS:
            raise TicketError(_("This text has at most 20,000 letters."), field=name)
    if held_on is not None and held_on > timezone.localdate():
        raise TicketError(_("Write down the day when it was held, not one to come."), field="held_on")
    new: dict[str, Any] = {name: lines(text).strip() for name, text in texts.items()}
    if held_on is not None:
        new["held_on"] = held_on
    changes: dict[str, list | None] = {name: None for name, value in new.items() if getattr(row, name) != value}
    for name, value in new.items():
        setattr(row, name, value)
    row.save()
    if present is not None:
        people = {person.pk: person for person in present}
        if set(row.present.values_list("pk", flat=True)) != set(people):
            row.present.set(people.values())
            changes["present"] = None
    if cause_code is not None and cause_code.pk != major.incident.cause_code_id:
        _set_cause(major, cause_code, changes)
    if changes:
        record(ticket, "save_post_mortem", by=by, via=via, at=at, changes=changes)
    return row


def _set_cause(major: MajorIncident, cause: CauseCode, changes: dict[str, list | None]) -> None:
    if not cause.is_active:
        raise TicketError(_("This cause code is no longer in use."), field="cause_code")
    incident = major.incident
    changes["cause_code"] = [getattr(incident.cause_code, "code", None), cause.code]
    incident.cause_code = cause
    incident.save(update_fields=["cause_code"])


@transaction.atomic
def finish_post_mortem(major: MajorIncident, *, by: User, via: str, at: datetime | None = None) -> PostMortem:
    """Say that it is complete; from then on it only reads. Refuses while what happened, the lessons, the day or the
    cause is missing.
    """
    ticket = _hold(major, by)
    row = _draft(major)
    told = {name: getattr(row, name) for name in TO_FINISH if name != "cause_code"}
    for name, sentence in missing_to_finish(told | {"cause_code": major.incident.cause_code}).items():
        raise TicketError(sentence, field=name)
    row.finished_at, row.finished_by = at or timezone.now(), by
    row.save(update_fields=["finished_at", "finished_by"])
    record(ticket, "finish_post_mortem", by=by, via=via, at=at)
    return row


@transaction.atomic
def reopen_post_mortem(major: MajorIncident, *, by: User, via: str) -> PostMortem:
    """Make a finished one a draft again; a draft stays one."""
    ticket = _hold(major, by)
    row = PostMortem.objects.get_or_create(major=major)[0]
    if row.is_finished:
        row.finished_at = row.finished_by = None
        row.save(update_fields=["finished_at", "finished_by"])
        record(ticket, "reopen_post_mortem", by=by, via=via)
    return row


@transaction.atomic
def add_action(
    major: MajorIncident, *, by: User, via: str, what: str, owner: User, due_on: date, at: datetime | None = None
) -> PostMortemAction:
    """Agree who does what until when; the owner sees the ticket from then on. Also after the post-mortem is finished.
    Refuses an empty one, a day gone by, guests and people who left.
    """
    ticket = _hold(major, by)
    what = one_line(what, 300)
    if not what:
        raise TicketError(_("Write what is to be done."), field="what")
    if not owner.is_active or owner.is_guest:
        raise TicketError(_("%(name)s is no longer here.") % {"name": owner.display_name}, field="owner")
    if due_on < timezone.localdate(at):
        raise TicketError(_("This day is over. Choose today or a day to come."), field="due_on")
    row = PostMortem.objects.get_or_create(major=major)[0]
    made = PostMortemAction.objects.create(post_mortem=row, what=what, owner=owner, due_on=due_on)
    let_see(major, owner, by=by, via=via, at=at)
    record(ticket, "add_action", by=by, via=via, at=at, user=person_ref(owner), due_on=due_on, action=made.pk)
    return made


@transaction.atomic
def finish_action(
    action: PostMortemAction, *, by: User, via: str, done: bool = True, at: datetime | None = None
) -> PostMortemAction:
    """Say that it is done, or with `done` False that it is not yet. For its owner and for whoever may edit."""
    major = action.post_mortem.major
    ticket = lock(major.incident.ticket)
    if by.pk != action.owner_id:
        check(by, "incidents.post_mortem", ticket)
    fresh = PostMortemAction.objects.select_for_update().get(pk=action.pk)
    if (fresh.done_on is not None) != done:
        action.done_on = timezone.localdate(at) if done else None
        action.save(update_fields=["done_on"])
        verb = "finish_action" if done else "reopen_action"
        record(ticket, verb, by=by, via=via, at=at, user=person_ref(action.owner), action=action.pk)
    return action


def _hold(major: MajorIncident, by: User) -> Ticket:
    ticket = lock(major.incident.ticket)
    check(by, "incidents.post_mortem", ticket)
    return ticket


def _draft(major: MajorIncident) -> PostMortem:
    if major.retracted_at is not None:
        raise TicketError(_("This was no major incident."), code="retracted")
    row = PostMortem.objects.get_or_create(major=major)[0]
    if row.is_finished:
        raise TicketError(_("The post-mortem is finished. Open it again to change it."), code="finished")
    return row
