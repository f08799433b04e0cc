"""Fetches the front-end parts we keep in the repository: `python -m servicedesk.web.vendoring`.

Needs the npm client, only here: running and installing Madoguchi needs neither npm nor Node. Versions are pinned below;
what was fetched is recorded in static/vendor/VERSIONS.md. htmx is not here: django-htmx brings it.
"""

import hashlib
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from xml.etree import ElementTree  # noqa: S405 - icons of a pinned package

from servicedesk.web.icons import ICONS

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
SPRITE = ROOT / "static" / "icons.svg"
BROWSER_TESTS = ROOT / "tests" / "browser" / "vendor"

PACKAGES = {"@tabler/core": "1.6.1", "@tabler/icons": "3.51.0", "axe-core": "4.14.1"}

# What of a package is kept, and where.
FILES = {
    "@tabler/core": {
        "dist/css/tabler.min.css": VENDOR / "tabler" / "tabler.min.css",
        "LICENSE": VENDOR / "tabler" / "LICENSE",
    },
    "@tabler/icons": {"LICENSE": VENDOR / "tabler-icons" / "LICENSE"},
    "axe-core": {"axe.min.js": BROWSER_TESTS / "axe.min.js", "LICENSE": BROWSER_TESTS / "LICENSE-axe-core"},
}
LICENCES = {"@tabler/core": "MIT", "@tabler/icons": "MIT", "axe-core": "MPL-2.0 (tests only)"}

# Shapes of our own, for priorities: two triangles, one, a disc, a ring. The form tells them apart, not the colour.
SHAPES = {
    "p1": '<path d="M7 11 12 3l5 8zM7 21l5-8 5 8z" fill="currentColor"/>',
    "p2": '<path d="M4.5 18.5 12 5.5l7.5 13z" fill="currentColor"/>',
    "p3": '<circle cx="12" cy="12" r="6.5" fill="currentColor"/>',
    "p4": '<circle cx="12" cy="12" r="5.5" fill="none" stroke="currentColor" stroke-width="2.5"/>',
    # A counter: the window and its sill, cut out of the wall.
    "brand": (
        '<path fill="currentColor" fill-rule="evenodd" '
        'd="M3 5.5A2.5 2.5 0 0 1 5.5 3h13A2.5 2.5 0 0 1 21 5.5V21H3zM6.5 7v7.5h11V7zM6.5 17v1.5h11V17z"/>'
    ),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        record = []
        for package, version in PACKAGES.items():
            source = fetch(package, version, work)
            for inside, target in FILES[package].items():
                target.parent.mkdir(parents=True, exist_ok=True)
                found = source / inside
                content = found.read_bytes() if found.exists() else licence_text(package)
                target.write_bytes(without_source_map(content))
                record.append((package, version, target))
            if package == "@tabler/icons":
                SPRITE.write_text(sprite(source / "icons" / "outline"), encoding="utf-8")
                record.append((package, version, SPRITE))
    write_record(record)


def fetch(package: str, version: str, work: Path) -> Path:
    """Unpack a package from npm and give its folder."""
    done = subprocess.run(  # noqa: S603
        ["npm", "pack", "--silent", f"{package}@{version}"],  # noqa: S607
        cwd=work,
        check=True,
        capture_output=True,
        text=True,
    )
    target = work / re.sub(r"\W", "-", package)
    with tarfile.open(work / done.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def without_source_map(content: bytes) -> bytes:
    """The maps are not kept, and a storage with hashed names fails on a reference to a missing file."""
    content = re.sub(rb"\s*/\*# sourceMappingURL=[^*]*\*/", b"", content)
    return re.sub(rb"\s*//# sourceMappingURL=\S*", b"", content).rstrip() + b"\n"


def licence_text(package: str) -> bytes:
    """@tabler/core names its licence in package.json and in the head of each file, without the text."""
    if package != "@tabler/core":
        raise FileNotFoundError(f"{package} has no LICENSE")
    return MIT.format(holder="2018-2026 The Tabler Authors").encode()


def sprite(folder: Path) -> str:
    """One SVG file with a symbol for each icon."""
    symbols = []
    for name in ICONS:
        tree = ElementTree.parse(folder / f"{name}.svg").getroot()  # noqa: S314 - a pinned package
        paths = []
        for element in tree:
            attributes = "".join(
                f' {key}="{value}"' for key, value in element.attrib.items() if key not in ("stroke", "fill")
            )
            if element.attrib.get("stroke") != "none":
                paths.append(f"<{element.tag.rpartition('}')[2]}{attributes}/>")
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
            f'stroke-linecap="round" stroke-linejoin="round">{"".join(paths)}</symbol>'
        )
    symbols += [f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>' for name, body in SHAPES.items()]
    lines = "\n".join(symbols)
    return (
        f"<!-- Tabler Icons {PACKAGES['@tabler/icons']} (MIT, see vendor/tabler-icons/LICENSE), and our own shapes. "
        f'Made by servicedesk/web/vendoring.py. -->\n<svg xmlns="http://www.w3.org/2000/svg">\n{lines}\n</svg>\n'
    )


def write_record(record: list[tuple[str, str, Path]]) -> None:
    rows = [
        f"| {package} | {version} | {LICENCES[package]} | `{path.relative_to(ROOT)}` | "
        f"`{hashlib.sha256(path.read_bytes()).hexdigest()}` |"
        for package, version, path in record
    ]
    text = "\n".join(
        [
            "# Vendored parts",
            "",
            "Fetched from npm by `python -m servicedesk.web.vendoring`, which pins the versions. References to source",
            "maps are cut off; otherwise the files are as published. htmx comes with the Python package django-htmx.",
            "",
            "| package | version | licence | file | sha256 |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )
    (VENDOR / "VERSIONS.md").write_text(text + "\n", encoding="utf-8")


MIT = """MIT License

Copyright (c) {holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

if __name__ == "__main__":
    main()
