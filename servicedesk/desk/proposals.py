"""Proposed major incidents, above the queue and on the page of the lead: one press makes one of many reports."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from incidents.major.actions.proposing import accept_proposal, dismiss_proposal
from incidents.major.queries import MOST_PROPOSALS, get_proposal, visible_proposals
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.pages import changed, page, safe_next


@needs("desk.use")
@require_http_methods(["GET", "HEAD", "POST"])
def proposals(request: HttpRequest) -> HttpResponse:
    """Those about the services of one's teams and about tickets that one works on; POST with the id of one as `accept`
    or `dismiss`.
    """
    if request.method == "POST":
        return _decide(request)
    rows = list(visible_proposals(request.user)[:MOST_PROPOSALS])
    return page(request, "desk/proposals.html", {"proposals": rows}, fragment="desk/_proposals.html")


def _decide(request: HttpRequest) -> HttpResponse:
    back = safe_next(request, reverse("desk:proposals"))
    is_yes = "accept" in request.POST
    typed = request.POST.get("accept" if is_yes else "dismiss", "")
    try:
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 16):
            raise NotFound
        proposal = get_proposal(request.user, int(typed))
    except NotFound:
        messages.error(request, _("Somebody has decided this already."))
        return HttpResponseRedirect(back, status=303)
    if not is_yes:
        act = partial(dismiss_proposal, proposal, by=request.user, via="page")
        return does(request, act, to=back, message=_("Dismissed. The same is not proposed again."))
    try:
        done = accept_proposal(proposal, by=request.user, via="page")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(back, status=303)
    said = _("%(number)s is a major incident now.") % {"number": done.ticket.number}
    if done.tied:
        said += " " + ngettext("%(count)d report is tied to it.", "%(count)d reports are tied to it.", done.tied) % {
            "count": done.tied
        }
    return changed(request, reverse("incidents:major", args=[done.ticket.number]), event=None, message=said)
