"""Pages of the question after closing: answering it by mail or from the ticket, what came of it, its settings."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.views.answers import require
from servicedesk.web.access import needs, public, signed_in
from servicedesk.web.editing import does, edit
from servicedesk.web.errors import Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.middleware import speaking_to
from servicedesk.web.pages import changed, page

from ..actions import erase_rating_words, rate_ticket, save_rating_settings
from ..forms import RatingForm, RatingSettingsForm
from ..queries import ratings as queries

SPANS = (30, 90, 365)
PAGE_SIZE = 30
_SETTINGS = ("is_on", "kinds", "low_mark", "answer_days", "change_days", "pause_days")


def refused_link(request: HttpRequest) -> HttpResponse:
    """One sentence, whatever is wrong with a link."""
    return page(request, "surveys/link_refused.html", status=410)


@public("Whoever got the mail answers by its link, without signing in. The link says who and what, and a press counts.")
def by_mail(request: HttpRequest, key: str) -> HttpResponse:
    """Looking at it counts nothing, because scanners of mail look at every link; the button does."""
    found = queries.asked_by_token(key)
    if found is None:
        return refused_link(request)
    asked, mark = found
    with speaking_to(asked.person):
        rating = queries.rating_of(asked.ticket, asked.person)
        initial = {"mark": mark, "words": rating.words if rating else ""}
        form = RatingForm(request.POST or None, initial=initial)
        done = None
        if request.method == "POST" and form.is_valid():
            try:
                done = rate_ticket(asked.ticket, by=asked.person, via="mail", **form.cleaned_data)
            except Refused as refusal:
                form.refuse(refusal)
        context = {"form": form, "ticket": asked.ticket, "rating": rating, "done": done, "by_mail": True}
        return page(request, "surveys/rate_by_mail.html", context, status=form.status)


@signed_in
def rate(request: HttpRequest, number: str) -> HttpResponse:
    """From the page of one's own ticket."""
    ticket = get_ticket(request.user, number)
    require(request, "ratings.rate", ticket)
    settings, rating = queries.rating_settings(), queries.rating_of(ticket, request.user)
    open_now = settings.is_on and queries.may_rate_now(ticket, rating, settings)
    initial = {"mark": rating.mark, "words": rating.words} if rating else {}
    form = RatingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            rate_ticket(ticket, by=request.user, via="page", **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(request, ticket, event=None, message=_("Thank you. Your rating is kept."))
    context = {"ticket": ticket, "form": form, "rating": rating, "open_now": open_now}
    return page(request, "surveys/rate.html", context, fragment="surveys/_rate.html", status=form.status)


@needs("ratings.see")
@require_safe
def ratings(request: HttpRequest) -> HttpResponse:
    """Per team, and each rating with its words; `?days=` is how far back."""
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, SPANS) else SPANS[1]
    since = timezone.now() - timedelta(days=days)
    rows = queries.visible_ratings(request.user).filter(at__gte=since)
    low = request.GET.get("low") == "1"
    if low:
        rows = rows.filter(mark__lte=queries.rating_settings().low_mark)
    context = {
        "teams": queries.by_team(request.user, since),
        "keyset": KeysetPage.of(request, rows, ["-at", "-id"], size=PAGE_SIZE),
        "days": days,
        "spans": SPANS,
        "low": low,
        "may_erase": request.user.may("ratings.erase"),
    }
    return page(request, "surveys/ratings.html", context)


@signed_in
@require_POST
def rating_erase(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_rating(request.user, pk)
    to = reverse("surveys:ratings") if request.user.may("ratings.see") else found.ticket.get_absolute_url()
    return does(
        request, lambda: erase_rating_words(found, by=request.user, via="page"), to=to,
        message=_("The words are erased; the mark stays."),
    )  # fmt: skip


@needs("settings.change")
def rating_settings(request: HttpRequest) -> HttpResponse:
    row = queries.rating_settings()
    form = RatingSettingsForm(request.POST or None, initial={name: getattr(row, name) for name in _SETTINGS})
    return edit(
        request, form, save_rating_settings, to=reverse("surveys:rating-settings"),
        heading=_("Question after closing"), back=reverse("desk:settings"),
        hint=_("One question in the mail about a closing; nobody is asked whom we have no address of, and no machine."),
    )  # fmt: skip
