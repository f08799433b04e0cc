"""What becomes of a mail that was read: a ticket, a message in one, held for a person, or set aside."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from servicedesk.people.models import User
from servicedesk.people.queries import people_by_address, person_by_address
from servicedesk.people.rules import check
from servicedesk.tickets.actions import answer_from_outside, lock, move, note, record, reply
from servicedesk.tickets.actions.talk import attach, says_thanks
from servicedesk.tickets.closing import reopens_until
from servicedesk.tickets.files import Examined, Scanned, examine_all
from servicedesk.tickets.models import Channel, Comment, Ticket
from servicedesk.tickets.permissions import works_on
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.logs import about
from servicedesk.web.text import one_line

from .. import tokens
from ..mail.bounces import Bounce, bounced
from ..mail.forwards import Forwarded, forwarded, may_hold_another
from ..mail.proof import vouched_by
from ..mail.reading import Letter, Part
from ..mail.signs import Signs, signs_of
from ..models import DeadAddress, IncomingMail
from ..queries import addressed_ticket, successor, thread_of
from ..viruses import without_viruses
from .dead import revive_by_mail
from .receive import MOST_LETTERS, receive
from .senders import a_guest, got_too_many, language_of, sender_of, takes_strangers_from, wrote_too_often
from .tying import tie

State, Reason = IncomingMail.State, IncomingMail.Reason
MOST_ADDRESSED = 50
_PREFIXES = re.compile(
    r"^(?:(?:re|aw|fw|fwd|返信|転送)\s*(?:\[\d{1,3}\])?\s*[:\uff1a]\s*|\[(?:INC|REQ|PRB|CHG)\d{7}\]\s*)+", re.I
)


def end(mail: IncomingMail, state: str, reason: str = Reason.NONE, error: str = "") -> None:
    """Put the mail's fate on its row, which the caller saves."""
    mail.state, mail.reason, mail.error, mail.done_at = state, reason, error[:2000], timezone.now()
    if state in (State.FAILED, State.HELD):
        mail.ticket = mail.comment = None


def give_fate(mail: IncomingMail, letter: Letter, ours: set[str]) -> None:
    """Decide on a mail in the caller's transaction, which holds its row. `ours` are the desk's own addresses.

    What a person of the desk put into a ticket goes there. Else in this order: what asks for nothing (ours, machines'
    answers, here already) is set aside; the sender must be one whom the mailbox takes, who does not write too often,
    and proved where the mailbox demands it; a mail that belongs to a ticket goes there, unless the ticket gets too
    many; everything else opens one.
    """
    if letter.from_address:
        mail.from_address, mail.from_name = letter.from_address[:254], one_line(letter.from_name, 120)
    mail.message_id, mail.subject = letter.message_id[:320], one_line(letter.subject, 200)
    mail.content_digest = letter.digest
    mail.refers_to = [each[:320] for each in dict.fromkeys([letter.in_reply_to, *letter.references]) if each]
    signs = signs_of(letter, mail.envelope_from or None)
    if mail.belongs_to is not None and mail.admitted_by is not None:
        _put_into(mail.belongs_to, mail, letter, signs, by=mail.admitted_by)
        return
    admitted = mail.admitted_by is not None
    if not admitted and _set_aside(mail, letter, signs, ours):
        return
    sender = sender_of(mail, letter)
    if sender.person is None:
        end(mail, sender.state, sender.reason)
        return
    if not admitted and wrote_too_often(mail):
        end(mail, State.HELD, Reason.TOO_MANY)
        return
    mail.answerable = signs.answerable and not admitted
    thread = thread_of(letter, mail.envelope_to, sender.person)
    mail.mentions = thread.mentions
    mail.proof = "token" if thread.by_token else vouched_by(letter, mail.mailbox.trusted_servers.split())
    mail.is_proved = bool(mail.proof)
    revive_by_mail(mail)
    if not admitted and mail.mailbox.needs_proof and not mail.is_proved:
        end(mail, State.HELD, Reason.UNPROVED)
        return
    if thread.outside and thread.ticket is not None:
        _take_from_outside(mail, letter, sender.person, thread.ticket, admitted=admitted)
        return
    _take(mail, letter, sender.person, thread.ticket, ours, admitted=admitted)


def _take_from_outside(mail: IncomingMail, letter: Letter, sender: User, ticket: Ticket, *, admitted: bool) -> None:
    """An answer of somebody who was written to and does not see the ticket, into the ticket in which that goes on."""
    into = ticket
    while into.merged_into is not None:
        into = into.merged_into
    with override(sender.language), about(ticket_number=into.number):
        if not admitted and got_too_many(into):
            mail.mentions = into
            end(mail, State.HELD, Reason.TOO_MANY_HERE)
            return
        files, remarks = _looked_at(letter.files)
        body = _cut(letter.reply or letter.text, remarks)
        if not body and not files:
            body = _("(The mail had no text.)")
        mail.ticket = into
        mail.comment = answer_from_outside(ticket, into, by=sender, via="mail", body=body, files=files)
        end(mail, State.REPLY)


def _take(
    mail: IncomingMail, letter: Letter, sender: User, ticket: Ticket | None, ours: set[str], *, admitted: bool
) -> None:
    ticket = successor(sender, ticket) if ticket is not None else None
    with override(sender.language):
        if ticket is not None:
            with about(ticket_number=ticket.number):
                if not admitted and got_too_many(ticket):
                    mail.mentions = ticket
                    end(mail, State.HELD, Reason.TOO_MANY_HERE)
                    return
                if _append(mail, letter, ticket, sender):
                    return
            mail.mentions = ticket
        inner = forwarded(letter) if may_hold_another(letter) and sender.is_agent else None
        writer = _writer_of(mail, inner, sender, ours) if inner is not None else None
        if inner is not None and writer is not None:
            _open_forwarded(mail, inner, writer, sender)
        else:
            _open(mail, letter, sender, ticket)


def _put_into(ticket: Ticket, mail: IncomingMail, letter: Letter, signs: Signs, *, by: User) -> None:
    """Put a mail into the ticket to which somebody of the desk says it belongs.

    From a person who sees the ticket it becomes what their answer would have been, marked as unproved when it is. What
    a stranger or a machine wrote becomes an internal note of whoever put it there, with its files: being put into a
    ticket gives nobody sight of it. Held when the ticket was closed meanwhile.
    """
    check(by, "tickets.work", ticket)
    sender = person_by_address(mail.from_address) if mail.from_address else None
    by_token = thread_of(letter, mail.envelope_to, sender).by_token
    mail.proof = "token" if by_token else vouched_by(letter, mail.mailbox.trusted_servers.split())
    mail.is_proved = bool(mail.proof)
    if not (signs.auto_reply or signs.bounce or signs.receipt):
        revive_by_mail(mail)
    if signs.auto_reply or signs.bounce or signs.receipt:
        writer = None
    else:
        writer = sender if sender and visible_tickets(sender).filter(pk=ticket.pk).exists() else None
    language = (writer or by).language
    with about(ticket_number=ticket.number):
        with override(language):
            looked_at = _looked_at(letter.files)
        lock(ticket)
        if not ticket.is_open:
            end(mail, State.HELD, Reason.TICKET_OVER)
            return
        if writer is not None:
            with override(language):
                _append(mail, letter, ticket, writer, looked_at)
            return
        files, remarks = looked_at
        with override(language):
            words = {
                "sender": one_line(f"{mail.from_name} <{mail.from_address}>".replace("<>", ""), 300).strip() or "–"
            }
            said = _("A mail of %(sender)s, put here by hand:") % words
            body = _cut(f"{said}\n\n{letter.reply or letter.text}", remarks)
            comment = note(ticket, by=by, via="mail", body=body, style=Comment.Format.PLAIN, **_marks(mail))
        attach(ticket, files, by=by, comment=comment, public=False, strict=False)
    mail.ticket, mail.comment = ticket, comment
    end(mail, State.REPLY)


def _set_aside(mail: IncomingMail, letter: Letter, signs: Signs, ours: set[str]) -> bool:
    """Whether the mail is nothing that asks for anything: ours, an answer of a machine, or here already."""
    if tokens.without_plus(letter.from_address) in ours:
        end(mail, State.IGNORED, Reason.OWN)
        return True
    for is_so, reason in (
        (signs.bounce, Reason.BOUNCE),
        (signs.receipt, Reason.RECEIPT),
        (signs.auto_reply, Reason.AUTO_REPLY),
    ):
        if is_so:
            mail.ticket, reached = addressed_ticket(letter, bytes(mail.raw), mail.envelope_to)
            if reason == Reason.BOUNCE and mail.ticket is not None:
                _note_bounce(mail, mail.ticket, bounced(letter, mail.envelope_from or None), reached)
            end(mail, State.IGNORED, reason)
            return True
    with connection.cursor() as cursor:  # two copies read at the same moment wait for each other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [mail.content_digest])
    twin = (
        IncomingMail.objects.filter(
            content_digest=mail.content_digest,
            state__in=[State.TICKET, State.REPLY],
            # What went to another team's mailbox must not be missing there.
            mailbox__team=mail.mailbox.team_id,
            mailbox__service=mail.mailbox.service_id,
        )
        .exclude(message_id="")
        .values("ticket_id")
        .first()
    )
    if twin is not None:
        mail.ticket_id = twin["ticket_id"]
        end(mail, State.IGNORED, Reason.DUPLICATE)
        return True
    return False


def _note_bounce(mail: IncomingMail, ticket: Ticket, bounce: Bounce | None, address: str) -> None:
    """Mark the address that does not work and say so on the ticket. `address` is the one that our token proves to have
    been written to: a bounce made up by somebody marks nobody.
    """
    if bounce is None or not bounce.is_permanent or tokens.normal(bounce.recipient or address) != address:
        return
    fields = {"reason": one_line(bounce.diagnostic, 300), "since_at": timezone.now(), "mail": mail}
    _row, is_new = DeadAddress.objects.get_or_create(address=address, defaults=fields)
    person = person_by_address(address)
    if is_new and person is not None:
        lock(ticket)
        record(ticket, "bounce", by=None, via="mail", user=[person.pk, person.display_name])


def _marks(mail: IncomingMail) -> dict[str, Any]:
    """What the event of a message says of its sender."""
    return {} if mail.is_proved else {"unproved": True}


def _got_it_themselves(mail: IncomingMail, letter: Letter) -> dict[str, Any]:
    """What the event of a reply says of people to whom its sender wrote in To or Cc as well: they have it already."""
    others = [each for each in letter.addressed if tokens.without_plus(each) != tokens.normal(mail.mailbox.address)]
    people = people_by_address(others[:MOST_ADDRESSED]) if others else {}
    return {"addressed": sorted({(person.pk,) for person in people.values()})} if people else {}


def _uploads(files: list[Part]) -> list[Scanned]:
    """Of files that went through `without_viruses`."""
    return [Scanned(each.name or "file", each.data, each.content_type) for each in files]


def _looked_at(files: list[Part]) -> tuple[list[Examined], list[str]]:
    """What may be attached, examined, and what is to be said of the rest. Before a ticket is locked: the virus scanner
    may take its time.
    """
    may_be_kept, remarks = without_viruses(files)
    return examine_all(_uploads(may_be_kept), strict=False), remarks


def _cut(text: str, remarks: Iterable[str] = ()) -> str:
    """A text as long as it may be, followed by what the desk has to remark on the mail."""
    more = "".join(f"\n\n{each}" for each in remarks)
    if len(text) + len(more) > MOST_LETTERS:
        more = "\n\n" + _("(The text goes on; the whole mail is kept.)") + more[: MOST_LETTERS // 2]
        text = text[: MOST_LETTERS - len(more)]
    return (text + more).lstrip("\n")


def _append(
    mail: IncomingMail,
    letter: Letter,
    ticket: Ticket,
    sender: User,
    looked_at: tuple[list[Examined], list[str]] | None = None,
) -> bool:
    """Put the mail under its ticket; False when the ticket is over and the mail must begin a new one. Whoever holds the
    ticket's lock has looked at the files before.

    Without proof of the sender it sets nothing in motion and nobody gets a mail of it; what claims to come from
    somebody at the desk is then an internal note, so that nobody outside reads words which no agent wrote.
    """
    files, remarks = looked_at or _looked_at(letter.files)
    lock(ticket)
    body = _cut(letter.reply or letter.text, remarks)
    if not ticket.is_open:
        until = reopens_until(ticket)
        reopen = next((way for way in ticket.workflow.leaving(ticket.status) if way.name == "reopen"), None)
        if not mail.is_proved or reopen is None or (until and until < timezone.now()):
            return False
        if not sender.may(reopen.permission, ticket):
            return False
        if files or not says_thanks(ticket, body, sender):
            move(ticket, "reopen", by=sender, via="mail")
    if not body and not files:
        body = _("(The mail had no text.)")
    if not mail.is_proved and works_on(sender, ticket):
        comment = note(
            ticket, by=sender, via="mail", body=body or _("(The mail had no text.)"), style=Comment.Format.PLAIN,
            unproved=True,
        )  # fmt: skip
        attach(ticket, files, by=sender, comment=comment, public=False, strict=False)
    else:
        comment = reply(
            ticket, by=sender, via="mail", body=body, files=files, style=Comment.Format.PLAIN, moves=mail.is_proved,
            strict_files=False, **_marks(mail), **_got_it_themselves(mail, letter),
        )  # fmt: skip
    mail.ticket, mail.comment = ticket, comment
    end(mail, State.REPLY)
    return True


def _open(mail: IncomingMail, letter: Letter, sender: User, old: Ticket | None = None) -> None:
    """`old` is a ticket that the mail answers and that is over: the new one is tied to it, if the sender is proved."""
    mail.ticket = _new_ticket(mail, letter.subject, letter.text, letter.files, requester=sender, by=sender)
    if old is not None and mail.is_proved:
        tie(mail.ticket, old, by=sender, via="mail")
    end(mail, State.TICKET)


def _new_ticket(mail: IncomingMail, subject: str, text: str, files: list[Part], *, requester: User, by: User) -> Ticket:
    box = mail.mailbox
    files, remarks = without_viruses(files)
    title = one_line(_PREFIXES.sub("", subject), 200)
    if not title:
        title = one_line(next((line for line in text.split("\n") if line.strip()), ""), 80) or _("(no subject)")
    return receive(
        kind=box.makes,
        title=title,
        description=_cut(text, remarks),
        requester=requester,
        by=by,
        via="mail",
        channel=Channel.MAIL,
        source=box.address,
        service=box.service if box.service and box.service.is_active else None,
        team=box.team if box.team and box.team.is_active else None,
        files=_uploads(files),
        language=language_of(f"{subject}\n{text}") or requester.language,
        strict_files=False,
        keep_original=False,
    )


# --- what an agent forwards -----------------------------------------------------------------------------------------


def _writer_of(mail: IncomingMail, inner: Forwarded, agent: User, ours: set[str]) -> User | None:
    """Who wrote what an agent forwards, when they can be its requester: somebody known, or a stranger whom the mailbox
    takes or a proved agent vouches for. From alone proves no agent, and must not let strangers in.
    """
    if tokens.without_plus(inner.from_address) in ours:
        return None
    person = person_by_address(inner.from_address)
    if person is not None:
        return person if person != agent else None
    if User.objects.filter(email__iexact=inner.from_address).exists():
        return None
    if not (mail.is_proved or takes_strangers_from(mail.mailbox, inner.from_address)):
        return None
    return a_guest(mail, inner.from_address, inner.from_name, f"{inner.subject}\n{inner.text}")


def _open_forwarded(mail: IncomingMail, inner: Forwarded, writer: User, agent: User) -> None:
    """A ticket of whoever wrote first, entered by the agent, whose own words above stay as an internal note."""
    ticket = _new_ticket(mail, inner.subject, inner.text, inner.files, requester=writer, by=agent)
    if inner.above:
        note(ticket, by=agent, via="mail", body=_cut(inner.above), style=Comment.Format.PLAIN, **_marks(mail))
    mail.ticket = ticket
    end(mail, State.TICKET)
