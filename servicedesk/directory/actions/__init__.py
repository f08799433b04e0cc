"""Every write on the directory and of what is taken outside."""

from .entries import change_contract, change_entry, create_contract, create_entry, restore_entry, retire_entry
from .importing import Imported, import_entries
from .outside import amend_referral, escalate_outside, undo_referral
from .reminding import remind_owners

__all__ = [
    "Imported",
    "amend_referral",
    "change_contract",
    "change_entry",
    "create_contract",
    "create_entry",
    "escalate_outside",
    "import_entries",
    "remind_owners",
    "restore_entry",
    "retire_entry",
    "undo_referral",
]
