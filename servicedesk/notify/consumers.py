"""Who hears of an event: for each person a notice on the pages, which may go to their devices too, and a row of
outgoing mail. Repeating it makes no second row (`notice_once`, `mail_out_once`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Prefetch
from django.utils import timezone

from servicedesk.people.models import Team, User
from servicedesk.tickets.actions.talk import undo_until
from servicedesk.tickets.models import Comment, Priority, TicketEvent
from servicedesk.tickets.permissions import speaks_for_desk, works_on
from servicedesk.tickets.queries import sees
from servicedesk.tickets.tiers import HANDED, HIERARCHICAL

from .actions import BETWEEN
from .concerned import whom
from .letters import Desk, compose, ids_in
from .models import NoticeSettings, Notification, OutgoingMail, Way
from .pushing import PAUSE
from .queries import notice_settings, with_devices

Kind, State = OutgoingMail.Kind, OutgoingMail.State
# Older events come from imports, or from a desk that stood still: nobody wants to read today what they know.
TELLS_FOR = timedelta(days=3)
_KINDS = {
    "open": Kind.RECEIPT,
    "reply": Kind.REPLY,
    "resolve": Kind.RESOLVED,
    "reopen": Kind.REOPENED,
    "close": Kind.CLOSED,
    "cancel": Kind.CANCELLED,
    "merge": Kind.MERGED,
    "assign": Kind.ASSIGNED,
    "de_escalate": Kind.ASSIGNED,
    "forward": Kind.FORWARDED,
    "answer_from_outside": Kind.OUTSIDE,
    "bounce": Kind.BOUNCED,
    "call_back_due": Kind.CALLBACK,
    "thank": Kind.THANKS,
    "near_target": Kind.TARGET,
    "miss_target": Kind.TARGET,
    "ask_to_close": Kind.APPROVAL,
    "send_back": Kind.SENT_BACK,
    "confirm": Kind.CONFIRMED,
    "hold_closing": Kind.HELD_BACK,
    "announce_closing": Kind.CLOSES,
    "wake": Kind.AWAKE,
    "join_major": Kind.KNOWN,
    "join_force": Kind.FORCE,
    "update_due": Kind.UPDATE_DUE,
    "add_action": Kind.ACTION,
    "action_due": Kind.ACTION_DUE,
    "tell": Kind.TOLD,
    "rate": Kind.LOW_MARK,
}
_WITH_WORDS = {
    Kind.REPLY, Kind.MENTIONED, Kind.FORWARDED, Kind.OUTSIDE, Kind.THANKS, Kind.SENT_BACK, Kind.ESCALATED,
}  # fmt: skip
_OF_A_FORCE = (Kind.FORCE, Kind.UPDATE_DUE, Kind.ACTION, Kind.ACTION_DUE)


@dataclass(frozen=True)
class Told:
    """That a person hears of an event, before the question how: `kind` is that of the mail."""

    event: TicketEvent
    person: User
    kind: str
    may_see: bool
    leaves_at: datetime
    comment: Comment | None

    @property
    def notice(self) -> str:
        """What kind of thing that is to the person."""
        if self.kind in (Kind.RESOLVED, Kind.REOPENED, Kind.CLOSED, Kind.CANCELLED, Kind.MERGED, Kind.KNOWN):
            return Notification.Kind.STATUS
        if self.kind == Kind.CLOSES:
            return Notification.Kind.STATUS
        if self.kind in (Kind.APPROVAL, Kind.SENT_BACK, Kind.CONFIRMED, Kind.HELD_BACK):
            return Notification.Kind.CLOSING
        if self.kind in _OF_A_FORCE:
            return Notification.Kind.FORCE
        if self.kind == Kind.OUTSIDE:
            return Notification.Kind.ANSWER
        if self.kind == Kind.MENTIONED:
            return Notification.Kind.MENTION
        if self.kind == Kind.REPLY and speaks_for_desk(self.person, self.event.ticket):
            return Notification.Kind.ANSWER
        return self.kind

    @property
    def must_be_a_mail(self) -> bool:
        """A receipt, and what goes to somebody who can neither sign in nor see the ticket: nobody chooses that."""
        return self.kind in (Kind.RECEIPT, Kind.FORWARDED) or self.person.is_guest or not self.may_see

    @property
    def is_urgent(self) -> bool:
        """Not what is learnt from it afterwards."""
        ticket = self.event.ticket
        return self.kind not in (Kind.ACTION, Kind.ACTION_DUE) and (ticket.priority == Priority.P1 or ticket.is_major)


def tell_people(events: Sequence[TicketEvent]) -> None:
    """Write the mails and the notices about events: a receipt for the requester, a reply for the other side, and so on.

    Nobody hears of what they did themselves, of what they got by mail already from whoever wrote it, of a ticket that
    they may not see at this moment, or of words whose sender is not proved. The rest comes as they chose.
    """
    desk, receipts, teams = Desk(events), _receipts_lately(events), _teams_told(events)
    told = [each for event in events for each in _told_of(event, desk, receipts, teams.get(event.pk, []))]
    chosen = notice_settings({each.person for each in told if not each.must_be_a_mail})
    reached = with_devices({each.person for each in told if not each.must_be_a_mail}) if settings.PUSH_KEY else set()
    mails, notices = [], []
    for each in told:
        own = NoticeSettings() if each.must_be_a_mail else chosen[each.person.pk]
        way = Way.MAIL if each.must_be_a_mail else own.way(each.notice)
        if way == Way.MAIL:
            mails.append(_mail(each, desk, own))
        if way != Way.NONE and _is_on_the_pages(each):
            pushed = not each.must_be_a_mail and each.person.pk in reached and own.pushes(each.notice)
            notices.append(_notice(each, own, in_digest=way == Way.DIGEST, pushed=pushed))
    OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
    Notification.objects.bulk_create(notices, ignore_conflicts=True)
    taken_back = [event.data["reply_id"] for event in events if event.verb == "take_back"]
    if taken_back:
        not_gone = OutgoingMail.objects.filter(event_id__in=taken_back, state__in=[State.WAITING, State.HELD])
        not_gone.update(state=State.STOPPED, error="")
        Notification.objects.filter(event_id__in=taken_back).delete()


def _kinds_of(event: TicketEvent) -> list[str]:
    """What is told of an event; whoever is mentioned in a reply or note hears of that, and of nothing else."""
    kinds: list[str] = [_KINDS[event.verb]] if event.verb in _KINDS else []
    if event.verb == "rate" and not event.data.get("low"):
        return []
    if event.data.get("kind") == HIERARCHICAL:
        kinds = [Kind.ESCALATED]
    return [Kind.MENTIONED, *kinds] if event.data.get("mentions") else kinds


def _told_of(event: TicketEvent, desk: Desk, receipts: Counter[str], team: Sequence[User]) -> Iterator[Told]:
    """Who hears of an event; `team` are those who hear that the ticket came to their team."""
    kinds = _kinds_of(event)
    if not (kinds or team) or event.at < timezone.now() - TELLS_FOR or event.data.get("unproved"):
        return
    ticket = event.ticket
    comment = _comment_of(event) if _WITH_WORDS & set(kinds) else None
    if comment is not None and comment.taken_back_at is not None:
        return
    if {Kind.REOPENED, Kind.CANCELLED} & set(kinds) and _goes_with_a_reply(event):
        return
    undo = (
        undo_until(comment)
        if comment is not None and (comment.author is None or works_on(comment.author, ticket))
        else None
    )
    leaves_at = undo + BETWEEN if undo else timezone.now()
    # A receipt goes to whoever asked; that is its purpose.
    told: set[int] = {event.by_id} if event.by_id and Kind.RECEIPT not in kinds else set()
    told.update(ids_in(event, "addressed"))
    for kind, person in ((one, each) for one in kinds for each in whom(one, event, ticket, desk)):
        if person.pk in told or not person.is_active or not person.email or not person.is_reachable:
            continue
        told.add(person.pk)
        may_see = sees(person, ticket)
        if not may_see and person.pk not in ids_in(event, "bcc"):
            continue
        if kind == Kind.RECEIPT:
            if receipts[person.email] >= settings.MAIL_RECEIPTS_PER_HOUR:
                continue
            receipts[person.email] += 1
        yield Told(event, person, kind, may_see, leaves_at, comment)
    for person in team:
        if person.pk not in told | {event.by_id} and works_on(person, ticket):
            yield Told(event, person, Kind.TEAM, True, leaves_at, None)


def _comment_of(event: TicketEvent) -> Comment | None:
    """The words that belong to an event: its own, or the note that it names."""
    rows = Comment.objects.select_related("event").prefetch_related("attachments")
    if "note" in event.data:
        return rows.filter(ticket=event.ticket_id, event__number=event.data["note"]).first()
    return rows.filter(pk=event.pk).first()


def _mail(told: Told, desk: Desk, own: NoticeSettings) -> OutgoingMail:
    event, person, kind = told.event, told.person, told.kind
    echo = kind != Kind.RECEIPT or event.ticket.channel != "mail"
    letter = compose(kind, event, person, desk, echo=echo, comment=told.comment, sees=told.may_see)
    quiet = _quiet(told, own)
    return OutgoingMail(
        ticket=event.ticket,
        event=event,
        kind=kind,
        to_user=person,
        to_address=person.email,
        from_address=letter.from_address,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        message_id=letter.message_id,
        headers=letter.headers,
        with_files=letter.with_files,
        try_after=quiet or told.leaves_at,
        error=OutgoingMail.QUIET if quiet else "",
    )


def _quiet(told: Told, own: NoticeSettings) -> datetime | None:
    """When the quiet hours are over for which this waits."""
    return None if told.is_urgent and own.urgent_at_once else own.quiet_end(told.leaves_at)


def _is_on_the_pages(told: Told) -> bool:
    """Not what is one's own doing, nor what is for somebody who cannot sign in or see the ticket."""
    return told.event.by_id != told.person.pk and not told.person.is_guest and told.may_see


def _notice(told: Told, own: NoticeSettings, *, in_digest: bool, pushed: bool) -> Notification:
    return Notification(
        person=told.person,
        ticket=told.event.ticket,
        event=told.event,
        kind=told.notice,
        created_at=told.event.at,
        digest_at=own.next_digest(timezone.now()) if in_digest else None,
        push_at=(_quiet(told, own) or told.leaves_at + PAUSE) if pushed else None,
    )


def _teams_told(events: Sequence[TicketEvent]) -> Mapping[int, Sequence[User]]:
    """By event, those who hear that a ticket which nobody has came to their team: at most two queries for all."""
    came = {event.pk: event.ticket.team_id for event in events if _came_to_its_team(event)}
    if not came:
        return {}
    members = Prefetch("members", User.objects.filter(is_active=True).order_by("pk"))
    rows = Team.objects.filter(pk__in=set(came.values()), is_active=True).select_related("lead")
    teams = {
        team.pk: [team.lead] if team.lead is not None and team.lead.is_active else list(team.members.all())
        for team in rows.prefetch_related(members)
    }
    return {event: teams.get(team, []) for event, team in came.items()}


def _came_to_its_team(event: TicketEvent) -> bool:
    ticket = event.ticket
    if ticket.team_id is None or ticket.assignee_id is not None or not ticket.is_open:
        return False
    changed = (event.data.get("changes") or {}).get("team") if event.verb in HANDED else None
    return event.verb == "open" or bool(changed and changed[1] and changed[1][0] == ticket.team_id)


def _receipts_lately(events: Sequence[TicketEvent]) -> Counter[str]:
    """How many receipts the requesters of new tickets had within an hour, by address."""
    asked = {event.ticket.requester.email for event in events if _KINDS.get(event.verb) == Kind.RECEIPT}
    if not asked:
        return Counter()
    recent = OutgoingMail.objects.filter(
        kind=Kind.RECEIPT, to_address__in=asked, created_at__gt=timezone.now() - timedelta(hours=1)
    )
    return Counter(dict(recent.values_list("to_address").annotate(count=Count("pk")).order_by()))


def _goes_with_a_reply(event: TicketEvent) -> bool:
    """Whether the same person's reply stands beside the event: its mail says it all."""
    return TicketEvent.objects.filter(
        ticket_id=event.ticket_id, number__in=(event.number - 1, event.number + 1), verb="reply", by=event.by_id
    ).exists()
