"""The record that all processes share (`ticket`), and everything that hangs on it."""

from .closing import (
    ClosingRequest,
    ClosingRule,
    ReopeningRule,
)
from .events import (
    Attachment,
    Comment,
    Draft,
    Outbox,
    TicketEvent,
    _attachment_path,
)
from .ticket import (
    OPEN,
    PREFIXES,
    Category,
    Channel,
    Impact,
    Priority,
    PriorityReason,
    Tag,
    Ticket,
    TicketWords,
    Urgency,
    page_of,
)
from .ties import (
    TicketItem,
    TicketLink,
    TicketShare,
    TicketTag,
    Watcher,
)
from .work import (
    ClosedWorkMonth,
    Heartbeat,
    WorkRounding,
    WorkTime,
    WorkTimer,
)

__all__ = [
    "Attachment",
    "Category",
    "Channel",
    "ClosedWorkMonth",
    "ClosingRequest",
    "ClosingRule",
    "Comment",
    "Draft",
    "Heartbeat",
    "Impact",
    "OPEN",
    "Outbox",
    "PREFIXES",
    "Priority",
    "PriorityReason",
    "ReopeningRule",
    "Tag",
    "Ticket",
    "TicketEvent",
    "TicketItem",
    "TicketLink",
    "TicketShare",
    "TicketTag",
    "TicketWords",
    "Urgency",
    "Watcher",
    "WorkRounding",
    "WorkTime",
    "WorkTimer",
    "_attachment_path",
    "page_of",
]
