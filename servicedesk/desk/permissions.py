"""Who decides about views of the queue, and about what agents share: reply templates and macros."""

from servicedesk.people.models import Team
from servicedesk.people.rules import rule


@rule("views.change")
def change_view(user, view=None):
    """One's own; a team's those who lead, and administrators, of this team. Views get here through
    `queries.visible_views`, which knows those of one's own teams alone.
    """
    if not user.is_agent:
        return False
    if view is None or view.owner_id is not None:
        return view is None or view.owner_id == user.pk
    return decides_for(user, view.team)


@rule("desk.lead")
def lead(user, team=None):
    """See how the work of a team stands, person by person: its lead, and of those who belong to it whoever leads by
    role and administrators. Teams get here through `queries.led_teams`.
    """
    if not user.is_agent:
        return False
    if team is not None:
        return decides_for(user, team)
    return user.is_lead or user.is_administrator or user.leads.filter(is_active=True).exists()


def decides_for(user, team) -> bool:
    """Whether the person decides which views a team has."""
    return team.pk in user.team_ids and (user.is_lead or user.is_administrator or team.lead_id == user.pk)


@rule("templates.see")
def see_templates(user, template=None):
    """Agents, who write with them, and administrators."""
    return user.is_agent or user.is_administrator


@rule("templates.change")
def change_templates(user, template=None):
    """Administrators; those of a team also who leads it."""
    if user.is_administrator:
        return True
    if template is None:
        return any(decides_for(user, team) for team in Team.objects.filter(pk__in=user.team_ids))
    return template.team is not None and decides_for(user, template.team)


@rule("macros.see")
def see_macros(user, macro=None):
    return see_templates(user)


@rule("macros.change")
def change_macros(user, macro=None):
    return change_templates(user, macro)
