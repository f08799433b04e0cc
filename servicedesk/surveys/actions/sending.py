"""Sending a survey, reminding, closing. The tables are the queues: an invitation without `sent_at` waits for its mail,
a reminder is a row, and both are written in the transaction that writes the mail, whose Message-ID is theirs alone.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import date
from math import ceil

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.notify.models import OutgoingMail
from servicedesk.notify.without_ticket import without_ticket
from servicedesk.people.actions.core import audit, lock
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused
from servicedesk.web.formats import exact
from servicedesk.web.middleware import speaking_to

from ..models import Invitation, Side, Survey, SurveyQuestion, SurveyReminder
from ..queries.surveys import audience_of, desk_of, to_close, to_remind, to_send
from ..tokens import invitation_token

log = logging.getLogger(__name__)


@transaction.atomic
def send_survey(survey: Survey, *, by: User | None, via: str) -> int:
    """Fix the wording, choose whom it goes to, and let the invitations leave; returns how many there are.

    Refuses one that was sent, that asks nothing, that has no last day ahead, and that nobody would get.
    """
    lock(survey)
    if by is not None:
        check(by, "surveys.change")
    if not survey.is_draft:
        raise Refused(_("This survey was sent already."), code="sent")
    if not SurveyQuestion.objects.filter(group__survey=survey).exists():
        raise Refused(_("This survey asks nothing yet. Add a question first."), code="empty")
    if survey.closes_on is None or survey.closes_on < timezone.localdate():
        raise Refused(_("Say until which day it can be answered."), field="closes_on")
    desk = list(desk_of(survey).values_list("pk", "department_id"))
    users = _drawn(survey, list(audience_of(survey, [pk for pk, _of in desk]).values_list("pk", "department_id")))
    if not users:
        raise Refused(_("Nobody would get this survey. Look at who is asked."), field="audience")
    rows = [Invitation(survey=survey, person_id=pk, department_id=of) for pk, of in users]
    rows += [Invitation(survey=survey, person_id=pk, department_id=of, side=Side.DESK) for pk, of in desk]
    secrets.SystemRandom().shuffle(rows)
    Invitation.objects.bulk_create(rows, batch_size=1000)
    survey.state, survey.opened_at = Survey.State.OPEN, timezone.now()
    survey.save(update_fields=["state", "opened_at"])
    audit(survey, "send_survey", by=by, via=via, label=survey.title_ja, count=len(rows))
    return len(rows)


def _drawn(survey: Survey, people: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """The sample. A share of few people is at least one."""
    wanted = len(people)
    if survey.audience == Survey.Audience.COUNT:
        wanted = min(survey.amount or 0, len(people))
    elif survey.audience == Survey.Audience.SHARE:
        wanted = ceil(len(people) * (survey.amount or 0) / 100)
    return secrets.SystemRandom().sample(people, wanted)


@transaction.atomic
def close_survey(survey: Survey, *, by: User | None, via: str) -> Survey:
    """No more answers. Nothing happens to one that is closed; refuses a draft."""
    lock(survey)
    if by is not None:
        check(by, "surveys.change")
    if survey.is_draft:
        raise Refused(_("This survey was not sent yet."), code="draft")
    if survey.state == Survey.State.OPEN:
        survey.state, survey.closed_at = Survey.State.CLOSED, timezone.now()
        survey.save(update_fields=["state", "closed_at"])
        audit(survey, "close_survey", by=by, via=via, label=survey.title_ja)
    return survey


def close_due(today: date | None = None) -> int:
    """Close what has had its last day."""
    due = to_close(today or timezone.localdate())
    for survey in due:
        close_survey(survey, by=None, via="beat")
    return len(due)


# --- mails ----------------------------------------------------------------------------------------------------------


def send_invitations(limit: int = 200) -> int:
    """Write the mails of invitations that wait; returns how many. Each has a transaction of its own: killed or run by
    two workers at once, everybody gets one.
    """
    return sum(_safely(_send, pk) for pk in to_send(limit))


def _send(pk: int) -> bool:
    rows = Invitation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("person", "survey")
    invitation = rows.filter(pk=pk, sent_at__isnull=True, survey__state=Survey.State.OPEN).first()
    if invitation is None:
        return False
    if invitation.person.is_active and not invitation.answered:
        _mail(invitation, OutgoingMail.Kind.SURVEY, f"survey.{invitation.pk}")
    invitation.sent_at = timezone.now()
    invitation.save(update_fields=["sent_at"])
    return True


def remind(today: date | None = None, limit: int = 200) -> int:
    """Remind who has not answered of what ends soon; returns how many were written to."""
    return sum(_safely(_remind, reminder) for reminder in list(to_remind(today or timezone.localdate(), limit)))


def _remind(reminder: SurveyReminder) -> bool:
    rows = Invitation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("person", "survey")
    invitation = rows.filter(pk=reminder.invitation_id, answered=False).first()
    if invitation is None or not invitation.person.is_active:
        return False
    reminder.save(force_insert=True)
    _mail(invitation, OutgoingMail.Kind.SURVEY_DUE, f"survey.{invitation.pk}.{reminder.days_before}")
    return True


def _safely(act: Callable[..., bool], row: object) -> bool:
    """In a transaction of its own; what another worker did meanwhile, or cannot be done, stops no other."""
    try:
        with transaction.atomic():
            return act(row)
    except IntegrityError:
        return False
    except Exception:
        log.exception("a mail of a survey could not be written: %s", row)
        return False


def _mail(invitation: Invitation, kind: str, name: str) -> None:
    survey, person = invitation.survey, invitation.person
    with speaking_to(person):
        link = settings.SITE_URL + reverse("surveys:answer-by-mail", args=[invitation_token(invitation.pk)])
        values = {
            "survey": lambda: survey.title,
            "intro": lambda: survey.intro,
            "until": lambda: exact(survey.closes_on),
            "survey_link": lambda: link,
            "anonymous": lambda: (
                _("Your answers are anonymous: nobody can see what you said.")
                if survey.is_anonymous
                else _("Your answers are kept with your name.")
            ),
        }
        subject = (
            survey.title if kind == OutgoingMail.Kind.SURVEY else _("Reminder: %(title)s") % {"title": survey.title}
        )
        without_ticket(kind, kind, person, subject, values, name).save(force_insert=True)
