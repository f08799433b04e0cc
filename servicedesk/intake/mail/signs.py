"""What kind of mail it is, by the headers that RFC 3834, 3464, 2369 and the habits of programs give."""

import re
from dataclasses import dataclass

from .reading import Letter

_OUT_OF_OFFICE = re.compile(
    r"^(?:re:\s*)?(?:automatic reply|auto(?:matic)? ?response|autoreply|out of (?:the )?office"
    r"|自動返信|自動応答|不在通知|不在のお知らせ|休暇中)",
    re.IGNORECASE,
)
_UNDELIVERED = re.compile(
    r"^(?:undeliver(?:ed|able)|mail delivery (?:failed|failure|system)|delivery status notification|returned mail"
    r"|failure notice|配信不能|配信できませんでした|メール配信エラー|送信できませんでした)",
    re.IGNORECASE,
)
_DAEMONS = ("mailer-daemon@", "postmaster@", "mail-daemon@")


@dataclass(frozen=True)
class Signs:
    """`auto_reply`, `bounce` and `receipt` are answers by machines. `by_machine` was sent by one of its own accord,
    such as an alert; `from_list` came through a mailing list. None of them is ever answered by itself.
    """

    auto_reply: bool = False
    bounce: bool = False
    receipt: bool = False
    by_machine: bool = False
    from_list: bool = False

    @property
    def answerable(self) -> bool:
        return not (self.auto_reply or self.bounce or self.receipt or self.by_machine or self.from_list)


def signs_of(letter: Letter, envelope_from: str | None) -> Signs:
    """`envelope_from` is None when it is not known (fetched mail); "" or "<>" is that of a bounce."""
    auto = letter.header("auto-submitted").strip().lower()
    precedence = letter.header("precedence").strip().lower()
    sender = letter.from_address
    empty_path = envelope_from in ("", "<>") or letter.header("return-path").strip() == "<>"
    receipt = letter.content_type == "multipart/report" and letter.report_type == "disposition-notification"
    bounce = not receipt and (
        (letter.content_type == "multipart/report" and letter.report_type in ("delivery-status", ""))
        or bool(letter.header("x-failed-recipients"))
        or sender.startswith(_DAEMONS)
        or (empty_path and bool(_UNDELIVERED.match(letter.subject)))
    )
    auto_reply = not bounce and not receipt and (
        auto.startswith("auto-replied")
        or bool(letter.header("x-autoreply") or letter.header("x-autorespond") or letter.header("x-autoresponder"))
        or precedence == "auto_reply"
        or (empty_path and bool(letter.in_reply_to or letter.references))
        or bool(_OUT_OF_OFFICE.match(letter.subject))
    )  # fmt: skip
    by_machine = (bool(auto) and auto != "no") or empty_path or precedence in ("bulk", "junk")
    by_machine = by_machine or sender.startswith(("no-reply@", "noreply@", "donotreply@", "do-not-reply@"))
    suppress = letter.header("x-auto-response-suppress").lower()
    if any(word in suppress for word in ("all", "autoreply", "oof")):
        by_machine = True
    by_machine = by_machine and not (auto_reply or bounce or receipt)
    from_list = precedence == "list" or bool(letter.header("list-id") or letter.header("list-unsubscribe"))
    return Signs(auto_reply, bounce, receipt, by_machine, from_list)
