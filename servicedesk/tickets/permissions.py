"""Who may do what with a ticket that they can see. What somebody sees is decided in `queries.visible_tickets`."""

from servicedesk.people.rules import rule


def works_on(user, ticket=None) -> bool:
    """An agent who sees the ticket works on it; without a ticket: whether the person is an agent at all.

    Tickets reach this rule only through `visible_tickets`, so an agent of another team does not get here. What an agent
    asked for themselves in a confidential matter they do not work on unless they belong to its team.
    """
    if not user.is_agent:
        return False
    if ticket is None or ticket.assignee_id == user.pk or ticket.team_id in user.team_ids:
        return True
    if ticket.is_confidential:
        return ticket.shares.filter(user=user).exists() or ticket.shares.filter(team__in=user.team_ids).exists()
    return ticket.team_id is None or (ticket.service is not None and ticket.service.team_id in user.team_ids)


def asked(user, ticket) -> bool:
    """The requester, or whoever entered the ticket for them."""
    return ticket.requester_id == user.pk or ticket.entered_by_id == user.pk


def speaks_for_desk(user, ticket) -> bool:
    """Who works on the ticket and is not its requester: whoever entered it for somebody on the telephone, too."""
    return ticket.requester_id != user.pk and works_on(user, ticket)


@rule("tickets.work")
def work(user, ticket=None):
    """See internal notes, set fields, log time, answer for the desk."""
    return works_on(user, ticket)


@rule("tickets.open_for_others")
def open_for_others(user, ticket=None):
    """Staff may ask on behalf of a colleague, guests may not."""
    return not user.is_guest


@rule("tickets.reply")
def reply(user, ticket=None):
    """Everybody who sees a ticket may write in it: its requester, those it is shared with, the desk."""
    return True


@rule("tickets.note")
def note(user, ticket=None):
    return works_on(user, ticket)


@rule("tickets.assign")
def assign(user, ticket=None):
    return works_on(user, ticket)


@rule("tickets.escalate")
def escalate(user, ticket=None):
    return works_on(user, ticket)


@rule("tickets.de_escalate")
def de_escalate(user, ticket=None):
    """Give it back to the team that escalated it."""
    return works_on(user, ticket)


@rule("tickets.change")
def change(user, ticket=None):
    return works_on(user, ticket)


@rule("tickets.ask_to_close")
def ask_to_close(user, ticket=None):
    """Ask a lead to close what one may not close alone."""
    return works_on(user, ticket)


@rule("tickets.snooze")
def snooze(user, ticket=None):
    """Take it out of the usual views for a while, and bring it back."""
    return works_on(user, ticket)


@rule("tickets.merge")
def merge(user, ticket=None):
    """Also what moves a message to another ticket: whoever works on both."""
    return works_on(user, ticket)


@rule("tickets.forward")
def forward(user, ticket=None):
    """Send a message on to people who do not see the ticket."""
    return works_on(user, ticket)


@rule("tickets.share")
def share(user, ticket=None):
    return ticket is None or asked(user, ticket) or works_on(user, ticket)


@rule("tickets.thank")
def thank(user, ticket=None):
    """The requester, and a colleague who asked for them; nobody thanks themselves."""
    return ticket is None or (
        asked(user, ticket) and not speaks_for_desk(user, ticket) and ticket.assignee_id != user.pk
    )


@rule("tickets.set_confidential")
def set_confidential(user, ticket=None):
    return works_on(user, ticket)


@rule("tickets.log_work")
def log_work(user, ticket=None):
    return works_on(user, ticket)


@rule("tickets.close_month")
def close_month(user, obj=None):
    """Settle the work time of a month."""
    return user.is_lead or user.is_administrator


@rule("tickets.watch")
def watch(user, ticket=None):
    return True
