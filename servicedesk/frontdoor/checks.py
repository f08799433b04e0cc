"""`./madoguchi test`, `lint` and `format`: the checks in their order, each run whatever happened to the one before."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from servicedesk.frontdoor import migrated, processes, services, system, translations, venv
from servicedesk.frontdoor.home import ROOT, Home
from servicedesk.frontdoor.postgres import Postgres
from servicedesk.frontdoor.say import Stop, say

_LONGEST_STEP = 40 * 60


@dataclass(frozen=True)
class Step:
    """One check: a command that ends with 0 when all is well. Without the pieces of the system it needs it is skipped,
    and says so; with CI=true that is a failure.
    """

    name: str
    command: list
    needs: tuple[system.Piece, ...] = ()
    env: tuple[tuple[str, str], ...] = ()


def _tool(name: str, *words: object) -> list:
    return [venv.VENV / "bin" / name, *words]


def _python(*words: object) -> list:
    return [venv.PYTHON, *words]


def _typed() -> list[Path]:
    """What mypy judges: all writes and all reads."""
    folders = [
        ROOT / "servicedesk",
        ROOT / "cmdb",
        ROOT / "incidents",
        ROOT / "requests",
        ROOT / "problems",
        ROOT / "changes",
    ]
    found = []
    for folder in folders:
        for kind in ("actions", "queries"):
            found += [*folder.glob(f"**/{kind}.py"), *folder.glob(f"**/{kind}/**/*.py")]
    return sorted(path.relative_to(ROOT) for path in found)


def static_steps() -> list[Step]:
    """What looks at the source only."""
    return [
        Step("ruff", _tool("ruff", "check", "--quiet", ".", "madoguchi")),
        Step("ruff format", _tool("ruff", "format", "--check", "--quiet", ".", "madoguchi")),
        # Its formatter is left out: it moves white space beside inline text, which shows on pages and in mails.
        Step("djlint", _tool("djlint", "--lint", "--quiet", "templates")),
        Step("mypy", _tool("mypy", *_typed())),
        Step("import order", _tool("lint-imports")),
    ]


def test_steps() -> list[Step]:
    return [
        Step(
            "pytest",
            _pytest("-n", "2", "--dist", "worksteal", "--ignore=tests/browser", "--ignore=tests/servers", "tests"),
            (*system.PAPER, system.POPPLER),
        ),
        Step("browser tests", _pytest("-n", "2", "tests/browser"), (system.CHROMIUM, system.JAPANESE)),
    ]


def patient_steps() -> list[Step]:
    """What needs a database or mostly waits, and so is done beside the tests."""
    production = (
        ("SITE_URL", "https://desk.example.com"), ("ALLOWED_HOSTS", "desk.example.com"),
        ("TRUSTED_PROXIES", "127.0.0.1"), ("DJANGO_SETTINGS_MODULE", "servicedesk.settings"),
    )  # fmt: skip
    manage = services.manage
    return [
        Step("check --deploy", manage("check", "--deploy", "--fail-level=WARNING"), env=production),
        Step("migrations", manage("makemigrations", "--check", "--dry-run")),
        Step("translations", _python("-m", "servicedesk.frontdoor.translations", "check"), (system.GETTEXT,)),
        Step("OpenAPI", manage("spectacular", "--validate", "--fail-on-warn", "--file", os.devnull)),
        Step(
            "real servers",
            _pytest("tests/servers"),
            (*system.PAPER, system.DOVECOT, system.DOVECOT_LMTP, system.POSTFIX, system.CLAMD),
        ),
    ]


def _pytest(*words: str) -> list:
    return _python("-m", "pytest", "-q", *words)


# --- running them ---------------------------------------------------------------------------------------------------


@dataclass
class Result:
    step: Step
    word: str  # passed, failed, skipped
    seconds: float = 0.0
    note: str = ""

    def head(self) -> str:
        return f"\n=== {self.step.name} " + "=" * (90 - len(self.step.name))

    def line(self) -> str:
        if self.note:
            return f"{'FAILED' if self.word == 'failed' else 'SKIPPED'}: this {self.note}"
        return f"--- {self.step.name}: {self.word}, {self.seconds:.1f} s"


class Lane:
    """Steps one after another. In a thread of its own, what they print is kept until `results()`, so that the words of
    two lanes do not mix; left early, it ends what runs.
    """

    def __init__(self, steps: list[Step], env: dict) -> None:
        self._steps, self._env = steps, env
        self._process: subprocess.Popen | None = None
        self._ended = False
        self._done: list[tuple[Result, str]] = []
        self._thread = threading.Thread(target=self._all_kept)

    def __enter__(self) -> "Lane":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended = True
        while self._thread.is_alive():
            if self._process:
                processes.stop(self._process, signal.SIGINT)
            self._thread.join(0.2)

    def results(self) -> list[Result]:
        """Waits for the thread, and prints what was kept."""
        self._thread.join()
        for result, words in self._done:
            say(result.head())
            say(words + result.line())
        return [result for result, _words in self._done]

    def perform(self) -> list[Result]:
        """Here and now, without a thread."""
        results = []
        for step in self._steps:
            say(Result(step, "").head())
            results.append(self._one(step, None))
            say(results[-1].line())
        return results

    def _all_kept(self) -> None:
        for step in self._steps:
            if self._ended:
                return
            with tempfile.TemporaryFile("w+", errors="replace") as output:
                result = self._one(step, output)
                output.seek(0)
                self._done.append((result, output.read()))

    def _one(self, step: Step, output: IO | None) -> Result:
        lacking = system.missing(list(step.needs))
        if lacking:
            strict = os.environ.get("CI", "").lower() in ("1", "true", "yes")
            command = "apt-get install " + " ".join(piece.package for piece in lacking)
            return Result(step, "failed" if strict else "skipped", 0.0, f"needs {command}")
        began = time.monotonic()
        passed = self._runs_well(step, output)
        return Result(step, "passed" if passed else "failed", time.monotonic() - began)

    def _runs_well(self, step: Step, output: IO | None) -> bool:
        self._process = process = subprocess.Popen(
            [str(word) for word in step.command], cwd=ROOT, env=self._env | dict(step.env), stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT if output else None,
            preexec_fn=processes.die_with_parent, process_group=0,
        )  # fmt: skip
        try:
            return process.wait(_LONGEST_STEP) == 0
        except subprocess.TimeoutExpired:
            say(f"{step.name} took more than {_LONGEST_STEP // 60} minutes and was ended.")
            return False
        finally:
            processes.stop(process, signal.SIGINT)


def _told(results: list[Result], seconds: float) -> int:
    """Prints the summary, and as the last line the counts."""
    say("\n=== summary " + "=" * 83)
    for each in results:
        say(f"  {each.word:<8}{each.seconds:7.1f} s  {each.step.name}{'  ' + each.note if each.note else ''}")
    say(f"  {'in all':<8}{seconds:7.1f} s")
    count = {word: sum(each.word == word for each in results) for word in ("passed", "failed", "skipped")}
    if count["skipped"]:
        say(f"  {count['skipped']} skipped: this machine lacks what they need, see above")
    say(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] else 0


def _all(steps: list[Step], env: dict) -> int:
    began = time.monotonic()
    return _told(Lane(steps, env).perform(), time.monotonic() - began)


def test(words: list[str]) -> int:
    venv.ensure("embedded", "dev")
    venv.ensure_peers()
    if not words:
        system.install([piece for step in [*patient_steps(), *test_steps()] for piece in step.needs])
    home = Home()
    home.make()
    # A folder of its own per run: two runs at once do not meet, and nothing of a test gets into the real data.
    folder = Path(tempfile.mkdtemp(prefix="test-", dir=home.path))
    _on_termination()
    try:
        trial = Home(folder)
        trial.make()
        more = {"MADOGUCHI_TEST_RESULTS": str(home.path / "test-results"), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        if words:
            with _services(trial) as env:
                translations.compile_stale(env | more)
                return subprocess.run([*map(str, _python("-m", "pytest", *words))], env=env | more).returncode
        return _everything(trial, more)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _everything(trial: Home, more: dict) -> int:
    """The source is looked at while a database is made; then the tests run, beside them what mostly waits."""
    began = time.monotonic()
    alone = services.environment(trial) | more
    translations.compile_stale(alone)
    with Lane(static_steps(), alone) as static:
        if Postgres in services.wanted():
            more |= migrated.make(trial)
        results = static.results()
    with _services(trial) as env, Lane(patient_steps(), env | more) as patient:
        tested = Lane(test_steps(), env | more).perform()
        results += patient.results() + tested
    return _told(results, time.monotonic() - began)


@contextlib.contextmanager
def _services(trial: Home) -> Iterator[dict]:
    running: list = []
    try:
        running = services.start(trial, services.wanted(), fast=True)
        yield services.environment(trial, services.urls(running))
    finally:
        services.stop(running)


def _on_termination() -> None:
    """A CI system that gives up sends SIGTERM; we clean up all the same."""

    def end(number, frame) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


def lint(words: list[str]) -> int:
    if words:
        raise Stop("lint takes no words; it looks at everything.")
    venv.ensure("dev")
    return _all(static_steps(), os.environ | {"SECRET_KEY": "lint" * 16})


def format_source(words: list[str]) -> int:
    venv.ensure("dev")
    paths = words or [".", "madoguchi"]
    done = [
        subprocess.run([*map(str, command)], cwd=ROOT).returncode
        for command in (_tool("ruff", "check", "--quiet", "--fix", *paths), _tool("ruff", "format", *paths))
    ]
    return max(done)
