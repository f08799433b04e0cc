"""What is told of somebody who leaves, and of a team that goes out of use: entries of the directory name them."""

from django.db.models import Q
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.people.ties import Tie, tie

from .models import Entry


@tie(User)
def in_entries(person: User) -> Tie | None:
    return _tie(Q(owner=person) | Q(person=person))


@tie(Team)
def entries_of_team(team: Team) -> Tie | None:
    return _tie(Q(team=team))


def _tie(of: Q) -> Tie | None:
    names = [entry.name for entry in Entry.objects.filter(of, is_active=True)[:5]]
    if not names:
        return None
    return Tie(_("Stands in the escalation directory: %(names)s.") % {"names": _(", ").join(names)}, False)
