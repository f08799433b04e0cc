"""Who reads reports. The sums are those of the whole desk; the tickets behind them are those that one sees."""

from servicedesk.people.models import Membership, Role
from servicedesk.people.rules import rule


@rule("reports.see")
def see_reports(user, found=None):
    """Leads, report readers and administrators."""
    return user.is_lead or user.is_administrator or Role.REPORT_READER in user.roles


@rule("reports.change")
def change_reports(user, found=None):
    """Targets, owners, how the company counts, who gets reports, and issuing one."""
    return user.is_administrator


@rule("dependence.names")
def see_names(user, person=None):
    """Whose name is shown beside how many tickets they resolved. Administrators see all, leads those of the members of
    the teams that they lead; everybody else sees counts.
    """
    if user.is_administrator:
        return True
    if not user.is_lead or person is None:
        return user.is_lead
    return Membership.objects.filter(user=person, team__lead=user, team__is_active=True).exists()


@rule("dependence.away")
def ask_for_away(user, person=None):
    """Ask what would wait while a person is away: whoever may see the name; everybody who works here of themselves."""
    if person is None or person.pk == user.pk:
        return user.is_agent or see_reports(user)
    return see_names(user, person)


@rule("dependence.read_proposals")
def read_proposals(user, proposal=None):
    """Readers of reports; of the others, agents who own one."""
    return see_reports(user) or (user.is_agent and (proposal is None or proposal.owner_id == user.pk))


@rule("dependence.change")
def change_proposals(user, proposal=None):
    """Agree on proposals: administrators and leads. One that is there is also its owner's."""
    return user.is_administrator or user.is_lead or (proposal is not None and proposal.owner_id == user.pk)


@rule("reports.explain")
def explain(user, target=None):
    """Why a target was missed and what is done: whoever answers for the figure, leads and administrators."""
    owns = target is not None and target.owner_id is not None and target.owner_id == user.pk
    return see_reports(user) and (user.is_lead or user.is_administrator or owns)
