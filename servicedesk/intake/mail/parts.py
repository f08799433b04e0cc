"""From the parts of a mail to its texts, its HTML and its files."""

import re
from dataclasses import dataclass, field

from servicedesk.web.text import one_line

from . import charsets, cms, html, invitations, tnef
from .headers import decoded, file_name, parameters
from .letter import Part
from .structure import Node, head_and_body, take_apart
from .transfer import undone, unflowed, uuencoded

# Of all texts together only so much is read; nobody reads on, and all of it stays in the raw mail.
MOST_TEXT_BYTES = 4 * 1024 * 1024
_MOST_SIGNED_IN_SIGNED = 3
_MESSAGES = ("message/rfc822", "message/global", "message/news")
_REPORTS = re.compile(
    r"message/(?:global-)?(?:delivery-status|disposition-notification|feedback-report|tracking-status)"
)
_SIGNED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
_ENRICHED = ("text/enriched", "text/richtext")
# Forms of a text for watches and for one web mail; the same is in the other forms.
_SAME_AGAIN = ("text/watch-html", "text/x-watch-html", "text/x-amp-html")
_TEXT_FILES = frozenset(
    ("text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/rtf", "text/csv", "text/rfc822-headers",
     "text/css", "text/javascript", "text/xml")
)  # fmt: skip
_NAMES = {
    "application/ms-tnef": "winmail.dat",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-keys": "key.asc",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-signature": "smime.p7s",
    "text/calendar": "invite.ics",
    "text/rfc822-headers": "headers.txt",
    "text/vcard": "contact.vcf",
    "text/x-vcard": "contact.vcf",
    "text/html": "part.html",
    "text/plain": "part.txt",
    "text/csv": "part.csv",
    "image/png": "part.png",
    "image/jpeg": "part.jpg",
    "image/gif": "part.gif",
    "application/pdf": "part.pdf",
    "application/zip": "part.zip",
    "application/mac-binhex40": "part.hqx",
}


@dataclass
class Contents:
    """`texts` are all texts in order, those of HTML among them; `packed` the texts of winmail.dat, for a mail that has
    none besides. `left` is how many bytes of texts may still be read.
    """

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    packed: list[tnef.Packed] = field(default_factory=list)
    left: int = MOST_TEXT_BYTES
    signed: int = 0
    hint: str | None = None


def contents_of(root: Node) -> Contents:
    out = Contents(hint=charset_of_texts(root))
    _part(root, out, is_root=True)
    if not any(text.strip() for text in out.texts):
        for packed in out.packed:
            if packed.html:
                out.htmls.append(packed.html)
            out.texts.append(html.to_text(packed.html) if packed.html else packed.text)
    return out


def charset_of_texts(root: Node) -> str | None:
    """What the first text says of itself; raw bytes in headers are mostly in the same charset."""
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        if node.kind.startswith("text/") and (charset := _charset(node)):
            return charset
        waiting = node.children + waiting
    return None


def _charset(node: Node) -> str | None:
    return parameters(node.get("content-type")).get("charset") or None


def _part(node: Node, out: Contents, *, is_root: bool = False, is_form: bool = False) -> None:
    """`is_form` for one of several forms of the same text, which is no file even with a name."""
    if node.kind == "multipart/alternative" and node.children:
        _alternative(node, out)
    elif node.children:
        for child in node.children:
            _part(child, out)
        if node.kind == "multipart/appledouble":
            _name_the_resource_fork(out)
    elif node.kind in _MESSAGES:
        _message(node, out)
    elif _REPORTS.fullmatch(node.kind):
        report = _text(node, out)
        out.reports.append(report)
        out.texts.append(report)
    else:
        _leaf(node, out, is_root=is_root, is_form=is_form)


def _leaf(node: Node, out: Contents, *, is_root: bool, is_form: bool) -> None:
    disposition = node.get("content-disposition").strip().lower()
    name = file_name(node.get("content-disposition"), node.get("content-type"), out.hint)
    is_attached = disposition.startswith("attachment")
    is_untyped = is_root and not name and not disposition and node.kind == "application/octet-stream"
    is_text = node.kind.startswith("text/") and node.kind not in _TEXT_FILES
    is_text = is_text or node.kind in ("message/partial", "message/external-body")
    if is_text and name and node.kind not in ("text/plain", "text/html"):
        is_text = False
    if (is_text and not is_attached) or (is_untyped and b"\0" not in node.body):
        _read_text(node, out)
        if name and not is_root and not is_form:
            out.files.append(_file(node, name, _bytes(node)))
        return
    data = _bytes(node)
    if node.kind in _TNEF or tnef.is_tnef(data):
        _unpack(node, name, data, out)
        return
    out.files.append(_file(node, name, data))
    if node.kind == "text/calendar":
        out.texts.append(invitations.in_words(charsets.decode(data[: out.left], _charset(node) or "utf-8")))
    elif node.kind in _SIGNED and out.signed < _MOST_SIGNED_IN_SIGNED:
        out.signed += 1
        content = cms.signed_content(data)
        if content is not None:
            _part(take_apart(content), out)


def _alternative(node: Node, out: Contents) -> None:
    """The same thing in several forms: one text and one HTML of it; what is no text in it is a file."""
    plain: list[Contents] = []
    rich: list[Contents] = []
    other: list[Contents] = []
    for child in node.children:
        if child.kind == "text/calendar" or (child.kind in _SAME_AGAIN and (plain or rich)):
            continue
        form = Contents(left=out.left, signed=out.signed, hint=out.hint)
        _part(child, form, is_form=True)
        out.left, out.signed = form.left, form.signed
        out.files += form.files
        out.packed += form.packed
        out.reports += form.reports
        (other if child.kind in _ENRICHED else rich if form.htmls else plain).append(form)
    said = [form for form in plain if not _says_nothing(form.texts)]
    for form in said or rich or other or plain:
        out.texts += form.texts
    for form in rich:
        out.htmls += form.htmls
    for child in node.children:
        if child.kind == "text/calendar":
            _part(child, out)


def _says_nothing(texts: list[str]) -> bool:
    """A text part that only excuses itself for being there."""
    said = "".join(texts).strip()
    return not said or (len(said) < 200 and "html" in said.lower() and ("view" in said.lower() or "表示" in said))


def _message(node: Node, out: Contents) -> None:
    """A mail in the mail is a file, as it stands."""
    data = node.body
    headers, _body = head_and_body(data[:65536], is_part=True)
    if not headers:
        data = _bytes(node)
        headers, _body = head_and_body(data[:65536], is_part=True)
    subject = next((decoded(value) for name, value in headers if name.lower() == "subject"), "")
    name = file_name(node.get("content-disposition"), node.get("content-type"), out.hint)
    name = name or (one_line(subject, 100) or "message").replace("/", "_").replace("\\", "_") + ".eml"
    out.files.append(Part(name, "message/rfc822", data))


def _unpack(node: Node, name: str, data: bytes, out: Contents) -> None:
    try:
        packed = tnef.unpack(data)
    except tnef.Broken:
        out.files.append(_file(node, name or "winmail.dat", data))
        return
    out.packed.append(packed)
    for file in packed.files:
        kind = one_line(file.mime, 100).lower() or "application/octet-stream"
        cid = one_line(file.cid.strip("<> "), 200)
        title = one_line(file.name.replace("\\", "/").rsplit("/", 1)[-1], 180)
        out.files.append(Part(title or _NAMES.get(kind, "part.bin"), kind, file.data, cid, bool(cid)))


# --- texts ----------------------------------------------------------------------------------------------------------


def _bytes(node: Node) -> bytes:
    return undone(node.body, node.get("content-transfer-encoding"), is_text=node.kind.startswith("text/"))


def _text_bytes(node: Node, out: Contents) -> bytes:
    """As much as may still be read, ending with a line."""
    most = out.left
    data = undone(node.body[: most * 3 + 1000], node.get("content-transfer-encoding"), is_text=True)
    if len(data) > most:
        end = data.rfind(b"\n", max(most - 65536, 0), most)
        data = data[: end if end > 0 else most]
    out.left -= len(data)
    return data


def _text(node: Node, out: Contents) -> str:
    return charsets.decode(_text_bytes(node, out), _charset(node))


def _read_text(node: Node, out: Contents) -> None:
    data = _text_bytes(node, out)
    given = parameters(node.get("content-type"))
    charset = given.get("charset")
    if node.kind == "text/html":
        page = charsets.decode(data, charset, _charset_of_html(data))
        out.htmls.append(page)
        out.texts.append(html.to_text(page))
        return
    if b"begin " in data:
        data = _without_uuencoded(data, out)
    text = charsets.decode(data, charset)
    if node.kind in _ENRICHED:
        text = re.sub(r"<param>.{0,200}?</param>|<(?!<)[^<>]{1,60}>", "", text, flags=re.IGNORECASE).replace("<<", "<")
    elif given.get("format", "").lower() == "flowed":
        text = unflowed(text, delsp=given.get("delsp", "").lower() == "yes")
    out.texts.append(text)


def _without_uuencoded(data: bytes, out: Contents) -> bytes:
    kept, place = [], 0
    for name, content, start, end in uuencoded(data):
        title = one_line(charsets.decode(name).replace("\\", "/").rsplit("/", 1)[-1], 180)
        out.files.append(Part(title or "part.bin", "application/octet-stream", content))
        kept.append(data[place:start])
        place = end
    return b"".join(kept) + data[place:]


def _charset_of_html(data: bytes) -> str | None:
    found = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_\-]{2,40})", data[:4096], re.IGNORECASE)
    return found[1].decode("ascii") if found else None


# --- files ----------------------------------------------------------------------------------------------------------


def _file(node: Node, name: str, data: bytes) -> Part:
    cid = one_line(decoded(node.get("content-id")).strip("<> ")[:200])
    is_attached = node.get("content-disposition").strip().lower().startswith("attachment")
    return Part(name or _NAMES.get(node.kind, "part.bin"), node.kind, data, cid, bool(cid) and not is_attached)


def _name_the_resource_fork(out: Contents) -> None:
    """Beside a file, Macs send what only they can use under the same name; they call it so, too."""
    for place in range(len(out.files) - 1):
        fork, file = out.files[place], out.files[place + 1]
        if fork.content_type == "application/applefile" and fork.name in (file.name, "part.bin"):
            out.files[place] = Part("._" + file.name, fork.content_type, fork.data)
