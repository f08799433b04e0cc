"""Who reads and writes the directory, and who may call under a contract."""

from servicedesk.people.rules import rule


@rule("directory.see")
def see(user, entry=None):
    """Agents, who need it for their work, and administrators."""
    return user.is_agent or user.is_administrator


@rule("directory.change")
def change(user, entry=None):
    """Administrators; an entry also its owner."""
    return user.is_administrator or (entry is not None and see(user) and entry.owner_id == user.pk)


@rule("directory.call")
def call(user, contract=None):
    """Those whom the contract names, else every agent; and leads."""
    if not user.is_agent or contract is None:
        return user.is_agent
    callers = {each.pk for each in contract.callers.all()}
    return not callers or user.pk in callers or user.is_lead


def callable_contracts(user, contracts):
    """Those of the contracts under which the person may call."""
    return [contract for contract in contracts if call(user, contract)]
