"""`./madoguchi backup FILE` and `restore FILE`: one tar with the database, the attachments and the key.

Works while the desk runs: pg_dump reads one consistent moment. Attachments are copied after it; they are only ever
added, under random names, so every file that the dump knows is there. Attachments on S3 are not in the file.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from servicedesk.frontdoor import services, venv
from servicedesk.frontdoor.home import ROOT, Home, write_private
from servicedesk.frontdoor.postgres import Postgres
from servicedesk.frontdoor.say import Stop, say, step, warn

_KIND, _VERSION = "madoguchi-backup", 1
# What of the data folder belongs into a backup, beside the database. Logs and what is made anew do not.
FOLDERS = ("files", "mail")
PRIVATE = ("secret-key", "push-key", "demo-sign-ins.txt", "installed")


def _file(words: list[str], command: str) -> Path:
    if len(words) != 1 or words[0].startswith("-"):
        raise Stop(f"./madoguchi {command} FILE, for example: ./madoguchi {command} desk.tar")
    return Path(words[0]).absolute()


def _tool(home: Home, name: str) -> str:
    """pg_dump, pg_restore, psql: of the embedded server; for a server of one's own the system's (as new as it)."""
    if not os.environ.get("DATABASE_URL"):
        return str(Postgres(home, venv.packages()).bin / name)
    found = shutil.which(name) if not os.environ.get("MADOGUCHI_PG_BIN") else f"{os.environ['MADOGUCHI_PG_BIN']}/{name}"
    if not found:
        raise Stop(
            f"{name} is missing. Install it in the version of your server:\n    apt-get install postgresql-client"
        )
    return found


def _connection(url: str) -> dict:
    """libpq's variables: a password on a command line could be read by everybody on the machine."""
    parts = urlsplit(url)
    values = {
        "PGHOST": unquote(parts.hostname or ""),
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    for pair in filter(None, parts.query.split("&")):
        name, _, value = pair.partition("=")
        if name in ("sslmode", "sslrootcert", "sslcert", "sslkey"):
            values[f"PG{name.upper()}"] = unquote(value)
    return {name: value for name, value in values.items() if value}


def _pg(home: Home, env: dict, name: str, *words: str, **more) -> subprocess.CompletedProcess:
    # The embedded server has no OpenSSL and needs none on 127.0.0.1; a server of one's own is named with its sslmode.
    done = subprocess.run(
        [_tool(home, name), *words],
        env=env | _connection(env["DATABASE_URL"]),
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )
    if done.returncode:
        raise Stop(f"{name} failed:\n{done.stderr.strip()[-3000:]}")
    return done


def backup(words: list[str]) -> int:
    target = _file(words, "backup")
    if target.exists():
        raise Stop(f"{target} is there already; nothing is overwritten. Choose another name.")
    if not target.parent.is_dir():
        raise Stop(f"There is no folder {target.parent}.")
    venv.ensure(*services.groups())
    home = Home()
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with (
            services.borrowed(home) as env,
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder,
        ):
            dump = Path(folder) / "database.dump"
            step("reading the database")
            _pg(home, env, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}")
            step("packing")
            with (
                open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
                tarfile.open(fileobj=out, mode="w") as tar,
            ):
                facts = {
                    "kind": _KIND,
                    "version": _VERSION,
                    "made_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                    "release": _release(),
                }
                _add_text(tar, "about.json", json.dumps(facts, indent=1))
                tar.add(dump, "database.dump")
                _add_key(tar, home, env)
                for name in PRIVATE[1:]:
                    if (home.path / name).exists():
                        tar.add(home.path / name, name)
                for name in FOLDERS:
                    if (home.path / name).exists():
                        _add_folder(tar, home.path / name, name)
                out.flush()
            with open(new, "rb") as written:
                os.fsync(written.fileno())
        new.rename(target)
    finally:
        new.unlink(missing_ok=True)
    size = target.stat().st_size
    say(f"{target} ({size / 1_000_000:.1f} MB). It holds everything, the key too: keep it where only you can read it.")
    if os.environ.get("FILES_S3_BUCKET"):
        warn("Attachments are on S3 and are not in this file: back up the bucket itself.")
    return 0


def _release() -> str:
    for line in (ROOT / "pyproject.toml").read_text().splitlines():
        if line.startswith("version"):
            return line.split('"')[1]
    return ""


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    facts = tarfile.TarInfo(name)
    facts.size, facts.mode, facts.mtime = len(text.encode()), 0o600, int(time.time())
    tar.addfile(facts, io.BytesIO(text.encode()))


def _add_key(tar: tarfile.TarFile, home: Home, env: dict) -> None:
    """The key in use: second factors and signed tokens of mails are readable with it only."""
    key = env.get("SECRET_KEY") or Path(env["SECRET_KEY_FILE"]).read_text().strip()
    _add_text(tar, "secret-key", key + "\n")


def _add_folder(tar: tarfile.TarFile, folder: Path, name: str) -> None:
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # a passing file, such as an upload that was just taken in
            tar.add(path, f"{name}/{path.relative_to(folder)}", recursive=False)


# --- the way back ---------------------------------------------------------------------------------------------------


def restore(words: list[str]) -> int:
    source = _file(words, "restore")
    home = Home()
    home.make()
    if home.is_taken() and (home.state() or {}).get("command") == "run":
        raise Stop(
            f"Madoguchi runs on {home.path}. Stop it first; a backup is restored into an empty installation only."
        )
    venv.ensure(*services.groups())
    try:
        tar = tarfile.open(source)
    except (OSError, tarfile.TarError) as error:
        raise Stop(f"{source} cannot be read as a backup: {error}") from None
    with tar, tempfile.TemporaryDirectory(dir=home.path, prefix=".restore-") as folder:
        _check(tar, source)
        held = [name for name in FOLDERS if any((home.path / name).rglob("*"))]
        if held:
            raise Stop(f"{home.path / held[0]} is not empty. {_empty_only(home)}")
        with services.borrowed(home) as env:
            tables = _pg(
                home,
                env,
                "psql",
                "-AtqXc",
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
                stdout=subprocess.PIPE,
            ).stdout.strip()
            if tables != "0":
                raise Stop(f"The database has {tables} tables already. {_empty_only(home)}")
            step("unpacking")
            _unpack(tar, Path(folder))
            step("writing the database")
            _pg(
                home, env, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
                f"--dbname={_connection(env['DATABASE_URL'])['PGDATABASE']}", f"{folder}/database.dump",
            )  # fmt: skip
        from_disk = any(path.is_file() for path in (Path(folder) / "files").rglob("*"))
        for name in FOLDERS:
            if (Path(folder) / name).exists():
                (home.path / name).parent.mkdir(exist_ok=True)
                with contextlib.suppress(FileNotFoundError):
                    (home.path / name).rmdir()
                shutil.move(Path(folder) / name, home.path / name)
        for name in PRIVATE:
            if (Path(folder) / name).exists():
                write_private(home.path / name, (Path(folder) / name).read_text())
        if not (home.path / "installed").exists():
            write_private(home.path / "installed", "restored\n")
    if os.environ.get("FILES_S3_BUCKET") and from_disk:
        warn(f"The backup holds attachments from a disk; this installation keeps them on S3. Copy {home.path}/files")
        warn("into the bucket with the same names.")
    elif os.environ.get("FILES_S3_BUCKET"):
        warn("Attachments are on S3 and were not in this file: the bucket, or its copy, must be there.")
    say(f"Restored into {home.path}. The next start (./madoguchi run) brings the database up to date.")
    if os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE"):
        warn(f"Your environment names its own SECRET_KEY. The restored one is in {home.path / 'secret-key'}: use it,")
        warn("or second factors, signed links and mail tokens from before are not understood.")
    return 0


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    """Only what a backup holds: plain files under their names. (The `filter` of extractall is newer than Debian 12.)"""
    for member in tar:
        path = PurePosixPath(member.name)
        known = path.parts[0] in FOLDERS or member.name in (*PRIVATE, "about.json", "database.dump")
        if path.is_absolute() or ".." in path.parts or not known or not (member.isfile() or member.isdir()):
            raise Stop(f"The file holds {member.name!r}, which is no part of a backup of Madoguchi.")
        target = folder / path
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        source = tar.extractfile(member)
        assert source
        with source, open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as out:
            shutil.copyfileobj(source, out)


def _empty_only(home: Home) -> str:
    return (
        "A backup is restored into an empty installation only.\n"
        "    For example: MADOGUCHI_HOME=/path/of/a/new/folder ./madoguchi restore FILE"
    )


def _check(tar: tarfile.TarFile, source: Path) -> None:
    try:
        member = tar.extractfile("about.json")
        facts = json.load(member) if member else {}
    except (KeyError, ValueError, tarfile.TarError):
        facts = {}
    if facts.get("kind") != _KIND:
        raise Stop(f"{source} is no backup of Madoguchi.")
    if facts.get("version") != _VERSION:
        raise Stop(
            f"{source} has the form {facts.get('version')}; this release reads form {_VERSION}. Use a newer release."
        )
