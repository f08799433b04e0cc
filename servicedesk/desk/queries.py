"""Reads of what people keep at the desk: views of the queue, and changes of many tickets."""

from django.db.models import F, Q, QuerySet

from servicedesk.people.models import Team, User
from servicedesk.people.queries import get_or_404
from servicedesk.web.errors import NotFound

from .models import Bulk, Density, DeskPreference, SavedView
from .permissions import decides_for


def visible_views(user: User) -> QuerySet[SavedView]:
    """One's own and those of one's teams, pinned ones first in their order; nobody else learns of them."""
    if not user.is_authenticated or not user.is_agent:
        return SavedView.objects.none()
    mine = Q(owner=user) | Q(team__in=user.team_ids)
    rows = SavedView.objects.filter(mine, deleted_at__isnull=True).select_related("team")
    return rows.order_by(F("team").asc(nulls_first=True), F("place").asc(nulls_last=True), "name", "id")


def get_view(user: User, pk: int) -> SavedView:
    """A visible view, or NotFound."""
    view = visible_views(user).filter(pk=pk).first()
    if view is None:
        raise NotFound
    return view


def deleted_view(user: User, pk: int) -> SavedView:
    """One that was deleted and can be brought back by whoever would see it, or NotFound."""
    mine = Q(owner=user) | Q(team__in=user.team_ids)
    view = SavedView.objects.filter(mine, pk=pk, deleted_at__isnull=False).select_related("team").first()
    if view is None or not user.is_agent:
        raise NotFound
    return view


def teams_decided_for(user: User) -> list[Team]:
    """The teams of which the person decides which views they have."""
    teams = Team.objects.filter(pk__in=user.team_ids)
    return [team for team in teams if decides_for(user, team)]


def density_of(user: User) -> str:
    """How dense the person likes lists."""
    kept = DeskPreference.objects.filter(pk=user.pk).values_list("density", flat=True).first()
    return kept or Density.USUAL


def led_teams(user: User) -> list[Team]:
    """The teams whose work the person watches over (`permissions.lead`)."""
    teams = Team.objects.filter(pk__in=user.team_ids).order_by("name", "id")
    return [team for team in teams if decides_for(user, team)]


def get_own_bulk(user: User, pk: int) -> Bulk:
    """One of the person's own changes of many tickets, or NotFound."""
    return get_or_404(Bulk.objects.filter(owner=user), pk=pk)
