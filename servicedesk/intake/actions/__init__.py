"""All writes of the window. `receive` is the one way into the desk; `store` keeps a mail before anything else is done
with it, `read_waiting` gives the kept ones their fate.
"""

from .convert import convert_ticket
from .ledger import admit_mail, refuse_mail, retry_mail, store
from .mailboxes import change_mailbox, create_mailbox, fetch_mailbox, test_mailbox
from .reader import read_waiting
from .receive import receive

__all__ = [
    "admit_mail",
    "change_mailbox",
    "convert_ticket",
    "create_mailbox",
    "fetch_mailbox",
    "read_waiting",
    "receive",
    "refuse_mail",
    "retry_mail",
    "store",
    "test_mailbox",
]
