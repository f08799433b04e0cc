"""After a change of the settings all clocks of open tickets are read anew, by a job."""

from servicedesk.people.jobs import Progress, start_job
from servicedesk.people.models import Job, User
from servicedesk.tickets.models import OPEN, Ticket

from ..keeping import AT_ONCE, keep_clocks
from ..queries import Levels

KEY = "levels"


def renew_clocks(by: User) -> None:
    """In the caller's transaction: the job sees what it changed. One that waits already will do."""
    start_job("renew_clocks", key=KEY, by=by)


def renew_as_job(job: Job, progress: Progress) -> dict:
    """A clock is read from what happened to its ticket, so beginning anew does no harm."""
    ids, levels, changed = list(Ticket.objects.filter(OPEN).order_by("pk").values_list("pk", flat=True)), Levels(), 0
    for start in range(0, len(ids), AT_ONCE):
        changed += keep_clocks(ids[start : start + AT_ONCE], levels=levels)
        progress(min(start + AT_ONCE, len(ids)), len(ids))
    return {"clocks": changed}
