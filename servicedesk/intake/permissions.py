"""Who may read mails, decide about them, take calls and call back."""

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


@rule("calls.take")
def take_call(user, call=None):
    """Take a call down, and go on with what one began."""
    return user.is_agent and (call is None or call.by_id == user.pk)


@rule("calls.take_over")
def take_over_call(user, call=None):
    """Finish a call that a member of one's team left unfinished: for the lead of the team, unless it is confidential.
    Calls get here through `queries.calls_left`.
    """
    if not user.is_agent:
        return False
    return call is None or (not call.is_confidential and call.by.teams.filter(lead=user, is_active=True).exists())


@rule("tickets.call_back")
def call_back(user, ticket=None):
    return works_on(user, ticket)
