"""Every write on ratings and surveys."""

from .answering import answer_survey
from .building import (
    change_group,
    change_question,
    change_survey,
    copy_survey,
    create_group,
    create_question,
    create_survey,
    delete_group,
    delete_question,
    delete_survey,
    fill_survey,
    from_template,
    move_group,
    move_question,
    replace_groups,
)
from .findings import explain_gap
from .ratings import erase_rating_words, rate_ticket, save_rating_settings
from .sending import close_due, close_survey, remind, send_invitations, send_survey

__all__ = [
    "answer_survey",
    "change_group",
    "change_question",
    "change_survey",
    "close_due",
    "close_survey",
    "copy_survey",
    "create_group",
    "create_question",
    "create_survey",
    "delete_group",
    "delete_question",
    "delete_survey",
    "erase_rating_words",
    "explain_gap",
    "fill_survey",
    "from_template",
    "move_group",
    "move_question",
    "rate_ticket",
    "remind",
    "replace_groups",
    "save_rating_settings",
    "send_invitations",
    "send_survey",
]
