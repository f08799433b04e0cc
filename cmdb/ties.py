"""What keeps a team in use: services that it looks after. And what is told of somebody who leaves."""

from django.db.models import Q
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.people.ties import Tie, tie

from .models import Item, ItemState, Service


@tie(Team)
def services_of_team(team: Team) -> Tie | None:
    names = [str(service) for service in Service.objects.filter(team=team, is_active=True)[:5]]
    if not names:
        return None
    return Tie(
        _("Services of the team are in use: %(names)s. Give them another team first.") % {"names": ", ".join(names)},
        True,
    )


@tie(User)
def contact_of_services(person: User) -> Tie | None:
    services = Service.objects.filter(Q(business_contact=person) | Q(system_contact=person), is_active=True)
    names = [str(service) for service in services.distinct()[:5]]
    return Tie(_("Is a contact of: %(names)s.") % {"names": ", ".join(names)}, False) if names else None


@tie(User)
def uses_items(person: User) -> Tie | None:
    numbers = [item.number for item in Item.objects.filter(user=person).exclude(state=ItemState.RETIRED)[:5]]
    return Tie(_("Uses: %(items)s.") % {"items": ", ".join(numbers)}, False) if numbers else None
