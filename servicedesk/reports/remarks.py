"""Why a target was missed and what is done about it, comments, and asking the owners for the former."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.levels.queries import usual_hours
from servicedesk.notify.texts import Value
from servicedesk.notify.without_ticket import remind
from servicedesk.people.actions.core import audit, plain
from servicedesk.people.models import Role, User
from servicedesk.people.rules import check
from servicedesk.priorities.business_days import next_business_day
from servicedesk.web.errors import Refused
from servicedesk.web.formats import month as month_words
from servicedesk.web.middleware import speaking_to

from .kpis import Kpi
from .models import Remark
from .months import Period, Year, after, company_zone
from .queries import Line, month_of_report, remarks_of, target_of
from .words import figure

log = logging.getLogger(__name__)
LONGEST = 4000
# A desk that stood still on the first business day asks later; after so many days it is too late to ask.
_ASKS_FOR_DAYS = 10
_EXPLAINING = (Remark.Kind.REASON, Remark.Kind.MEASURE)


@transaction.atomic
def save_remarks(
    kpi: type[Kpi], month: date, *, by: User, via: str, reason: str | None = None, measure: str | None = None,
    comment: str = "",
) -> list[Remark]:  # fmt: skip
    """Keep the reason and the counter-measure of a figure in a month (None leaves one as it is, "" takes it away), and
    add a comment; returns what changed. Whoever reads reports comments, the others are for the figure's owner, leads
    and administrators.
    """
    check(by, "reports.see")
    year = Year.now()
    if month > year.this_month():
        raise Refused(_("%(month)s has not begun.") % {"month": f"{month:%Y-%m}"}, field="month")
    done = []
    for kind, text in zip(_EXPLAINING, (reason, measure), strict=True):
        if text is not None:
            done += _explain(kpi, month, year, kind, text.strip(), by, via)
    if comment.strip():
        row = Remark(month=month, kpi=kpi.key, kind=Remark.Kind.COMMENT, text=_fitting(comment.strip()), by=by)
        row.save()
        audit(row, "create", by=by, via=via, changes={"text": [None, row.text]})
        done.append(row)
    return done


def _explain(kpi: type[Kpi], month: date, year: Year, kind: Remark.Kind, text: str, by: User, via: str) -> list[Remark]:
    """Without a difference nothing is written, and so nobody needs the right to."""
    row = Remark.objects.select_for_update().filter(month=month, kpi=kpi.key, kind=kind).first()
    before = row.text if row else ""
    if text == before:
        return []
    check(by, "reports.explain", target_of(kpi.key, year.fiscal_year(month)))
    row = row or Remark(month=month, kpi=kpi.key, kind=kind)
    changes = {"text": [plain(before), text]}
    if not text:
        audit(row, "delete", by=by, via=via, changes=changes)
        row.delete()
        return [row]
    is_new = row.pk is None
    row.text, row.by, row.at = _fitting(text), by, timezone.now()
    row.save()
    audit(row, "create" if is_new else "change", by=by, via=via, changes=changes)
    return [row]


def _fitting(text: str) -> str:
    if len(text) > LONGEST:
        raise Refused(_("At most %(most)d letters.") % {"most": LONGEST})
    return text


# --- asking owners --------------------------------------------------------------------------------------------------


def asked_on(year: Year, month: date) -> date | None:
    """The first business day after a month, by the usual calendar of the company."""
    return next_business_day(usual_hours(), year.days(Period.of(month))[1])


def ask_owners(today: date | None = None) -> int:
    """Ask for the reasons of the last month's missed targets, each owner once with all of theirs; returns how many
    people that were. Before the first business day nobody is asked. Killed or run twice it asks everybody once: the
    notice has a key.
    """
    year, today = Year.now(), today or timezone.now().astimezone(company_zone()).date()
    month = after(year.month_of(today), -1)
    day = asked_on(year, month)
    if day is None or not 0 <= (today - day).days <= _ASKS_FOR_DAYS:
        return 0
    asked = 0
    for person, lines in _unexplained(year, month).items():
        try:
            with transaction.atomic():
                asked += _ask(person, month, lines)
        except Exception:
            log.exception("person %s was not asked for reasons", person.pk)
    return asked


def _unexplained(year: Year, month: date) -> dict[User, list[Line]]:
    """Missed lines without a reason by whom to ask: the owner, or administrators where that one may no longer read
    reports.
    """
    explained = {key for key, said in remarks_of(month).items() if said.reason}
    found: dict[User, list[Line]] = defaultdict(list)
    for line in month_of_report(year, month).lines:
        if line.is_met is False and line.kpi.key not in explained and line.target and line.target.owner:
            for person in _whom(line.target.owner):
                found[person].append(line)
    return found


def _whom(owner: User) -> Iterable[User]:
    if owner.is_active and owner.may("reports.see"):
        return [owner]
    return User.objects.filter(is_active=True, role_rows__role=Role.ADMINISTRATOR).distinct().order_by("pk")


def _ask(person: User, month: date, lines: list[Line]) -> bool:
    page = reverse("reports:month", args=[f"{month:%Y-%m}"])
    with speaking_to(person):
        said = ngettext(
            "%(month)s: %(count)d target was missed. Please write the reason and what you will do.",
            "%(month)s: %(count)d targets were missed. Please write the reasons and what you will do.",
            len(lines),
        ) % {"month": month_words(month), "count": len(lines)}
        title = _("Monthly report")
        items = [(_figures(line), f"{settings.SITE_URL}{page}#kpi-{line.kpi.key}") for line in lines]
        text = "\n\n".join([said, *(f"- {what}\n  {link}" for what, link in items)])
        points = format_html_join("", '<li><a href="{}">{}</a></li>', ((link, what) for what, link in items))
        html = format_html("<p>{}</p><ul>{}</ul>", said, points)
    key = f"reports.reasons.{month:%Y-%m}"
    return remind(person, key, said=said, title=title, address=page, mailed=Value(text, html))


def _figures(line: Line) -> str:
    return _("%(name)s: %(actual)s, target %(target)s") % {
        "name": line.kpi.name,
        "actual": figure(line.value, line.kpi.unit),
        "target": figure(line.target.value if line.target else None, line.kpi.unit),
    }
