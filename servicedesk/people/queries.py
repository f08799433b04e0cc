"""Reads of people and teams."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Upper
from django.db.models.lookups import In
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.web.errors import NotFound
from servicedesk.web.finding import as_found
from servicedesk.web.text import normalise, phone_digits

from .models import (
    Absence,
    ApiToken,
    AuditEntry,
    Company,
    Department,
    ImportRun,
    Membership,
    Role,
    Team,
    User,
    UserRole,
    phone_digits_of,
)

_Row = TypeVar("_Row", bound=Model)


def departments_headed_by(user: User) -> list[int]:
    """Ids of the departments that the person heads and of all below them; one query, none for most people's rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE below AS (
                SELECT id FROM people_department WHERE head_id = %s
                UNION SELECT d.id FROM people_department d JOIN below ON d.parent_id = below.id
            ) SELECT id FROM below
            """,
            [user.pk],
        )
        return [row[0] for row in cursor.fetchall()]


def active_people() -> QuerySet[User]:
    return User.objects.filter(is_active=True)


def agents() -> QuerySet[User]:
    """People who work on tickets, by reading."""
    return active_people().filter(role_rows__role__in=[Role.AGENT, Role.LEAD]).distinct()


def active_teams() -> QuerySet[Team]:
    return Team.objects.filter(is_active=True)


def visible_people(user: User) -> QuerySet[User]:
    """Agents and administrators see everybody; staff see active colleagues of their company, never guests.

    Staff need colleagues to ask on behalf of somebody or to share a ticket.
    """
    if user.is_agent or user.is_administrator:
        return User.objects.all()
    if user.company_id is None:
        return User.objects.filter(pk=user.pk)
    return active_people().filter(Q(company_id=user.company_id, is_guest=False) | Q(pk=user.pk))


def get_person(user: User, pk: int) -> User:
    """The person, or NotFound when there is none that `user` may see."""
    person = visible_people(user).filter(pk=pk).select_related("department", "company", "manager").first()
    if person is None:
        raise NotFound
    return person


def find_people(user: User, words: str) -> QuerySet[User]:
    """People whose name, reading, address or phone has all the words, a word being also a whole number or extension.
    A telephone number is found however it is written; kana, width, case and old forms of kanji make no difference.
    """
    people = visible_people(user)
    plain = normalise(words)
    number = phone_digits(plain)
    if len(number) >= 4 and not plain.isdecimal():
        return people.filter(has_number(number) | Q(employee_number__iexact=plain))
    for word in plain.split():
        found = _has(word) | Q(employee_number__iexact=word) | Q(extension=word)
        if len(number := phone_digits(word)) >= 3:
            found |= has_number(number)
        people = people.filter(found)
    return people


def _has(part: str) -> Q:
    """People whose name, reading, address or telephone number has this part (of `normalise`); see `User.found_by`."""
    return Q(found_by__contains=as_found(part))


def find_callers(user: User, words: str, *, most: int) -> list[User]:
    """The first people whom the words fit, guests too, with what tells them apart on the telephone."""
    found = find_people(user, words).filter(is_active=True).select_related("department")
    return list(found[:most])


def has_number(digits: str) -> Q:
    """People whose telephone number has these digits (of `phone_digits`), or whose extension they are; a name or an
    address with just these digits counts too.
    """
    written = {digits, f"81{digits[1:]}"} if digits.startswith("0") and len(digits) > 3 else {digits}
    found = Q(extension=digits)
    for one in written:
        found |= _has(one)
    return found


def people_with_number(user: User, number: str) -> list[User]:
    """The active people whom `user` may see and whose telephone number or extension is exactly this one; at most 20."""
    digits = phone_digits(number)
    if not 2 <= len(digits) <= 15:
        return []
    people = visible_people(user).filter(is_active=True).select_related("department")
    if len(digits) <= 6:
        return list(people.filter(extension=digits)[:20])
    written = [digits, f"81{digits[1:]}"] if digits.startswith("0") else [digits]
    return list(people.filter(In(phone_digits_of("phone"), written))[:20])


def person_by_address(address: str) -> User | None:
    """The active person who owns an e-mail address (any of theirs, proved ones only), or None.

    Two queries at most, each by its index: one for both kinds of address would read everybody.
    """
    by_main = active_people().filter(email__iexact=address).first()
    if by_main is not None:
        return by_main
    proved = EmailAddress.objects.filter(email=address.lower(), verified=True, user__is_active=True)
    owner = proved.select_related("user").first()  # theirs are in small letters everywhere
    return owner.user if owner else None


def people_by_address(addresses: Iterable[str]) -> dict[str, User]:
    """The same for many at once: active people by the address of theirs that was asked for. Two queries."""
    wanted = {each.casefold() for each in addresses}
    capitals = Upper("email")
    by_main = active_people().alias(capitals=capitals).filter(capitals__in=[each.upper() for each in wanted])
    found = {person.email.casefold(): person for person in by_main}
    proved = EmailAddress.objects.filter(email__in=wanted - found.keys(), verified=True, user__is_active=True)
    return found | {row.email: row.user for row in proved.select_related("user")}


def deputy_of(user: User, on: date | None = None) -> User | None:
    """Who stands in for the person on a day (today in their zone by default), or None when present or nobody does."""
    day = on or timezone.localdate()
    absence = (
        Absence.objects.filter(user=user, from_on__lte=day, until_on__gte=day, deputy__is_active=True)
        .select_related("deputy")
        .first()
    )
    return absence.deputy if absence else None


def absent_ids(on: date | None = None) -> set[int]:
    """Ids of the people who are away on a day."""
    return set(absences_on(on or timezone.localdate()).values_list("user_id", flat=True))


def absences_on(day: date) -> QuerySet[Absence]:
    return Absence.objects.filter(from_on__lte=day, until_on__gte=day).select_related("deputy")


def second_factors_of(person: User) -> list[tuple[str, int]]:
    """(what it is, how many) of what the person signs in with beside the password; one query."""
    labels = {
        Authenticator.Type.TOTP: _("Authenticator app"),
        Authenticator.Type.WEBAUTHN: _("Passkeys and security keys"),
        Authenticator.Type.RECOVERY_CODES: _("Recovery codes"),
    }
    found = Authenticator.objects.filter(user=person).values_list("type").annotate(Count("pk")).order_by("type")
    return [(labels.get(kind, kind), count) for kind, count in found]


def absences_of(person: User) -> QuerySet[Absence]:
    """Absences that have not ended yet, the next one first."""
    return person.absences.filter(until_on__gte=timezone.localdate()).select_related("deputy")


def coming_absences(weeks: int = 8) -> tuple[list[Absence], list[Absence]]:
    """(away today, away later within some weeks) of active people, by first day."""
    today = timezone.localdate()
    rows = (
        Absence.objects.filter(until_on__gte=today, from_on__lte=today + timedelta(weeks=weeks), user__is_active=True)
        .select_related("user", "deputy")
        .order_by("from_on", "user__reading", "id")
    )
    return [row for row in rows if row.from_on <= today], [row for row in rows if row.from_on > today]


def get_absence(person: User, pk: int) -> Absence:
    absence = person.absences.filter(pk=pk).select_related("user", "deputy").first()
    if absence is None:
        raise NotFound
    return absence


def addresses_of(person: User) -> list[str]:
    """All proved addresses, the main one first."""
    rows = EmailAddress.objects.filter(user=person, verified=True).order_by("-primary", "email")
    return list(rows.values_list("email", flat=True)) or [person.email]


def people_for_list(
    user: User,
    *,
    words: str = "",
    state: str = "active",
    role: str = "",
    company: Company | None = None,
    department: Department | None = None,
    team: Team | None = None,
) -> QuerySet[User]:
    """People that `user` may see, by reading. `state` is active, inactive, guest or empty for all."""
    people = find_people(user, words).select_related("department", "company").prefetch_related("role_rows", "teams")
    if state == "guest":
        people = people.filter(is_guest=True)
    elif state:
        people = people.filter(is_guest=False, is_active=state == "active")
    if role:
        people = people.filter(Exists(UserRole.objects.filter(user=OuterRef("pk"), role=role)))
    if company is not None:
        people = people.filter(company=company)
    if department is not None:
        people = people.filter(department__in=departments_below(department.pk))
    if team is not None:
        people = people.filter(Exists(Membership.objects.filter(user=OuterRef("pk"), team=team)))
    return people


def departments_below(pk: int) -> list[int]:
    """Ids of a department and of all below it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE below AS (
                SELECT id FROM people_department WHERE id = %s
                UNION SELECT d.id FROM people_department d JOIN below ON d.parent_id = below.id
            ) SELECT id FROM below
            """,
            [pk],
        )
        return [row[0] for row in cursor.fetchall()]


def tree(rows: Iterable, order: Callable = lambda row: row.name) -> list[tuple[int, Any]]:
    """(depth, row) of rows with `parent_id`, each followed by its children; what has no parent among them is on top."""
    rows = list(rows)
    known = {row.pk for row in rows}
    children: dict = {}
    for row in sorted(rows, key=order):
        children.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    found = []
    waiting = [(0, row) for row in reversed(children.get(None, []))]
    while waiting:
        depth, row = waiting.pop()
        found.append((depth, row))
        waiting += [(depth + 1, child) for child in reversed(children.get(row.pk, []))]
    return found


def department_tree(company: Company) -> list[tuple[int, Department]]:
    """(depth, department) of a company with `people_count`, those of active people."""
    active = Count("people", filter=Q(people__is_active=True))
    return tree(company.departments.select_related("head").annotate(people_count=active))


def teams() -> QuerySet[Team]:
    return Team.objects.select_related("lead", "next_team").annotate(
        member_count=Count("members", filter=Q(members__is_active=True))
    )


def import_runs() -> QuerySet[ImportRun]:
    """Imports, newest first, without the uploaded files."""
    return ImportRun.objects.select_related("by").defer("content", "plan").order_by("-id")


def get_or_404(rows: QuerySet[_Row], **key: Any) -> _Row:
    """The one row with this key, or NotFound."""
    row = rows.filter(**key).first()
    if row is None:
        raise NotFound
    return row


def audit_entries() -> QuerySet[AuditEntry]:
    """All entries about people and settings, newest first. For those with `audit.read`."""
    return AuditEntry.objects.select_related("by")


def live_tokens() -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(revoked_at__isnull=True, expires_at__gt=timezone.now(), user__is_active=True)


def companies() -> QuerySet[Company]:
    return Company.objects.all()


def companies_for_list() -> QuerySet[Company]:
    """Companies with `people_count` and `department_count`, those in use."""
    return Company.objects.annotate(
        people_count=Count("people", filter=Q(people__is_active=True), distinct=True),
        department_count=Count("departments", filter=Q(departments__is_active=True), distinct=True),
    )


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Live tokens of a person, the newest first."""
    return live_tokens().filter(user=user).order_by("-created_at", "-id")


def departments() -> QuerySet[Department]:
    return Department.objects.select_related("company", "parent", "head")
