"""Writes of the settings of service levels, each with its audit entry. What a change moves is in `moving`."""

from .agreements import change_agreement, create_agreement
from .calendars import change_calendar, create_calendar, import_calendar
from .ranks import change_rank, create_rank, import_rank, move_rank
from .services import set_service_levels

__all__ = [
    "change_agreement",
    "change_calendar",
    "change_rank",
    "create_agreement",
    "create_calendar",
    "create_rank",
    "import_calendar",
    "import_rank",
    "move_rank",
    "set_service_levels",
]
