"""A few promises to call back about open tickets, most of them by the agent whose sign-in is handed out."""

from datetime import datetime, timedelta

from django.db.models import Case, Value, When

from servicedesk.intake.actions import plan_call_back
from servicedesk.intake.actions.call_backs import quick_times
from servicedesk.tickets.models import Channel, Ticket
from servicedesk.tickets.workflow import Phase

from .company import SIGN_INS
from .times import after

_BEFORE = timedelta(minutes=45)
_NOTES = {
    "ja": ("交換の日時を相談する", "再起動後も続いているか確かめる", "", "機器の設置場所を聞く"),
    "en": (
        "Agree on a day",
        "Ask whether it still happens after a restart",
        "",
        "Where does it stand?",
    ),
}


def promise_calls(now: datetime) -> None:
    """The first one is due already; the others are for today and for the next morning, one of them by a team."""
    morning = next(one.at for one in quick_times(now) if one.name == "morning") or after(now, 600)
    times = (now - timedelta(minutes=15), now + timedelta(minutes=40), after(now, 120), morning)
    agent = SIGN_INS[3][1]
    tickets = Ticket.objects.filter(
        phase=Phase.ACTIVE, assignee__isnull=False, is_confidential=False, updated_at__lt=now - _BEFORE
    ).exclude(channel=Channel.ALERT)
    theirs_first = Case(When(assignee__email__startswith=f"{agent}@", then=Value(0)), default=Value(1))
    for place, ticket in enumerate(tickets.order_by(theirs_first, "-created_at", "pk")[: len(times)]):
        who = {"team": ticket.team} if place == 2 and ticket.team else {"assignee": ticket.assignee}
        plan_call_back(
            ticket,
            by=ticket.assignee,
            via="page",
            whom=ticket.requester.name,
            number=ticket.requester.extension,
            due_at=times[place],
            note=_NOTES[ticket.language][place],
            at=now - _BEFORE if place == 0 else now,
            **who,
        )
