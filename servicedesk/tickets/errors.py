"""Refusals of the ticket actions."""

from servicedesk.web.errors import Refused


class TicketError(Refused):
    """What somebody asked of a ticket cannot be done; the sentence says why and what to do."""
