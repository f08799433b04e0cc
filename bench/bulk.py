"""How long a change of a thousand tickets takes, from the press of the button to the last result."""

import time

from .fill import AGENT

MOST = 1_000


def bulk_seconds() -> tuple[int, float, float]:
    """(how many tickets, seconds to change them, seconds to undo that): assigned and tagged by this very process, as a
    worker does it. The desk of the bench has fewer open tickets for one agent when it is small.
    """
    from servicedesk.desk.bulk import start_bulk, undo_bulk
    from servicedesk.desk.changing import Change
    from servicedesk.desk.models import BulkRow
    from servicedesk.people.jobs import run_next_job
    from servicedesk.people.models import User
    from servicedesk.tickets.filters import UNRESOLVED
    from servicedesk.tickets.queries import desk_tickets

    agent = User.objects.get(pk=AGENT)
    ids = list(
        desk_tickets(agent).filter(UNRESOLVED, team__isnull=False).order_by("-id").values_list("pk", flat=True)[:MOST]
    )
    change = Change(assignee=str(AGENT), add_tags=["bench"])
    bulk, changed = _timed(lambda: start_bulk(ids, change, by=agent, via="command"), run_next_job)
    done = bulk.rows.filter(outcome=BulkRow.Outcome.DONE).count()
    _bulk, undone = _timed(lambda: undo_bulk(bulk, by=agent, via="command"), run_next_job)
    back = bulk.rows.filter(outcome=BulkRow.Outcome.UNDONE).count()
    if not (done == back == len(ids)):
        raise RuntimeError(f"{done} of {len(ids)} were changed, {back} undone")
    return len(ids), changed, undone


def _timed(begin, work) -> tuple:
    started = time.perf_counter()
    made = begin()
    while work():
        pass
    return made, round(time.perf_counter() - started, 2)
