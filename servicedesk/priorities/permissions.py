"""The matrix is changed by administrators (`settings.change`); a priority by hand by those who work on the ticket."""

from servicedesk.people.rules import rule
from servicedesk.tickets.permissions import works_on


@rule("priorities.override")
def override(user, ticket=None):
    return works_on(user, ticket)
