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


def compose(
    kind: str, event: TicketEvent, to: User, *, echo: bool, comment: Comment | None = None, sees: bool = True
) -> Letter:
    """Write the mail of this kind about an event. `echo` False leaves out everything that the ticket's sender wrote:
    they may not be who they say, and the mail then goes to somebody who never asked for it. `sees` False is for
    somebody who gets this one mail and may not open the ticket.
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
            # Guests cannot sign in, and copies may go to people who do not see the ticket: a closed door for both.
            "link": ""
            if to.is_guest or not sees
            else settings.SITE_URL + reverse("tickets:detail", args=[ticket.number]),
        }
        return Letter(
            from_address=base,
            subject=one_line(_subject(kind, ticket, echo), 280),
            text=_tidy(render_to_string(f"notify/mail/{kind}.txt", context)),
            html=render_to_string(f"notify/mail/{kind}.html", context),
            message_id=tokens.message_id(ticket.pk, event.pk, kind, to.email),
            headers=_headers(kind, ticket, to, base, box) | _copies(kind, event, to),
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


def ids_in(event: TicketEvent, name: str) -> list[int]:
    """The people whom the event of a reply has in copy: `cc` or `bcc`."""
    return [kept[0] for kept in event.data.get(name, [])]


def _copies(kind: str, event: TicketEvent, to: User) -> dict[str, str]:
    """To and Cc as everybody reads them in a reply that went to several; each gets a mail of their own all the same."""
    in_copy = ids_in(event, "cc")
    if kind != Kind.REPLY or not in_copy or to.pk not in {event.ticket.requester_id, *in_copy, *ids_in(event, "bcc")}:
        return {}
    people = User.objects.in_bulk(in_copy)
    named = [formataddr((one.display_name, one.email), charset="utf-8") for one in people.values() if one.email]
    requester = event.ticket.requester
    return {"To": formataddr((requester.display_name, requester.email), charset="utf-8"), "Cc": ", ".join(named)}


def _tidy(text: str) -> str:
    """Without the blank lines that template tags leave."""
    out: list[str] = []
    for line in text.strip().splitlines():
        line = line.rstrip()
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out) + "\n"
