"""Small charts for paper, as SVG. WeasyPrint applies no style of the document to them, so each brings the rules that
stand between the marks of `paper.css`.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_WIDTH, _HEIGHT, _GAP = 130, 26, 2
_BAR = 100
_BEGIN, _END = "/* charts { */", "/* } charts */"


@cache
def _style() -> SafeString:
    css = (settings.BASE_DIR / "static" / "css" / "paper.css").read_text(encoding="utf-8")
    return mark_safe(f"<style>{css.partition(_BEGIN)[2].partition(_END)[0].strip()}</style>")  # noqa: S308 – our file


def trend(values: Sequence[Decimal | None], target: Decimal | None = None) -> SafeString:
    """Bars from the oldest to the newest, which is marked; a line where the target is. What is not known has no bar.
    The table beside it says the numbers.
    """
    known = [value for value in [*values, target] if value is not None]
    top = max([*known, Decimal(0)]) or Decimal(1)
    step = _WIDTH / max(len(values), 1)
    bars = []
    for place, value in enumerate(values):
        if value is not None:
            high = max(float(max(value, Decimal(0)) / top) * (_HEIGHT - 2), 0.6)
            css = "chart-now" if place == len(values) - 1 else "chart-bar"
            bars.append((css, f"{place * step:.1f}", f"{_HEIGHT - high:.1f}", f"{step - _GAP:.1f}", f"{high:.1f}"))
    line = SafeString("")
    if target is not None and target >= 0:
        y = f"{_HEIGHT - float(target / top) * (_HEIGHT - 2):.1f}"
        line = format_html('<line class="chart-target" x1="0" x2="{}" y1="{}" y2="{}"/>', _WIDTH, y, y)
    return _svg(
        _WIDTH, _HEIGHT, "chart-trend",
        format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', bars)
        + line
        + format_html('<line class="chart-ground" x1="0" x2="{}" y1="{}" y2="{}"/>', _WIDTH, _HEIGHT, _HEIGHT),
    )  # fmt: skip


def bar(value: Decimal | None, top: Decimal) -> SafeString:
    """One bar across, as long as the value is of the largest."""
    long = float(max(value or Decimal(0), Decimal(0)) / top) * _BAR if top > 0 else 0
    inner = format_html('<rect class="chart-bar" x="0" y="1" width="{}" height="6"/>', f"{max(long, 0.5):.1f}")
    return _svg(_BAR, 8, "chart-across", inner)


def _svg(width: int, height: int, css: str, inner: SafeString) -> SafeString:
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}{}</svg>',
        css, width, height, width, height, _style(), inner,
    )  # fmt: skip
