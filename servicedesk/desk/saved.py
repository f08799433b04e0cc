"""Pages of saved views: all of them, saving what the queue shows, changing, moving, deleting."""

from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.models import Team, User
from servicedesk.people.rules import allowed, check
from servicedesk.tickets import filters
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm
from servicedesk.web.pages import changed, page

from .actions import NAMES, change_view, create_view, delete_view, move_view, restore_view
from .models import SavedView
from .queries import deleted_view, get_view, teams_decided_for, visible_views
from .queue import rail, sort_labels, without_place
from .queue_columns import COLUMNS, chosen_columns


class SavedViewForm(ActionForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("For whom"),
        required=False,
        empty_label=gettext_lazy("Only me"),
        help_text=gettext_lazy("Who leads a team may give it views. Each member sees in them what they may see."),
    )
    is_pinned = forms.BooleanField(label=gettext_lazy("Pin it beside the list"), required=False, initial=True)

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        teams = teams_decided_for(by)
        self.fields["team"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams])
        if not teams:
            del self.fields["team"]


def address_of(view: SavedView) -> str:
    return f"{reverse('desk:queue')}?saved={view.pk}"


@needs("desk.use")
@require_safe
def views(request: HttpRequest) -> HttpResponse:
    """All views that the person has, their teams' too, and what each shows."""
    rows = list(visible_views(request.user))
    known = filters.Known(request.user, [view.as_query() for view in rows])
    described = [
        {"view": view, "url": address_of(view), "may_change": allowed(request.user, "views.change", view)}
        | describe(request.user, view, known)
        for view in rows
    ]
    context = {"rows": described, "views": rail(request, "views", rows)}
    return page(request, "desk/views.html", context)


def describe(user: User, view: SavedView, known: filters.Known | None = None) -> dict:
    """What a view shows in words, and what it names in vain (`missing`)."""
    query = view.as_query()
    asked = filters.read(user, query, known=known, also=NAMES)
    columns, unknown = chosen_columns(view.columns)
    orders = dict(sort_labels())
    return {
        "base": asked.view.label,
        "chips": asked.chips,
        "order": filters.GROUPS[asked.group].label if asked.group else orders[asked.sort],
        "is_grouped": bool(asked.group),
        "columns": [COLUMNS[name].label for name in columns] if view.columns else [],
        "missing": [str(one) for one in [*asked.complaints, *unknown]],
    }


@needs("desk.use")
def view_new(request: HttpRequest) -> HttpResponse:
    """Save what the address shows under a name."""
    query = _said(request)
    form = SavedViewForm(request.POST or None, by=request.user, initial={"is_pinned": True})
    if request.method == "POST" and form.is_valid():
        try:
            view = create_view(**form.cleaned_data, query=query, by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(request, address_of(view), event=None, message=_("The view is saved."))
    return _form(request, form, heading=_("Save as a view"), query=query)


@needs("desk.use")
def view_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, whose it is and whether it is pinned; what it shows is changed in the list."""
    view = get_view(request.user, pk)
    check(request.user, "views.change", view)
    initial = {"name": view.name, "team": view.team, "is_pinned": view.place is not None}
    form = SavedViewForm(request.POST or None, by=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_view(view, **form.cleaned_data, by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(request, reverse("desk:views"), event=None, message=_("Saved."))
    return _form(request, form, heading=_("Change the view"), query=view.as_query(), view=view)


@needs("desk.use")
@require_POST
def view_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """The view shows from now on what the list shows."""
    view = get_view(request.user, pk)
    return does(
        request,
        partial(change_view, view, query=_said(request), by=request.user, via="page"),
        to=address_of(view),
        message=_("The view is saved."),
    )


@needs("desk.use")
@require_POST
def view_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down beside the list; pinned first when it was not."""
    view = get_view(request.user, pk)
    up = request.POST.get("way") == "up"
    move_view(view, by=request.user, via="page", up=up)
    return changed(request, reverse("desk:views"), event=None)


@needs("desk.use")
@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_view(request.user, pk)
    delete_view(view, by=request.user, via="page")
    return changed(
        request,
        reverse("desk:views"),
        event=None,
        message=_("The view “%(name)s” is deleted.") % {"name": view.name},
        undo=reverse("desk:view-restore", args=[view.pk]),
    )


@needs("desk.use")
@require_POST
def view_restore(request: HttpRequest, pk: int) -> HttpResponse:
    view = deleted_view(request.user, pk)
    return does(
        request,
        partial(restore_view, view, by=request.user, via="page"),
        to=reverse("desk:views"),
        message=_("The view is back."),
    )


def _said(request: HttpRequest) -> QueryDict:
    """What the queue shows, in the address of the form."""
    query = request.GET.copy()
    for name in list(query):
        if name not in NAMES:
            del query[name]
    return query


def _form(
    request: HttpRequest, form: SavedViewForm, *, heading: str, query: QueryDict, view: SavedView | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "heading": heading,
        "view": view,
        "address": request.get_full_path(),
        "back": reverse("desk:views") if view else f"{reverse('desk:queue')}?{without_place(query)}",
        "chips": filters.read(request.user, query, also=NAMES).chips,
        "plain": False,
    }
    return page(request, "desk/view_form.html", context, fragment="desk/_view_form.html", status=form.status)
