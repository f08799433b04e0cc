"""Writes on the catalogue of services, each with its audit entry."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, changed_fields, keep, lock, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import Service

FIELDS = (
    "code",
    "name",
    "name_en",
    "description",
    "description_en",
    "team",
    "business_contact",
    "system_contact",
    "default_impact",
    "is_confidential",
    "is_active",
)


@transaction.atomic
def create_service(*, by: User | None, via: str, **fields: Any) -> Service:
    """Make a service. Refuses a code that another has, a team that is not in use, and guests as contacts.

    `by` is None for the desk itself (demo content).
    """
    if by is not None:
        check(by, "services.change")
    allow(fields, FIELDS)
    service = Service()
    changed_fields(service, fields)
    _keep(service, fields)
    given = {name: [None, plain(value)] for name, value in fields.items() if value not in (None, "", False)}
    audit(service, "create", by=by, via=via, changes=given)
    return service


@transaction.atomic
def change_service(service: Service, *, by: User, via: str, **fields: Any) -> Service:
    """Change a service; refuses as `create_service`. Tickets that exist keep their team, priority and secrecy."""
    check(by, "services.change", service)
    allow(fields, FIELDS)
    lock(service)
    changes = changed_fields(service, fields)
    _keep(service, changes)
    if changes:
        audit(service, "change", by=by, via=via, changes=changes)
    return service


def _keep(service: Service, given: Iterable[str]) -> None:
    if service.is_active and not service.team.is_active and {"team", "is_active"} & set(given):
        raise Refused(_("“%(name)s” is no longer in use.") % {"name": service.team}, field="team")
    if service.default_impact not in (1, 2, 3, 4):
        raise Refused(_("Impact is a number from 1 to 4."), field="default_impact")
    for name in {"business_contact", "system_contact"} & set(given):
        person = getattr(service, name)
        if person is not None and person.is_guest:
            raise Refused(_("%(name)s is a guest.") % {"name": person}, field=name)
    keep(service, taken=_("The code “%(code)s” is taken.") % {"code": service.code}, field="code")
