"""Who rates, who reads what was said of the desk, and who makes surveys."""

from servicedesk.people.rules import rule


@rule("ratings.rate")
def rate(user, ticket=None):
    """One's own ticket: whoever asked for it."""
    return not user.is_guest and (ticket is None or ticket.requester_id == user.pk)


@rule("ratings.see")
def see_ratings(user, obj=None):
    """Leads those of their teams, administrators all; and of each ticket only who sees it."""
    return user.is_lead or user.is_administrator


@rule("ratings.erase")
def erase_words(user, rating=None):
    """The words of a rating: whoever wrote them, and administrators."""
    return user.is_administrator or (rating is not None and rating.person_id == user.pk)


@rule("surveys.see")
def see_surveys(user, survey=None):
    """Results are for leads and administrators."""
    return user.is_lead or user.is_administrator


@rule("surveys.change")
def change_surveys(user, survey=None):
    return user.is_administrator


@rule("surveys.explain")
def explain_gaps(user, survey=None):
    """Leads know why; administrators may write it down for them."""
    return user.is_lead or user.is_administrator
