"""Reads of people and teams."""

from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from servicedesk.web.errors import NotFound
from servicedesk.web.text import normalise

from .models import Absence, ApiToken, AuditEntry, Company, Department, Role, Team, User


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
    """People whose name, reading, address, number, phone or extension has all the words."""
    people = visible_people(user)
    for word in normalise(words).split():
        people = people.filter(
            Q(name__icontains=word)
            | Q(reading__icontains=word)
            | Q(email__icontains=word)
            | Q(employee_number__iexact=word)
            | Q(phone__contains=word)
            | Q(extension=word)
        )
    return people


def person_by_address(address: str) -> User | None:
    """The active person who owns an e-mail address (any of theirs, proved ones only), or None."""
    return (
        active_people()
        .filter(Q(email__iexact=address) | Q(emailaddress__email__iexact=address, emailaddress__verified=True))
        .order_by("id")
        .first()
    )


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
    day = on or timezone.localdate()
    return set(Absence.objects.filter(from_on__lte=day, until_on__gte=day).values_list("user_id", flat=True))


def audit_entries() -> QuerySet[AuditEntry]:
    """All entries about people and settings, newest first. For those with `audit.read`."""
    return AuditEntry.objects.select_related("by")


def live_tokens() -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(revoked_at__isnull=True, expires_at__gt=timezone.now(), user__is_active=True)


def companies() -> QuerySet[Company]:
    return Company.objects.all()


def departments() -> QuerySet[Department]:
    return Department.objects.select_related("company", "parent", "head")
