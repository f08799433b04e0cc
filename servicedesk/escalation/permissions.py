"""Who may see and change business rules, and who sees what they and other things save."""

from servicedesk.people.rules import rule


@rule("rules.see")
def see_rules(user, found=None):
    """Agents, whose tickets they change, and administrators."""
    return user.is_agent or user.is_administrator


@rule("rules.change")
def change_rules(user, found=None):
    """Administrators alone, also to try one: a rule acts on every ticket of the desk, whoever owns it."""
    return user.is_administrator


@rule("savings.see")
def see_savings(user, found=None):
    """Leads and administrators: the sums are those of the whole desk. The tickets behind them are those one sees."""
    return user.is_lead or user.is_administrator
