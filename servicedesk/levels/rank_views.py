"""Pages of ranks, of the levels of services, and of agreements in the settings."""

from functools import partial
from json import dumps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.jobs import last_job
from servicedesk.people.queries import get_or_404
from servicedesk.web.access import needs
from servicedesk.web.errors import Refused
from servicedesk.web.pages import changed, page

from .actions import (
    change_agreement,
    change_rank,
    create_agreement,
    create_rank,
    import_rank,
    move_rank,
    set_service_levels,
)
from .actions.renewing import KEY
from .calendar_forms import DocumentForm
from .documents import as_file, parsed
from .models import Agreement, Rank
from .moving import agreement_change, preview, rank_change, services_change
from .previewing import save_or_look
from .rank_forms import UNITS, AgreementForm, RankForm, ServiceLevelsForm
from .rank_json import Target, rank_json, rank_of, targets_of
from .settings_queries import agreements as all_agreements
from .settings_queries import rank_by_name, services_with_level
from .settings_queries import ranks as all_ranks
from .typed import words_of_minutes


@needs("levels.see")
@require_safe
def ranks(request: HttpRequest) -> HttpResponse:
    """The ranks with their targets, side by side."""
    rows = [(rank, _targets(rank)) for rank in all_ranks()]
    return page(request, "levels/ranks.html", {"rows": rows, "renewing": last_job(KEY)})


def _targets(rank: Rank) -> list[tuple[int, str, str, bool]]:
    """[(priority, first response, resolution, around the clock)] in words."""
    return [_in_words(priority, target) for priority, target in targets_of(rank).items()]


def _in_words(priority: int, target: Target) -> tuple[int, str, str, bool]:
    around = target.around_the_clock
    minutes = (target.response_minutes, target.resolution_minutes)
    response, resolution = (words_of_minutes(one, around_the_clock=around) for one in minutes)
    return priority, response, resolution, around


@needs("settings.change")
def rank_new(request: HttpRequest) -> HttpResponse:
    return _rank_page(request, None, heading=_("New rank"))


@needs("levels.see")
def rank(request: HttpRequest, pk: int) -> HttpResponse:
    """What it promises; whoever may change it gets the form."""
    found = get_or_404(all_ranks(), pk=pk)
    if not request.user.may("settings.change"):
        return page(request, "levels/rank.html", {"rank": found, "targets": _targets(found)})
    return _rank_page(request, found, heading=str(found))


def _rank_page(request: HttpRequest, present: Rank | None, **context: Any) -> HttpResponse:
    form = RankForm(request.POST or None, of=present)
    save = partial(change_rank, present) if present else create_rank
    return save_or_look(
        request,
        form,
        lambda: rank_change(present, form.cleaned_data),
        lambda: save(**form.cleaned_data, by=request.user, via="page"),
        to=lambda done: reverse("levels:ranks"),
        template="levels/rank_form.html",
        fragment="levels/_rank_form.html",
        back=reverse("levels:ranks"),
        rank=present,
        units=UNITS,
        **context,
    )


@needs("settings.change")
@require_POST
def rank_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up, or down."""
    found = get_or_404(all_ranks(), pk=pk)
    move_rank(found, by=request.user, via="page", up="up" in request.POST)
    return changed(request, reverse("levels:ranks"), event=None)


@needs("levels.see")
@require_safe
def rank_export(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(all_ranks(), pk=pk)
    return as_file(rank_json(found), found.name)


@needs("settings.change")
def rank_import(request: HttpRequest) -> HttpResponse:
    """Look at a file first, then make or replace the rank of its name."""
    form = DocumentForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            document = parsed(form.cleaned_data["document"])
            if "save" in request.POST:
                done = import_rank(document, by=request.user, via="page")
                message = _("“%(name)s” was saved.") % {"name": done}
                return changed(request, reverse("levels:ranks"), event=None, message=message)
            fields = rank_of(document)
            present = rank_by_name(fields["name"])
            context = {
                "name": fields["name"],
                "targets": [_in_words(priority, one) for priority, one in sorted(fields["targets"].items())],
                "text": dumps(document),
                "replaces": present,
                "preview": preview(rank_change(present, fields), request.user),
            }
        except Refused as refusal:
            form.refuse(refusal)
    return page(request, "levels/rank_import.html", {"form": form, **context}, status=form.status)


@needs("settings.change")
def service_levels(request: HttpRequest) -> HttpResponse:
    """Which rank and calendar each service has, in one form."""
    form = ServiceLevelsForm(request.POST or None, services=list(services_with_level()))
    return save_or_look(
        request,
        form,
        lambda: services_change(form.levels()),
        lambda: set_service_levels(form.levels(), by=request.user, via="page"),
        to=lambda done: reverse("levels:service-levels"),
        template="levels/service_levels.html",
        fragment="levels/_service_levels.html",
        back=reverse("desk:settings"),
    )


@needs("settings.change")
@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    rows = [
        (
            agreement,
            [
                (row.priority, words_of_minutes(row.minutes, around_the_clock=agreement.around_the_clock))
                for row in agreement.targets.all()
            ],
        )
        for agreement in all_agreements()
    ]
    return page(request, "levels/agreements.html", {"rows": rows})


@needs("settings.change")
def agreement_new(request: HttpRequest) -> HttpResponse:
    return _agreement_page(request, None, heading=_("New agreement"))


@needs("settings.change")
def agreement(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(all_agreements(), pk=pk)
    return _agreement_page(request, found, heading=str(found))


def _agreement_page(request: HttpRequest, present: Agreement | None, **context: Any) -> HttpResponse:
    form = AgreementForm(request.POST or None, of=present)
    save = partial(change_agreement, present) if present else create_agreement
    return save_or_look(
        request,
        form,
        lambda: agreement_change(present, form.cleaned_data),
        lambda: save(**form.cleaned_data, by=request.user, via="page"),
        to=lambda done: reverse("levels:agreements"),
        template="levels/agreement_form.html",
        fragment="levels/_agreement_form.html",
        back=reverse("levels:agreements"),
        units=UNITS,
        **context,
    )
