"""Pages of those who handle a major incident."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.sentences import Names, words_for
from servicedesk.tickets.views.answers import require, verb_page
from servicedesk.web.access import signed_in
from servicedesk.web.editing import does
from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm
from servicedesk.web.pages import changed, page, safe_next

from ..queries import get_incident
from .actions.declaring import change_major as do_change
from .actions.declaring import end_major as do_end
from .actions.declaring import retract_major as do_retract
from .actions.force import join_force as do_join
from .actions.force import leave_force as do_leave
from .actions.learning import (
    add_action,
    finish_action,
    finish_post_mortem,
    missing_to_finish,
    reopen_post_mortem,
    save_post_mortem,
)
from .actions.telling import declare_and_tell
from .actions.telling import publish_update as do_publish
from .forms import (
    ActionOfPostMortemForm,
    ChangeMajorForm,
    DeclareForm,
    EndMajorForm,
    MemberForm,
    PostMortemForm,
    RetractForm,
    UpdateForm,
)
from .models import MajorIncident, MajorUpdate
from .queries import (
    get_action,
    major_of,
    members_of,
    open_actions,
    opening_for,
    people_hit,
    post_mortem_of,
    report_of,
    services_of,
    standing_of,
    updates_of,
)

HANDLE = "incidents.handle_major"


def _ticket(request: HttpRequest, number: str, permission: str = HANDLE) -> tuple[Ticket, MajorIncident | None]:
    ticket = get_incident(request.user, number).ticket
    require(request, permission, ticket)
    return ticket, major_of(ticket)


def _not_declared(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    return changed(
        request, reverse("incidents:major", args=[ticket.number]), event=None,
        message=_("This is no major incident."),
    )  # fmt: skip


@signed_in
@require_safe
def major(request: HttpRequest, number: str) -> HttpResponse:
    """How it stands, for those who handle it."""
    ticket, found = _ticket(request, number)
    context = {
        "ticket": ticket,
        "here": reverse("incidents:major", args=[ticket.number]),
        "may_declare": request.user.may("incidents.declare_major", ticket),
        "frame": _frame(request.user),
    }
    if found is not None:
        context |= {
            "updates": updates_of(found),
            "may_write": request.user.may("incidents.post_mortem", ticket),
            "outage_opens": found.pk in opening_for(request.user, [found.pk]),
        }
    return page(request, "incidents/major.html", context | standing_of(ticket, found), fragment="incidents/_major.html")


def _frame(user: User) -> str:
    return "base_desk.html" if user.may("tickets.work") else "base_portal.html"


@signed_in
def declare_major(request: HttpRequest, number: str) -> HttpResponse:
    ticket, _found = _ticket(request, number, "incidents.declare_major")
    data = request.POST if request.method == "POST" else None
    return verb_page(
        request, ticket, DeclareForm(data, service=ticket.service),
        lambda given: declare_and_tell(ticket, by=request.user, via="page", **given),
        title=_("Declare a major incident"), submit=_("Declare"), permission="incidents.declare_major",
        message=_("%(number)s is a major incident now.") % {"number": ticket.number},
        draft=f"declare-{ticket.number}", danger=True,
    )  # fmt: skip


def _verb(request: HttpRequest, number: str, make_form, act, **words) -> HttpResponse:
    """A form about a major incident that is there. `make_form(data, major)`, `act(major, form, given)`."""
    ticket, found = _ticket(request, number)
    if found is None:
        return _not_declared(request, ticket)
    form: ActionForm = make_form(request.POST if request.method == "POST" else None, found)
    return verb_page(request, ticket, form, lambda given: act(found, form, given), permission=HANDLE, **words)


@signed_in
def change_major(request: HttpRequest, number: str) -> HttpResponse:
    return _verb(
        request, number, lambda data, major: ChangeMajorForm(data, major=major, rows=services_of(major)),
        lambda major, form, _given: do_change(major, by=request.user, via="page", **form.changes()),
        title=_("What is known"), submit=_("Save"), message=_("Saved."),
    )  # fmt: skip


@signed_in
def end_major(request: HttpRequest, number: str) -> HttpResponse:
    """With words it is the last update as well."""

    def act(major: MajorIncident, _form, given: dict) -> None:
        if given["text_ja"].strip() or given["text_en"].strip():
            do_publish(major, by=request.user, via="page", kind=MajorUpdate.Kind.RESOLVED, **given)
        else:
            do_end(major, by=request.user, via="page", outage_until=given["outage_until"])

    return _verb(
        request, number, lambda data, _major: EndMajorForm(data), act, title=_("End of the interruption"),
        submit=_("It is over"), message=_("The major incident is over."),
    )  # fmt: skip


@signed_in
def retract_major(request: HttpRequest, number: str) -> HttpResponse:
    return _verb(
        request, number, lambda data, _major: RetractForm(data),
        lambda major, _form, given: do_retract(major, by=request.user, via="page", **given),
        title=_("No major incident"), submit=_("Take it back"), message=_("It is no major incident any more."),
        danger=True,
    )  # fmt: skip


@signed_in
def publish_update(request: HttpRequest, number: str) -> HttpResponse:
    def form(data, major: MajorIncident) -> UpdateForm:
        last = major.updates.first()
        return UpdateForm(data, initial={"next_minutes": major.update_minutes} | ({"kind": last.kind} if last else {}))

    return _verb(
        request, number, form,
        lambda major, _form, given: do_publish(major, by=request.user, via="page", **given),
        title=_("Tell all readers"), submit=_("Send"), message=_("All readers are told."),
        draft=f"update-{number[:16]}",
    )  # fmt: skip


@signed_in
def join_force(request: HttpRequest, number: str) -> HttpResponse:
    return _verb(
        request, number, lambda data, _major: MemberForm(data, reader=request.user),
        lambda major, _form, given: do_join(major, by=request.user, via="page", **given),
        title=_("Call somebody into the task force"), submit=_("Call in"), message=_("They are told at once."),
        suggestions="people-found",
    )  # fmt: skip


@signed_in
@require_POST
def leave_force(request: HttpRequest, number: str) -> HttpResponse:
    """The member that `member` names leaves."""
    ticket, found = _ticket(request, number)

    def act() -> None:
        typed = request.POST.get("member", "")
        known = {str(each.pk): each for each in members_of(found)} if found is not None else {}
        if typed not in known:
            raise Refused(_("There is nobody of this name in the task force."))
        member = known[typed]
        member.major = found
        do_leave(member, by=request.user, via="page")

    return does(
        request,
        act,
        to=reverse("incidents:major", args=[ticket.number]),
        message=_("The task force is smaller by one."),
    )


@signed_in
@require_safe
def major_report(request: HttpRequest, number: str) -> HttpResponse:
    """What happened, in one page to print."""
    ticket, found = _ticket(request, number)
    if found is None:
        return _not_declared(request, ticket)
    rows = report_of(request.user, found)
    names = Names(request.user, [row for row in rows if not isinstance(row, MajorUpdate)])
    services, members = services_of(found), members_of(found)
    context = {
        "ticket": ticket,
        "major": found,
        "lines": [(row.at, row, "" if isinstance(row, MajorUpdate) else words_for(row, names)) for row in rows],
        "services": services,
        "hit": people_hit(found, services),
        "members": members,
        "post_mortem": post_mortem_of(found),
        "frame": _frame(request.user),
    }
    return page(request, "incidents/major_report.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def post_mortem(request: HttpRequest, number: str) -> HttpResponse:
    """What is learnt from it: a form, or the text once it is finished. `do` is save, finish, reopen or add."""
    ticket, found = _ticket(request, number, "incidents.post_mortem")
    if found is None or found.retracted_at is not None:
        return _not_declared(request, ticket)
    row, do = post_mortem_of(found), request.POST.get("do", "")
    here = reverse("incidents:post_mortem", args=[ticket.number])
    if do == "reopen":
        act = partial(reopen_post_mortem, found, by=request.user, via="page")
        return does(request, act, to=here, message=_("The post-mortem is open again."))
    form = PostMortemForm(request.POST if do in ("save", "finish") else None, reader=request.user, major=found, row=row)
    new = ActionOfPostMortemForm(request.POST if do == "add" else None, reader=request.user)
    asked = new if do == "add" else form
    if request.method == "POST" and asked.is_valid():
        try:
            if asked is new:
                add_action(found, by=request.user, via="page", **new.cleaned_data)
            else:
                save_post_mortem(found, by=request.user, via="page", **form.cleaned_data)
                if do == "finish":
                    for name, sentence in missing_to_finish(form.cleaned_data).items():
                        form.add_error(name, sentence)
                    if not form.errors:
                        finish_post_mortem(found, by=request.user, via="page")
        except Refused as refusal:
            asked.refuse(refusal)
        if not asked.errors:
            said = pgettext("post-mortem", "Finished.") if do == "finish" else _("Saved.")
            return changed(request, here, event=None, message=said)
    context = {
        "ticket": ticket,
        "major": found,
        "row": row,
        "form": form,
        "new": new,
        "actions": list(row.actions.all()) if row else [],
        "here": here,
        "frame": _frame(request.user),
    }
    return page(request, "incidents/post_mortem.html", context, status=max(form.status, new.status))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def actions(request: HttpRequest) -> HttpResponse:
    """What was agreed after major incidents and is still to be done: one's own, and of what one works on. `done` or
    `again` in a POST is the id of one.
    """
    if request.method == "POST":
        return _finish(request)
    rows = list(open_actions(request.user)[:200])
    context = {
        "mine": [row for row in rows if row.owner_id == request.user.pk],
        "others": [row for row in rows if row.owner_id != request.user.pk],
        "frame": _frame(request.user),
        "here": reverse("incidents:actions"),
    }
    return page(request, "incidents/actions.html", context)


def _finish(request: HttpRequest) -> HttpResponse:
    back = safe_next(request, reverse("incidents:actions"))
    is_done = "done" in request.POST
    typed = request.POST.get("done" if is_done else "again", "") or request.GET.get("again", "")
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 16):
        messages.error(request, _("Choose what is done."))
        return HttpResponseRedirect(back, status=303)
    action = get_action(request.user, int(typed))
    return does(
        request,
        partial(finish_action, action, by=request.user, via="page", done=is_done),
        to=back,
        message=_("Done: %(name)s.") % {"name": action.what} if is_done else _("It is still to be done."),
        undo=f"{reverse('incidents:actions')}?again={action.pk}" if is_done else None,
    )
