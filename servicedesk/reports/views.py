"""Pages of reports: a month, and the tickets behind a figure."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from servicedesk.web.access import needs
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .forms import ScopeForm, scope_of
from .kpis import KPIS, Kpi
from .months import Year, after
from .queries import MONTHS_BEFORE, month_of_report, rows_behind

PAGE_SIZE = 50


@needs("reports.see")
def latest(request: HttpRequest) -> HttpResponse:
    """The last month that is over, or the one of the field beside the heading."""
    year = Year.now()
    asked = request.GET.get("month", "")
    if asked:
        try:
            return HttpResponseRedirect(reverse("reports:month", args=[f"{year.read(asked):%Y-%m}"]))
        except Refused as refusal:
            context = {"refusal": refusal, "asked": asked[:20], "last": after(year.this_month(), -1)}
            return page(request, "reports/no_month.html", context, status=422)
    return HttpResponseRedirect(reverse("reports:month", args=[f"{after(year.this_month(), -1):%Y-%m}"]))


@needs("reports.see")
def month(request: HttpRequest, month: str) -> HttpResponse:
    """All KPIs of a month in their groups."""
    year = Year.now()
    try:
        asked = year.read(month)
    except Refused as refusal:
        context = {"refusal": refusal, "asked": month[:20], "last": after(year.this_month(), -1)}
        return page(request, "reports/no_month.html", context, status=422)
    found = month_of_report(year, asked, scope_of(request.GET))
    context = {
        "report": found,
        "month": asked,
        "before": after(asked, -1),
        "next": after(asked, 1) if asked < year.this_month() else None,
        "is_running": asked == year.this_month(),
        "months_before": MONTHS_BEFORE,
        "scope_form": ScopeForm(request.GET or None),
    }
    return page(request, "reports/month.html", context)


@needs("reports.see")
def behind(request: HttpRequest, month: str, key: str) -> HttpResponse:
    """The rows behind a figure, or behind a part of it, on tickets that one sees."""
    year, kpi = Year.now(), _kpi(key)
    try:
        asked = year.read(month)
    except Refused:
        raise NotFound from None
    part = _part(kpi, request.GET.get("part"))
    scope = scope_of(request.GET)
    rows, seen = rows_behind(request.user, kpi, year, asked, scope, part)
    context = {
        "kpi": kpi,
        "month": asked,
        "number": kpi.measure.number(rows.aggregate(**kpi.measure.aggregates())) if part is not ... else None,
        "keyset": KeysetPage.of(request, seen, ["-pk"], size=PAGE_SIZE),
        "rows": rows.count(),
        "seen": seen.count(),
    }
    return page(request, "reports/behind.html", context)


def _kpi(key: str) -> type[Kpi]:
    if key not in KPIS:
        raise NotFound
    return KPIS[key]


def _part(kpi: type[Kpi], given: str | None) -> Any:
    """The value of the breakdown's column that an address names by its code: `...` for all."""
    if given is None or kpi.by is None:
        return ...
    if given == "none":
        return None
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else given
