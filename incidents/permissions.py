"""Who may take an incident along its transitions."""

from servicedesk.people.rules import rule
from servicedesk.tickets.permissions import asked, works_on

from .major import permissions as major  # noqa: F401 – states its own
from .workflow import WORKFLOW


def _desk(user, ticket=None):
    return works_on(user, ticket)


def _desk_or_requester(user, ticket=None):
    return works_on(user, ticket) or ticket is None or asked(user, ticket)


# The requester may confirm, reopen or withdraw; everything else is the desk's.
REQUESTER_TOO = frozenset({"close", "reopen", "cancel"})

for _transition in WORKFLOW.steps:
    rule(_transition.permission)(_desk_or_requester if _transition.name in REQUESTER_TOO else _desk)
