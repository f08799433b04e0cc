"""What tests of ratings and surveys begin with."""

from datetime import timedelta

from django.utils import timezone

from incidents.actions import close_incident, resolve_incident
from servicedesk.surveys.actions import answer_survey, create_survey, fill_survey, send_survey
from servicedesk.surveys.models import Invitation, Survey, SurveyQuestion
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_service, a_team, an_agent, an_incident


def a_closed(requester=None, *, team=None, agent=None, **fields) -> Ticket:
    """An incident that the desk solved and closed, with its mails and whom they ask."""
    team = team or a_team()
    agent = agent or an_agent(team)
    more = {"requester": requester} if requester else {}
    incident = an_incident(service=a_service(team), **more, **fields)
    resolve_incident(incident, by=agent, via="page", resolution="Turned on.")
    close_incident(incident, by=agent, via="page")
    deliver_waiting()
    return Ticket.objects.get(pk=incident.ticket.pk)


GROUPS = [
    {"key": "a", "title_ja": "甲", "title_en": "A", "questions": [
        {"key": "a1", "text_ja": "甲一", "text_en": "A one"}, {"key": "a2", "text_ja": "甲二", "text_en": "A two"},
    ]},
    {"key": "b", "title_ja": "乙", "title_en": "B", "questions": [
        {"key": "b1", "kind": "choice", "text_ja": "乙一", "text_en": "B one", "choices_ja": ["はい", "いいえ"],
         "choices_en": ["Yes", "No"]},
        {"key": "b2", "kind": "text", "text_ja": "乙二", "text_en": "B two", "is_required": False},
    ]},
]  # fmt: skip


def a_survey(groups=GROUPS, **fields) -> Survey:
    usual = {
        "title_ja": "調査", "title_en": "Survey", "closes_on": timezone.localdate() + timedelta(days=14),
        "is_anonymous": False,
    }  # fmt: skip
    survey = create_survey(by=None, via="command", **usual | fields)
    fill_survey(survey, groups)
    return survey


def a_sent(**fields) -> Survey:
    survey = a_survey(**fields)
    send_survey(survey, by=None, via="command")
    return survey


def questions_of(survey) -> dict[str, SurveyQuestion]:
    return {one.key: one for one in SurveyQuestion.objects.filter(group__survey=survey)}


def answered(survey, person, **marks) -> None:
    """`a1=5, a2=3, b1=0, b2="words"` by this person's invitation."""
    asked = questions_of(survey)
    given = {"a1": 3, "a2": 3, "b1": 0} | marks
    answers = {asked[key].pk: value for key, value in given.items() if key in asked}
    answer_survey(Invitation.objects.get(survey=survey, person=person), answers)
