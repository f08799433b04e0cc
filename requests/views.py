"""Pages of service requests."""

from django.http import HttpRequest, HttpResponse

from servicedesk.priorities.change_pages import change_page, priority_page
from servicedesk.tickets import forms as shared
from servicedesk.tickets.views.detail import ticket_page
from servicedesk.tickets.views.steps import StepPage, step_urls
from servicedesk.web.access import needs, signed_in

from . import actions
from .forms import ChangeServiceRequestForm
from .queries import get_service_request
from .workflow import WORKFLOW


@signed_in
def detail(request: HttpRequest, number: str) -> HttpResponse:
    service_request = get_service_request(request.user, number)
    return ticket_page(request, service_request.ticket, service_request, name="service_request")


@needs("tickets.work")
def change(request: HttpRequest, number: str) -> HttpResponse:
    service_request = get_service_request(request.user, number)
    return change_page(
        request,
        service_request.ticket,
        ChangeServiceRequestForm,
        own={"kind": service_request.kind, "delivery_on": service_request.delivery_on},
        save_own=lambda **fields: actions.change_service_request(
            service_request, by=request.user, via="page", **fields
        ),
    )


@needs("tickets.work")
def priority(request: HttpRequest, number: str) -> HttpResponse:
    return priority_page(request, get_service_request(request.user, number).ticket)


STEPS = {
    "accept": StepPage(actions.accept_service_request),
    "start": StepPage(actions.start_service_request),
    "ask_requester": StepPage(actions.ask_requester_service_request, shared.AskForm),
    "wait_for_vendor": StepPage(actions.wait_for_vendor_service_request, shared.VendorForm),
    "wait_until": StepPage(actions.wait_until_service_request, shared.UntilForm),
    "resume": StepPage(actions.resume_service_request),
    "resolve": StepPage(actions.resolve_service_request, shared.ResolveForm),
    "close": StepPage(actions.close_service_request),
    "reopen": StepPage(actions.reopen_service_request, shared.ReopenForm),
    "cancel": StepPage(actions.cancel_service_request, shared.CancelForm, danger=True),
}
step_pages = step_urls(WORKFLOW, STEPS, get_service_request)
