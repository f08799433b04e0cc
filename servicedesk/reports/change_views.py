"""Pages by which people change something of reports: targets of a year, remarks on a figure, how the company counts."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.formats import number
from servicedesk.web.pages import changed, page
from servicedesk.web.text import digits

from .counting import save_report_settings
from .forms import RemarkForm, ReportSettingsForm, TargetsForm
from .kpis import KPIS
from .months import FIRST_YEAR, LAST_YEAR, Year
from .queries import Remarks, possible_owners, remarks_of, target_of, targets_of
from .remarks import save_remarks
from .targets import save_targets


@needs("reports.change")
def targets(request: HttpRequest) -> HttpResponse:
    """Targets and owners of a fiscal year in a grid. `?copy=1` shows those of the year before, to be saved or not."""
    this_year = Year.now().fiscal_year(Year.now().this_month())
    year, problem = _fiscal_year(request, this_year)
    kept, before = targets_of(year), targets_of(year - 1)
    copies = "copy" in request.GET
    shown = before | kept if copies else kept
    form = TargetsForm(request.POST or None, kept=shown, owners=list(possible_owners()))
    if request.method == "POST" and not problem and form.is_valid():
        try:
            count = save_targets(year, form.goals, by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            said = ngettext("%(count)s target changed.", "%(count)s targets changed.", count) % {"count": number(count)}
            return changed(request, f"{reverse('reports:targets')}?year={year}", event=None, message=said)
    context = {
        "form": form,
        "year": year,
        "years": range(this_year - 2, this_year + 2),
        "problem": problem,
        "typed": request.GET.get("year", "")[:20],
        "copies": copies,
        "can_copy": bool(set(before) - set(kept)),
    }
    return page(request, "reports/targets.html", context, status=422 if problem else form.status)


def _fiscal_year(request: HttpRequest, usual: int) -> tuple[int, str]:
    """The year that the address names, else the present one, and what is wrong with the address."""
    typed = request.GET.get("year", "")
    plainly = digits(typed)
    if not typed:
        return usual, ""
    if plainly.isascii() and plainly.isdecimal() and len(plainly) == 4 and FIRST_YEAR <= int(plainly) <= LAST_YEAR:
        return int(plainly), ""
    return usual, _("“%(typed)s” is no fiscal year. Write the year in which it begins, such as %(year)s.") % {
        "typed": typed[:20], "year": usual,
    }  # fmt: skip


@needs("reports.see")
def remark(request: HttpRequest, month: str, key: str) -> HttpResponse:
    """Why a target was missed, what is done about it, and comments: in its place on the month page, or as a page."""
    year = Year.now()
    if key not in KPIS:
        raise NotFound
    try:
        asked = year.read(month)
    except Refused:
        raise NotFound from None
    kpi, target, said = KPIS[key], target_of(key, year.fiscal_year(asked)), remarks_of(asked).get(key, Remarks())
    explains = request.user.may("reports.explain", target)
    initial = {"reason": said.reason and said.reason.text, "measure": said.measure and said.measure.text}
    form = RemarkForm(request.POST or None, explains=explains, place=key, initial=initial)
    context = {"form": form, "kpi": kpi, "month": asked, "target": target, "remarks": said, "explains": explains}
    if request.method == "POST" and form.is_valid():
        try:
            save_remarks(kpi, asked, by=request.user, via="page", **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            context |= {"remarks": remarks_of(asked).get(key, Remarks())}
            to = reverse("reports:month", args=[month]) + f"#kpi-{key}"
            return changed(
                request, to, fragment="reports/_remarks.html", context=context, event=None, message=_("Saved.")
            )
    if "shown" in request.GET:
        return page(request, "reports/remark.html", context, fragment="reports/_remarks.html")
    return page(request, "reports/remark.html", context, fragment="reports/_remark_form.html", status=form.status)


@needs("reports.change")
def report_settings(request: HttpRequest) -> HttpResponse:
    """The fiscal year, the closing day, and what an hour costs."""
    year = Year.now()
    initial = {name: getattr(year, name) for name in ("first_month", "closing_day", "hourly_rate")}
    return edit(
        request, ReportSettingsForm(request.POST or None, initial=initial), save_report_settings,
        to=reverse("counting:settings"), template="reports/settings.html",
    )  # fmt: skip
