"""What an uploaded table would do: which rows are new, which change what, which are the same, which cannot be.

`plan_of` looks everything up in a handful of queries however many rows there are, and writes nothing. The actions
apply a plan that was made anew from the same file, and only when it says the same as the preview did.
"""

from ..csvfiles import Table
from ..models import ImportRun, User
from .columns import HEADERS, NAMES, export_rows, header_names
from .departments import plan_departments
from .persons import plan_people
from .plan import Plan, PlannedRow
from .teams import plan_teams

__all__ = ["HEADERS", "NAMES", "Plan", "PlannedRow", "export_rows", "header_names", "plan_of"]

_PLANNERS = {
    ImportRun.Kind.PEOPLE: plan_people,
    ImportRun.Kind.DEPARTMENTS: plan_departments,
    ImportRun.Kind.TEAMS: plan_teams,
}


def plan_of(kind: str, table: Table, by: User) -> Plan:
    """The plan of a table. Refuses a table without the columns that say which row is whose."""
    return _PLANNERS[ImportRun.Kind(kind)](table, by)
