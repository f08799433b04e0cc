"""Reads of mailboxes, mails, originals, calls and call-backs, and where a mail belongs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.people.models import Role, Team, User
from servicedesk.tickets.models import Comment, Ticket, TicketLink, TicketShare, Watcher
from servicedesk.tickets.permissions import asked, works_on
from servicedesk.tickets.queries import desk_tickets, scope_of, seen_by, visible_tickets, was_written_to
from servicedesk.web.errors import NotFound
from servicedesk.web.text import normalise

from . import tokens
from .mail.reading import Letter
from .models import Call, CallBack, DeadAddress, IncomingMail, Mailbox, Original
from .permissions import read_mail

State, Reason = IncomingMail.State, IncomingMail.Reason
MOST_COUNTED = 100
_NUMBER = re.compile(r"\[((?:INC|REQ|PRB|CHG)\d{7})\]")


def mailboxes() -> QuerySet[Mailbox]:
    return Mailbox.objects.select_related("service", "team")


def get_mailbox(pk: int) -> Mailbox:
    mailbox = mailboxes().filter(pk=pk).first()
    if mailbox is None:
        raise NotFound
    return mailbox


def mailbox_for(address: str) -> Mailbox | None:
    """The mailbox that takes mail for an address which a mail server hands over: its own (plus parts do not matter),
    else the one that takes its whole domain, else None. A fetched mailbox never takes what is handed over.
    """
    plain = tokens.without_plus(address)
    handed_over = Mailbox.objects.filter(kind=Mailbox.Kind.LISTENER, is_active=True)
    found = handed_over.filter(address__iexact=plain).first()
    if found is None:
        domain = plain.rpartition("@")[2]
        found = handed_over.filter(is_default=True, address__iendswith=f"@{domain}").order_by("id").first()
    return found


def mailboxes_by_id() -> dict[int, Mailbox]:
    """All mailboxes with service and team, for work on many mails: there are few, and each mail asks for them."""
    return {box.pk: box for box in mailboxes()}


def own_addresses(boxes: Iterable[Mailbox]) -> set[str]:
    """Addresses under which the desk itself writes, given all its mailboxes."""
    return {tokens.without_plus(each) for each in [settings.MAIL_FROM, *(box.address for box in boxes)]}


def mailboxes_to_fetch() -> list[int]:
    """Ids of the mailboxes whose turn it is, longest waiting first."""
    rows = Mailbox.objects.filter(kind=Mailbox.Kind.IMAP, is_active=True, try_after__lte=timezone.now())
    return list(rows.order_by("try_after").values_list("pk", flat=True))


def visible_mails(user: User) -> QuerySet[IncomingMail]:
    """Mails in the ledger that a person may know of, without their raw bytes.

    Of a ticket: whoever sees the ticket at the desk; a confidential one's only its team and assignee. Of none: agents
    those of their teams' mailboxes and of mailboxes without a team, administrators all but those of confidential
    services.
    """
    if not user.is_active or not (user.is_agent or user.is_administrator):
        return IncomingMail.objects.none()
    teams = scope_of(user).teams
    box = Q(pk__in=[])
    if user.is_administrator:
        box |= Q(service__isnull=True) | Q(service__is_confidential=False)
    if user.is_agent:
        box |= Q(team__in=teams) | Q(service__team__in=teams)
        box |= Q(team__isnull=True, service__isnull=True)
    ours = Q(ticket__is_confidential=False) | Q(ticket__assignee=user) | Q(ticket__team__in=teams)
    # Not by a join: PostgreSQL would go from the few mailboxes to all of their mails.
    boxes = Mailbox.objects.order_by().filter(box)
    seen = Q(ticket__isnull=True, mailbox__in=boxes) | Q(ticket__isnull=False) & seen_by(user, "ticket__") & ours
    return IncomingMail.objects.filter(seen).defer("raw").select_related("mailbox", "ticket", "assignee")


def get_mail(user: User, pk: int) -> IncomingMail:
    """The mail with its raw bytes at hand, or NotFound."""
    mail = (
        visible_mails(user)
        .filter(pk=pk)
        .select_related("mailbox", "ticket__service", "mentions", "assignee", "refused_by")
        .first()
    )
    if mail is None or not read_mail(user, mail):
        raise NotFound
    return mail


def mails_of_ticket(user: User, ticket: Ticket) -> list[IncomingMail]:
    """What came in by mail for a ticket, oldest first, for those who may read it; nothing for others."""
    return list(visible_mails(user).filter(ticket=ticket).order_by("received_at", "id")[:200])


def mail_of_message(user: User, ticket: Ticket, event: int) -> IncomingMail | None:
    """The mail behind a message of a ticket by the number of its event; 0 is the description.

    Those who may read the ticket's mails get any. Its writer gets their own when it is proved to be theirs: what
    somebody sent in their name must not reach them as HTML. Nobody else does, since a mail quotes ours with the marks
    by which answers find their ticket.
    """
    of = Q(state=State.REPLY, comment__event__number=event) if event else Q(state=State.TICKET)
    if works_on(user, ticket):
        rows = visible_mails(user).filter(of, ticket=ticket)
    else:
        written = Q(comment__author=user, comment__is_public=True) if event else Q(ticket__entered_by=user)
        rows = IncomingMail.objects.defer("raw").filter(of, written, ticket=ticket, is_proved=True)
    return rows.select_related("mailbox", "ticket__service").order_by("id").first()


def original_of(ticket: Ticket) -> Original | None:
    """How a ticket was handed over on a channel other than mail."""
    return Original.objects.filter(ticket=ticket).select_related("by").first()


def failed_originals(user: User) -> QuerySet[Original]:
    """Submissions of other channels that failed on our side. They may be about anything: for administrators."""
    rows = Original.objects.filter(ticket__isnull=True).exclude(error="").select_related("by", "requester")
    return rows if user.is_administrator else rows.none()


def needs_a_look(user: User) -> int:
    """How many mails wait for a decision, up to 100."""
    rows = visible_mails(user).filter(FATES["look"].rows)
    return rows.values("pk")[:MOST_COUNTED].count()


@dataclass(frozen=True)
class Fate:
    label: Any
    rows: Q


def _aside(*reasons: str) -> Q:
    return Q(state=State.IGNORED, reason__in=reasons)


# What becomes of mails, as the ledger is looked through. Every mail is in one of those after "look"; a mail that is too
# large is one that is held or not understood, too.
FATES = {
    "look": Fate(_("Needs a look"), Q(state__in=[State.HELD, State.FAILED])),
    "ticket": Fate(State.TICKET.label, Q(state=State.TICKET)),
    "reply": Fate(State.REPLY.label, Q(state=State.REPLY)),
    "held": Fate(State.HELD.label, Q(state=State.HELD)),
    "failed": Fate(State.FAILED.label, Q(state=State.FAILED)),
    "too_large": Fate(_("Too large"), Q(state__in=[State.HELD, State.FAILED, State.IGNORED], reason=Reason.TOO_LARGE)),
    "refused": Fate(_("Refused by a rule"), _aside(Reason.NOT_ACCEPTED)),
    "by_hand": Fate(_("Set aside by hand"), _aside(Reason.BY_HAND)),
    "duplicate": Fate(_("Duplicate"), _aside(Reason.DUPLICATE)),
    "auto_reply": Fate(_("Automatic reply"), _aside(Reason.AUTO_REPLY)),
    "bounce": Fate(_("Bounce"), _aside(Reason.BOUNCE)),
    "receipt": Fate(_("Read receipt"), _aside(Reason.RECEIPT)),
    "own": Fate(_("Our own mail"), _aside(Reason.OWN)),
    "waiting": Fate(State.WAITING.label, Q(state=State.WAITING)),
}


def counts_by_fate(user: User) -> dict[str, int]:
    """How many mails have each fate, each up to 100; by one query of as many short index scans."""
    mails = visible_mails(user).order_by()
    parts = [
        mails.filter(fate.rows).select_related(None).annotate(fate=Value(name)).values_list("fate", "pk")[:MOST_COUNTED]
        for name, fate in FATES.items()
    ]
    counts = dict.fromkeys(FATES, 0)
    for name, _pk in parts[0].union(*parts[1:], all=True):
        counts[name] += 1
    return counts


def mails_with(mails: QuerySet[IncomingMail], words: str) -> QuerySet[IncomingMail]:
    """Those of a sender or with a Message-ID, if the words are one; else with all the words in subject or sender."""
    words = words.strip()
    plain = normalise(words).strip("<>")
    if re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", plain):
        return mails.filter(Q(from_address=plain.lower()) | Q(message_id__in=[plain, f"<{plain}>", words]))
    for word in words.split()[:8]:
        mails = mails.filter(
            Q(subject__icontains=word)
            | Q(subject__icontains=normalise(word))
            | Q(from_name__icontains=word)
            | Q(from_address__icontains=normalise(word))
        )
    return mails


# --- where a mail belongs -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Thread:
    """`ticket`: where the mail belongs, None for nowhere. `by_token`: by a token that we sent to this sender, which
    proves them. `outside`: they do not see the ticket and were written to all the same. `mentions`: a ticket that it
    names without a right to it.
    """

    ticket: Ticket | None = None
    by_token: bool = False
    outside: bool = False
    mentions: Ticket | None = None


def thread_of(letter: Letter, envelope_to: str, sender: User | None) -> Thread:
    """Where a mail belongs: by the signed token; else by what it refers to, when the sender takes part in that
    ticket."""
    given = tokens.found_in(*letter.to, envelope_to, letter.in_reply_to, *reversed(letter.references))
    if sender is not None and given:
        own = {letter.from_address, sender.email, *_proved_addresses(sender)}
        for ticket_id, signature in given:
            if any(tokens.is_genuine(ticket_id, signature, address) for address in own):
                ticket = visible_tickets(sender).filter(pk=ticket_id).first()
                if ticket is not None:
                    return Thread(ticket, by_token=True)
                ticket = Ticket.objects.filter(pk=ticket_id).first()
                if ticket is not None and was_written_to(sender, ticket):
                    return Thread(ticket, by_token=True, outside=True)
    mentions = None
    for ticket in _tickets_referred_to(letter, [ticket_id for ticket_id, _signature in given]):
        if sender is not None and takes_part(sender, ticket):
            return Thread(ticket)
        mentions = mentions or ticket
    return Thread(mentions=mentions)


def successor(user: User, ticket: Ticket) -> Ticket:
    """What a converted ticket became, or in which a merged one goes on, as far as the person sees it; else the ticket
    itself.
    """
    while ticket.merged_into_id is not None:
        goes_on = visible_tickets(user).filter(pk=ticket.merged_into_id).first()
        if goes_on is None:
            return ticket
        ticket = goes_on
    link = ticket.links_out.filter(kind=TicketLink.Kind.CONVERTED).order_by("-id").first()
    if link is None or ticket.is_open:
        return ticket
    return visible_tickets(user).filter(pk=link.target_id).first() or ticket


def _proved_addresses(user: User) -> list[str]:
    return list(user.emailaddress_set.filter(verified=True).values_list("email", flat=True))  # type: ignore[attr-defined]


def _tickets_referred_to(letter: Letter, by_token: list[int]) -> list[Ticket]:
    referred = [each for each in [letter.in_reply_to, *reversed(letter.references)] if each]
    mails = IncomingMail.objects.filter(ticket__isnull=False)
    ids = list(by_token)
    if referred:
        ids += mails.filter(message_id__in=referred).exclude(message_id="").values_list("ticket_id", flat=True)[:20]
    if letter.message_id:  # an answer to this one was faster than this one
        ids += mails.filter(refers_to__contains=[letter.message_id]).values_list("ticket_id", flat=True)[:20]
    numbers = _NUMBER.findall(letter.subject.upper())[:5]
    found = list(Ticket.objects.filter(pk__in=ids[:50])) if ids else []
    if numbers:
        found += Ticket.objects.filter(number__in=numbers)
    return list({ticket.pk: ticket for ticket in found}.values())


def takes_part(user: User, ticket: Ticket) -> bool:
    """Whether somebody sees a ticket and has to do with it: asked, works on it, watches it, has it shared, wrote in
    it."""
    if not visible_tickets(user).filter(pk=ticket.pk).exists():
        return False
    return (
        asked(user, ticket)
        or works_on(user, ticket)
        or Watcher.objects.filter(ticket=ticket, user=user).exists()
        or TicketShare.objects.filter(ticket=ticket, user=user).exists()
        or Comment.objects.filter(ticket=ticket, author=user, is_public=True).exists()
    )


def addressed_ticket(letter: Letter, raw: bytes, envelope_to: str) -> tuple[Ticket | None, str]:
    """The ticket that an automatic answer or a bounce is about, and the address that our mail went to: by a token in it
    that is genuine for an address it names. Whoever makes a bounce up has none.
    """
    head = raw[:200_000].decode("ascii", "replace")
    given = tokens.found_in(*letter.to, envelope_to, letter.in_reply_to, *reversed(letter.references), head)
    if not given:
        return None, ""
    named = {each.lower() for each in re.findall(r"[\w.+%-]{1,64}@[\w.-]{3,200}", head)[:500]} | {letter.from_address}
    for ticket_id, signature in given[:10]:
        for address in sorted({each.strip(".") for each in list(named)[:100]}):
            if tokens.is_genuine(ticket_id, signature, address):
                return Ticket.objects.filter(pk=ticket_id).first(), tokens.normal(address)
    return None, ""


def dead_addresses() -> QuerySet[DeadAddress]:
    return DeadAddress.objects.order_by("-since_at", "-id")


def dead_addresses_of(ticket: Ticket) -> QuerySet[DeadAddress]:
    """Addresses of the requester that mail does not reach, as bounces said."""
    own = [tokens.normal(each) for each in (ticket.requester.email, *_proved_addresses(ticket.requester))]
    return DeadAddress.objects.filter(address__in=own)


def unreached(ticket: Ticket) -> dict:
    """What the pages of a ticket say about that: the addresses, and whether mail to its requester goes to one."""
    dead = list(dead_addresses_of(ticket))
    written_to = tokens.normal(ticket.requester.email)
    return {"dead_addresses": dead, "unreachable": any(each.address == written_to for each in dead)}


# Calls and call-backs ------------------------------------------------------------------------------------------------

_LEFT_AFTER = timedelta(minutes=10)


def own_calls(user: User) -> QuerySet[Call]:
    """The calls that the person took, newest first; what became of them only where they see the ticket."""
    return Call.objects.filter(by=user).select_related("caller", "ticket").order_by("-started_at", "-id")


def unfinished_calls(user: User) -> QuerySet[Call]:
    """Calls that the person began and neither sent nor dropped, the last one first."""
    mine = Call.objects.filter(by=user, state=Call.State.OPEN)
    return mine.select_related("caller").order_by("-saved_at", "-id")


def calls_left(user: User) -> QuerySet[Call]:
    """Calls that members of the teams that the person leads left unfinished for ten minutes, unless confidential."""
    led = Team.objects.filter(lead=user, is_active=True)
    if not user.is_agent:
        return Call.objects.none()
    left = Call.objects.filter(
        state=Call.State.OPEN,
        is_confidential=False,
        saved_at__lt=timezone.now() - _LEFT_AFTER,
        by__in=User.objects.filter(memberships__team__in=led),
    )
    return left.exclude(by=user).select_related("caller", "by").order_by("-saved_at", "-id")


def get_call(calls: QuerySet[Call], pk: int) -> Call:
    call = calls.filter(pk=pk).first()
    if call is None:
        raise NotFound
    return call


def calls_of_ticket(ticket: Ticket) -> QuerySet[Call]:
    """Calls that became the ticket or a word in it. For those who work on it."""
    return ticket.calls.select_related("by", "caller").order_by("started_at", "id")


def visible_call_backs(user: User, *, mine: bool = False) -> QuerySet[CallBack]:
    """Call-backs of the tickets that the person works on; `mine` are those that they or one of their teams promised."""
    rows = CallBack.objects.filter(ticket__in=desk_tickets(user))
    if mine:
        rows = rows.filter(Q(assignee=user) | Q(team__in=user.team_ids))
    return rows.select_related("ticket", "assignee", "team", "created_by", "ended_by").order_by("due_at", "id")


def open_call_backs(user: User, *, mine: bool = True) -> QuerySet[CallBack]:
    """What is to be called, the next one first."""
    return visible_call_backs(user, mine=mine).filter(state=CallBack.State.OPEN)


def get_call_back(user: User, pk: int) -> CallBack:
    call_back = visible_call_backs(user).filter(pk=pk).first()
    if call_back is None:
        raise NotFound
    return call_back


def call_backs_of_ticket(ticket: Ticket) -> QuerySet[CallBack]:
    """Open ones of a ticket. For those who work on it."""
    rows = ticket.call_backs.filter(state=CallBack.State.OPEN).select_related("assignee", "team")
    return rows.order_by("due_at", "id")


def who_works_on(ticket: Ticket) -> QuerySet[User]:
    """The agents who may call back about a ticket: its assignee, its team, and who it is shared with."""
    agents = User.objects.filter(is_active=True, role_rows__role__in=[Role.AGENT, Role.LEAD])
    of_team = Q(memberships__team_id=ticket.team_id) if ticket.team_id else Q(pk__in=[])
    if ticket.is_confidential:
        of_team |= Q(pk__in=TicketShare.objects.filter(ticket=ticket).values("user"))
    return agents.filter(of_team | Q(pk=ticket.assignee_id)).distinct()
