"""Compiling locale/*/LC_MESSAGES/*.po, and renewing them from the source (`./madoguchi messages`).

A bare machine has no msgfmt, so Babel compiles; it lives in the venv, which runs this file as a script.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from servicedesk.frontdoor import processes, venv
from servicedesk.frontdoor.home import ROOT
from servicedesk.frontdoor.say import Stop, step

LANGUAGES = ["ja"]  # English is the language of the source


def stale() -> list[Path]:
    found = []
    for po in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns:
            found.append(po)
    return found


def compile_stale(env: dict | None = None, log: Path | None = None) -> None:
    """Compiles what is older than its source."""
    files = stale()
    if not files:
        return
    step("compiling translations")
    done = processes.spawn([venv.PYTHON, "-m", "servicedesk.frontdoor.translations", *files], log=log, env=env, cwd=ROOT).wait()
    if done:
        raise Stop(f"The translations could not be compiled.\n{processes.tail(log) if log else ''}")


def _compile(files: list[str]) -> None:
    """In the venv: each file whole or not at all, because a running server may be reading it."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for name in files:
        po = Path(name)
        with open(po, "rb") as source:
            catalog = read_po(source, locale=po.parts[-3], abort_invalid=True)
        new = po.with_suffix(f".mo.{os.getpid()}")
        with open(new, "wb") as target:
            write_mo(target, catalog, use_fuzzy=False)
        new.replace(po.with_suffix(".mo"))


def messages(env: dict, folder: Path = ROOT) -> None:
    """Renews the .po files from the source in `folder`: no line numbers, sorted, so that a diff shows words only."""
    if not shutil.which("msgmerge") or not shutil.which("xgettext"):
        raise Stop("gettext is missing. Install it:\n    apt-get install gettext")
    for domain in ["django", *(["djangojs"] if any(folder.glob("static/madoguchi/**/*.js")) else [])]:
        words = ["makemessages", "--no-location", "--no-obsolete", "--no-wrap", "--verbosity=0", f"--domain={domain}"]
        for language in LANGUAGES:
            words += ["--locale", language]
        for ignored in (".venv/*", "var/*", "tests/*", "bench/*", "static/vendor/*", "deploy/*", "servicedesk/frontdoor/*"):
            words += ["--ignore", ignored]
        done = subprocess.run([str(venv.PYTHON), str(folder / "manage.py"), *words], cwd=folder, env=env)
        if done.returncode:
            raise Stop("makemessages failed.")
    for po in folder.glob("locale/*/LC_MESSAGES/*.po"):
        _settle(po)


def _settle(po: Path) -> None:
    """Sorts the messages and drops the date, which would change the file at every run."""
    done = subprocess.run(["msgattrib", "--no-wrap", "--sort-output", "--no-location", "-o", po, po])
    if done.returncode:
        raise Stop(f"{po} is broken.")
    lines = po.read_text().splitlines(keepends=True)
    po.write_text("".join(line for line in lines if not line.startswith('"POT-Creation-Date:')))


if __name__ == "__main__":
    _compile(sys.argv[1:])
