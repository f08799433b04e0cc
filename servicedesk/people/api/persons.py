"""People by API: colleagues for everybody, the whole of them for agents, changes by administrators."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from servicedesk.web.api import Filters, Strict, View

from .. import actions
from ..models import Language, Role, User
from ..queries import absences_of, addresses_of, get_absence, get_person, people_for_list
from ..rules import check
from .refs import CompanyField, CompanyRef, DepartmentField, DepartmentRef, PersonField, PersonRef, TeamField, TeamRef


class PersonRow(serializers.Serializer):
    """Somebody. Colleagues see name, address and department; the rest is for those who look people up for their work
    (agents, administrators), for the person, and empty for others.
    """

    id = serializers.IntegerField()
    name = serializers.CharField()
    reading = serializers.CharField()
    email = serializers.SerializerMethodField(help_text="Empty for people of an import, who have none.")
    company = CompanyRef(allow_null=True)
    department = DepartmentRef(allow_null=True)
    is_active = serializers.BooleanField()
    is_guest = serializers.BooleanField()
    phone = serializers.CharField()
    extension = serializers.CharField()
    employee_number = serializers.CharField(allow_null=True)
    is_vip = serializers.BooleanField()
    roles = serializers.SerializerMethodField()
    teams = TeamRef(many=True, source="teams.all")

    closed = {"phone": "", "extension": "", "employee_number": None, "is_vip": False, "roles": [], "teams": []}

    def get_email(self, person) -> str:
        return person.email if person.is_reachable else ""

    def get_roles(self, person) -> list[str]:
        return sorted(row.role for row in person.role_rows.all())

    def to_representation(self, person):
        body = super().to_representation(person)
        if not self.context["request"].user.may("people.see", person):
            body |= {name: value for name, value in self.closed.items() if name in body}
        return body


class PersonOut(PersonRow):
    language = serializers.ChoiceField(choices=Language.choices)
    time_zone = serializers.CharField()
    manager = PersonRef(allow_null=True)
    addresses = serializers.SerializerMethodField(help_text="All proved e-mail addresses, the main one first.")

    closed = PersonRow.closed | {"manager": None, "addresses": []}

    def get_addresses(self, person) -> list[str]:
        return addresses_of(person) if person.is_reachable else []


class MeOut(PersonOut):
    is_agent = serializers.BooleanField()
    is_administrator = serializers.BooleanField()


class AbsenceOut(serializers.Serializer):
    id = serializers.IntegerField()
    from_on = serializers.DateField()
    until_on = serializers.DateField()
    deputy = PersonRef(allow_null=True)
    note = serializers.CharField()


class PersonFilters(Filters):
    q = serializers.CharField(
        required=False, default="", max_length=200, help_text="Words of name, reading, address, number or phone."
    )
    state = serializers.ChoiceField(choices=["active", "inactive", "guest", "all"], default="active")
    role = serializers.ChoiceField(choices=Role.choices, required=False, default="")
    company = CompanyField(required=False)
    department = DepartmentField(required=False, help_text="Also those below it.")
    team = TeamField(required=False)


class Line(serializers.CharField):
    """A name or number on one line; what is longer than the column or has control characters the action refuses."""

    def __init__(self, **more):
        super().__init__(**{"required": False, "allow_blank": True, "max_length": 320} | more)


class ChangePersonIn(Strict):
    """Any of the fields; what is not named stays. `addresses` are the further ones, `roles` all of them."""

    name = Line()
    email = Line()
    addresses = serializers.ListField(child=serializers.CharField(max_length=320), max_length=20, required=False)
    reading = Line()
    company = CompanyField(required=False, allow_null=True)
    department = DepartmentField(required=False, allow_null=True)
    manager = PersonField(required=False, allow_null=True)
    employee_number = Line(allow_null=True)
    phone = Line()
    extension = Line()
    language = serializers.ChoiceField(choices=Language.choices, required=False)
    time_zone = Line()
    is_vip = serializers.BooleanField(required=False)
    is_guest = serializers.BooleanField(required=False)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices), max_length=20, required=False)


class CreatePersonIn(ChangePersonIn):
    name = Line(required=True)
    email = Line(required=True)


class ProfileIn(Strict):
    language = serializers.ChoiceField(choices=Language.choices, required=False)
    time_zone = Line()
    phone = Line()
    extension = Line()


class AbsenceIn(Strict):
    from_on = serializers.DateField()
    until_on = serializers.DateField()
    deputy = PersonField(required=False, allow_null=True)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class NoFieldsIn(Strict):
    """Nothing to say."""


class PersonViewSet(View):
    """People whom the caller may see."""

    scope = "settings"
    queryset = User.objects.none()
    lookup_value_converter = "int"
    ordering = ("reading", "name", "id")

    def person(self, pk: int) -> User:
        return get_person(self.request.user, pk)

    def now(self, pk: int, *, status: int = 200) -> Response:
        return self.answer(PersonOut, self.person(pk), status=status)

    def by_api(self) -> dict:
        return {"by": self.request.user, "via": "api"}

    @extend_schema(parameters=[PersonFilters], responses=PersonRow(many=True))
    def list(self, request):
        asked = self.asked(PersonFilters)
        if asked["role"] or "team" in asked or asked["state"] != "active":
            # What colleagues are not shown of each other they do not find each other by.
            check(request.user, "people.see")
        people = people_for_list(
            request.user,
            words=asked["q"],
            state="" if asked["state"] == "all" else asked["state"],
            role=asked["role"],
            **{name: asked[name] for name in ("company", "department", "team") if name in asked},
        )
        return self.pages(PersonRow, people)

    @extend_schema(responses=PersonOut)
    def retrieve(self, request, pk):
        return self.now(pk)

    @extend_schema(request=CreatePersonIn, responses={201: PersonOut})
    def create(self, request):
        """Make a person, who chooses a password by “forgot your password?”."""
        check(request.user, "people.change")
        person = actions.create_person(**self.given(CreatePersonIn), **self.by_api())
        return self.now(person.pk, status=201)

    @extend_schema(request=ChangePersonIn, responses=PersonOut)
    def partial_update(self, request, pk):
        check(request.user, "people.change")
        person = self.person(pk)
        actions.change_person(person, **self.given(ChangePersonIn), **self.by_api())
        return self.now(pk)

    @extend_schema(request=NoFieldsIn, responses=PersonOut)
    @action(detail=True, methods=["post"])
    def deactivate(self, request, pk):
        """Take somebody out of use: sessions and tokens end now, nothing is deleted."""
        check(request.user, "people.change")
        person, _given = self.person(pk), self.given(NoFieldsIn)
        actions.deactivate_person(person, **self.by_api())
        return self.now(pk)

    @extend_schema(request=NoFieldsIn, responses=PersonOut)
    @action(detail=True, methods=["post"])
    def reactivate(self, request, pk):
        check(request.user, "people.change")
        person, _given = self.person(pk), self.given(NoFieldsIn)
        actions.reactivate_person(person, **self.by_api())
        return self.now(pk)

    @extend_schema(request=NoFieldsIn, responses=PersonOut)
    @action(detail=True, methods=["post"], url_path="remove-second-factors")
    def remove_second_factors(self, request, pk):
        """Take away authenticator app, recovery codes and passkeys that were lost; sessions end, a mail tells them."""
        check(request.user, "people.change")
        person, _given = self.person(pk), self.given(NoFieldsIn)
        actions.remove_second_factors(person, **self.by_api())
        return self.now(pk)

    @extend_schema(responses=AbsenceOut(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def absences(self, request, pk):
        """Days on which the person is away from today on, and who stands in."""
        person = self.person(pk)
        check(request.user, "people.see", person)
        return self.answer(AbsenceOut, absences_of(person), many=True)

    @extend_schema(request=AbsenceIn, responses={201: AbsenceOut})
    @absences.mapping.post
    def create_absence(self, request, pk):
        person = self.person(pk)
        check(request.user, "absences.change", person)
        absence = actions.create_absence(person, **self.given(AbsenceIn), **self.by_api())
        return self.answer(AbsenceOut, absence, status=201)

    @extend_schema(responses={204: None}, parameters=[OpenApiParameter("absence", int, OpenApiParameter.PATH)])
    @action(detail=True, methods=["delete"], url_path="absences/<int:absence>")
    def delete_absence(self, request, pk, absence):
        person = self.person(pk)
        check(request.user, "absences.change", person)
        actions.delete_absence(get_absence(person, absence), **self.by_api())
        return Response(status=204)


class MeViewSet(View):
    """The caller."""

    scope = "settings"

    @extend_schema(responses=MeOut, operation_id="me_retrieve")
    def retrieve(self, request):
        return self.answer(MeOut, get_person(request.user, request.user.pk))

    @extend_schema(request=ProfileIn, responses=MeOut, operation_id="me_update")
    def partial_update(self, request):
        """What people set for themselves."""
        given = self.given(ProfileIn)
        actions.change_profile(User.objects.get(pk=request.user.pk), by=request.user, via="api", **given)
        return self.answer(MeOut, get_person(request.user, request.user.pk))
