"""Vendored files, icons, and the strict Content-Security-Policy seen from the sources."""

import hashlib
import re
from pathlib import Path

import pytest

from servicedesk.web.icons import ICONS
from servicedesk.web.vendoring import SHAPES

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = (ROOT / "static/icons.svg").read_text()


def name(path):
    return str(path.relative_to(ROOT))


class TestIcons:
    def test_the_sprite_holds_every_icon_once(self):
        assert re.findall(r'<symbol id="([\w-]+)"', SPRITE) == [*ICONS, *SHAPES]

    def test_every_icon_that_is_used_is_there(self):
        used = set()
        for path in [
            *TEMPLATES,
            *ROOT.glob("servicedesk/**/*.py"),
            *ROOT.glob("incidents/*.py"),
            *ROOT.glob("requests/*.py"),
        ]:
            source = path.read_text()
            used |= {(found, name(path)) for found in re.findall(r'{% icon "([\w-]+)"', source)}
            used |= {(found, name(path)) for found in re.findall(r'{% empty [^%]*\bname="([\w-]+)"', source)}
            used |= {(found, name(path)) for found in re.findall(r'\bicon\("([\w-]+)"\)', source)}
        assert [one for one in sorted(used) if one[0] not in {*ICONS, *SHAPES}] == []


class TestVendored:
    def test_files_are_those_that_were_recorded(self):
        rows = re.findall(r"`([^`]+)` \| `([0-9a-f]{64})`", (ROOT / "static/vendor/VERSIONS.md").read_text())
        assert len(rows) >= 5
        for path, digest in rows:
            assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == digest, path

    def test_nothing_refers_to_a_source_map(self):
        """A storage with hashed names fails on a reference to a file that is not there."""
        for path in [*ROOT.glob("static/**/*.css"), *ROOT.glob("static/**/*.js")]:
            assert b"sourceMappingURL" not in path.read_bytes(), path


class TestPolicy:
    """Nothing inline: no script, no style, no handler."""

    @pytest.mark.parametrize("path", TEMPLATES, ids=name)
    def test_templates_hold_nothing_inline(self, path):
        if "email" in path.parts or "mail" in path.parts:
            pytest.skip("mails are not shown under the policy")
        source = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
        assert re.findall(r"<style\b", source) == []
        assert re.findall(r"\sstyle=", source) == []
        assert re.findall(r"\son[a-z]+=\"", source) == []
        assert re.findall(r"\shx-on", source) == []
        assert re.findall(r"hx-vals=.js:", source) == []
        scripts = re.findall(r"<script\b([^>]*(?:{[{%][^>]*?[%}]}[^>]*)*)>", source)
        assert [one for one in scripts if "src=" not in one and "application/json" not in one] == []

    def test_scripts_make_no_code_from_text(self):
        for path in ROOT.glob("static/js/*.js"):
            source = path.read_text()
            assert not re.search(
                r"\beval\(|new Function|\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write", source
            ), path
