"""Which rank and which calendar a service has. Services are of `cmdb`, which knows no levels."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cmdb.models import Service
from servicedesk.people.actions import Change, audit_many, hold, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import Calendar, Rank, ServiceLevel
from .renewing import renew_clocks

Levels = Mapping[Service, tuple[Rank | None, Calendar | None]]


@transaction.atomic
def set_service_levels(levels: Levels, *, by: User, via: str) -> int:
    """Give services their rank and their own calendar; None of both for the usual. Returns how many changed.

    Refuses (field: `rank_` or `calendar_` and the service's id) a calendar without a rank, and what is out of use.
    """
    check(by, "settings.change")
    hold()
    present = {row.service_id: row for row in _present(levels)}
    changes = []
    for service, (rank, calendar) in levels.items():
        row = present.get(service.pk)
        before = (row.rank, row.calendar) if row else (None, None)
        if before == (rank, calendar):
            continue
        _check(service, rank, calendar)
        if rank is None:
            ServiceLevel.objects.filter(service=service).delete()
        else:
            ServiceLevel.objects.update_or_create(service=service, defaults={"rank": rank, "calendar": calendar})
        said = {
            name: [plain(old), plain(new)]
            for name, old, new in (("rank", before[0], rank), ("calendar", before[1], calendar))
            if old != new
        }
        changes.append(Change(service, "set_service_level", {"changes": said}))
    if changes:
        audit_many(changes, by=by, via=via)
        renew_clocks(by)
    return len(changes)


def _present(levels: Levels) -> QuerySet[ServiceLevel]:
    return ServiceLevel.objects.filter(service__in=levels).select_related("rank", "calendar")


def _check(service: Service, rank: Rank | None, calendar: Calendar | None) -> None:
    if rank is None and calendar is not None:
        raise Refused(
            _("%(name)s: choose its rank too; with hours of its own it does not follow the usual rank.")
            % {"name": service},
            field=f"rank_{service.pk}",
        )
    for field, row in (("rank", rank), ("calendar", calendar)):
        if row is not None and not row.is_active:
            raise Refused(
                _("“%(name)s” is no longer in use.") % {"name": row}, field=f"{field}_{service.pk}", code="out_of_use"
            )
