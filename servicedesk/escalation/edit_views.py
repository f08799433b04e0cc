"""Pages on which rules are written and tried."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people.jobs import last_job
from servicedesk.people.models import Job
from servicedesk.people.queries import get_or_404
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.errors import Refused
from servicedesk.web.pages import changed, page, wants_fragment

from . import doings
from .actions import change_rule, create_rule, import_rules, start_trial, trial_key
from .documents import parse, whole_of
from .editor import Editor
from .forms import ImportRulesForm, JsonForm, RuleForm
from .models import Rule

_NEW = {"trigger": {"on": "created"}, "conditions": {"all": []}, "actions": []}
_ASIDE = ("name", "minutes_saved", "stop", "is_active", "active_from", "active_until")


@needs("rules.change")
def rule_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@needs("rules.change")
def rule_change(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, get_or_404(Rule.objects.all(), pk=pk))


def _edit(request: HttpRequest, rule: Rule | None) -> HttpResponse:
    """The rows, or the document as JSON (`?as=json`). A button of a row, or a choice that decides about others, draws
    the form anew and keeps nothing.
    """
    start = _start(request, rule)
    as_json = "document" in request.POST if request.method == "POST" else request.GET.get("as") == "json"
    if as_json:
        return _edit_json(request, rule, start)
    editor = Editor.posted(request.POST) if request.method == "POST" else Editor.of(start)
    initial = {name: _shown(name, start[name]) for name in _ASIDE if name in start}
    pressed = request.POST.get("do", "") if request.method == "POST" else ""
    if pressed not in ("", "save", "try"):
        editor.press(pressed)
    form = RuleForm(request.POST or None, initial=initial, rule=rule, asker=request.user)
    problem: Refused | None = None
    if pressed in ("save", "try") and form.is_valid():
        data = dict(form.cleaned_data)
        document = {name: _plain(data[name]) for name in _ASIDE} | editor.document()
        try:
            return _go(request, rule, pressed, document, data)
        except Refused as refusal:
            problem = refusal
            if refusal.field in form.fields:
                form.refuse(refusal)
                problem = None
    elif pressed not in ("save", "try") and request.method == "POST":
        form = RuleForm(initial=_typed(request), rule=rule, asker=request.user)
    context = {"rule": rule, "form": form, "editor": editor, "problem": problem}
    status = 422 if problem or (pressed in ("save", "try") and form.errors) else 200
    if pressed not in ("save", "try") and wants_fragment(request):
        return page(request, "escalation/_rule_rows.html", context, fragment="escalation/_rule_rows.html")
    return page(request, "escalation/rule_form.html", context, status=status)


def _edit_json(request: HttpRequest, rule: Rule | None, start: dict) -> HttpResponse:
    form = JsonForm(request.POST or None, initial={"document": json.dumps(start, ensure_ascii=False, indent=2)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            return _go(request, rule, request.POST.get("do", "save"), parse(data["document"]), data)
        except Refused as refusal:
            form.refuse(Refused(refusal.sentence, field="document", code=refusal.code))
    return page(request, "escalation/rule_json.html", {"rule": rule, "form": form}, status=form.status)


def _start(request: HttpRequest, rule: Rule | None) -> dict:
    """The document that one begins with: the rule's, or the one that was tried last."""
    if request.GET.get("from") == "trial":
        job = last_job(trial_key(request.user))
        if job is not None:
            return job.params["document"]
    return whole_of(rule) if rule else {"name": "", **_NEW, "minutes_saved": 10, "stop": False, "is_active": True}


def _typed(request: HttpRequest) -> dict:
    return {name: request.POST.get(name, "") for name in RuleForm.base_fields}


def _shown(name: str, kept: Any) -> Any:
    """As the form shows it: a kept moment in the reader's zone."""
    return parse_datetime(kept) if name.startswith("active_") and kept else kept


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _go(request: HttpRequest, rule: Rule | None, what: str, document: dict, data: dict) -> HttpResponse:
    """Save the document, or have it tried."""
    if what == "try":
        start_trial(document, data["days"], by=request.user, rule=rule)
        return HttpResponseRedirect(reverse("escalation:trial"), status=303)
    about = {"document": document, "why": data["why"], "by": request.user, "via": "page"}
    about |= {"owner": data["owner"]} if "owner" in data else {}
    kept = change_rule(rule, **about) if rule else create_rule(**about)
    return changed(request, reverse("escalation:rule", args=[kept.pk]), event=None, message=_("Saved."))


@needs("rules.change")
def rule_import(request: HttpRequest) -> HttpResponse:
    back = reverse("escalation:rules")
    form = ImportRulesForm(request.POST or None, request.FILES or None)
    return edit(
        request, form, _import, to=back, template="escalation/import.html", message=_("The rules are taken in."),
        heading=_("Import rules"), back=back,
    )  # fmt: skip


def _import(*, file: Any, document: str, why: str, by: Any, via: str) -> list[Rule]:
    if file is not None:
        try:
            document = file.read(2_000_000).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refused(_("This is no JSON."), field="file", code="json") from None
    if not document.strip():
        raise Refused(_("Choose a file or paste its text."), field="document")
    return import_rules(parse(document), by=by, via=via, why=why)


@needs("rules.change")
@require_safe
def trial(request: HttpRequest) -> HttpResponse:
    """How far one's last trial is, and what it found; asks for itself again while it runs."""
    job = last_job(trial_key(request.user))
    context = {"job": job, "rows": _found(request, job), "name": job.params["document"]["name"] if job else ""}
    if job is not None:
        rule = Rule.objects.filter(pk=job.params.get("rule") or 0).first()
        edit_page = reverse("escalation:rule-change", args=[rule.pk]) if rule else reverse("escalation:rule-new")
        context["go_on"] = f"{edit_page}?from=trial"
    return page(request, "escalation/trial.html", context, fragment="escalation/_trial.html")


def _found(request: HttpRequest, job: Job | None) -> list[tuple]:
    """(ticket, what would have changed) of those that the person still sees."""
    shown = job.result.get("tickets", []) if job else []
    tickets = visible_tickets(request.user).in_bulk([pk for pk, _changes in shown])
    shown = [(pk, changes) for pk, changes in shown if pk in tickets]
    words = doings.all_words(changes for _pk, changes in shown)
    return [(tickets[pk], said) for (pk, _changes), said in zip(shown, words, strict=True)]
