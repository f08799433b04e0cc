"""`./madoguchi test`, `lint` and `format`: the checks in their order, each run whatever happened to the one before."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from servicedesk.frontdoor import processes, services, system, translations, venv
from servicedesk.frontdoor.home import ROOT, Home
from servicedesk.frontdoor.say import Stop, say

_LONGEST_STEP = 20 * 60


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


def steps() -> list[Step]:
    production = (
        ("SITE_URL", "https://desk.example.com"), ("ALLOWED_HOSTS", "desk.example.com"),
        ("TRUSTED_PROXIES", "127.0.0.1"), ("DJANGO_SETTINGS_MODULE", "servicedesk.settings"),
    )  # fmt: skip
    manage = services.manage
    return [
        *static_steps(),
        Step("check --deploy", manage("check", "--deploy", "--fail-level=WARNING"), env=production),
        Step("migrations", manage("makemigrations", "--check", "--dry-run")),
        Step("translations", _python("-m", "servicedesk.frontdoor.translations", "check"), (system.GETTEXT,)),
        Step("OpenAPI", manage("spectacular", "--validate", "--fail-on-warn", "--file", os.devnull)),
        Step("pytest", _pytest("-n", "2", "--ignore=tests/browser", "--ignore=tests/servers", "tests")),
        Step("browser tests", _pytest("-n", "2", "tests/browser"), (system.CHROMIUM, system.JAPANESE)),
        Step(
            "real servers",
            _pytest("-n", "2", "--dist", "loadscope", "tests/servers"),
            (system.DOVECOT, system.DOVECOT_LMTP, system.POSTFIX, system.CLAMD),
        ),
    ]


def _pytest(*words: str) -> list:
    return _python("-m", "pytest", "-q", *words)


# --- running them ---------------------------------------------------------------------------------------------------


def _perform(step: Step, env: dict) -> bool:
    process = subprocess.Popen(
        [str(word) for word in step.command], cwd=ROOT, env=env | dict(step.env), stdin=subprocess.DEVNULL,
        preexec_fn=processes.die_with_parent, process_group=0,
    )  # fmt: skip
    try:
        return process.wait(_LONGEST_STEP) == 0
    except subprocess.TimeoutExpired:
        say(f"{step.name} took more than {_LONGEST_STEP // 60} minutes and was ended.")
        return False
    finally:
        processes.stop(process, signal.SIGINT)


def _all(steps: list[Step], env: dict) -> int:
    """Runs every step, prints a summary, and as the last line the counts."""
    strict = os.environ.get("CI", "").lower() in ("1", "true", "yes")
    results = []
    for step in steps:
        say(f"\n=== {step.name} " + "=" * (90 - len(step.name)))
        began = time.monotonic()
        lacking = system.missing(list(step.needs))
        if lacking:
            command = "apt-get install " + " ".join(piece.package for piece in lacking)
            say(f"{'FAILED' if strict else 'SKIPPED'}: this needs {command}")
            results.append((step.name, "failed" if strict else "skipped", 0.0, f"needs: {command}"))
            continue
        result = "passed" if _perform(step, env) else "failed"
        results.append((step.name, result, time.monotonic() - began, ""))
        say(f"--- {step.name}: {result}, {results[-1][2]:.1f} s")
    say("\n=== summary " + "=" * 83)
    for name, result, seconds, note in results:
        say(f"  {result:<8}{seconds:7.1f} s  {name}{'  ' + note if note else ''}")
    say(f"  {'in all':<8}{sum(seconds for _, _, seconds, _ in results):7.1f} s")
    count = {word: sum(result == word for _, result, _, _ in results) for word in ("passed", "failed", "skipped")}
    if count["skipped"]:
        say(f"  {count['skipped']} skipped: this machine lacks what they need, see above")
    say(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] else 0


def test(words: list[str]) -> int:
    venv.ensure("embedded", "dev")
    venv.ensure_peers()
    wanted = [step for step in steps() if not words]
    system.install([piece for step in (wanted or steps()) for piece in step.needs] if not words else [])
    home = Home()
    home.make()
    # A folder of its own per run: two runs at once do not meet, and nothing of a test gets into the real data.
    folder = Path(tempfile.mkdtemp(prefix="test-", dir=home.path))
    running: list = []
    _on_termination()
    try:
        trial = Home(folder)
        trial.make()
        running = services.start(trial, services.wanted(), fast=True)
        env = services.environment(trial, services.urls(running))
        env |= {"MADOGUCHI_TEST_RESULTS": str(home.path / "test-results"), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        translations.compile_stale(env)
        if words:
            return subprocess.run([*map(str, _python("-m", "pytest", *words))], env=env).returncode
        return _all(wanted, env)
    finally:
        services.stop(running)
        shutil.rmtree(folder, ignore_errors=True)


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
