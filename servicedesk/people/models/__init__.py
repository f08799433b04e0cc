"""People, where they stand in the company, what they may do (`persons`), and what is kept about it (`records`)."""

from .persons import (
    Absence,
    ApiToken,
    Company,
    Department,
    Language,
    Membership,
    Role,
    Team,
    User,
    UserManager,
    UserRole,
    known_zone,
    named,
    phone_digits_of,
    time_zones,
)
from .records import (
    AccountMail,
    AuditEntry,
    AuditTail,
    ImportRun,
    Job,
)

__all__ = [
    "Absence",
    "AccountMail",
    "ApiToken",
    "AuditEntry",
    "AuditTail",
    "Company",
    "Department",
    "ImportRun",
    "Job",
    "Language",
    "Membership",
    "Role",
    "Team",
    "User",
    "UserManager",
    "UserRole",
    "known_zone",
    "time_zones",
    "named",
    "phone_digits_of",
]
