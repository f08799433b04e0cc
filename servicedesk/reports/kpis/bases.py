"""The rows that KPIs count, and by what they break them down."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from incidents.major.models import MajorIncident, PostMortem
from incidents.models import CauseCode
from servicedesk.escalation.models import Saving, Source
from servicedesk.levels.models import Rank
from servicedesk.people.models import Company, Department, Team
from servicedesk.tickets.models import Category, Channel, Impact, Priority, WorkTime
from servicedesk.tickets.workflow import TicketType

from ..models import TicketFact
from ..months import Period, Year
from .base import Base, By


def end_of(year: Year, period: Period) -> datetime:
    """The end of a period, or now while it goes on."""
    return min(year.moments(period)[1], timezone.now())


def _opened(year: Year, period: Period) -> QuerySet:
    first, end = year.moments(period)
    return TicketFact.objects.filter(opened_at__gte=first, opened_at__lt=end)


def _resolved(year: Year, period: Period) -> QuerySet:
    first, end = year.moments(period)
    return TicketFact.objects.filter(resolved_at__gte=first, resolved_at__lt=end)


def _open_at_end(year: Year, period: Period) -> QuerySet:
    end = end_of(year, period)
    still = Q(closed_at__isnull=True) | Q(closed_at__gte=end)
    unresolved = Q(resolved_at__isnull=True) | Q(resolved_at__gte=end)
    return TicketFact.objects.filter(still, unresolved, opened_at__lt=end)


def _worked(year: Year, period: Period) -> QuerySet:
    first, end = year.days(period)
    return WorkTime.objects.filter(worked_on__gte=first, worked_on__lt=end)


def _saved(year: Year, period: Period) -> QuerySet:
    first, end = year.moments(period)
    return Saving.objects.filter(at__gte=first, at__lt=end)


def _declared(year: Year, period: Period) -> QuerySet:
    first, end = year.moments(period)
    return MajorIncident.objects.filter(declared_at__gte=first, declared_at__lt=end, retracted_at=None)


def _reviewed(year: Year, period: Period) -> QuerySet:
    first, end = year.moments(period)
    return PostMortem.objects.filter(finished_at__gte=first, finished_at__lt=end)


OPENED = Base("opened", _opened)
RESOLVED = Base("resolved", _resolved)
OPEN_AT_END = Base("open at end", _open_at_end)
WORKED = Base("worked", _worked, "ticket__fact__")
SAVED = Base("saved", _saved, "ticket__fact__")
DECLARED = Base("declared", _declared, "incident__ticket__fact__", "incident__ticket__")
REVIEWED = Base("reviewed", _reviewed, "major__incident__ticket__fact__", "major__incident__ticket__")

Named = Mapping[Any, tuple[str, str]]


def _words(choices: type, code: Callable[[Any], str] = str) -> Callable[[Iterable[Any]], Named]:
    """Names of the values of a set of choices; what is none of them, or empty, is “not said”."""
    # The function runs in the reader's language; the choices are lazy.
    labels = dict(choices.choices)  # type: ignore[attr-defined]

    def naming(values: Iterable[Any]) -> Named:
        return {
            each: (code(each), str(labels[each])) if each in labels and each != "" else ("none", _("not said"))
            for each in values
        }

    return naming


def _rows(model: type[Model], code: str = "code") -> Callable[[Iterable[Any]], Named]:
    """Names of rows by their ids: one query."""

    def naming(values: Iterable[Any]) -> Named:
        ids = [each for each in values if each is not None]
        found = model._default_manager.in_bulk(ids)  # type: ignore[attr-defined]
        named = {pk: (str(getattr(row, code, None) or row.pk), str(row)) for pk, row in found.items()}
        return named | {None: ("none", _("none"))} | {pk: (str(pk), _("gone")) for pk in ids if pk not in named}

    return naming


def _yes_no(values: Iterable[Any]) -> Named:
    words = {True: ("yes", _("yes")), False: ("no", _("no")), None: ("none", _("not said"))}
    return {each: words[each] for each in values}


BY_PRIORITY = By("priority", gettext_lazy("priority"), "priority", _words(Priority, lambda value: f"P{value}"))
BY_IMPACT = By("impact", gettext_lazy("impact"), "impact", _words(Impact))
BY_TYPE = By("type", gettext_lazy("type"), "type", _words(TicketType))
BY_CHANNEL = By("channel", gettext_lazy("channel"), "channel", _words(Channel))
BY_SERVICE = By("service", gettext_lazy("service"), "service", _rows(Service))
BY_CATEGORY = By("category", gettext_lazy("category"), "category", _rows(Category))
BY_TEAM = By("team", gettext_lazy("team"), "team", _rows(Team))
BY_DEPARTMENT = By("department", gettext_lazy("department"), "department", _rows(Department))
BY_COMPANY = By("company", gettext_lazy("company"), "company", _rows(Company))
BY_RANK = By("rank", gettext_lazy("rank"), "rank", _rows(Rank, "pk"))
BY_CAUSE = By("cause_code", gettext_lazy("cause code"), "cause_code", _rows(CauseCode))
BY_CAUSE_GROUP = By("cause_group", gettext_lazy("group of causes"), "cause_group", _words(CauseCode.Group))
BY_SOURCE = By("source", gettext_lazy("source"), "source", _words(Source), own=True)
DIMENSIONS = {
    by.name: by
    for by in (
        BY_PRIORITY, BY_IMPACT, BY_TYPE, BY_CHANNEL, BY_SERVICE, BY_CATEGORY, BY_TEAM, BY_DEPARTMENT, BY_COMPANY,
        BY_RANK, BY_CAUSE, BY_CAUSE_GROUP, BY_SOURCE,
    )
}  # fmt: skip
