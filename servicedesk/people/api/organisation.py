"""Companies, departments and teams by API: read by all, changed by administrators. None is ever deleted."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from servicedesk.web.api import Filters, Strict, View

from .. import actions
from ..models import Company, Department, Team
from ..queries import departments, get_or_404, teams
from ..rules import check
from .persons import Line
from .refs import CompanyField, CompanyRef, DepartmentField, DepartmentRef, PersonField, PersonRef, TeamField, TeamRef


class CompanyOut(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    time_zone = serializers.CharField()
    is_active = serializers.BooleanField()


class DepartmentOut(serializers.Serializer):
    id = serializers.IntegerField()
    company = CompanyRef()
    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    parent = DepartmentRef(allow_null=True)
    head = PersonRef(allow_null=True)
    is_active = serializers.BooleanField()


class TeamOut(serializers.Serializer):
    """`members` are for those who look people up for their work."""

    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    tier = serializers.ChoiceField(choices=Team.Tier.choices)
    lead = PersonRef(allow_null=True)
    next_team = TeamRef(allow_null=True)
    is_active = serializers.BooleanField()
    members = PersonRef(many=True, source="members.all")

    def to_representation(self, team):
        body = super().to_representation(team)
        return body if self.context["request"].user.may("people.see") else body | {"members": []}


class CompanyIn(Strict):
    code = Line()
    name = Line()
    name_en = Line()
    time_zone = Line()
    is_active = serializers.BooleanField(required=False)


class DepartmentIn(Strict):
    company = CompanyField(required=False)
    code = Line()
    name = Line()
    name_en = Line()
    parent = DepartmentField(required=False, allow_null=True)
    head = PersonField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class NewDepartmentIn(DepartmentIn):
    company = CompanyField()


class TeamIn(Strict):
    code = Line()
    name = Line()
    name_en = Line()
    tier = serializers.ChoiceField(choices=Team.Tier.choices, required=False)
    lead = PersonField(required=False, allow_null=True)
    next_team = TeamField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)
    members = serializers.ListField(child=PersonField(), required=False, max_length=1000, help_text="All of them.")


class OrganisationFilters(Filters):
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class OrganisationView(View):
    """What the three have in common. What is out of use is for those who set it up."""

    scope = "settings"
    out: type[serializers.Serializer]
    new: type[Strict]
    changes: type[Strict]
    create_action = change_action = staticmethod(lambda *args, **fields: None)

    def rows(self):
        raise NotImplementedError

    def seen(self):
        rows = self.rows()
        return rows if self.request.user.may("people.change") else rows.filter(is_active=True)

    def list_all(self) -> Response:
        asked, rows = self.asked(OrganisationFilters), self.seen()
        return self.pages(self.out, rows if asked["is_active"] is None else rows.filter(is_active=asked["is_active"]))

    def show(self, key, *, status: int = 200) -> Response:
        return self.answer(self.out, get_or_404(self.seen(), **{self.lookup_field: key}), status=status)

    def make(self) -> Response:
        check(self.request.user, "people.change")
        row = self.create_action(by=self.request.user, via="api", **self.given(self.new))
        return self.show(getattr(row, self.lookup_field), status=201)

    def alter(self, key) -> Response:
        check(self.request.user, "people.change")
        row = get_or_404(self.rows(), **{self.lookup_field: key})
        self.change_action(row, by=self.request.user, via="api", **self.given(self.changes))
        return self.show(getattr(row, self.lookup_field))


class CompanyViewSet(OrganisationView):
    """Companies of the group."""

    queryset = Company.objects.none()
    lookup_field = "code"
    lookup_value_converter = "path_code"
    ordering = ("name", "id")
    out, new, changes = CompanyOut, CompanyIn, CompanyIn
    create_action, change_action = staticmethod(actions.create_company), staticmethod(actions.change_company)

    def rows(self):
        return Company.objects.all()

    @extend_schema(parameters=[OrganisationFilters], responses=CompanyOut(many=True))
    def list(self, request):
        return self.list_all()

    @extend_schema(responses=CompanyOut)
    def retrieve(self, request, code):
        return self.show(code)

    @extend_schema(request=CompanyIn, responses={201: CompanyOut})
    def create(self, request):
        return self.make()

    @extend_schema(request=CompanyIn, responses=CompanyOut)
    def partial_update(self, request, code):
        return self.alter(code)


class DepartmentViewSet(OrganisationView):
    """Departments, a tree per company."""

    queryset = Department.objects.none()
    lookup_field = "pk"
    lookup_value_converter = "int"
    ordering = ("name", "id")
    out, new, changes = DepartmentOut, NewDepartmentIn, DepartmentIn
    create_action, change_action = staticmethod(actions.create_department), staticmethod(actions.change_department)

    def rows(self):
        return departments()

    @extend_schema(parameters=[OrganisationFilters], responses=DepartmentOut(many=True))
    def list(self, request):
        return self.list_all()

    @extend_schema(responses=DepartmentOut)
    def retrieve(self, request, pk):
        return self.show(pk)

    @extend_schema(request=NewDepartmentIn, responses={201: DepartmentOut})
    def create(self, request):
        return self.make()

    @extend_schema(request=DepartmentIn, responses=DepartmentOut)
    def partial_update(self, request, pk):
        return self.alter(pk)


class TeamViewSet(OrganisationView):
    """Teams, who is in them and whom they hand over to."""

    queryset = Team.objects.none()
    lookup_field = "code"
    lookup_value_converter = "path_code"
    ordering = ("tier", "name", "id")
    out, new, changes = TeamOut, TeamIn, TeamIn
    create_action, change_action = staticmethod(actions.create_team), staticmethod(actions.change_team)

    def rows(self):
        return teams().prefetch_related("members")

    @extend_schema(parameters=[OrganisationFilters], responses=TeamOut(many=True))
    def list(self, request):
        return self.list_all()

    @extend_schema(responses=TeamOut)
    def retrieve(self, request, code):
        return self.show(code)

    @extend_schema(request=TeamIn, responses={201: TeamOut})
    def create(self, request):
        return self.make()

    @extend_schema(request=TeamIn, responses=TeamOut)
    def partial_update(self, request, code):
        return self.alter(code)
