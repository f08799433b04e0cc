"""Structured logs: every line carries the request, the person and the ticket it is about.

Only ids go into logs, never names, addresses or what people wrote, and no paths (some carry one-time keys).
"""

import datetime as dt
import logging
from contextlib import contextmanager
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")
user_id: ContextVar[str] = ContextVar("user_id", default="")
ticket: ContextVar[str] = ContextVar("ticket", default="")


@contextmanager
def about(*, ticket_number: str | None = None, work_id: str | None = None, user=None):
    """Name what the log lines inside are about: a ticket's number, the id of a task run, the acting person."""
    tokens = []
    if ticket_number is not None:
        tokens.append((ticket, ticket.set(ticket_number)))
    if work_id is not None:
        tokens.append((request_id, request_id.set(work_id)))
    if user is not None:
        tokens.append((user_id, user_id.set(str(user.pk))))
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


class Ids(logging.Filter):
    """Copies the context onto the record, where the formatter finds it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        record.user_id = user_id.get()
        record.ticket = ticket.get()
        return True


class JsonLines(JsonFormatter):
    """One JSON object a line: at, level, logger, message, the ids that are known, and what `extra` adds."""

    def __init__(self, **kwargs):
        super().__init__(
            fmt="%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
            **kwargs,
        )

    def formatTime(self, record, datefmt=None):  # noqa: N802 - the library's name
        return dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")

    def add_fields(self, log_data, record, message_dict):
        super().add_fields(log_data, record, message_dict)
        for name in ("request_id", "user_id", "ticket"):
            if not log_data.get(name):
                log_data.pop(name, None)
        # Django hands whole objects over as extra; a request would put paths and people into the log.
        for name in ("request", "server_time", "sql", "params"):
            log_data.pop(name, None)
