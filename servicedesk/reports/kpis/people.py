"""People: whether the load is shared, work on days off, and what was learnt. Never a name."""

from django.utils.translation import gettext_lazy as _

from ..measures import HowMany, Largest, Total
from .base import Better, Group, Kpi, Unit
from .bases import BY_SERVICE, BY_TEAM, RESOLVED, REVIEWED, WORKED_WHEN_CLOSED


class LoadShare(Kpi):
    key = "people.load_share"
    group = Group.PEOPLE
    name = _("Share of the busiest person")
    meaning = _("The more hangs on one person, the more stops when that person is away.")
    formula = _("Of the tickets resolved in the month, the share that the person who resolved most of them resolved.")
    unit = Unit.SHARE
    better = Better.LESS
    base = RESOLVED
    measure = Largest("resolver")
    by = BY_TEAM


class ClosedDayHours(Kpi):
    key = "people.closed_day_hours"
    group = Group.PEOPLE
    name = _("Work on days off")
    meaning = _("Work on days on which the company is closed wears people out.")
    formula = _("Hours of work logged on days of the month on which the usual calendar has no open hour.")
    unit = Unit.HOURS
    better = Better.LESS
    base = WORKED_WHEN_CLOSED
    measure = Total("minutes", per=60)
    by = BY_TEAM


class ReviewsHeld(Kpi):
    key = "people.reviews"
    group = Group.PEOPLE
    name = _("Reviews held")
    meaning = _("Post-mortems from which everybody can learn.")
    formula = _("Post-mortems of major incidents that were finished in the month.")
    unit = Unit.COUNT
    better = Better.MORE
    base = REVIEWED
    measure = HowMany()
    by = BY_SERVICE
