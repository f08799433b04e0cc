"""The phone log: one screen while somebody talks. What is typed is kept at every pause (`save`)."""

import re
import secrets

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.intake import queries
from servicedesk.intake.actions import drop_call, finish_call, restore_call, save_call, take_over_call
from servicedesk.intake.actions.calls import FIELDS
from servicedesk.intake.models import Call
from servicedesk.people.models import User
from servicedesk.people.queries import find_callers, people_with_number
from servicedesk.tickets.forms import person_text
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web import formats
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.errors import Refused
from servicedesk.web.pages import changed, page, wants_fragment
from servicedesk.web.text import one_line

from .call_forms import REPLY, CallForm
from .callers import caller_typed, facts_of_caller, id_in, outages_typed, person_asked_for

_LARGEST = 2**31 - 1


@needs("desk.use")
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest) -> HttpResponse:
    """`?from=` is the number that a telephone shows: whose it is, is filled in. `?for=` is a person, `?call=` a call
    that was left unfinished. A POST with `look` only shows what is known.
    """
    if request.method == "POST":
        return _look(request) if "look" in request.POST else _send(request)
    number = _number(request.GET.get("from", ""))
    kept = None
    if "call" in request.GET:
        kept = queries.get_call(queries.unfinished_calls(request.user), id_in(request, "call"))
    known = people_with_number(request.user, number) if number and kept is None else []
    caller = person_asked_for(request) or (known[0] if len(known) == 1 else None)
    if kept is not None:
        initial = kept.fields | {"key": kept.key, "version": kept.version, "started_at": kept.started_at.isoformat()}
        initial["items"] = kept.fields.get("items", "").split(",")
        caller = kept.caller
    else:
        initial = {
            "requester": person_text(caller) if caller else "",
            "number": number,
            "key": secrets.token_urlsafe(18),
            "version": 0,
            "started_at": timezone.now().isoformat(),
        }
    form = CallForm(reader=request.user, initial=initial | {"window": secrets.token_urlsafe(12)})
    return _show(request, form, caller, kept=kept, candidates=[] if caller else known, number=number)


def _send(request: HttpRequest) -> HttpResponse:
    form = CallForm(request.POST, reader=request.user)
    if form.is_valid():
        data = form.cleaned_data
        try:
            done = finish_call(
                by=request.user, via="page", key=_key(data["key"]), caller=data["requester"],
                caller_name=data["caller_name"], caller_email=data["caller_email"], number=data["number"],
                about=data["about"], public=data["say"] == REPLY, kind=data["kind"] or "incident", title=data["title"],
                text=data["text"], service=data["service"], category=data["category"], impact=data["impact"],
                urgency=data["urgency"], items=data["items"], is_confidential=data["is_confidential"],
                take=bool(request.POST.get("mine")), call_back=form.promise(), window=data["window"],
                version=data["version"] or 0, started_at=data["started_at"],
            )  # fmt: skip
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(request, done.ticket, message=_said(done, data["about"]))
    kept = queries.unfinished_calls(request.user).filter(key=_key(request.POST.get("key", ""))).first()
    form.data = form.data.copy()
    form.data["key"] = kept.key if kept else _key(request.POST.get("key", ""))
    # Whoever sends again after “in another window” has read that, and what stands here counts.
    form.data["version"] = kept.version if kept else 0
    form.data["window"] = secrets.token_urlsafe(12)
    return _show(request, form, form.cleaned_data.get("requester"), kept=kept)


def _look(request: HttpRequest) -> HttpResponse:
    """The page as it stands with what is known of caller and service, for those without scripts. Nothing is kept."""
    form = CallForm(reader=request.user, initial=request.POST.dict() | {"items": request.POST.getlist("items")})
    kept = queries.unfinished_calls(request.user).filter(key=request.POST.get("key", "")).first()
    return _show(request, form, caller_typed(request.user, request.POST.get("requester", "")), kept=kept)


def _said(done: Call, about: Ticket | None) -> str:
    ticket = done.ticket
    said = (_("It is in %(number)s.") if about else _("%(number)s is open.")) % {"number": ticket.number}
    promised = done.call_backs.first()
    if promised is None:
        return said
    who = promised.team or promised.assignee
    return said + " " + _("Call-back: %(when)s, %(who)s.") % {"when": formats.exact(promised.due_at), "who": who}


def _show(
    request: HttpRequest, form: CallForm, caller: User | None, *, kept: Call | None = None, candidates=(), number=""
) -> HttpResponse:
    unfinished = [one for one in queries.unfinished_calls(request.user)[:20] if one != kept]
    context = {
        "form": form,
        "kept": kept,
        "caller": caller,
        "about": str(form["about"].value() or ""),
        "candidates": candidates,
        "number": number,
        "unfinished": unfinished,
        "left": list(queries.calls_left(request.user)[:20]),
        "outages": outages_typed(request.user, str(form["service"].value() or "")),
        "for_caller": True,
        "is_stranger": bool(form["caller_name"].value() or form["caller_email"].value()),
        **facts_of_caller(request.user, caller, form["items"].value() or ()),
    }
    return page(request, "desk/call.html", context, status=form.status)


@needs("desk.use")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what stands in the form. Scripts get the time as a sentence and the call's number; a plain press of the
    button leads back to the list of unfinished calls.
    """
    by_script = wants_fragment(request)
    data = request.POST
    try:
        kept = save_call(
            by=request.user, key=_key(data.get("key", "")),
            fields={name: data.get(name, "") for name in FIELDS} | {"items": ",".join(data.getlist("items"))},
            caller=caller_typed(request.user, data.get("requester", "")), window=one_line(data.get("window", ""), 40),
            turn=_whole(data.get("turn", "")) or 1, version=_whole(data.get("version", "")),
            started_at=_moment(data.get("started_at", "")),
        )  # fmt: skip
    except Refused as refusal:
        if by_script:
            return HttpResponse(str(refusal.sentence), status=409, content_type="text/plain; charset=utf-8")
        return changed(request, reverse("desk:call"), message=refusal.sentence)
    if kept.state == Call.State.DONE and by_script:
        return HttpResponse(_over(request.user, kept), status=409, content_type="text/plain; charset=utf-8")
    if not by_script:
        return changed(request, reverse("desk:call"), message=_("The call is kept under “Unfinished calls”."))
    said = _("Saved %(time)s") % {"time": formats.exact(timezone.localtime(kept.saved_at).time())}
    return HttpResponse(said, content_type="text/plain; charset=utf-8", headers={"X-Call": str(kept.pk)})


def _over(user: User, done: Call) -> str:
    seen = visible_tickets(user).filter(pk=done.ticket_id).exists()
    return _("This call is in %(number)s already.") % {"number": done.ticket.number if seen else "–"}


@needs("desk.use")
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    kept = queries.get_call(queries.own_calls(request.user), pk)
    try:
        drop_call(kept, by=request.user, via="page")
    except Refused as refusal:
        return changed(request, reverse("desk:call"), message=refusal.sentence)
    undo = reverse("desk:call-restore", args=[pk])
    return changed(request, reverse("desk:call"), message=_("The call was dropped."), undo=undo)


@needs("desk.use")
@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    kept = queries.get_call(queries.own_calls(request.user), pk)
    return does(
        request, lambda: restore_call(kept, by=request.user, via="page"), to=_again(pk), message=_("The call is back.")
    )


@needs("desk.use")
@require_POST
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with what somebody of one's team left."""
    kept = queries.get_call(queries.calls_left(request.user), pk)
    return does(
        request, lambda: take_over_call(kept, by=request.user, via="page"), to=_again(pk),
        message=_("The call is yours now."),
    )  # fmt: skip


def _again(pk: int) -> str:
    return f"{reverse('desk:call')}?call={pk}"


@needs("desk.use")
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Who the caller is, and the tickets that the call may be about."""
    found = caller_typed(request.user, request.GET.get("requester", ""))
    context = {"caller": found, "about": request.GET.get("about", "")[:20]}
    context |= facts_of_caller(request.user, found, request.GET.getlist("items"))
    return page(request, "desk/_call_about.html", context)


@needs("desk.use")
@require_safe
def callers(request: HttpRequest) -> HttpResponse:
    """Suggestions while the caller is typed."""
    words = request.GET.get("q", "").strip()[:200]
    found = []
    if len(words) >= 2 or (words and not words.isascii()):
        found = [(person_text(person), person) for person in find_callers(request.user, words, most=8)]
    return page(request, "desk/_callers.html", {"found": found})


def _whole(text: str) -> int:
    return min(int(text), _LARGEST) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _number(text: str) -> str:
    """What the telephone system says, as people read it: without `tel:`, at most 40 letters of one line."""
    return one_line(re.sub(r"^(?:tel|sips?|callto):", "", text.strip(), flags=re.IGNORECASE).partition("@")[0], 40)


def _key(given: str) -> str:
    return given if re.fullmatch(r"[\w-]{10,64}", given, re.ASCII) else secrets.token_urlsafe(18)


def _moment(given: str):
    try:
        moment = parse_datetime(given)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None
