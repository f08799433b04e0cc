"""What an address shows that needs no sign-in: a wall page, and a feed of issued reports. Sums alone: no names, and no
way to a ticket.
"""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.web import formats
from servicedesk.web.access import public
from servicedesk.web.middleware import speaking_to
from servicedesk.web.pages import wants_fragment

from ..models import ReportLink
from .freezing import Frozen
from .queries import counts_of_today, issued_reports, last_issued, link_of

# Seconds between two looks of a wall page.
EVERY = 120
_MOST_ENTRIES = 24


@public("The address itself is the key: a random secret that ends and can be revoked.")
@require_safe
def wall(request: HttpRequest, secret: str) -> HttpResponse:
    """The figures of the last issued report, and the counts of today."""
    link = link_of(secret, ReportLink.Kind.WALL)
    with speaking_to(None, link.language):
        report = last_issued()
        context = {
            "secret": secret, "report": report, "every": EVERY, "today": counts_of_today(), "now": timezone.now(),
            "frozen": Frozen.of(report, link.language) if report else None,
        }  # fmt: skip
        name = "reports/issued/_wall.html" if wants_fragment(request) else "reports/issued/wall.html"
        return _closed(render(request, name, context), link.language)


@public("The address itself is the key: a random secret that ends and can be revoked.")
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Atom of issued reports. It leads to pages that ask to sign in."""
    link = link_of(secret, ReportLink.Kind.FEED)
    with speaking_to(link.owner, link.language):
        atom = Atom1Feed(
            title=_("Monthly reports of the service desk"), link=settings.SITE_URL + reverse("reports:archive"),
            description="", language=link.language, feed_url=settings.SITE_URL + request.path,
        )  # fmt: skip
        for report in issued_reports(link.owner)[:_MOST_ENTRIES]:
            month = formats.month(report.month)
            address = settings.SITE_URL + reverse("reports:issued", args=[f"{report.month:%Y-%m}"])
            atom.add_item(
                title=_("Monthly report of the service desk: %(month)s") % {"month": month}, link=address,
                description=_as_html(Frozen.of(report, link.language).sentences), unique_id=address,
                pubdate=report.issued_at, updateddate=report.issued_at, author_name=_("Service desk"),
            )  # fmt: skip
        answer = HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
        return _closed(answer, link.language)


def _as_html(sentences: Sequence[str]) -> str:
    """A feed reader takes a summary for HTML."""
    return format_html_join("", "<p>{}</p>", ((each,) for each in sentences))


def _closed(response: HttpResponse, language: str) -> HttpResponse:
    """Found by no search machine, kept by no cache, and told to nobody by a link."""
    response["Content-Language"] = language
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response
