"""What is disturbed now, as everybody reads it; and “I am affected too: keep me informed” instead of a ticket."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import EmailField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from incidents.major.actions.telling import subscribe, unsubscribe
from incidents.major.queries import get_outage, updates_of
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.access import signed_in
from servicedesk.web.editing import does
from servicedesk.web.pages import page

from .actions import subscribe_stranger
from .callers import caller_typed, outages_typed


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def outage(request: HttpRequest, pk: int) -> HttpResponse:
    """One outage with what was told of it. A POST subscribes, with `stop` ends that; an agent who speaks with somebody
    subscribes them (`requester`, as the phone log has it, or somebody new by `caller_email`).
    """
    found = get_outage(request.user, pk)
    if request.method == "POST":
        return _subscribe(request, pk)
    ticket = visible_tickets(request.user).filter(pk=pk).first()
    context = {"outage": found, "updates": updates_of(found.major), "seen": ticket}
    return page(request, "portal/outage.html", context)


def _subscribe(request: HttpRequest, pk: int) -> HttpResponse:
    here, me = reverse("desk:outage", args=[pk]), request.user
    if "stop" in request.POST:
        return does(request, lambda: unsubscribe(pk, by=me), to=here, message=_("You hear no more of this."))
    if "caller" in request.POST and me.is_agent:
        caller = caller_typed(me, request.POST.get("requester", ""))
        stranger = "" if caller else _address_in(request.POST.get("caller_email", ""))
        if caller is None and not stranger:
            messages.error(request, _("Choose who calls first."))
            return HttpResponseRedirect(reverse("desk:call"), status=303)
        keep = partial(subscribe, pk, caller, by=me)
        if caller is None:
            keep = partial(subscribe_stranger, pk, stranger, request.POST.get("caller_name", ""), by=me, via="page")
        said = _("%(name)s is kept informed.") % {"name": caller.display_name if caller else stranger}
        return does(request, keep, to=reverse("desk:call"), message=said)
    return does(
        request, lambda: subscribe(pk, me, by=me), to=here,
        message=_("We keep you informed. You need not send a request of your own."),
    )  # fmt: skip


def _address_in(typed: str) -> str:
    """What is typed where it can be an address, else nothing."""
    try:
        return EmailField(required=False, max_length=254).clean(typed)
    except ValidationError:
        return ""


@signed_in
@require_safe
def outages_for(request: HttpRequest) -> HttpResponse:
    """What is known of the `service` that was just chosen in a form; with `caller` for somebody on the telephone."""
    context = {
        "outages": outages_typed(request.user, request.GET.get("service", "")),
        "for_caller": "caller" in request.GET and request.user.is_agent,
    }
    return page(request, "portal/_outages_for.html", context)
