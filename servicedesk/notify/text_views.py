"""Settings pages of the texts of our mails and of signatures."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.models import Language, Team
from servicedesk.people.queries import active_teams, get_or_404
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.pages import changed, page, toast

from . import actions
from .built_in import BUILT_IN
from .examples import example as example_of
from .forms import MailTextForm, PreviewForm
from .queries import text_of, written_texts
from .texts import GROUPS, TEXTS, VARIABLES


@needs("settings.change")
@require_safe
def texts(request: HttpRequest) -> HttpResponse:
    """Every text in both languages, and the signatures of teams, with who changed them."""
    written = written_texts()
    groups = [
        (
            label,
            [
                (
                    text.label,
                    [(language, _address(key, language), written.get((key, language, None))) for language in Language],
                )
                for key, text in TEXTS.items()
                if text.group == group
            ],
        )
        for group, label in GROUPS.items()
    ]
    teams = [
        (
            team,
            [
                (language, _address("signature", language, team), written.get(("signature", language, team.pk)))
                for language in Language
            ],
        )
        for team in active_teams().order_by("name")
    ]
    return page(request, "notify/texts.html", {"groups": groups, "teams": teams})


def _address(key: str, language: str, team: Team | None = None, name: str = "notify:text") -> str:
    return reverse(name, args=[key, language]) + (f"?team={team.pk}" if team else "")


def _asked(request: HttpRequest, key: str, language: str) -> Team | None:
    """The team in the address. NotFound for a text that does not exist."""
    if key not in TEXTS or language not in Language.values:
        raise NotFound
    wanted = request.GET.get("team", "")
    if not wanted:
        return None
    if key != "signature" or not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 16):
        raise NotFound
    return get_or_404(Team.objects.all(), pk=int(wanted))


@needs("settings.change")
def text(request: HttpRequest, key: str, language: str) -> HttpResponse:
    team = _asked(request, key, language)
    body, row = text_of(key, language, team)
    ticket_form = PreviewForm(request.GET, reader=request.user)
    form = MailTextForm(request.POST or None, initial={"body": body})
    shown = request.POST.get("body", "") if request.method == "POST" else body
    context = {
        "key": key,
        "language": language,
        "team": team,
        "row": row,
        "text": TEXTS[key],
        "variables": [(name, VARIABLES[name]) for name in TEXTS[key].variables],
        "built_in": BUILT_IN[key][language],
        "ticket_form": ticket_form,
        "addresses": {
            name: _address(key, language, team, f"notify:text-{name}") for name in ("preview", "reset", "example")
        },
        **_looks(key, language, team, shown, ticket_form),
    }
    return edit(
        request, form, partial(actions.save_mail_text, key, language, team=team), to=reverse("notify:texts"),
        template="notify/text.html", **context,
    )  # fmt: skip


def _looks(key: str, language: str, team: Team | None, body: str, of: PreviewForm) -> dict:
    plain, html = example_of(key, language, team.pk if team else None, body, ticket=of.ticket, reader=of.reader)
    return {"plain": plain, "html": html, "language": language, "ticket": of.ticket, "trouble": of.trouble}


@needs("settings.change")
@require_POST
def preview(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """How the text looks that somebody is writing, with a ticket of theirs if they name one; kept nowhere."""
    team = _asked(request, key, language)
    looks = _looks(key, language, team, request.POST.get("body", ""), PreviewForm(request.POST, reader=request.user))
    return page(request, "notify/_text_preview.html", looks)


@needs("settings.change")
@require_POST
def reset(request: HttpRequest, key: str, language: str) -> HttpResponse:
    team = _asked(request, key, language)
    actions.reset_mail_text(key, language, team=team, by=request.user, via="page")
    return changed(request, reverse("notify:texts"), event=None, message=_("The built-in text holds again."))


@needs("settings.change")
@require_POST
def example(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """Send what stands in the field to oneself."""
    team = _asked(request, key, language)
    try:
        actions.send_example(key, language, body=request.POST.get("body", ""), by=request.user, team=team)
    except Refused as refusal:
        return toast(HttpResponse(status=409), refusal.sentence, "danger")
    return toast(HttpResponse(status=204), _("Sent to %(address)s.") % {"address": request.user.email}, "success")
