"""What PostgreSQL does for the reads that matter: each query's plan, time and pages touched, by EXPLAIN (ANALYZE,
BUFFERS).
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection

_BIG = {"tickets_ticket", "tickets_ticketevent", "tickets_comment", "tickets_ticketwords", "people_user"}
_QUIET = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET ")


@dataclass
class Plan:
    """One query: milliseconds in the server, 8 kB pages touched, how each table was read, and the whole plan."""

    sql: str
    ms: float
    pages: int
    ways: list[str] = field(default_factory=list)
    reads_all_of: list[str] = field(default_factory=list)
    tree: dict = field(default_factory=dict)


def queries_of(act: Callable[[], object]) -> list[tuple[str, object]]:
    """The statements, with parameters, that `act` sends to the database."""
    sent: list[tuple[str, object]] = []

    def keep(execute, sql, params, many, context):
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        act()
    return sent


def explain(sql: str, params) -> Plan | None:
    """The plan of one SELECT as PostgreSQL carried it out (warm: the second time), or None for anything else."""
    if not sql.lstrip().upper().startswith(("SELECT", "WITH")) or sql.startswith(_QUIET):
        return None
    with connection.cursor() as cursor:
        for _again in range(2):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
            answer = cursor.fetchone()[0]
    whole = (json.loads(answer) if isinstance(answer, str) else answer)[0]
    plan = Plan(sql, whole["Execution Time"] + whole["Planning Time"], _pages(whole["Plan"]), tree=whole["Plan"])
    _walk(whole["Plan"], plan)
    return plan


def _pages(node: dict) -> int:
    return node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0)


def _walk(node: dict, plan: Plan) -> None:
    table = node.get("Relation Name")
    if "Scan" in node["Node Type"] and (table or node.get("Index Name")):
        way = f"{node['Node Type']} {node.get('Index Name') or table} ({node['Actual Rows'] * node['Actual Loops']:g})"
        if node.get("Rows Removed by Filter"):
            way += f" -{node['Rows Removed by Filter'] * node['Actual Loops']:g}"
        plan.ways.append(way)
        if node["Node Type"].endswith("Seq Scan") and table in _BIG:
            plan.reads_all_of.append(table)
    for child in node.get("Plans", []):
        _walk(child, plan)


def tree(node: dict, depth: int = 0) -> list[str]:
    """The plan as lines for people."""
    about = " ".join(
        str(node[key]) for key in ("Index Name", "Relation Name", "Index Cond", "Filter", "Sort Key") if key in node
    )
    lines = [
        (
            f"{'  ' * depth}{node['Node Type']} {about[:160]} | {node['Actual Total Time']:.2f} ms"
            f" rows {node['Actual Rows']} × {node['Actual Loops']} pages {_pages(node)}"
        )
    ]
    for child in node.get("Plans", []):
        lines += tree(child, depth + 1)
    return lines


def report(cases: dict[str, Callable[[], object]], *, slow_ms: float = 20.0) -> list[str]:
    """A line per case, its slowest query's plan where that takes longer than `slow_ms` or reads a big table whole."""
    lines = []
    for name, act in cases.items():
        began = time.perf_counter()
        sent = queries_of(act)
        took = (time.perf_counter() - began) * 1000
        plans = [plan for plan in (explain(sql, params) for sql, params in sent) if plan]
        if not plans:
            lines.append(f"{name}: {len(sent)} statements, {took:.1f} ms, nothing to explain")
            continue
        worst = max(plans, key=lambda plan: plan.ms)
        lines.append(
            f"{name}: {len(sent)} queries, {sum(plan.ms for plan in plans):.1f} ms in PostgreSQL, "
            f"{sum(plan.pages for plan in plans)} pages; slowest {worst.ms:.1f} ms: {'; '.join(worst.ways[:6])}"
        )
        if worst.ms > slow_ms or worst.reads_all_of:
            lines += ["    " + line for line in tree(worst.tree)]
    return lines


# What saved views that have a number beside them narrow by.
SAVED = ("priority=1", "service=s7", "type=request&channel=phone", "assignee=none&since=7d", "status=assigned")


def cases() -> dict[str, Callable[[], object]]:
    """The reads of the pages and of the work in the background, as an agent, staff and the administrator make them."""
    from django.db.models import Count
    from django.http import QueryDict
    from django.utils import timezone

    from incidents.queries import get_incident
    from servicedesk.desk.queue_rows import Rows, for_queue, view_counts
    from servicedesk.desk.standing import standing_of
    from servicedesk.people.models import Team, User
    from servicedesk.people.queries import find_people
    from servicedesk.tickets import filters, queries
    from servicedesk.tickets.alike import alike_tickets
    from servicedesk.tickets.models import Outbox, Ticket
    from servicedesk.web.keyset import KeysetPage

    from .fill import ADMINISTRATOR, AGENT, LEAD, REQUESTER
    from .measure import RARE, SHORT

    def who(pk: int) -> User:
        return User.objects.get(pk=pk)

    def queue(words: str, *, second: bool = False):
        def act():
            asked = filters.read(who(AGENT), QueryDict(words))
            page = KeysetPage(for_queue(asked.tickets), asked.order)
            if second:
                page = KeysetPage(for_queue(asked.tickets), asked.order, after=page.next)
            return Rows().of(page)

        return act

    def people(words: str):
        return lambda: list(find_people(who(AGENT), words)[:8])

    def search(pk: int, words: str):
        def act():
            return KeysetPage(for_queue(queries.search_tickets(who(pk), words)), ["-created_at", "-id"], size=30)

        return act

    long = Ticket.objects.filter(event_count__gt=20, team=1, type="incident").values_list("number", flat=True).first()

    def ticket_page():
        user = who(AGENT)
        incident = get_incident(user, long)
        queries.timeline(user, incident.ticket)
        queries.links(user, incident.ticket)
        list(queries.attachments(user, incident.ticket))

    busy = Ticket.objects.values("requester").annotate(rows=Count("id")).order_by("-rows")[0]["requester"]
    views = {f"queue, view {name}": queue(f"view={name}") for name in filters.VIEWS}
    groups = {
        f"queue, view {view} by group {name}": queue(f"view={view}&group={name}")
        for view in ("all", "done")
        for name in filters.GROUPS
    }
    orders = {f"queue, view all by {name}": queue(f"view=all&sort={name}") for name in filters.ORDERS}
    return {
        **views,
        **orders,
        **groups,
        "queue, all, second page": queue("view=all", second=True),
        "queue, with words": queue(f"view=all&words={SHORT}"),
        "queue, one service": queue("view=all&service=s7"),
        **{
            f"queue, {asks}": queue(asks)
            for asks in (
                "view=all&due=late",
                "view=all&unchanged=5",
                "view=all&reopened=yes",
                "view=done&resolved=today",
                "view=every&since=today",
                "view=all&until=30d",
            )
        },
        "how the team stands": lambda: standing_of(who(LEAD), Team.objects.get(pk=1)),
        "tickets alike": lambda: alike_tickets(who(AGENT), Ticket.objects.get(number=long)),
        "queue, numbers beside the views": lambda: view_counts(who(AGENT)),
        "queue, numbers beside saved views": lambda: view_counts(
            who(AGENT),
            {f"saved_{words}": filters.read(who(AGENT), QueryDict(f"view=all&{words}")).which for words in SAVED},
        ),
        "ticket page": ticket_page,
        "my tickets": lambda: list(queries.for_list(queries.my_tickets(who(busy)))[:51]),
        "search, rare word (agent)": search(AGENT, RARE),
        "search, common word (agent)": search(AGENT, SHORT),
        "search, two common words (agent)": search(AGENT, f"{SHORT} 電源"),
        "search, rare word (staff)": search(REQUESTER, RARE),
        "search, common word (staff)": search(REQUESTER, SHORT),
        "search, common word (administrator)": search(ADMINISTRATOR, SHORT),
        "search, number": search(AGENT, long or ""),
        "people, a word that all have": people("計測"),
        "people, one letter": people("林"),
        "people, two letters": people("佐藤"),
        "people, three letters": people("佐藤太"),
        "people, a word that nobody has": people("プリンター"),
        "people, a mail address": people("p4711@example"),
        "people, a telephone number": people("03-1234-5678"),
        "people, an extension": people("4711"),
        "newest event": queries.last_event_id,
        "outbox": lambda: (
            Outbox.objects.select_related("event__ticket", "event__by")
            .filter(try_after__lte=timezone.now())
            .order_by("try_after", "event_id")
            .first()
        ),
        "resolved long ago": lambda: list(
            Ticket.objects.filter(phase="resolved", resolved_at__lt=timezone.now() - timedelta(days=7))
            .order_by("resolved_at")
            .values_list("pk", "type", "number")[:200]
        ),
    }
