"""`python -m bench.drain [--mails N] [--every S]`: waiting mails read while everything is killed again and again.

First the mails are handed to the real listener by LMTP, by a sender that behaves as a mail server does: what is not
answered with 250 is sent again, byte by byte the same. Then two worker processes read them and write their receipts.
All the time one of listener, workers and PostgreSQL, drawn by lot, is killed by -9 and started again. At the end every
mail must be there once: one row, one fate, one ticket or reply, one receipt. Works in an embedded PostgreSQL of its
own, with `fsync`. Ends with one line of JSON, and with 1 when a mail was lost or doubled.
"""

import argparse
import json
import os
import random
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections import Counter

from servicedesk.frontdoor import processes
from servicedesk.frontdoor.home import ROOT
from servicedesk.frontdoor.postgres import Postgres, free_port

from .place import own_place, people
from .server import machine
from .shapes import Numbered, mails, senders

_BIG = "1000000"
_TO = "desk@bench.example.com"
_WORKERS = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.drain", description="Mails read while everything is killed.")
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=8, help="seconds between two kills, on average")
    parser.add_argument("--kills", type=int, default=1_000_000, help="at most")
    parser.add_argument("--minutes", type=float, default=60, help="after which it gives up")
    parser.add_argument("--seed", type=int, default=None, help="of what is drawn by lot")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        _work()
    with own_place(MAIL_SENDER_PER_HOUR=_BIG, MAIL_TICKET_PER_HOUR=_BIG, MAIL_RECEIPTS_PER_HOUR=_BIG) as postgres:
        told = _drain(asked, postgres)
    print(json.dumps(told | {"machine": machine()}, ensure_ascii=False), flush=True)
    return 1 if told["wrong"] else 0


def _work() -> None:
    """What a worker does, for ever; as Celery's it survives a database that is away."""
    import django

    django.setup()
    from django.db import InterfaceError, OperationalError, close_old_connections

    from servicedesk.intake.actions import read_waiting
    from servicedesk.tickets.delivery import deliver_waiting

    while True:
        try:
            if read_waiting(20) + deliver_waiting(20) == 0:
                time.sleep(0.2)
        except (InterfaceError, OperationalError):
            time.sleep(0.3)
        close_old_connections()


class _Victims:
    """The listener, the workers and the database, each killed and started again when its lot is drawn."""

    def __init__(self, postgres: Postgres, every: float, most: int, seed: int | None):
        self.postgres, self.every, self.most, self.lots = postgres, every, most, random.Random(seed)
        self._bag: list[str] = []
        self.port = free_port()
        self.kills: Counter = Counter()
        self.running: dict[str, subprocess.Popen] = {}
        self.start("listener")
        self._due = time.monotonic() + self._pause()

    def _pause(self) -> float:
        return self.lots.uniform(0.3, 1.7) * self.every

    def start(self, name: str) -> None:
        if name == "listener":
            command, env = ["manage.py", "listen_mail"], {"MAIL_PORT": "-1", "LMTP_PORT": str(self.port)}
        else:
            command, env = ["-m", "bench.drain", "--work"], {}
        self.running[name] = processes.spawn(
            [sys.executable, *command], env=os.environ | env, cwd=ROOT, log=self.postgres.home.logs / f"{name}.log",
            death_signal=signal.SIGKILL,
        )  # fmt: skip

    def turn(self) -> None:
        """Kill one when it is time, and start again whatever ended."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.start(name)
        if time.monotonic() < self._due or self.kills.total() >= self.most:
            return
        if not self._bag:
            self._bag = self.lots.sample(kinds := [*self.running, "database"], len(kinds))
        name = self._bag.pop()
        if name == "database":
            process = self.postgres.process
            process.kill()
            process.wait()
            self._start_database()
        else:
            self.running[name].kill()
            self.running[name].wait()
            self.start(name)
        self.kills["workers" if name.startswith("worker") else name] += 1
        self._due = time.monotonic() + self._pause()

    def _start_database(self) -> None:
        """It refuses to start while a process of the killed one still lives, so this is tried until it works."""
        until = time.monotonic() + 60
        while True:
            self.postgres.start()
            while self.postgres.process.poll() is None:
                if self.postgres.is_ready():
                    return
                time.sleep(0.1)
            if time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not come back:\n{processes.tail(self.postgres.log)}")
            time.sleep(0.3)

    def stop(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


class _Sender(threading.Thread):
    """Hands mails over, each until it was answered with 250."""

    def __init__(self, port: int, waiting: list[Numbered]):
        super().__init__(daemon=True)
        self.port, self.waiting, self.again = port, list(waiting), 0

    def run(self) -> None:
        while self.waiting:
            try:
                with smtplib.LMTP("127.0.0.1", self.port, timeout=30) as client:
                    while self.waiting:
                        mail = self.waiting[-1]
                        client.sendmail(mail.sender, [_TO], mail.raw)
                        self.waiting.pop()
            except (OSError, smtplib.SMTPException):
                self.again += 1
                time.sleep(0.3)


def _drain(asked: argparse.Namespace, postgres: Postgres) -> dict:
    from servicedesk.intake.models import Mailbox

    people(senders())
    Mailbox.objects.create(name="Bench", address=_TO)
    sent = mails(asked.mails, _TO, f"{time.time_ns():x}")
    until = time.monotonic() + asked.minutes * 60
    seconds = {}
    victims = _Victims(postgres, asked.every, asked.kills // 2, asked.seed)
    try:
        began = time.monotonic()
        sender = _Sender(victims.port, list(reversed(sent)))
        sender.start()
        while sender.is_alive():
            victims.turn()
            _in_time(until)
        seconds["handed over"] = round(time.monotonic() - began, 1)
        began = time.monotonic()
        for number in range(_WORKERS):
            victims.start(f"worker {number + 1}")
        victims.most = asked.kills
        # Each kind is killed at least once, however fast the mails are read.
        while _left() or len(victims.kills) < min(3, asked.kills):
            victims.turn()
            _in_time(until)
        seconds["read"] = round(time.monotonic() - began, 1)
    finally:
        victims.stop()
    from servicedesk.intake.models import IncomingMail

    from .fates import wrongs

    return {
        "mails": len(sent), "kills": dict(victims.kills), "sent_again": sender.again, "seconds": seconds,
        "fates": dict(Counter(IncomingMail.objects.values_list("state", flat=True))), "wrong": wrongs(sent),
    }  # fmt: skip


def _in_time(until: float) -> None:
    if time.monotonic() > until:
        raise RuntimeError(f"not done in time, {_left()} rows are left")
    time.sleep(0.2)


def _left() -> int:
    """Mails that wait to be read and events that wait to be told; -1 while the database is away."""
    from django.db import InterfaceError, OperationalError, connection

    from servicedesk.intake.models import IncomingMail
    from servicedesk.tickets.models import Outbox

    try:
        return IncomingMail.objects.filter(state="waiting").count() + Outbox.objects.count()
    except (InterfaceError, OperationalError):
        connection.close()
        return -1


if __name__ == "__main__":
    sys.exit(main())
