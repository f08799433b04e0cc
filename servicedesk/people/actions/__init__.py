"""Writes on people, teams and rights. Every one leaves an entry in the audit log within its transaction."""

from .absences import create_absence, delete_absence
from .core import Change, audit, audit_many, changed_fields, entry_hash, hold, keep, plain
from .guests import guest
from .imports import apply_import, begin_import, discard_import, upload_import
from .organisation import (
    change_company,
    change_department,
    change_team,
    create_company,
    create_department,
    create_team,
)
from .persons import (
    change_person,
    change_profile,
    create_person,
    deactivate_person,
    note_reset_link,
    reactivate_person,
    remove_second_factors,
    set_password,
)
from .tokens import create_token, note_token_used, revoke_token

__all__ = [
    "Change",
    "apply_import",
    "audit",
    "audit_many",
    "begin_import",
    "change_company",
    "change_department",
    "change_person",
    "change_profile",
    "change_team",
    "changed_fields",
    "create_absence",
    "create_company",
    "create_department",
    "create_person",
    "create_team",
    "create_token",
    "deactivate_person",
    "delete_absence",
    "discard_import",
    "entry_hash",
    "guest",
    "hold",
    "keep",
    "note_reset_link",
    "note_token_used",
    "plain",
    "reactivate_person",
    "remove_second_factors",
    "revoke_token",
    "set_password",
    "upload_import",
]
