"""Who may read mails, decide about them and set mailboxes."""

from servicedesk.people.rules import rule
from servicedesk.tickets.permissions import works_on


@rule("mails.read")
def read_mail(user, mail=None):
    """The raw mail of a ticket: those who work on it; administrators unless it is confidential. It carries the sender's
    token, so not even its requester's colleagues get it. A mail without a ticket: those who see its mailbox
    (`queries.visible_mails`), through which every mail gets here.
    """
    if not (user.is_agent or user.is_administrator):
        return False
    ticket = getattr(mail, "ticket", None)
    if ticket is None:
        return True
    return works_on(user, ticket) or (user.is_administrator and not ticket.is_confidential)


@rule("mails.decide")
def decide_mail(user, mail=None):
    """Retry a mail, make a ticket of it, set it aside."""
    return read_mail(user, mail)


@rule("tickets.convert")
def convert(user, ticket=None):
    return works_on(user, ticket)
