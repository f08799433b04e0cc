"""What kind of mail it is, by the headers that RFC 3834, 3464, 2369 and the habits of programs give.

A subject alone makes a mail an answer by a machine only in the forms that machines give it: "不在通知", "Automatic
reply: …". People write "自動返信が届きません" to a service desk, and that is no machine.
"""

import re
from dataclasses import dataclass

from .letter import Letter

_AUTOMATIC = (
    r"(?:auto(?:matic)?[ -]?(?:reply|response)|out[ -]of[ -](?:the[ -])?office(?: auto ?reply| reply)?"
    r"|vacation (?:reply|notice)|away from (?:the )?office|abwesenheitsnotiz|automatische antwort|réponse automatique"
    r"|自動返信(?:メール)?|自動応答(?:メール)?|不在通知(?:メール)?|不在(?:の)?(?:お知らせ|連絡|案内)|休暇中(?:のお知らせ|のため不在)?"
    r"|出張(?:中)?(?:のため)?不在(?:のお知らせ)?)"
)
_PREFIX = r"^(?:(?:re|返信)\s*[:\uff1a]\s*)*"
_OUT_OF_OFFICE = re.compile(
    rf"{_PREFIX}(?:{_AUTOMATIC}\s*(?:$|[:\uff1a])|[\[\u3010(\uff08]\s*{_AUTOMATIC}\s*[\]\u3011)\uff09])",
    re.IGNORECASE,
)
_BEGINS_AS_OUT_OF_OFFICE = re.compile(rf"{_PREFIX}[\[\u3010(\uff08]?\s*{_AUTOMATIC}", re.IGNORECASE)
_UNDELIVERED = re.compile(
    r"^(?:undeliver(?:ed|able)|mail delivery (?:failed|failure|system)|delivery (?:failure|has failed)"
    r"|delivery status notification|returned mail|failure notice"
    r"|mail (?:could not be delivered|system error)|message (?:delayed|not delivered)"
    r"|non.?delivery|warning: (?:could not send|message)|delayed mail|delivery delayed|unzustellbar"
    r"|配信不能|配信できません|配信エラー|配信(?:が)?(?:遅延|遅れて)"
    r"|メール(?:の)?(?:配信|送信)(?:エラー|遅延|失敗)|送信できませんでした|不達|宛先不明|配信に失敗|送信エラー|エラーメール)",
    re.IGNORECASE,
)
_DAEMONS = ("mailer-daemon@", "mail-daemon@", "mailerdaemon@", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e@")
_DAEMON_NAMES = re.compile(r"mail (?:delivery (?:sub)?system|administrator)|mailer-daemon|mail router", re.IGNORECASE)
# Free forms by which mail servers begin, whoever they say they are.
_SAYS_UNDELIVERED = re.compile(
    r"^\s*(?:Hi\. This is the (?:qmail-send|deliver) program"
    r"|This message was created automatically by mail delivery software"
    r"|This is (?:the mail system at host|an automatically generated Delivery Status Notification)"
    r"|Your message did not reach some or all of the intended recipients"
    r"|Each of the following recipients was rejected by a remote mail server"
    r"|(?:The following|Your) message (?:could not be|was not) delivered)",
    re.IGNORECASE,
)
_READ = re.compile(
    r"^(?:開封済み?|開封確認|既読|未開封のまま削除|return receipt|read(?: receipt)?|not read)"
    r"\s*(?:\([^)]{1,20}\)\s*)?[:\uff1a-]",
    re.IGNORECASE,
)
_NO_REPLY = re.compile(r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply)(?:[-_.+][^@]*)?@")
_ANSWERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-vacation",
)
_OF_LISTS = ("list-id", "list-unsubscribe", "list-post", "mailing-list", "x-mailing-list", "x-ml-name", "x-mlserver")


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
    empty_path = envelope_from in ("", "<>") or letter.header("return-path").strip() == "<>"
    is_automatic = empty_path or (bool(auto) and auto != "no")
    receipt = _is_receipt(letter, is_automatic=is_automatic)
    bounce = not receipt and _is_bounce(letter, empty_path=empty_path)
    suppress = letter.header("x-auto-response-suppress").lower()
    is_suppressing = any(word in suppress for word in ("all", "autoreply", "oof"))
    looks_away = _BEGINS_AS_OUT_OF_OFFICE if is_automatic or is_suppressing else _OUT_OF_OFFICE
    auto_reply = not bounce and not receipt and (
        auto.startswith("auto-replied")
        or any(letter.header(name) for name in _ANSWERS)
        or precedence == "auto_reply"
        or (empty_path and bool(letter.in_reply_to or letter.references))
        or bool(looks_away.match(letter.subject))
    )  # fmt: skip
    by_machine = is_automatic or precedence in ("bulk", "junk") or is_suppressing
    by_machine = by_machine or bool(_NO_REPLY.match(letter.from_address))
    by_machine = by_machine and not (auto_reply or bounce or receipt)
    from_list = precedence == "list" or any(letter.header(name) for name in _OF_LISTS)
    return Signs(auto_reply, bounce, receipt, by_machine, from_list)


def _is_receipt(letter: Letter, *, is_automatic: bool) -> bool:
    if letter.content_type == "message/disposition-notification" or letter.report_type == "disposition-notification":
        return True
    if re.search(r"^disposition:", letter.report, re.IGNORECASE | re.MULTILINE):
        return True
    return is_automatic and bool(_READ.match(letter.subject))


def _is_bounce(letter: Letter, *, empty_path: bool) -> bool:
    if letter.content_type == "multipart/report" and letter.report_type in ("delivery-status", ""):
        return True
    if letter.content_type == "message/delivery-status" or letter.header("x-failed-recipients"):
        return True
    if letter.from_address.startswith(_DAEMONS) or (_DAEMON_NAMES.search(letter.from_name) and empty_path):
        return True
    if re.search(r"^final-recipient:", letter.report, re.IGNORECASE | re.MULTILINE):
        return True
    # A postmaster can be a person and a subject anybody's: each needs something beside it.
    is_postmaster = letter.from_address.startswith("postmaster@")
    says_so = bool(_UNDELIVERED.match(letter.subject))
    return (empty_path or is_postmaster) and (says_so or bool(_SAYS_UNDELIVERED.match(letter.text)))
