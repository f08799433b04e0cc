"""How values look to people, in Japanese and English: times, durations, sizes, running text, Markdown."""

import datetime as dt
import re
from functools import lru_cache
from html import escape

import nh3
from django.utils import dateformat, timezone, translation
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext
from markdown_it import MarkdownIt
from markdown_it.token import Token

# Django's date letters. Japanese dates as 2026年11月22日(日) 14:05.
_FORMATS = {
    "ja": {
        "moment": "Y年n月j日(D) H:i",
        "date": "Y年n月j日(D)",
        "day": "n月j日",
        "month": "Y年n月",
        "time": "H:i",
    },
    "en": {
        "moment": "D j M Y, H:i",
        "date": "D j M Y",
        "day": "j M",
        "month": "F Y",
        "time": "H:i",
    },
}


def _format(value: dt.date | dt.datetime | dt.time, name: str) -> str:
    language = "ja" if (translation.get_language() or "").startswith("ja") else "en"
    if isinstance(value, dt.datetime):
        value = value.replace(second=0, microsecond=0, tzinfo=None)
    return _written(value, language, name)


@lru_cache(maxsize=20_000)
def _written(value: dt.date | dt.datetime | dt.time, language: str, name: str) -> str:
    """Kept, because lists show hundreds of moments, mostly those of the page before."""
    with translation.override(language):
        return dateformat.format(value, _FORMATS[language][name])


def local(value: dt.datetime) -> dt.datetime:
    """In the reader's zone; naive times are taken as being there already."""
    return timezone.localtime(value) if timezone.is_aware(value) else value


def exact(value: dt.date | dt.datetime | dt.time | None) -> str:
    """`2026年11月22日(日) 14:05` or `Sun 22 Nov 2026, 14:05` in the reader's zone; dates without the time."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return _format(local(value), "moment")
    if isinstance(value, dt.time):
        return _format(value, "time")
    return _format(value, "date")


def month(value: dt.date) -> str:
    """`2026年11月`, `November 2026`."""
    return _format(local(value) if isinstance(value, dt.datetime) else value, "month")


def when(value: dt.datetime, now: dt.datetime | None = None) -> str:
    """Relative near now (within a day, and yesterday and tomorrow), exact elsewhere."""
    now = now or timezone.now()
    seconds = (now - value).total_seconds()
    distance = abs(seconds)
    if distance < 60:
        return gettext("just now") if seconds >= 0 else gettext("in a moment")
    minutes = int(distance // 60)
    if minutes < 60:
        if seconds > 0:
            return ngettext("%(count)d min ago", "%(count)d min ago", minutes) % {"count": minutes}
        return ngettext("in %(count)d min", "in %(count)d min", minutes) % {"count": minutes}
    hours = minutes // 60
    if hours >= 72:
        return exact(value)
    days = (local(value).date() - local(now).date()).days
    if hours < 12 or (hours < 24 and days == 0):
        if seconds > 0:
            return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
        return ngettext("in %(count)d hour", "in %(count)d hours", hours) % {"count": hours}
    clock = _format(local(value), "time")
    if days == -1:
        return gettext("yesterday %(time)s") % {"time": clock}
    if days == 1:
        return gettext("tomorrow %(time)s") % {"time": clock}
    return exact(value)


def clock(value: dt.datetime) -> str:
    """`14:05` today, exact on any other day: for what stands on an open page for a while."""
    there = local(value)
    return _format(there, "time") if there.date() == local(timezone.now()).date() else exact(value)


def short_when(value: dt.datetime, now: dt.datetime | None = None) -> str:
    """For narrow columns: `3 min`, `5 h`, `2 d`, then `3 Nov` or, in another year, `Nov 2025`."""
    now = now or timezone.now()
    distance = abs((now - value).total_seconds())
    if distance < 60:
        return pgettext("short time", "now")
    if distance < 7 * 86400:
        return duration(dt.timedelta(seconds=distance), parts=1)
    there, here = local(value), local(now)
    return _format(there, "day") if there.year == here.year else _format(there, "month")


def duration(value: dt.timedelta | int | float, parts: int = 2) -> str:
    """`2 d 3 h`, `14 min`; a number is minutes. The sign is left to the words around it."""
    minutes = abs(value.total_seconds()) / 60 if isinstance(value, dt.timedelta) else abs(value)
    minutes = int(minutes)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    words = []
    if days:
        words.append(gettext("%(count)d d") % {"count": days})
    if hours:
        words.append(gettext("%(count)d h") % {"count": hours})
    if minutes or not words:
        words.append(gettext("%(count)d min") % {"count": minutes})
    text = words[0]
    for word in words[1:parts]:
        text = gettext("%(longer)s %(shorter)s") % {"longer": text, "shorter": word}
    return text


def hours(minutes: int) -> str:
    """`312 h 5 min`: a sum of work time, in which a day would be a riddle."""
    whole, rest = divmod(minutes, 60)
    longer = gettext("%(count)d h") % {"count": whole}
    if not rest:
        return longer
    return gettext("%(longer)s %(shorter)s") % {"longer": longer, "shorter": duration(rest)}


def clock_left(value: dt.timedelta) -> str:
    """Time left on a level clock as `0:14`, beyond a day in words; late ones with a minus sign."""
    seconds = int(value.total_seconds())
    sign, seconds = ("−", -seconds) if seconds < 0 else ("", seconds)
    if seconds >= 86400:
        return sign + duration(dt.timedelta(seconds=seconds))
    return f"{sign}{seconds // 3600}:{seconds % 3600 // 60:02d}"


def number(value, places: int | None = None) -> str:
    """With the separators of the language."""
    return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


def filesize(size: int | None) -> str:
    """`1.2 MB` with a space that does not break; powers of 1,024."""
    if size is None:
        return ""
    if size < 1024:
        return ngettext("%(count)d byte", "%(count)d bytes", size).replace(" ", "\u00a0") % {"count": size}
    value = float(size)
    for unit in ("KB", "MB", "GB", "TB"):
        value /= 1024
        if value < 1023.95 or unit == "TB":
            break
    return f"{number(value, 1 if value < 10 else 0)}\u00a0{unit}"


# Running text -------------------------------------------------------------------------------------------------------

_LINK = re.compile(
    r"(?P<url>https?://[^\s<>\"'`\u3000\u3001\u3002\uff08\uff09\u300c\u300d\u3010\u3011\uff0c\uff0e]+)"
    r"|(?<![\w.+-])(?P<mail>[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})"
)
_REL = "noopener noreferrer nofollow"


def _links(value: str):
    """Cut text into (kind, text, href), kind is text or link. A bracket or point after an address is no part of it."""
    position = 0
    for match in _LINK.finditer(value):
        found = match[0]
        while found and (
            found[-1] in ".,;:!?*_"
            or (found[-1] in ")]}" and found.count("([{"[")]}".index(found[-1])]) < found.count(found[-1]))
        ):
            found = found[:-1]
        if not found or found in ("http://", "https://"):
            continue
        if match.start() > position:
            yield "text", value[position : match.start()], ""
        yield "link", found, found if match["url"] else f"mailto:{found}"
        position = match.start() + len(found)
    if position < len(value):
        yield "text", value[position:], ""


def plain(value: str | None) -> SafeString:
    """Text that is only text: escaped, addresses become links, line ends become <br>."""
    pieces = []
    for kind, text, href in _links((value or "").replace("\r\n", "\n").strip("\n")):
        shown = escape(text).replace("\n", "<br>\n")
        pieces.append(f'<a href="{escape(href)}" rel="{_REL}">{shown}</a>' if kind == "link" else shown)
    return mark_safe("".join(pieces))  # noqa: S308 - every piece is escaped above


def _autolink(state) -> None:
    """Markdown rule: bare addresses in text become links."""
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children, depth = [], 0
        for token in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type != "text" or depth:
                children.append(token)
                continue
            for kind, text, href in _links(token.content):
                if kind == "text":
                    children.append(Token("text", "", 0, content=text))
                    continue
                children.append(Token("link_open", "a", 1, attrs={"href": href}))
                children.append(Token("text", "", 0, content=text))
                children.append(Token("link_close", "a", -1))
        block.children = children


def _own_images_only(state) -> None:
    """Markdown rule: a picture from another site becomes a link to it; nobody learns who reads the page, and when."""
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children = []
        for token in block.children:
            source = str(token.attrs.get("src", "")) if token.type == "image" else ""
            if token.type != "image" or (source.startswith("/") and not source.startswith(("//", "/\\"))):
                children.append(token)
                continue
            children.append(Token("link_open", "a", 1, attrs={"href": source}))
            children.append(Token("text", "", 0, content=token.content or source))
            children.append(Token("link_close", "a", -1))
        block.children = children


@lru_cache(maxsize=200)
def naming(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """`@` and one of the names, the longest that fits, outside of addresses and of longer words."""
    if not names:
        return None
    longest = sorted(filter(None, names), key=len, reverse=True)
    words = "|".join(re.escape(name).replace("\\ ", "[ \u3000]") for name in longest)
    return re.compile(rf"(?<![A-Za-z0-9._%+-])[@＠]({words})(?![A-Za-z0-9_])", re.IGNORECASE)


def _mark_names(state) -> None:
    """Markdown rule: `@` and a name of `env["names"]` is marked."""
    pattern = naming(state.env.get("names", ()))
    for block in state.tokens if pattern else ():
        if block.type != "inline" or not block.children:
            continue
        children = []
        for token in block.children:
            parts = pattern.split(token.content) if token.type == "text" else []
            if len(parts) < 2:
                children.append(token)
                continue
            for place, part in enumerate(parts):
                if place % 2:
                    children.append(Token("mention_open", "span", 1, attrs={"class": "mention"}))
                    children.append(Token("text", "", 0, content=f"@{part}"))
                    children.append(Token("mention_close", "span", -1))
                elif part:
                    children.append(Token("text", "", 0, content=part))
        block.children = children


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("own_images_only", _own_images_only)
    parser.core.ruler.push("mark_names", _mark_names)
    parser.core.ruler.push("autolink", _autolink)
    return parser


_MARKDOWN = _parser()
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "span", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "code": {"class"},
    "span": {"class"},
    "th": set(),
}
_LONGEST_MARKDOWN = 200_000


def markdown(value: str | None, top: int = 3, names: tuple[str, ...] = ()) -> SafeString:
    """Markdown as safe HTML. The highest heading becomes `<h{top}>`, so that a text never outranks its page. `names`
    are people who are marked where they stand after an `@`.

    HTML inside is shown as text; pictures only from this site; what is too long to be prose is shown plain.
    """
    source = (value or "").replace("\r\n", "\n")
    if len(source) > _LONGEST_MARKDOWN:
        return plain(source)
    return (_kept_markdown if len(source) < _MOST_KEPT else _markdown)(source, top, names)


def _markdown(source: str, top: int, names: tuple[str, ...]) -> SafeString:
    tokens = _MARKDOWN.parse(source, {"names": names})
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + top - 1)}"
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return mark_safe(  # noqa: S308 - cleaned here
        nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel=_REL,
            strip_comments=True,
        )
    )


# A message is read many times and written once; short ones are kept, about 10 MB at most.
_MOST_KEPT = 2_000
_kept_markdown = lru_cache(maxsize=2_000)(_markdown)


def initials(name: str) -> str:
    """One or two signs for an avatar: 佐藤 花子 → 佐, Anna Schmidt → AS."""
    words = name.split()
    if not words:
        return "?"
    if ord(words[0][0]) > 0x2E7F:
        return words[0][0]
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper()


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """`Firefox · Windows` from a browser's own name; programs by their first word."""
    found = [name for pairs in (_BROWSERS, _SYSTEMS) for name in [_first(pairs, user_agent)] if name]
    return " · ".join(found) or user_agent.split("/")[0][:40] or gettext("Unknown")


def _first(pairs: tuple, text: str) -> str:
    return next((name for sign, name in pairs if sign in text), "")
