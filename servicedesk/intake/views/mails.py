"""The ledger of mails: looking at one safely, and deciding what becomes of it."""

from functools import partial
from urllib.parse import quote

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.access import needs
from servicedesk.web.editing import does, edit
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .. import queries
from ..actions import admit_mail, assign_mail, decide_many, export_mails, join_mail, refuse_mail, retry_mail
from ..actions.exporting import KINDS, MOST_EXPORTED
from ..forms import AssignMailForm, JoinMailForm, MailFilter, ManyMailsForm, RefuseMailForm
from ..models import IncomingMail
from ..viruses import check_before_handing_out
from .frames import framed, letter_of, picture_hosts

PAGE_SIZE = 50


@needs("mails.read")
@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """The ledger, newest first; at first what needs a look."""
    return _ledger(request, ManyMailsForm(None, asker=request.user))


def _ledger(request: HttpRequest, many: ManyMailsForm, results=()) -> HttpResponse:
    form = MailFilter(request.GET, reader=request.user)
    keyset = KeysetPage.of(
        request, form.of(queries.visible_mails(request.user)), ["-received_at", "-id"], size=PAGE_SIZE
    )
    context = {
        "form": form,
        "keyset": keyset,
        "many": many,
        "results": results,
        "chosen": set(many.data.getlist("mails")) if many.errors else set(),
        "most_exported": MOST_EXPORTED,
        "originals": queries.failed_originals(request.user)[:50],
    }
    return page(request, "intake/mails.html", context, fragment="intake/_mails.html", status=many.status)


@needs("mails.decide")
@require_POST
def mails_many(request: HttpRequest) -> HttpResponse:
    """Do one thing to several mails; the list then says of each what came of it."""
    many = ManyMailsForm(request.POST, asker=request.user)
    if not many.is_valid():
        return _ledger(request, many)
    data, me = many.cleaned_data, request.user
    act, more = {
        "take": (assign_mail, {"to": me}),
        "assign": (assign_mail, {"to": data["assignee"]}),
        "unassign": (assign_mail, {"to": None}),
        "retry": (retry_mail, {}),
        "refuse": (refuse_mail, {"reason": data["reason"]}),
    }[data["verb"]]
    results = decide_many(data["mails"], act, by=me, via="page", **more)
    return _ledger(request, ManyMailsForm(None, asker=me), results)


@needs("mails.read")
@require_POST
def mails_export(request: HttpRequest) -> HttpResponse:
    """What the filters in the address find, as the file that the button stands for. By POST, because it is kept who
    took what.
    """
    form, kind = MailFilter(request.GET, reader=request.user), request.POST.get("kind")
    asked = {name: request.GET.get(name, "") for name in form.fields}
    try:
        export = export_mails(
            form.of, kind=kind if kind in KINDS else "csv", by=request.user, via="page", filters=asked
        )
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect(f"{reverse('intake:held')}?{request.GET.urlencode()}")
    return FileResponse(export.file, as_attachment=True, filename=export.name, content_type=export.content_type)


@needs("mails.read")
@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail, safely: its headers and text as text, its HTML in a frame of its own."""
    row = queries.get_mail(request.user, pk)
    letter = letter_of(row)
    context = {
        "mail": row,
        "letter": letter,
        "frame": reverse("intake:mail-html", args=[row.pk]),
        "hosts": picture_hosts(letter),
        "mentions": _visible(request.user, row.mentions),
        "may_decide": row.state not in (IncomingMail.State.TICKET, IncomingMail.State.REPLY),
        "needs_a_look": row.state in (IncomingMail.State.HELD, IncomingMail.State.FAILED),
        "join_form": JoinMailForm(reader=request.user),
        "refuse_form": RefuseMailForm(),
        "assign_form": AssignMailForm(asker=request.user, initial={"assignee": row.assignee}),
    }
    return page(request, "intake/mail.html", context)


def _visible(user, ticket):
    return visible_tickets(user).filter(pk=ticket.pk).first() if ticket is not None else None


@needs("mails.read")
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of a mail, cleaned, for the sandboxed frame; a POST asks for the pictures from outside, this once."""
    return framed(queries.get_mail(request.user, pk), with_pictures=request.method == "POST")


@needs("mails.read")
@require_safe
def mail_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The raw bytes, always as a file to keep, unless there is a virus in them."""
    row = queries.get_mail(request.user, pk)
    try:
        check_before_handing_out(bytes(row.raw))
    except Refused as refusal:
        return _not_handed_out(request, row, refusal)
    answer = HttpResponse(bytes(row.raw), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="mail-{row.pk}.eml"'
    return answer


def _not_handed_out(request: HttpRequest, row: IncomingMail, refusal: Refused) -> HttpResponse:
    messages.error(request, refusal.sentence)
    return redirect("intake:mail", row.pk)


@needs("mails.read")
@require_safe
def mail_file(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """A file of a mail that is no ticket yet, always as a file to keep, unless there is a virus in it."""
    row = queries.get_mail(request.user, pk)
    letter = letter_of(row)
    if letter is None or place >= len(letter.files):
        raise NotFound
    part = letter.files[place]
    try:
        check_before_handing_out(part.data)
    except Refused as refusal:
        return _not_handed_out(request, row, refusal)
    answer = HttpResponse(part.data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(part.name, safe='')}"
    return answer


@needs("mails.decide")
@require_POST
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Retry, take in, or take on."""
    row = queries.get_mail(request.user, pk)
    act, said = {
        "retry": (retry_mail, _("The mail is read once more; that takes a moment.")),
        "admit": (admit_mail, _("The mail becomes a ticket; that takes a moment.")),
        "take": (partial(assign_mail, to=request.user), _("The mail is yours.")),
    }[verb]
    to = reverse("intake:mail", args=[row.pk])
    return does(request, partial(act, row, by=request.user, via="page"), to=to, message=said)


@needs("mails.decide")
@require_http_methods(["GET", "HEAD", "POST"])
def mail_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who looks at it; an empty box is nobody."""
    row = queries.get_mail(request.user, pk)
    form = AssignMailForm(
        request.POST if request.method == "POST" else None, asker=request.user, initial={"assignee": row.assignee}
    )

    def act(assignee, **how):
        return assign_mail(row, assignee, **how)

    return _decided(request, row, form, act, heading=_("Assign the mail"), submit=_("Assign"), message=_("Saved."))


@needs("mails.decide")
@require_http_methods(["GET", "HEAD", "POST"])
def mail_join(request: HttpRequest, pk: int) -> HttpResponse:
    """Say to which ticket it belongs."""
    row = queries.get_mail(request.user, pk)
    form = JoinMailForm(request.POST if request.method == "POST" else None, reader=request.user)
    said = _("The mail goes into the ticket; that takes a moment.")
    submit = _("Put it there")
    return _decided(
        request, row, form, partial(join_mail, row), heading=_("It belongs to a ticket"), submit=submit, message=said
    )


@needs("mails.decide")
@require_http_methods(["GET", "HEAD", "POST"])
def mail_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Set it aside, with a reason if one likes."""
    row = queries.get_mail(request.user, pk)
    form = RefuseMailForm(request.POST if request.method == "POST" else None)
    said, name = _("The mail was set aside."), _("Set aside")
    return _decided(request, row, form, partial(refuse_mail, row), heading=name, submit=name, message=said)


def _decided(request: HttpRequest, row: IncomingMail, form, act, **context) -> HttpResponse:
    to = reverse("intake:mail", args=[row.pk])
    return edit(request, form, act, to=to, template="intake/mail_verb.html", mail=row, **context)
