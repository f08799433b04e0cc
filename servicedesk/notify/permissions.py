"""Who sees what was sent."""

from servicedesk.people.rules import rule
from servicedesk.tickets.permissions import works_on


@rule("mails.sent")
def read_sent(user, mail=None):
    """Those who work on the ticket; administrators unless it is confidential. The mails carry the recipients'
    tokens. A summary, which has no ticket, is its reader's alone."""
    if not (user.is_agent or user.is_administrator):
        return False
    if mail is None:
        return True
    if mail.ticket is None:
        return False
    return works_on(user, mail.ticket) or (user.is_administrator and not mail.ticket.is_confidential)


@rule("mails.resend")
def resend(user, mail=None):
    return read_sent(user, mail)
