"""Planning a table of departments."""

from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused

from ..csvfiles import Table
from ..models import Company, Department, ImportRun, User
from .columns import title as column_title
from .lookup import Companies, Departments, People
from .plan import Plan, PlannedRow, Rejected, check_fields, refuse_circles, refuse_orphans, shown, yes_or_no

PLAIN = ("code", "name", "name_en")


def title(column: str) -> str:
    return column_title(ImportRun.Kind.DEPARTMENTS, column)


def plan_departments(table: Table, by: User) -> Plan:
    """Rows are a department's by company and code; a desk with one company needs no column for it."""
    if "code" not in table.columns:
        raise Refused(_("The file needs a column “%(column)s”.") % {"column": title("code")}, "file")
    people, companies, known = People(), Companies(), Departments()
    only = next(iter(companies.by_code.values())) if len(companies.by_code) == 1 else None
    new: dict[tuple[int, str], Department] = {}
    seen: dict[tuple[int, str], int] = {}
    rows = []
    for row in table.rows:
        cells = row.cells
        planned = PlannedRow(row.line, " ".join(filter(None, (cells.get("code"), cells.get("name")))))
        rows.append(planned)
        try:
            company = companies.find(cells.get("company", ""), title("company")) or only
            if company is None:
                raise Rejected(_("%(column)s is missing.") % {"column": title("company")})
            if not cells.get("code"):
                raise Rejected(_("%(column)s is missing.") % {"column": title("code")})
            key = (company.pk, cells["code"].lower())
            if seen.setdefault(key, row.line) != row.line:
                raise Rejected(_("The same department stands in line %(line)d.") % {"line": seen[key]})
            department = known.by_code.get(key)
            planned.obj = department or Department(company=company)
            if department is None:
                new[key] = planned.obj
            _plan(planned, cells, people)
            planned.values["company"] = company
        except Rejected as reason:
            planned.reason = str(reason)
    _parents(table, rows, known, new)
    refuse_circles(
        rows,
        "parent",
        {one.pk: one.parent_id for one in known.all},
        lambda department: department.pk or id(department),
    )
    refuse_orphans(rows, ("parent",))
    _retired(rows, known, people)
    return Plan(rows, table.unknown)


def _plan(planned: PlannedRow, cells: dict[str, str], people: People) -> None:
    department, values = planned.obj, planned.values
    new = department.pk is None
    for column in PLAIN:
        if column in cells and (column != "code" or new):
            values[column] = cells[column]
    if not values.get("name", "" if new else department.name):
        raise Rejected(_("%(column)s is missing.") % {"column": title("name")})
    if "head" in cells:
        values["head"] = people.find(cells["head"], title("head"))
    if "is_active" in cells:
        values["is_active"] = yes_or_no(cells["is_active"] or "yes", title("is_active"))
    check_fields(Department(**{name: values[name] for name in PLAIN if name in values}), list(values), title)
    for name, value in values.items():
        before = "" if new else getattr(department, name)
        if before != value and not (new and value in ("", None)):
            planned.changes[name] = ["" if new else shown(before), shown(value)]


def _parents(table: Table, rows: list[PlannedRow], known: Departments, new: dict) -> None:
    """Parents may stand in the same file, before or after the row."""
    if "parent" not in table.columns:
        return
    for row, planned in zip(table.rows, rows):
        if planned.reason:
            continue
        code = row.cells.get("parent", "")
        company: Company = planned.values["company"]
        parent = None
        if code:
            key = (company.pk, code.lower())
            parent = known.by_code.get(key) or new.get(key)
            if parent is None:
                planned.reason = _(
                    "%(column)s: there is no department with the code “%(value)s” (company %(company)s)."
                ) % {
                    "column": title("parent"),
                    "value": code,
                    "company": company.code,
                }
                continue
        planned.values["parent"] = parent
        if planned.obj.parent != parent:
            name = next((one.label for one in rows if one.obj is parent), "") if parent and not parent.pk else parent
            planned.changes["parent"] = [shown(planned.obj.parent), shown(name)]


def _retired(rows: list[PlannedRow], known: Departments, people: People) -> None:
    """What still has people or departments in use stays in use."""
    retiring = {
        row.obj.pk: row for row in rows if not row.reason and row.values.get("is_active") is False and row.obj.pk
    }
    used = {one.department_id for one in people.all.values() if one.is_active}
    used |= {one.parent_id for one in known.all if one.is_active and one.pk not in retiring}
    for pk, row in retiring.items():
        if row.obj.is_active and pk in used:
            row.reason = _("People or departments in it are still in use.")
