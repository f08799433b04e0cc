"""Telephone calls: taken down while somebody talks, kept at every pause, and then a ticket or a word in one."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Item, Service
from servicedesk.people.actions import audit, guest
from servicedesk.people.models import User
from servicedesk.people.queries import person_by_address, visible_people
from servicedesk.people.rules import check
from servicedesk.tickets.actions import add_items, assign, move, reply
from servicedesk.tickets.actions import note as write_note
from servicedesk.tickets.actions.talk import answered
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Category, Channel, Ticket
from servicedesk.tickets.queries import visible_tickets
from servicedesk.tickets.workflow import Phase
from servicedesk.web.text import lines, one_line

from ..models import Call
from ..titles import title_of
from .call_backs import plan_call_back
from .receive import MOST_LETTERS, receive
from .senders import language_of

# What of the form is kept while it is being written, and how much of each.
FIELDS = {
    "requester": 300,
    "caller_name": 120,
    "caller_email": 254,
    "number": 40,
    "about": 20,
    "say": 10,
    "kind": 10,
    "title": 300,
    "text": MOST_LETTERS,
    "service": 20,
    "items": 400,
    "category": 20,
    "impact": 2,
    "urgency": 2,
    "is_confidential": 2,
    "call_back": 20,
    "call_back_at": 20,
    "call_back_number": 40,
    "call_back_note": 2_000,
    "call_back_by": 10,
}
_FORGET_AFTER = timedelta(days=7)
_LONGEST = timedelta(hours=12)


@transaction.atomic
def save_call(
    *,
    by: User,
    key: str,
    fields: Mapping[str, str],
    caller: User | None = None,
    window: str = "",
    turn: int = 0,
    version: int = 0,
    started_at: datetime | None = None,
) -> Call:
    """Keep what is typed so far. A call that is over stays as it is, and so does a newer save of the same window.

    Refuses when another window has gone on with the call since this one saw it (code `other_window`): neither may write
    over the other.
    """
    check(by, "calls.take")
    call = _hold(by, key, started_at)
    if call.state != Call.State.OPEN:
        return call
    _refuse_stale(call, window, version)
    if call.window == window and call.version and turn <= call.turn:
        return call
    kept = {name: lines(str(value))[: FIELDS[name]] for name, value in fields.items() if name in FIELDS and value}
    call.fields = kept
    call.number = one_line(kept.get("number", ""), 40)
    call.caller = caller
    call.caller_name = one_line(kept.get("caller_name", "") or ("" if caller else kept.get("requester", "")), 120)
    call.is_confidential = _is_confidential(kept)
    call.window, call.turn, call.version = window, turn, call.version + 1
    call.saved_at = timezone.now()
    call.save()
    return call


def finish_call(
    *,
    by: User,
    via: str,
    key: str,
    caller: User | None = None,
    caller_name: str = "",
    caller_email: str = "",
    number: str = "",
    about: Ticket | None = None,
    public: bool = False,
    kind: str = "incident",
    title: str = "",
    text: str = "",
    service: Service | None = None,
    category: Category | None = None,
    impact: int | None = None,
    urgency: int | None = None,
    items: Iterable[Item] = (),
    is_confidential: bool = False,
    take: bool = False,
    call_back: Mapping[str, Any] | None = None,
    direction: str = Call.Direction.IN,
    window: str | None = None,
    version: int = 0,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Call:
    """Make a ticket of a call, or with `about` a note in that one (`public`: a reply, which its people get by mail).

    Sent twice with the same key it is done once. A caller who is not known is a guest when an address is given, else
    the agent is the requester and the ticket's source says who called: without an address nobody can be written to.
    A call of the requester is the ticket's first response when it had none.
    `call_back` is a promise: `due_at`, `number`, `note`, and `by_team` when not oneself calls but the ticket's team.
    Refuses what `receive`, `reply`, `note` and `plan_call_back` refuse, nobody at all (requester), the address of
    somebody who has left (caller_email), and a second window that has not seen what the first wrote (`other_window`).
    """
    check(by, "calls.take")
    with transaction.atomic():
        call = _hold(by, key, started_at)
        if call.state == Call.State.DONE:
            return call
        if window is not None and call.version:
            _refuse_stale(call, window, version)
        number, caller_name = one_line(number, 40), one_line(caller_name, 120)
        if caller is None and caller_email:
            caller = caller_by_address(caller_email, caller_name, f"{title}\n{text}", by=by, via=via)
        if about is not None:
            ticket = _tell(about, text, public=public, caller=caller, by=by)
            add_items(ticket, items, by=by, via=via)
        else:
            if caller is None and not caller_name:
                raise TicketError(_("Say who called: choose somebody, or write a name."), field="requester")
            requester = caller or by
            who = "" if caller else caller_name
            ticket = receive(
                kind=kind, title=title or title_of(text), description=text, requester=requester, by=by, via=via,
                channel=Channel.PHONE, source=" · ".join(filter(None, (who, number))), service=service,
                category=category, impact=impact, urgency=urgency, items=items, is_confidential=is_confidential,
                language=requester.language, keep_original=False,
            )  # fmt: skip
        # Of an unknown caller the agent is the requester in name alone.
        by_requester = about is None if caller is None else caller.pk == ticket.requester_id != by.pk
        if by_requester:
            answered(ticket, ticket.created_at if about is None else timezone.now())
        if take and visible_tickets(by).filter(pk=ticket.pk).exists() and by.may("tickets.assign", ticket):
            assign(ticket, by=by, via=via, assignee=by)
        call.state, call.ticket, call.direction = Call.State.DONE, ticket, direction
        call.caller, call.caller_name, call.number = caller, "" if caller else caller_name, number
        call.fields, call.is_confidential = {}, ticket.is_confidential
        call.ended_at = _within(ended_at, call.started_at)
        call.save()
        if call_back is not None:
            whom = caller.display_name if caller else caller_name or ticket.requester.display_name
            _promise(ticket, call, call_back, whom=whom, number=number, by=by, via=via)
        return call


@transaction.atomic
def drop_call(call: Call, *, by: User, via: str) -> Call:
    """It is no ticket: a wrong number, a test. Its words are gone after a week. Refuses a call that is over."""
    _own(call, by)
    if call.ticket is not None:
        raise TicketError(_("This call is in %(number)s already.") % {"number": call.ticket.number}, code="call_over")
    if call.state == Call.State.OPEN:
        call.state, call.ended_at = Call.State.DROPPED, timezone.now()
        call.save(update_fields=["state", "ended_at"])
        audit(call, "drop_call", by=by, via=via, label=f"call {call.pk}")
    return call


@transaction.atomic
def restore_call(call: Call, *, by: User, via: str) -> Call:
    """Take a dropped call up again; nothing happens to one that is not dropped."""
    _own(call, by)
    if call.state == Call.State.DROPPED:
        call.state, call.ended_at = Call.State.OPEN, None
        call.save(update_fields=["state", "ended_at"])
        audit(call, "restore_call", by=by, via=via, label=f"call {call.pk}")
    return call


@transaction.atomic
def take_over_call(call: Call, *, by: User, via: str) -> Call:
    """Go on with a call that somebody of one's team left unfinished. Refuses one that is over."""
    call.refresh_from_db(from_queryset=Call.objects.select_for_update())
    check(by, "calls.take_over", call)
    if call.state != Call.State.OPEN:
        raise TicketError(_("This call is over already."), code="call_over")
    before, call.by = call.by, by
    # A window of theirs that is open still must not go on writing.
    call.window, call.version = "", call.version + 1
    call.save(update_fields=["by", "window", "version"])
    audit(
        call, "take_over_call", by=by, via=via, label=f"call {call.pk}", changes={"by": [before.pk, by.pk]},
    )  # fmt: skip
    return call


def forget_dropped_calls() -> int:
    """Delete the calls that were dropped more than a week ago; how many."""
    return Call.objects.filter(state=Call.State.DROPPED, ended_at__lt=timezone.now() - _FORGET_AFTER).delete()[0]


def _hold(by: User, key: str, started_at: datetime | None) -> Call:
    """The call of this page under its lock, begun now when it is new. Whoever else saves or sends it waits."""
    if Call.objects.filter(key=key).exclude(by=by).exists():
        raise TicketError(_("Somebody of your team has taken this call over."), code="taken_over")
    begun = _within(started_at, timezone.now() - _LONGEST)
    Call.objects.get_or_create(by=by, key=key, defaults={"started_at": begun, "saved_at": timezone.now()})
    return Call.objects.select_for_update().get(by=by, key=key)


def _own(call: Call, by: User) -> None:
    call.refresh_from_db(from_queryset=Call.objects.select_for_update())
    check(by, "calls.take", call)


def _within(at: datetime | None, earliest: datetime) -> datetime:
    """A moment as a browser or a telephone system says it, when it can be true, else now."""
    now = timezone.now()
    return at if at is not None and earliest <= at <= now else now


def _refuse_stale(call: Call, window: str, version: int) -> None:
    if call.version and call.window != window and call.version != version:
        raise TicketError(
            _("This call was gone on with in another window. Open it anew to see what was written there."),
            code="other_window",
        )


def _is_confidential(fields: Mapping[str, str]) -> bool:
    if fields.get("is_confidential"):
        return True
    service, about = fields.get("service", ""), fields.get("about", "")
    if service.isascii() and service.isdecimal() and len(service) < 16:
        if Service.objects.filter(pk=int(service), is_confidential=True).exists():
            return True
    return bool(about) and Ticket.objects.filter(number=about, is_confidential=True).exists()


@transaction.atomic
def caller_by_address(address: str, name: str, words: str, *, by: User, via: str) -> User:
    """Whose address this is; a guest when it is nobody's."""
    person = person_by_address(address)
    if person is not None and visible_people(by).filter(pk=person.pk).exists():
        return person
    if User.objects.filter(email__iexact=address).exists():
        raise TicketError(
            _("This is the address of somebody who has left. Take it away, and the ticket is in your name."),
            field="caller_email",
        )
    return guest(address, name=name, language=language_of(words) or by.language, by=by, via=via)


def _tell(about: Ticket, text: str, *, public: bool, caller: User | None, by: User) -> Ticket:
    """Write in a ticket what somebody said. The answer that it waits for resumes the work, as one by mail would."""
    if not visible_tickets(by).filter(pk=about.pk).exists():
        raise TicketError(_("There is no such ticket."), field="about")
    check(by, "tickets.note", about)
    try:
        if public:
            reply(about, by=by, via="phone", body=text, moves=False)
        else:
            write_note(about, by=by, via="phone", body=text)
    except TicketError as refusal:
        raise TicketError(
            refusal.sentence, field="text" if refusal.field == "body" else refusal.field, code=refusal.code
        ) from refusal
    step = about.workflow.when_requester_writes.get(about.status)
    if caller is not None and caller.pk == about.requester_id and about.phase == Phase.WAITING and step:
        move(about, step, by=by, via="phone", permitted=True)
    return about


def _promise(
    ticket: Ticket, call: Call, wanted: Mapping[str, Any], *, whom: str, number: str, by: User, via: str
) -> None:
    """The call-back, by the agent or by the ticket's team: whoever works on the ticket of the two, wished one first."""
    mine = by.may("tickets.call_back", ticket)
    team = ticket.team if ticket.team is not None and (wanted.get("by_team") or not mine) else None
    plan_call_back(
        ticket,
        by=by,
        via=via,
        whom=whom,
        number=wanted.get("number") or number,
        due_at=wanted["due_at"],
        note=wanted.get("note", ""),
        team=team,
        call=call,
        permitted=True,
    )
