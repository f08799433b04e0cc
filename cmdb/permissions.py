"""Who may change what the desk supports."""

from servicedesk.people.models import Role
from servicedesk.people.rules import rule


@rule("services.change")
def change_services(user, obj=None):
    """Administrators, and those who look after the CMDB."""
    return user.is_administrator or Role.CMDB_MANAGER in user.roles


@rule("items.change")
def change_items(user, obj=None):
    """The same people."""
    return change_services(user)


@rule("items.see")
def see_items(user, obj=None):
    """Agents, who ask which device it is; and whoever may change them."""
    return user.is_agent or change_items(user)
