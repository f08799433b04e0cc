"""The first page of an empty desk: it makes the administrator, the company, the first team and the mailbox.

Whoever can read the data folder has the set-up code; without it nobody else on the network can take the desk over. The
code goes with the first person.
"""

import secrets
from functools import wraps
from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from servicedesk.intake.actions.mailboxes import create_mailbox
from servicedesk.intake.models import Mailbox
from servicedesk.people.actions import change_team, create_company, create_person, create_team, hold
from servicedesk.people.fields import ZoneField
from servicedesk.people.models import Company, Language, Role, Team, User
from servicedesk.web.access import needs, public
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.forms import ActionForm
from servicedesk.web.pages import changed, page

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without those that look alike


def is_empty() -> bool:
    """Nobody of the company is here yet. Guests who wrote a mail do not count."""
    return not User.objects.filter(is_guest=False).exists()


def code_path() -> Path:
    return settings.HOME / "set-up-code"


def read_code() -> str:
    try:
        return code_path().read_text().strip()
    except FileNotFoundError:
        return ""


def make_code() -> str:
    """The set-up code, made when there is none: 20 characters, 100 random bits, readable by its owner only."""
    code = read_code()
    if not code:
        code = "-".join("".join(secrets.choice(_LETTERS) for _n in range(5)) for _m in range(4))
        code_path().parent.mkdir(parents=True, exist_ok=True)
        code_path().touch(mode=0o600)
        code_path().write_text(f"{code}\n")
    return code


def first_run_first(view):
    """While the desk is empty, strangers to this page are led to the first run."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not request.user.is_authenticated and is_empty():
            return redirect("desk:first-run")
        return view(request, *args, **kwargs)

    return wrapped


class FirstRunForm(ActionForm):
    code = forms.CharField(
        label=gettext_lazy("Set-up code"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("It stands where the desk was started, and in the file set-up-code of its data folder."),
    )
    name = forms.CharField(label=gettext_lazy("Your name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("Your e-mail address"), max_length=254)
    password = forms.CharField(
        label=gettext_lazy("A password"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text=gettext_lazy("At least 10 characters. You can add a second factor or a passkey right afterwards."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    time_zone = ZoneField()
    company = forms.CharField(label=gettext_lazy("Your company"), max_length=120)
    team = forms.CharField(
        label=gettext_lazy("The first team"),
        max_length=120,
        help_text=gettext_lazy("Takes what comes in. More teams come later."),
    )
    mailbox = forms.EmailField(
        label=gettext_lazy("Address of the desk"),
        max_length=254,
        required=False,
        help_text=gettext_lazy(
            "Where staff write to. Your mail server hands this address over by SMTP or LMTP; it can be set up later."
        ),
    )

    def clean_code(self) -> str:
        given = "".join(self.cleaned_data["code"].upper().split()).replace("-", "")
        kept = read_code().replace("-", "")
        if not kept or not secrets.compare_digest(given.encode(), kept.encode()):
            raise forms.ValidationError(_("This is not the set-up code."))
        return given

    def clean(self):
        data = super().clean()
        if data.get("password"):
            probe = User(email=data.get("email", ""), name=data.get("name", ""))
            try:
                validate_password(data["password"], probe)
            except ValidationError as error:
                self.add_error("password", error)
        return data


@public("makes the first person; asks for the set-up code and is gone afterwards")
@never_cache
@sensitive_post_parameters()
def first_run(request: HttpRequest) -> HttpResponse:
    if not is_empty():
        raise NotFound
    initial = {"language": get_language(), "team": _("Service desk"), "mailbox": settings.MAIL_FROM}
    form = FirstRunForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        del data["code"]
        try:
            person = set_up(**data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
            return changed(request, "desk:first-steps", event=None)
    return page(request, "desk/first_run.html", {"form": form}, status=form.status)


@transaction.atomic
def set_up(
    *, name: str, email: str, password: str, language: str, time_zone: str, company: str, team: str, mailbox: str
) -> User:
    """Make the company, the administrator (an agent and the lead of the first team too), the team and the mailbox.

    Refuses when somebody was quicker. The set-up code is gone afterwards.
    """
    hold()
    if not is_empty():
        raise Refused(_("The desk is no longer empty. Sign in instead."))
    house = Company.objects.first() or create_company(
        by=None, via="page", code="main", name=company, time_zone=time_zone
    )
    person = create_person(
        by=None,
        via="page",
        name=name,
        email=email,
        password=password,
        company=house,
        language=language,
        time_zone=time_zone,
        roles=[Role.ADMINISTRATOR, Role.AGENT, Role.LEAD],
    )
    first = Team.objects.filter(code="desk").first()
    if first is None:
        first = create_team(by=person, via="page", code="desk", name=team, lead=person, members=[person])
    else:
        change_team(first, by=person, via="page", lead=person, members=[*first.members.all(), person])
    if mailbox and not Mailbox.objects.exists():
        create_mailbox(
            by=person, via="page", name=team, address=mailbox, kind=Mailbox.Kind.LISTENER, team=first, language=language
        )
    transaction.on_commit(lambda: code_path().unlink(missing_ok=True))
    return person


@needs("settings.change")
@require_safe
def first_steps(request: HttpRequest) -> HttpResponse:
    """What to do next with an empty desk."""
    return page(request, "desk/first_steps.html", {"desk_address": Mailbox.objects.order_by("id").first()})
