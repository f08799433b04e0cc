"""Facts of tickets: one statement reads them from the tables in which the desk works, whether it is one ticket or all.

`refresh` brings some tickets up to date and stamps the months that changed, `recount` all, `differences` compares. What
happened is handed over by `take_turns` (a consumer of events) and done by `keep_waiting` soon after: the table of turns
is the queue.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Max, Min, OuterRef
from django.utils import timezone

from servicedesk.tickets.models import Ticket, TicketEvent

from .models import FactTurn, MonthStamp, TicketFact
from .months import Year, between, company_zone

AT_ONCE = 500
RECOUNTED_AT_ONCE = 20_000

# A row of work, of savings or of marks as one word, beginning with its day: (letter, table and columns).
_SIDES = """
    SELECT worked_on || ' work ' || user_id || ' ' || sum(minutes) AS word
    FROM tickets_worktime WHERE ticket_id = t.id GROUP BY worked_on, user_id
    UNION ALL
    SELECT (at AT TIME ZONE %(zone)s)::date || ' saved ' || source || ' ' || id || ' ' || minutes
    FROM escalation_saving WHERE ticket_id = t.id
    UNION ALL
    SELECT (declared_at AT TIME ZONE %(zone)s)::date || ' major ' || coalesce(people_hit, 0)
    FROM incidents_majorincident WHERE incident_id = t.id AND retracted_at IS NULL
    UNION ALL
    SELECT (finished_at AT TIME ZONE %(zone)s)::date || ' reviewed'
    FROM incidents_postmortem WHERE major_id = t.id AND finished_at IS NOT NULL
    UNION ALL
    SELECT (at AT TIME ZONE %(zone)s)::date || ' asked' FROM surveys_ratingasked WHERE ticket_id = t.id
    UNION ALL
    SELECT (at AT TIME ZONE %(zone)s)::date || ' rated ' || person_id || ' ' || mark
    FROM surveys_rating WHERE ticket_id = t.id
"""

# Every column of TicketFact, in the order of COLUMNS.
_READ = f"""
SELECT
    t.id, t.type, coalesce(sr.kind, ''), t.channel, t.created_at, t.first_response_at, t.resolved_at, t.closed_at,
    t.merged_into_id IS NOT NULL, t.priority, t.impact, t.service_id, t.category_id, t.team_id, t.department_id,
    coalesce(d.company_id, u.company_id),
    CASE WHEN t.resolved_at IS NOT NULL THEN ev.resolver END,
    resolution.rank_id, i.cause_code_id, coalesce(cc."group", ''), coalesce(i.human_error, ''),
    coalesce(i.caused_by_change, false), coalesce(i.is_security, false), t.is_major,
    EXISTS (SELECT 1 FROM incidents_forcemember f WHERE f.major_id = t.id),
    (
        SELECT extract(epoch FROM min(up.at) - m.outage_from)::bigint
        FROM incidents_majorincident m JOIN incidents_majorupdate up ON up.major_id = m.incident_id
        WHERE m.incident_id = t.id AND m.retracted_at IS NULL GROUP BY m.outage_from
    ),
    t.reopen_count, greatest(ev.team_changes, imported.reassignment_count), ev.escalations,
    said.by_requester, said.by_desk,
    t.resolved_at IS NOT NULL AND t.reopen_count = 0 AND ev.escalations = 0
        AND greatest(ev.team_changes, imported.reassignment_count) = 0
        AND ev.holders <= 1 AND said.again = 0,
    CASE WHEN response.missed_at IS NOT NULL THEN false WHEN t.first_response_at IS NOT NULL AND response.id IS NOT NULL
        THEN true END,
    CASE WHEN imported.ticket_id IS NOT NULL THEN imported.made_sla WHEN resolution.missed_at IS NOT NULL THEN false
        WHEN t.resolved_at IS NOT NULL AND resolution.id IS NOT NULL THEN true END,
    coalesce((resolution.waited ->> 'requester')::bigint, 0), coalesce((resolution.waited ->> 'vendor')::bigint, 0),
    coalesce((resolution.waited ->> 'agreed')::bigint, 0),
    CASE WHEN t.resolved_at IS NOT NULL AND resolution.run = 'stopped' THEN resolution.used_seconds END,
    CASE WHEN t.resolved_at IS NOT NULL
        THEN (t.resolved_at AT TIME ZONE %(zone)s)::date - coalesce(sr.delivery_on, t.agreed_on) END,
    coalesce((SELECT sum(minutes) FROM tickets_worktime w WHERE w.ticket_id = t.id), 0),
    ARRAY(SELECT word FROM ({_SIDES}) AS side ORDER BY word)
FROM tickets_ticket t
JOIN people_user u ON u.id = t.requester_id
LEFT JOIN people_department d ON d.id = t.department_id
LEFT JOIN requests_servicerequest sr ON sr.ticket_id = t.id
LEFT JOIN incidents_incident i ON i.ticket_id = t.id
LEFT JOIN incidents_causecode cc ON cc.id = i.cause_code_id
LEFT JOIN importers_imported imported ON imported.ticket_id = t.id
LEFT JOIN levels_clock response ON response.ticket_id = t.id AND response.kind = 'response'
LEFT JOIN levels_clock resolution ON resolution.ticket_id = t.id AND resolution.kind = 'resolution'
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE e.team_before <> e.team_after) AS team_changes,
        count(*) FILTER (WHERE e.verb = 'escalate' AND e.team_after IS NOT NULL) AS escalations,
        (array_agg(e.by_id ORDER BY e.number DESC) FILTER (WHERE e.to_status = 'resolved'))[1] AS resolver,
        (
            SELECT count(DISTINCT person) FROM (
                SELECT t.assignee_id::text AS person UNION SELECT unnest(array_agg(e.had)) UNION
                SELECT unnest(array_agg(e.got))
            ) AS people
        ) AS holders
    FROM (
        SELECT verb, number, by_id, data ->> 'to' AS to_status,
            data -> 'changes' -> 'team' -> 0 ->> 0 AS team_before,
            data -> 'changes' -> 'team' -> 1 ->> 0 AS team_after,
            data -> 'changes' -> 'assignee' -> 0 ->> 0 AS had, data -> 'changes' -> 'assignee' -> 1 ->> 0 AS got
        FROM tickets_ticketevent WHERE ticket_id = t.id
    ) AS e
) AS ev
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE c.author_id = t.requester_id) AS by_requester,
        count(*) FILTER (WHERE c.author_id <> t.requester_id) AS by_desk,
        count(*) FILTER (
            WHERE c.author_id = t.requester_id AND said_at.at > t.first_response_at AND said_at.at <= t.resolved_at
        ) AS again
    FROM tickets_comment c JOIN tickets_ticketevent said_at ON said_at.id = c.event_id
    WHERE c.ticket_id = t.id AND c.is_public AND c.taken_back_at IS NULL AND c.moved_to_id IS NULL
) AS said
"""  # noqa: S608 – constants of this module alone
COLUMNS = tuple(field.attname for field in TicketFact._meta.concrete_fields)
_NAMES = ", ".join(f'"{TicketFact._meta.get_field(name).column}"' for name in COLUMNS)
_DIFFERING = f"""
SELECT counted.* FROM ({_READ} WHERE t.id BETWEEN %(first)s AND %(last)s) AS counted ({_NAMES})
WHERE NOT EXISTS (SELECT 1 FROM reports_factturn w WHERE w.ticket_id = counted.ticket_id)
EXCEPT SELECT {_NAMES} FROM reports_ticketfact WHERE ticket_id BETWEEN %(first)s AND %(last)s
ORDER BY 1
"""  # noqa: S608 – constants of this module alone
_SIDES_AT = COLUMNS.index("sides")
Row = tuple[Any, ...]


def read_facts(ids: Collection[int]) -> list[Row]:
    """What the tables say of these tickets now, in the order of COLUMNS. Writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_READ} WHERE t.id = ANY(%(ids)s) ORDER BY t.id", {"ids": list(ids), "zone": _zone()})
        return cursor.fetchall()


def _zone() -> str:
    return str(company_zone())


def _kept(ids: Collection[int]) -> dict[int, Row]:
    return {row[0]: row for row in TicketFact.objects.filter(pk__in=ids).values_list(*COLUMNS)}


@transaction.atomic
def refresh(ids: Collection[int]) -> int:
    """Read the facts of these tickets anew and stamp the months that they move; returns how many changed. Repeating
    changes nothing. Rows that others write meanwhile wait for their own turn.
    """
    kept, year, months = _kept(ids), Year.now(), set()
    changed = []
    for row in read_facts(ids):
        before = kept.get(row[0])
        if before != row:
            changed.append(row)
            months |= _moved(before, row, year)
    TicketFact.objects.bulk_create(
        [TicketFact(**dict(zip(COLUMNS, row))) for row in changed],
        update_conflicts=True, unique_fields=["ticket"], update_fields=COLUMNS[1:], batch_size=AT_ONCE,
    )  # fmt: skip
    stamp(months)
    return len(changed)


def _moved(before: Row | None, row: Row, year: Year) -> set[date]:
    """The months whose figures a change of facts may move: those of changed work, savings and marks; and if anything
    else differs, all from the opening to the end of the ticket, before and now, because it was among the open ones.
    """
    sides = set(row[_SIDES_AT]) ^ set(before[_SIDES_AT] if before else ())
    found = {year.month_of(date.fromisoformat(word[:10])) for word in sides}
    if before is None or [*before[:_SIDES_AT], *before[_SIDES_AT + 1 :]] != [*row[:_SIDES_AT], *row[_SIDES_AT + 1 :]]:
        for each in filter(None, (before, row)):
            values = dict(zip(COLUMNS, each))
            end = max(filter(None, (values["closed_at"] or timezone.now(), values["resolved_at"])))
            found.update(between(year.month_of(values["opened_at"]), year.month_of(end)))
            # What was brought in may have been resolved before it was opened; it counts where it was resolved.
            found.update(year.month_of(at) for at in (values["resolved_at"], values["closed_at"]) if at)
    return found


def stamp(months: Iterable[date]) -> None:
    """Say that figures of these months, by their first day, are out of date. In order, so that two never wait for each
    other.
    """
    rows = sorted(set(months))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO reports_monthstamp (month, turn) SELECT unnest(%s::date[]), 1
                ON CONFLICT (month) DO UPDATE SET turn = reports_monthstamp.turn + 1
                """,
                [rows],
            )


def stamp_all() -> None:
    """All figures are out of date: what they are counted by has changed."""
    MonthStamp.objects.update(turn=F("turn") + 1)


def take_turns(events: Sequence[TicketEvent]) -> None:
    """Note that something happened to these tickets. Repeating does no harm."""
    rows = [FactTurn(ticket_id=pk) for pk in sorted({event.ticket_id for event in events})]
    FactTurn.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def keep_waiting() -> int:
    """Bring up to date what waits longest; returns how many tickets that were. What happens to one of them meanwhile
    waits for the row's end and has a turn of its own.
    """
    waiting = FactTurn.objects.select_for_update(skip_locked=True, of=("self",)).order_by("since", "pk")
    ids = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        FactTurn.objects.filter(pk__in=ids).delete()
        refresh(ids)
    return len(ids)


def _spans() -> Iterator[tuple[int, int]]:
    ends = Ticket.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is not None:
        for first in range(ends["first"], ends["last"] + 1, RECOUNTED_AT_ONCE):
            yield first, min(first + RECOUNTED_AT_ONCE - 1, ends["last"])


def recount() -> int:
    """Make all facts anew, some thousands at a time, and say that all figures are out of date; returns how many rows
    there are. For a new definition, an upgrade, a large import.
    """
    year = Year.now()
    for first, last in _spans():
        with transaction.atomic(), connection.cursor() as cursor:
            sets = ", ".join(f"{name} = excluded.{name}" for name in _NAMES.split(", ")[1:])
            cursor.execute(
                f"INSERT INTO reports_ticketfact ({_NAMES}) {_READ} WHERE t.id BETWEEN %(first)s AND %(last)s "
                f"ON CONFLICT (ticket_id) DO UPDATE SET {sets}",
                {"first": first, "last": last, "zone": _zone()},
            )
    with connection.cursor() as cursor:
        # Days of work, savings and marks too, which what was brought in may have from before its tickets.
        cursor.execute(
            """
            SELECT least(min((opened_at AT TIME ZONE %(zone)s)::date), min((resolved_at AT TIME ZONE %(zone)s)::date),
                (SELECT min(left(side, 10))::date FROM reports_ticketfact, unnest(sides) AS side)), count(*)
            FROM reports_ticketfact
            """,
            {"zone": _zone()},
        )
        first, rows = cursor.fetchone()
    if first is not None:
        stamp(between(year.month_of(first), year.this_month()))
    return rows


def differences() -> Iterator[tuple[int, dict[str, tuple[Any, Any]]]]:
    """Of each ticket whose kept facts are not what a recount says: its id, and what is kept and counted by column. A
    ticket without facts has them kept as None. Tickets that wait for their turn are left out.
    """
    for first, last in _spans():
        with connection.cursor() as cursor:
            cursor.execute(
                _DIFFERING,
                {"first": first, "last": last, "zone": _zone()},
            )
            rows = cursor.fetchall()
        kept = _kept([row[0] for row in rows])
        for row in rows:
            before = kept.get(row[0], (None,) * len(COLUMNS))
            yield row[0], {name: (had, has) for name, had, has in zip(COLUMNS, before, row) if had != has}


def missing_since(moment: datetime) -> int:
    """Note tickets that something happened to since, and whose facts are not up to date; returns how many. For events
    that never came here.
    """
    ids = list(TicketEvent.objects.filter(at__gt=moment).order_by().values_list("ticket_id", flat=True).distinct())
    behind = [row[0] for some in _some(ids) for row in _behind(some)]
    FactTurn.objects.bulk_create([FactTurn(ticket_id=pk) for pk in sorted(behind)], ignore_conflicts=True)
    return len(behind)


def find_without(most: int = RECOUNTED_AT_ONCE) -> int:
    """Note tickets that have no facts at all, the newest first; returns how many. For a desk that had tickets before it
    had reports.
    """
    known = Exists(TicketFact.objects.filter(pk=OuterRef("pk")))
    ids = list(Ticket.objects.filter(~known).order_by("-pk").values_list("pk", flat=True)[:most])
    FactTurn.objects.bulk_create([FactTurn(ticket_id=pk) for pk in sorted(ids)], ignore_conflicts=True)
    return len(ids)


def _behind(ids: Collection[int]) -> list[Row]:
    kept = _kept(ids)
    return [row for row in read_facts(ids) if kept.get(row[0]) != row]


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for place in range(0, len(ids), AT_ONCE):
        yield ids[place : place + AT_ONCE]
