"""What is kept of how the tables of a system are read."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused
from servicedesk.web.text import one_line

from ..models import Mapping
from ..tables import Chosen


@transaction.atomic
def save_mapping(name: str, *, system: str, chosen: Chosen, by: User, via: str) -> Mapping:
    """Keep a mapping under a name; one that is called so is replaced."""
    check(by, "tickets.import")
    name, system = one_line(name, 80), one_line(system, 40)
    if not name or not system:
        raise Refused(_("Give it a name."), field="save_as")
    row = Mapping.objects.select_for_update().filter(name=name).first()
    verb = "change" if row else "create"
    row = row or Mapping(name=name)
    row.system, row.date_format = system, chosen.date_format
    row.columns, row.defaults, row.words = chosen.columns, chosen.defaults, chosen.words
    row.changed_at = timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(_("Somebody saved one of this name just now. Try again."), field="save_as") from None
    audit(row, verb, by=by, via=via, columns=chosen.columns)
    return row


@transaction.atomic
def delete_mapping(mapping: Mapping, *, by: User, via: str) -> None:
    """Imports that were read by it keep what they were read by."""
    check(by, "tickets.import")
    audit(mapping, "delete", by=by, via=via)
    mapping.delete()
