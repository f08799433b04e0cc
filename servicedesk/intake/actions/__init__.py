"""All writes of the window. `receive` is the one way into the desk; `store` keeps a mail before anything else is done
with it, `read_waiting` gives the kept ones their fate.
"""

from .call_backs import cancel_call_back, finish_call_back, miss_call_back, plan_call_back, tell_of_due_call_backs
from .calls import drop_call, finish_call, forget_dropped_calls, restore_call, save_call, take_over_call
from .comparing import compare_mailbox, start_comparisons, take_missing
from .convert import convert_ticket
from .dead import revive_address, revive_dead_address
from .exporting import export_mails
from .fetching import fetch_due, fetch_mailbox
from .ledger import admit_mail, assign_mail, decide_many, join_mail, refuse_mail, retry_mail, store
from .mailboxes import change_mailbox, create_mailbox
from .reader import read_waiting
from .receive import receive
from .signing_in import begin_sign_in, finish_sign_in
from .splitting import split_off
from .trying import test_mailbox
from .watching import watch_mailboxes

__all__ = [
    "admit_mail",
    "begin_sign_in",
    "cancel_call_back",
    "assign_mail",
    "change_mailbox",
    "compare_mailbox",
    "convert_ticket",
    "create_mailbox",
    "drop_call",
    "decide_many",
    "export_mails",
    "fetch_due",
    "fetch_mailbox",
    "finish_call",
    "finish_call_back",
    "finish_sign_in",
    "forget_dropped_calls",
    "miss_call_back",
    "plan_call_back",
    "join_mail",
    "read_waiting",
    "receive",
    "refuse_mail",
    "restore_call",
    "retry_mail",
    "revive_address",
    "revive_dead_address",
    "save_call",
    "split_off",
    "start_comparisons",
    "store",
    "take_missing",
    "take_over_call",
    "tell_of_due_call_backs",
    "test_mailbox",
    "watch_mailboxes",
]
