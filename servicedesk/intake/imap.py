"""Talking to an IMAP server, always encrypted. Finds and hands over mails; what is kept of them is the callers' matter.

Nothing is deleted on the server, and a mail is marked as read only when the caller says so.
"""

import base64
import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

SECONDS = 20


class Trouble(Exception):
    """Why a mailbox does not work. `code` is one of `SENTENCES`; `detail` what the server or the system said."""

    def __init__(self, code: str, detail: object = ""):
        super().__init__(code, detail)
        self.code, self.detail = code, re.sub(r"\s+", " ", str(detail))[:300]

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


SENTENCES = {
    "name": _("The server's name is not known. Is it written right?"),
    "refused": _("The server does not take connections on this port."),
    "timeout": _("The server did not answer in time."),
    "certificate": _(
        "The server's certificate is not trusted. Its name must match; a private one can be entered here."
    ),
    "tls": _("No encrypted connection came about. Is this the right port for this kind of encryption?"),
    "no_starttls": _("The server offers no STARTTLS. Madoguchi does not go on without encryption."),
    "login": _("The server refused the user name or the password."),
    "folder": _("The server does not open this folder."),
    "sealed": _("The password cannot be opened with the present SECRET_KEY; enter it again."),
    "broken": _("The connection broke off."),
    "server": _("The server answered with an error."),
    "listener": _("The mail listener of this desk does not answer."),
    "recipient": _("The mail listener does not take mail for this address."),
}


def sentence(stored: str) -> str:
    """What people read for a kept `str(Trouble)`."""
    code, _colon, detail = stored.partition(": ")
    words = SENTENCES.get(code)
    if words is None:
        return stored
    return f"{words} ({detail})" if detail else str(words)


class Connection:
    """A signed-in connection with a folder opened. Use it in `with`. Raises Trouble."""

    def __init__(self, *, host, port, security, certificate, user, password, folder, read_only=False):
        self._host, self._port, self._security, self._certificate = host, port, security, certificate
        self._user, self._password, self._folder, self._read_only = user, password, folder, read_only
        self.uid_validity = 0
        self.uid_next = 0
        self.count = 0

    def __enter__(self) -> "Connection":
        with _explained():
            self._imap = self._connect()
        try:
            with _explained():
                self._sign_in()
                self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc) -> None:
        with contextlib.suppress(Exception):
            self._imap.logout()
        with contextlib.suppress(Exception):
            self._imap.shutdown()

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._certificate.strip():
            context.load_verify_locations(cadata=self._certificate)
        return context

    def _connect(self) -> imaplib.IMAP4:
        if self._security == "tls":
            return imaplib.IMAP4_SSL(self._host, self._port, ssl_context=self._context(), timeout=SECONDS)
        imap = imaplib.IMAP4(self._host, self._port, timeout=SECONDS)
        if "STARTTLS" not in imap.capabilities:
            imap.shutdown()
            raise Trouble("no_starttls")
        try:
            imap.starttls(self._context())
        except imaplib.IMAP4.error as error:
            imap.shutdown()
            raise Trouble("no_starttls", error) from None
        except BaseException:
            imap.shutdown()
            raise
        return imap

    def _sign_in(self) -> None:
        try:
            if "AUTH=PLAIN" in self._imap.capabilities:
                answer = f"\0{self._user}\0{self._password}".encode()
                self._imap.authenticate("PLAIN", lambda challenge: answer)
            else:
                self._imap.login(self._user, self._password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise Trouble("login", error) from None

    def _open(self) -> None:
        name = quoted(self._folder)
        kind, answer = self._imap.select(name, readonly=self._read_only)
        if kind != "OK":
            raise Trouble("folder", _text(answer))
        self.count = int(answer[0] or 0)
        self.uid_validity = self._number("UIDVALIDITY")
        self.uid_next = self._number("UIDNEXT")

    def _number(self, code: str) -> int:
        _kind, answer = self._imap.response(code)
        return int(answer[0]) if answer and answer[0] else 0

    def search(self, *criteria: str) -> list[int]:
        """UIDs in ascending order."""
        with _explained():
            kind, answer = self._imap.uid("SEARCH", *criteria)
            if kind != "OK":
                raise Trouble("server", _text(answer))
            return sorted(int(each) for each in (answer[0] or b"").split())

    def newer_than(self, uid: int) -> list[int]:
        # "n:*" always names the last mail, even when it is older.
        return [each for each in self.search(f"UID {uid + 1}:*") if each > uid]

    def size(self, uid: int) -> int | None:
        """In bytes; None when the mail has gone meanwhile."""
        found = re.search(rb"RFC822\.SIZE (\d+)", self._fetch(uid, "(RFC822.SIZE)")[0])
        return int(found[1]) if found else None

    def mail(self, uid: int) -> bytes | None:
        """All bytes of a mail, which stays unread; None when it has gone meanwhile."""
        return self._fetch(uid, "(BODY.PEEK[])")[1]

    def header(self, uid: int) -> bytes | None:
        return self._fetch(uid, "(BODY.PEEK[HEADER])")[1]

    def _fetch(self, uid: int, what: str) -> tuple[bytes, bytes | None]:
        """(all that is no literal, the literal)."""
        with _explained():
            kind, answer = self._imap.uid("FETCH", str(uid), what)
            if kind != "OK":
                raise Trouble("server", _text(answer))
            plain, literal = b"", None
            for piece in answer:
                if isinstance(piece, tuple):
                    plain += piece[0]
                    literal = piece[1] if literal is None else literal
                elif piece:
                    plain += piece
            return plain, literal

    def mark_seen(self, uid: int) -> None:
        """A courtesy to people who look into the mailbox; whether it worked matters to nothing here."""
        with _explained():
            self._imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def folders(self) -> list[str]:
        with _explained():
            kind, answer = self._imap.list()
            rows = (
                [each.decode("ascii", "replace") for each in answer if isinstance(each, bytes)] if kind == "OK" else []
            )
            return [re.sub(r'^\(.*?\) (?:"[^"]*"|NIL) "?(.*?)"?$', r"\1", row) for row in rows][:50]


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Everything that can go wrong between two machines, as Trouble."""
    try:
        yield
    except Trouble:
        raise
    except ssl.SSLCertVerificationError as error:
        raise Trouble("certificate", error.verify_message) from None
    except ssl.SSLError as error:
        raise Trouble("tls", error.reason or error) from None
    except socket.gaierror as error:
        raise Trouble("name", error.strerror) from None
    except TimeoutError:
        raise Trouble("timeout") from None
    except ConnectionRefusedError:
        raise Trouble("refused") from None
    except (imaplib.IMAP4.abort, EOFError, ConnectionError) as error:
        raise Trouble("broken", error) from None
    except imaplib.IMAP4.error as error:
        raise Trouble("server", error) from None
    except OSError as error:
        raise Trouble("broken", error.strerror or error) from None


def _text(answer) -> str:
    return " ".join(each.decode("utf-8", "replace") for each in answer if isinstance(each, bytes))


def quoted(folder: str) -> str:
    """A folder's name as IMAP wants it: modified UTF-7 in quotes."""
    out, waiting = [], ""
    for sign in folder + "\0":
        if " " <= sign <= "~" or sign == "\0":
            if waiting:
                packed = base64.b64encode(waiting.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
                out.append(f"&{packed}-")
                waiting = ""
            out.append({"&": "&-", "\0": "", "\\": "\\\\", '"': '\\"'}.get(sign, sign))
        else:
            waiting += sign
    return f'"{"".join(out)}"'
