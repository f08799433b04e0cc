"""The window for staff: asking, looking up a colleague to ask for, and the page after sending."""

import hashlib
import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from incidents.major.queries import known_outages
from servicedesk.tickets.models import Channel
from servicedesk.tickets.permissions import asked
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.access import needs, signed_in
from servicedesk.web.errors import NotNow, Refused
from servicedesk.web.pages import page

from .actions import receive
from .portal_forms import MOST_LETTERS, NewRequestForm, new_key, people_to_choose

# What was typed into the box of the home page waits here until it is sent: no retyping, also without scripts, and
# nothing of it in an address or a log.
_ASKED = "asked"
_DRAFT = re.compile(r"new-request(-[0-9a-f]{8})?")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new request. The box of the home page posts `ask`, other pages link with `?q=words`."""
    if "ask" in request.POST:
        request.session[_ASKED] = request.POST["ask"][:MOST_LETTERS]
        return redirect("intake:new", permanent=False)
    if request.method == "POST":
        form, key = NewRequestForm(request.user, request.POST, request.FILES), new_key()
        if form.is_valid():
            try:
                ticket = _receive(request, form)
            except Refused as refusal:
                form.refuse(refusal)
                if isinstance(refusal, NotNow):
                    key = form.data.get("key", key)
            else:
                request.session.pop(_ASKED, None)
                return redirect("intake:sent", ticket.number)
        # A page that came back counts as a new one: what is corrected now is sent for the first time. When it was our
        # side that could not, the same words sent again are the same submission.
        form.data = form.data.copy()
        form.data["key"] = key
    else:
        said = request.GET.get("q", "")[:MOST_LETTERS] or request.session.get(_ASKED, "")
        form = NewRequestForm(
            request.user, initial={"text": said, "key": new_key(), "service": request.GET.get("service")}
        )
    return page(
        request,
        "portal/new.html",
        {"form": form, "draft": _draft(form), "disturbed": known_outages(request.user)},
        status=form.status,
    )


def _receive(request, form: NewRequestForm):
    data = form.cleaned_data
    return receive(
        kind=data["kind"],
        title=data["title"],
        description=form.description(),
        requester=data.get("person") or request.user,
        by=request.user,
        via="page",
        channel=Channel.PORTAL,
        service=data["service"],
        impact=data["impact"],
        urgency=data["urgency"],
        files=data["files"],
        language=get_language(),
        key=form.submission(),
    )


def _draft(form: NewRequestForm) -> str:
    """The name of the draft in the browser: a question carried over from elsewhere is not overwritten by an old one,
    and a form that was refused goes on under its name.
    """
    if form.is_bound:
        return named[0] if (named := _DRAFT.fullmatch(form.data.get("draft", ""))) else "new-request"
    said = form.initial.get("text", "")
    return f"new-request-{hashlib.sha256(said.encode()).hexdigest()[:8]}" if said else "new-request"


@needs("tickets.open_for_others")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Colleagues to choose from while somebody types a name. Only those whom the person may see."""
    words = request.GET.get("for_whom", "")[:120]
    context = {
        "people": people_to_choose(request.user, words),
        "words": words.strip(),
        "chosen": request.GET.get("person"),
    }
    return page(request, "portal/_people.html", context)


@signed_in
@require_safe
def sent(request: HttpRequest, number: str) -> HttpResponse:
    """What became of it: the number, what happens next and by when. Whoever did not ask is shown the ticket itself."""
    ticket = get_ticket(request.user, number)
    if not asked(request.user, ticket):
        return redirect("tickets:detail", ticket.number)
    return page(request, "portal/sent.html", {"ticket": ticket})
