"""Surveys in the settings: the list, a draft with its questions, sending and closing."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.models import Language
from servicedesk.web.access import needs
from servicedesk.web.editing import does, edit
from servicedesk.web.forms import ActionForm
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .. import actions
from ..forms import AnswerForm, GroupForm, QuestionForm, SurveyForm
from ..models import Survey, SurveyGroup
from ..queries import surveys as queries
from ..queries.results import hidden_of
from ..shipped import TEMPLATES


def page_of(survey: Survey) -> str:
    return reverse("surveys:survey", args=[survey.pk])


@needs("surveys.see")
@require_safe
def surveys(request: HttpRequest) -> HttpResponse:
    rows = queries.for_list(queries.visible_surveys(request.user))
    keyset = KeysetPage.of(request, rows, ["-made_at", "-id"])
    return page(request, "surveys/surveys.html", {"keyset": keyset, "templates": list(TEMPLATES.values())})


@needs("surveys.see")
@require_safe
def survey(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft with its questions, or how far one is that was sent."""
    found = queries.get_survey(request.user, pk)
    progress = queries.progress_of(found)
    context = {
        "survey": found,
        "groups": queries.groups_of(found),
        "progress": progress,
        "hidden": hidden_of(found, progress["users"]["answered"]),
        "departments": list(found.departments.all()),
        "may_change": request.user.may("surveys.change"),
    }
    return page(request, "surveys/survey.html", context)


@needs("surveys.change")
def survey_new(request: HttpRequest) -> HttpResponse:
    form = SurveyForm(request.POST or None, asker=request.user, initial={"is_anonymous": True, "remind_before": "3"})
    return edit(
        request, form, actions.create_survey, to=page_of, template="surveys/survey_form.html",
        heading=_("New survey"), back=reverse("surveys:surveys"),
    )  # fmt: skip


@needs("surveys.change")
@require_POST
def survey_from_template(request: HttpRequest, source: str) -> HttpResponse:
    """A draft with all questions of a template, ready to be sent."""
    return _made(request, partial(actions.from_template, source, by=request.user, via="page"))


@needs("surveys.change")
@require_POST
def survey_copy(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_survey(request.user, pk)
    return _made(request, partial(actions.copy_survey, found, by=request.user, via="page"))


def _made(request: HttpRequest, act) -> HttpResponse:
    """What makes a draft, and then its page."""
    form = ActionForm(request.POST)
    return edit(
        request, form, lambda by, via: act(), to=page_of, template="surveys/refused.html",
        heading=_("New survey"), back=reverse("surveys:surveys"), message=_("The draft is ready."),
    )  # fmt: skip


@needs("surveys.change")
def survey_change(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_survey(request.user, pk)
    form = SurveyForm(request.POST or None, asker=request.user, of=found, initial=SurveyForm.initial_of(found))
    return edit(
        request, form, partial(actions.change_survey, found), to=page_of, template="surveys/survey_form.html",
        heading=str(found), back=page_of(found), survey=found,
    )  # fmt: skip


@needs("surveys.change")
@require_POST
def survey_delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_survey(request.user, pk)
    to = reverse("surveys:surveys") if found.is_draft else page_of(found)
    return does(
        request, partial(actions.delete_survey, found, by=request.user, via="page"), to=to,
        message=_("The draft is deleted."),
    )  # fmt: skip


@needs("surveys.see")
@require_safe
def survey_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """As those see it who are asked; `?language=` is theirs."""
    found = queries.get_survey(request.user, pk)
    language = request.GET.get("language", "")
    language = language if language in Language.values else (translation.get_language() or "en")[:2]
    with translation.override(language):
        form = AnswerForm(groups=queries.groups_of(found))
        context = {"survey": found, "form": form, "preview": True, "languages_of": Language.choices, "shown": language}
        return page(request, "surveys/preview.html", context)


@needs("surveys.change")
def survey_send(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom it goes to and what is fixed by it, then one press."""
    found = queries.get_survey(request.user, pk)
    desk = list(queries.desk_of(found).values_list("pk", flat=True))
    return edit(
        request, ActionForm(request.POST if request.method == "POST" else None), partial(actions.send_survey, found),
        to=page_of(found), template="surveys/survey_send.html", heading=_("Send “%(name)s”") % {"name": found},
        back=page_of(found), survey=found, of_desk=len(desk), people=queries.audience_of(found, desk).count(),
        message=_("The survey is on its way."),
    )  # fmt: skip


@needs("surveys.change")
@require_POST
def survey_close(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_survey(request.user, pk)
    return does(
        request, partial(actions.close_survey, found, by=request.user, via="page"), to=page_of(found),
        message=_("The survey is closed."),
    )  # fmt: skip


# --- groups and questions -------------------------------------------------------------------------------------------


@needs("surveys.change")
def group_new(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_survey(request.user, pk)
    return _edit_part(request, found, GroupForm(request.POST or None), partial(actions.create_group, found),
                      _("New group"))  # fmt: skip


@needs("surveys.change")
def group_change(request: HttpRequest, pk: int, group: int) -> HttpResponse:
    found, one = _group(request, pk, group)
    form = GroupForm(request.POST or None, initial=GroupForm.initial_of(one))
    return _edit_part(request, found, form, partial(actions.change_group, one), str(one))


@needs("surveys.change")
@require_POST
def group_delete(request: HttpRequest, pk: int, group: int) -> HttpResponse:
    found, one = _group(request, pk, group)
    return _does_part(request, found, partial(actions.delete_group, one), _("The group is deleted."))


@needs("surveys.change")
@require_POST
def group_move(request: HttpRequest, pk: int, group: int) -> HttpResponse:
    found, one = _group(request, pk, group)
    return _does_part(request, found, partial(actions.move_group, one, up="up" in request.POST), _("Moved."))


@needs("surveys.change")
def question_new(request: HttpRequest, pk: int, group: int) -> HttpResponse:
    found, one = _group(request, pk, group)
    act = partial(actions.create_question, one)
    return _edit_part(request, found, QuestionForm(request.POST or None), act, _("New question in “%(name)s”") % {
        "name": one
    })  # fmt: skip


@needs("surveys.change")
def question_change(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    found = queries.get_survey(request.user, pk)
    one = queries.get_question(found, question)
    form = QuestionForm(request.POST or None, initial=QuestionForm.initial_of(one))
    return _edit_part(request, found, form, partial(actions.change_question, one), str(one))


@needs("surveys.change")
@require_POST
def question_delete(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    found = queries.get_survey(request.user, pk)
    one = queries.get_question(found, question)
    return _does_part(request, found, partial(actions.delete_question, one), _("The question is deleted."))


@needs("surveys.change")
@require_POST
def question_move(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    found = queries.get_survey(request.user, pk)
    one = queries.get_question(found, question)
    return _does_part(request, found, partial(actions.move_question, one, up="up" in request.POST), _("Moved."))


def _group(request: HttpRequest, pk: int, group: int) -> tuple[Survey, SurveyGroup]:
    found = queries.get_survey(request.user, pk)
    return found, queries.get_group(found, group)


def _edit_part(request: HttpRequest, survey: Survey, form: ActionForm, act, heading: str) -> HttpResponse:
    return edit(
        request, form, act, to=page_of(survey), template="surveys/part_form.html", heading=heading,
        back=page_of(survey), survey=survey,
    )  # fmt: skip


def _does_part(request: HttpRequest, survey: Survey, act, message: str) -> HttpResponse:
    return does(request, partial(act, by=request.user, via="page"), to=page_of(survey), message=message)
