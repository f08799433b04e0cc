"""Reads of issued reports, of who gets them, and of the tickets of a month for the sheet of raw data."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cmdb.models import Service
from incidents.models import CauseCode
from servicedesk.people.models import Company, Department, Job, Role, Team, User
from servicedesk.people.rules import check
from servicedesk.tickets.models import Category, Channel, Impact, Ticket
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.errors import NotFound

from ..models import TicketFact
from ..months import Period, Year, company_zone
from .models import IssuedFile, IssuedReport, ReportLink, Subscriber

Kind = ReportLink.Kind


def issued_reports(user: User) -> QuerySet[IssuedReport]:
    """Those that are issued, the newest month first, with their files. For those who read reports."""
    check(user, "reports.see")
    return _issued().prefetch_related("files").select_related("by")


def _issued() -> QuerySet[IssuedReport]:
    return IssuedReport.objects.filter(issued_at__isnull=False)


def get_issued(user: User, month: str) -> IssuedReport:
    """The issued report of a month as addresses write it, or NotFound."""
    found = issued_reports(user).prefetch_related("corrections").filter(month=_month(month)).first()
    if found is None:
        raise NotFound
    return found


def _month(typed: str) -> date:
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        raise NotFound from None


def get_file(user: User, month: str, language: str, kind: str) -> IssuedFile:
    """A file of an issued report, or NotFound."""
    check(user, "reports.see")
    files = IssuedFile.objects.filter(report__month=_month(month), report__issued_at__isnull=False)
    found = files.select_related("report").filter(language=language, format=kind).first()
    if found is None:
        raise NotFound
    return found


def issued_of(month: date) -> IssuedReport | None:
    """The report of a month if it was issued; without its figures. One query."""
    return _issued().defer("figures").filter(month=month).first()


def last_issued() -> IssuedReport | None:
    """The issued report of the newest month."""
    return _issued().select_related("by").first()


def job_key(month: date) -> str:
    return f"issue:{month:%Y-%m}"


def jobs_under_way() -> list[Job]:
    """Reports that are being made, or could not be, the newest first; no more than are shown. Without those of months
    that were issued meanwhile.
    """
    done = {job_key(month) for month in _issued().values_list("month", flat=True)}
    rows = Job.objects.filter(kind="issue_report").exclude(state=Job.State.DONE).order_by("-id")[:20]
    newest: dict[str, Job] = {}
    for job in rows:
        newest.setdefault(job.key, job)
    return [job for job in newest.values() if job.key not in done]


# --- who gets them --------------------------------------------------------------------------------------------------


def subscribers() -> QuerySet[Subscriber]:
    """All, by name."""
    return Subscriber.objects.select_related("user", "added_by").order_by("user__name", "user__id")


def is_subscribed(user: User) -> bool:
    return Subscriber.objects.filter(user=user).exists()


def may_subscribe() -> QuerySet[User]:
    """Those who may read reports and do not get them yet."""
    roles = [Role.LEAD, Role.REPORT_READER, Role.ADMINISTRATOR]
    people = User.objects.filter(is_active=True, role_rows__role__in=roles).exclude(email="")
    return people.exclude(report_subscription__isnull=False).distinct().order_by("name", "id")


# --- links ----------------------------------------------------------------------------------------------------------


def alive_links(owner: User | None, kind: str) -> QuerySet[ReportLink]:
    """Links that work: all of a kind, or somebody's own."""
    rows = ReportLink.objects.filter(kind=kind, revoked_at=None, expires_at__gt=timezone.now())
    return (rows if owner is None else rows.filter(owner=owner)).select_related("owner")


def link_of(secret: str, kind: str) -> ReportLink:
    """The link that an address names. One that ended, was revoked or never was is NotFound, always the same; so is the
    feed of somebody who may read no reports.
    """
    found = alive_links(None, kind).filter(digest=ReportLink.hashed(secret)).first()
    if found is None or (kind == Kind.FEED and not found.owner.may("reports.see")):
        raise NotFound
    return found


# --- raw data -------------------------------------------------------------------------------------------------------

# A sheet has no more rows than 1,048,576.
MOST_RAW = 1_000_000
_NAMES = {
    "company": Company, "department": Department, "team": Team, "service": Service, "category": Category,
    "cause_code": CauseCode,
}  # fmt: skip
RAW_COLUMNS = (
    "ticket__number", "type", "channel", "priority", "impact", "opened_at", "first_response_at", "resolved_at",
    "closed_at", "company", "department", "team", "service", "category", "cause_code", "response_met",
    "resolution_met", "reopen_count", "team_changes", "escalations", "work_minutes",
)  # fmt: skip


def raw_rows(year: Year, month: date) -> QuerySet:
    """Facts of the tickets that were opened or resolved in a month and are not confidential, by number."""
    first, end = year.moments(Period.of(month))
    within = Q(opened_at__gte=first, opened_at__lt=end) | Q(resolved_at__gte=first, resolved_at__lt=end)
    return TicketFact.objects.filter(within, ticket__is_confidential=False)


def raw_cells(year: Year, month: date) -> Iterator[list[Any]]:
    """Rows of `RAW_COLUMNS` in the reader's language: numbers, moments of the company's zone, and names of what the
    company keeps; no words of a ticket.
    """
    names = {name: {row.pk: str(row) for row in model._default_manager.all()} for name, model in _NAMES.items()}
    labels: dict[str, dict] = {
        "type": dict(TicketType.choices), "channel": dict(Channel.choices), "impact": dict(Impact.choices)
    }  # fmt: skip
    met = {True: _("yes"), False: _("no"), None: ""}

    def cell(name: str) -> Callable[[Any], Any]:
        if name in names:
            return lambda value: names[name].get(value, "")
        if name in labels:
            return lambda value: str(labels[name].get(value, value))
        if name.endswith("_met"):
            return lambda value: met[value]
        if name == "priority":
            return lambda value: f"P{value}"
        return _moment if name.endswith("_at") else lambda value: value

    cells = [cell(name) for name in RAW_COLUMNS]
    rows = raw_rows(year, month).order_by("opened_at", "pk").values_list(*RAW_COLUMNS)
    for row in rows[:MOST_RAW].iterator(chunk_size=2000):
        yield [make(value) for make, value in zip(cells, row, strict=True)]


def _moment(value: datetime | None) -> datetime | None:
    """As a clock on the company's wall shows it: a spreadsheet knows no zones."""
    return value and value.astimezone(company_zone()).replace(tzinfo=None, microsecond=0)


def same(value: Decimal | None, kept: str | None) -> bool:
    """Whether a figure is the frozen one."""
    return (value is None) == (kept is None) and (value is None or kept is None or round(value, 6) == Decimal(kept))


# So many seconds all wall pages show the same counts.
_REMEMBERED = 30


def counts_of_today() -> dict[str, Any]:
    """Counts of the whole desk: opened and resolved today, open now, past their target now."""
    found = cache.get("reports:wall:today")
    if found is None:
        begin = datetime.combine(timezone.now().astimezone(company_zone()).date(), time(), company_zone())
        still = Ticket.objects.filter(closed_at__isnull=True).exclude(phase__in=("resolved", "closed"))
        found = still.aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_at__lt=timezone.now())))
        found |= {
            "opened": TicketFact.objects.filter(opened_at__gte=begin).count(),
            "resolved": TicketFact.objects.filter(resolved_at__gte=begin).count(),
        }
        cache.set("reports:wall:today", found, _REMEMBERED)
    return found
