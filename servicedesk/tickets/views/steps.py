"""The steps of a life cycle, one view each, made from what the process states about them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from servicedesk.web.access import signed_in
from servicedesk.web.forms import ActionForm

from ..forms import PlainForm
from ..workflow import Workflow
from .answers import verb_page


@dataclass(frozen=True)
class StepPage:
    """How a transition is taken from a page: its action, and the form whose cleaned data become the action's
    arguments.
    """

    act: Callable
    form: type[ActionForm] = PlainForm
    danger: bool = False


def step_view(workflow: Workflow, name: str, step: StepPage, get: Callable):
    """The view of one transition. `get(user, number)` fetches the record or raises NotFound; the action checks the
    right, the status and the fields.
    """
    transition = workflow.transition(name)

    @signed_in
    def view(request: HttpRequest, number: str) -> HttpResponse:
        record = get(request.user, number)
        ticket = record.ticket
        about = {"reader": request.user, "ticket": ticket} if getattr(step.form, "of_ticket", False) else {}
        form = step.form(request.POST or {} if request.method == "POST" else None, request.FILES or None, **about)
        return verb_page(
            request,
            ticket,
            form,
            lambda data: step.act(record, by=request.user, via="page", **data),
            title=transition.label,
            submit=transition.label,
            message=_("%(number)s: %(action)s – done.") % {"number": ticket.number, "action": transition.label},
            permission=transition.permission,
            draft=f"{name}-{ticket.number}",
            danger=step.danger,
        )

    view.__name__ = view.__qualname__ = name
    view.__doc__ = f"{workflow.app}.{name}"
    return view


def step_urls(workflow: Workflow, pages: dict[str, StepPage], get: Callable) -> list:
    """The addresses of all steps: `/<record>/<name>/`, each with the transition's name."""
    missing = {transition.name for transition in workflow.steps} ^ pages.keys()
    if missing:
        raise LookupError(f"Every transition of {workflow.app} has one page: {sorted(missing)}")
    return [
        path(f"<str:number>/{name}/", step_view(workflow, name, step, get), name=name) for name, step in pages.items()
    ]
