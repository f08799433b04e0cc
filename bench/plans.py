"""What PostgreSQL does for the reads that matter: each query's plan, time and pages touched, by EXPLAIN (ANALYZE,
BUFFERS).
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

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


def cases() -> dict[str, Callable[[], object]]:
    """The reads of the core, as the agent, a person who asks, and the administrator make them."""
    from django.db.models import Count
    from django.utils import timezone

    from incidents.queries import get_incident
    from servicedesk.people.models import User
    from servicedesk.tickets import queries
    from servicedesk.tickets.models import OPEN, Outbox, Ticket
    from servicedesk.web.keyset import KeysetPage

    from .fill import ADMINISTRATOR, AGENT, REQUESTER

    order = ["priority", "created_at", "id"]

    def who(pk):
        return User.objects.get(pk=pk)

    def queue(pk, narrow=lambda rows: rows, order=order, second=False):
        def act():
            user = who(pk)
            rows = queries.for_list(narrow(queries.open_tickets(user)))
            page = KeysetPage(rows, order)
            if second:
                KeysetPage(rows, order, after=page.next)
            return page

        return act

    def count(pk, narrow=lambda rows: rows):
        return lambda: narrow(queries.open_tickets(who(pk))).count()

    def search(pk, words):
        def act():
            return KeysetPage(queries.for_list(queries.search_tickets(who(pk), words)), ["-created_at", "-id"])

        return act

    number = (
        Ticket.objects.filter(event_count__gt=20, team=1, type="incident").values_list("number", flat=True).first()
        or ""
    )

    def ticket_page():
        user = who(AGENT)
        incident = get_incident(user, number)
        queries.timeline(user, incident.ticket)
        queries.links(user, incident.ticket)
        list(queries.attachments(user, incident.ticket))

    busy = Ticket.objects.values("requester").annotate(rows=Count("id")).order_by("-rows")[0]["requester"]
    team = who(AGENT).team_ids
    return {
        "queue, all that the agent sees": queue(AGENT),
        "queue, all, second page": queue(AGENT, second=True),
        "queue, my team": queue(AGENT, lambda rows: rows.filter(team__in=team)),
        "queue, mine": queue(AGENT, lambda rows: rows.filter(assignee=AGENT)),
        "queue, unassigned": queue(AGENT, lambda rows: rows.filter(assignee__isnull=True)),
        "queue, due": queue(AGENT, lambda rows: rows.filter(due_at__isnull=False), ["due_at", "id"]),
        "queue, waiting": queue(AGENT, lambda rows: rows.filter(phase="waiting")),
        "queue, newest change": queue(AGENT, order=["-updated_at", "-id"]),
        "queue of the administrator": queue(ADMINISTRATOR),
        "count, all that the agent sees": count(AGENT),
        "count, mine": count(AGENT, lambda rows: rows.filter(assignee=AGENT)),
        "ticket page": ticket_page,
        "my tickets": lambda: list(queries.for_list(queries.my_tickets(who(busy)))[:51]),
        "my open tickets of an agent": lambda: list(queries.for_list(queries.my_tickets(who(AGENT)).filter(OPEN))[:51]),
        "search, rare word (agent)": search(AGENT, "kunokuno"),
        "search, common word (agent)": search(AGENT, "画面"),
        "search, two common words (agent)": search(AGENT, "画面 電源"),
        "search, rare word (staff)": search(REQUESTER, "kunokuno"),
        "search, common word (staff)": search(REQUESTER, "画面"),
        "search, common word (administrator)": search(ADMINISTRATOR, "画面"),
        "search, number": search(AGENT, number),
        "newest event": queries.last_event_id,
        "outbox": lambda: (
            Outbox.objects.select_related("event__ticket", "event__by")
            .filter(try_after__lte=timezone.now())
            .order_by("try_after", "event_id")
            .first()
        ),
        "resolved long ago": lambda: list(
            Ticket.objects.filter(phase="resolved", resolved_at__lt=timezone.now() - timezone.timedelta(days=7))
            .order_by("resolved_at")
            .values_list("id", flat=True)[:200]
        ),
    }
