"""Who reads reports. The sums are those of the whole desk; the tickets behind them are those that one sees."""

from servicedesk.people.models import Role
from servicedesk.people.rules import rule


@rule("reports.see")
def see_reports(user, found=None):
    """Leads, report readers and administrators."""
    return user.is_lead or user.is_administrator or Role.REPORT_READER in user.roles


@rule("reports.change")
def change_reports(user, found=None):
    """Targets, owners, how the company counts, who gets reports, and issuing one."""
    return user.is_administrator


@rule("reports.explain")
def explain(user, target=None):
    """Why a target was missed and what is done: whoever answers for the figure, leads and administrators."""
    owns = target is not None and target.owner_id is not None and target.owner_id == user.pk
    return see_reports(user) and (user.is_lead or user.is_administrator or owns)
