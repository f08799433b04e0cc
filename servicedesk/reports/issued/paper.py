"""The PDF of an issued report."""

from datetime import timedelta

from servicedesk.web import pdf
from servicedesk.web.middleware import speaking_to

from .freezing import Frozen
from .models import IssuedReport


def write_pdf(report: IssuedReport, language: str) -> bytes:
    """In a language, in the company's time zone."""
    frozen = Frozen.of(report, language)
    with speaking_to(None, language):
        return pdf.render(
            "reports/issued/paper.html",
            {"frozen": frozen, "report": report, "until": frozen.days[1] - timedelta(days=1)},
        )
