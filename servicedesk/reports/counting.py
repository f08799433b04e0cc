"""How the company counts: the one row of settings. A change makes all figures out of date."""

from django.db import transaction

from servicedesk.people.actions.core import audit, changed_fields, hold, keep
from servicedesk.people.models import User
from servicedesk.people.rules import check

from .facts import stamp_all
from .models import Counted, ReportSettings


@transaction.atomic
def save_report_settings(
    *, by: User, via: str, first_month: int, closing_day: int, hourly_rate: int | None = None
) -> ReportSettings:
    """Keep the first month of the fiscal year, the closing day (0 is the end of the month) and the cost of an hour.
    Figures that were counted beforehand go, because their months are others now. Refuses a month that is none, and a
    day beyond the 28th.
    """
    check(by, "reports.change")
    hold()
    row = ReportSettings.objects.first() or ReportSettings(pk=1)
    wanted = {"first_month": first_month, "closing_day": closing_day, "hourly_rate": hourly_rate}
    changes = changed_fields(row, wanted)
    if not changes:
        return row
    keep(row)
    audit(row, "change", by=by, via=via, changes=changes)
    Counted.objects.all().delete()
    stamp_all()
    return row
