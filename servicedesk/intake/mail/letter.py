"""A mail as it is read, and its files."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Part:
    """A file of the mail. `cid` is its Content-ID without brackets, for pictures that the HTML shows in place."""

    name: str
    content_type: str
    data: bytes
    cid: str = ""
    is_inline: bool = False


@dataclass
class Letter:
    """A mail as it is read. Header texts are single lines; addresses are lower case; `text` is all of it, `reply`
    what is new in it. `to` is everything that says where it was delivered, `addressed` what its sender wrote to, in To
    and Cc. `headers` are (name, decoded value) in order, without control headers of ours. `report` is what
    a mail server says for machines in a bounce or receipt; it is in `text`, too.
    """

    message_id: str = ""
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    from_address: str = ""
    from_name: str = ""
    to: list[str] = field(default_factory=list)
    addressed: list[str] = field(default_factory=list)
    subject: str = ""
    date: datetime | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = "text/plain"
    report_type: str = ""
    report: str = ""
    text: str = ""
    html: str = ""
    reply: str = ""
    files: list[Part] = field(default_factory=list)

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each.lower() == name), "")

    def all_of(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name]

    @property
    def digest(self) -> str:
        """Of what the mail says, not of how it travelled: the same when it arrives twice on two ways."""
        said = [self.message_id, self.from_address, self.subject, self.text]
        said += [hashlib.sha256(each.data).hexdigest() for each in self.files]
        return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()
