"""Small pictures and texts that stand for what people attach."""

import io
import random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

_BARS = ["#2f6f8f", "#4b5b70", "#7a4b3a", "#3f6b4a"]


def file(named: str, rng: random.Random) -> SimpleUploadedFile:
    """An uploaded file from `png:name` or `txt:name`."""
    kind, _colon, name = named.partition(":")
    if kind == "png":
        return SimpleUploadedFile(f"{name}.png", _window(rng), content_type="image/png")
    return SimpleUploadedFile(name if name.endswith(".txt") else f"{name}.txt", _text(name), content_type="text/plain")


def _window(rng: random.Random) -> bytes:
    """A window with a title bar, lines of text that cannot be read and a message box in front."""
    picture = Image.new("RGB", (640, 400), "#eef1f4")
    draw = ImageDraw.Draw(picture)
    bar = rng.choice(_BARS)
    draw.rectangle((0, 0, 640, 34), fill=bar)
    for place in range(3):
        draw.ellipse((560 + place * 24, 11, 572 + place * 24, 23), fill="#ffffff")
    for line in range(9):
        width = rng.randint(180, 560)
        draw.rectangle((28, 58 + line * 34, 28 + width, 70 + line * 34), fill="#c8d0d8")
    draw.rectangle((150, 120, 490, 280), fill="#ffffff", outline=bar, width=2)
    draw.ellipse((172, 146, 212, 186), fill="#c0392b")
    draw.line((182, 156, 202, 176), fill="#ffffff", width=4)
    draw.line((202, 156, 182, 176), fill="#ffffff", width=4)
    for line, width in enumerate((230, 200, 120)):
        draw.rectangle((232, 148 + line * 22, 232 + width, 158 + line * 22), fill="#5f6b76")
    draw.rectangle((400, 236, 470, 264), fill=bar)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _text(name: str) -> bytes:
    if "bounce" in name:
        return (
            b"Delivery to the following recipient failed permanently.\r\n\r\n"
            b"Technical details of permanent failure:\r\n"
            b"552 5.3.4 Message size exceeds fixed limit\r\n"
        )
    return f"{name}\n\n申請のとおり承認します。\n".encode()
