"""The commands of `./madoguchi`. Each is a function that takes its words and returns an exit code."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from servicedesk.frontdoor import checks, processes, services, system, translations, venv
from servicedesk.frontdoor.backup import backup, restore
from servicedesk.frontdoor.home import ROOT, Home
from servicedesk.frontdoor.run import run
from servicedesk.frontdoor.say import Stop, say, warn


@dataclass(frozen=True)
class Command:
    line: str
    act: Callable[[list[str]], int]


def _with_services(command: list[str]) -> int:
    """Runs one program with the services of a running installation, or with its own."""
    venv.ensure(*services.groups())
    with services.borrowed(Home()) as env:
        # Ctrl+C is the program's: it gets it from the terminal as we do, and we stop the services after it.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return subprocess.run(command, env=env, preexec_fn=_as_the_one_in_front).returncode
        finally:
            signal.signal(signal.SIGINT, before)


def _as_the_one_in_front() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    processes.die_with_parent(signal.SIGTERM)


def _manage(words: list[str]) -> int:
    if not words:
        raise Stop("Which command? For example: ./madoguchi manage migrate, ./madoguchi manage help")
    return _with_services(services.manage(*words))


def _shell(words: list[str]) -> int:
    return _with_services(services.manage("shell", *words))


def _bench(words: list[str]) -> int:
    if not (ROOT / "bench" / "__main__.py").exists():
        raise Stop("There is no bench/ yet.")
    venv.ensure("embedded")
    return subprocess.run([venv.PYTHON, "-m", "bench", *words], cwd=ROOT).returncode


def _screenshots(words: list[str]) -> int:
    venv.ensure("embedded", "dev")
    system.install([system.CHROMIUM, system.JAPANESE])
    return subprocess.run([venv.PYTHON, "-m", "screens", *words], cwd=ROOT).returncode


def _messages(words: list[str]) -> int:
    venv.ensure()
    home = Home()
    home.make()
    translations.messages(services.environment(home))
    translations.compile_stale()
    return 0


def _install(words: list[str]) -> int:
    venv.ensure(*services.groups())
    translations.compile_stale()
    return 0


def _lock(words: list[str]) -> int:
    venv.lock_requirements()
    return 0


COMMANDS = {
    "run": Command("set up and start the desk; Ctrl+C stops it. --empty starts without demo content", run),
    "test": Command("every check and test; with paths only pytest on these", checks.test),
    "lint": Command("the checks that need no database: ruff, djlint, mypy, import order", checks.lint),
    "format": Command("bring Python and templates into shape", checks.format_source),
    "bench": Command("measure the speed on many tickets: bench [--tickets N]", _bench),
    "screenshots": Command("pictures of every page in all looks: screenshots [WORD …]", _screenshots),
    "messages": Command("renew the translation files from the source and compile them", _messages),
    "shell": Command("a Python shell with the models loaded", _shell),
    "manage": Command("any Django command: manage COMMAND …", _manage),
    "backup": Command("everything into one file: backup FILE", backup),
    "restore": Command("from such a file into an empty installation: restore FILE", restore),
    "install": Command("only make .venv/ and compile the translations, for production and images", _install),
    "lock": Command("pin the newest versions of what requirements*.in ask for", _lock),
}


def _help() -> int:
    say("./madoguchi COMMAND\n")
    for name, command in COMMANDS.items():
        say(f"  {name:<12}{command.line}")
    say("\nMADOGUCHI_HOME is the data folder (default var/), PORT the port of the pages (default 8000).")
    say("DATABASE_URL and REDIS_URL name servers of your own instead of the embedded ones. More: docs/operations.md")
    return 0


def main(words: list[str]) -> int:
    if not words or words[0] in ("help", "--help", "-h"):
        return _help()
    command = COMMANDS.get(words[0])
    if command is None:
        warn(f"There is no command {words[0]!r}.\n")
        _help()
        return 2
    try:
        return command.act(words[1:])
    except Stop as problem:
        warn(f"\n{problem}")
        return 1
    except KeyboardInterrupt:
        warn("\nStopped.")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
