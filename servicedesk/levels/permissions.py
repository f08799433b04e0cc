"""Calendars and ranks are changed by administrators (`settings.change`); who works by them may read them."""

from servicedesk.people.rules import rule


@rule("levels.see")
def see_levels(user, obj=None):
    return user.is_agent or user.is_administrator
