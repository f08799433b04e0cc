"""Manners of the API: how a view reads and answers, one way to page, one way to explain a refusal."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status, viewsets
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView, exception_handler, set_rollback

from servicedesk.web.errors import NotFound, NotNow, Refused
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.text import nearest


class CursorPages(BasePagination):
    """Pages by key, 50 rows unless `limit` asks for another number up to 200. `next` and `previous` are addresses.

    The view says its order in `ordering`, a tuple of columns that ends in something unique.
    """

    size, most = 50, 200
    names = frozenset({"limit", "after", "before"})

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        query = request.query_params
        ordering = getattr(view, "ordering", None) or ("-pk",)
        self.page = KeysetPage(
            queryset,
            ordering,
            after=query.get("after"),
            before=query.get("before"),
            size=self._limit(query.get("limit")),
        )
        for name in ("after", "before"):
            if query.get(name) and self.page.is_first:
                raise exceptions.ValidationError({name: [_("This is no place in the list. Begin at the first page.")]})
        return self.page.rows

    def _limit(self, given: str | None) -> int:
        if given is None:
            return self.size
        if not (given.isascii() and given.isdigit() and len(given) <= 9 and int(given)):
            raise exceptions.ValidationError({"limit": [_("Write a whole number from 1 to 200.")]})
        return min(int(given), self.most)

    def _address(self, name: str, cursor: str) -> str | None:
        if not cursor:
            return None
        address = remove_query_param(self.request.build_absolute_uri(), {"after": "before", "before": "after"}[name])
        return replace_query_param(address, name, cursor)

    def get_paginated_response(self, data):
        return Response(
            {
                "next": self._address("after", self.page.next),
                "previous": self._address("before", self.page.previous),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema):
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view):
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "Rows of a page, 50 by default.",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.most},
            },
            *(
                {
                    "name": name,
                    "in": "query",
                    "required": False,
                    "description": f"The cursor out of `{link}`.",
                    "schema": {"type": "string"},
                }
                for name, link in (("after", "next"), ("before", "previous"))
            ),
        ]


class Strict(serializers.Serializer):
    """A serializer of what somebody hands in. An unknown name is refused with the nearest known one, because a typing
    mistake that is silently ignored costs an hour.
    """

    also_known: frozenset[str] = frozenset()

    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            refuse_unknown(
                data, [name for name, field in self.fields.items() if not field.read_only] + [*self.also_known]
            )
        return super().to_internal_value(data)


def refuse_unknown(given: Iterable, known: Iterable[str]) -> None:
    """Refuse names that are not known, each with the nearest known one."""
    names, errors = list(known), {}
    for name in given:
        name = str(name)
        if name not in names:
            near = nearest(name, names)
            if near:
                sentence = _("There is no “%(name)s” here. Did you mean “%(near)s”?") % {
                    "name": name[:80],
                    "near": near,
                }
            else:
                sentence = _("There is no “%(name)s” here. Known are: %(names)s.") % {
                    "name": name[:80],
                    "names": ", ".join(sorted(names)) or "–",
                }
            errors[name[:80]] = [sentence]
    if errors:
        raise exceptions.ValidationError(errors)


class Filters(Strict):
    """A serializer of an address's query; the words of paging are always known."""

    also_known = CursorPages.names


class View(viewsets.GenericViewSet):
    """A resource. Methods fetch through `queries`, read by an In serializer, call one action, answer by an Out one."""

    pagination_class: type[BasePagination] | None = CursorPages
    ordering: tuple[str, ...] = ("-pk",)

    def given(self, serializer: type[serializers.Serializer]) -> dict:
        """What the body says, checked by an In serializer. An empty body counts as an empty object."""
        reader = serializer(data=self.request.data, context=self.get_serializer_context())
        reader.is_valid(raise_exception=True)
        return reader.validated_data

    def asked(self, serializer: type[Filters]) -> dict:
        """What the address asks for, checked by a filter serializer."""
        reader = serializer(data=self.request.query_params, context=self.get_serializer_context())
        reader.is_valid(raise_exception=True)
        return reader.validated_data

    def answer(
        self, serializer: type[serializers.Serializer], row, *, status: int = 200, many: bool = False
    ) -> Response:
        return Response(serializer(row, many=many, context=self.get_serializer_context()).data, status=status)

    def pages(self, serializer: type[serializers.Serializer], rows) -> Response:
        """One page of the rows, which are a queryset in `ordering`."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(serializer(page, many=True, context=self.get_serializer_context()).data)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        # A token is known only inside the view, after the middleware has settled on the browser's language.
        response["Content-Language"] = translation.get_language() or "en"
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class NothingHere(APIView):
    """Every other address under the API: the same answer as for what somebody may not see."""

    schema = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        raise NotFound


def explain(error: Exception, context: dict) -> Response | None:
    """Refused → 409, or 400 with its field, or 503 when it may work later; not allowed → 403; not visible → 404. The
    sentence is that of the page.

    All answers are `{detail, code, errors?}`. What is not foreseen stays an exception: the log has it, the caller gets
    a 500.
    """
    if isinstance(error, Refused):
        set_rollback()
        body = {"detail": str(error.sentence), "code": error.code}
        if isinstance(error, NotNow):
            return Response(body, status=status.HTTP_503_SERVICE_UNAVAILABLE)
        if not error.field:
            return Response(body, status=status.HTTP_409_CONFLICT)
        return Response(body | {"errors": {error.field: [str(error.sentence)]}}, status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("This is not here, or it is not yours to see."))
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error) or _("You do not have the right to do this."))
    elif isinstance(error, SuspiciousOperation | BadRequest):
        error = exceptions.ParseError(_("This could not be read."))
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = _flat(error.detail)
        first = next((sentence for sentences in errors.values() for sentence in sentences), "")
        response.data = {"detail": first, "code": "invalid", "errors": errors}
    else:
        detail = response.data.get("detail", "")
        response.data = {"detail": str(detail), "code": getattr(detail, "code", "error")}
    return response


def _flat(detail, path: str = "") -> dict[str, list[str]]:
    """Errors of nested fields by their path, `cells.3.priority`."""
    if isinstance(detail, dict):
        parts = detail.items()
    elif isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        parts = enumerate(detail)
    else:
        sentences = detail if isinstance(detail, list) else [detail]
        return {path or "non_field_errors": [str(sentence) for sentence in sentences]} if sentences else {}
    flat: dict[str, list[str]] = {}
    for name, part in parts:
        step = path if name == "non_field_errors" and path else ".".join(filter(None, (path, str(name))))
        flat |= _flat(part, step)
    return flat


def document_errors(result: dict, generator, request, public) -> dict:
    """A hook of drf-spectacular: every operation lists the answers that `explain` gives."""
    properties = {
        "detail": {"type": "string", "description": "The sentence that a page would show."},
        "code": {"type": "string", "description": "A stable word for programs, such as wrong_status or not_found."},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "Field → sentences, when fields are to blame.",
        },
    }
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = {
        "type": "object",
        "required": ["detail", "code"],
        "properties": properties,
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    usual = {
        "400": "A field is wrong; `errors` says which.",
        "401": "No valid token and no session.",
        "403": "Not allowed, or the token's scopes do not reach.",
        "404": "Not there, or not yours to see.",
        "503": "The place where files are stored does not answer; the same may work in a while.",
    }
    refused = {"409": "Refused: it cannot be done as things stand."}
    for operations in result.get("paths", {}).values():
        for method, operation in operations.items():
            for code, words in (usual if method == "get" else usual | refused).items():
                operation["responses"].setdefault(code, {"description": words, "content": content})
    return result
