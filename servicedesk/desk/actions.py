"""Writes of the desk itself: views of the queue, and what needs several apps at once."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.major.actions.telling import subscribe
from servicedesk.intake.actions.calls import caller_by_address
from servicedesk.people.actions.core import audit, changed_fields, keep, lock
from servicedesk.people.models import Team, User
from servicedesk.people.rules import check
from servicedesk.tickets import filters
from servicedesk.web.errors import Refused
from servicedesk.web.text import one_line

from .models import Density, DeskPreference, SavedView
from .permissions import decides_for
from .queue_columns import USUAL, chosen_columns

MOST_VIEWS = 50
KEPT_AFTER_DELETION = timedelta(days=1)
# What of the address a view keeps.
NAMES = frozenset({"view", "sort", "group", "columns", "density", *filters.FILTERS})


def said_by(query: QueryDict) -> dict[str, Any]:
    """The fields of a view that an address says, unchecked, in one form: what is usual is empty."""
    base = query.get("view") or filters.START_VIEW
    columns, _unknown = chosen_columns(query.getlist("columns"))
    usual = filters.VIEWS[base].order if base in filters.VIEWS else ""
    sort = query.get("sort", "")
    return {
        "base": base,
        "filters": {name: values for name in filters.FILTERS if (values := filters.values_of(query, name))},
        "sort": "" if sort == usual else sort,
        "group": query.get("group", ""),
        "columns": [] if columns == list(USUAL) else columns,
        "density": query.get("density", ""),
    }


def is_shown_by(view: SavedView, query: QueryDict) -> bool:
    """Whether the address shows the view as it is kept."""
    return said_by(query) == said_by(view.as_query())


@transaction.atomic
def create_view(
    *, name: str, query: QueryDict, by: User, via: str, team: Team | None = None, is_pinned: bool = True
) -> SavedView:
    """Save what the address shows under a name, for oneself or for a team that one decides for.

    Refuses what of the address is not known, a name that is taken, and more than 50 views of one person or team.
    """
    check(by, "views.change")
    view = SavedView(team=team, owner=None if team else by, name=name, **checked(by, query))
    _refuse_team(view, by)
    others = _beside(view)
    if others.count() >= MOST_VIEWS:
        raise Refused(_("There are 50 views already. Delete one that is no longer needed."))
    if is_pinned:
        view.place = _last_place(view)
    _keep(view)
    _note(view, "create", by, via)
    return view


@transaction.atomic
def change_view(view: SavedView, *, by: User, via: str, query: QueryDict | None = None, **fields: Any) -> SavedView:
    """Change a view: `name`, `team` (None: the person's own), `is_pinned`, and with `query` what it shows.

    Refuses as `create_view` does. A view of a team that is made one's own is no longer there for the team.
    """
    if set(fields) - {"name", "team", "is_pinned"}:
        raise TypeError(f"unknown fields: {sorted(fields)}")
    lock(view)
    check(by, "views.change", view)
    was_of_team = view.team
    changes = changed_fields(view, {"name": fields["name"]} if "name" in fields else {})
    if "team" in fields and fields["team"] != view.team:
        changes |= changed_fields(view, {"team": fields["team"]})
        view.owner = None if view.team else by
        _refuse_team(view, by)
        if _beside(view).count() >= MOST_VIEWS:
            raise Refused(_("There are 50 views already. Delete one that is no longer needed."), field="team")
        if view.place is not None:
            view.place = _last_place(view)
    if query is not None:
        changes |= changed_fields(view, checked(by, query))
    if "is_pinned" in fields and fields["is_pinned"] != (view.place is not None):
        view.place = _last_place(view) if fields["is_pinned"] else None
    view.updated_at = timezone.now()
    _keep(view)
    if changes and (view.team or was_of_team):
        audit(view, "change", by=by, via=via, changes=changes)
    return view


@transaction.atomic
def move_view(view: SavedView, *, by: User, via: str, up: bool) -> None:
    """Move a pinned view one place up or down among those of its person or team."""
    lock(view)
    check(by, "views.change", view)
    pinned = list(
        _beside(view, itself=True).filter(place__isnull=False).select_for_update().order_by("place", "name", "id")
    )
    at = next((number for number, one in enumerate(pinned) if one.pk == view.pk), None)
    if at is None:
        return
    to = max(0, at - 1) if up else min(len(pinned) - 1, at + 1)
    pinned.insert(to, pinned.pop(at))
    for place, one in enumerate(pinned, 1):
        one.place = place
    SavedView.objects.bulk_update(pinned, ["place"])


@transaction.atomic
def delete_view(view: SavedView, *, by: User, via: str) -> None:
    """Delete a view. For a day it can be brought back."""
    lock(view)
    check(by, "views.change", view)
    if view.deleted_at is None:
        view.deleted_at = timezone.now()
        view.save(update_fields=["deleted_at"])
        _note(view, "delete", by, via)


@transaction.atomic
def restore_view(view: SavedView, *, by: User, via: str) -> SavedView:
    """Bring a deleted view back. Refuses when its name was given to another one meanwhile."""
    lock(view)
    check(by, "views.change", view)
    if view.deleted_at is not None:
        view.deleted_at = None
        _keep(view)
        _note(view, "restore", by, via)
    return view


def forget_deleted_views() -> int:
    """Delete for good what was deleted a day ago; returns how many views."""
    gone = SavedView.objects.filter(deleted_at__lt=timezone.now() - KEPT_AFTER_DELETION)
    return gone.delete()[0]


def choose_density(user: User, density: str) -> None:
    """Keep how dense the person likes lists. Refuses what is none of the three."""
    check(user, "desk.use")
    if density not in Density.values:
        raise Refused(_("The list cannot be shown “%(value)s”.") % {"value": density[:60]}, field="density")
    DeskPreference.objects.update_or_create(user=user, defaults={"density": density})


def checked(by: User, query: QueryDict) -> dict[str, Any]:
    """What the address says, as fields of a view. Refuses the first thing in it that is not known."""
    _columns, complaints = chosen_columns(query.getlist("columns"))
    complaints = filters.read(by, query, also=NAMES).complaints + complaints
    density = query.get("density", "")
    if density and density not in Density.values:
        raise Refused(_("The list cannot be shown “%(value)s”.") % {"value": density[:60]}, field="density")
    if complaints:
        first = complaints[0]
        raise Refused(str(first), field=first.name if first.value else "filters")
    return said_by(query)


def _refuse_team(view: SavedView, by: User) -> None:
    if view.team is not None and not decides_for(by, view.team):
        raise Refused(_("Who leads the team decides which views it has."), field="team")


def _beside(view: SavedView, *, itself: bool = False) -> QuerySet[SavedView]:
    """The other views of the same person or team."""
    rows = SavedView.objects.filter(owner=view.owner, team=view.team, deleted_at__isnull=True)
    return rows if itself else rows.exclude(pk=view.pk)


def _last_place(view: SavedView) -> int:
    return (_beside(view).aggregate(last=Max("place"))["last"] or 0) + 1


def _keep(view: SavedView) -> None:
    keep(view, taken=_("There is a view of this name already."), field="name")


def _note(view: SavedView, verb: str, by: User, via: str) -> None:
    """Only what a team has is written down: one's own views are nobody else's business."""
    if view.team is not None:
        audit(view, verb, by=by, via=via, team=view.team)


@transaction.atomic
def subscribe_stranger(outage: int, address: str, name: str, *, by: User, via: str) -> None:
    """Keep somebody informed of a known outage who is on the telephone and may be new here: a guest by the address, or
    whoever has it. Refuses what either of the two writes does, and then makes nobody.
    """
    person = caller_by_address(address, one_line(name, 120), name, by=by, via=via)
    subscribe(outage, person, by=by)
