"""Pages of issued reports: the archive, a report, who gets it, and addresses without a sign-in."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.queries import get_or_404
from servicedesk.web.access import needs
from servicedesk.web.downloads import stored_file
from servicedesk.web.editing import does, edit
from servicedesk.web.errors import Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import changed, page

from ..models import ReportLink, Subscriber
from ..months import Year
from . import queries, sharing
from .actions import start_issue
from .corrections import corrections_of
from .forms import IssueForm, SubscriberForm, WallForm
from .freezing import Frozen

PAGE_SIZE = 24


@needs("reports.see")
def archive(request: HttpRequest) -> HttpResponse:
    """All issued reports, those that are being made, and, for administrators, the start of one. Asks for itself again
    meanwhile.
    """
    form = IssueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            start_issue(Year.now().read(form.cleaned_data["month"]), by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            message = _("The report is being made.")
            return changed(request, reverse("reports:archive"), event=None, message=message)
    jobs = queries.jobs_under_way()
    context = {
        "keyset": KeysetPage.of(request, queries.issued_reports(request.user), ["-month"], size=PAGE_SIZE),
        "jobs": jobs,
        "under_way": any(job.is_under_way for job in jobs),
        "form": form if request.user.may("reports.change") else None,
        "is_subscribed": queries.is_subscribed(request.user),
    }
    return page(
        request, "reports/issued/archive.html", context, fragment="reports/issued/_archive.html", status=form.status
    )


@needs("reports.see")
@require_safe
def issued(request: HttpRequest, month: str) -> HttpResponse:
    """A report as it was issued, and what is counted otherwise since."""
    found = queries.get_issued(request.user, month)
    frozen = Frozen.of(found, "en" if get_language() == "en" else "ja")
    context = {"report": found, "frozen": frozen, "month": found.month, "corrections": corrections_of(found, frozen)}
    return page(request, "reports/issued/report.html", context)


@needs("reports.see")
@require_safe
def issued_file(request: HttpRequest, month: str, language: str, kind: str) -> HttpResponse:
    found = queries.get_file(request.user, month, language, kind)
    return stored_file(found.file, as_attachment=True, filename=found.name)


@needs("reports.see")
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Get each issued report by mail, or no longer: what the button said."""
    wants = request.POST.get("wants") == "yes"
    act = sharing.subscribe if wants else sharing.unsubscribe
    said = _("You get each issued report by mail.") if wants else _("You get no more reports by mail.")
    return does(
        request, partial(act, request.user, by=request.user, via="page"), to=reverse("reports:archive"), message=said
    )


@needs("reports.change")
def subscribers(request: HttpRequest) -> HttpResponse:
    """Who gets reports by mail, and one more."""
    form = SubscriberForm(request.POST or None)
    rows = queries.subscribers()
    return edit(
        request, form, sharing.subscribe, to=reverse("reports:subscribers"),
        template="reports/issued/subscribers.html", subscribers=rows,
    )  # fmt: skip


@needs("reports.change")
@require_POST
def subscriber_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Subscriber.objects.select_related(None), pk=pk)
    return does(
        request, partial(sharing.unsubscribe, found.user, by=request.user, via="page"),
        to=reverse("reports:subscribers"), message=_("%(name)s gets no more reports.") % {"name": found.user},
    )  # fmt: skip


@needs("reports.change")
def walls(request: HttpRequest) -> HttpResponse:
    """Wall pages that live, and a new one. Its address is in the answer to the form and nowhere else."""
    form, address = WallForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _link, secret = sharing.create_wall(**form.cleaned_data, by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            form, address = WallForm(), settings.SITE_URL + reverse("reports:wall", args=[secret])
    context = {"form": form, "address": address, "links": queries.alive_links(None, ReportLink.Kind.WALL)}
    return page(request, "reports/issued/walls.html", context, status=form.status)


@needs("reports.change")
@require_POST
def wall_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(ReportLink.objects.filter(kind=ReportLink.Kind.WALL), pk=pk)
    return does(
        request, partial(sharing.revoke_link, found, by=request.user, via="page"), to=reverse("reports:walls"),
        message=_("The wall page “%(name)s” is shut.") % {"name": found},
    )  # fmt: skip


@needs("reports.see")
def feed_link(request: HttpRequest) -> HttpResponse:
    """One's own address of the feed: whether there is one, a new one, and the end of it."""
    address, link = "", queries.alive_links(request.user, ReportLink.Kind.FEED).first()
    if request.method == "POST" and "revoke" in request.POST:
        if link is not None:
            sharing.revoke_link(link, by=request.user, via="page")
        message = _("The address of the feed no longer works.")
        return changed(request, reverse("reports:feed-link"), event=None, message=message)
    if request.method == "POST":
        link, secret = sharing.create_feed(by=request.user, via="page")
        address = settings.SITE_URL + reverse("reports:feed", args=[secret])
    return page(request, "reports/issued/feed_link.html", {"link": link, "address": address})
