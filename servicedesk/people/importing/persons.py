"""Planning a table of people."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.text import normalise

from ..csvfiles import Row, Table
from ..models import ImportRun, Language, Role, User, UserRole
from .columns import title as column_title
from .lookup import Companies, Departments, People
from .plan import Plan, PlannedRow, Rejected, check_fields, refuse_circles, refuse_orphans, shown, split, yes_or_no

PLAIN = ("name", "reading", "phone", "extension", "time_zone")
_LANGUAGES = {"ja": "ja", "japanese": "ja", "日本語": "ja", "en": "en", "english": "en", "英語": "en"}


def title(column: str) -> str:
    return column_title(ImportRun.Kind.PEOPLE, column)


def plan_people(table: Table, by: User) -> Plan:
    """Rows are somebody's by employee number, else by main address. Columns that are missing stay as they are; an empty
    cell empties the field. `by` cannot be deactivated, nor the last administrator.
    """
    if not {"email", "employee_number"} & set(table.columns):
        raise Refused(
            _("The file needs a column “E-mail” or “Employee number”, so that rows find their people."), "file"
        )
    planner = _People(by)
    rows = [planner.row(row) for row in table.rows]
    planner.managers(rows)
    refuse_circles(
        rows,
        "manager",
        {person.pk: person.manager_id for person in planner.people.all.values()},
        lambda person: person.pk or id(person),
    )
    refuse_orphans(rows, ("manager",))
    planner.keep_an_administrator(rows)
    return Plan(rows, table.unknown)


class _People:
    def __init__(self, by: User) -> None:
        self.by = by
        self.people, self.companies, self.departments = People(), Companies(), Departments()
        self.roles: dict[int, set[str]] = {}
        for user_id, role in UserRole.objects.values_list("user_id", "role"):
            self.roles.setdefault(user_id, set()).add(role)
        self.role_names = {
            name: role
            for role, label in Role.choices
            for name in (role, normalise(str(label)), normalise(role.replace("_", " ")), *_JAPANESE_ROLES[role])
        }
        self.seen: dict[str, int] = {}
        self.new: dict[str, User] = {}

    def row(self, row: Row) -> PlannedRow:
        cells = row.cells
        planned = PlannedRow(row.line, cells.get("name") or cells.get("email") or cells.get("employee_number", ""))
        try:
            self._plan(planned, cells)
        except Rejected as reason:
            planned.reason = str(reason)
            # A new row that is rejected stays known, so that rows which name it can say so.
        return planned

    def _plan(self, planned: PlannedRow, cells: dict[str, str]) -> None:
        person = self._whose(cells)
        new = person is None
        if person is None:
            person = User()
        planned.obj = person
        self._once(planned, person, cells)
        values = planned.values
        if cells.get("email"):
            values["email"] = self._address(cells["email"], person, "email")
        elif "email" in cells or new:
            raise Rejected(_("%(column)s is missing.") % {"column": title("email")})
        if "employee_number" in cells:
            values["employee_number"] = cells["employee_number"] or None
        if new:
            for reference in filter(None, (values["email"], values.get("employee_number"))):
                self.new.setdefault(reference, person)
        for column in PLAIN:
            if column in cells and not (column == "time_zone" and not cells[column]):
                values[column] = cells[column]
        if not values.get("name", "" if new else person.name):
            raise Rejected(_("%(column)s is missing.") % {"column": title("name")})
        self._place(values, cells, person)
        if cells.get("language"):
            language = _LANGUAGES.get(normalise(cells["language"]))
            if language is None:
                raise Rejected(_("%(column)s: write ja or en.") % {"column": title("language")})
            values["language"] = Language(language)
        for column in ("is_vip", "is_active"):
            if column in cells:
                values[column] = yes_or_no(cells[column] or ("yes" if column == "is_active" else ""), title(column))
        if values.get("is_active") is False and person.pk == self.by.pk:
            raise Rejected(_("You cannot deactivate yourself. Another administrator can."))
        if person.is_guest:
            values["is_guest"] = False
        if "roles" in cells:
            values["roles"] = self._roles(cells["roles"])
        if "addresses" in cells:
            further = {self._address(one, person, "addresses") for one in split(cells["addresses"])}
            values["addresses"] = sorted(further - {values.get("email", person.email)})
        if "manager" in cells:
            values["manager"] = cells["manager"]  # resolved when all rows are known
        probe = User(**{name: value for name, value in values.items() if name in (*PLAIN, "email", "employee_number")})
        check_fields(probe, [name for name in values if name in (*PLAIN, "email", "employee_number")], title)
        self._differences(planned, person)

    def _whose(self, cells: dict[str, str]) -> User | None:
        number, address = cells.get("employee_number", ""), cells.get("email", "").lower()
        by_number = self.people.by_number.get(number) if number else None
        by_email = self.people.by_email.get(address) if address else None
        if by_number is not None and by_email is not None and by_number.pk != by_email.pk:
            raise Rejected(
                _("The employee number is that of %(one)s, the address that of %(other)s.")
                % {"one": by_number, "other": by_email}
            )
        if not number and not address:
            raise Rejected(_("There is neither an employee number nor an address."))
        return by_number or by_email

    def _once(self, planned: PlannedRow, person: User, cells: dict[str, str]) -> None:
        marks = [f"#{person.pk}"] if person.pk else []
        marks += [f"@{cells['email'].lower()}"] if cells.get("email") else []
        marks += [f"n{cells['employee_number']}"] if cells.get("employee_number") else []
        for mark in marks:
            before = self.seen.setdefault(mark, planned.line)
            if before != planned.line:
                planned.obj = person if person.pk else None
                raise Rejected(_("The same person stands in line %(line)d.") % {"line": before})

    def _address(self, text: str, person: User, column: str) -> str:
        address = text.strip().lower()
        try:
            validate_email(address)
        except ValidationError:
            raise Rejected(
                _("%(column)s: “%(value)s” is not an e-mail address.") % {"column": title(column), "value": text}
            ) from None
        owner = self.people.owner_of.setdefault(address, person.pk or -id(person))
        if owner != (person.pk or -id(person)):
            other = self.people.all.get(owner)
            raise Rejected(
                _("%(column)s: %(address)s belongs to %(name)s.")
                % {"column": title(column), "address": address, "name": other or _("another row of this file")}
            )
        return address

    def _place(self, values: dict, cells: dict[str, str], person: User) -> None:
        company = person.company
        if "company" in cells:
            company = values["company"] = self.companies.find(cells["company"], title("company"))
        if "department" in cells:
            department = self.departments.find(cells["department"], company, title("department"))
            values["department"] = department
            if department is not None and company is None:
                company = values["company"] = department.company
        kept = values.get("department", person.department)
        if kept is not None and company is not None and kept.company_id != company.pk:
            raise Rejected(
                _("“%(department)s” belongs to %(company)s.") % {"department": kept, "company": kept.company}
            )
        if kept is not None and company is None:
            values["company"] = kept.company

    def _roles(self, text: str) -> list[str]:
        found = set()
        for word in split(text):
            role = self.role_names.get(normalise(word))
            if role is None:
                raise Rejected(_("%(column)s: there is no role “%(role)s”.") % {"column": title("roles"), "role": word})
            found.add(str(role))
        return sorted(found)

    def _differences(self, planned: PlannedRow, person: User) -> None:
        for name, value in planned.values.items():
            if name == "manager":
                continue
            if name == "roles":
                before = sorted(self.roles.get(person.pk, ()))
            elif name == "addresses":
                before = sorted(one for one in self.people.addresses.get(person.pk, []) if one != person.email)
            else:
                before = getattr(person, name)
            new = person.pk is None
            if before != value if not new else value not in ("", None, [], False):
                planned.changes[name] = ["" if new else shown(before), shown(value)]

    def managers(self, rows: list[PlannedRow]) -> None:
        """Managers may stand in the same file, before or after the row."""
        for planned in rows:
            if "manager" not in planned.values:
                continue
            text = planned.values.pop("manager")
            if planned.reason:
                continue
            manager = self.new.get(text) or self.new.get(text.lower())
            try:
                if manager is None:
                    manager = self.people.find(text, title("manager"))
            except Rejected as reason:
                planned.reason = str(reason)
                continue
            planned.values["manager"] = manager
            before = planned.obj.manager
            if before != manager:
                by_name = manager.name if manager is None or manager.pk else self._name_of(rows, manager)
                planned.changes["manager"] = [shown(before), shown(by_name if manager else None)]

    @staticmethod
    def _name_of(rows: list[PlannedRow], person: User) -> str:
        return next(row.label for row in rows if row.obj is person)

    def keep_an_administrator(self, rows: list[PlannedRow]) -> None:
        left = {
            pk
            for pk, roles in self.roles.items()
            if Role.ADMINISTRATOR in roles and pk in self.people.all and self.people.all[pk].is_active
        }
        taking = []
        for row in rows:
            if row.reason or row.obj is None:
                continue
            key = row.obj.pk or id(row.obj)
            has = Role.ADMINISTRATOR in row.values.get("roles", self.roles.get(row.obj.pk, ()))
            if has and row.values.get("is_active", row.obj.is_active):
                left.add(key)
            elif key in left:
                left.discard(key)
                taking.append(row)
        if not left:
            for row in taking:
                row.reason = _("Nobody would be left as an administrator.")


_JAPANESE_ROLES = {
    Role.AGENT: ("担当者",),
    Role.LEAD: ("リーダー", "リード"),
    Role.PROBLEM_MANAGER: ("問題管理者",),
    Role.CHANGE_MANAGER: ("変更管理者",),
    Role.KNOWLEDGE_MANAGER: ("ナレッジ管理者",),
    Role.CMDB_MANAGER: ("cmdb管理者", "構成管理者"),
    Role.REPORT_READER: ("レポート閲覧者", "報告閲覧者"),
    Role.ADMINISTRATOR: ("管理者", "システム管理者"),
}
