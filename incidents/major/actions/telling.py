"""Updates, written once for all readers; and who subscribes to them. Who hears of an update is found when its event
goes through the outbox.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import User
from servicedesk.tickets.actions import record
from servicedesk.tickets.actions.talk import answered
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from servicedesk.web.text import lines

from ..models import MajorIncident, MajorUpdate, Subscriber
from ..queries import get_outage, is_published
from .declaring import declare_major, end_major, held

MOST_LETTERS = 5_000


@transaction.atomic
def publish_update(
    major: MajorIncident,
    *,
    by: User,
    via: str,
    kind: str,
    text_ja: str = "",
    text_en: str = "",
    next_minutes: int | None = None,
    outage_until: datetime | None = None,
    at: datetime | None = None,
) -> MajorUpdate:
    """Tell all readers, each in their language, or in the other where there is only that; the requester is one of them,
    so it is an answer. The next one is due after
    `next_minutes`, the usual ones unless said. “It is over” ends the major incident as well, with the interruption
    at `outage_until`, now unless said.

    Refuses an update without words, one that is too long, and any after the end, but for one last that says so.
    """
    ticket = held(major, by=by)
    if kind not in MajorUpdate.Kind.values:
        raise TicketError(_("Choose how it stands."), field="kind")
    if major.retracted_at is not None or (major.ended_at is not None and kind != MajorUpdate.Kind.RESOLVED):
        raise TicketError(_("This major incident is over already."), code="not_running")
    texts = {"text_ja": lines(text_ja).strip(), "text_en": lines(text_en).strip()}
    if not any(texts.values()):
        raise TicketError(_("Write it in Japanese, in English, or in both."), field="text_ja")
    for name, text in texts.items():
        if len(text) > MOST_LETTERS:
            raise TicketError(_("An update has at most 5,000 letters."), field=name)
    if next_minutes is not None and not 5 <= next_minutes <= 1440:
        raise TicketError(_("Between updates are 5 to 1,440 minutes."), field="next_minutes")
    now = at or timezone.now()
    if kind == MajorUpdate.Kind.RESOLVED:
        if major.ended_at is None:
            end_major(major, by=by, via=via, outage_until=outage_until, at=now)
    else:
        major.next_update_at = now + timedelta(minutes=next_minutes or major.update_minutes)
        major.save(update_fields=["next_update_at"])
    if by.pk != ticket.requester_id:
        answered(ticket, now)
    event = record(ticket, "publish_update", by=by, via=via, public=True, at=now, kind=kind)
    return MajorUpdate.objects.create(event=event, major=major, kind=kind, by=by, at=now, **texts)


@transaction.atomic
def declare_and_tell(
    ticket: Ticket,
    *,
    by: User,
    via: str,
    text_ja: str = "",
    text_en: str = "",
    at: datetime | None = None,
    **fields: Any,
) -> MajorIncident:
    """Declare a major incident and, when there are words for it, tell all readers at once; refuses as both do."""
    major = declare_major(ticket, by=by, via=via, at=at, **fields)
    if text_ja.strip() or text_en.strip():
        kind = MajorUpdate.Kind.INVESTIGATING
        publish_update(major, by=by, via=via, kind=kind, text_ja=text_ja, text_en=text_en, at=at)
    return major


@transaction.atomic
def subscribe(outage_id: int, person: User, *, by: User, at: datetime | None = None) -> None:
    """Keep somebody informed who is hit as well, instead of a ticket of their own. Again changes nothing.

    `by` is the person, or an agent who speaks with them; a guest gets the updates by mail alone. NotFound for what they
    may not know of; refuses what is over.
    """
    outage = get_outage(by, outage_id)
    if person != by:
        if not by.is_agent:
            raise Refused(_("Only the desk can do this for somebody else."))
        if not person.is_active or not person.email or (person.is_guest and not is_published(outage.major)):
            raise Refused(_("%(name)s cannot be kept informed in this way.") % {"name": person.display_name})
        outage = outage if person.is_guest else get_outage(person, outage_id)
    if not outage.major.is_running:
        raise Refused(_("This is over already."), code="not_running")
    Subscriber.objects.bulk_create(
        [Subscriber(major=outage.major, person=person, at=at or timezone.now())], ignore_conflicts=True
    )
    Subscriber.objects.filter(major=outage.major, person=person).update(left_at=None)


@transaction.atomic
def unsubscribe(outage_id: int, *, by: User) -> None:
    """Hear no more of it. Also for those who never subscribed and hear of it because of a ticket of theirs."""
    outage = get_outage(by, outage_id)
    now = timezone.now()
    Subscriber.objects.bulk_create(
        [Subscriber(major=outage.major, person=by, at=now, left_at=now)], ignore_conflicts=True
    )
    Subscriber.objects.filter(major=outage.major, person=by, left_at__isnull=True).update(left_at=now)
