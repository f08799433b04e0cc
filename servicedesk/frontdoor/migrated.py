"""A database with all tables and no rows of people, made once per run of the tests: migrating takes 11 s of a core, and
some twenty databases are made in a run. Each is a copy of this one.
"""

import os
import subprocess
from pathlib import Path

from servicedesk.frontdoor import services
from servicedesk.frontdoor.home import ROOT, Home
from servicedesk.frontdoor.postgres import Postgres
from servicedesk.frontdoor.say import Stop

TEMPLATE = "migrated"
"""The database to copy inside the server of the run."""
FOLDER = "MADOGUCHI_MIGRATED"
"""Where the data folder of a server that was shut down lies, to begin an installation with. Unset: migrate yourself."""
_PARTS = ("postgres", "postgres-password")


def make(home: Home) -> dict:
    """Fills the home's new embedded database and copies it both ways; what the tests need in their environment."""
    running = services.start(home, [Postgres], fast=True)
    try:
        env = services.environment(home, services.urls(running))
        _do(services.manage("migrate", "--noinput", "--verbosity=0"), env)
        server = running[0]
        _do([server.bin / "createdb", f"--maintenance-db={server.url}", "--template=madoguchi", TEMPLATE], env)
    finally:
        services.stop(running)
    folder = home.path / "migrated"
    folder.mkdir(mode=0o700)
    _copy(home.path, folder)
    return {FOLDER: str(folder)}


def copy_into(path: Path) -> bool:
    """Puts it into a data folder that has no database yet; False when there is none to copy."""
    source = os.environ.get(FOLDER)
    if not source:
        return False
    Home(path).make()
    _copy(Path(source), path)
    return True


def _copy(source: Path, target: Path) -> None:
    """With its owner, who is not root."""
    _do(["cp", "-a", *(source / part for part in _PARTS), target], dict(os.environ))


def _do(command: list, env: dict) -> None:
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        raise Stop(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
