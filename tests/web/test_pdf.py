"""PDFs: Japanese in them is text, nothing is fetched, and a machine without Pango says what it lacks."""

import sys
from urllib.request import OpenerDirector

import pytest
from django.template import engines
from weasyprint.urls import URLFetcher

from servicedesk.web import pdf
from servicedesk.web.errors import NotNow


@pytest.fixture
def template(monkeypatch):
    def of(source: str) -> bytes:
        made = engines["django"].from_string(source)
        monkeypatch.setattr(pdf, "render_to_string", lambda _name, context: made.render(context))
        return pdf.render("any.html", {"name": "窓口"})

    return of


def test_a_template_becomes_a_pdf(template):
    assert template("<h1>{{ name }}</h1>").startswith(b"%PDF-")


def test_nothing_is_fetched(template, monkeypatch):
    asked = []
    real = URLFetcher.fetch
    monkeypatch.setattr(URLFetcher, "fetch", lambda self, url, *rest: asked.append(url) or real(self, url, *rest))
    monkeypatch.setattr(OpenerDirector, "open", lambda *_: pytest.fail("something was opened"))
    made = template(
        '<img src="http://127.0.0.1:9/x.png"><img src="file:///etc/passwd"><link rel="stylesheet" href="http://127.0.0.1:9/x.css">'
    )
    assert made.startswith(b"%PDF-") and b"root:" not in made
    assert {url.split(":")[0] for url in asked} == {"http", "file"}


def test_a_machine_without_pango_says_what_it_lacks(template, monkeypatch):
    def lacking(name, *rest, **more):
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **more)

    real = __builtins__["__import__"] if isinstance(__builtins__, dict) else __builtins__.__import__
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr("builtins.__import__", lacking)
    with pytest.raises(NotNow, match="libpango"):
        template("<p>x</p>")
