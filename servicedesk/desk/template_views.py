"""Pages of reply templates: the settings, and what the box of a ticket offers."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.notify.forms import PreviewForm
from servicedesk.people.queries import get_or_404
from servicedesk.tickets.forms import note_form, reply_form
from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.views.answers import require
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.pages import page, wants_fragment

from .models import ReplyTemplate
from .queries import find_templates, visible_templates
from .template_forms import TemplateForm
from .templates import VARIABLES, change_template, create_template, filled

MOST = 8


@needs("templates.see")
@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """Those that the person may use or change, in both languages."""
    rows = [(row, request.user.may("templates.change", row)) for row in visible_templates(request.user)]
    return page(request, "desk/templates.html", {"rows": rows})


@needs("templates.change")
def template_new(request: HttpRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None, asker=request.user, initial={"owner": request.user})
    shown = ReplyTemplate(body_ja=request.POST.get("body_ja", ""), body_en=request.POST.get("body_en", ""))
    return _form(request, form, create_template, shown, heading=_("New template"))


@needs("templates.see")
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """What it says; whoever may change it gets the form."""
    found = get_or_404(visible_templates(request.user), pk=pk)
    if not request.user.may("templates.change", found):
        return page(request, "desk/template.html", {"template": found, **_looks(request, found)})
    initial = {name: getattr(found, name) for name in TemplateForm.base_fields}
    form = TemplateForm(request.POST or None, asker=request.user, of=found, initial=initial)
    return _form(request, form, partial(change_template, found), found, heading=str(found))


def _form(request: HttpRequest, form: TemplateForm, act, shown: ReplyTemplate, *, heading: str) -> HttpResponse:
    context = {
        "heading": heading,
        "variables": list(VARIABLES.items()),
        "ticket_form": PreviewForm(request.GET, reader=request.user),
        **_looks(request, shown),
    }
    return edit(request, form, act, to=reverse("desk:templates"), template="desk/template_form.html", **context)


def _looks(request: HttpRequest, shown: ReplyTemplate) -> dict:
    """How it reads in each language that it has, with the ticket whose number was given or with made-up values."""
    of = PreviewForm(request.POST if request.method == "POST" else request.GET, reader=request.user)
    texts = []
    for language in ("ja", "en"):
        if shown.body_in(language)[1] == language and shown.body_in(language)[0].strip():
            texts.append(filled(shown, of.ticket, request.user, language))
    return {"texts": texts, "ticket": of.ticket, "trouble": of.trouble}


@needs("templates.change")
@require_POST
def template_preview(request: HttpRequest) -> HttpResponse:
    """How the texts read that somebody is writing, with a ticket of theirs if they name one; kept nowhere."""
    shown = ReplyTemplate(
        body_ja=request.POST.get("body_ja", "")[:5_000], body_en=request.POST.get("body_en", "")[:5_000]
    )
    return page(request, "desk/_template_preview.html", _looks(request, shown))


@needs("tickets.work")
@require_safe
def templates_for(request: HttpRequest, number: str) -> HttpResponse:
    """Templates for the box of a ticket, each filled with what the ticket says: options of a list for `q`, what was
    typed after the slash; else a page to choose on, and with `use` the box with the text in it.
    """
    ticket = get_ticket(request.user, number)
    require(request, "tickets.note", ticket)
    if wants_fragment(request):
        found = find_templates(request.user, request.GET.get("q", "")[:60])[:MOST]
        options = [(row, *filled(row, ticket, request.user)) for row in found]
        return page(request, "desk/_template_options.html", {"options": options})
    kind = "note" if request.GET.get("kind") == "note" else "reply"
    context = {"ticket": ticket, "kind": kind}
    found = find_templates(request.user, "")
    if chosen := next((row for row in found if str(row.pk) == request.GET.get("use")), None):
        make_form = note_form if kind == "note" else reply_form
        begun = {"body": filled(chosen, ticket, request.user)[0], "template": chosen.pk}
        form = make_form(request.user, ticket, initial=begun)
        context |= {"form": form, "frame": "base_desk.html", "action": reverse(f"tickets:{kind}", args=[ticket.number])}
        return page(request, "tickets/box.html", context)
    return page(request, "desk/templates_for.html", context | {"rows": found})
