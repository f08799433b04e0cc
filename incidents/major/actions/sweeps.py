"""What time brings about: an update or an action that is overdue, and proposals. Each may run again, or in two workers
at once, and tells once.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from servicedesk.people.models import User
from servicedesk.tickets.actions import lock, record
from servicedesk.tickets.models import Impact, Priority, Urgency
from servicedesk.tickets.workflow import Phase

from ..models import RUNNING, ForceMember, MajorIncident, PostMortemAction
from ..queries import major_settings

MOST_AT_ONCE = 200
# A proposal of a service that nothing adds to any more is over after this long.
FADES_AFTER = timedelta(hours=2)


def nag_overdue_updates(now: datetime | None = None) -> int:
    """Remind communication and commander of updates that readers were promised, once for each; returns how many."""
    now = now or timezone.now()
    due = MajorIncident.objects.filter(RUNNING, next_update_at__lte=now)
    due = due.exclude(incident__ticket__phase__in=[Phase.RESOLVED, Phase.CLOSED])
    told = 0
    for major in due.select_related("incident__ticket").order_by("next_update_at")[:MOST_AT_ONCE]:
        if major.nagged_for == major.next_update_at:
            continue
        with transaction.atomic():
            ticket = lock(major.incident.ticket)
            # Another worker may have told meanwhile, or the update may have been written.
            mine = MajorIncident.objects.filter(RUNNING, pk=major.pk, next_update_at=major.next_update_at)
            if not mine.exclude(nagged_for=major.next_update_at).update(nagged_for=major.next_update_at):
                continue
            roles = [ForceMember.Role.COMMUNICATION, ForceMember.Role.COMMANDER]
            people = User.objects.filter(
                pk__in=major.members.filter(left_at__isnull=True, role__in=roles).values("person"), is_active=True
            )
            users = [[pk] for pk in people.order_by("pk").values_list("pk", flat=True)]
            record(ticket, "update_due", by=None, via="system", at=now, users=users, due_at=major.next_update_at)
            told += 1
    return told


def nag_overdue_actions(today: date | None = None) -> int:
    """Remind owners of actions of post-mortems that are overdue, each once a day; returns how many."""
    today = today or timezone.localdate()
    rows = PostMortemAction.objects.filter(done_on__isnull=True, due_on__lt=today).exclude(nagged_on__gte=today)
    told = 0
    for action in rows.select_related("post_mortem__major__incident__ticket").order_by("due_on", "id")[:MOST_AT_ONCE]:
        with transaction.atomic():
            ticket = lock(action.post_mortem.major.incident.ticket)
            mine = PostMortemAction.objects.filter(pk=action.pk, done_on__isnull=True).exclude(nagged_on__gte=today)
            if mine.update(nagged_on=today):
                record(
                    ticket, "action_due", by=None, via="system", user=[action.owner_id], due_on=action.due_on,
                    action=action.pk,
                )  # fmt: skip
                told += 1
    return told


_MANY = """
    INSERT INTO incidents_majorproposal (kind, service_id, reason, reports, state, created_at, seen_at)
    SELECT 'many_reports', t.service_id, '', count(DISTINCT t.requester_id), 'open', %(now)s, %(now)s
    FROM tickets_ticket t
    WHERE t.created_at > %(since)s AND t.type = 'incident' AND t.service_id IS NOT NULL AND NOT t.is_major
        AND t.external_id = '' AND t.phase NOT IN ('resolved', 'closed')
        AND NOT EXISTS (SELECT 1 FROM tickets_ticketlink l WHERE l.source_id = t.id AND l.kind = 'child')
        AND t.created_at > COALESCE((SELECT max(p.decided_at) FROM incidents_majorproposal p
            WHERE p.service_id = t.service_id AND p.kind = 'many_reports' AND p.state = 'dismissed'), '-infinity')
    GROUP BY t.service_id HAVING count(DISTINCT t.requester_id) >= %(least)s
    ON CONFLICT (kind, service_id) WHERE state = 'open' AND service_id IS NOT NULL
        DO UPDATE SET reports = EXCLUDED.reports, seen_at = EXCLUDED.seen_at
"""
_STOPS = """
    INSERT INTO incidents_majorproposal (kind, ticket_id, reason, reports, state, created_at, seen_at)
    SELECT 'total_stop', t.id, '', 0, 'open', %(now)s, %(now)s
    FROM tickets_ticket t
    WHERE t.closed_at IS NULL AND t.priority = %(priority)s AND t.created_at <= %(before)s AND t.type = 'incident'
        AND t.impact = %(impact)s AND t.urgency = %(urgency)s AND NOT t.is_major AND t.phase <> 'resolved'
        AND t.external_id = ''
    ON CONFLICT (kind, ticket_id) WHERE ticket_id IS NOT NULL DO NOTHING
"""
_OVER = """
    UPDATE incidents_majorproposal p SET state = 'over', decided_at = %(now)s
    WHERE p.state = 'open' AND (p.kind = 'many_reports' AND p.seen_at < %(faded)s
        OR EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = p.ticket_id
            AND (t.closed_at IS NOT NULL OR t.phase = 'resolved' OR t.is_major)))
"""


def find_proposals(now: datetime | None = None) -> None:
    """Propose what looks like a major incident, by three statements however many tickets are open: many people who
    report the same service, a total stop that lasts. What no longer looks so is taken off the list.
    """
    now, chosen = now or timezone.now(), major_settings()
    values: dict[str, Any] = {
        "now": now,
        "since": now - timedelta(minutes=chosen.within_minutes),
        "before": now - timedelta(minutes=chosen.stop_minutes),
        "faded": now - FADES_AFTER,
        "least": chosen.reports,
        "priority": Priority.P1.value,
        "impact": Impact.COMPANY.value,
        "urgency": Urgency.NOW.value,
    }
    with connection.cursor() as cursor:
        for statement in (_MANY, _STOPS, _OVER):
            cursor.execute(statement, values)
