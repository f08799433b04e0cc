"""The rows that KPIs count, and by what they break them down."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from incidents.major.models import MajorIncident, PostMortem
from incidents.models import CauseCode, Incident
from requests.models import ServiceRequest
from servicedesk.escalation.models import Rule, Saving, Source
from servicedesk.levels.models import Rank
from servicedesk.levels.queries import usual_hours
from servicedesk.people.models import Company, Department, Team
from servicedesk.surveys.models import Rating, RatingAsked
from servicedesk.tickets.models import Category, Channel, Impact, Priority, TicketEvent, WorkTime
from servicedesk.tickets.workflow import TicketType

from ..models import TicketFact
from ..months import Period, Year
from .base import Base, By

# Open tickets are told apart by their age in days, up to each of these; the last stands for all that are older.
AGES = (7, 30, 90, 9999)
STALE_AFTER = timedelta(days=14)


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
    age = ExpressionWrapper(Value(end) - F("opened_at"), output_field=FloatField())
    days = Func(age, template="(EXTRACT(EPOCH FROM %(expressions)s) / 86400.0)", output_field=FloatField())
    young = [When(opened_at__gte=end - timedelta(days=days), then=Value(days)) for days in AGES[:-1]]
    return TicketFact.objects.filter(still, unresolved, opened_at__lt=end).annotate(
        age_days=days, age=Case(*young, default=Value(AGES[-1]), output_field=IntegerField())
    )


def _stale_at_end(year: Year, period: Period) -> QuerySet:
    end = end_of(year, period)
    lately = TicketEvent.objects.filter(ticket=OuterRef("pk"), at__gte=end - STALE_AFTER, at__lt=end)
    return _open_at_end(year, period).filter(~Exists(lately), opened_at__lt=end - STALE_AFTER)


def _worked(year: Year, period: Period) -> QuerySet:
    first, end = year.days(period)
    return WorkTime.objects.filter(worked_on__gte=first, worked_on__lt=end)


def _worked_when_closed(year: Year, period: Period) -> QuerySet:
    first, end = year.days(period)
    return _worked(year, period).filter(worked_on__in=closed_days(first, end))


def closed_days(first: date, end: date) -> list[date]:
    """The days from one to another, without that, on which nobody works by the company's usual calendar. One query."""
    hours = usual_hours()
    days = (first + timedelta(days=number) for number in range((end - first).days))
    return [day for day in days if not hours.spans_on(day)]


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
OPEN_AT_END = Base(f"open at end {AGES}", _open_at_end)
STALE_AT_END = Base(f"stale at end {STALE_AFTER.days}", _stale_at_end)
WORKED_WHEN_CLOSED = Base("worked on closed days", _worked_when_closed, "ticket__fact__")
WORKED = Base("worked", _worked, "ticket__fact__")
SAVED = Base("saved", _saved, "ticket__fact__")
DECLARED = Base("declared", _declared, "incident__ticket__fact__", "incident__ticket__")
REVIEWED = Base("reviewed", _reviewed, "major__incident__ticket__fact__", "major__incident__ticket__")


def _asked(year: Year, period: Period) -> QuerySet:
    first, end = year.moments(period)
    answered = Exists(Rating.objects.filter(ticket=OuterRef("ticket"), person=OuterRef("person")))
    return RatingAsked.objects.filter(at__gte=first, at__lt=end).annotate(answered=answered)


def _rated(year: Year, period: Period) -> QuerySet:
    first, end = year.moments(period)
    return Rating.objects.filter(at__gte=first, at__lt=end)


ASKED = Base("asked", _asked, "ticket__fact__")
RATED = Base("rated", _rated, "ticket__fact__")

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


def _as_written(values: Iterable[Any]) -> Named:
    return {each: (each or "none", each or _("none")) for each in values}


def _ages(values: Iterable[Any]) -> Named:
    words = {
        7: ("up to 7", _("up to 7 days")), 30: ("up to 30", _("8 to 30 days")), 90: ("up to 90", _("31 to 90 days")),
        9999: ("over 90", _("more than 90 days")),
    }  # fmt: skip
    return {each: words[each] for each in values}


def _marks(values: Iterable[Any]) -> Named:
    return {each: (str(each), str(each)) for each in values}


BY_PRIORITY = By(
    "priority", gettext_lazy("priority"), "priority", _words(Priority, lambda value: f"P{value}"), ordered=True
)
BY_IMPACT = By("impact", gettext_lazy("impact"), "impact", _words(Impact), ordered=True)
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
BY_OWN_CHANNEL = By("own_channel", gettext_lazy("channel"), "channel", _words(Channel), own=True)
BY_RULE = By("rule", gettext_lazy("rule"), "rule", _rows(Rule, "pk"), own=True)
BY_TEMPLATE = By("template", gettext_lazy("reply template"), "template_name", _as_written, own=True)
BY_KIND = By("kind", gettext_lazy("kind"), "kind", _words(ServiceRequest.Kind))
BY_HUMAN_ERROR = By("human_error", gettext_lazy("human error"), "human_error", _words(Incident.HumanError))
BY_MARK = By("mark", gettext_lazy("mark"), "mark", _marks, own=True, ordered=True)
BY_AGE = By("age", gettext_lazy("age"), "age", _ages, own=True, ordered=True)
DIMENSIONS = {
    by.name: by
    for by in (
        BY_PRIORITY, BY_IMPACT, BY_TYPE, BY_CHANNEL, BY_SERVICE, BY_CATEGORY, BY_TEAM, BY_DEPARTMENT, BY_COMPANY,
        BY_RANK, BY_CAUSE, BY_CAUSE_GROUP, BY_SOURCE, BY_OWN_CHANNEL, BY_RULE, BY_TEMPLATE, BY_KIND,
        BY_HUMAN_ERROR, BY_AGE, BY_MARK,
    )
}  # fmt: skip
