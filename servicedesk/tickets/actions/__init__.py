"""All writes on tickets. `core` has the record, its events and the one place where a status changes; `talk` replies,
notes and files; `drafts` what is not sent yet; `merging` what belongs together; `sharing` who else sees it; `thanking`
thanks; `work` everything else that an agent does.

Lock order: the core row first (`lock`), then the extension; several tickets by `pk`.
"""

from .core import lock, move, open_ticket, record, record_many
from .drafts import discard_draft, restore_draft, save_draft, spend_draft
from .forwarding import answer_from_outside, forward
from .merging import merge, move_message, unmerge
from .sharing import share, unshare, unwatch, watch
from .talk import note, reply, take_back
from .thanking import thank
from .work import (
    assign,
    escalate,
    link,
    log_work,
    set_fields,
    set_tags,
    unlink,
)

__all__ = [
    "answer_from_outside",
    "assign",
    "discard_draft",
    "escalate",
    "forward",
    "link",
    "lock",
    "log_work",
    "merge",
    "move",
    "move_message",
    "note",
    "open_ticket",
    "record",
    "record_many",
    "reply",
    "restore_draft",
    "save_draft",
    "set_fields",
    "set_tags",
    "share",
    "spend_draft",
    "take_back",
    "thank",
    "unlink",
    "unmerge",
    "unshare",
    "unwatch",
    "watch",
]
