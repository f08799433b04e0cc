"""How bodies of the API are read. Apart from `api`, because REST framework loads parsers before its own views."""

from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers

MOST_BYTES = 5 * 1024 * 1024  # of a JSON body; files travel as multipart


class JsonParser(parsers.JSONParser):
    """JSON up to 5 MB; what Python's reader cannot stand (nested too deep) is a bad request like any other."""

    def parse(self, stream, media_type=None, parser_context=None):
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MOST_BYTES:
            raise exceptions.ParseError(_("This is too large. Send files as multipart/form-data."))
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(_("This is nested too deep.")) from None
