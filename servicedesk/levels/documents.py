"""JSON files of calendars and ranks, in and out."""

import json
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused


def as_file(document: dict[str, Any], name: str) -> HttpResponse:
    """The document as a file to keep."""
    answer = HttpResponse(
        json.dumps(document, ensure_ascii=False, indent=2) + "\n", content_type="application/json; charset=utf-8"
    )
    answer["Content-Disposition"] = content_disposition_header(True, f"{name}.json")
    return answer


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(_("This file is no JSON: %(error)s") % {"error": str(error)[:100]}, code="json") from None
