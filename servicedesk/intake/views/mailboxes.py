"""Settings of mailboxes: trying one, signing in to one, comparing one with the ledger."""

import secrets
import time
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.people.jobs import last_job
from servicedesk.web.access import needs
from servicedesk.web.editing import does, edit
from servicedesk.web.errors import Refused
from servicedesk.web.pages import page

from .. import imap, queries
from ..actions import (
    begin_sign_in,
    change_mailbox,
    compare_mailbox,
    create_mailbox,
    finish_sign_in,
    take_missing,
    test_mailbox,
)
from ..actions.comparing import comparison_key, taking_key
from ..actions.mailboxes import SETTABLE
from ..alarms import alarms_for, sentences_about
from ..forms import MailboxForm
from ..models import Mailbox

_SIGN_INS = "mailbox sign-ins"  # in the session
_MOST_SIGN_INS = 5
_SIGN_IN_SECONDS = 15 * 60


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
