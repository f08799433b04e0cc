"""What an agent does with any ticket besides talking: one view per verb."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from servicedesk.people.models import Team, User
from servicedesk.web.access import needs, signed_in

from .. import actions, queries
from ..forms import (
    AssignForm,
    ConfidentialForm,
    LinkForm,
    PlainForm,
    ShareForm,
    TagsForm,
)
from .answers import verb_page


def _bound(form_class, request: HttpRequest, **kwargs):
    return form_class(request.POST, **kwargs) if request.method == "POST" else form_class(**kwargs)


@needs("tickets.work")
def assign(request: HttpRequest, number: str) -> HttpResponse:
    """Give the ticket to a person or a team; the button “assign to me” posts `to=me`."""
    ticket = queries.get_ticket(request.user, number)
    if request.method == "POST" and request.POST.get("to") == "me":
        return _assign_to_me(request, ticket)
    initial = {"team": ticket.team_id, "assignee": ticket.assignee_id}
    form = _bound(AssignForm, request, initial=initial)
    return verb_page(
        request,
        ticket,
        form,
        lambda data: actions.assign(ticket, by=request.user, via="page", **data),
        title=_("Assign"),
        submit=_("Assign"),
        message=_("%(number)s was assigned.") % {"number": ticket.number},
        permission="tickets.assign",
    )


def _assign_to_me(request: HttpRequest, ticket) -> HttpResponse:
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: actions.assign(ticket, by=request.user, via="page", assignee=request.user),
        title=_("Assign to me"),
        submit=_("Assign to me"),
        message=_("%(number)s is yours.") % {"number": ticket.number},
        permission="tickets.assign",
    )


@signed_in
def share(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(request.user, number)
    form = _bound(ShareForm, request, reader=request.user, with_teams=request.user.may("tickets.work", ticket))
    return verb_page(
        request,
        ticket,
        form,
        lambda data: actions.share(ticket, by=request.user, via="page", **data),
        title=_("Share"),
        submit=_("Share"),
        message=_("%(number)s is shared.") % {"number": ticket.number},
        permission="tickets.share",
        suggestions="people-found",
    )


@signed_in
@require_POST
def unshare(request: HttpRequest, number: str) -> HttpResponse:
    """Take one share back: `user` or `team` is the id of whom it was shared with."""
    ticket = queries.get_ticket(request.user, number)
    shared = ticket.shares.select_related("user", "team")
    wanted = {name: request.POST[name] for name in ("user", "team") if request.POST.get(name, "").isdecimal()}
    row = shared.filter(**wanted).first() if wanted else None
    user: User | None = row.user if row else None
    team: Team | None = row.team if row else None
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: actions.unshare(ticket, by=request.user, via="page", user=user, team=team) if row else None,
        title=_("Stop sharing"),
        submit=_("Stop sharing"),
        message=_("%(number)s is no longer shared with them.") % {"number": ticket.number},
        permission="tickets.share",
    )


@signed_in
@require_POST
def watch(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: actions.watch(ticket, by=request.user, via="page"),
        title=_("Watch"),
        submit=_("Watch"),
        message=_("You hear of what happens to %(number)s.") % {"number": ticket.number},
        permission="tickets.watch",
    )


@signed_in
@require_POST
def unwatch(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: actions.unwatch(ticket, by=request.user, via="page"),
        title=_("Stop watching"),
        submit=_("Stop watching"),
        message=_("You no longer watch %(number)s.") % {"number": ticket.number},
        permission="tickets.watch",
    )


@needs("tickets.work")
def tags(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(request.user, number)
    initial = {"tags": _(", ").join(ticket.tags.values_list("name", flat=True))}
    return verb_page(
        request,
        ticket,
        _bound(TagsForm, request, initial=initial),
        lambda data: actions.set_tags(ticket, by=request.user, via="page", **data),
        title=_("Tags"),
        submit=_("Save"),
        message=_("The tags were saved."),
        permission="tickets.change",
    )


@needs("tickets.work")
def link(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        _bound(LinkForm, request, reader=request.user, near=ticket),
        lambda data: actions.link(ticket, data["other"], data["kind"], by=request.user, via="page"),
        title=_("Link"),
        submit=_("Link"),
        message=_("The tickets are linked."),
        permission="tickets.change",
        suggestions="tickets-found",
    )


@needs("tickets.work")
@require_POST
def unlink(request: HttpRequest, number: str) -> HttpResponse:
    """Untie the ticket from another: `link` is the id of the tie, found from either visible end."""
    ticket = queries.get_ticket(request.user, number)
    wanted = request.POST.get("link", "")
    tie = next((tie for _label, _other, tie in queries.links(request.user, ticket) if str(tie.pk) == wanted), None)
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: actions.unlink(ticket, tie, by=request.user, via="page") if tie else None,
        title=_("Remove the link"),
        submit=_("Remove the link"),
        message=_("The link was removed."),
        permission="tickets.change",
    )


@needs("tickets.work")
def confidential(request: HttpRequest, number: str) -> HttpResponse:
    ticket = queries.get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        _bound(ConfidentialForm, request, initial={"is_confidential": ticket.is_confidential}),
        lambda data: actions.set_fields(ticket, by=request.user, via="page", **data),
        title=_("Confidential"),
        submit=_("Save"),
        message=_("Saved."),
        permission="tickets.set_confidential",
    )
