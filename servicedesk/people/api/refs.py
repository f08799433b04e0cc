"""How other things name people, teams and departments: short objects going out, an address or a code coming in."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ..models import Company, Department, Team, User
from ..queries import active_teams, departments, visible_people

LARGEST_ID = 2**63 - 1


class PersonRef(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(source="display_name")


class TeamRef(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")


class CompanyRef(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")


class DepartmentRef(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")


class Named(serializers.Field):
    """Something that exists, by its name in the API. What the caller may not see is refused as what does not exist."""

    default_error_messages = {"missing": _("There is no such thing: “%(given)s”.")}

    def find(self, given: str):
        raise NotImplementedError

    def to_internal_value(self, data):
        if isinstance(data, bool) or not isinstance(data, str | int):
            data = "?"
        given = str(data).strip()[:200]
        found = self.find(given) if given and "\x00" not in given and given.isprintable() else None
        if found is None:
            message = self.error_messages["missing"]
            raise serializers.ValidationError(str(message) % {"given": given}, code="missing")
        return found

    def to_representation(self, value):
        return str(value)

    @property
    def user(self) -> User:
        return self.context["request"].user


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}], "description": "Id or e-mail address."})
class PersonField(Named):
    """A person whom the caller may see, by id or main e-mail address; `me` is the caller."""

    default_error_messages = {"missing": _("There is no such person: “%(given)s”.")}

    def find(self, given: str) -> User | None:
        if given == "me":
            return self.user
        people = visible_people(self.user)
        if given.isascii() and given.isdigit():
            return people.filter(pk=int(given)).first() if int(given) <= LARGEST_ID else None
        return people.filter(email__iexact=given).first()


@extend_schema_field({"type": "string", "description": "Code of a team."})
class TeamField(Named):
    default_error_messages = {"missing": _("There is no such team: “%(given)s”.")}

    def find(self, given: str) -> Team | None:
        return active_teams().filter(code=given).first()


@extend_schema_field({"type": "string", "description": "Code of a company."})
class CompanyField(Named):
    default_error_messages = {"missing": _("There is no such company: “%(given)s”.")}

    def find(self, given: str) -> Company | None:
        return Company.objects.filter(code=given).first()


@extend_schema_field({"type": "integer", "description": "Id of a department."})
class DepartmentField(Named):
    default_error_messages = {"missing": _("There is no such department: “%(given)s”.")}

    def find(self, given: str) -> Department | None:
        if given.isascii() and given.isdigit() and int(given) <= LARGEST_ID:
            return departments().filter(pk=int(given)).first()
        return None
