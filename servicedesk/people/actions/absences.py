"""When somebody is away, and who stands in."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused

from ..models import Absence, User
from ..rules import check
from .core import audit, hold, keep, plain


@transaction.atomic
def create_absence(
    person: User,
    *,
    by: User,
    via: str,
    from_on: date,
    until_on: date,
    deputy: User | None = None,
    note: str = "",
) -> Absence:
    """Enter days of absence, both ends included. For oneself, by a lead for the team, by an administrator for all.

    Refuses an end before the beginning, days that another absence has, and a deputy who is the person, not active, a
    guest, or away on all of these days.
    """
    check(by, "absences.change", person)
    hold()
    if until_on < from_on:
        raise Refused(_("The last day is before the first."), field="until_on")
    other = person.absences.filter(from_on__lte=until_on, until_on__gte=from_on).first()
    if other is not None:
        raise Refused(
            _("%(name)s is away from %(start)s to %(end)s already.")
            % {"name": person, "start": other.from_on, "end": other.until_on},
            field="from_on",
        )
    if deputy is not None:
        if deputy.pk == person.pk:
            raise Refused(_("Nobody stands in for themselves."), field="deputy")
        if not deputy.is_active or deputy.is_guest:
            raise Refused(_("%(name)s cannot stand in: not active, or a guest.") % {"name": deputy}, field="deputy")
        if deputy.absences.filter(from_on__lte=from_on, until_on__gte=until_on).exists():
            raise Refused(_("%(name)s is away on these days too.") % {"name": deputy}, field="deputy")
    absence = Absence(user=person, from_on=from_on, until_on=until_on, deputy=deputy, note=note)
    keep(absence)
    audit(
        person,
        "create_absence",
        by=by,
        via=via,
        from_on=from_on,
        until_on=until_on,
        deputy=plain(deputy) if deputy else None,
    )
    return absence


@transaction.atomic
def delete_absence(absence: Absence, *, by: User, via: str) -> None:
    """Take an absence back. Gone already is fine."""
    check(by, "absences.change", absence.user)
    if Absence.objects.filter(pk=absence.pk).delete()[0]:
        audit(
            absence.user,
            "delete_absence",
            by=by,
            via=via,
            from_on=absence.from_on,
            until_on=absence.until_on,
            deputy=plain(absence.deputy) if absence.deputy else None,
        )
