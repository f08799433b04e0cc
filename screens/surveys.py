"""A survey in each of its states, and ratings, in which all that their pages can say is said."""

from dataclasses import dataclass

from django.utils import timezone

from servicedesk.people.models import User
from servicedesk.surveys.actions import (
    from_template,
    rate_ticket,
)
from servicedesk.surveys.models import RatingAsked, Survey
from servicedesk.surveys.queries.results import results_of
from servicedesk.surveys.tokens import invitation_token, rating_token
from servicedesk.tickets.models import Ticket


@dataclass(frozen=True)
class Key:
    """What stands in the address of a link."""

    pk: str


def surveys(admin: User, staff: User, closed: Ticket) -> dict[str, object]:
    """`closed` is a ticket of `staff`, which is rated low."""
    draft = from_template("half_yearly", by=admin, via="command")
    found: dict[str, object] = {"survey_draft": draft, "survey_group": draft.groups.first()}
    found["survey_question"] = draft.groups.first().questions.first()
    done, opened = (Survey.objects.filter(state=state).latest("pk") for state in ("closed", "open"))
    waits = opened.invitations.filter(person=staff)
    waits.update(answered=False)
    marked = results_of(done).marked
    found |= {
        "survey_done": done,
        "survey_open": opened,
        "survey_link": Key(invitation_token(waits.get().pk)),
        "survey_marked": (marked[0] if marked else results_of(done).groups[0].items[0]).question,
    }
    Ticket.objects.filter(pk=closed.pk).update(closed_at=timezone.now())
    closed.refresh_from_db()
    RatingAsked.objects.update_or_create(ticket=closed, defaults={"person": staff})
    found["rating_link"] = Key(rating_token(closed.pk, staff.pk, 2))
    rate_ticket(closed, by=staff, via="command", mark=2, words="直るまでに三日かかり、途中の連絡がありませんでした。")
    return found
