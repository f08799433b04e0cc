"""Compiling locale/*/LC_MESSAGES/*.po, and renewing them from the source (`./madoguchi messages`).

A bare machine has no msgfmt, so Babel compiles; it lives in the venv, which runs this file as a script.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from servicedesk.frontdoor import processes, venv
from servicedesk.frontdoor.home import ROOT
from servicedesk.frontdoor.say import Stop, say, step

LANGUAGES = ["ja"]  # English is the language of the source
_HEADER = """msgid ""
msgstr ""
"Project-Id-Version: Madoguchi\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""


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
    done = processes.spawn(
        [venv.PYTHON, "-m", "servicedesk.frontdoor.translations", *files], log=log, env=env, cwd=ROOT
    ).wait()
    if done:
        raise Stop(f"The translations could not be compiled.\n{processes.tail(log) if log else ''}")


def _compile(files: list[str]) -> int:
    """In the venv: each file whole or not at all, because a running server may be reading it."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    for name in files:
        po = Path(name)
        try:
            with open(po, "rb") as source:
                catalog = read_po(source, locale=po.parts[-3], abort_invalid=True)
        except PoFileError as error:
            say(f"{po}: {error}")
            return 1
        new = po.with_suffix(f".mo.{os.getpid()}")
        with open(new, "wb") as target:
            write_mo(target, catalog, use_fuzzy=False)
        new.replace(po.with_suffix(".mo"))
    return 0


def messages(env: dict, folder: Path = ROOT) -> None:
    """Renews the .po files from the source in `folder`: no line numbers, sorted, so that a diff shows words only."""
    if not shutil.which("msgmerge") or not shutil.which("xgettext"):
        raise Stop("gettext is missing. Install it:\n    apt-get install gettext")
    for domain in ["django", *_javascript(folder)]:
        words = ["makemessages", "--no-location", "--no-obsolete", "--no-wrap", "--verbosity=0", f"--domain={domain}"]
        for language in LANGUAGES:
            words += ["--locale", language]
            _begin(folder / "locale" / language / "LC_MESSAGES" / f"{domain}.po", language)
        for ignored in (
            ".venv/*",
            "var/*",
            "tests/*",
            "bench/*",
            "static/vendor/*",
            "deploy/*",
            "servicedesk/frontdoor/*",
        ):
            words += ["--ignore", ignored]
        done = subprocess.run(
            [str(venv.PYTHON), str(folder / "manage.py"), *words], cwd=folder,
            env=env | {"DJANGO_SETTINGS_MODULE": "servicedesk.settings"},
        )  # fmt: skip
        if done.returncode:
            raise Stop("makemessages failed.")
    for po in folder.glob("locale/*/LC_MESSAGES/*.po"):
        _settle(po)


def _begin(po: Path, language: str) -> None:
    """A catalogue of the right form to merge into; left to itself makemessages would guess two plural forms."""
    if not po.exists():
        po.parent.mkdir(parents=True, exist_ok=True)
        po.write_text(_HEADER.format(language=language))


def _javascript(folder: Path) -> list[str]:
    """The second catalogue, when a script of ours has words of its own."""
    scripts = (path for path in folder.glob("static/**/*.js") if "vendor" not in path.parts)
    return ["djangojs"] if any("gettext(" in path.read_text() for path in scripts) else []


def _settle(po: Path) -> None:
    """Sorts the messages and drops the date, which would change the file at every run."""
    done = subprocess.run(["msgattrib", "--no-wrap", "--sort-output", "--no-location", "-o", po, po])
    if done.returncode:
        raise Stop(f"{po} is broken.")
    lines = po.read_text().splitlines(keepends=True)
    po.write_text("".join(line for line in lines if not line.startswith('"POT-Creation-Date:')))


# --- checking (in the venv) -----------------------------------------------------------------------------------------


def problems() -> list[str]:
    """What is wrong with the translations, a line each: a message of the source that is not in the catalogue or has no
    translation, a doubtful ("fuzzy") one, one that the source no longer has, one whose placeholders differ.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="madoguchi-messages-") as folder:
        copy = Path(folder) / "source"
        _copy_source(copy)
        messages(dict(os.environ), copy)
        for language in LANGUAGES:
            for domain in ("django", "djangojs"):
                fresh = copy / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
                if fresh.exists():
                    found += _compare(fresh, ROOT / fresh.relative_to(copy))
    return found


def _copy_source(copy: Path) -> None:
    """The source alone, so that extracting changes nothing here."""
    folders = ["servicedesk", "incidents", "requests", "problems", "changes", "cmdb", "templates", "locale", "static"]
    for name in folders:
        if (ROOT / name).exists():
            ignored = shutil.ignore_patterns("__pycache__", "*.mo", "vendor")
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    shutil.copy(ROOT / "manage.py", copy)
    (copy / "locale").mkdir(exist_ok=True)


def _compare(fresh_file: Path, kept_file: Path) -> list[str]:
    from babel.messages.pofile import read_po

    if not kept_file.exists():
        return [f"{kept_file.relative_to(ROOT)} is missing"]
    language = kept_file.parts[-3]
    with open(fresh_file, "rb") as source:
        fresh = {(message.id, message.context) for message in read_po(source, locale=language) if message.id}
    with open(kept_file, "rb") as source:
        kept = read_po(source, locale=language, abort_invalid=True)
    found, known = [], set()
    for message in kept:
        if not message.id:
            continue
        known.add((message.id, message.context))
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        short = str(message.id)[:100]
        if message.fuzzy:
            found.append(f"{language}: fuzzy: {short}")
        elif not all(words):
            found.append(f"{language}: untranslated: {short}")
        found += [f"{language}: {short}: {error}" for error in message.check(kept)]
    found += [f"{language}: not in the catalogue: {str(text)[:100]}" for text, _ in sorted(fresh - known, key=str)]
    found += [f"{language}: no longer in the source: {str(text)[:100]}" for text, _ in sorted(known - fresh, key=str)]
    return found


def _check() -> int:
    try:
        found = problems()
    except Stop as problem:
        say(str(problem))
        return 1
    for line in found:
        say(line)
    say(f"{len(found)} problems; ./madoguchi messages renews the catalogues" if found else "every string is translated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(_check() if sys.argv[1:] == ["check"] else _compile(sys.argv[1:]))
