"""The colours of tokens.css can be read: text 4.5 : 1, borders of controls 3 : 1, in light and dark."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)", (ROOT / "static/css/tokens.css").read_text()
    )
}
GROUNDS = ["surface", "raised", "sunken", "hover", "selected"]
TEXT = ["ink", "ink-2", "ai", "ai-strong", "p1", "p2", "p3", "met", "near", "missed"]
PAIRS = [
    *((text, ground) for text in TEXT for ground in GROUNDS),
    *(("ink-3", ground) for ground in ["surface", "raised", "sunken", "hover"]),
    *(("p4", ground) for ground in ["surface", "raised", "sunken", "hover"]),
    *((f"{phase}-ink", f"{phase}-tint") for phase in ["new", "active", "waiting", "resolved", "closed"]),
    ("on-ai", "ai"),
    ("on-ai", "ai-strong"),
    *((text, ground) for text in ["ink", "ink-2", "ai"] for ground in ["note-tint", "missed-tint"]),
    ("ink-3", "note-tint"),
    ("missed", "missed-tint"),
]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


class TestContrast:
    def test_the_measure_is_right(self):
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)

    @pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
    @pytest.mark.parametrize(("text", "ground"), PAIRS)
    def test_text_can_be_read(self, text, ground, theme):
        assert contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= 4.5

    @pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
    @pytest.mark.parametrize("ground", ["surface", "raised"])
    def test_controls_can_be_seen(self, ground, theme):
        for token in ("edge", "ai"):
            assert contrast(TOKENS[token][theme], TOKENS[ground][theme]) >= 3


class TestStylesheets:
    @pytest.mark.parametrize("path", sorted((ROOT / "static/css").glob("*.css")), ids=lambda path: path.name)
    def test_only_the_tokens_name_colours(self, path):
        if path.name in ("tokens.css", "paper.css"):  # paper has no dark mode, and what prints it knows no light-dark()
            return
        source = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", path.read_text(), flags=re.DOTALL)
        assert re.findall(r":[^;{}]*(?:#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(|oklch\()", source) == []

    @pytest.mark.parametrize("path", sorted((ROOT / "static/css").glob("*.css")), ids=lambda path: path.name)
    def test_every_token_exists(self, path):
        known = set(re.findall(r"(--[\w-]+):", (ROOT / "static/css/tokens.css").read_text()))
        used = {name for name in re.findall(r"var\((--[\w-]+)", path.read_text()) if not name.startswith("--tblr-")}
        assert used <= known
