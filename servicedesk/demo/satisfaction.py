"""What the demo's people said of the desk: ratings of closed tickets, a survey of the past and one that is open."""

import random
from datetime import datetime, timedelta

from django.utils import timezone

from servicedesk.surveys.actions import answer_survey, explain_gap, from_template, rate_ticket, send_survey
from servicedesk.surveys.models import Invitation, RatingAsked, Response, Side, Survey, SurveyQuestion
from servicedesk.surveys.queries.ratings import rating_settings, to_be_asked
from servicedesk.surveys.queries.results import results_of
from servicedesk.tickets.models import Ticket

from .company import VIA, Cast

_PRAISE = ("すぐに直りました。ありがとうございました。", "説明がわかりやすかったです。", "助かりました。")
_BLAME = ("途中の連絡がありませんでした。", "直るまでに時間がかかりました。", "同じことを何度も聞かれました。")
# Of a hundred: how many give which mark, and how many of those who are asked answer.
_MARKS, _WEIGHTS, _ANSWER = (5, 4, 3, 2, 1), (46, 33, 12, 6, 3), 0.45


def write_satisfaction(cast: Cast, now: datetime, seed: int) -> None:
    luck = random.Random(seed)
    _rate(now, luck)
    boss = cast.administrator
    past = from_template("half_yearly", by=boss, via=VIA)
    _send(past, cast, now - timedelta(days=100), days=14)
    _fill(past, luck, 0.8)
    past.refresh_from_db()
    past.state, past.closed_at = Survey.State.CLOSED, now - timedelta(days=85)
    past.save()
    Response.objects.filter(survey=past).update(on=(now - timedelta(days=95)).date())
    for item in results_of(past).marked[:1]:
        explain_gap(
            item.question, by=boss, via=VIA, cause="手順を知る人が限られ、その人がいない日は待たせています。",
            dependence="partly", dependence_words="手順書を作り、二人で対応できるようにします。",
        )  # fmt: skip
    opened = from_template("half_yearly", by=boss, via=VIA)
    _send(opened, cast, now - timedelta(days=4), days=10)
    _fill(opened, luck, 0.4)


def _rate(now: datetime, luck: random.Random) -> None:
    """Those who were asked within the last weeks of the demo's life, some hours after each closing."""
    closed = Ticket.objects.filter(status="closed", closed_at__isnull=False).values_list("pk", flat=True)
    for ticket in to_be_asked(list(closed), rating_settings()):
        RatingAsked.objects.create(ticket=ticket, person=ticket.requester, at=ticket.closed_at)
        at = ticket.closed_at + timedelta(hours=luck.randint(1, 40))
        if luck.random() > _ANSWER or at > now or at < ticket.updated_at:
            continue
        mark = luck.choices(_MARKS, _WEIGHTS)[0]
        words = luck.choice(_PRAISE if mark > 3 else _BLAME) if luck.random() < 0.3 else ""
        rate_ticket(ticket, by=ticket.requester, via=VIA, mark=mark, words=words, at=at)


def _send(survey: Survey, cast: Cast, at: datetime, days: int) -> None:
    """Sent at that time, by mails that nobody of the demo gets any more."""
    survey.closes_on = timezone.localdate() + timedelta(days=days)
    survey.save()
    send_survey(survey, by=cast.administrator, via=VIA)
    Survey.objects.filter(pk=survey.pk).update(
        made_at=at, opened_at=at, closes_on=timezone.localdate(at) + timedelta(days=days)
    )
    survey.invitations.update(sent_at=at)


def _fill(survey: Survey, luck: random.Random, share: float) -> None:
    """The desk thinks a little better of itself, most of all of how it stands when somebody is away."""
    questions = list(SurveyQuestion.objects.filter(group__survey=survey).order_by("group__place", "place"))
    last_day = survey.closes_on
    Survey.objects.filter(pk=survey.pk).update(closes_on=timezone.localdate())
    for invitation in Invitation.objects.filter(survey=survey).order_by("person_id"):
        if luck.random() > share:
            continue
        better = 0.4 if invitation.side == Side.DESK else 0.0
        answers = {
            one.pk: _mark(luck, 3.6 + better + (-1.2 if "setup" in one.key and not better else 0)) for one in questions
        }
        answer_survey(invitation, answers)
    Survey.objects.filter(pk=survey.pk).update(closes_on=last_day)


def _mark(luck: random.Random, around: float) -> int:
    return min(5, max(1, round(luck.gauss(around, 0.8))))
