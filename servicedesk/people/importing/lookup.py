"""What rows refer to, read once: people by number and address, departments, companies, teams by code."""

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from ..models import Company, Department, Team, User
from .plan import Rejected


class People:
    """Everybody who is no guest by employee number and main address, guests and further addresses apart."""

    def __init__(self) -> None:
        self.by_number: dict[str, User] = {}
        self.by_email: dict[str, User] = {}
        self.owner_of: dict[str, int] = {}
        self.all: dict[int, User] = {}
        for person in User.objects.select_related("company", "department", "manager"):
            self.all[person.pk] = person
            self.by_email[person.email.lower()] = person
            if person.employee_number:
                self.by_number[person.employee_number] = person
        self.addresses: dict[int, list[str]] = {}
        for user_id, address in EmailAddress.objects.order_by("email").values_list("user_id", "email"):
            self.addresses.setdefault(user_id, []).append(address.lower())
            self.owner_of[address.lower()] = user_id
        for person in self.all.values():
            self.owner_of.setdefault(person.email.lower(), person.pk)

    def find(self, reference: str, column: str) -> User | None:
        """The person of an employee number or an e-mail address; None for an empty cell."""
        if not reference:
            return None
        found = self.by_number.get(reference)
        if found is None and "@" in reference:
            address = reference.lower()
            found = self.by_email.get(address)
            if found is None and address in self.owner_of:
                found = self.all.get(self.owner_of[address])
        if found is None:
            raise Rejected(
                _("%(column)s: there is nobody with the number or address “%(value)s”.")
                % {"column": column, "value": reference}
            )
        if found.is_guest:
            raise Rejected(_("%(column)s: %(name)s is a guest.") % {"column": column, "name": found})
        return found


class Companies:
    def __init__(self) -> None:
        self.by_code = {company.code.lower(): company for company in Company.objects.all()}

    def find(self, code: str, column: str) -> Company | None:
        if not code:
            return None
        found = self.by_code.get(code.lower())
        if found is None:
            raise Rejected(
                _("%(column)s: there is no company with the code “%(value)s”.") % {"column": column, "value": code}
            )
        return found


class Departments:
    def __init__(self) -> None:
        self.all = list(Department.objects.select_related("company", "parent", "head"))
        self.by_code: dict[tuple[int, str], Department] = {(one.company_id, one.code.lower()): one for one in self.all}

    def find(self, code: str, company: Company | None, column: str) -> Department | None:
        """By code within the company; without one the code must be that of a single department."""
        if not code:
            return None
        if company is not None:
            found = self.by_code.get((company.pk, code.lower()))
            where = company.code
        else:
            several = [one for (_company, own), one in self.by_code.items() if own == code.lower()]
            if len(several) > 1:
                raise Rejected(
                    _("%(column)s: several companies have a department “%(value)s”; say the company too.")
                    % {"column": column, "value": code}
                )
            found, where = (several[0] if several else None), "–"
        if found is None:
            raise Rejected(
                _("%(column)s: there is no department with the code “%(value)s” (company %(company)s).")
                % {"column": column, "value": code, "company": where}
            )
        return found


class Teams:
    def __init__(self) -> None:
        self.by_code = {team.code.lower(): team for team in Team.objects.select_related("lead", "next_team")}
