"""`python -m bench [--tickets N] [--mails N] [--plans] [--live AGENTS] [--keep FOLDER]`: fill, measure, tell.

Works in a database of its own: in an embedded server in a temporary folder, or with DATABASE_URL in a new database on
that server, which is dropped at the end. Never touches a desk. Always ends with one line of JSON.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from servicedesk.frontdoor import migrated, services, translations
from servicedesk.frontdoor.home import Home
from servicedesk.frontdoor.say import Stop


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the speed of the desk on many tickets.")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=12, help="turns through all cases, of 10 requests each")
    parser.add_argument("--mails", type=int, default=300, help="mails that are read and answered, three times")
    parser.add_argument("--plans", action="store_true", help="show what PostgreSQL does for each read instead")
    parser.add_argument("--live", type=int, metavar="AGENTS", help="measure what so many open queues cost instead")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the filled embedded database here and use it again")
    asked = parser.parse_args()
    given = os.environ.get("DATABASE_URL")
    folder = Path(asked.keep or tempfile.mkdtemp(prefix="madoguchi-bench-"))
    home = Home(folder)
    home.make()
    own = None
    started: list = []
    try:
        if given:
            own = _own_database(given)
            os.environ["DATABASE_URL"] = own
        started = services.start(home, services.wanted())
        env = services.environment(home, services.urls(started)) | {"DJANGO_SETTINGS_MODULE": "bench.settings"}
        env.pop("DEBUG", None)
        result = _bench(home, env, asked)
    except (Exception, Stop) as problem:  # noqa: BLE001 – the bench tells, it never fails a build
        say(f"\nThe bench could not be done: {problem}")
        result = {
            "ratios": {},
            "p50_ms": {},
            "p95_ms": {},
            "pss_mb": None,
            "mail_per_s": None,
            "tickets": asked.tickets,
            "error": str(problem)[:300],
        }
    finally:
        _let_go()
        if own:
            _drop(given, own)
        services.stop(started)
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
    say(json.dumps(result, ensure_ascii=False))
    return 0


def _let_go() -> None:
    """Close our own connections, where Django came that far."""
    from django.conf import settings

    if settings.configured:
        from django.db import connections

        connections.close_all()


def _own_database(url: str) -> str:
    """A new database beside the one that DATABASE_URL names."""
    import psycopg

    name = f"madoguchi_bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        source = f' TEMPLATE "{migrated.TEMPLATE}"' if os.environ.get(migrated.FOLDER) else ""
        connection.execute(f'CREATE DATABASE "{name}"{source}')
    return _named(url, name)


def _named(url: str, name: str) -> str:
    from urllib.parse import urlsplit, urlunsplit

    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _drop(url: str, own: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{own.rsplit("/", 1)[-1].split("?")[0]}" WITH (FORCE)')


def _bench(home: Home, env: dict, asked: argparse.Namespace) -> dict:
    os.environ.update(env)
    import django
    from django.core.management import call_command

    translations.compile_stale(env, home.logs / "prepare.log")
    django.setup()
    from servicedesk.tickets.models import Ticket

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    present = Ticket.objects.order_by("-id").values_list("id", flat=True).first() or 0
    if present < asked.tickets:
        from .fill import fill

        say(f"Filling {asked.tickets:,} tickets …")
        seconds = fill(asked.tickets, lambda line: say(f"  {line}"))
        say(f"  done in {seconds:.0f} s (by SQL: hash chains are not valid, no mails)")
    if asked.plans:
        from .plans import cases, report

        for line in report(cases()):
            say(line)
        return {"ratios": {}, "p50_ms": {}, "p95_ms": {}, "pss_mb": None, "tickets": asked.tickets}
    if asked.live:
        from .live import live

        return {
            "live": [
                live(home, env, agents=asked.live, touched=touched, seconds=60, per_minute=60, say=say)
                for touched in (True, False)
            ],
            "tickets": asked.tickets,
        }
    from .report import measured

    return measured(home, env, tickets=asked.tickets, rounds=asked.rounds, mails=asked.mails, say=say)


if __name__ == "__main__":
    sys.exit(main())
