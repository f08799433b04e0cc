"""Settings of mailboxes, the ledger of mails, the originals of a ticket, and conversion. The window for staff is
`portal`."""

import base64
import secrets
import time
from datetime import datetime
from functools import partial
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.people.jobs import last_job
from servicedesk.people.rules import check
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.permissions import works_on
from servicedesk.tickets.queries import get_ticket, visible_tickets
from servicedesk.web.access import needs, signed_in
from servicedesk.web.editing import does, edit
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import changed, page

from . import imap, queries
from .actions import (
    admit_mail,
    assign_mail,
    begin_sign_in,
    change_mailbox,
    compare_mailbox,
    convert_ticket,
    create_mailbox,
    decide_many,
    finish_sign_in,
    join_mail,
    refuse_mail,
    retry_mail,
    take_missing,
    test_mailbox,
)
from .actions.comparing import comparison_key, taking_key
from .actions.ledger import revive_address
from .actions.mailboxes import SETTABLE
from .alarms import alarms_for, sentences_about
from .forms import (
    AssignMailForm,
    ConvertForm,
    JoinMailForm,
    MailboxForm,
    MailFilter,
    ManyMailsForm,
    RefuseMailForm,
)
from .mail import html, reading
from .models import IncomingMail, Mailbox
from .viruses import check_before_handing_out

PAGE_SIZE = 50
_SIGN_INS = "mailbox sign-ins"  # in the session
_MOST_SIGN_INS = 5
_SIGN_IN_SECONDS = 15 * 60
_MOST_PICTURE_BYTES = 5 * 1024 * 1024
# What the frame with a mail's HTML may do: be looked at. Nothing in it is loaded from anywhere or runs; pictures from
# outside come from the hosts that were named to the reader and, whatever those redirect to, from no other.
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src {pictures}; "
    "style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
# A picture without an address stands as a quiet box with its words; one of a single dot is none.
FRAME_HEAD = (
    '<!doctype html><meta charset="utf-8"><title>-</title><style>'
    "body{margin:8px;overflow-wrap:anywhere;font-family:sans-serif}img{max-width:100%}"
    "img:not([src]){display:inline-block;min-width:24px;min-height:18px;padding:2px 6px;border:1px dashed #8a8d93;"
    "background:#f4f4f2;color:#55585f;font-size:12px;vertical-align:middle}"
    'img[width="0"]:not([src]),img[width="1"]:not([src]),img[height="0"]:not([src]),img[height="1"]:not([src])'
    "{display:none}</style>"
)


# --- mailboxes ------------------------------------------------------------------------------------------------------


@needs("settings.change")
@require_safe
def mailboxes(request: HttpRequest) -> HttpResponse:
    context = {
        "rows": [(each, sentences_about(each)) for each in queries.mailboxes()],
        "alarms": alarms_for(request.user),
        "needs_a_look": queries.needs_a_look(request.user),
    }
    return page(request, "intake/mailboxes.html", context)


@needs("settings.change")
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox_new(request: HttpRequest) -> HttpResponse:
    form = MailboxForm(request.POST or None, asker=request.user)
    context = {"heading": _("New mailbox"), "back": reverse("intake:mailboxes"), "mailbox": None}
    return edit(request, form, create_mailbox, to=_address_of, template="intake/mailbox.html", **context)


def _address_of(box: Mailbox) -> str:
    return reverse("intake:mailbox", args=[box.pk])


@needs("settings.change")
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox(request: HttpRequest, pk: int) -> HttpResponse:
    box = queries.get_mailbox(pk)
    heading, trouble = str(box), imap.sentence(box.last_error) if box.last_error else ""
    form = MailboxForm(
        request.POST or None, asker=request.user, of=box, initial={name: getattr(box, name) for name in SETTABLE}
    )
    return edit(
        request,
        form,
        partial(change_mailbox, box),
        to=_address_of,
        template="intake/mailbox.html",
        mailbox=box,
        heading=heading,
        trouble=trouble,
        back=reverse("intake:mailboxes"),
        **_comparison(box),
    )


@needs("settings.change")
@require_POST
def mailbox_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Try what is saved, and say what is seen."""
    box = queries.get_mailbox(pk)
    context = {"mailbox": box, "seen": test_mailbox(box, by=request.user), "heading": str(box)}
    return page(request, "intake/mailbox_test.html", context, fragment="intake/_mailbox_test.html")


@needs("settings.change")
@require_safe
def mailbox_sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the browser to Microsoft or Google. A link and no form: browsers hold what a form leads on to against our
    content policy, and where these two lead on to is theirs to say. Nothing is changed but the visitor's session.
    """
    box = queries.get_mailbox(pk)
    try:
        address, kept = begin_sign_in(box, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(_address_of(box), status=303)
    begun = _sign_ins(request)[-_MOST_SIGN_INS + 1 :]
    request.session[_SIGN_INS] = [*begun, kept | {"mailbox": box.pk, "at": time.time()}]
    return HttpResponseRedirect(address, status=303)


def _sign_ins(request: HttpRequest) -> list[dict]:
    """The sign-ins that this visitor has begun and that are not too old to come back to."""
    oldest = time.time() - _SIGN_IN_SECONDS
    return [each for each in request.session.get(_SIGN_INS, []) if each["at"] > oldest]


@needs("settings.change")
@require_safe
def mailbox_oauth(request: HttpRequest) -> HttpResponse:
    """Where browsers come back to from Microsoft and Google. What they bring counts once, in the session that began it,
    for the mailbox that it was begun for.
    """
    state = request.GET.get("state", "")
    begun = _sign_ins(request)
    found = next((each for each in begun if secrets.compare_digest(each["state"].encode(), state.encode())), None)
    request.session[_SIGN_INS] = [each for each in begun if each is not found]
    request.session.save()
    if found is None:
        messages.error(request, _("This sign-in was not begun here, or too long ago. Begin it again."))
        return HttpResponseRedirect(reverse("intake:mailboxes"), status=303)
    box = queries.get_mailbox(found["mailbox"])
    finish = partial(
        finish_sign_in, box, by=request.user, via="page", code=request.GET.get("code", ""),
        error=request.GET.get("error", ""), verifier=found["verifier"],
    )  # fmt: skip
    return does(request, finish, to=_address_of(box), message=_("Signed in. The mailbox is read from now on."))


def _comparison(box: Mailbox) -> dict:
    """How the ledger stands against the server: the mails that are missing and the jobs that look or take them in."""
    missing = [(each["uid"], datetime.fromisoformat(each["at"]) if each["at"] else None) for each in box.missing]
    return {
        "missing": missing,
        "comparison": last_job(comparison_key(box)),
        "taking": last_job(taking_key(box)),
    }


@needs("settings.change")
@require_safe
def mailbox_comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """The comparison by itself; it asks for itself again while it runs."""
    box = queries.get_mailbox(pk)
    context = {"mailbox": box, "heading": str(box), **_comparison(box)}
    return page(request, "intake/mailbox_comparison.html", context, fragment="intake/_comparison.html")


@needs("settings.change")
@require_POST
def mailbox_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the ledger compared with the server."""
    box = queries.get_mailbox(pk)
    said = _("The comparison has begun.")
    to = f"{_address_of(box)}#comparison"
    return does(request, partial(compare_mailbox, box, by=request.user, via="page"), to=to, message=said)


@needs("settings.change")
@require_POST
def mailbox_take(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the missing mails taken in."""
    box = queries.get_mailbox(pk)
    said = _("The missing mails are being taken in.")
    to = f"{_address_of(box)}#comparison"
    return does(request, partial(take_missing, box, by=request.user, via="page"), to=to, message=said)


# --- mails ----------------------------------------------------------------------------------------------------------


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
@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail, safely: its headers and text as text, its HTML in a frame of its own."""
    row = queries.get_mail(request.user, pk)
    letter = _letter(row)
    context = {
        "mail": row,
        "letter": letter,
        "frame": reverse("intake:mail-html", args=[row.pk]),
        "hosts": _picture_hosts(letter),
        "mentions": _visible(request.user, row.mentions),
        "may_decide": row.state not in (IncomingMail.State.TICKET, IncomingMail.State.REPLY),
        "needs_a_look": row.state in (IncomingMail.State.HELD, IncomingMail.State.FAILED),
        "join_form": JoinMailForm(reader=request.user),
        "refuse_form": RefuseMailForm(),
        "assign_form": AssignMailForm(asker=request.user, initial={"assignee": row.assignee}),
    }
    return page(request, "intake/mail.html", context)


def _letter(row: IncomingMail) -> reading.Letter | None:
    """The mail as it is read, None when it is beyond the limits: then it can only be taken as a file."""
    try:
        return reading.read(bytes(row.raw))
    except reading.TooMuch:
        return None


def _visible(user, ticket):
    return visible_tickets(user).filter(pk=ticket.pk).first() if ticket is not None else None


@needs("mails.read")
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of a mail, cleaned, for the sandboxed frame; a POST asks for the pictures from outside, this once."""
    return _framed(queries.get_mail(request.user, pk), with_pictures=request.method == "POST")


def _framed(row: IncomingMail | None, *, with_pictures: bool) -> HttpResponse:
    """HTML that is harmless by itself, under a policy of its own that forbids everything else once more."""
    letter = _letter(row) if row else None
    hosts = _picture_hosts(letter) if with_pictures else []
    body = html.clean(letter.html, _own_pictures(letter), hosts) if letter else ""
    answer = HttpResponse(FRAME_HEAD + body)
    sources = " ".join(["data:", *(f"https://{host}" for host in hosts)])
    answer["Content-Security-Policy"] = FRAME_POLICY.format(pictures=sources)
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _own_pictures(letter: reading.Letter) -> dict[str, str]:
    """Pictures that came with the mail, by Content-ID, as data addresses; what is no picture by its bytes is none."""
    pictures, room = {}, _MOST_PICTURE_BYTES
    for each in letter.files:
        kind = html.picture_type(each.data) if each.cid else ""
        if kind and len(each.data) < room:
            room -= len(each.data)
            pictures[each.cid] = f"data:{kind};base64,{base64.b64encode(each.data).decode()}"
    return pictures


def _picture_hosts(letter: reading.Letter | None) -> list[str]:
    """Hosts of pictures that a reader may ask for: none of the desk's own."""
    found = html.hosts_of_pictures(letter.html) if letter else []
    return [host for host in found if host != urlsplit(settings.SITE_URL).hostname]


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
    letter = _letter(row)
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


# --- on the ticket --------------------------------------------------------------------------------------------------


@signed_in
@require_safe
def for_ticket(request: HttpRequest, number: str) -> HttpResponse:
    """What came in for a ticket: its mails, or how else it was handed over. For those who work on it."""
    ticket = get_ticket(request.user, number)
    check(request.user, "tickets.work", ticket)
    context = {
        "ticket": ticket,
        "mails": queries.mails_of_ticket(request.user, ticket),
        "original": queries.original_of(ticket),
        "dead_addresses": queries.dead_addresses_of(ticket),
        "calls": queries.calls_of_ticket(ticket),
    }
    return page(request, "intake/for_ticket.html", context, fragment="intake/_for_ticket.html")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def dead(request: HttpRequest, number: str) -> HttpResponse:
    """Warn beside the reply box that mail to the requester does not arrive; a POST says that it does again."""
    ticket = get_ticket(request.user, number)
    check(request.user, "tickets.work", ticket)
    if request.method == "POST":
        revive = partial(revive_address, ticket, request.POST.get("address", ""), by=request.user, via="page")
        return does(request, revive, to=ticket.get_absolute_url(), message=_("Noted: mail reaches this address again."))
    context = {"ticket": ticket, "dead_addresses": queries.dead_addresses_of(ticket)}
    return page(request, "intake/for_ticket.html", context, fragment="intake/_dead.html")


@signed_in
@require_safe
def message(request: HttpRequest, number: str, event: int) -> HttpResponse:
    """A message of a ticket as its mail came, all of it: for those who work on the ticket, and its writer."""
    ticket, row = _mail_of_message(request.user, number, event)
    letter = _letter(row) if row else None
    context = {
        "ticket": ticket,
        "mail": row,
        "event": event,
        "letter": letter,
        "frame": reverse("intake:message-html", args=[ticket.number, event]),
        "hosts": _picture_hosts(letter),
        "base": "base_desk.html" if works_on(request.user, ticket) else "base_portal.html",
    }
    return page(request, "intake/message.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
def message_html(request: HttpRequest, number: str, event: int) -> HttpResponse:
    """As `mail_html`, for a message of a ticket."""
    _ticket, row = _mail_of_message(request.user, number, event)
    return _framed(row, with_pictures=request.method == "POST")


def _mail_of_message(user, number: str, event: int) -> tuple[Ticket, IncomingMail | None]:
    """The mail is None for a message that did not come by mail, and for an agent with whom a confidential ticket is
    shared: they read its messages, and its mails are its team's.
    """
    ticket = get_ticket(user, number)
    row = queries.mail_of_message(user, ticket, event)
    if row is None:
        check(user, "tickets.work", ticket)
    return ticket, row


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def convert(request: HttpRequest, number: str) -> HttpResponse:
    """Make a record of the other kind."""
    ticket = get_ticket(request.user, number)
    check(request.user, "tickets.convert", ticket)
    form = ConvertForm(request.POST or None, ticket=ticket)
    if request.method == "POST" and form.is_valid():
        try:
            new = convert_ticket(ticket, **form.cleaned_data, by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            said = _("%(old)s goes on as %(new)s.") % {"old": ticket.number, "new": new.number}
            return changed(request, new, message=said)
    return page(request, "intake/convert.html", {"ticket": ticket, "form": form}, status=form.status)
