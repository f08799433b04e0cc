"""Who may change the catalogue of services."""

from servicedesk.people.models import Role
from servicedesk.people.rules import rule


@rule("services.change")
def change_services(user, obj=None):
    """Administrators, and those who look after the CMDB."""
    return user.is_administrator or Role.CMDB_MANAGER in user.roles
