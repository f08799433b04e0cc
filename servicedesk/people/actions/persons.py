"""People: made, changed, taken out of use. Passwords are their own; nobody else ever sees one."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.middleware import speaking_to

from ..models import AccountMail, ApiToken, Role, User, UserRole
from ..rules import check
from .core import allow, audit, changed_fields, hold, keep, lock, plain, refuse_loop

FIELDS = (
    "name",
    "reading",
    "company",
    "department",
    "manager",
    "employee_number",
    "phone",
    "extension",
    "language",
    "time_zone",
    "is_vip",
    "is_guest",
)
OWN_FIELDS = ("language", "time_zone", "phone", "extension")


@transaction.atomic
def create_person(
    *,
    by: User | None,
    via: str,
    name: str,
    email: str,
    addresses: Iterable[str] = (),
    roles: Iterable[str] = (),
    password: str | None = None,
    **fields: Any,
) -> User:
    """Make a person; all their addresses count as proved, since an administrator vouches for them.

    `fields` are those of `FIELDS`; `addresses` are further ones beside the main one. Without `password` the person
    chooses one by “forgot your password?”. `by` is None for the desk itself (first start, demo content). Refuses an
    address or employee number that somebody else has, a department of another company, and what the model refuses.
    """
    if by is not None:
        check(by, "people.change")
    allow(fields, FIELDS)
    hold()
    person = User(email=clean_address(email, "email"))
    changed_fields(person, {"name": name} | _tidied(fields))
    _check_place(person)
    wanted = _addresses(person, person.email, addresses)
    if password:
        person.set_password(password)
    else:
        person.set_unusable_password()
    _keep(person)
    _set_addresses(person, wanted)
    named = _set_roles(person, roles)[1]
    created = {field: plain(getattr(person, field)) for field in ("email", *FIELDS)}
    audit(
        person,
        "create",
        by=by,
        via=via,
        changes={
            field: [None, value]
            for field, value in (created | {"addresses": wanted, "roles": named}).items()
            if value not in (None, "", False, [])
        },
    )
    return person


@transaction.atomic
def change_person(person: User, *, by: User, via: str, **fields: Any) -> User:
    """Change a person: `email`, `addresses` (the further ones, all of them), `roles` (all of them), and `FIELDS`.

    Only what is given changes. Refuses as `create_person`, a manager further down, and taking the last administrator's
    role. An address that is taken away no longer signs in or counts as the sender of mail.
    """
    check(by, "people.change")
    allow(fields, ("email", "addresses", "roles", *FIELDS))
    hold()
    lock(person)
    plain_fields = _tidied({name: value for name, value in fields.items() if name in FIELDS})
    if "email" in fields:
        plain_fields["email"] = clean_address(fields["email"], "email")
    had = list(EmailAddress.objects.filter(user=person).order_by("email").values_list("email", flat=True))
    was = person.email
    changes = changed_fields(person, plain_fields)
    _check_place(person)
    if "email" in fields or "addresses" in fields:
        further = fields.get("addresses", [one for one in had if one != was])
        wanted = _addresses(person, person.email, further)
        if wanted != had:
            changes["addresses"] = [had, wanted]
    _keep(person)
    if "email" in fields or "addresses" in fields:
        _set_addresses(person, wanted)
    if "roles" in fields:
        before, after = _set_roles(person, fields["roles"])
        if before != after:
            changes["roles"] = [before, after]
    if person.is_guest and UserRole.objects.filter(user=person).exists():
        raise Refused(
            _("A guest has no roles. Take the roles away, or make the person one of the company."), "is_guest"
        )
    if changes:
        audit(person, "change", by=by, via=via, changes=changes)
    if changes.get("is_guest") == [False, True]:
        end_access(person)
    return person


@transaction.atomic
def change_profile(person: User, *, by: User, via: str, **fields: Any) -> User:
    """What people set for themselves: language, time zone, phone and extension. Everything else is the
    administrator's.
    """
    check(by, "profile.change", person)
    allow(fields, OWN_FIELDS)
    lock(person)
    changes = changed_fields(person, fields)
    _keep(person)
    if changes:
        audit(person, "change_profile", by=by, via=via, changes=changes)
    return person


@transaction.atomic
def deactivate_person(person: User, *, by: User, via: str) -> User:
    """Take somebody out of use: they cannot sign in, and their sessions and tokens end now. Nothing of theirs is
    deleted.

    Refuses oneself and the last administrator; doing it again changes nothing. Tickets that they have stay theirs until
    somebody takes them: the page lists them.
    """
    check(by, "people.change")
    hold()
    lock(person)
    if person.pk == by.pk:
        raise Refused(_("You cannot deactivate yourself. Another administrator can."))
    if not person.is_active:
        return person
    person.is_active = False
    _refuse_last_administrator(person)
    person.save(update_fields=["is_active"])
    sessions, tokens = end_access(person)
    audit(
        person,
        "deactivate",
        by=by,
        via=via,
        changes={"is_active": [True, False]},
        ended_sessions=sessions,
        revoked_tokens=tokens,
    )
    return person


@transaction.atomic
def reactivate_person(person: User, *, by: User, via: str) -> User:
    """Let somebody in again. Sessions and tokens that ended stay ended."""
    check(by, "people.change")
    hold()
    lock(person)
    if not person.is_active:
        person.is_active = True
        person.save(update_fields=["is_active"])
        audit(person, "reactivate", by=by, via=via, changes={"is_active": [False, True]})
    return person


@transaction.atomic
def note_reset_link(person: User, *, by: User, via: str) -> None:
    """Write down that an administrator had a link for a new password sent to the person; the view sends it.

    The link goes to the person's main address and nowhere else; nobody else sees it. Refuses who cannot sign in anyhow.
    """
    check(by, "people.change")
    lock(person)
    if not person.is_active or person.is_guest:
        raise Refused(_("%(name)s cannot sign in, so a password is of no use.") % {"name": person})
    audit(person, "send_reset_link", by=by, via=via)


@transaction.atomic
def remove_second_factors(person: User, *, by: User, via: str) -> int:
    """Take away somebody's authenticator app, recovery codes and passkeys, because they lost them. Returns how many.

    Their sessions end, because whoever has the device may have one open, and a mail tells them. The password stays.
    Refuses oneself, who has a page for it, and a person who has none.
    """
    check(by, "people.change")
    lock(person)
    if person.pk == by.pk:
        raise Refused(_("Change your own second step on your own page."))
    held = Authenticator.objects.filter(user=person)
    kinds = sorted(held.values_list("type", flat=True))
    if not kinds:
        raise Refused(_("%(name)s has no second step.") % {"name": person}, code="none")
    held.delete()
    sessions = end_sessions(person)
    audit(person, "remove_second_factors", by=by, via=via, removed=kinds, ended_sessions=sessions)
    with speaking_to(person):
        AccountMail.objects.create(
            to_address=person.email,
            subject=_("Your second step of signing in was removed"),
            text=render_to_string("people/mail/second_factors_removed.txt", {"person": person, "by": by}),
        )
    return len(kinds)


@transaction.atomic
def set_password(person: User, password: str, *, via: str) -> None:
    """Set a password for demo content and tests of the whole desk. No page or API leads here."""
    lock(person)
    person.set_password(password)
    person.save(update_fields=["password"])
    audit(person, "set_password", by=None, via=via)


def clean_address(address: str, field: str) -> str:
    """The address in small letters without blanks around it; refuses what is none."""
    address = address.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Refused(_("“%(address)s” is not an e-mail address.") % {"address": address}, field=field) from None
    return address


def _tidied(fields: dict) -> dict:
    """An empty employee number is none at all: two people may have none."""
    if "employee_number" in fields:
        return fields | {"employee_number": (fields["employee_number"] or "").strip() or None}
    return fields


def _check_place(person: User) -> None:
    """Department and company agree, and nobody is their own manager's manager."""
    if person.department is not None:
        if person.company is None:
            person.company = person.department.company
        elif person.department.company_id != person.company_id:
            raise Refused(
                _("“%(department)s” belongs to %(company)s.")
                % {"department": person.department, "company": person.department.company},
                field="department",
            )
    refuse_loop(person, "manager", person.manager)


def _addresses(person: User, main: str, further: Iterable[str]) -> list[str]:
    """All addresses, sorted; refuses one that somebody else has."""
    wanted = sorted({main, *(clean_address(one, "addresses") for one in further if one.strip())})
    other = (
        EmailAddress.objects.filter(email__in=wanted).exclude(user_id=person.pk).select_related("user").first()
    )  # written in small letters everywhere
    owner = other.user if other else _by_main(wanted).exclude(pk=person.pk).first()
    if owner is not None:
        address = other.email if other else owner.email
        raise Refused(
            _("%(address)s belongs to %(name)s.") % {"address": address, "name": owner},
            field="email" if address == main else "addresses",
            code="taken",
        )
    return wanted


def _by_main(addresses: list[str]) -> QuerySet[User]:
    """People with one of these main addresses; guests' may be in any case."""
    return User.objects.annotate(small=Lower("email")).filter(small__in=addresses)


def _set_addresses(person: User, wanted: list[str]) -> None:
    rows = {row.email: row for row in EmailAddress.objects.filter(user=person)}
    EmailAddress.objects.filter(user=person).exclude(email__in=wanted).delete()
    EmailAddress.objects.filter(user=person, primary=True).exclude(email=person.email).update(primary=False)
    for address in wanted:
        main = address == person.email
        row = rows.get(address)
        if row is None:
            EmailAddress.objects.create(user=person, email=address, verified=True, primary=main)
        elif not row.verified or row.primary != main:
            EmailAddress.objects.filter(pk=row.pk).update(verified=True, primary=main)


def _set_roles(person: User, roles: Iterable[str]) -> tuple[list[str], list[str]]:
    """(before, after), both sorted."""
    wanted = sorted({str(role) for role in roles})
    unknown = set(wanted) - set(Role.values)
    if unknown:
        raise Refused(_("There is no role “%(role)s”.") % {"role": min(unknown)}, field="roles")
    before = sorted(UserRole.objects.filter(user=person).values_list("role", flat=True))
    if Role.ADMINISTRATOR in before and Role.ADMINISTRATOR not in wanted:
        _refuse_last_administrator(person)
    UserRole.objects.filter(user=person).exclude(role__in=wanted).delete()
    UserRole.objects.bulk_create([UserRole(user=person, role=role) for role in wanted if role not in before])
    person.__dict__.pop("standing", None)
    return before, wanted


def _refuse_last_administrator(person: User) -> None:
    others = User.objects.filter(is_active=True, role_rows__role=Role.ADMINISTRATOR).exclude(pk=person.pk)
    if UserRole.objects.filter(user=person, role=Role.ADMINISTRATOR).exists() and not others.exists():
        raise Refused(
            _("%(name)s is the last administrator. Make somebody else one first.") % {"name": person},
            field="roles",
            code="last_administrator",
        )


def end_access(person: User) -> tuple[int, int]:
    """End all sessions and tokens; returns how many of each."""
    tokens = ApiToken.objects.filter(user=person, revoked_at__isnull=True, expires_at__gt=timezone.now())
    return end_sessions(person), tokens.update(revoked_at=timezone.now())


def end_sessions(person: User) -> int:
    sessions = list(UserSession.objects.filter(user=person))
    for session in sessions:
        session.end()
    return len(sessions)


def _keep(person: User) -> None:
    keep(
        person,
        taken=_("Somebody else has the employee number %(number)s.") % {"number": person.employee_number},
        field="employee_number",
    )
