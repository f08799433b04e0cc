"""The settings of major incidents."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import audit, plain
from servicedesk.people.models import Role, User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import MajorSettings

_RANGES = {"reports": (2, 1000), "within_minutes": (5, 1440), "stop_minutes": (5, 1440), "update_minutes": (5, 1440)}


@transaction.atomic
def save_major_settings(
    *,
    by: User,
    via: str,
    reports: int,
    within_minutes: int,
    stop_minutes: int,
    update_minutes: int,
    told: Iterable[User] = (),
    told_roles: Iterable[str] = (),
) -> MajorSettings:
    """Say when a major incident is proposed, how often readers are told, and who always is. Refuses numbers that make
    no sense, unknown roles, guests and people who left.
    """
    check(by, "settings.change")
    MajorSettings.objects.get_or_create(pk=1)
    row = MajorSettings.objects.select_for_update().get(pk=1)
    people, roles = {person.pk: person for person in told}, sorted(set(told_roles))
    given: dict[str, int] = {
        "reports": reports, "within_minutes": within_minutes, "stop_minutes": stop_minutes,
        "update_minutes": update_minutes,
    }  # fmt: skip
    for name, value in given.items():
        least, most = _RANGES[name]
        if not least <= value <= most:
            sentence = _("Write a whole number from %(least)d to %(most)d.")
            raise Refused(sentence % {"least": least, "most": most}, field=name)
    if set(roles) - set(Role.values):
        raise Refused(_("There is no such role."), field="told_roles")
    for person in people.values():
        if not person.is_active or person.is_guest:
            raise Refused(_("%(name)s is no longer here.") % {"name": person.display_name}, field="told")
    fields: dict[str, int | list[str]] = {**given, "told_roles": roles}
    changes = {name: [getattr(row, name), value] for name, value in fields.items()}
    had = {person.pk: person for person in row.told.all()}
    changes["told"] = [plain(list(had.values())), plain(list(people.values()))] if had.keys() != people.keys() else []
    changes = {name: pair for name, pair in changes.items() if pair and pair[0] != pair[1]}
    if changes:
        for name, new in fields.items():
            setattr(row, name, new)
        row.save()
        row.told.set(people.values())
        audit(row, "save_major_settings", by=by, via=via, changes=changes)
    return row
