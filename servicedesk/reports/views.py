"""Pages of reports: a month, and the tickets behind a figure."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from servicedesk.people import csvfiles
from servicedesk.web.access import needs
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.formats import number
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .dependence.sentence import kept_sentence
from .forms import MonthForm, ScopeForm, scope_of
from .issued.queries import issued_of
from .kpis import KPIS, Kpi, Scope
from .months import Period, Year, after
from .queries import month_of_report, number_of, remarks_of, rows_behind
from .saying import sentences
from .shown import columns_of, row_of, shown_month

PAGE_SIZE = 50
_ANY = Period(date(2000, 1, 1), date(2000, 1, 1))


@needs("reports.see")
@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """The last month that is over, or the one of the field beside the heading."""
    year = Year.now()
    asked = request.GET.get("month", "")
    if asked:
        try:
            month = year.read(asked)
        except Refused as refusal:
            return _no_month(request, year, refusal, asked)
        return HttpResponseRedirect(_address(month, request.GET))
    return HttpResponseRedirect(_address(after(year.this_month(), -1), request.GET))


@needs("reports.see")
@require_safe
def month(request: HttpRequest, month: str) -> HttpResponse:
    """All KPIs of a month in their groups, of the whole desk or of a part of it, beside another month if asked."""
    year = Year.now()
    try:
        asked = year.read(month)
    except Refused as refusal:
        return _no_month(request, year, refusal, month)
    form = MonthForm(request.GET, year=year)
    context: dict[str, Any] = {"form": form, "month": asked, "asked": _kept(request.GET)}
    if not form.is_valid():
        return page(request, "reports/month.html", context, status=422)
    found, other = month_of_report(year, asked, form.scope), form.cleaned_data["with"]
    beside = month_of_report(year, other, form.scope) if other and other != asked else None
    context |= {
        "report": found,
        "sentences": sentences(found),
        "dependence": None if form.scope else kept_sentence(asked),
        "issued": issued_of(asked),
        "groups": shown_month(found, beside, remarks_of(asked), request.user, _kept(request.GET, "with")),
        "missed": [line for line in found.lines if line.is_met is False],
        "other": beside and beside.month,
        "is_part": bool(form.scope),
        "before": after(asked, -1),
        "next": after(asked, 1) if asked < year.this_month() else None,
        "is_running": asked == year.this_month(),
    }
    return page(request, "reports/month.html", context)


def _no_month(request: HttpRequest, year: Year, refusal: Refused, typed: str) -> HttpResponse:
    context = {"refusal": refusal, "asked": typed[:20], "last": after(year.this_month(), -1)}
    return page(request, "reports/no_month.html", context, status=422)


def _kept(given, *without: str) -> str:
    """The filters of an address as a query, to be kept in links."""
    names = [name for name in MonthForm.base_fields if name not in without]
    return urlencode({name: given[name] for name in names if given.get(name)})


def _address(month: date, given) -> str:
    kept = _kept(given)
    return reverse("reports:month", args=[f"{month:%Y-%m}"]) + (f"?{kept}" if kept else "")


@needs("reports.see")
@require_safe
def behind(request: HttpRequest, month: str, key: str) -> HttpResponse:
    """The rows behind a figure, or behind a part of it, on tickets that one sees."""
    kpi, asked, scope, part = _asked(request, month, key)
    rows, seen = rows_behind(request.user, kpi, Year.now(), asked, scope, part)
    context = {
        "kpi": kpi,
        "month": asked,
        "part": _label(kpi, part),
        "number": number_of(kpi, rows),
        "keyset": KeysetPage.of(request, seen, ["-pk"], size=PAGE_SIZE),
        "rows": rows.count(),
        "seen": seen.count(),
        "asked": _kept(request.GET),
        "scope": ScopeForm(request.GET) if scope else None,
        "query": request.GET.urlencode(),
    }
    return page(request, "reports/behind.html", context)


@needs("reports.see")
@require_safe
def behind_export(request: HttpRequest, month: str, key: str) -> StreamingHttpResponse:
    """The same rows as CSV; its last line says how many are not in it."""
    kpi, asked, scope, part = _asked(request, month, key)
    rows, seen = rows_behind(request.user, kpi, Year.now(), asked, scope, part)
    hidden = rows.count() - seen.count()

    def lines():
        for row in seen.order_by("-pk").iterator(chunk_size=500):
            yield row_of(row, kpi)
        if hidden:
            said = ngettext(
                "%(count)s more row, on a ticket that you do not see",
                "%(count)s more rows, on tickets that you do not see",
                hidden,
            )
            yield [said % {"count": number(hidden)}]

    answer = StreamingHttpResponse(csvfiles.write(columns_of(kpi), lines()), content_type=csvfiles.CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{key}-{asked:%Y-%m}.csv"'
    return answer


def _asked(request: HttpRequest, month: str, key: str) -> tuple[type[Kpi], date, Scope, Any]:
    """(KPI, month, part of the company, part of the figure) of an address; what is not there is not found."""
    if key not in KPIS:
        raise NotFound
    try:
        asked = Year.now().read(month)
    except Refused:
        raise NotFound from None
    scope = scope_of(request.GET)
    if scope is None:
        raise NotFound
    return KPIS[key], asked, scope, _part(KPIS[key], request.GET.get("part"))


def _part(kpi: type[Kpi], given: str | None) -> Any:
    """The value of the breakdown's column that an address names: `...` for all."""
    if given is None:
        return ...
    if kpi.by is None or "\0" in given or (given.isdecimal() and len(given) > 9):  # no number of ours is that long
        raise NotFound
    if given == "none":
        return None
    path = kpi.by.path(kpi.base)
    value: Any = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else given
    try:
        kpi.base.rows(Year(), _ANY).filter(**{path: value})
    except (ValueError, TypeError):
        raise NotFound from None
    return value


def _label(kpi: type[Kpi], part: Any) -> str:
    if part is ... or kpi.by is None:
        return ""
    return kpi.by.naming([part]).get(part, ("", _("gone")))[1]
