"""All writes of the window. `receive` is the one way into the desk; `store` keeps a mail before anything else is done
with it, `read_waiting` gives the kept ones their fate.
"""

from .comparing import compare_mailbox, start_comparisons, take_missing
from .convert import convert_ticket
from .fetching import fetch_due, fetch_mailbox
from .ledger import admit_mail, refuse_mail, retry_mail, store
from .mailboxes import change_mailbox, create_mailbox
from .reader import read_waiting
from .receive import receive
from .signing_in import begin_sign_in, finish_sign_in
from .trying import test_mailbox
from .watching import watch_mailboxes

__all__ = [
    "admit_mail",
    "begin_sign_in",
    "change_mailbox",
    "compare_mailbox",
    "convert_ticket",
    "create_mailbox",
    "fetch_due",
    "fetch_mailbox",
    "finish_sign_in",
    "read_waiting",
    "receive",
    "refuse_mail",
    "retry_mail",
    "start_comparisons",
    "store",
    "take_missing",
    "test_mailbox",
    "watch_mailboxes",
]
