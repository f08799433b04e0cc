"""Writes of ratings: asking, rating, erasing words, and the settings."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, changed_fields, hold, keep
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.actions.core import lock, record
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from servicedesk.web.text import lines

from ..models import Rating, RatingAsked, RatingSettings
from ..queries.ratings import may_rate_now, rating_of, rating_settings, to_be_asked, was_asked_lately

LOWEST, HIGHEST = 1, 5
_SETTINGS = ("is_on", "kinds", "low_mark", "answer_days", "change_days", "pause_days")


def ask(tickets: set[int], at: datetime) -> int:
    """Note of closed tickets that their requesters are asked; returns how many. Repeating it changes nothing but the
    moment: a ticket that was closed again is asked about again.
    """
    settings, asked = rating_settings(), 0
    for ticket in to_be_asked(tickets, settings):
        if was_asked_lately(ticket.requester_id, ticket.pk, settings, at):
            continue
        RatingAsked.objects.update_or_create(
            ticket=ticket, defaults={"person": ticket.requester, "at": ticket.closed_at or at}
        )
        asked += 1
    return asked


@transaction.atomic
def rate_ticket(
    ticket: Ticket, *, by: User, via: str, mark: int, words: str | None = None, at: datetime | None = None
) -> Rating:
    """Say how satisfied one was with a closed ticket, 5 is best. A second time replaces the first, and the event says
    what it was; without a difference nothing happens. `words` None keeps those that are there.

    Refuses everybody but the requester, a mark outside 1 to 5, too many words, a ticket that is not closed, and one
    whose time to rate or to change has passed.
    """
    lock(ticket)
    check(by, "ratings.rate", ticket)
    if type(mark) is not int or not LOWEST <= mark <= HIGHEST:
        raise TicketError(_("A mark is a number from 1 to 5."), field="mark", code="invalid")
    if words is not None:
        words = lines(words).strip()
        if len(words) > Rating.MOST_WORDS:
            raise TicketError(
                _("This has %(count)d letters; at most %(most)d are possible.")
                % {"count": len(words), "most": Rating.MOST_WORDS},
                field="words",
            )  # fmt: skip
    now = at or timezone.now()
    settings, rating = rating_settings(), rating_of(ticket, by)
    if not settings.is_on:
        raise TicketError(_("Tickets are not rated here at present."), code="switched_off")
    if not may_rate_now(ticket, rating, settings, now):
        raise TicketError(_("This can be rated only for some time after it was closed."), code="wrong_status")
    before = rating.mark if rating is not None else None
    if rating is not None and before == mark and words in (None, rating.words):
        return rating
    if rating is None:
        rating = Rating(ticket=ticket, person=by, at=now)
    elif ticket.closed_at is not None and rating.changed_at < ticket.closed_at:
        rating.at = now  # of a new closing, and so the days to change it
    rating.mark, rating.changed_at = mark, now
    rating.words = rating.words if words is None else words
    rating.save()
    data: dict[str, Any] = {"mark": mark, "low": mark <= settings.low_mark}
    if before is not None:
        data["before"] = before
        data["low"] = data["low"] and before > settings.low_mark  # leads have heard of it
    record(ticket, "rate", by=by, via=via, at=at, **data)
    return rating


@transaction.atomic
def erase_rating_words(rating: Rating, *, by: User, via: str) -> Rating:
    """Take the words away for good; the mark stays. Nothing happens where there are none."""
    lock(rating.ticket)
    check(by, "ratings.erase", rating)
    rating.refresh_from_db(fields=["words"])
    if rating.words:
        rating.words = ""
        rating.save(update_fields=["words"])
        record(rating.ticket, "erase_rating_words", by=by, via=via)
    return rating


@transaction.atomic
def save_rating_settings(*, by: User, via: str, **fields: Any) -> RatingSettings:
    """Change whether and whom we ask after closing. Refuses numbers that make no sense."""
    check(by, "settings.change")
    allow(fields, _SETTINGS)
    hold()
    row = rating_settings()
    if "kinds" in fields:
        fields["kinds"] = sorted(set(fields["kinds"]))
        row.kinds = sorted(row.kinds)
    changes = changed_fields(row, fields)
    if not changes:
        return row
    if row.change_days > row.answer_days:
        raise Refused(_("An answer cannot be changed for longer than it can be given."), field="change_days")
    keep(row)
    audit(row, "save_rating_settings", by=by, via=via, changes=changes)
    return row
