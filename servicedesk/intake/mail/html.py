"""HTML of mails: as text for the ticket, and cleaned for showing in a sandboxed frame."""

import re
from collections.abc import Collection
from html import escape, unescape
from urllib.parse import unquote, urlsplit

import nh3
from selectolax.lexbor import LexborHTMLParser

# Longer HTML is cut before it is looked at; all of it stays in the raw mail.
MOST_LETTERS = 1_000_000
_DEEPEST = 200
_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr"  # noqa: SIM905
    " html li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_SPACED = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre".split())  # noqa: SIM905
_NOT_TEXT = frozenset("script style head title template noscript svg math object iframe select textarea".split())  # noqa: SIM905
# Where mail programs put what is not new: what comes after it is the old mail.
_OLD_MAIL = ("divrplyfwdmsg", "appendonsend", "gmail_quote", "gmail_quote_container", "moz-cite-prefix", "yahoo_quoted")
CUT = "\u241e"


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
# Tags that close themselves when the next one opens: any number of them in a row nests nothing.
_SHALLOW = frozenset("p br hr img input meta link col li dt dd td th tr tbody thead tfoot option area wbr".split())  # noqa: SIM905
_DEEPEST_PARSED = 2000


def is_too_deep(html: str) -> bool:
    """Parsers need time by the square of the depth; what nests deeper than any mail program writes is not parsed."""
    depth = 0
    for match in _TAG.finditer(html):
        if match[2].lower() in _SHALLOW:
            continue
        depth = max(depth - 1, 0) if match[1] else depth + 1
        if depth > _DEEPEST_PARSED:
            return True
    return False


def _without_tags(html: str) -> str:
    return unescape(re.sub(r"<[^<>]{0,2000}>", " ", html))


def to_text(html: str) -> str:
    """The text as a person would read it: lines by block, quotes with "> ", addresses behind their words. `CUT` on a
    line of its own marks where the program that wrote it says the old mail begins.
    """
    html = html[:MOST_LETTERS]
    if is_too_deep(html):
        return _without_tags(html)
    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    if root is None:
        return ""
    out = _Lines()
    _walk(root, out)
    return out.text()


class _Lines:
    """Collects words into lines; knows how deep in quotes it is."""

    def __init__(self):
        self.done: list[str] = []
        self.now = ""
        self.quotes = 0
        self.pre = 0

    def word(self, text: str) -> None:
        if self.pre:
            first, *more = text.split("\n")
            self.now += first
            for line in more:
                self.end(always=True)
                self.now = line
            return
        text = re.sub(r"[ \t\r\n\f]+", " ", text)
        if not self.now or self.now.endswith(" "):
            text = text.lstrip(" ")
        self.now += text

    def end(self, always: bool = False) -> None:
        if self.now.strip() or always:
            self.done.append(("> " * self.quotes + self.now.rstrip()).rstrip() if self.quotes else self.now.rstrip())
        self.now = ""

    def blank(self) -> None:
        self.end()
        if self.done and self.done[-1].strip("> "):
            self.done.append(("> " * self.quotes).rstrip())

    def text(self) -> str:
        self.end()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.done)).strip().replace("\xa0", " ")


def _walk(root, out: _Lines) -> None:
    """Iterative: hostile HTML nests deeper than Python recurses."""
    stack = [(root, False)]
    depth = 0
    while stack:
        node, leaving = stack.pop()
        tag = node.tag
        if leaving:
            depth -= 1
            _leave(node, tag, out)
            continue
        if tag == "-text":
            out.word(node.text_content or "")
            continue
        if tag in _NOT_TEXT or tag.startswith("-") or tag == "_comment":
            continue
        _enter(node, tag, out)
        depth += 1
        stack.append((node, True))
        if depth > _DEEPEST:
            out.word(node.text(deep=True) or "")
            continue
        children = []
        child = node.child
        while child is not None:
            children.append(child)
            child = child.next
        stack.extend((child, False) for child in reversed(children))


def _enter(node, tag: str, out: _Lines) -> None:
    if tag in _BLOCKS:
        out.end()
        names = f"{node.attributes.get('id') or ''} {node.attributes.get('class') or ''}".lower()
        if any(sign in names for sign in _OLD_MAIL):
            out.end()
            out.done.append(CUT)
    if tag in _SPACED:
        out.blank()
    if tag == "br":
        out.end(always=True)
    elif tag == "hr":
        out.done.append("----------")
    elif tag == "blockquote":
        out.quotes += 1
    elif tag == "pre":
        out.pre += 1
    elif tag == "li":
        out.now = "- "
    elif tag in ("td", "th") and out.now.strip():
        out.now = out.now.rstrip() + "  "
    elif tag == "img":
        label = (node.attributes.get("alt") or "").strip()
        if label:
            out.word(f"[{label}]")


def _leave(node, tag: str, out: _Lines) -> None:
    if tag == "a":
        href = (node.attributes.get("href") or "").strip()
        shown = (node.text(deep=True) or "").strip()
        plain = href.removeprefix("mailto:")
        if href.startswith(("http://", "https://", "mailto:")) and plain.rstrip("/") not in shown and len(href) < 2000:
            out.word(f" ({plain})" if shown else plain)
    if tag == "blockquote":
        out.end()
        while out.done and out.done[-1] and not out.done[-1].strip("> "):
            out.done.pop()
        out.quotes -= 1
    elif tag == "pre":
        out.end()
        out.pre -= 1
    elif tag in _BLOCKS:
        out.end()
    if tag in _SPACED:
        out.blank()


_TAGS = set(nh3.ALLOWED_TAGS) - {"map", "area"} | {"font", "center", "big"}
_ATTRIBUTES = {
    tag: set(names)
    for tag, names in {
        "*": {"align", "dir", "lang", "title", "style", "valign", "bgcolor"},
        "a": {"href"},
        "font": {"color", "face", "size"},
        "img": {"alt", "height", "src", "width"},
        "ol": {"start", "type"},
        "table": {"border", "cellpadding", "cellspacing", "width"},
        "td": {"colspan", "rowspan", "width"},
        "th": {"colspan", "rowspan", "scope", "width"},
    }.items()
}
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-left", "border-right", "border-top",
    "color", "font-family", "font-size", "font-style", "font-weight", "line-height", "margin", "margin-bottom",
    "margin-left", "margin-right", "margin-top",
    "padding", "padding-bottom", "padding-left", "padding-right", "padding-top",
    "text-align", "text-decoration", "vertical-align", "white-space", "width",
}  # fmt: skip
_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,", re.IGNORECASE)
# In a style: what names an address, and the backslash with which it could be spelt otherwise.
_FETCHES = re.compile(r"url|image|import|expression|\\", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
# What may stand in a content security policy, and is no name within a network.
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
_INSIDE = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home", ".corp", ".private", ".arpa", ".test")
MOST_HOSTS = 20


def clean(html: str, pictures: dict[str, str] | None = None, hosts: Collection[str] = ()) -> str:
    """HTML without anything that runs, loads or submits. Pictures of the mail itself (`cid:` → data address in
    `pictures`) stay. Others lose their address, since fetching them tells the sender who reads when; those of `hosts`,
    which somebody asked for, keep it, by https.
    """
    html = html[:MOST_LETTERS]
    if is_too_deep(html):
        return f"<pre>{escape(_without_tags(html))}</pre>"
    pictures = pictures or {}

    def keep(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            if value.lower().startswith("cid:"):
                return pictures.get(unquote(value[4:]).strip("<> "))
            if _PICTURE.match(value):
                return value
            return _by_https(value) if host_of(value) in hosts else None
        if name == "href":
            return value if _LINK.match(value) else None
        if name == "style":
            return ";".join(each for each in value.split(";") if not _FETCHES.search(each)) or None
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"referrerpolicy": "no-referrer"}},
        strip_comments=True,
        clean_content_tags={"script", "style", "title", "template", "noscript"},
    )


def host_of(address: str) -> str:
    """The host from which a picture would be fetched by https; "" for what is none, names no public host or asks for a
    port, a user or a place within a network: nothing in a mail may make a reader's browser ask there.
    """
    if not _REMOTE.match(address) or "\\" in address:
        return ""
    try:
        parts = urlsplit(_by_https(address))
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        if parts.port or parts.username is not None or parts.password is not None:
            return ""
    except (ValueError, UnicodeError):
        return ""
    return host if _HOST.fullmatch(host) and not host.endswith(_INSIDE) else ""


def _by_https(address: str) -> str:
    return "https://" + _REMOTE.sub("", address, count=1).strip()


def hosts_of_pictures(html: str) -> list[str]:
    """From where the pictures of a mail would be fetched, in order, up to `MOST_HOSTS`; as `clean` understands them."""
    found: dict[str, None] = {}

    def look(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src" and (host := host_of(value)):
            found.setdefault(host)
        return None

    html = html[:MOST_LETTERS]
    if not is_too_deep(html):
        nh3.clean(html, tags={"img"}, attributes={"img": {"src"}}, attribute_filter=look, url_schemes={"http", "https"})
    return list(found)[:MOST_HOSTS]


_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def picture_type(data: bytes) -> str:
    """What kind of picture the bytes are, whatever the mail calls them; "" for none of the harmless ones."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if data.startswith(start)), "")
