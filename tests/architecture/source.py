"""The project's own Python files and templates as the architecture tests read them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("servicedesk", "cmdb", "incidents", "requests", "problems", "changes")


def python_files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def trees(*, migrations: bool = False) -> Iterator[tuple[str, ast.Module]]:
    """(path below the root, syntax tree) of every module of the apps."""
    for path in python_files():
        if migrations or "migrations" not in path.parts:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"), str(path))


def templates() -> Iterator[tuple[str, str]]:
    """(path below the root, text without its comments) of every template."""
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", "", text, flags=re.DOTALL)
            yield str(path.relative_to(ROOT)), text
