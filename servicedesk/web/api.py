"""Manners of the API: one way to page, one way to explain a refusal."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from servicedesk.web.errors import Refused


class CursorPages(CursorPagination):
    """Pages by cursor, 50 rows unless `limit` asks for another number up to 200. Newest first."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-pk"


def explain(error: Exception, context: dict) -> Response | None:
    """Refused → 409, or 400 with its field; not allowed → 403; not visible → 404. The sentence is that of the page."""
    if isinstance(error, Refused):
        set_rollback()
        if error.field:
            return Response(
                {error.field: [str(error.sentence)], "code": error.code}, status=status.HTTP_400_BAD_REQUEST
            )
        return Response({"detail": str(error.sentence), "code": error.code}, status=status.HTTP_409_CONFLICT)
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("This is not here, or it is not yours to see."))
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(_("You do not have the right to do this."))
    response = exception_handler(error, context)
    if response is not None and isinstance(response.data, dict) and "detail" in response.data:
        response.data.setdefault("code", getattr(response.data["detail"], "code", "error"))
    return response
