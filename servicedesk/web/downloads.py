"""Handing over a stored file."""

import logging
from typing import Any

from django.db.models.fields.files import FieldFile
from django.http import FileResponse
from django.utils.translation import gettext as _

from servicedesk.web.errors import NotFound, NotNow

log = logging.getLogger(__name__)


def stored_file(file: FieldFile, **how: Any) -> FileResponse:
    """A stored file as an answer, fenced in case a browser shows it anyway; `how` is FileResponse's.

    Raises NotFound when it is gone, and NotNow when the place where files are stored does not answer.
    """
    try:
        response = FileResponse(file.open("rb"), **how)
    except FileNotFoundError as error:
        log.warning("the stored file %s is gone", file.name)
        raise NotFound from error
    except OSError as error:
        log.exception("the stored file %s could not be read", file.name)
        raise NotNow(_("The file cannot be fetched just now. Try again in a few minutes.")) from error
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
