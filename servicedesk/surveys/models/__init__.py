"""What people say of the desk: one mark after each closing (`ratings`), and surveys with what they answered."""

from .answers import Answer, GapFinding, Invitation, Response, Side, SurveyReminder
from .ratings import MARKS, Rating, RatingAsked, RatingSettings
from .surveys import Survey, SurveyGroup, SurveyQuestion

__all__ = [
    "MARKS",
    "Answer",
    "GapFinding",
    "Invitation",
    "Rating",
    "RatingAsked",
    "RatingSettings",
    "Response",
    "Side",
    "Survey",
    "SurveyGroup",
    "SurveyQuestion",
    "SurveyReminder",
]
