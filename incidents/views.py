"""Pages of incidents."""

from django.http import HttpRequest, HttpResponse

from servicedesk.priorities.change_pages import change_page, priority_page
from servicedesk.tickets import forms as shared
from servicedesk.tickets.views.detail import ticket_page
from servicedesk.tickets.views.steps import StepPage, step_urls
from servicedesk.web.access import needs, signed_in

from . import actions
from .forms import ChangeIncidentForm, ResolveIncidentForm
from .queries import get_incident
from .workflow import WORKFLOW


@signed_in
def detail(request: HttpRequest, number: str) -> HttpResponse:
    incident = get_incident(request.user, number)
    return ticket_page(request, incident.ticket, incident, name="incident")


@needs("tickets.work")
def change(request: HttpRequest, number: str) -> HttpResponse:
    incident = get_incident(request.user, number)
    own = {name: getattr(incident, name) for name in ("cause_code", "human_error", "caused_by_change", "is_security")}
    return change_page(
        request,
        incident.ticket,
        ChangeIncidentForm,
        own=own,
        save_own=lambda **fields: actions.change_incident(incident, by=request.user, via="page", **fields),
    )


@needs("tickets.work")
def priority(request: HttpRequest, number: str) -> HttpResponse:
    return priority_page(request, get_incident(request.user, number).ticket)


STEPS = {
    "accept": StepPage(actions.accept_incident),
    "start": StepPage(actions.start_incident),
    "ask_requester": StepPage(actions.ask_requester_incident, shared.AskForm),
    "wait_for_vendor": StepPage(actions.wait_for_vendor_incident, shared.VendorForm),
    "wait_until": StepPage(actions.wait_until_incident, shared.UntilForm),
    "resume": StepPage(actions.resume_incident),
    "resolve": StepPage(actions.resolve_incident, ResolveIncidentForm),
    "close": StepPage(actions.close_incident),
    "reopen": StepPage(actions.reopen_incident, shared.ReopenForm),
    "cancel": StepPage(actions.cancel_incident, shared.CancelForm, danger=True),
}
step_pages = step_urls(WORKFLOW, STEPS, get_incident)
