"""Pages of person-dependence: topics with their heat map, who is away, and proposals."""

from datetime import timedelta
from functools import partial

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people import csvfiles
from servicedesk.people.rules import check
from servicedesk.web.access import needs
from servicedesk.web.editing import does, edit
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from . import queries
from .actions import agree_on_proposal, change_proposal, drop_proposal, finish_proposal, reopen_proposal
from .away import if_away
from .files import header, lines
from .forms import AwayForm, ChangeForm, DropForm, ProposalFilter, ProposalForm, TopicFilter, months_of
from .showing import calling, heat_map, proposals_shown
from .suggesting import suggest, why
from .topics import FEW, Key

PAGE_SIZE = 30
MOST_SUGGESTIONS = 20
USUAL_TIME = timedelta(days=30)


@needs("reports.see")
@require_safe
def topics(request: HttpRequest) -> HttpResponse:
    """Topics by risk and hours, the heat map, and what could be done."""
    form = TopicFilter(request.GET)
    asked = form.asked
    desk = queries.dependence(queries.span_of(asked["months"]))
    found = desk.of(whole=asked["whole"], team=asked["team"])
    suggestions = suggest(found, queries.open_kinds())
    context = {
        "form": form,
        "span": desk.span,
        "whole": asked["whole"],
        "topics": found,
        "hanging": sum(topic.hangs_on_one for topic in found),
        "said": sum(topic.tickets >= FEW for topic in found),
        "heat": heat_map(request.user, desk, found),
        "suggestions": suggestions[:MOST_SUGGESTIONS],
        "left_out": max(len(suggestions) - MOST_SUGGESTIONS, 0),
        "asked": request.GET.urlencode(),
    }
    return page(request, "reports/dependence/topics.html", context)


@needs("reports.see")
@require_safe
def topics_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The topics of the page as CSV; people by name for those who may see it."""
    asked = TopicFilter(request.GET).asked
    desk = queries.dependence(queries.span_of(asked["months"]))
    rows = lines(request.user, desk, desk.of(whole=asked["whole"], team=asked["team"]))
    answer = StreamingHttpResponse(csvfiles.write(header(), rows), content_type=csvfiles.CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="topics-{desk.span.end:%Y-%m-%d}.csv"'
    return answer


@needs("dependence.away")
@require_safe
def away(request: HttpRequest) -> HttpResponse:
    """What would wait if somebody were away. Nothing is saved."""
    form, found, called = AwayForm(request.GET or None, asker=request.user), None, {}
    if form.is_bound and form.is_valid():
        desk = queries.dependence(queries.span_of(queries.USUAL_MONTHS))
        found = if_away(request.user, desk, *(form.cleaned_data[name] for name in ("person", "first", "until")))
        known = [each.topic for each in (*found.waiting, *found.covered)]
        called = calling(request.user, desk, known, also=[found.person.pk])
    context = {"form": form, "away": found, "called": called}
    return page(request, "reports/dependence/away.html", context, status=form.status)


@needs("dependence.read_proposals")
@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    """What was agreed on, by date, with the figures of then and now."""
    form = ProposalFilter(request.GET, auto_id="filter_%s")
    keyset = KeysetPage.of(
        request, queries.find_proposals(request.user, **form.asked), ["due_on", "id"], size=PAGE_SIZE
    )
    context = {
        "form": form,
        "keyset": keyset,
        "shown": proposals_shown(request.user, keyset.rows),
        "asked": request.GET.urlencode(),
        "today": timezone.localdate(),
    }
    return page(request, "reports/dependence/proposals.html", context)


@needs("dependence.change")
def proposal_new(request: HttpRequest) -> HttpResponse:
    """Agree on a proposal: one that a rule makes, filled in, or one of one's own."""
    given = request.POST if request.method == "POST" else request.GET
    months, key = months_of(given.get("months")), Key.read(given.get("topic", ""))
    desk = queries.dependence(queries.span_of(months))
    topic = desk.topic(key) if key else None
    initial = {
        "months": months, "topic": topic.key.code if topic else "", "kind": given.get("kind", ""),
        "reason": why(topic, given.get("kind", "")) if topic else "", "owner": request.user,
        "due_on": timezone.localdate() + USUAL_TIME,
    }  # fmt: skip
    form = ProposalForm(request.POST or None, asker=request.user, desk=desk, initial=initial)
    return edit(
        request, form, agree_on_proposal, to=_page_of, template="reports/dependence/proposal_form.html",
        heading=_("New proposal"), back=reverse("reports:dependence"), topic=topic,
        message=_("Agreed on. The owner is reminded on the day."),
    )  # fmt: skip


@needs("dependence.read_proposals")
@require_safe
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal, and how its topic stands."""
    found = queries.get_proposal(request.user, pk)
    context = {
        "shown": proposals_shown(request.user, [found])[0],
        "proposal": found,
        "may_change": request.user.may("dependence.change", found),
        "today": timezone.localdate(),
        "opened": request.path,
    }
    return page(request, "reports/dependence/proposal.html", context)


def _page_of(of) -> str:
    return reverse("reports:dependence-proposal", args=[of.pk])


@needs("dependence.read_proposals")
def proposal_change(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_proposal(request.user, pk)
    check(request.user, "dependence.change", found)
    initial = {"reason": found.reason, "owner": found.owner, "due_on": found.due_on}
    form = ChangeForm(request.POST or None, asker=request.user, of=found, initial=initial)
    return edit(
        request, form, partial(change_proposal, found), to=_page_of(found),
        template="reports/dependence/proposal_form.html", heading=str(found), back=_page_of(found),
    )  # fmt: skip


@needs("dependence.read_proposals")
def proposal_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """It is not done after all: why?"""
    found = queries.get_proposal(request.user, pk)
    check(request.user, "dependence.change", found)
    return edit(
        request, DropForm(request.POST or None), partial(drop_proposal, found), to=_page_of(found),
        template="reports/dependence/proposal_form.html", heading=_("Drop: %(name)s") % {"name": found},
        back=_page_of(found), message=_("The proposal is dropped."),
    )  # fmt: skip


@needs("dependence.read_proposals")
@require_POST
def proposal_finish(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_proposal(request.user, pk)
    return does(
        request, partial(finish_proposal, found, by=request.user, via="page"), to=_page_of(found),
        message=_("The proposal is done."), undo=reverse("reports:dependence-proposal-reopen", args=[pk]),
    )  # fmt: skip


@needs("dependence.read_proposals")
@require_POST
def proposal_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_proposal(request.user, pk)
    return does(
        request, partial(reopen_proposal, found, by=request.user, via="page"), to=_page_of(found),
        message=_("The proposal is open again."),
    )  # fmt: skip
