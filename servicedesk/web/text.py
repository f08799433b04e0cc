"""Text as people type it: full-width and half-width, old and new kanji forms, line breaks where none belong."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Forms of one character that people use for the same name; NFKC leaves them apart.
_VARIANTS = str.maketrans(
    {
        "髙": "高",
        "﨑": "崎",
        "嵜": "崎",
        "邊": "辺",
        "邉": "辺",
        "齋": "斎",
        "齊": "斎",
        "斉": "斎",
        "濵": "浜",
        "濱": "浜",
        "德": "徳",
        "廣": "広",
        "澤": "沢",
        "櫻": "桜",
        "國": "国",
        "圓": "円",
        "惠": "恵",
        "榮": "栄",
        "眞": "真",
        "淸": "清",
        "瀨": "瀬",
        "𠮷": "吉",
        "壽": "寿",
        "實": "実",
        "寬": "寛",
        "嶋": "島",
        "嶌": "島",
        "條": "条",
        "學": "学",
        "應": "応",
        "體": "体",
        "會": "会",
        "發": "発",
        "傳": "伝",
        "龍": "竜",
        "瀧": "滝",
        "藏": "蔵",
        "曾": "曽",
        "彌": "弥",
        "禮": "礼",
        "鐵": "鉄",
    }
)
# Hyphens and dashes that NFKC keeps apart. The long vowel mark ー is a letter and stays.
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
# Characters that reorder or hide what is shown: fine in running text, a trap in a name or a subject.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def normalise(value: str) -> str:
    """One form for what is the same when searching: ＡＢＣ１２３ = abc123, ﾊﾝｶｸ = ハンカク, blanks folded to one."""
    value = unicodedata.normalize("NFKC", value.replace("\x00", " ")).casefold().translate(_HYPHENS)
    return re.sub(r"\s+", " ", value).strip()


def fold_variants(value: str) -> str:
    """Old and rare forms of kanji to the common one: 髙橋 = 高橋. For search keys only, never for what is shown."""
    return value.translate(_VARIANTS)


def katakana(value: str) -> str:
    """Hiragana as katakana, in which readings are kept: すずき finds スズキ."""
    return "".join(chr(ord(sign) + 0x60) if "ぁ" <= sign <= "ゖ" else sign for sign in value)


def nearest(value: str, names: Iterable[str]) -> str:
    """The name that was probably meant, "" when none is near."""
    return next(iter(difflib.get_close_matches(value, list(names), n=1, cutoff=0.5)), "")


def search_key(value: str) -> str:
    return fold_variants(normalise(value))


def folded_signs() -> tuple[str, str]:
    """What `search_key` and `katakana` fold sign by sign after NFKC, for translate() of PostgreSQL: the signs, and in a
    text of the same length what each becomes.
    """
    pairs = {chr(sign): str(other) for sign, other in (_HYPHENS | _VARIANTS).items()}
    pairs |= {sign: katakana(sign) for sign in map(chr, range(ord("ぁ"), ord("ゖ") + 1))}
    return "".join(pairs), "".join(pairs.values())


def digits(value: str) -> str:
    """A number as typed (１，２３４) in plain digits; what is not a number comes back unchanged for a clear refusal."""
    plain = unicodedata.normalize("NFKC", value).translate(_HYPHENS).strip()
    return plain.replace(",", "").replace("、", "") if re.fullmatch(r"[+-]?[\d,、]+(\.\d+)?", plain) else plain


def phone_digits(value: str) -> str:
    """A telephone number as its digits: brackets, hyphens and blanks do not matter, +81 is the leading zero. Takes what
    telephone systems hand over too (`tel:+81-3-1234-5678`, `sip:4021@pbx`); "" of what is no number.
    """
    plain = re.sub(r"^(?:tel|sips?|callto):", "", normalise(value)).partition("@")[0].partition(";")[0]
    plain = plain.replace("ー", "-")  # what an input method writes for a hyphen
    found = re.fullmatch(r"\+?[\d\s().\-/]*", plain, re.ASCII)
    digits_only = re.sub(r"[^\d+]", "", plain) if found else ""
    return re.sub(r"^(?:\+810?|81(?=[1-9]\d{8,9}$))", "0", digits_only).lstrip("+")


def is_one_line(value: str) -> bool:
    """No line break, no control character, nothing that reorders text, nothing that UTF-8 cannot hold."""
    return not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in _BIDI for sign in value)


def one_line(value: str, limit: int | None = None) -> str:
    """Fold text from outside (a mail subject, a file name) into one safe line. Forms refuse: `check_one_line`."""
    kept = (
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in value
        if sign not in _BIDI and unicodedata.category(sign) != "Cs"
    )
    folded = re.sub(r"\s+", " ", "".join(kept)).strip()
    return folded if limit is None or len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def lines(value: str) -> str:
    """Running text with \\n line ends and no control characters but tab."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in value if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))


def check_one_line(value) -> None:
    """Form and model validator for names, titles, addresses."""
    if isinstance(value, str) and not is_one_line(value):
        raise ValidationError(_("This must be a single line without control characters."), code="not_one_line")


def check_lines(value) -> None:
    """Form and model validator for running text."""
    if isinstance(value, str) and value != lines(value):
        raise ValidationError(_("This contains control characters that cannot be kept."), code="control_characters")
