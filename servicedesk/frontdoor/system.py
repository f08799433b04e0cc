"""Pieces of the system that tests and PDFs need: found, installed where we are allowed to, named where we are not."""

import ctypes.util
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from servicedesk.frontdoor.say import step, warn


@dataclass(frozen=True)
class Piece:
    """A package, and whether it is there. `answers` are given to debconf before it is installed; where `clashes` says
    so it is never installed by us, because apt would take something else away for it.
    """

    package: str
    is_there: Callable[[], bool]
    answers: str = ""
    clashes: Callable[[], bool] = lambda: False


def _program(*names: str) -> Callable[[], bool]:
    # Servers live in sbin, which a normal user often does not have on the path.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return lambda: any(shutil.which(name, path=path) for name in names)


def _library(name: str) -> Callable[[], bool]:
    return lambda: bool(ctypes.util.find_library(name))


def _japanese_font() -> bool:
    if shutil.which("fc-list"):
        return bool(subprocess.run(["fc-list", ":lang=ja", "family"], capture_output=True, text=True).stdout.strip())
    return any(Path("/usr/share/fonts").glob("**/*CJK*"))


GETTEXT = Piece("gettext", _program("xgettext"))
CHROMIUM = Piece("chromium", _program("chromium", "chromium-browser", "google-chrome"))
JAPANESE = Piece("fonts-noto-cjk", _japanese_font)
# Reads the words of a PDF back.
POPPLER = Piece("poppler-utils", _program("pdftotext"))
# What WeasyPrint draws PDFs with.
PAPER = (
    Piece("libpango-1.0-0", _library("pango-1.0")),
    Piece("libpangoft2-1.0-0", _library("pangoft2-1.0")),
    Piece("libharfbuzz-subset0", _library("harfbuzz-subset")),
    JAPANESE,
)
DOVECOT = Piece("dovecot-imapd", lambda: _program("dovecot")() and Path("/usr/lib/dovecot/imap").exists())
DOVECOT_LMTP = Piece("dovecot-lmtpd", lambda: Path("/usr/lib/dovecot/lmtp").exists())
# Without settings of its own the installed Postfix never starts; the tests start one with theirs.
POSTFIX = Piece(
    "postfix",
    lambda: Path("/usr/lib/postfix/sbin/master").exists(),
    answers="postfix postfix/main_mailer_type select No configuration",
    clashes=lambda: Path("/usr/sbin/sendmail").exists(),
)
CLAMD = Piece("clamav-daemon", _program("clamd"))


def missing(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if not piece.is_there()]


def install(pieces: list[Piece]) -> None:
    """Installs what is missing by apt-get when we are root or may become it without being asked; else does nothing."""
    wanted = [piece for piece in missing(pieces) if not piece.clashes()]
    names = [piece.package for piece in wanted]
    if not names or not shutil.which("apt-get"):
        return
    become: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
            return
        become = ["sudo", "-n"]
    step(f"installing {' '.join(names)}")
    # RUNLEVEL=1: a server that comes with a package is not started; the tests start their own.
    apt = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    for answers in filter(None, (piece.answers for piece in wanted)):
        subprocess.run([*become, "debconf-set-selections"], input=answers, text=True, capture_output=True)
    for words in (["update"], ["install", "-y", "--no-install-recommends", *names]):
        done = subprocess.run([*apt, *words], capture_output=True, text=True)
        if done.returncode:
            warn(f"apt-get {words[0]} failed:\n{done.stderr.strip()[-1500:]}")
            return
