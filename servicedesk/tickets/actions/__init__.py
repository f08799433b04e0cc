"""All writes on tickets. `core` has the record, its events and the one place where a status changes; `closing` how it
ends; `talk` replies, notes and files; `drafts` what is not sent yet; `escalating` the way up and down the tiers;
`importing` what happened in another system; `items` what a ticket is about; `merging` what belongs together; `sharing`
who else sees it; `snoozing` what comes back later; `thanking` thanks; `work_time` minutes, timers and months that are
closed; `work` everything else that an agent does.

Lock order: the core row first (`lock`), then the extension; several tickets by `pk`.
"""

from .closing import announce_closing, ask_to_close, close, hold_closing, send_back
from .core import Apart, Together, because, lock, move, open_ticket, permit, record, record_many, together
from .drafts import discard_draft, restore_draft, save_draft, spend_draft
from .escalating import de_escalate, escalate, escalate_to_manager
from .forwarding import answer_from_outside, forward
from .importing import Step, continue_imported, open_imported
from .items import add_items, remove_item, set_items
from .merging import merge, move_message, unmerge
from .sharing import add_watcher, share, unshare, unwatch, watch
from .snoozing import snooze, wake
from .talk import note, reply, take_back
from .thanking import thank
from .work import (
    assign,
    link,
    set_fields,
    set_tags,
    tag_names,
    unlink,
)
from .work_time import (
    change_work,
    close_month,
    delete_work,
    discard_timer,
    log_work,
    reopen_month,
    restore_timer,
    save_rounding,
    start_timer,
    stop_timer,
)

__all__ = [
    "Apart",
    "Step",
    "Together",
    "add_items",
    "add_watcher",
    "announce_closing",
    "answer_from_outside",
    "ask_to_close",
    "assign",
    "because",
    "change_work",
    "close",
    "close_month",
    "continue_imported",
    "delete_work",
    "de_escalate",
    "discard_draft",
    "discard_timer",
    "escalate",
    "escalate_to_manager",
    "forward",
    "hold_closing",
    "link",
    "lock",
    "log_work",
    "merge",
    "move",
    "move_message",
    "note",
    "open_imported",
    "open_ticket",
    "permit",
    "record",
    "record_many",
    "remove_item",
    "reopen_month",
    "reply",
    "restore_draft",
    "restore_timer",
    "save_draft",
    "save_rounding",
    "send_back",
    "set_fields",
    "set_items",
    "set_tags",
    "share",
    "snooze",
    "spend_draft",
    "start_timer",
    "stop_timer",
    "tag_names",
    "take_back",
    "thank",
    "together",
    "unlink",
    "unmerge",
    "unshare",
    "unwatch",
    "wake",
    "watch",
]
