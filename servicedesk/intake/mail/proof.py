"""Whether a trusted server vouches for the sender: Authentication-Results (RFC 8601) of DMARC, DKIM and SPF.

Anybody can write such a header into a mail. It counts only with the name of a server that the mailbox trusts, and of
these only the topmost: the receiving server puts its own above everything that came with the mail.
"""

import re
from collections.abc import Iterable

from .reading import Letter

_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_METHOD = re.compile(r"^\s*([a-z][a-z0-9-]{0,30})(?:/\d+)?\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)
_PROPERTY = re.compile(r"\b((?:header|smtp|policy)\.[a-z0-9_-]{1,30})\s*=\s*\"?([^\s;\"]{1,320})\"?", re.IGNORECASE)
_LONGEST = 20_000


def vouched_by(letter: Letter, trusted_servers: Iterable[str]) -> str:
    """`dmarc`, `dkim` or `spf`: by which check a trusted server found that the mail comes from the domain in From; ""
    when none did. DKIM and SPF count only for that domain or one above it, and never against a failed DMARC.
    """
    trusted = {name.strip().lower() for name in trusted_servers if name.strip()}
    domain = letter.from_address.rpartition("@")[2].lower().rstrip(".")
    if not trusted or not domain:
        return ""
    results = _results_of(letter, trusted)
    by_method: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for method, result, properties in results:
        by_method.setdefault(method, []).append((result, properties))
    dmarc = by_method.get("dmarc", [])
    if any(result == "pass" and _is_at(domain, known.get("header.from", domain)) for result, known in dmarc):
        return "dmarc"
    if any(result in ("fail", "permerror") for result, _known in dmarc):
        return ""
    for result, known in by_method.get("dkim", []):
        signer = known.get("header.d") or known.get("header.i", "").rpartition("@")[2]
        if result == "pass" and signer and _is_at(domain, signer):
            return "dkim"
    for result, known in by_method.get("spf", []):
        if result == "pass" and _is_at(domain, known.get("smtp.mailfrom", "").rpartition("@")[2]):
            return "spf"
    return ""


def _is_at(domain: str, other: str) -> bool:
    """Whether `other` is the domain or one above it. A lone top level such as `jp` vouches for nobody."""
    other = other.lower().strip(".<>")
    return "." in other and (domain == other or domain.endswith(f".{other}"))


def _results_of(letter: Letter, trusted: set[str]) -> list[tuple[str, str, dict[str, str]]]:
    """(method, result, properties) of the topmost header of a trusted server."""
    for value in letter.all_of("authentication-results"):
        plain = _COMMENT.sub(" ", value[:_LONGEST])
        server, _semicolon, rest = plain.partition(";")
        name = server.split()[0].lower() if server.split() else ""
        if name not in trusted:
            continue
        found = []
        for part in rest.split(";"):
            method = _METHOD.match(part)
            if method:
                properties = {key.lower(): text for key, text in _PROPERTY.findall(part)}
                found.append((method[1].lower(), method[2].lower(), properties))
        return found
    return []
