"""What a condition may ask of a ticket: each field with what there is to choose from, and the one Q that it becomes."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Item, Service
from servicedesk.intake.models import Mailbox
from servicedesk.levels.hours import open_between
from servicedesk.levels.models import Clock
from servicedesk.levels.queries import usual_hours
from servicedesk.people.models import Company, Department, Language, Role, Team, User, UserRole
from servicedesk.people.queries import departments_below
from servicedesk.tickets.filters import below
from servicedesk.tickets.models import (
    Category,
    Channel,
    Comment,
    Impact,
    Priority,
    Ticket,
    TicketItem,
    TicketTag,
    Urgency,
)  # fmt: skip
from servicedesk.tickets.workflow import Phase, Side, TicketType, all_statuses, workflow_of
from servicedesk.web.text import normalise

from .field_kinds import ALWAYS, AT_LEAST, NEVER, NONE, Choice, Field, Flag, Number, Words

# --- what there is to choose from -----------------------------------------------------------------------------------


def _labels(choices) -> Callable[[], Mapping[str, Any]]:
    return lambda: {str(value): label for value, label in choices.choices}


def _of(model, **more: Any) -> Callable[[], Mapping[str, Any]]:
    """Rows by their code, and `none`."""
    return lambda: {NONE: _("none"), **{row.code: row for row in model.objects.all()}} | more


def _ids(model, column: str, widen: Callable[[list], Iterable[int]] | None = None) -> Callable[[list[str]], Q]:
    """A key that is one of the rows with these codes, or empty for `none`."""

    def where(codes: list[str]) -> Q:
        rows = list(model.objects.filter(code__in=codes))
        ids = widen(rows) if widen else [row.pk for row in rows]
        found = Q(**{f"{column}__in": list(ids)})
        return found | Q(**{f"{column}__isnull": True}) if NONE in codes else found

    return where


def _categories_below(rows: list[Category]) -> set[int]:
    everything = list(Category.objects.all()) if rows else []
    return {pk for row in rows for pk in below(row, everything)}


def _code(name: str) -> Callable[[Ticket], Any]:
    def now(ticket: Ticket) -> list[str]:
        row = getattr(ticket, name)
        return [row.code] if row else [NONE]

    return now


def _departments() -> dict[str, Department]:
    return {f"{row.company.code}/{row.code}": row for row in Department.objects.select_related("company")}


def _find_department(given: str) -> str | None:
    """`company/code`; the code alone where one company has it."""
    rows = _departments()
    if given in rows:
        return given
    alone = [code for code in rows if code.partition("/")[2] == given]
    return alone[0] if len(alone) == 1 else None


def _in_departments(codes: list[str]) -> Q:
    rows = _departments()
    return Q(department__in=[pk for code in codes if code in rows for pk in departments_below(rows[code].pk)])


def _person(given: str) -> str | None:
    if given == NONE:
        return given
    return User.objects.filter(email__iexact=given).values_list("email", flat=True).first()


def _people(column: str) -> Callable[[list[str]], Q]:
    def where(codes: list[str]) -> Q:
        ids = [pk for each in codes for pk in User.objects.filter(email__iexact=each).values_list("pk", flat=True)]
        found = Q(**{f"{column}__in": ids})
        return found | Q(**{f"{column}__isnull": True}) if NONE in codes else found

    return where


def _priority(given: str) -> str | None:
    level = normalise(given).removeprefix("p")
    return f"P{level}" if level in ("1", "2", "3", "4") else None


def _mailbox(given: str) -> str | None:
    return Mailbox.objects.filter(address__iexact=given).values_list("address", flat=True).first()


def _from_mailboxes(codes: list[str]) -> Q:
    found = Q()
    for address in codes:
        found |= Q(source__iexact=address)
    return Q(channel=Channel.MAIL) & found


def _tagged(codes: list[str]) -> Q:
    return Q(Exists(TicketTag.objects.filter(ticket=OuterRef("pk"), tag__name__in=codes)))


def _tag(given: str) -> str | None:
    return normalise(given) if 0 < len(normalise(given)) <= 40 else None


def _item(given: str) -> str | None:
    return Item.objects.filter(number__iexact=given).values_list("number", flat=True).first()


def _about(codes: list[str]) -> Q:
    return Q(Exists(TicketItem.objects.filter(ticket=OuterRef("pk"), item__number__in=codes)))


_NOT_WAITING = {
    "desk": (gettext_lazy("the desk"), Q(phase__in=[Phase.NEW, Phase.ACTIVE])),
    "nobody": (gettext_lazy("nobody: it is resolved or closed"), Q(phase__in=[Phase.RESOLVED, Phase.CLOSED])),
}


def _waits() -> dict[str, Any]:
    return {side.value: side.label for side in Side} | {code: label for code, (label, _q) in _NOT_WAITING.items()}


def _waits_on(codes: list[str]) -> Q:
    found = NEVER
    for code in codes:
        if code in _NOT_WAITING:
            found |= _NOT_WAITING[code][1]
        else:
            found |= Q(status__in=_statuses_of(code))
    return found


def _statuses_of(side: str) -> list[str]:
    workflows = (workflow_of(kind) for kind in TicketType.values)
    return list({status.name for each in workflows for status in each.statuses if status.side == side})


_MISSED = "missed"


def _clock_states() -> dict[str, str]:
    kinds = (Clock.Kind.RESPONSE, Clock.Kind.RESOLUTION)
    states = [*((run.value, run.label) for run in Clock.Run), (_MISSED, _("target missed"))]
    return {f"{kind.value}_{state}": f"{kind.label}: {label}" for kind in kinds for state, label in states}


def _clocks(codes: list[str]) -> Q:
    found = NEVER
    for code in codes:
        kind, _line, state = code.partition("_")
        is_so = Q(missed_at__isnull=False) if state == _MISSED else Q(run=state)
        found |= Q(Exists(Clock.objects.filter(is_so, ticket=OuterRef("pk"), kind=kind)))
    return found


def _used(kind: str) -> Callable[[str, int], Q]:
    """The warnings of a clock say how far it is: those of its rank, and 100 for the target."""

    def where(operator: str, percent: int) -> Q:
        reached = Q(Exists(Clock.objects.filter(ticket=OuterRef("pk"), kind=kind, warned__gte=percent)))
        return reached if operator == AT_LEAST else ~reached

    return where


def _age(operator: str, minutes: int) -> Q:
    moment = timezone.now() - timedelta(minutes=minutes)
    return Q(created_at__lte=moment) if operator == AT_LEAST else Q(created_at__gte=moment)


def _age_now(ticket: Ticket) -> int:
    return int((timezone.now() - ticket.created_at).total_seconds() // 60)


def _count(column: str) -> Callable[[str, int], Q]:
    return lambda operator, number: Q(**{f"{column}__{'gte' if operator == AT_LEAST else 'lte'}": number})


def by_desk(writer: str, requester: str) -> Q:
    """Words of somebody who works here, about what they did not ask for themselves; `writer` and `requester` are the
    ways there. What the desk itself writes by a rule is no answer of anybody.
    """
    staff = UserRole.objects.filter(user=OuterRef(writer), role__in=[Role.AGENT, Role.LEAD])
    return Q(Exists(staff)) & ~Q(**{writer: F(requester)})


def _unanswered() -> Subquery:
    said = Comment.objects.filter(is_public=True, author__isnull=False)
    of_desk = by_desk("author", "ticket__requester")
    answers: QuerySet = said.filter(of_desk, ticket=OuterRef("ticket")).order_by("-event_id").values("event_id")[:1]
    open_ones = said.filter(~of_desk, ticket=OuterRef("pk"), event_id__gt=Coalesce(Subquery(answers), Value(0)))
    return Subquery(open_ones.order_by().values("ticket").annotate(n=Count("pk")).values("n"))


def _without_answer(operator: str, number: int) -> Q:
    how_many = Coalesce(_unanswered(), Value(0))
    compare = GreaterThanOrEqual if operator == AT_LEAST else LessThanOrEqual
    return Q(compare(how_many, number))


def _open_now() -> Q:
    """Whether the desk works at this moment by its usual calendar: the same for all tickets."""
    now = timezone.now()
    is_open = any(opens <= now for opens, _closes in open_between(usual_hours(), now, now + timedelta(minutes=1)))
    return ALWAYS if is_open else NEVER


_FIELDS: tuple[Field, ...] = (
    Choice("kind", gettext_lazy("Kind"), lambda t: [t.type], rows=_labels(TicketType), where=lambda c: Q(type__in=c)),
    Choice(
        "channel", gettext_lazy("Channel"), lambda t: [t.channel], rows=_labels(Channel),
        where=lambda c: Q(channel__in=c),
    ),
    Choice(
        "mailbox", gettext_lazy("Mailbox"), lambda t: [t.source], find=_mailbox, where=_from_mailboxes,
        rows=lambda: {row.address: row.address for row in Mailbox.objects.all()},
        hint=gettext_lazy("The address that a mail came to."),
    ),
    Choice("service", gettext_lazy("Service"), _code("service"), rows=_of(Service), where=_ids(Service, "service")),
    Choice(
        "category", gettext_lazy("Category"), _code("category"), rows=_of(Category),
        where=_ids(Category, "category", _categories_below), hint=gettext_lazy("With all below it."),
    ),
    Words(
        "words", gettext_lazy("Words in title or text"),
        hint=gettext_lazy("Title, description and messages; full or half width and kana make no difference."),
    ),
    Choice(
        "requester", gettext_lazy("Requester"), lambda t: [t.requester.email], find=_person,
        where=_people("requester"), hint=gettext_lazy("E-mail address."),
    ),
    Choice(
        "department", gettext_lazy("Department of the requester"), find=_find_department, where=_in_departments,
        now=lambda t: [f"{t.department.company.code}/{t.department.code}"] if t.department else [NONE],
        rows=_departments, hint=gettext_lazy("With all below it."),
    ),
    Choice(
        "company", gettext_lazy("Company of the requester"), rows=_of(Company),
        now=lambda t: [t.requester.company.code] if t.requester.company else [NONE],
        where=_ids(Company, "requester__company"),
    ),
    Flag("vip", gettext_lazy("VIP"), lambda t: t.requester.is_vip, where=lambda: Q(requester__is_vip=True)),
    Flag("guest", gettext_lazy("Guest"), lambda t: t.requester.is_guest, where=lambda: Q(requester__is_guest=True)),
    Choice(
        "language", gettext_lazy("Language"), lambda t: [t.language], rows=_labels(Language),
        where=lambda c: Q(language__in=c),
    ),
    Choice(
        "impact", gettext_lazy("Impact"), lambda t: [str(t.impact)], rows=_labels(Impact),
        where=lambda c: Q(impact__in=[int(one) for one in c]),
    ),
    Choice(
        "urgency", gettext_lazy("Urgency"), lambda t: [str(t.urgency)], rows=_labels(Urgency),
        where=lambda c: Q(urgency__in=[int(one) for one in c]),
    ),
    Choice(
        "priority", gettext_lazy("Priority"), lambda t: [f"P{t.priority}"], find=_priority,
        rows=lambda: {label: label for label in Priority.labels},
        where=lambda c: Q(priority__in=[int(one[1:]) for one in c]),
    ),
    Choice(
        "status", gettext_lazy("Status"), lambda t: [t.status], rows=all_statuses, where=lambda c: Q(status__in=c)
    ),
    Choice(
        "phase", gettext_lazy("Phase"), lambda t: [t.phase], rows=_labels(Phase), where=lambda c: Q(phase__in=c)
    ),
    Choice(
        "waiting_on", gettext_lazy("Waiting for"), rows=_waits,
        where=_waits_on,
    ),
    Choice("team", gettext_lazy("Team"), _code("team"), rows=_of(Team), where=_ids(Team, "team")),
    Choice(
        "assignee", gettext_lazy("Assignee"), lambda t: [t.assignee.email if t.assignee else NONE], find=_person,
        where=_people("assignee"), hint=gettext_lazy("E-mail address, or none."),
    ),
    Choice(
        "tags", gettext_lazy("Tags"), lambda t: sorted(tag.name for tag in t.tags.all()), find=_tag, where=_tagged,
        rows=None,
    ),
    Choice(
        "item", gettext_lazy("Affected item"), lambda t: [item.number for item in t.items.all()], find=_item,
        where=_about, hint=gettext_lazy("Asset number."),
    ),
    Number(
        "age", gettext_lazy("Age in minutes"), _age_now, where=_age,
        hint=gettext_lazy("Around the clock, since it was opened."),
    ),
    Choice("clock", gettext_lazy("Clock"), rows=_clock_states, where=_clocks),
    Number(
        "response_used", gettext_lazy("First response: percent used"), where=_used(Clock.Kind.RESPONSE), most=100,
        hint=gettext_lazy("As far as warnings of the rank tell."),
    ),
    Number(
        "resolution_used", gettext_lazy("Resolution: percent used"), where=_used(Clock.Kind.RESOLUTION), most=100,
        hint=gettext_lazy("As far as warnings of the rank tell."),
    ),
    Number(
        "reopened", gettext_lazy("Times reopened"), lambda t: t.reopen_count, where=_count("reopen_count"), most=1000
    ),
    Number(
        "unanswered", gettext_lazy("Messages without answer"), where=_without_answer, most=1000,
        hint=gettext_lazy("Of the requester's side, since the desk last answered."),
    ),
    Flag(
        "confidential", gettext_lazy("Confidential"), lambda t: t.is_confidential,
        where=lambda: Q(is_confidential=True),
    ),
    Flag("major", gettext_lazy("Major incident"), lambda t: t.is_major, where=lambda: Q(is_major=True)),
    Flag(
        "business_hours", gettext_lazy("Within business hours"), where=_open_now,
        hint=gettext_lazy("By the usual calendar, at the moment at which the rule is asked."),
    ),
)  # fmt: skip
FIELDS: dict[str, Field] = {each.name: each for each in _FIELDS}
