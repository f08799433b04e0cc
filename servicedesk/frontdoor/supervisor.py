"""Keeps a set of processes running: one that dies is started again, with a growing pause when it keeps dying."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from servicedesk.frontdoor import processes
from servicedesk.frontdoor.home import Home
from servicedesk.frontdoor.say import step, warn

_FIRST_PAUSE, _LONGEST_PAUSE, _LIVED_LONG = 0.2, 30.0, 60.0
_LARGEST_LOG = 20 * 1024 * 1024


@dataclass
class Program:
    """A process of ours that is to run: web, worker, mail."""

    name: str
    command: list
    log: Path
    env: dict
    cwd: Path
    # Sent by the kernel when the supervisor is gone. At once: the databases go too, and a Celery worker that is asked
    # politely waits for its broker for ever. Work is in tables and mails are acknowledged when stored: nothing is lost.
    death_signal: int = signal.SIGKILL
    stop_signal: int = signal.SIGTERM
    process: subprocess.Popen | None = None

    def start(self) -> subprocess.Popen:
        self.process = processes.spawn(
            self.command, log=self.log, env=self.env, cwd=self.cwd, death_signal=self.death_signal
        )
        return self.process


@dataclass
class Supervisor:
    """`services` (databases) stop last; `programs` use them. Both kinds are started again when they die."""

    home: Home
    services: list
    programs: list[Program]
    ended: bool = False
    _pause: dict = field(default_factory=dict)
    _due: dict = field(default_factory=dict)
    _since: dict = field(default_factory=dict)

    def start(self) -> None:
        for program in self.programs:
            program.start()
        for each in self.everything():
            self._since[each.name] = time.monotonic()

    def everything(self) -> list:
        return [*self.services, *self.programs]

    def watch(self, on_change=lambda: None) -> None:
        """Runs until `ended` is set (by a signal handler)."""
        next_look_at_logs = 0.0
        while not self.ended:
            changed = [self._look_after(each) for each in self.everything()]
            if any(changed):
                on_change()
            if time.monotonic() > next_look_at_logs:
                next_look_at_logs = time.monotonic() + 60
                rotate(self.home.logs)
            time.sleep(0.1)

    def _look_after(self, each) -> bool:
        """Starts it again when it has died and its pause is over; True when something changed."""
        now = time.monotonic()
        if each.process is not None:
            code = each.process.poll()
            if code is None:
                return False
            processes.sweep(each.process)
            each.process = None
            lived = now - self._since[each.name]
            pause = (
                _FIRST_PAUSE
                if lived > _LIVED_LONG
                else min(self._pause.get(each.name, _FIRST_PAUSE / 2) * 2, _LONGEST_PAUSE)
            )
            self._pause[each.name], self._due[each.name] = pause, now + pause
            why = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            warn(
                f"{each.name} {why}; starting it again in {pause:.1f} s"
                + ("" if code < 0 else f". The end of {each.log}:")
            )
            if code >= 0:
                warn(processes.tail(each.log, 8))
            return True
        if now < self._due[each.name]:
            return False
        try:
            each.start()
        except Exception as error:  # a full disk, a program that an upgrade is just replacing: try again later
            self._pause[each.name] = min(self._pause[each.name] * 2, _LONGEST_PAUSE)
            self._due[each.name] = now + self._pause[each.name]
            warn(f"{each.name} could not be started: {error}")
            return False
        self._since[each.name] = now
        step(f"{each.name} runs again (process {each.process.pid})")
        return True

    def stop(self, seconds: float = 8) -> None:
        """All programs at once, then the services. Who does not listen within `seconds` is killed."""
        running = [program for program in self.programs if program.process is not None]
        for program in running:
            if program.process.poll() is None:
                program.process.send_signal(program.stop_signal)
        until = time.monotonic() + seconds
        for program in running:
            processes.stop(program.process, program.stop_signal, max(0.0, until - time.monotonic()))
        for service in reversed(self.services):
            if service.process is not None:
                processes.stop(service.process, service.stop_signal, 30)
            service.cleanup()

    def kill(self) -> None:
        """For a second Ctrl+C: the programs end now; the services still write what they hold."""
        for program in self.programs:
            if program.process is not None:
                processes.sweep(program.process)


def rotate(logs: Path) -> None:
    """A log that has grown too large is copied aside and emptied; its writer appends, so it need not reopen it."""
    for log in logs.glob("*.log"):
        if log.stat().st_size > _LARGEST_LOG:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
