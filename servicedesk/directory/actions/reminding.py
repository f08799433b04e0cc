"""Reminding the owners of entries: once of everything, by rows that say of what."""

import logging
from datetime import date

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.notify.without_ticket import remind
from servicedesk.people.actions.core import plain
from servicedesk.people.models import Role, User
from servicedesk.web.formats import exact, number
from servicedesk.web.middleware import speaking_to

from ..models import Entry, Reminder
from ..queries import reminders_due

log = logging.getLogger(__name__)


def remind_owners(today: date | None = None) -> int:
    """Remind of all that was reached and not yet reminded of; returns how many reminders came of it. Each has a
    transaction of its own, with its row: killed or run twice, it reminds once.
    """
    made = 0
    for reminder in reminders_due(today or timezone.localdate()):
        try:
            with transaction.atomic():
                reminder.save(force_insert=True)
                _tell(reminder)
        except IntegrityError:  # another worker was faster
            continue
        except Exception:
            log.exception("nobody was reminded of %s", reminder)
        else:
            made += 1
    return made


def _tell(reminder: Reminder) -> None:
    entry = reminder.entry
    for person in _whom(entry):
        with speaking_to(person):
            said = f"{entry.name}: {_sentence(reminder)}"
        key = f"directory.{entry.pk}.{reminder.contract_id or 0}.{reminder.kind}.{reminder.about}"
        remind(person, key, said=said, title=entry.name, address=reverse("directory:entry", args=[entry.pk]))


def _whom(entry: Entry) -> list[User]:
    """The owner; administrators when the owner has left or may no longer see it."""
    if entry.owner.is_active and entry.owner.may("directory.see"):
        return [entry.owner]
    people = User.objects.filter(is_active=True, role_rows__role=Role.ADMINISTRATOR)
    return list(people.distinct().order_by("pk"))


def _sentence(reminder: Reminder) -> str:
    kinds, contract = Reminder.Kind, reminder.contract
    if contract is None:
        return _("Please review it: are contact, telephone number and notes still right?")
    parts = {"number": contract.number, "day": exact(contract.valid_to)}
    if reminder.kind == kinds.EXPIRED:
        return _("The contract %(number)s ended on %(day)s.") % parts
    if reminder.kind in (kinds.USED_UP, kinds.NEARLY_USED):
        parts |= {"used": number(plain(contract.used)), "bought": number(plain(contract.bought))}
        if reminder.kind == kinds.USED_UP:
            return _("The contract %(number)s is used up: %(used)s of %(bought)s.") % parts
        return _("The contract %(number)s is nearly used up: %(used)s of %(bought)s.") % parts
    return _("The contract %(number)s ends on %(day)s.") % parts
