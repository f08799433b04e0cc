"""What a mail says: subject, text and HTML in the recipient's language, and the headers that hold a thread together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from servicedesk.intake import tokens
from servicedesk.intake.models import CallBack, IncomingMail, Mailbox
from servicedesk.people.models import User
from servicedesk.tickets.models import Attachment, Comment, Ticket, TicketEvent
from servicedesk.tickets.permissions import works_on
from servicedesk.tickets.plain import outlook
from servicedesk.tickets.sentences import Names, plain_words_for
from servicedesk.web.formats import exact, filesize, markdown, plain
from servicedesk.web.middleware import speaking_to
from servicedesk.web.text import one_line

from .models import OutgoingMail
from .of_majors import values_of_major
from .queries import sources_of
from .texts import TEXTS, Value, Values, fill
from .wire import named

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


@dataclass(frozen=True)
class Arrived:
    """A mail that is in a ticket, as far as answers to it need to know."""

    message_id: str
    from_address: str
    opened: bool
    answerable: bool


class Desk:
    """What the mails about some events need to know of the desk: read when it is first asked for, once for all."""

    def __init__(self, events: Iterable[TicketEvent]):
        self._tickets = {event.ticket_id for event in events}
        self._sources: dict[tuple[str, str, int | None], dict[str, str]] = {}

    def arrived(self, ticket: Ticket) -> list[Arrived]:
        """The mails that are in one of these tickets, the oldest first."""
        return self._arrived[ticket.pk]

    @cached_property
    def _arrived(self) -> defaultdict[int, list[Arrived]]:
        rows = IncomingMail.objects.filter(ticket__in=self._tickets).order_by("received_at", "id")
        found = defaultdict(list)
        for pk, state, *rest in rows.values_list("ticket_id", "state", "message_id", "from_address", "answerable"):
            message_id, from_address, answerable = rest
            found[pk].append(Arrived(message_id, from_address, state == IncomingMail.State.TICKET, answerable))
        return found

    def mailbox(self, ticket: Ticket | None = None) -> Mailbox | None:
        """The mailbox that the ticket came through, else that of the desk: answers must come back to a place that we
        read.
        """
        own = self._mailboxes.get(ticket.source.casefold()) if ticket and ticket.channel == "mail" else None
        return own or self._mailboxes.get(settings.MAIL_FROM.casefold())

    @cached_property
    def _mailboxes(self) -> dict[str, Mailbox]:
        return {box.address.casefold(): box for box in Mailbox.objects.filter(is_active=True).only("address", "name")}

    def sources(self, key: str, language: str, team_id: int | None) -> dict[str, str]:
        """The texts of which a mail is made, as they hold for the team in this language."""
        if (key, language, team_id) not in self._sources:
            found = sources_of(("top", key, "bottom", "signature"), language, team_id)
            self._sources[key, language, team_id] = found
        return self._sources[key, language, team_id]


def compose(
    kind: str, event: TicketEvent, to: User, desk: Desk, *, echo: bool, comment: Comment | None = None,
    sees: bool = True,
) -> Letter:  # fmt: skip
    """Write the mail of this kind about an event. `echo` False leaves out everything that the ticket's sender wrote:
    they may not be who they say, and the mail then goes to somebody who never asked for it. `sees` False is for
    somebody who gets this one mail and may not open the ticket.
    """
    ticket = event.ticket
    box = desk.mailbox(ticket)
    base = box.address if box else settings.MAIL_FROM
    with speaking_to(to):
        files = list(comment.attachments.all()) if comment is not None else []
        values = values_of(event, to, comment, files, sees)
        if not echo:
            values = {name: value for name, value in values.items() if name not in _OF_PEOPLE}
        key = _key(kind, event, to) if echo else kind
        text, html = render(key, desk.sources(key, to.language, ticket.team_id), values)
        return Letter(
            from_address=base,
            subject=one_line(_subject(kind, ticket, echo), 280),
            text=text,
            html=document(ticket.number, to.language, html),
            message_id=tokens.message_id(ticket.pk, event.pk, kind, to.email),
            headers=_headers(kind, ticket, to, base, box, desk.arrived(ticket), by_itself=event.by is None)
            | _copies(kind, event, to),
            with_files=bool(files) and kind in (Kind.REPLY, Kind.FORWARDED),
        )


# What the sender of a ticket, or whoever calls themselves so, has written.
_OF_PEOPLE = {"recipient", "title", "by", "requester", "message", "files", "resolution", "description", "forwarded"}
_MOST_OF_A_DESCRIPTION = 2_000


def _key(kind: str, event: TicketEvent, to: User) -> str:
    """Which text a mail of this kind has for this person."""
    ticket = event.ticket
    match kind:
        case Kind.RECEIPT if event.by is not None and event.by.pk != to.pk:
            return "receipt_for"
        case Kind.RESOLVED if ticket.requester_id != to.pk:
            return "resolved_others"
        case Kind.CANCELLED if event.data.get("converted_to"):
            return "converted"
        case Kind.MERGED:
            return "converted"
        case Kind.CANCELLED | Kind.REOPENED if works_on(to, ticket):
            return f"{kind}_desk"
    return kind


def values_of(
    event: TicketEvent, to: User, comment: Comment | None, files: list[Attachment], sees: bool
) -> dict[str, Callable[[], str | Value]]:
    """What stands for the variables, made when a text asks for it, in the language that is set."""
    ticket = event.ticket

    def due() -> str:
        return exact(ticket.due_at) if ticket.due_at and ticket.due_at != outlook(ticket).by else ""

    def message() -> str | Value:
        if comment is None:
            return ""
        looks = plain if comment.format == Comment.Format.PLAIN else markdown
        return Value(comment.body, looks(comment.body))

    def names_of_files() -> str:
        rows = [f"- {file.name} ({filesize(file.size)})" for file in files]
        return "\n".join([_("Files:"), *rows]) if rows else ""

    @cache
    def call_back() -> CallBack | None:
        return CallBack.objects.filter(pk=event.data["call_back"]).first() if "call_back" in event.data else None

    def of_call(value: Callable[[CallBack], str]) -> Callable[[], str]:
        return lambda: value(row) if (row := call_back()) is not None else ""

    def forwarded() -> str | Value:
        if event.verb != "forward":
            return ""
        if event.data.get("of") is None:
            return ticket.description
        return Comment.objects.values_list("body", flat=True).filter(pk=event.data["of"]).first() or ""

    return {
        "forwarded": forwarded,
        "whom": of_call(lambda row: row.whom),
        "phone": of_call(lambda row: row.number),
        "call_at": of_call(lambda row: exact(row.due_at)),
        "about": lambda: event.data.get("says") or of_call(lambda row: row.note)(),
        "recipient": lambda: to.display_name,
        "number": lambda: ticket.number,
        "title": lambda: ticket.title,
        "status": lambda: ticket.plain_status,
        # Guests cannot sign in, and copies may go to people who do not see the ticket: a closed door for both.
        "link": lambda: (
            "" if to.is_guest or not sees else settings.SITE_URL + reverse("tickets:detail", args=[ticket.number])
        ),
        "team": lambda: str(ticket.team) if ticket.team else "",
        "by": lambda: event.by.display_name if event.by else "",
        "next_step": lambda: outlook(ticket).sentence,
        "target": lambda: exact(outlook(ticket).by),
        "due": due,
        "message": message,
        "files": names_of_files,
        "resolution": lambda: ticket.resolution,
        "what_happened": lambda: plain_words_for(event, Names(to, [event])),
        "closes_at": lambda: exact(ticket.closes_at),
        "requester": lambda: ticket.requester.display_name,
        "priority": ticket.get_priority_display,
        "description": lambda: Truncator(ticket.description).chars(_MOST_OF_A_DESCRIPTION),
        "successor": lambda: event.data.get("converted_to") or event.data.get("other", ""),
        **outside_values(ticket, *(str((event.data.get(name) or ["", ""])[1]) for name in ("entry", "contract"))),
        **values_of_major(event, to),
        **_values_from_the_right(event, to),
    }


def _values_from_the_right(event: TicketEvent, to: User) -> dict[str, Callable[[], str | Value]]:
    """What apps know that notify does not."""
    found = (import_string(path)(event, to) for path in settings.MAIL_VALUES)
    return {name: value for values in found for name, value in values.items()}


def outside_values(ticket: Ticket, entry: str, contract: str) -> dict[str, Callable[[], str | Value]]:
    """What a text to somebody outside may say beside what all may."""
    return {
        "entry": lambda: entry,
        "contract": lambda: contract,
        "devices": lambda: ", ".join(str(item) for item in ticket.items.order_by("number")),
    }


def render(key: str, sources: Mapping[str, str], values: Values) -> tuple[str, SafeString]:
    """(plain text, HTML) of a whole mail with the text `key` between beginning and end."""
    signature = Value(*fill(sources["signature"], values)) if sources["signature"].strip() else ""
    end = f"\n\n{sources['bottom']}" if TEXTS[key].of_a_ticket else ""
    whole = f"{sources['top']}\n{sources[key]}{end}"
    return fill(whole, {**values, "signature": lambda: signature})


def document(title: str, language: str, body: str) -> str:
    """Plain enough for every mail program, light and dark."""
    return format_html(
        '<!DOCTYPE html>\n<html lang="{}">\n<head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        '<title>{}</title></head>\n<body style="font-family: sans-serif; line-height: 1.6">\n{}\n</body>\n</html>\n',
        language, title, body,
    )  # fmt: skip


def _subject(kind: str, ticket: Ticket, echo: bool) -> str:
    """The same words for all mails of a ticket, because programs that thread by subject part a thread where it
    changes."""
    if not echo:
        return _("[%(number)s] We have received your message") % {"number": ticket.number}
    return f"[{ticket.number}] {ticket.title}"


def _headers(
    kind: str, ticket: Ticket, to: User, base: str, box: Mailbox | None, arrived: list[Arrived], *, by_itself: bool
) -> dict[str, str]:
    """`by_itself`: nobody wrote it, so that no machine should answer it (RFC 3834), a reply of a rule neither."""
    name = one_line(box.name if box else _("Service desk"), 80)
    headers = {
        "From": named(name, base),
        "Reply-To": tokens.reply_address(base, ticket.pk, to.email),
        "List-Id": f"<tickets.{settings.MAIL_DOMAIN}>",
        # Asks mail systems not to answer by themselves; what they answer all the same is set aside (intake.mail.signs).
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    if kind != Kind.REPLY or by_itself:
        headers["Auto-Submitted"] = "auto-generated"
    theirs = [each.message_id for each in arrived if each.message_id and each.from_address == to.email.lower()]
    known = [each for each in theirs[-5:] if each.isascii() and len(each) < 250]
    if known:
        headers["In-Reply-To"] = known[-1]
    headers["References"] = " ".join([tokens.thread_root(ticket.pk), *known])
    return headers


def ids_in(event: TicketEvent, name: str) -> list[int]:
    """People whom the event of a reply names: in copy (`cc`, `bcc`), or written to by its sender (`addressed`)."""
    return [kept[0] for kept in event.data.get(name, [])]


def _copies(kind: str, event: TicketEvent, to: User) -> dict[str, str]:
    """To and Cc as everybody reads them in a reply that went to several; each gets a mail of their own all the same."""
    in_copy = ids_in(event, "cc")
    if kind != Kind.REPLY or not in_copy or to.pk not in {event.ticket.requester_id, *in_copy, *ids_in(event, "bcc")}:
        return {}
    people = User.objects.in_bulk(in_copy)
    in_words = [named(one.display_name, one.email) for one in people.values() if one.email]
    requester = event.ticket.requester
    return {"To": named(requester.display_name, requester.email), "Cc": ", ".join(in_words)}
