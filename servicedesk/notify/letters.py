"""What a mail says: subject, text and HTML in the recipient's language, and the headers that hold a thread together."""

from dataclasses import dataclass, field
from email.utils import formataddr

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.intake import tokens
from servicedesk.intake.models import IncomingMail, Mailbox
from servicedesk.people.models import User
from servicedesk.tickets.models import Comment, Ticket, TicketEvent
from servicedesk.tickets.permissions import works_on
from servicedesk.tickets.plain import closes_at, outlook
from servicedesk.web.middleware import speaking_to
from servicedesk.web.text import one_line

from .models import OutgoingMail

Kind = OutgoingMail.Kind


@dataclass
class Letter:
    """A mail ready to be kept: what `OutgoingMail` needs besides ticket, event and person."""

    from_address: str
    subject: str
    text: str
    html: str
    message_id: str
    headers: dict[str, str] = field(default_factory=dict)
    with_files: bool = False


def compose(kind: str, event: TicketEvent, to: User, *, echo: bool, comment: Comment | None = None) -> Letter:
    """Write the mail of this kind about an event. `echo` False leaves out everything that the ticket's sender wrote:
    they may not be who they say, and the mail then goes to somebody who never asked for it.
    """
    ticket = event.ticket
    box = _mailbox(ticket)
    base = box.address if box else settings.MAIL_FROM
    with speaking_to(to):
        files = list(comment.attachments.all()) if comment is not None else []
        context = {
            "ticket": ticket,
            "event": event,
            "to": to,
            "by": event.by,
            "echo": echo,
            "comment": comment,
            "files": files,
            "outlook": outlook(ticket),
            "closes_at": closes_at(ticket),
            "is_requester": ticket.requester_id == to.pk,
            "for_desk": works_on(to, ticket),
            "successor": event.data.get("converted_to", ""),
            # Guests cannot sign in: a link would lead them to a closed door.
            "link": "" if to.is_guest else settings.SITE_URL + reverse("tickets:detail", args=[ticket.number]),
        }
        return Letter(
            from_address=base,
            subject=one_line(_subject(kind, ticket, echo), 280),
            text=_tidy(render_to_string(f"notify/mail/{kind}.txt", context)),
            html=render_to_string(f"notify/mail/{kind}.html", context),
            message_id=tokens.message_id(ticket.pk, event.pk, kind, to.email),
            headers=_headers(kind, ticket, to, base, box),
            with_files=bool(files),
        )


def _mailbox(ticket: Ticket) -> Mailbox | None:
    """The mailbox that the ticket came through, else that of the desk: answers must come back to a place that we
    read."""
    active = Mailbox.objects.filter(is_active=True)
    if ticket.channel == "mail":
        box = active.filter(address__iexact=ticket.source).first()
        if box is not None:
            return box
    return active.filter(address__iexact=settings.MAIL_FROM).first()


def _subject(kind: str, ticket: Ticket, echo: bool) -> str:
    """The same words for all mails of a ticket, because programs that thread by subject part a thread where it
    changes."""
    if not echo:
        return _("[%(number)s] We have received your message") % {"number": ticket.number}
    return f"[{ticket.number}] {ticket.title}"


def _headers(kind: str, ticket: Ticket, to: User, base: str, box: Mailbox | None) -> dict[str, str]:
    name = one_line(box.name if box else _("Service desk"), 80)
    headers = {
        "From": formataddr((name, base), charset="utf-8"),
        "Reply-To": tokens.reply_address(base, ticket.pk, to.email),
        "List-Id": f"<tickets.{settings.MAIL_DOMAIN}>",
        # Asks mail systems not to answer by themselves; what they answer all the same is set aside (intake.mail.signs).
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    if kind != Kind.REPLY:
        headers["Auto-Submitted"] = "auto-generated"
    theirs = (
        IncomingMail.objects.filter(ticket=ticket, from_address=to.email.lower())
        .exclude(message_id="")
        .order_by("received_at", "id")
        .values_list("message_id", flat=True)
    )
    known = [each for each in list(theirs)[-5:] if each.isascii() and len(each) < 250]
    if known:
        headers["In-Reply-To"] = known[-1]
    headers["References"] = " ".join([tokens.thread_root(ticket.pk), *known])
    return headers


def _tidy(text: str) -> str:
    """Without the blank lines that template tags leave."""
    out: list[str] = []
    for line in text.strip().splitlines():
        line = line.rstrip()
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out) + "\n"
