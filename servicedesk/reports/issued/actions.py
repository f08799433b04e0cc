"""Issuing a month: freeze its figures once, make the files that are missing, tell the subscribers. Whoever does it
again, or goes on after a killed process, finds in the tables what is left to do.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.levels.queries import usual_hours
from servicedesk.people.actions.core import audit
from servicedesk.people.jobs import Progress, start_job
from servicedesk.people.models import Job, User
from servicedesk.people.rules import check
from servicedesk.priorities.business_days import opens_from
from servicedesk.web.errors import Refused

from ..facts import keep_waiting
from ..figures import figures, first_month
from ..kpis import KPIS
from ..models import Correction, IssuedFile, IssuedReport
from ..months import Period, Year, after, between
from ..queries import month_of_report
from .freezing import LANGUAGES, definition_of, freeze, hash_of, plain
from .letters import tell_subscribers
from .paper import write_pdf
from .queries import job_key
from .sheets import write_xlsx

log = logging.getLogger(__name__)
Format = IssuedFile.Format
_WRITERS: dict[str, Callable[[IssuedReport, str], bytes]] = {Format.XLSX: write_xlsx, Format.PDF: write_pdf}
# What is made of a report: Excel first, because it needs nothing of the system.
WANTED = [(language, kind) for kind in _WRITERS for language in LANGUAGES]
STEPS = len(WANTED) + 2
_LOCK = 0x69737375
# After a desk that stood still for long, so many months are issued at once; older ones by hand.
_MOST_MONTHS = 12
# A month that could not be issued is tried again so much later.
_AGAIN = timedelta(hours=1)
# Corrections are looked for in so many of the newest reports.
_LOOKS_BACK = 24


def check_over(year: Year, month: date) -> None:
    """Refuses a month that goes on."""
    if year.moments(Period.of(month))[1] > timezone.now():
        raise Refused(
            _("%(month)s is not over. It can be issued from %(day)s.")
            % {"month": f"{month:%Y-%m}", "day": f"{year.days(Period.of(month))[1]:%Y-%m-%d}"},
            field="month",
        )


def start_issue(month: date, *, by: User | None, via: str) -> bool:
    """Have a month issued soon; False where that is under way. Refuses a month that goes on, and one that was issued.

    `by` None is the desk itself.
    """
    if by is not None:
        check(by, "reports.change")
    check_over(Year.now(), month)
    if IssuedReport.objects.filter(month=month, issued_at__isnull=False).exists():
        raise Refused(_("%(month)s was issued already.") % {"month": f"{month:%Y-%m}"}, field="month")
    return start_job("issue_report", key=job_key(month), by=by, month=f"{month:%Y-%m}", via=via, by_hand=by is not None)


def issue_as_job(job: Job, progress: Progress) -> dict:
    """What the job `issue_report` does."""
    month = date.fromisoformat(f"{job.params['month']}-01")
    report = issue(month, by=job.by, via=str(job.params.get("via", "page")), progress=progress)
    return {"month": f"{report.month:%Y-%m}"}


def issue(month: date, *, by: User | None, via: str, progress: Progress = lambda done, total: None) -> IssuedReport:
    """Issue a month, or go on where it was left; one that is issued stays as it is. `by` None is the desk itself.

    Refuses a month that goes on or in which nothing was recorded, and what `pdf.render` refuses: then what is made
    stays, and the next call goes on.
    """
    if by is not None:
        check(by, "reports.change")
    progress(0, STEPS)
    report = _frozen(month, by)
    for place, (language, kind) in enumerate(WANTED, 1):
        progress(place, STEPS)
        _make_file(report.pk, language, kind)
    with transaction.atomic():
        report = IssuedReport.objects.select_for_update().get(pk=report.pk)
        if report.issued_at is None:
            report.issued_at = timezone.now()
            report.save(update_fields=["issued_at"])
            audit(report, "issue_report", by=by, via=via)
    progress(STEPS - 1, STEPS)
    tell_subscribers(report)
    progress(STEPS, STEPS)
    return report


def _frozen(month: date, by: User | None) -> IssuedReport:
    """The month with its figures frozen, now or before."""
    found = IssuedReport.objects.filter(month=month).first()
    if found is not None:
        return found
    year = Year.now()
    check_over(year, month)
    while keep_waiting():
        pass
    with transaction.atomic():
        _one_at_a_time()
        found = IssuedReport.objects.filter(month=month).first()
        if found is not None:
            return found
        counted = month_of_report(year, month, exact=True)
        if not any(line.value for line in counted.lines):
            raise Refused(
                _("Nothing was recorded in %(month)s, so there is nothing to issue.") % {"month": f"{month:%Y-%m}"},
                field="month",
            )
        kept = freeze(counted)
        last = IssuedReport.objects.order_by("-frozen_at", "-pk").values_list("hash", flat=True).first()
        report = IssuedReport(
            month=month, definitions_version=kept["definitions_version"], figures=kept, previous_hash=last or "",
            frozen_at=timezone.now(), by=by,
        )  # fmt: skip
        report.hash = hash_of(report)
        report.save(force_insert=True)
        return report


def _one_at_a_time() -> None:
    """Until the transaction ends, nobody else adds to the chain of reports."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


@transaction.atomic
def _make_file(report: int, language: str, kind: str) -> None:
    """Make one file unless it is there. The report's lock keeps two from making the same."""
    held = IssuedReport.objects.select_for_update(of=("self",)).select_related("by").get(pk=report)
    if IssuedFile.objects.filter(report=held, language=language, format=kind).exists():
        return
    content = _WRITERS[kind](held, language)
    file = IssuedFile(
        report=held, language=language, format=kind, size=len(content), hash=hashlib.sha256(content).hexdigest()
    )
    file.file.save(file.name, ContentFile(content), save=False)
    file.save(force_insert=True)


# --- by itself ------------------------------------------------------------------------------------------------------


def due_months(now: datetime) -> list[date]:
    """Months that are to be issued by now and are not: each from the first business day after it on, the oldest first.
    What was before the first report is left to people; where there is none, it begins with the last month.
    """
    year = Year.now()
    last = after(year.month_of(now), -1)
    begins = first_month(year)
    if begins is None:
        return []
    newest = IssuedReport.objects.order_by("-month").values_list("month", flat=True).first()
    first = max(begins, last if newest is None else min(newest, last), after(last, 1 - _MOST_MONTHS))
    done = set(IssuedReport.objects.filter(issued_at__isnull=False, month__gte=first).values_list("month", flat=True))
    hours = usual_hours()
    found = []
    for month in between(first, last):
        opens = opens_from(hours, year.days(Period.of(month))[1])
        if month not in done and opens is not None and opens <= now:
            found.append(month)
    return found


def issue_when_due(now: datetime) -> int:
    """Have the months issued that are due; returns how many jobs that began. One that failed waits for an hour."""
    begun = 0
    for month in due_months(now):
        last = Job.objects.filter(key=job_key(month)).order_by("-id").first()
        if last is None or (not last.is_under_way and (last.ended_at is None or last.ended_at < now - _AGAIN)):
            begun += start_issue(month, by=None, via="desk")
    return begun


def note_corrections() -> int:
    """Write down which figures of issued months are counted otherwise than was last said of them; returns how many.
    Figures of another definition, or of months that had other days, are not compared.
    """
    made = 0
    for report in IssuedReport.objects.filter(issued_at__isnull=False)[:_LOOKS_BACK]:
        with transaction.atomic():
            IssuedReport.objects.select_for_update().get(pk=report.pk)
            said = {row.kpi: row.value for row in Correction.objects.filter(report=report)}
            rows = [
                Correction(report=report, kpi=key, value=value)
                for key, frozen, value in counted_now(report)
                if value != said.get(key, frozen)
            ]
            made += len(Correction.objects.bulk_create(rows))
    return made


def counted_now(report: IssuedReport) -> list[tuple[str, str | None, str | None]]:
    """(key, as frozen, as counted now) of the figures that can be compared."""
    year, kept = Year.now(), Year(**report.figures["year"])
    if kept.closing_day != year.closing_day:
        return []
    period = Period.of(report.month)
    found = figures(year, [period], exact=True)[period]
    return [
        (line["key"], line["actual"], plain(found[line["key"]].value))
        for group in report.figures["groups"]
        for line in group["lines"]
        if line["key"] in found
        and definition_of(KPIS[line["key"]]) == line["definition"]
        and (line["unit"] != "yen" or kept.hourly_rate == year.hourly_rate)
    ]
