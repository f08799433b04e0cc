"""What open pages cost while nobody does anything with them: many agents with the queue open, and things happening."""

import os
import random
import re
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from servicedesk.frontdoor.home import Home

from .client import Client
from .fill import AGENTS
from .measure import median, percentile, sign_in
from .server import Server

BELL_EVERY = 60.0  # seconds, as templates/notify/_bell.html says
# Where the page asks next, and after how many seconds: while somebody touches it, and left alone.
_POLL = re.compile(rb'id="queue-poll"[^>]*?hx-get="([^"]+)"[^>]*?every (\d+)s[^>]*?data-poll="(\d+)"', re.S)
# Pages that have just been opened ask as often as if they were alone; with the first news they learn of the others.
_UNTIL_ALL_KNOW = 60
_TICKS = os.sysconf("SC_CLK_TCK")


def live(
    home: Home, env: dict, *, agents: int, touched: bool, seconds: int, per_minute: int, say: Callable[[str], None]
) -> dict:
    """Open the queue for so many agents, ask as their pages do (all `touched` or all left alone) for some seconds while
    tickets get notes, and tell the share of all cores that web server and database took.
    """
    server = Server(home, env, "bench.settings")
    try:
        server.wait("/healthz")
        pages = [_Page(server.port, 1 + number % AGENTS, touched) for number in range(agents)]
        for page in pages:
            page.open()
        for page in pages:
            page.begin()
        stop = threading.Event()
        threads = [threading.Thread(target=_look, args=(pages[part::8], stop)) for part in range(8)]
        for thread in threads:
            thread.start()
        _happen(_UNTIL_ALL_KNOW, per_minute)
        for page in pages:
            page.waits, page.news, page.late = [], 0, 0
        before, began = (_cpu(server.pids()), _cpu(_database(home))), time.monotonic()
        notes = _happen(seconds, per_minute)
        stop.set()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        web, database = _cpu(server.pids()) - before[0], _cpu(_database(home)) - before[1]
    finally:
        server.stop()
    cores = os.cpu_count() or 1
    waits = [wait for page in pages for wait in page.waits]
    told = {
        "agents": agents, "touched": touched, "every": round(median([page.every for page in pages])),
        "seconds": round(took), "asked": len(waits), "notes": notes,
        "news": sum(page.news for page in pages), "late": sum(page.late for page in pages),
        "web_percent": round(100 * web / took / cores, 1), "database_percent": round(100 * database / took / cores, 1),
        "p50_ms": round(median(waits), 1), "p95_ms": round(percentile(waits, 0.95), 1),
    }  # fmt: skip
    say(
        f"{agents} agents with the queue open, {'touched' if touched else 'left alone'}, asking every "
        f"{told['every']} s, for {took:.0f} s, {notes} notes written meanwhile: {len(waits)} answers, "
        f"{told['news']} with news. Of {cores} cores the web server took {told['web_percent']} %, the database "
        f"{told['database_percent']} %; an answer p50 {told['p50_ms']} ms, p95 {told['p95_ms']} ms."
    )
    return told


class _Page:
    """The queue of one agent in one window."""

    def __init__(self, port: int, agent: int, touched: bool):
        self._touched, self.every = touched, 10.0
        self._client = Client(port, session=sign_in(agent))
        self._next = self._bell = 0.0
        self.address, self.waits, self.news, self.late = "", [], 0, 0

    def open(self) -> None:
        self._take(self._client.get("/desk/?view=team").body)

    def begin(self) -> None:
        """From now on it asks, beginning at random, as if the pages had been opened all through the day."""
        self._next = time.monotonic() + random.random() * self.every
        self._bell = time.monotonic() + random.random() * BELL_EVERY

    def _take(self, body: bytes) -> None:
        found = _POLL.search(body)
        if found:
            self.address = found[1].decode().replace("&amp;", "&")
            self.every = float(found[2 if self._touched else 3])

    def ask(self) -> None:
        now = time.monotonic()
        if now >= self._bell:
            self._bell += BELL_EVERY
            self.waits.append(self._client.get("/notices/bell/", **{"HX-Request": "true"}).wall_ms)
        if now < self._next:
            return
        self.late += now - self._next > 1
        self._next = max(self._next + self.every, now)
        answer = self._client.get(self.address, **{"HX-Request": "true"})
        self.waits.append(answer.wall_ms)
        if answer.status == 200:
            self.news += 1
            self._take(answer.body)
        elif answer.status != 204:
            raise RuntimeError(f"{self.address}: {answer.status}")


def _look(pages: list[_Page], stop: threading.Event) -> None:
    while not stop.is_set():
        for page in pages:
            page.ask()
        time.sleep(0.02)


def _happen(seconds: int, per_minute: int) -> int:
    """Write notes at random into open tickets, evenly over the time; returns how many."""
    from servicedesk.people.models import User
    from servicedesk.tickets.actions import note
    from servicedesk.tickets.filters import UNRESOLVED
    from servicedesk.tickets.models import Ticket

    ids = list(Ticket.objects.filter(UNRESOLVED, assignee__isnull=False).values_list("pk", flat=True)[:2000])
    until, written = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        ticket = Ticket.objects.select_related("assignee").get(pk=random.choice(ids))
        note(ticket, by=User.objects.get(pk=ticket.assignee_id), via="command", body="Seen.")
        written += 1
        time.sleep(60 / per_minute)
    return written


def _database(home: Home) -> list[int]:
    """The embedded server and what it started."""
    try:
        head = int((home.path / "postgres" / "postmaster.pid").read_text().split("\n")[0])
    except OSError:
        return []
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(head)], capture_output=True, text=True, check=False)
    return [head, *map(int, found.stdout.split())]


def _cpu(pids: list[int]) -> float:
    """Seconds of CPU that the processes have taken so far; of ended children what their parents waited for."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / _TICKS
