"""Settings of mailboxes, the ledger of mails, the originals of a ticket, and conversion. The window for staff is
`portal`."""

import base64
import secrets
import time
from datetime import datetime
from functools import partial
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.people.jobs import last_job
from servicedesk.people.rules import check
from servicedesk.tickets.queries import get_ticket, visible_tickets
from servicedesk.web.access import needs, signed_in
from servicedesk.web.editing import does, edit
from servicedesk.web.errors import NotFound, Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import changed, page

from . import imap, queries
from .actions import (
    admit_mail,
    begin_sign_in,
    change_mailbox,
    compare_mailbox,
    convert_ticket,
    create_mailbox,
    finish_sign_in,
    refuse_mail,
    retry_mail,
    take_missing,
    test_mailbox,
)
from .actions.comparing import comparison_key, taking_key
from .actions.mailboxes import SETTABLE
from .alarms import alarms_for, sentences_about
from .forms import ConvertForm, MailboxForm, MailFilter
from .mail import html, reading
from .models import IncomingMail, Mailbox

PAGE_SIZE = 50
_SIGN_INS = "mailbox sign-ins"  # in the session
_MOST_SIGN_INS = 5
_SIGN_IN_SECONDS = 15 * 60
_MOST_PICTURE_BYTES = 5 * 1024 * 1024
# What the frame with a mail's HTML may do: be looked at. Nothing in it is loaded from anywhere or runs.
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
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
    form = MailFilter(request.GET)
    keyset = KeysetPage.of(
        request, form.of(queries.visible_mails(request.user)), ["-received_at", "-id"], size=PAGE_SIZE
    )
    context = {"form": form, "keyset": keyset, "originals": queries.failed_originals(request.user)[:50]}
    return page(request, "intake/mails.html", context, fragment="intake/_mails.html")


@needs("mails.read")
@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail, safely: its headers and text as text, its HTML in a frame of its own."""
    row = queries.get_mail(request.user, pk)
    letter = _letter(row)
    context = {
        "mail": row,
        "letter": letter,
        "mentions": _visible(request.user, row.mentions),
        "may_decide": row.state not in (IncomingMail.State.TICKET, IncomingMail.State.REPLY),
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
@require_safe
@xframe_options_sameorigin
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of a mail, cleaned, for the sandboxed frame; its own policy forbids everything else once more."""
    letter = _letter(queries.get_mail(request.user, pk))
    pictures = {}
    room = _MOST_PICTURE_BYTES
    for each in letter.files if letter else ():
        if each.cid and each.content_type in ("image/png", "image/jpeg", "image/gif", "image/webp"):
            room -= len(each.data)
            if room > 0:
                data = base64.b64encode(each.data).decode()
                pictures[each.cid] = f"data:{each.content_type};base64,{data}"
    body = html.clean(letter.html, pictures) if letter else ""
    answer = HttpResponse(f'<!doctype html><meta charset="utf-8"><title>-</title>{body}')
    answer["Content-Security-Policy"] = FRAME_POLICY
    return answer


@needs("mails.read")
@require_safe
def mail_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The raw bytes, always as a file to keep."""
    row = queries.get_mail(request.user, pk)
    answer = HttpResponse(bytes(row.raw), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="mail-{row.pk}.eml"'
    return answer


@needs("mails.read")
@require_safe
def mail_file(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """A file of a mail that is no ticket yet, always as a file to keep."""
    letter = _letter(queries.get_mail(request.user, pk))
    if letter is None or place >= len(letter.files):
        raise NotFound
    part = letter.files[place]
    answer = HttpResponse(part.data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(part.name, safe='')}"
    return answer


@needs("mails.decide")
@require_POST
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Retry, take in, or set aside."""
    row = queries.get_mail(request.user, pk)
    act, said = {
        "retry": (retry_mail, _("The mail is read once more; that takes a moment.")),
        "admit": (admit_mail, _("The mail becomes a ticket; that takes a moment.")),
        "refuse": (refuse_mail, _("The mail was set aside.")),
    }[verb]
    to = reverse("intake:mail", args=[row.pk])
    return does(request, partial(act, row, by=request.user, via="page"), to=to, message=said)


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
