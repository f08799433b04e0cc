"""Filling in a survey: by the link of its mail, or signed in."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.web.access import public, signed_in
from servicedesk.web.errors import Refused
from servicedesk.web.middleware import speaking_to
from servicedesk.web.pages import changed, page

from ..actions import answer_survey
from ..forms import AnswerForm
from ..models import Invitation
from ..queries import surveys as queries
from .ratings import refused_link


@public("Whoever was invited by mail answers by its link, without signing in. It works for one answer.")
def answer_by_mail(request: HttpRequest, key: str) -> HttpResponse:
    found = queries.invitation_by_token(key)
    if found is None:
        return refused_link(request)
    with speaking_to(found.person):
        form = _form(request, found)
        if _taken(request, found, form):
            return page(request, "surveys/answered.html", {"survey": found.survey})
        return _shown(request, found, form)


@signed_in
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own invitation; of an answered one nothing is there any more."""
    found = queries.my_invitation(request.user, pk)
    form = _form(request, found)
    if _taken(request, found, form):
        return changed(request, reverse("desk:home"), event=None, message=_("Thank you. Your answers are kept."))
    return _shown(request, found, form)


def _form(request: HttpRequest, invitation: Invitation) -> AnswerForm:
    given = request.POST if request.method == "POST" else None
    return AnswerForm(given, groups=queries.groups_of(invitation.survey))


def _taken(request: HttpRequest, invitation: Invitation, form: AnswerForm) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        answer_survey(invitation, form.answers)
    except Refused as refusal:
        form.refuse(refusal)
        return False
    return True


def _shown(request: HttpRequest, invitation: Invitation, form: AnswerForm) -> HttpResponse:
    context = {"survey": invitation.survey, "form": form, "of_desk": invitation.side == "desk"}
    return page(request, "surveys/answer.html", context, status=form.status)
