"""What was sent, what waits and what failed."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from . import queries
from .actions import resend_mail
from .forms import OutgoingFilter

PAGE_SIZE = 50


@needs("mails.sent")
@require_safe
def outgoing(request: HttpRequest) -> HttpResponse:
    """Outgoing mail, newest first."""
    form = OutgoingFilter(request.GET)
    mails = form.of(queries.visible_outgoing(request.user))
    context = {
        "form": form,
        "keyset": KeysetPage.of(request, mails, ["-created_at", "-id"], size=PAGE_SIZE),
        "to_files": not settings.MAIL_SERVER,
    }
    return page(request, "notify/outgoing.html", context, fragment="notify/_outgoing.html")


@needs("mails.sent")
@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    row = queries.get_outgoing(request.user, pk)
    return page(request, "notify/mail.html", {"mail": row})


@needs("mails.resend")
@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    row = queries.get_outgoing(request.user, pk)
    return does(
        request,
        partial(resend_mail, row, by=request.user, via="page"),
        to=reverse("notify:mail", args=[row.pk]),
        message=_("The mail is sent now; that takes a moment."),
    )
