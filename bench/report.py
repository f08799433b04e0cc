"""From measured answers to a table for people and one line for machines."""

from collections.abc import Callable

from servicedesk.frontdoor.home import Home

from . import measure
from .bulk import bulk_seconds
from .client import Client
from .clocks import clock_seconds, trial_seconds
from .fill import AGENT
from .mails import mails_per_second
from .months import prepare_months
from .server import THREADS, WORKERS, Server, machine

Say = Callable[[str], None]


def measured(home: Home, env: dict, *, tickets: int, rounds: int, mails: int, say: Say) -> dict:
    """Start both servers, measure, print the table; returns what the last line says."""
    months = prepare_months(say)
    server, bare = Server(home, env, "bench.settings"), None
    try:
        bare = Server(home, env, "bench.bare_settings")
        server.wait("/healthz")
        bare.wait("/bare/")
        cases = measure.run(measure.cases(server.port, bare.port), rounds=rounds, each=10, say=say)
        _throughput(cases, server, bare, say)
        told = _told(cases, server, bare, tickets, say)
    finally:
        server.stop()
        if bare is not None:
            bare.stop()
    told["months"] = months
    # When the servers are gone, so that the one worker has a core for itself and PostgreSQL the other.
    told["mail_per_s"] = mails_per_second(mails)
    tickets_, changed, undone = bulk_seconds()
    told["bulk_s"] = {"tickets": tickets_, "change": changed, "undo": undone}
    say(f"Change of {tickets_:,} tickets (assignee and tag): {changed} s; undo of it: {undone} s")
    told["clocks"], told["trial_s"] = clock_seconds(), trial_seconds()
    say(
        f"Sweep of the clocks of {told['clocks']['tickets']:,} open tickets, nothing / 1 in 20 / all passed: "
        f"{told['clocks']['nothing']} / {told['clocks']['twentieth']} / {told['clocks']['all']} s; "
        f"clocks of {told['clocks']['kept_per_s']} tickets a second made anew"
    )
    say(
        f"A rule tried on {told['trial_s']['tried']:,} tickets, {told['trial_s']['fired']:,} of them fire: "
        f"{told['trial_s']['seconds']} s"
    )
    say(f"Mails a second by one worker, raw row to ticket, event and receipt: {told['mail_per_s']}")
    return told


def _throughput(cases: list, server: Server, bare: Server, say: Say) -> None:
    say(f"\nRequests per second, 4 clients at once on the same machine ({WORKERS} workers, {THREADS} threads each):")
    say(f"  {'bare view':<28}{measure.per_second(lambda: Client(bare.port), '/bare/'):>8}")
    session = measure.sign_in(AGENT)
    for name, path in (("queue, my team", "/desk/?view=team"),):
        say(f"  {name:<28}{measure.per_second(lambda: Client(server.port, session=session), path):>8}")


def _told(cases: list[measure.Case], server: Server, bare: Server, tickets: int, say: Say) -> dict:
    say(f"\n{tickets:,} tickets, {machine()}. Milliseconds: what the client waits (wall), what Django takes (srv),")
    say("and within that the CPU time of its thread and the time that queries take (SQL).")
    say(
        f"  {'':<28}{'p50 wall':>9}{'p95 wall':>9}{'p50 srv':>9}{'p95 srv':>9}{'CPU':>7}{'SQL':>7}"
        f"{'queries':>8}{'kB':>7}{'× bare':>8}"
    )
    groups: dict[str, list[float]] = {}
    server_side: dict[str, list[float]] = {}
    for case in cases:
        groups.setdefault(case.group, []).extend(answer.wall_ms for answer in case.answers)
        server_side.setdefault(case.group, []).extend(answer.server_ms for answer in case.answers)
    base = measure.median(groups["bare"]) if groups.get("bare") else None
    for case in cases:
        wall = [answer.wall_ms for answer in case.answers]
        took = [answer.server_ms for answer in case.answers]
        ratio = f"{measure.median(wall) / base:.2f}" if base else "–"
        say(
            f"  {case.name:<28}{measure.median(wall):>9.1f}{measure.percentile(wall, 0.95):>9.1f}"
            f"{measure.median(took):>9.1f}{measure.percentile(took, 0.95):>9.1f}"
            f"{measure.median([answer.cpu_ms for answer in case.answers]):>7.1f}"
            f"{measure.median([answer.sql_ms for answer in case.answers]):>7.1f}"
            f"{case.answers[-1].queries:>8}{len(case.answers[-1].body) / 1024:>7.0f}{ratio:>8}"
        )
    pss = server.pss_mb()
    say(f"\nMemory (PSS) of {len(server.pids())} processes: {pss} MB; of the bare project {bare.pss_mb()} MB")
    named = {name: values for name, values in groups.items() if name}
    return {
        "ratios": {
            name: round(measure.median(values) / base, 2) if base else None
            for name, values in named.items()
            if name != "bare"
        },
        "p50_ms": {name: round(measure.median(values), 1) for name, values in named.items()},
        "p95_ms": {name: round(measure.percentile(values, 0.95), 1) for name, values in named.items()},
        "server_p95_ms": {
            name: round(measure.percentile(values, 0.95), 1) for name, values in server_side.items() if name
        },
        "server_p50_ms": {name: round(measure.median(values), 1) for name, values in server_side.items() if name},
        "pss_mb": pss,
        "tickets": tickets,
    }
