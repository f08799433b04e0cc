"""One picture per page with all its looks beside each other, small enough to be looked at in one go."""

from pathlib import Path

from PIL import Image

_TALL, _GAP, _ACROSS = 900, 12, 4


def sheet(pictures: list[Path], to: Path) -> None:
    """The pictures four in a row, desks at half size, each cut at 900 px of the sheet."""
    shown = [_small(path) for path in pictures]
    rows = [shown[at : at + _ACROSS] for at in range(0, len(shown), _ACROSS)]
    wide = max(sum(one.width + _GAP for one in row) for row in rows)
    tall = sum(max(one.height for one in row) + _GAP for row in rows)
    whole = Image.new("RGB", (wide, tall), "#94a3b8")
    top = 0
    for row in rows:
        left = 0
        for one in row:
            whole.paste(one, (left, top))
            left += one.width + _GAP
        top += max(one.height for one in row) + _GAP
    to.parent.mkdir(parents=True, exist_ok=True)
    whole.save(to)


def _small(path: Path) -> Image.Image:
    picture = Image.open(path).convert("RGB")
    scale = 0.5 if picture.width > 800 else 0.8
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    return picture.crop((0, 0, picture.width, min(picture.height, _TALL)))
