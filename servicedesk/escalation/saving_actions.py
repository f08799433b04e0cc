"""Writes on the rates of the automation ledger: a change is a row more, and what was counted keeps its minutes."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import audit, hold, keep, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from .ledger import company_day
from .models import SavingRate, Source
from .saving_queries import rate_for

MOST_MINUTES = 600


@transaction.atomic
def save_rate(
    source: Source, *, by: User, via: str, instead_ja: str, instead_en: str, minutes: Decimal | None = None,
    valid_from: date | None = None,
) -> SavingRate:  # fmt: skip
    """Say what one thing of a source saves from a day on (today), and what a person did instead. Nothing changes
    without a difference. Refuses a day before today, because what was counted keeps its minutes; minutes outside 0 to
    600 or with more than one decimal place; and minutes of what rules do, which stand in each rule.
    """
    check(by, "settings.change")
    hold()
    today = company_day(timezone.now())
    day = valid_from or today
    if day < today:
        raise Refused(
            _("It can hold from today at the earliest: what was counted keeps its minutes."), field="valid_from"
        )
    if source == Source.RULE:
        if minutes is not None:
            raise Refused(_("The minutes of a rule stand in the rule."), field="minutes")
    elif minutes is None or not 0 <= minutes <= MOST_MINUTES or minutes != round(minutes, 1):
        raise Refused(
            _("Minutes are a number from 0 to %(most)d with at most one decimal place.") % {"most": MOST_MINUTES},
            field="minutes",
        )
    before = rate_for(source, day)
    row = SavingRate(
        source=source, valid_from=day, minutes=minutes, instead_ja=instead_ja.strip(), instead_en=instead_en.strip(),
        by=by,
    )  # fmt: skip
    names = ("minutes", "instead_ja", "instead_en")
    changes = {
        name: [plain(getattr(before, name)), plain(getattr(row, name))]
        for name in names
        if getattr(before, name) != getattr(row, name)
    }
    if not changes:
        return before
    keep(row)
    audit(row, "save_saving_rate", by=by, via=via, changes=changes | {"valid_from": [None, plain(day)]})
    return row
