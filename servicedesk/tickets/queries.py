"""Reads of tickets. Every one begins with `visible_tickets`; nothing else decides what somebody sees."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import (
    BooleanField,
    Exists,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import TruncMonth
from django.utils import timezone

from cmdb.models import Item, Service
from cmdb.queries import visible_items
from servicedesk.people.models import Team, User
from servicedesk.people.queries import agents, departments_headed_by
from servicedesk.web.errors import NotFound
from servicedesk.web.text import normalise

from .models import (
    OPEN,
    PREFIXES,
    Attachment,
    Category,
    ClosedWorkMonth,
    Comment,
    Draft,
    Tag,
    Ticket,
    TicketEvent,
    TicketItem,
    TicketLink,
    TicketWords,
    WorkRounding,
    WorkTime,
    WorkTimer,
)
from .permissions import asked, works_on
from .words import Asked, query_for
from .workflow import Phase

_NUMBER = re.compile(r"([A-Z]{3})?([0-9]{1,12})")


@dataclass(frozen=True)
class Scope:
    """What decides a person's sight, as ids: read once per request and kept on the `User` object."""

    teams: frozenset[int]
    services: frozenset[int]
    departments: frozenset[int]
    shared: frozenset[int]


def scope_of(user: User) -> Scope:
    """Teams, services of these teams, departments headed and tickets shared with the person.

    Ids instead of subqueries, so that PostgreSQL can combine the indexes of the parts.
    """
    kept = getattr(user, "_ticket_scope", None)
    if kept is None:
        teams = user.team_ids if user.is_agent else frozenset()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT ARRAY(SELECT id FROM cmdb_service WHERE team_id = ANY(%s)),
                       ARRAY(SELECT ticket_id FROM tickets_ticketshare WHERE user_id = %s
                             UNION SELECT ticket_id FROM tickets_ticketshare WHERE team_id = ANY(%s))
                """,
                [list(teams), user.pk, list(teams)],
            )
            services, shares = cursor.fetchone()
        kept = Scope(teams, frozenset(services), frozenset(departments_headed_by(user)), frozenset(shares))
        user._ticket_scope = kept  # type: ignore[attr-defined]
    return kept


def visible_tickets(user: User) -> QuerySet[Ticket]:
    """The tickets that a person may know of; for everybody else a ticket does not exist.

    - everybody: what they asked for, entered for somebody, or what is shared with them (or their team);
    - heads: their department's and those below, unless confidential;
    - agents: what is assigned to them or to one of their teams; unless confidential also what belongs to a service of
      their teams and what no team has yet;
    - administrators: everything that is not confidential.
    """
    if not user.is_authenticated or not user.is_active:
        return Ticket.objects.none()
    return Ticket.objects.filter(seen_by(user))


def seen_by(user: User, of: str = "") -> Q:
    """What `visible_tickets` asks of a ticket, for somebody who is signed in and active; `of` is the way to the ticket
    from another table, such as "ticket__". There it is asked row by row: as `ticket__in` PostgreSQL would collect all
    visible tickets before it looks at the first row.
    """

    def has(**fields: object) -> Q:
        return Q(**{f"{of}{name}": value for name, value in fields.items()})

    scope = scope_of(user)
    seen = has(requester=user) | has(entered_by=user)
    if scope.shared:
        seen |= has(pk__in=scope.shared)
    if user.is_administrator:
        seen |= has(is_confidential=False)
    if scope.departments:
        seen |= has(department__in=scope.departments, is_confidential=False)
    if user.is_agent:
        seen |= has(assignee=user) | has(team__in=scope.teams) | has(team__isnull=True, is_confidential=False)
        if scope.services:
            seen |= has(service__in=scope.services, is_confidential=False)
    return seen


def sees(user: User, ticket: Ticket) -> bool:
    """Whether a ticket at hand is among `visible_tickets`. Whoever asked for it is known to see it without a query."""
    if user.is_authenticated and user.is_active and asked(user, ticket):
        return True
    return visible_tickets(user).filter(pk=ticket.pk).exists()


def worked_on_by(user: User) -> Q:
    """The visible tickets that the person works on, as `permissions.works_on` says of one: what notes and tags say is
    found in these alone.
    """
    if not user.is_agent:
        return Q(pk__in=[])
    scope = scope_of(user)
    return (
        Q(assignee=user)
        | Q(team__in=scope.teams)
        | Q(is_confidential=True, pk__in=scope.shared)
        | Q(is_confidential=False) & (Q(team__isnull=True) | Q(service__in=scope.services))
    )


def who_works_on(ticket: Ticket) -> QuerySet[User]:
    """The agents who work on a ticket, as `permissions.works_on` says of one of them."""
    if ticket.team_id is None and not ticket.is_confidential:
        return agents()
    teams, people = [ticket.team_id], [ticket.assignee_id]
    if ticket.is_confidential:
        for person, team in ticket.shares.values_list("user", "team"):
            people.append(person)
            teams.append(team)
    elif ticket.service is not None:
        teams.append(ticket.service.team_id)
    of_teams = Team.objects.filter(pk__in=list(filter(None, teams)), is_active=True)
    return agents().filter(
        Q(pk__in=list(filter(None, people))) | Q(pk__in=of_teams.values("members")) | Q(pk__in=of_teams.values("lead"))
    )


def desk_tickets(user: User) -> QuerySet[Ticket]:
    """The tickets that the person works on: what the queue shows. Nobody's but an agent's queue has any."""
    if not user.is_authenticated or not user.is_active:
        return Ticket.objects.none()
    return Ticket.objects.filter(worked_on_by(user))


def get_ticket(user: User, number: str) -> Ticket:
    """The visible ticket with this number (full-width and lower case are understood), or NotFound.

    Comes with its people, service and contacts by three small queries: planning one join of all of them took PostgreSQL
    longer (10 ms) than everything else on the page.
    """
    if "\x00" in number:  # which PostgreSQL keeps in no text
        raise NotFound
    tickets = visible_tickets(user).select_related("team", "category", "department")
    try:
        ticket = tickets.get(number=normalise(number).upper())
    except Ticket.DoesNotExist:
        raise NotFound from None
    bring_people(ticket)
    return ticket


def bring_people(ticket: Ticket) -> None:
    """Put the service beside the ticket, and requester, assignee, whoever entered it and the service's contacts: two
    queries.
    """
    if ticket.service_id:
        ticket.service = Service.objects.select_related("team").get(pk=ticket.service_id)
    named: list[tuple[Model, tuple[str, ...]]] = [(ticket, ("requester", "entered_by", "assignee"))]
    if ticket.service is not None:
        named.append((ticket.service, ("business_contact", "system_contact")))
    ids = {getattr(row, f"{name}_id") for row, names in named for name in names} - {None}
    people = User.objects.select_related("department", "company").order_by().in_bulk(ids)
    for row, names in named:
        for name in names:
            setattr(row, name, people.get(getattr(row, f"{name}_id")))


def for_list(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """The same tickets with what a row of a list shows, and without the long texts."""
    return tickets.select_related("requester", "assignee", "team", "service").defer("description", "resolution")


def open_tickets(user: User) -> QuerySet[Ticket]:
    return visible_tickets(user).filter(OPEN)


def my_tickets(user: User) -> QuerySet[Ticket]:
    """What the person asked for, or had asked for them, newest first."""
    return visible_tickets(user).filter(requester=user).order_by("-created_at", "-id")


def events(user: User, ticket: Ticket) -> QuerySet[TicketEvent]:
    """Everything that happened to a visible ticket, and to those that were merged into it, for those who work on it,
    else what is public. A reply that was taken back is public as an event, which never changes, and not as a comment.
    """
    rows = TicketEvent.objects.filter(ticket__in=ticket.here_ids).select_related("by", "comment")
    return rows if works_on(user, ticket) else rows.filter(is_public=True).exclude(comment__is_public=False)


def visible_numbers(user: User, numbers: Iterable[str]) -> set[str]:
    """Those of the numbers that are tickets the person may see."""
    return set(visible_tickets(user).filter(number__in=set(numbers)).values_list("number", flat=True))


def timeline(user: User, ticket: Ticket) -> list[TicketEvent]:
    """Everything that happened, oldest first: all of it for those who work on the ticket, else what is public.

    Events carry `comment` where they have one; its files are in `attachments`. At most two queries whatever the number
    of events: the few people come once, not with each event, and those of the ticket are at hand.
    """
    rows = list(events(user, ticket).select_related(None).select_related("comment").order_by("id"))
    said = [event.comment for event in rows if getattr(event, "comment", None) is not None]
    ids = {event.by_id for event in rows} | {comment.author_id for comment in said} - {None}
    people: dict[int | None, User] = {
        each.pk: each for each in (ticket.requester, ticket.entered_by, ticket.assignee) if each
    }
    people |= User.objects.order_by().in_bulk(ids - people.keys())
    for event in rows:
        event.by = people.get(event.by_id)
    for comment in said:
        comment.author = people.get(comment.author_id)
    return rows


def comments(user: User, ticket: Ticket) -> QuerySet[Comment]:
    """Replies, and for those who work on the ticket notes, oldest first."""
    rows = Comment.objects.filter(ticket__in=ticket.here_ids, moved_to=None).select_related("author", "event")
    rows = rows.prefetch_related("attachments").order_by("event_id")
    return rows if works_on(user, ticket) else rows.filter(is_public=True)


def said_since(user: User, ticket: Ticket, seen: int) -> Comment | None:
    """The newest public word of somebody else after the event with this number."""
    since = comments(user, ticket).filter(ticket=ticket, is_public=True, event__number__gt=seen).exclude(author=user)
    comment = since.last()
    if comment is not None:
        comment.ticket = ticket
    return comment


def drafts_of(user: User, ticket: Ticket) -> dict[str, Draft]:
    """What the person has not sent yet in a ticket that they see, by kind; also spent and discarded rows."""
    return {draft.kind: draft for draft in ticket.drafts.filter(user=user)}


def attachments(user: User, ticket: Ticket) -> QuerySet[Attachment]:
    rows = Attachment.objects.filter(ticket__in=ticket.here_ids)
    return rows if works_on(user, ticket) else rows.filter(is_public=True)


def get_comment(user: User, number: str, pk: int) -> Comment:
    """A reply or note that was written in a visible ticket and that the person may read, or NotFound."""
    ticket = get_ticket(user, number)
    comment = comments(user, ticket).filter(pk=pk, ticket=ticket).first()
    if comment is None:
        raise NotFound
    comment.ticket = ticket
    return comment


def get_attachment(user: User, number: str, pk: int) -> Attachment:
    """A file of a visible ticket, or NotFound; files of internal notes only for those who work on it."""
    attachment = attachments(user, get_ticket(user, number)).filter(pk=pk).first()
    if attachment is None:
        raise NotFound
    return attachment


def was_written_to(user: User, ticket: Ticket) -> bool:
    """Whether something of the ticket was forwarded to the person. Blind copies of replies ask for no answer."""
    return TicketEvent.objects.filter(ticket=ticket, verb="forward", data__bcc__contains=[[user.pk]]).exists()


def merged_here(user: User, ticket: Ticket) -> list[tuple[Ticket, bool]]:
    """The tickets that go on in this one, oldest first, and whether the person sees them by themselves too."""
    if not ticket.merged_ids:
        return []
    rows = Ticket.objects.filter(pk__in=ticket.merged_ids).select_related("requester", "entered_by").order_by("id")
    seen = set(visible_tickets(user).filter(pk__in=ticket.merged_ids).values_list("pk", flat=True))
    return [(each, each.pk in seen) for each in rows]


def unresolved_children(user: User, ticket: Ticket) -> QuerySet[Ticket]:
    """The child tickets that are not resolved yet and that the person works on."""
    children = TicketLink.objects.filter(target=ticket, kind=TicketLink.Kind.CHILD).values("source")
    return desk_tickets(user).filter(OPEN, pk__in=children).exclude(phase=Phase.RESOLVED)


def numbers_here(ticket: Ticket) -> dict[int, str]:
    """The numbers of the tickets whose history this one shows, by id."""
    if not ticket.merged_ids:
        return {ticket.pk: ticket.number}
    return dict(Ticket.objects.filter(pk__in=ticket.here_ids).values_list("pk", "number"))


def who_shares(ticket: Ticket) -> dict[int, User]:
    """Those for whom the ticket is, by id: its requester, a colleague who asked for them, and whom it is shared with;
    none who left.
    """
    people = [ticket.requester, *User.objects.filter(shared_tickets__ticket=ticket)]
    if not ticket.entered_by.is_agent:
        people.append(ticket.entered_by)
    return {person.pk: person for person in people if person.is_active}


def links(user: User, ticket: Ticket) -> list[tuple[str, Ticket, TicketLink]]:
    """(label, other ticket, link) of both directions, leaving out tickets that the person may not see: one small query
    where there are none, as mostly.
    """
    ties = list(TicketLink.objects.filter(Q(source=ticket) | Q(target=ticket)).order_by("id"))
    if not ties:
        return []
    others = visible_tickets(user).in_bulk({pk for tie in ties for pk in (tie.source_id, tie.target_id)} - {ticket.pk})
    out = [(tie.get_kind_display(), others[tie.target_id], tie) for tie in ties if tie.target_id in others]
    back = [
        (str(TicketLink.BACKWARD[TicketLink.Kind(tie.kind)]), others[tie.source_id], tie)
        for tie in ties
        if tie.source_id in others
    ]
    return out + back


def search_tickets(user: User, words: str) -> QuerySet[Ticket]:
    """The visible ticket with this number, else visible tickets with all the words, newest first.

    Full width, case and kana width make no difference. Empty input finds nothing. Words of internal notes are found
    only by those who work on the ticket.
    """
    visible = visible_tickets(user).order_by("-created_at", "-id")
    plain = normalise(words).upper()
    if not plain:
        return visible.none()
    by_number = list(visible.filter(number__in=numbers_meant(plain)).values_list("pk", flat=True))
    if by_number:
        return visible.filter(pk__in=by_number)
    return visible.filter(with_words(user, words))


def numbers_meant(typed: str) -> list[str]:
    """The numbers that `INC0000123`, `inc123` or `123` may mean; none when it is no number."""
    found = _NUMBER.fullmatch(normalise(typed).upper())
    if found is None:
        return []
    prefixes = [found[1]] if found[1] else PREFIXES.values()
    return [f"{prefix}{int(found[2]):07d}" for prefix in prefixes]


def with_words(user: User, words: str) -> Q:
    """Tickets with all the words; those of internal notes count where the person works on the ticket."""
    asked_for = query_for(words)
    if not asked_for:
        return Q(pk__in=[])
    query = Asked(asked_for)
    is_common = _is_common(query)
    found = _with(query, "public", is_common)
    if user.is_agent:
        found |= _with(query, "internal", is_common) & worked_on_by(user)
    return found


_LOOKED_AT, _COMMON, _FEW = 1000, 10, 10_000


def _is_common(query: SearchQuery) -> bool:
    """Whether so many of the newest tickets have the words that one finds some soon by walking back from the newest."""
    newest = TicketWords.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return TicketWords.objects.filter(pk__gt=newest - _LOOKED_AT, public=query).count() > _COMMON


def _with(query: SearchQuery, column: str, is_common: bool) -> Q:
    """Tickets whose words in a column fit. Unless the words are common, tickets are named by their ids: PostgreSQL
    cannot know that a word is rare, takes it for somewhat common, and would ask all newer tickets for their words to
    find the first.
    """
    if not is_common:
        ids = list(TicketWords.objects.filter(**{column: query}).values_list("pk", flat=True)[: _FEW + 1])
        if len(ids) <= _FEW:
            return Q(_Among(F("pk"), Value(f"{{{','.join(map(str, ids))}}}"))) if ids else Q(pk__in=[])
    return Q(**{f"words__{column}": query})


class _Among(Func):
    """`id = ANY(array)`: one parameter for thousands of ids, where `__in` makes one of each. The array as PostgreSQL
    writes it.
    """

    template, arg_joiner, output_field = "(%(expressions)s::bigint[]))", " = ANY(", BooleanField()


def last_event_id() -> int:
    """The newest event's id of all; open pages compare it to learn cheaply whether anything happened."""
    return TicketEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


def categories() -> QuerySet[Category]:
    return Category.objects.filter(is_active=True).select_related("parent")


def teams_to_assign() -> QuerySet[Team]:
    return Team.objects.filter(is_active=True).select_related("next_team")


def tags_like(words: str) -> QuerySet[Tag]:
    return Tag.objects.filter(name__startswith=normalise(words))


def items_affected(user: User, ticket: Ticket) -> list[Item]:
    """The configuration items that a ticket is about, for those who work on it."""
    return list(visible_items(user).filter(ticket_rows__ticket=ticket))


def about_item(item: Item) -> Q:
    """Tickets that name an item. Only those who work on a ticket are told which it names."""
    return Q(pk__in=TicketItem.objects.filter(item=item).values("ticket"))


def tickets_of_item(user: User, item: Item, *, most: int) -> list[Ticket]:
    """The tickets that name an item and that the person works on: open ones first, then newest first."""
    rows = for_list(desk_tickets(user).filter(about_item(item))).order_by("-created_at", "-id")
    found = list(rows.filter(OPEN)[:most])
    return found + list(rows.exclude(OPEN)[: most - len(found)])


def work_times(ticket: Ticket) -> QuerySet[WorkTime]:
    """What was logged on a ticket, and whether its month is closed (`is_closed`)."""
    closed = ClosedWorkMonth.objects.filter(month=OuterRef("month"))
    rows = ticket.work_times.select_related("user").annotate(month=TruncMonth("worked_on"))
    return rows.annotate(is_closed=Exists(closed))


def get_work(ticket: Ticket, pk: int) -> WorkTime:
    """One of them, or NotFound."""
    work = work_times(ticket).filter(pk=pk).first()
    if work is None:
        raise NotFound
    work.ticket = ticket
    return work


def rounding() -> WorkRounding:
    """How timers are rounded."""
    return WorkRounding.objects.first() or WorkRounding(pk=1)


def running_timer(user: User) -> WorkTimer | None:
    """The person's timer and how it is rounded; every page asks, and mostly none runs. Its ticket may be out of their
    sight: of such a one pages show the number alone.
    """
    try:
        timer = WorkTimer.objects.get(user=user, discarded_at=None)
    except WorkTimer.DoesNotExist:
        return None
    timer.rounding = rounding()
    return timer


def work_months(user: User) -> list[tuple[date, int, ClosedWorkMonth | None]]:
    """(month, minutes, what closed it) of every month in which somebody worked on a ticket that the person sees, of
    those that are closed and of the one before this, newest first.
    """
    this = timezone.localdate().replace(day=1)
    minutes: dict[date, int] = {this: 0, (this - timedelta(days=1)).replace(day=1): 0}
    rows = WorkTime.objects.filter(seen_by(user, "ticket__")).annotate(month=TruncMonth("worked_on"))
    minutes |= dict(rows.order_by().values_list("month").annotate(Sum("minutes")))
    closed = {row.month: row for row in ClosedWorkMonth.objects.select_related("closed_by")}
    months = sorted(minutes.keys() | closed.keys(), reverse=True)
    return [(month, minutes.get(month, 0), closed.get(month)) for month in months]
