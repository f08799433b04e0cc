"""Reads of what people keep at the desk: views of the queue, changes of many tickets, reply templates, macros."""

from django.db.models import F, Q, QuerySet

from servicedesk.people.models import Team, User
from servicedesk.people.queries import get_or_404
from servicedesk.web.errors import NotFound
from servicedesk.web.text import katakana, search_key

from .models import Bulk, Density, DeskPreference, Macro, ReplyTemplate, SavedView
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


def visible_templates(user: User) -> QuerySet[ReplyTemplate]:
    """Those for all and those of one's teams; administrators see all. Out of use last."""
    return ReplyTemplate.objects.filter(_shared_with(user)).select_related("team", "owner").order_by(*_BY_NAME)


_BY_NAME = ("-is_active", "name", "id")


def _shared_with(user: User) -> Q:
    """What agents share, as far as the person sees it."""
    if not user.may("templates.see"):
        return Q(pk__in=[])
    return Q() if user.is_administrator else _usable_by(user)


def _usable_by(user: User) -> Q:
    return Q(team__isnull=True) | Q(team__in=user.team_ids)


def find_templates(user: User, words: str) -> list[ReplyTemplate]:
    """Those in use that have all the words in their code or name; first those whose code begins with them. Width, case
    and kana make no difference.
    """
    wanted = [katakana(word) for word in search_key(words).split()]
    rows = [(katakana(search_key(row.code)), katakana(search_key(row.name)), row) for row in usable_templates(user)]
    found = [each for each in rows if all(word in f"{each[0]} {each[1]}" for word in wanted)]
    found.sort(key=lambda each: not (wanted and each[0].startswith(wanted[0])))
    return [row for _code, _name, row in found]


def visible_macros(user: User) -> QuerySet[Macro]:
    """Those for all and those of one's teams; administrators see all. Out of use last."""
    parts = ("team", "owner", "to_team", "assignee", "service", "category", "reply")
    return Macro.objects.filter(_shared_with(user)).select_related(*parts).order_by(*_BY_NAME)


def usable_macros(user: User) -> QuerySet[Macro]:
    return visible_macros(user).filter(_usable_by(user), is_active=True)


def usable_templates(user: User) -> QuerySet[ReplyTemplate]:
    return visible_templates(user).filter(_usable_by(user), is_active=True)


def teams_to_share_with(user: User) -> QuerySet[Team]:
    """The teams for which the person may keep templates and macros."""
    teams = Team.objects.filter(is_active=True)
    if user.is_administrator:
        return teams
    return teams.filter(pk__in=[team.pk for team in teams_decided_for(user)])
