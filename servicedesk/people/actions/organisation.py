"""Companies, departments and teams. None is ever deleted, since tickets name them; they go out of use."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.web.errors import Refused

from ..models import Company, Department, Membership, Team, User
from ..rules import check
from ..ties import ties_of
from .core import allow, audit, changed_fields, hold, keep, lock, plain, refuse_loop

COMPANY_FIELDS = ("code", "name", "name_en", "time_zone", "is_active")
DEPARTMENT_FIELDS = ("company", "code", "name", "name_en", "parent", "head", "is_active")
TEAM_FIELDS = ("code", "name", "name_en", "tier", "lead", "next_team", "is_active")

_Row = TypeVar("_Row", Company, Department, Team)


@transaction.atomic
def create_company(*, by: User | None, via: str, **fields: Any) -> Company:
    """Make a company of the group. Refuses a code that another has. `by` is None for the desk itself, here and
    below.
    """
    company = _begin(Company(), by, fields, COMPANY_FIELDS)
    _keep(company)
    _created(company, fields, by, via)
    return company


@transaction.atomic
def change_company(company: Company, *, by: User, via: str, **fields: Any) -> Company:
    """Change a company. Refuses taking it out of use while people or departments of it are in use."""
    changes = _change(company, by, fields, COMPANY_FIELDS)
    if changes.get("is_active") == [True, False]:
        _refuse_while(
            company.people.filter(is_active=True).count() + company.departments.filter(is_active=True).count(),
            ngettext(
                "%(count)d person or department of %(name)s is still in use.",
                "%(count)d people and departments of %(name)s are still in use.",
                company.people.filter(is_active=True).count() + company.departments.filter(is_active=True).count(),
            ),
            company,
        )
    return _changed(company, changes, by, via)


@transaction.atomic
def create_department(*, by: User | None, via: str, **fields: Any) -> Department:
    """Make a department. Refuses a code that another of the company has, and a parent of another company."""
    department = _begin(Department(), by, fields, DEPARTMENT_FIELDS)
    _check_department(department)
    _keep(department)
    _created(department, fields, by, via)
    return department


@transaction.atomic
def change_department(department: Department, *, by: User, via: str, **fields: Any) -> Department:
    """Change a department. Refuses a circle in the tree, moving to another company with people or departments in it,
    and taking it out of use while people or departments of it are in use.
    """
    changes = _change(department, by, fields, DEPARTMENT_FIELDS)
    _check_department(department)
    inside = department.people.filter(is_active=True).count() + department.children.filter(is_active=True).count()
    if "company" in changes and (department.people.exists() or department.children.exists()):
        raise Refused(_("Move its people and departments first: they belong to the company."), field="company")
    if changes.get("is_active") == [True, False]:
        _refuse_while(
            inside,
            ngettext(
                "%(count)d person or department in %(name)s is still in use.",
                "%(count)d people and departments in %(name)s are still in use.",
                inside,
            ),
            department,
        )
    return _changed(department, changes, by, via)


@transaction.atomic
def create_team(*, by: User | None, via: str, members: Iterable[User] = (), **fields: Any) -> Team:
    """Make a team. Refuses a code that another has, and members who are guests or not active."""
    team = _begin(Team(), by, fields, TEAM_FIELDS)
    _check_team(team)
    _keep(team)
    _before, after = _set_members(team, members)
    _created(team, fields, by, via, **({"members": [None, after]} if after else {}))
    return team


@transaction.atomic
def change_team(team: Team, *, by: User, via: str, **fields: Any) -> Team:
    """Change a team; `members` are all of them. Refuses a circle of next tiers, and going out of use while tickets or
    services are its own or another team hands over to it.
    """
    members = fields.pop("members", None)
    changes = _change(team, by, fields, TEAM_FIELDS)
    _check_team(team)
    if changes.get("is_active") == [True, False]:
        before = team.previous_teams.filter(is_active=True).first()
        if before is not None:
            raise Refused(
                _("%(team)s hands over to this team. Give it another next tier first.") % {"team": before},
                field="is_active",
            )
    if members is not None:
        had, have = _set_members(team, members)
        if had != have:
            changes["members"] = [had, have]
    return _changed(team, changes, by, via)


def _begin(obj: _Row, by: User | None, fields: dict[str, Any], names: Iterable[str]) -> _Row:
    if by is not None:
        check(by, "people.change")
    allow(fields, names)
    hold()
    changed_fields(obj, fields)
    return obj


def _change(obj: _Row, by: User, fields: dict[str, Any], names: Iterable[str]) -> dict[str, list]:
    check(by, "people.change")
    allow(fields, names)
    hold()
    lock(obj)
    changes = changed_fields(obj, fields)
    if changes.get("is_active") == [True, False]:
        for tie in ties_of(obj):
            if tie.holds:
                raise Refused(tie.sentence, field="is_active", code="in_use")
    return changes


def _changed(obj: _Row, changes: dict[str, list], by: User, via: str) -> _Row:
    _keep(obj)
    if changes:
        audit(obj, "change", by=by, via=via, changes=changes)
    return obj


def _created(obj: Model, fields: dict[str, Any], by: User | None, via: str, **more: Any) -> None:
    given = {name: [None, plain(value)] for name, value in fields.items() if value not in (None, "")}
    audit(obj, "create", by=by, via=via, changes=given | more)


def _keep(obj: Company | Department | Team) -> None:
    keep(obj, taken=_("The code “%(code)s” is taken.") % {"code": obj.code}, field="code")


def _refuse_while(count: int, sentence: str, obj: Model) -> None:
    if count:
        raise Refused(sentence % {"name": obj, "count": count}, field="is_active", code="in_use")


def _check_department(department: Department) -> None:
    parent = department.parent
    if parent is not None and parent.company_id != department.company_id:
        raise Refused(
            _("“%(department)s” belongs to %(company)s.") % {"department": parent, "company": parent.company},
            field="parent",
        )
    refuse_loop(department, "parent", parent)
    _check_person(department.head, "head")


def _check_team(team: Team) -> None:
    refuse_loop(team, "next_team", team.next_team)
    if team.next_team is not None and not team.next_team.is_active:
        raise Refused(_("“%(name)s” is no longer in use.") % {"name": team.next_team}, field="next_team")
    _check_person(team.lead, "lead")


def _check_person(person: User | None, field: str) -> None:
    """Whoever was named and left later may stay named; only guests never stand anywhere."""
    if person is not None and person.is_guest:
        raise Refused(_("%(name)s is a guest.") % {"name": person}, field=field)


def _set_members(team: Team, members: Iterable[User]) -> tuple[list, list]:
    """(before, after) as [id, name], by id."""
    wanted = {person.pk: person for person in members}
    had = {row.user_id: row.user for row in team.memberships.select_related("user")}
    for pk, person in wanted.items():
        if pk not in had and (person.is_guest or not person.is_active):
            raise Refused(_("%(name)s cannot be a member: not active, or a guest.") % {"name": person}, field="members")
    Membership.objects.filter(team=team, user__in=had.keys() - wanted.keys()).delete()
    Membership.objects.bulk_create(
        [Membership(team=team, user=wanted[pk]) for pk in sorted(wanted.keys() - had.keys())]
    )
    return [plain(had[pk]) for pk in sorted(had)], [plain(wanted[pk]) for pk in sorted(wanted)]
