"""Writes on the short list of cause codes. One is never deleted: incidents and the yearly figures name it."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, changed_fields, hold, keep, lock, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from .models import CauseCode

FIELDS = ("code", "group", "name", "name_en", "order", "is_active")


@transaction.atomic
def create_cause_code(*, by: User, via: str, **fields: Any) -> CauseCode:
    """Make a cause code, last in the order unless said otherwise. Refuses a code that another has."""
    check(by, "settings.change")
    allow(fields, FIELDS)
    hold()
    cause = CauseCode()
    if fields.get("order") is None:
        fields["order"] = (CauseCode.objects.aggregate(last=Max("order"))["last"] or 0) + 1
    changed_fields(cause, fields)
    _keep(cause)
    audit(cause, "create", by=by, via=via, changes={name: [None, plain(value)] for name, value in fields.items()})
    return cause


@transaction.atomic
def change_cause_code(cause: CauseCode, *, by: User, via: str, **fields: Any) -> CauseCode:
    """Change a cause code. Refuses to leave the list empty."""
    check(by, "settings.change")
    allow(fields, FIELDS)
    hold()
    lock(cause)
    changes = changed_fields(cause, fields)
    if not cause.is_active and not CauseCode.objects.filter(is_active=True).exclude(pk=cause.pk).exists():
        raise Refused(_("One cause code has to stay in use."), field="is_active")
    _keep(cause)
    if changes:
        audit(cause, "change", by=by, via=via, changes=changes)
    return cause


def _keep(cause: CauseCode) -> None:
    keep(cause, taken=_("The code “%(code)s” is taken.") % {"code": cause.code}, field="code")
