"""What a file really is, whether it is taken, and a small picture of pictures."""

import hashlib
import io
import logging
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import puremagic
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from servicedesk.web.errors import NotNow
from servicedesk.web.text import one_line

from . import scan
from .errors import TicketError

log = logging.getLogger(__name__)

# Programs and scripts that a double click would run. What else is inside a file nobody runs here: all are downloads.
_RUNS_BY_NAME = frozenset(
    "exe com scr pif cpl msi msp mst bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta lnk scf url reg jar jnlp app "  # noqa: SIM905
    "apk deb rpm dll sys drv ocx chm gadget inf application msc php phtml phar pht".split()
)
_RUNS_BY_CONTENT = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)
_PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
_MOST_PIXELS = 40_000_000
_THUMBNAIL = (320, 240)


@dataclass(frozen=True)
class Known:
    """A file after a look at its content: safe name, real type, size in bytes, SHA-256 and a PNG thumbnail or None."""

    name: str
    content_type: str
    size: int
    sha256: str
    thumbnail: bytes | None


class Scanned(SimpleUploadedFile):
    """A file that was looked at by the virus scanner already."""


@dataclass(frozen=True)
class Examined:
    """A file and what was found out about it."""

    file: UploadedFile
    known: Known


def examine_all(files: Iterable[UploadedFile | Examined], *, strict: bool = True) -> list[Examined]:
    """`examine` each, unless that was done. Do it before a ticket is locked: a virus scanner may take its time. Refuses
    too many files.
    """
    files = list(files)
    if strict and len(files) > settings.ATTACHMENTS_PER_MESSAGE:
        raise TicketError(
            _("At most %(most)d files go with one message.") % {"most": settings.ATTACHMENTS_PER_MESSAGE}, field="files"
        )
    return [file if isinstance(file, Examined) else Examined(file, examine(file, strict=strict)) for file in files]


def examine(file: UploadedFile, *, strict: bool = True) -> Known:
    """Look at a file's content. `strict` refuses programs, empty and oversized files (uploads by people); mail passes
    False, because what somebody sent is kept whatever it is. A virus is refused always, where there is a scanner.

    Refuses with field `files`. Raises NotNow when the scanner does not answer.
    """
    name = one_line((file.name or "").replace("\\", "/").rsplit("/", 1)[-1], 180) or "file"
    size = file.size or 0
    if strict and size == 0:
        raise TicketError(_("“%(name)s” is empty.") % {"name": name}, field="files")
    if strict and size > settings.ATTACHMENT_MAX_BYTES:
        raise TicketError(
            _("“%(name)s” is too large. A file may have %(most)d MB.")
            % {"name": name, "most": settings.ATTACHMENT_MAX_BYTES // 1024 // 1024},
            field="files",
        )
    if not isinstance(file, Scanned):
        _refuse_virus(file, name)
    digest = hashlib.sha256()
    file.seek(0)
    head = file.read(8192)
    digest.update(head)
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    file.seek(0)
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if strict and (ending in _RUNS_BY_NAME or head.startswith(_RUNS_BY_CONTENT)):
        raise TicketError(
            _("“%(name)s” is a program and is not taken. Put it into an archive or say where it can be found.")
            % {"name": name},
            field="files",
        )
    picture_type, thumbnail = _picture(file)
    return Known(name, picture_type or _content_type(head, ending), size, digest.hexdigest(), thumbnail)


def _refuse_virus(file: UploadedFile, name: str) -> None:
    if not scan.is_on():
        return
    try:
        virus = scan.virus_in(file)
    except scan.TooLarge:
        raise TicketError(
            _("“%(name)s” is too large to be checked for viruses. Say where it can be found instead.") % {"name": name},
            field="files",
        ) from None
    except scan.NoAnswer as error:
        log.error("the virus scanner cannot be used: %s", error)
        raise NotNow(
            _(
                "Files cannot be checked for viruses just now, so nothing was sent. Try again in a few minutes, or "
                "send it without the files."
            ),
            field="files",
        ) from error
    if virus:
        log.warning("a file with the virus %s was refused", virus)
        raise TicketError(
            _("“%(name)s” was not taken: it contains the virus %(virus)s. Send it without this file.")
            % {"name": name, "virus": virus},
            field="files",
        )


def _content_type(head: bytes, ending: str) -> str:
    try:
        guesses = puremagic.magic_string(head, f"file.{ending}" if ending else None)
    except (puremagic.PureError, ValueError):
        guesses = []
    for guess in guesses:
        if guess.mime_type and "/" in guess.mime_type:
            return guess.mime_type[:120]
    if head and b"\x00" not in head:
        return "text/plain"
    return "application/octet-stream"


def _picture(file) -> tuple[str | None, bytes | None]:
    """Type and PNG thumbnail of a picture, drawn anew so that nothing of the file itself is shown; else (None,
    None).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=list(_PICTURES)) as picture:
                content_type = _PICTURES[picture.format or ""]
                if picture.width * picture.height > _MOST_PIXELS:
                    return content_type, None
                picture.draft("RGB", _THUMBNAIL)
                small = ImageOps.exif_transpose(picture).convert("RGBA")
                small.thumbnail(_THUMBNAIL)
                out = io.BytesIO()
                small.save(out, "PNG")
                return content_type, out.getvalue()
    except Exception:  # noqa: BLE001 – Pillow raises whatever a broken file makes it raise; then it is just a file
        return None, None
    finally:
        file.seek(0)
