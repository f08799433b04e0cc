"""Pages of the automation ledger: the months of a fiscal year, what a source is made of, and the rates."""

from datetime import date
from functools import partial

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people import csvfiles
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.errors import NotFound
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from . import saving_queries as queries
from .ledger import company_day
from .models import Source
from .saving_actions import save_rate
from .saving_forms import RateForm

PAGE_SIZE = 20


@needs("savings.see")
@require_safe
def savings(request: HttpRequest) -> HttpResponse:
    """Hours of each month by source, of one fiscal year; `?year=` is the one that begins in it."""
    years = queries.years()
    year = _year(request, years)
    lines, whole = queries.sums(year)
    rates = queries.rates_today()
    sources = [
        {"source": source, "rate": rates[source], "instead": queries.instead_of(rates[source]),
         "amount": whole.by_source[source]}
        for source in Source
    ]  # fmt: skip
    context = {"years": years, "year": year, "lines": lines, "whole": whole, "sources": sources}
    return page(request, "escalation/savings.html", context)


@needs("savings.see")
@require_safe
def savings_export(request: HttpRequest) -> StreamingHttpResponse:
    """A fiscal year as CSV: each month, source, and rule, template or channel."""
    year = _year(request, queries.years())
    header = [_("Month"), _("Source"), _("Rule, template or channel"), _("How often"), _("Minutes"), _("Hours saved")]
    rows = (
        [f"{month:%Y-%m}", source, label, amount.count, amount.minutes, amount.hours]
        for month, source, label, amount in queries.details(year)
    )
    answer = StreamingHttpResponse(csvfiles.write(header, rows), content_type=csvfiles.CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="savings-{year}.csv"'
    return answer


@needs("savings.see")
@require_safe
def saving_source(request: HttpRequest, source: str) -> HttpResponse:
    """What a source is made of in a fiscal year or, with `?month=2026-10`, in a month, and the tickets behind it;
    `?of=` is one rule, template or channel.
    """
    found, years = _source(source), queries.years()
    month, of = _month(request), request.GET.get("of", "")[:20]
    year = queries.year_of(month) if month else _year(request, years)
    span = queries.span_of(year, month)
    parts = queries.parts(found, *span)
    keyset = KeysetPage.of(request, queries.savings(request.user, found, *span, of), ["-at", "-id"], size=PAGE_SIZE)
    context = {
        "source": found,
        "year": year,
        "month": month,
        "parts": parts,
        "chosen": next((part for part in parts if part.key == of), None),
        "keyset": keyset,
        "most": max((part.amount.minutes for part in parts), default=0),
    }
    return page(request, "escalation/saving_source.html", context)


@needs("settings.change")
def saving_rate(request: HttpRequest, source: str) -> HttpResponse:
    """The minutes of a source and what a person did instead, with all that held before."""
    found = _source(source)
    today = queries.rates_today()[found]
    initial = {"instead_ja": today.instead_ja, "instead_en": today.instead_en, "minutes": today.minutes}
    return edit(
        request, RateForm(request.POST or None, source=found, initial=initial), partial(save_rate, found),
        to=reverse("escalation:saving-rate", args=[found]), template="escalation/saving_rate.html",
        source=found, history=queries.rate_history(found), today=company_day(timezone.now()),
        usual=queries.usual_rate(found),
    )  # fmt: skip


def _source(given: str) -> Source:
    if given not in Source.values:
        raise NotFound
    return Source(given)


def _year(request: HttpRequest, years: list[int]) -> int:
    """The year that the address names, or this one; one without anything is like this one."""
    given = request.GET.get("year", "")
    return int(given) if given in map(str, years) else queries.this_year()


def _month(request: HttpRequest) -> date | None:
    try:
        month = date.fromisoformat(request.GET.get("month", "") + "-01")
    except ValueError:
        return None
    return month if 2000 <= month.year < 3000 else None
