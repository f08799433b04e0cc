"""Which sessions are in use, for the list where people sign them out."""

import time
from collections import OrderedDict

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.http import HttpRequest, HttpResponse

_PAUSE = 60  # seconds
_MOST = 10_000


class NoteSessions(UserSessionsMiddleware):
    """allauth's note of when and from where a session was last used, at most once a minute per session and process.

    On every request it costs five queries and a write, and an open page asks every few seconds. A session from another
    address or browser is noted at once.
    """

    def __init__(self, get_response):
        super().__init__(get_response)
        self._noted: OrderedDict[str, tuple[float, str, str]] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key if hasattr(request, "session") else None
        if not key:
            return self.get_response(request)
        now = time.monotonic()
        client = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_USER_AGENT", "")
        noted = self._noted.get(key)
        if noted is not None and now - noted[0] < _PAUSE and noted[1:] == client:
            return self.get_response(request)
        self._noted[key] = (now, *client)
        self._noted.move_to_end(key)
        while len(self._noted) > _MOST:
            self._noted.popitem(last=False)
        return super().__call__(request)
