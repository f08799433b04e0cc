"""How the mails of the corpus are made: raw bytes written by hand, because libraries would mend what is difficult."""

import base64
import re
from dataclasses import dataclass

HANAKO = ("", "hanako@example.com")


@dataclass(frozen=True)
class Mail:
    """A difficult mail with its reading as a person wrote it down. `reply` is `text` unless said; `files` are
    (name, bytes or size); `signs` are names in `Signs`; `bounce` is (recipient, is permanent, diagnostic, code).
    """

    name: str
    raw: bytes
    subject: str = ""
    sender: tuple[str, str] = HANAKO
    text: str = ""
    reply: str | None = None
    has_html: bool = False
    files: tuple[tuple[str, bytes | int], ...] = ()
    signs: str = ""
    bounce: tuple[str, bool, str, str] | None = None
    envelope: str | None = "hanako@example.com"

    @property
    def is_japanese(self) -> bool:
        words = [self.subject, self.sender[0], self.text, *(name for name, _data in self.files)]
        return bool(re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uff66-\uff9f]", " ".join(words)))


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8")


def mail(name: str, *head: str | bytes, body: str | bytes = b"", **reading) -> Mail:
    """A mail with these header lines; from Hanako unless they say otherwise. Lines of a text body end in CRLF."""
    rows = [as_bytes(line) for line in head]
    if not any(row.lower().startswith(b"from:") for row in rows):
        rows.insert(0, b"From: hanako@example.com")
    content = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode("utf-8")
    return Mail(name, b"\r\n".join(rows) + b"\r\n\r\n" + content, **reading)


def said(name: str, text: str, reply: str | None = None, *head: str, **reading) -> Mail:
    """A text in UTF-8 as it is, with what is new in it."""
    head = head or ("MIME-Version: 1.0",)
    plain = "Content-Type: text/plain; charset=UTF-8"
    return mail(name, *head, plain, body=text, **{"text": text.strip(), "reply": reply} | reading)


def page(name: str, html: str, text: str, reply: str | None = None, *head: str, **reading) -> Mail:
    head = head or ("MIME-Version: 1.0",)
    kind = "Content-Type: text/html; charset=UTF-8"
    return mail(name, *head, kind, body=html, **{"text": text, "reply": reply, "has_html": True} | reading)


def part(*head: str | bytes, body: str | bytes = b"") -> bytes:
    content = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode("utf-8")
    return b"".join(as_bytes(line) + b"\r\n" for line in head) + b"\r\n" + content


def multi(*parts: bytes, boundary: str = "=_b", end: bool = True) -> bytes:
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + each + b"\r\n" for each in parts)
    return body + (mark + b"--\r\n" if end else b"")


def mixed(kind: str = "mixed", boundary: str = "=_b", more: str = "") -> str:
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}'


def b64(data: str | bytes) -> bytes:
    return base64.encodebytes(as_bytes(data))


def word(text: str, charset: str = "utf-8", codec: str = "") -> str:
    data = text.encode(codec or charset)
    return f"=?{charset}?B?{base64.b64encode(data).decode()}?="


JA = part("Content-Type: text/plain; charset=UTF-8", body="添付します。")
PDF = part(
    "Content-Type: application/pdf; name=a.pdf", "Content-Disposition: attachment; filename=a.pdf", body=b"%PDF-1"
)
