"""Promises to call somebody back."""

import logging
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.dateformat import format as in_words
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.people.rules import check
from servicedesk.tickets.actions import lock, record
from servicedesk.tickets.actions import note as write_note
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.web.text import lines, one_line

from ..models import Call, CallBack

log = logging.getLogger(__name__)

MOST_LETTERS = 2_000
_LONGEST = timedelta(days=366)
_A_MOMENT = timedelta(minutes=2)


class QuickTime(NamedTuple):
    """A time that people usually agree on; `at` is None when it is over for today."""

    name: str
    label: str
    at: datetime | None


def quick_times(now: datetime | None = None) -> list[QuickTime]:
    """In half an hour, in an hour, this afternoon, tomorrow morning, in the reader's zone. Before a weekend the morning
    is Monday's.
    """
    here = timezone.localtime(now)
    afternoon = next((hour for hour in (15, 17) if here.time() < time(hour - 1, 30)), None)
    days = {4: 3, 5: 2}.get(here.weekday(), 1)
    morning = _at(here + timedelta(days=days), 9, 30)
    return [
        QuickTime("half_hour", _("In 30 minutes"), here + timedelta(minutes=30)),
        QuickTime("hour", _("In an hour"), here + timedelta(hours=1)),
        QuickTime(
            "afternoon",
            _("This afternoon, %(time)s") % {"time": f"{afternoon}:00"} if afternoon else _("This afternoon"),
            _at(here, afternoon) if afternoon else None,
        ),
        QuickTime(
            "morning",
            (
                _("Tomorrow morning, %(time)s") % {"time": "9:30"}
                if days == 1
                else _("%(day)s morning, %(time)s") % {"day": in_words(morning, "l"), "time": "9:30"}
            ),
            morning,
        ),
    ]


def _at(day: datetime, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day.date(), time(hour, minute)), day.tzinfo)


@transaction.atomic
def plan_call_back(
    ticket: Ticket,
    *,
    by: User,
    via: str,
    whom: str,
    due_at: datetime,
    number: str = "",
    assignee: User | None = None,
    team: Team | None = None,
    note: str = "",
    call: Call | None = None,
    permitted: bool = False,
    at: datetime | None = None,
) -> CallBack:
    """Promise that somebody will be called back at a time, by one person or one team; by oneself when neither is named.

    Who takes a call down promises on behalf of the team that gets the ticket: `permitted`. `at` is for demo content.
    Refuses (field in brackets): nobody to call (whom), a time that is over or more than a year away (due_at), both a
    person and a team, or one of them who does not work on the ticket (assignee, team), a note that is too long (note).
    """
    lock(ticket)
    if not permitted:
        check(by, "tickets.call_back", ticket)
    whom, number, note = one_line(whom, 120), one_line(number, 40), _note(note)
    if not whom:
        raise TicketError(_("Say who is to be called."), field="whom")
    _check_time(due_at, "due_at", at)
    if assignee is None and team is None:
        assignee = by
    if assignee is not None and team is not None:
        raise TicketError(_("Choose a person or a team."), field="assignee")
    if assignee is not None and not assignee.may("tickets.call_back", ticket):
        raise TicketError(
            _("%(name)s does not work on this ticket and would not see the call-back.")
            % {"name": assignee.display_name},
            field="assignee",
        )
    if team is not None and not team_works_on(team, ticket):
        raise TicketError(
            _("The team “%(team)s” does not work on this ticket and would not see the call-back.")
            % {"team": team.name},
            field="team",
        )
    call_back = CallBack.objects.create(
        ticket=ticket, call=call, whom=whom, number=number, due_at=due_at, assignee=assignee, team=team, note=note,
        created_by=by, created_at=at or timezone.now(),
    )  # fmt: skip
    _record(call_back, "plan_call_back", by=by, via=via, at=at, due_at=due_at, **_owner(call_back))
    return call_back


@transaction.atomic
def finish_call_back(call_back: CallBack, *, by: User, via: str, note: str = "") -> CallBack:
    """They were reached. What was said is kept as an internal note. Refuses one that is over already."""
    _hold(call_back, by)
    _say(call_back, note, by=by)
    _end(call_back, CallBack.State.DONE, by=by)
    _record(call_back, "finish_call_back", by=by, via=via)
    return call_back


@transaction.atomic
def miss_call_back(call_back: CallBack, *, by: User, via: str, again_at: datetime, note: str = "") -> CallBack:
    """Nobody answered: the next try is at `again_at`. Refuses a time that is over (again_at), and one that is over."""
    _hold(call_back, by)
    _check_time(again_at, "again_at")
    _say(call_back, note, by=by)
    call_back.tries = min(call_back.tries + 1, 999)
    call_back.last_try_at, call_back.due_at, call_back.told_at = timezone.now(), again_at, None
    call_back.save(update_fields=["tries", "last_try_at", "due_at", "told_at"])
    _record(call_back, "miss_call_back", by=by, via=via, due_at=again_at, tries=call_back.tries)
    return call_back


@transaction.atomic
def cancel_call_back(call_back: CallBack, *, by: User, via: str, note: str = "") -> CallBack:
    """Nobody needs to call any more; why is kept as an internal note. Refuses one that is over already."""
    _hold(call_back, by)
    _say(call_back, note, by=by)
    _end(call_back, CallBack.State.CANCELLED, by=by)
    _record(call_back, "cancel_call_back", by=by, via=via)
    return call_back


def tell_of_due_call_backs(limit: int = 200) -> int:
    """Say on the tickets that a call-back is due, longest due first, for up to `limit` of them; returns of how many.
    Who calls hears of it by the event's mail.

    Each has a transaction of its own and is looked at again under the ticket's lock: in two workers at once, or after
    one was killed, every time that was agreed on is told of once.
    """
    due = CallBack.objects.filter(state=CallBack.State.OPEN, told_at__isnull=True, due_at__lte=timezone.now())
    told = 0
    for pk in list(due.order_by("due_at", "id").values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic():
                told += _tell(CallBack.objects.select_related("ticket", "team").get(pk=pk))
        except Exception:
            log.exception("nobody was told of call-back %s", pk)
    return told


def _tell(call_back: CallBack) -> bool:
    _lock(call_back)
    now = timezone.now()
    if not call_back.is_open or call_back.told_at is not None or call_back.due_at > now:
        return False
    call_back.told_at = now
    call_back.save(update_fields=["told_at"])
    _record(call_back, "call_back_due", by=None, via="system", due_at=call_back.due_at, **_owner(call_back))
    return True


def team_works_on(team: Team, ticket: Ticket) -> bool:
    """Whether the members of a team work on a ticket because they are in it."""
    if not team.is_active:
        return False
    if ticket.team_id == team.pk:
        return True
    if ticket.is_confidential:
        return ticket.shares.filter(team=team).exists()
    return ticket.team_id is None or (ticket.service is not None and ticket.service.team_id == team.pk)


def _lock(call_back: CallBack) -> None:
    """The ticket's lock, then the row's."""
    ticket = lock(call_back.ticket)
    call_back.refresh_from_db(from_queryset=CallBack.objects.select_for_update(of=["self"]))
    call_back.ticket = ticket


def _hold(call_back: CallBack, by: User) -> None:
    """Its locks; the right to it; and it must be open still."""
    _lock(call_back)
    check(by, "tickets.call_back", call_back.ticket)
    if not call_back.is_open:
        raise TicketError(
            _("This call-back is over already: “%(state)s”. Somebody may have called just now.")
            % {"state": call_back.get_state_display()},
            code="call_back_over",
        )


def _note(text: str) -> str:
    text = lines(text).strip()
    if len(text) > MOST_LETTERS:
        raise TicketError(
            _("A note may have up to %(most)d letters; the rest belongs into the ticket.") % {"most": MOST_LETTERS},
            field="note",
        )
    return text


def _say(call_back: CallBack, text: str, *, by: User) -> None:
    if text := _note(text):
        write_note(call_back.ticket, by=by, via="phone", body=text)


def _end(call_back: CallBack, state: str, *, by: User) -> None:
    call_back.state, call_back.ended_at, call_back.ended_by = state, timezone.now(), by
    call_back.save(update_fields=["state", "ended_at", "ended_by"])


def _check_time(at: datetime, field: str, now: datetime | None = None) -> None:
    now = now or timezone.now()
    if at < now - _A_MOMENT:
        raise TicketError(_("This time is over. Choose a later one."), field=field)
    if at > now + _LONGEST:
        raise TicketError(_("This is more than a year away. Choose an earlier time."), field=field)


def _owner(call_back: CallBack) -> dict[str, Any]:
    """Who calls, as event data names them."""
    if call_back.team is not None:
        return {"team": [call_back.team_id, call_back.team.name]}
    return {"user": [call_back.assignee_id]}


def _record(call_back: CallBack, verb: str, *, by: User | None, via: str, **data: Any) -> None:
    """On the time line of those who work on the ticket: whom we call is nobody else's business."""
    record(call_back.ticket, verb, by=by, via=via, call_back=call_back.pk, **data)
