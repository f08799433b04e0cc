"""What mails of `notify` say of ratings: `settings.MAIL_VALUES` names this, because notify does not know them."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from servicedesk.notify.texts import Value
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket, TicketEvent

from .models import MARKS, RatingAsked
from .queries.ratings import may_rate_now, rating_of, rating_settings
from .tokens import rating_token


def values_of(event: TicketEvent, to: User) -> dict[str, Callable[[], str | Value]]:
    """`rating`, `mark` and `words`; each is asked for only by a text that has it."""
    ticket = event.ticket

    def words() -> str:
        rating = rating_of(ticket, event.by) if event.verb == "rate" and event.by is not None else None
        return rating.words if rating is not None else ""

    return {
        "rating": lambda: question(ticket, to) if event.verb == "close" else "",
        "mark": lambda: f"{event.data.get('mark', '')}" if event.verb == "rate" else "",
        "words": words,
    }


def question(ticket: Ticket, to: User) -> str | Value:
    """The question with a link for each mark, best first; nothing for whoever is not asked."""
    if not RatingAsked.objects.filter(pk=ticket.pk, person=to).exists():
        return ""
    if not may_rate_now(ticket, rating_of(ticket, to), rating_settings()):
        return ""
    asks = _("How satisfied are you with how this was handled?")
    links = [
        (mark, label, settings.SITE_URL + reverse("surveys:rate-by-mail", args=[rating_token(ticket.pk, to.pk, mark)]))
        for mark, label in MARKS
    ]
    text = "\n".join([asks, *(f"{mark} {label}: {address}" for mark, label, address in links)])
    html = format_html_join("", '<li><a href="{}">{} {}</a></li>', ((link, mark, label) for mark, label, link in links))
    return Value(text, format_html("<p>{}</p><ul>{}</ul>", asks, html))
