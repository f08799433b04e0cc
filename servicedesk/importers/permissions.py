"""Who brings tickets of other systems in."""

from servicedesk.people.rules import rule


@rule("tickets.import")
def import_tickets(user, run=None):
    return user.is_administrator
