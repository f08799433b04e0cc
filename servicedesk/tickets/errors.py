"""Refusals of the ticket actions."""

from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.formats import exact


class TicketError(Refused):
    """What somebody asked of a ticket cannot be done; the sentence says why and what to do."""


class TooLate(TicketError):
    """A word of the requester's side about a ticket that is over, which no longer takes it up again. Whoever shows the
    refusal begins a new ticket with `words` and `files` (`closing.begin_anew`), so that nothing is lost.
    """

    def __init__(self, ticket, words: str, files=()):
        self.ticket, self.words, self.files = ticket, words, list(files)
        said = {"number": ticket.number, "when": exact(ticket.closed_at)}
        super().__init__(_("%(number)s is over since %(when)s and cannot be taken up again.") % said, code="too_late")
