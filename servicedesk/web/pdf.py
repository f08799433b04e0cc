"""Pages for paper: a template becomes a PDF by WeasyPrint, which needs libraries of the system (Pango) and a Japanese
font. It fetches nothing, whatever a template or a text in it names.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from servicedesk.web.errors import NotNow

PAPER = "css/paper.css"


def render(template: str, context: Mapping[str, Any]) -> bytes:
    """The PDF of a template, in the active language. Refuses with what is missing where the system cannot make one."""
    weasyprint = _weasyprint()
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
    paper = (settings.BASE_DIR / "static" / PAPER).read_text(encoding="utf-8")
    html = weasyprint.HTML(string=render_to_string(template, dict(context)), url_fetcher=nothing)
    return html.write_pdf(stylesheets=[weasyprint.CSS(string=paper, url_fetcher=nothing)])


def _weasyprint() -> Any:
    # Imported where it is used: without its libraries the rest of the desk must go on.
    try:
        import weasyprint.urls
    except OSError as error:
        raise NotNow(
            _("This machine cannot make PDFs: it lacks Pango. Install %(packages)s and try again.")
            % {"packages": "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"}
        ) from error
    return weasyprint
