"""What a survey found, on the page, for paper and as files; and why users and desk differ."""

import tempfile
from functools import partial

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people import csvfiles, xlsxfiles
from servicedesk.web import pdf
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.errors import Refused
from servicedesk.web.pages import page

from ..actions import explain_gap
from ..forms import FindingForm
from ..models import Survey
from ..queries.results import results_of, trend_of
from ..queries.surveys import get_question, get_survey, progress_of
from ..workbook import header, rows_of, write_workbook


def context_of(survey: Survey) -> dict:
    """What the page, the paper and the PDF show."""
    surveys, lines = trend_of(survey)
    results = results_of(survey)
    return {
        "survey": survey,
        "results": results,
        "progress": progress_of(survey),
        "trend_surveys": surveys,
        "trend_lines": lines if len(surveys) > 1 else [],
    }


@needs("surveys.see")
@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    survey = get_survey(request.user, pk)
    context = context_of(survey) | {"may_explain": request.user.may("surveys.explain")}
    return page(request, "surveys/results.html", context)


@needs("surveys.see")
@require_safe
def results_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for paper."""
    return page(request, "surveys/results_print.html", context_of(get_survey(request.user, pk)))


@needs("surveys.see")
@require_safe
def results_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a file. A machine that lacks what PDFs need says so on the page."""
    survey = get_survey(request.user, pk)
    try:
        made = pdf.render("surveys/results_pdf.html", context_of(survey))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("surveys:results", pk)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="survey-{pk}.pdf"'
    return answer


@needs("surveys.see")
@require_safe
def results_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    found = results_of(get_survey(request.user, pk))
    answer = StreamingHttpResponse(csvfiles.write(header(), rows_of(found)), content_type=csvfiles.CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="survey-{pk}.csv"'
    return answer


@needs("surveys.see")
@require_safe
def results_xlsx(request: HttpRequest, pk: int) -> FileResponse:
    """With a chart of its own kind, which Excel draws from the cells."""
    survey = get_survey(request.user, pk)
    out = tempfile.TemporaryFile()  # noqa: SIM115 – the answer closes it
    write_workbook(out, results_of(survey), trend_of(survey))
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"survey-{pk}.xlsx", content_type=xlsxfiles.CONTENT_TYPE)


@needs("surveys.explain")
def finding(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    """Why users and desk judge an item differently."""
    survey = get_survey(request.user, pk)
    one = get_question(survey, question)
    found = next((item for group in results_of(survey).groups for item in group.items if item.question == one), None)
    row = found.finding if found else None
    names = ("cause", "dependence", "dependence_words")
    form = FindingForm(request.POST or None, initial={name: getattr(row, name) for name in names} if row else None)
    back = reverse("surveys:results", args=[pk])
    return edit(
        request, form, partial(explain_gap, one), to=f"{back}#q{one.pk}", template="surveys/finding.html",
        heading=_("Why the two differ"), back=back, survey=survey, item=found,
    )  # fmt: skip
