"""The HTML of a mail in a frame of its own, where it can only be looked at."""

import base64
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse

from ..mail import html, reading
from ..models import IncomingMail

_MOST_PICTURE_BYTES = 5 * 1024 * 1024
# What the frame with a mail's HTML may do: be looked at. Nothing in it is loaded from anywhere or runs; pictures from
# outside come from the hosts that were named to the reader and, whatever those redirect to, from no other.
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src {pictures}; "
    "style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
# A picture without an address stands as a quiet box with its words; one of a single dot is none.
FRAME_HEAD = (
    '<!doctype html><meta charset="utf-8"><title>-</title><style>'
    "body{margin:8px;overflow-wrap:anywhere;font-family:sans-serif}img{max-width:100%}"
    "img:not([src]){display:inline-block;min-width:24px;min-height:18px;padding:2px 6px;border:1px dashed #8a8d93;"
    "background:#f4f4f2;color:#55585f;font-size:12px;vertical-align:middle}"
    'img[width="0"]:not([src]),img[width="1"]:not([src]),img[height="0"]:not([src]),img[height="1"]:not([src])'
    "{display:none}</style>"
)


def letter_of(row: IncomingMail) -> reading.Letter | None:
    """The mail as it is read, None when it is beyond the limits: then it can only be taken as a file."""
    try:
        return reading.read(bytes(row.raw))
    except reading.TooMuch:
        return None


def framed(row: IncomingMail | None, *, with_pictures: bool) -> HttpResponse:
    """HTML that is harmless by itself, under a policy of its own that forbids everything else once more."""
    letter = letter_of(row) if row else None
    hosts = picture_hosts(letter) if with_pictures else []
    body = html.clean(letter.html, _own_pictures(letter), hosts) if letter else ""
    answer = HttpResponse(FRAME_HEAD + body)
    sources = " ".join(["data:", *(f"https://{host}" for host in hosts)])
    answer["Content-Security-Policy"] = FRAME_POLICY.format(pictures=sources)
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _own_pictures(letter: reading.Letter) -> dict[str, str]:
    """Pictures that came with the mail, by Content-ID, as data addresses; what is no picture by its bytes is none."""
    pictures, room = {}, _MOST_PICTURE_BYTES
    for each in letter.files:
        kind = html.picture_type(each.data) if each.cid else ""
        if kind and len(each.data) < room:
            room -= len(each.data)
            pictures[each.cid] = f"data:{kind};base64,{base64.b64encode(each.data).decode()}"
    return pictures


def picture_hosts(letter: reading.Letter | None) -> list[str]:
    """Hosts of pictures that a reader may ask for: none of the desk's own."""
    found = html.hosts_of_pictures(letter.html) if letter else []
    return [host for host in found if host != urlsplit(settings.SITE_URL).hostname]
