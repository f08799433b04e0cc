"""The mail that takes a ticket outside: its words from the text of mails, and how the whole of it reads."""

from django.utils.safestring import SafeString
from django.utils.translation import override

from servicedesk.notify.letters import Desk, outside_values, render
from servicedesk.notify.queries import sources_of
from servicedesk.notify.texts import Value, Values, fill
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.web.formats import markdown

from .models import Contract, Entry


def _values(ticket: Ticket, entry: Entry, contract: Contract | None, by: User) -> Values:
    return {
        "recipient": lambda: entry.whom or entry.name,
        "number": lambda: ticket.number,
        "title": lambda: ticket.title,
        "status": lambda: ticket.plain_status,
        "team": lambda: str(ticket.team or ""),
        "by": lambda: by.display_name,
        "requester": lambda: ticket.requester.display_name,
        "priority": ticket.get_priority_display,
        **outside_values(ticket, entry.name, contract.number if contract is not None else ""),
    }


def words(ticket: Ticket, entry: Entry, contract: Contract | None, by: User) -> str:
    """What the mail says unless it is written otherwise, in the entry's language."""
    language = entry.language
    with override(language):
        text = sources_of(["to_outside"], language, None)["to_outside"]
        return fill(text, _values(ticket, entry, contract, by))[0].strip()


def whole(ticket: Ticket, entry: Entry, contract: Contract | None, by: User, body: str) -> SafeString:
    """The mail with these words as it will read, with the description of the ticket below."""
    language = entry.language
    with override(language):
        sources = Desk([]).sources("forwarded", language, ticket.team_id)
        values: Values = {
            **_values(ticket, entry, contract, by),
            "message": lambda: Value(body, markdown(body)),
            "forwarded": lambda: ticket.description,
        }
        return render("forwarded", sources, values)[1]
