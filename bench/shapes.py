"""Numbered mails of many shapes, each with the mark by which it is known again and the fates that it may have."""

import base64
import re
from dataclasses import dataclass
from email.message import EmailMessage

_TEXT = """お疲れさまです。営業部の山田です。

今朝から3階のプリンターで印刷ができません。電源は入っていて、画面に「E-21」と出ています。
急ぎではありませんが、午後の会議までに使えると助かります。

よろしくお願いいたします。
"""
_ID = re.compile(rb"^message-id:\s*<m(\d{6})\.[^>]*@example\.net>", re.IGNORECASE | re.MULTILINE)
PEOPLE = 40


@dataclass(frozen=True)
class Numbered:
    """A mail with its number, and what may become of it: the states of the ledger."""

    number: int
    sender: str
    raw: bytes
    fates: frozenset[str]

    @property
    def mark(self) -> str:
        return f"M{self.number:06d}M"


def number_of(raw: bytes) -> int | None:
    """Which mail it is, by its Message-ID; None for one that is none of ours."""
    found = _ID.search(raw[:65536])
    return int(found[1]) if found else None


def senders() -> list[str]:
    return [f"person{n}@people.bench.example.com" for n in range(PEOPLE)]


def mails(count: int, to: str, run: str) -> list[Numbered]:
    """`count` mails to one address; `run` keeps the Message-IDs of two runs apart."""
    return [_mail(number, to, run) for number in range(count)]


def _mail(number: int, to: str, run: str) -> Numbered:
    shape, fates = _SHAPES[number % len(_SHAPES)]
    mail = EmailMessage()
    mail["From"] = f"山田 花子 <{senders()[number // len(_SHAPES) % PEOPLE]}>"
    mail["To"] = to
    mail["Subject"] = f"プリンターが動かない M{number:06d}M"
    mail["Date"] = "Wed, 25 Nov 2026 14:05:00 +0900"
    mail["Message-ID"] = f"<m{number:06d}.{run}@example.net>"
    mail.set_content(f"{_TEXT}\nM{number:06d}M\n")
    shape(mail, number, run)
    sender = mail["From"].addresses[0].addr_spec
    return Numbered(number, sender, mail.as_bytes(), frozenset(fates))


def _replace(mail: EmailMessage, name: str, value: str) -> None:
    del mail[name]
    mail[name] = value


def _plain(mail: EmailMessage, number: int, run: str) -> None:
    pass


def _charset(name: str, cte: str):
    def shape(mail: EmailMessage, number: int, run: str) -> None:
        mail.set_content(f"{_TEXT}\nM{number:06d}M\n", charset=name, cte=cte)

    return shape


def _html(mail: EmailMessage, number: int, run: str) -> None:
    mail.set_content(f"<p>印刷が<b>できません</b>。M{number:06d}M</p><ul><li>E-21</li></ul>", subtype="html")


def _both(mail: EmailMessage, number: int, run: str) -> None:
    mail.add_alternative(f"<p>印刷ができません。M{number:06d}M</p>", subtype="html")


def _file(mail: EmailMessage, number: int, run: str) -> None:
    data = b"%PDF-1.4 " + str(number).encode() + b"x" * 20_000
    mail.add_attachment(data, maintype="application", subtype="pdf", filename=f"見積書 {number}.pdf")


def _files(mail: EmailMessage, number: int, run: str) -> None:
    for n in range(5):
        mail.add_attachment(f"{number} {n}".encode(), maintype="text", subtype="csv", filename=f"一覧{n}.csv")


def _forward(mail: EmailMessage, number: int, run: str) -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "somebody@elsewhere.example.org", "障害のお知らせ"
    inner.set_content(_TEXT)
    mail.add_attachment(inner)


def _no_subject(mail: EmailMessage, number: int, run: str) -> None:
    del mail["Subject"]
    mail.set_content(f"M{number:06d}M 件名を忘れました。\n")


def _long_line(mail: EmailMessage, number: int, run: str) -> None:
    mail.set_content(f"M{number:06d}M " + "長い行" * 3000 + "\n", cte="base64")


def _reply(mail: EmailMessage, number: int, run: str) -> None:
    # To the plain one of the same turn, which the same person wrote.
    first = number - number % len(_SHAPES)
    _replace(mail, "Subject", "Re: プリンターが動かない")
    mail["In-Reply-To"] = f"<m{first:06d}.{run}@example.net>"
    mail.set_content(f"まだ動きません。M{number:06d}M\n\n> {_TEXT.splitlines()[0]}\n")


def _machine(mail: EmailMessage, number: int, run: str) -> None:
    mail["Auto-Submitted"] = "auto-replied"


def _bounce(mail: EmailMessage, number: int, run: str) -> None:
    _replace(mail, "From", "MAILER-DAEMON@elsewhere.example.org")
    _replace(mail, "Subject", f"Undelivered Mail Returned to Sender M{number:06d}M")


def _stranger(mail: EmailMessage, number: int, run: str) -> None:
    _replace(mail, "From", f"stranger{number}@elsewhere.example.org")


def _nested(mail: EmailMessage, number: int, run: str) -> None:
    """So deep that nobody would read it."""
    depth = 120
    lines = []
    for level in range(depth):
        lines += [f'Content-Type: multipart/mixed; boundary="b{level}"', "", f"--b{level}"]
    lines += ["Content-Type: text/plain", "", f"M{number:06d}M"]
    lines += [f"--b{level}--" for level in reversed(range(depth))]
    _, _, rest = "\r\n".join(lines).partition("\r\n\r\n")
    mail.set_content("x")
    _replace(mail, "Content-Type", 'multipart/mixed; boundary="b0"')
    del mail["Content-Transfer-Encoding"]
    mail.set_payload(rest)


def _broken(mail: EmailMessage, number: int, run: str) -> None:
    """Says base64 and is none, says a charset that does not exist."""
    mail.set_content("x")
    _replace(mail, "Content-Type", 'text/plain; charset="x-none"')
    _replace(mail, "Content-Transfer-Encoding", "base64")
    mail.set_payload(base64.b64encode(f"M{number:06d}M \u3042".encode()).decode()[:-1] + "*")


_TICKET, _IGNORED, _HELD = {"ticket"}, {"ignored"}, {"held"}
_SHAPES = [
    (_plain, {"ticket", "reply"}),
    (_charset("iso-2022-jp", "7bit"), _TICKET),
    (_charset("shift_jis", "base64"), _TICKET),
    (_charset("euc-jp", "quoted-printable"), _TICKET),
    (_charset("utf-8", "8bit"), _TICKET),
    (_html, _TICKET),
    (_both, _TICKET),
    (_file, _TICKET),
    (_files, _TICKET),
    (_forward, _TICKET),
    (_no_subject, _TICKET),
    (_long_line, _TICKET),
    (_broken, _TICKET),
    # Of a mail and its answer, the plain one of the same turn, the one that is read later goes into the other's ticket;
    # of two that are read at the same moment each opens one.
    (_reply, {"reply", "ticket"}),
    (_machine, _IGNORED),
    (_bounce, _IGNORED),
    (_stranger, _HELD),
    (_nested, {"failed"}),
]
