"""Talking to an IMAP server. Finds and hands over mails; what is kept of them is the callers' matter.

Encrypted, unless an administrator chose that there be no encryption: what was asked for is never given up. Nothing is
deleted on the server, and a mail is marked or moved only when the caller says so.
"""

import base64
import binascii
import contextlib
import imaplib
import itertools
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from servicedesk.connectors import http
from servicedesk.web.trouble import Trouble as AnyTrouble
from servicedesk.web.trouble import sentence_of

SECONDS = 20  # for each step; a server that hangs costs no more
SECONDS_IN_ALL = 170  # for a connection: a server that sends a byte now and then costs no more
_CHUNK = 50_000  # UIDs that one search may name; imaplib takes no line above 1 MB


class Trouble(AnyTrouble):
    """Why a mailbox does not work."""


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
    "sealed_sign_in": _("What was kept of the sign-in cannot be opened with the present SECRET_KEY; sign in again."),
    "sign_in": _("Somebody must sign in again for this mailbox: there is no permission to read it, or it has ended."),
    "sign_in_client": _("The sign-in server does not accept the client ID or its secret. Has the secret expired?"),
    "sign_in_scope": _("The permission to read mail for a long time was not given. Sign in again and allow it."),
    "sign_in_request": _(
        "The sign-in server refused what was asked. Check the tenant, the client ID and what the app is allowed to do."
    ),
    "sign_in_server": _("The sign-in server does not work just now; it is tried again."),
    "token": _(
        "The server did not let the account that signed in into this mailbox. May it read the mailbox of this user"
        " name, and is IMAP switched on?"
    ),
    "no_xoauth2": _("The server offers no sign-in by OAuth 2 (XOAUTH2)."),
    "broken": _("The connection broke off."),
    "move": _("The server does not move mails to this folder."),
    "mark": _("The server does not mark mails as read. They are taken all the same."),
    "full": _("The mailbox is full on its server, so mails stay where they lie there. They are taken all the same."),
    "cannot_move": _("The server can move mails only by deleting, which Madoguchi does not do."),
    "server": _("The server answered with an error."),
    "listener": _("The mail listener of this desk does not answer."),
    "recipient": _("The mail listener does not take mail for this address."),
}


def sentence(stored: str) -> str:
    """What people read for a kept `str(Trouble)`."""
    code, _colon, detail = stored.partition(": ")
    if code == "sign_in_server" and detail:  # what the client of HTTP kept
        stored = f"{code}: {http.sentence(detail)}"
    return sentence_of(stored, SENTENCES)


class _Known:
    """Says who it is before it connects, so that it can be cut while the server greets."""

    def __init__(self, owner: "Connection", *given, **more):
        owner._imap = self
        super().__init__(*given, **more)


class _Plain(_Known, imaplib.IMAP4):
    pass


class _Encrypted(_Known, imaplib.IMAP4_SSL):
    pass


class Connection:
    """A signed-in connection with a folder opened. Use it in `with`. Raises Trouble.

    `security` is "tls", "starttls" or "none". It signs in by `password`, or by an access token of OAuth 2; `renew` then
    gives another one for a token that was refused, or the same when there is none. `seconds` is how long the connection
    may last, None for as long as it likes.
    """

    def __init__(
        self, *, host, port, security, certificate, user, folder, password="", token="", renew=None, read_only=False,
        seconds=SECONDS_IN_ALL,
    ):  # fmt: skip
        self._host, self._port, self._security, self._certificate = host, port, security, certificate
        self._user, self._password, self._folder, self._read_only = user, password, folder, read_only
        self._token, self._renew = token, renew
        self._end = threading.Timer(seconds, self.cut) if seconds else None
        self._is_cut, self._deletes = False, True
        self._imap: imaplib.IMAP4 | None = None
        self.uid_validity = 0
        self.uid_next = 0
        self.count = 0
        self.capabilities: frozenset[str] = frozenset()
        self.refused: str | None = None  # for callers: what the server refused last; empty when it did as it was told
        self.encryption = ""  # such as "TLSv1.3"; empty when there is none

    def __enter__(self) -> "Connection":
        if self._end is not None:
            self._end.daemon = True
            self._end.start()
        try:
            with self._explained():
                self._imap = self._connect()
                self.encryption = getattr(self._imap.sock, "version", lambda: "")() or ""
                self._sign_in()
                # What a server can do is often said in full only to those who have signed in.
                _kind, answer = self._imap.capability()
                self.capabilities = frozenset(_text(answer).upper().split())
                self._open()
        except BaseException:
            # No farewell: a server that waits for something else would keep us waiting for its answer.
            self._hang_up()
            raise
        return self

    def __exit__(self, *exc) -> None:
        with contextlib.suppress(Exception):
            self._imap.logout()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._end is not None:
            self._end.cancel()
        if self._imap is not None:
            with contextlib.suppress(Exception):
                self._imap.shutdown()

    def cut(self) -> None:
        """End the connection from another thread: whoever waits for the server gets Trouble."""
        self._is_cut = True
        with contextlib.suppress(OSError, AttributeError):
            self._imap.sock.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Everything that can go wrong between two machines, as Trouble."""
        try:
            with _explained():
                yield
        except Trouble:
            if self._is_cut:
                raise Trouble("timeout") from None
            raise

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._certificate.strip():
            context.load_verify_locations(cadata=self._certificate)
        return context

    def _connect(self) -> imaplib.IMAP4:
        if self._security == "tls":
            return _Encrypted(self, self._host, self._port, ssl_context=self._context(), timeout=SECONDS)
        imap = _Plain(self, self._host, self._port, timeout=SECONDS)
        if self._security == "none":
            return imap
        if "STARTTLS" not in imap.capabilities:
            raise Trouble("no_starttls")
        try:
            imap.starttls(self._context())
        except imaplib.IMAP4.error as error:
            raise Trouble("no_starttls", error) from None
        # What was said before could be anybody's words. Newer Pythons keep what came with the answer to STARTTLS in a
        # list and would read it as if it had been encrypted; older ones drop it with the socket's file.
        imap.untagged_responses = {}
        if vars(imap).get("_readbuf"):
            raise Trouble("tls", "unencrypted words after STARTTLS")
        return imap

    def _sign_in(self) -> None:
        if self._token:
            self._sign_in_by_token(self._token)
            return
        try:
            if "AUTH=PLAIN" in self._imap.capabilities:
                answer = f"\0{self._user}\0{self._password}".encode()
                self._imap.authenticate("PLAIN", lambda challenge: answer)
            else:
                self._imap.login(self._user, self._password)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeEncodeError) as error:  # LOGIN has no letters beyond ASCII
            raise Trouble("login", error) from None

    def _sign_in_by_token(self, token: str) -> None:
        """XOAUTH2 as Google and Microsoft describe it. A server that refuses tells why in a challenge of JSON, and
        wants an empty line before it says NO.
        """
        if "AUTH=XOAUTH2" not in self._imap.capabilities:
            raise Trouble("no_xoauth2")
        said: list[bytes] = []

        def answer(challenge: bytes) -> bytes:
            said.append(challenge)
            return f"user={self._user}\1auth=Bearer {token}\1\1".encode() if len(said) == 1 else b""

        try:
            self._imap.authenticate("XOAUTH2", answer)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, binascii.Error):
            other = self._renew(token) if self._renew else token
            if other == token:
                raise Trouble("token", _status(said[1:])) from None
            self._renew = None
            self._sign_in_by_token(other)

    def _open(self) -> None:
        name = quoted(self._folder)
        try:
            kind, answer = self._imap.select(name, readonly=self._read_only)
        except imaplib.IMAP4.readonly:
            # The account may only read here: mails can be taken, and what is to become of them is refused one by one.
            self._read_only = True
            kind, answer = self._imap.select(name, readonly=True)
        if kind != "OK":
            raise Trouble("folder", _text(answer))
        self.count = int(answer[0] or 0)
        self.uid_validity = self._number("UIDVALIDITY")
        self.uid_next = self._number("UIDNEXT")
        _kind, flags = self._imap.response("PERMANENTFLAGS")
        self._deletes = not flags or not flags[-1] or b"\\deleted" in flags[-1].lower()

    def _number(self, code: str) -> int:
        _kind, answer = self._imap.response(code)
        return int(answer[0]) if answer and answer[0] else 0

    def search(self, *criteria: str) -> list[int]:
        """UIDs in ascending order."""
        with self._explained():
            kind, answer = self._imap.uid("SEARCH", *criteria)
            if kind != "OK":
                raise Trouble("server", _text(answer))
            return sorted(int(each) for each in (answer[0] or b"").split())

    def newer_than(self, uid: int) -> list[int]:
        # "n:*" always names the last mail, even when it is older.
        return [each for each in self.search(f"UID {uid + 1}:*") if each > uid]

    def between(self, after: int, last: int, *more: str) -> list[int]:
        """UIDs above `after` up to `last`; `more` narrows the search."""
        found = []
        for start in range(after + 1, last + 1, _CHUNK):
            found += self.search(f"UID {start}:{min(start + _CHUNK - 1, last)}", *more)
        return found

    def arrived_at(self, uid: int) -> datetime | None:
        """When the server got a mail; None when it has gone meanwhile."""
        return _internal_date(self._fetch(uid, "(INTERNALDATE)")[0])

    def newest_at(self) -> datetime | None:
        """When the last mail of the folder came."""
        if not self.count:
            return None
        with self._explained():
            _kind, answer = self._imap.fetch(str(self.count), "(INTERNALDATE)")
            return _internal_date(b" ".join(each for each in answer if isinstance(each, bytes)))

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
        with self._explained():
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
        self._check_writable("mark")
        with self._explained():
            kind, answer = self._imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
            if kind != "OK":
                raise Trouble(_refusal(answer, "mark"), _text(answer))

    def _check_writable(self, code: str) -> None:
        # Some servers say OK and do nothing.
        if self._read_only:
            raise Trouble(code, "the folder may only be read")

    @property
    def moves(self) -> bool:
        """Whether the server can move one mail without anything else being deleted (RFC 6851, RFC 4315)."""
        return bool({"MOVE", "UIDPLUS"} & self.capabilities)

    @property
    def tells(self) -> bool:
        """Whether the server says at once that mail has come (RFC 2177)."""
        return "IDLE" in self.capabilities

    def news(self, renew: float) -> Iterator[bool]:
        """Be told by the server (IDLE, RFC 2177): yields False whenever it has agreed to, which is asked again after so
        many seconds, and True soon after it has said that mails are there. Ends by Trouble, and by `cut`.
        """
        with self._explained():
            for number in itertools.count():
                tag = b"IDLE%d" % number
                self._imap.send(tag + b" IDLE\r\n")
                until, told_at = time.monotonic() + renew, 0.0
                self._heard(tag, b"+", SECONDS)
                yield False
                while (left := until - time.monotonic()) > 0:
                    line = self._line(min(left, told_at + _GATHER - time.monotonic()) if told_at else left)
                    if line is not None:
                        if line.startswith(tag):
                            raise Trouble("server", line.decode("ascii", "replace"))
                        if _NEWS.match(line):
                            told_at = told_at or time.monotonic()
                    if told_at and time.monotonic() >= told_at + _GATHER:
                        told_at = 0.0
                        yield True
                self._imap.send(b"DONE\r\n")
                if self._heard(tag, tag, SECONDS) or told_at:
                    yield True

    def _heard(self, tag: bytes, wanted: bytes, seconds: float) -> bool:
        """Wait for a line that begins so; whether mails were told of meanwhile."""
        until, is_news = time.monotonic() + seconds, False
        while True:
            line = self._line(until - time.monotonic())
            if line is None:
                raise TimeoutError
            if line.startswith(wanted) and (wanted != tag or b" OK" in line[:20].upper()):
                return is_news
            if line.startswith(tag):
                raise Trouble("server", line.decode("ascii", "replace"))
            is_news = is_news or bool(_NEWS.match(line))

    def _line(self, seconds: float) -> bytes | None:
        """The next line of the server; None when none comes in this time."""
        try:
            self._imap.sock.settimeout(max(seconds, 0.001))
            line = self._imap.readline()
        except TimeoutError:
            # Python reads no more from a file whose socket ran out of time, but another one for the same socket works.
            with contextlib.suppress(AttributeError):  # newer ones read from the socket itself
                self._imap.file = self._imap.sock.makefile("rb")
            return None
        finally:
            with contextlib.suppress(OSError):  # closed meanwhile
                self._imap.sock.settimeout(SECONDS)
        if not line or line.upper().startswith(b"* BYE"):
            raise Trouble("broken", line.decode("ascii", "replace"))
        return line

    def move(self, uid: int, folder: str) -> None:
        """Move one mail to another folder, which is made when it is missing. Refuses where that would take deleting
        more than this mail.
        """
        if not self.moves:
            raise Trouble("cannot_move")
        self._check_writable("move")
        if "MOVE" in self.capabilities:
            self._into(folder, "MOVE", uid)
            return
        if not self._deletes:  # the copy would be made again and again
            raise Trouble("move", "nothing may be deleted in the folder where it lies")
        self._into(folder, "COPY", uid)
        with self._explained():
            for command in (("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"), ("EXPUNGE", str(uid))):
                kind, answer = self._imap.uid(*command)
                if kind != "OK":
                    raise Trouble("move", _text(answer))

    def _into(self, folder: str, command: str, uid: int) -> None:
        name = quoted(folder)
        with self._explained():
            kind, answer = self._imap.uid(command, str(uid), name)
            if kind != "OK" and _refusal(answer, "move") != "full":
                self._imap.create(name)
                self._imap.subscribe(name)
                kind, answer = self._imap.uid(command, str(uid), name)
            if kind != "OK":
                raise Trouble(_refusal(answer, "move"), _text(answer))

    def folders(self) -> list[str]:
        """Names of the folders as people write them, at most 1,000."""
        with self._explained():
            kind, answer = self._imap.list()
            rows = answer if kind == "OK" else []
            names = [_FOLDER.sub(r"\1", row.decode("ascii", "replace")) for row in rows if isinstance(row, bytes)]
            return [unquoted(name) for name in names][:1000]


_NEWS = re.compile(rb"\* [1-9]\d* (?:EXISTS|RECENT)\b", re.IGNORECASE)
_GATHER = 0.3  # seconds in which what is said of several mails is told once
_FOLDER = re.compile(r'^\(.*?\) (?:"[^"]*"|NIL) "?(.*?)"?$')
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')


def _internal_date(answer: bytes) -> datetime | None:
    found = _DATE.search(answer)
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z") if found else None
    except ValueError:
        return None


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


def _status(challenges: list[bytes]) -> str:
    """The status of the JSON in which a server says why it refuses a token, such as "400"; nothing else of it."""
    try:
        status = json.loads(challenges[0]).get("status", "")
    except (IndexError, ValueError, AttributeError, RecursionError):
        return ""
    return str(status) if re.fullmatch(r"\d{1,5}", str(status)) else ""


def _refusal(answer, code: str) -> str:
    """The code of the trouble that a server's NO means: `code`, unless the account's space is used up (RFC 5530)."""
    return "full" if "[OVERQUOTA]" in _text(answer).upper() else code


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


def unquoted(name: str) -> str:
    """The other way round: what people write for a folder's name in modified UTF-7."""

    def unpacked(match: re.Match) -> str:
        packed = match[1].replace(",", "/")
        try:
            return base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-16-be") if packed else "&"
        except ValueError:
            return match[0]

    return re.sub(r"&([A-Za-z0-9+,]*)-", unpacked, name.replace('\\"', '"').replace("\\\\", "\\"))
