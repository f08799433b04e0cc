"""Everybody's own page: language, zone, phone, absence, tokens, and the way to password and sign-in."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from servicedesk.web.access import needs, signed_in
from servicedesk.web.editing import does, edit
from servicedesk.web.errors import Refused
from servicedesk.web.pages import page

from ..actions import change_profile, create_token, delete_absence, revoke_token
from ..forms import ProfileForm, TokenForm
from ..models import ApiToken
from ..queries import absences_of, addresses_of, get_absence, get_or_404, tokens_of
from .persons import absence_form


@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    person = request.user
    initial = {name: getattr(person, name) for name in ProfileForm.base_fields}
    return edit(
        request,
        ProfileForm(request.POST or None, initial=initial),
        partial(change_profile, person),
        to=reverse("people:profile"),
        template="people/profile.html",
        addresses=addresses_of(person),
        absences=absences_of(person),
        teams=person.teams.filter(is_active=True),
    )


@signed_in
def absence_new(request: HttpRequest) -> HttpResponse:
    return absence_form(request, request.user, back=reverse("people:profile"))


@signed_in
@require_POST
def absence_delete(request: HttpRequest, absence: int) -> HttpResponse:
    row = get_absence(request.user, absence)
    return does(
        request,
        partial(delete_absence, row, by=request.user, via="page"),
        to=reverse("people:profile"),
        message=_("The absence was taken back."),
    )


@needs("tokens.create")
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """Personal tokens. A new one's secret is in the answer to its form and nowhere else."""
    form = TokenForm(request.POST or None, asker=request.user)
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = create_token(request.user, via="page", **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            form = TokenForm(asker=request.user)
    context = {"form": form, "secret": secret, "tokens": tokens_of(request.user)}
    return page(request, "people/tokens.html", context, status=form.status)


@signed_in
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_or_404(ApiToken.objects.filter(user=request.user), pk=pk)
    return does(
        request,
        partial(revoke_token, token, by=request.user, via="page"),
        to=reverse("people:tokens"),
        message=_("The token “%(name)s” was revoked.") % {"name": token},
    )
