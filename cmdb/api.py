"""Services by API."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import Named, PersonField, PersonRef, TeamField, TeamRef
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.web.api import Filters, Strict, View

from .actions import change_service, create_service
from .models import Service


class ServiceRef(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")


@extend_schema_field({"type": "string", "description": "Code of a service."})
class ServiceField(Named):
    default_error_messages = {"missing": _("There is no such service: “%(given)s”.")}

    def find(self, given: str) -> Service | None:
        return Service.objects.select_related("team").filter(code=given).first()


class ServiceOut(serializers.Serializer):
    """`label` and `about` are in the caller's language, the others as they were entered."""

    code = serializers.CharField()
    label = serializers.CharField(source="__str__")
    about = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    description = serializers.CharField()
    description_en = serializers.CharField()
    team = TeamRef()
    business_contact = PersonRef(allow_null=True)
    system_contact = PersonRef(allow_null=True)
    default_impact = serializers.IntegerField()
    is_confidential = serializers.BooleanField()
    is_active = serializers.BooleanField()


class ServiceIn(Strict):
    code = Line()
    name = Line()
    name_en = Line()
    description = Line()
    description_en = Line()
    team = TeamField(required=False)
    business_contact = PersonField(required=False, allow_null=True)
    system_contact = PersonField(required=False, allow_null=True)
    default_impact = serializers.IntegerField(required=False, min_value=1, max_value=4)
    is_confidential = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class NewServiceIn(ServiceIn):
    team = TeamField()


class ServiceFilters(Filters):
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class ServiceViewSet(View):
    """Services: what the desk supports, who supports it and whom to ask."""

    scope = "settings"
    queryset = Service.objects.none()
    lookup_field = "code"
    lookup_value_converter = "path_code"
    ordering = ("name", "id")

    def rows(self):
        """Services out of use are for those who set them up."""
        services = Service.objects.select_related("team", "business_contact", "system_contact")
        return services if self.request.user.may("services.change") else services.filter(is_active=True)

    @extend_schema(parameters=[ServiceFilters], responses=ServiceOut(many=True))
    def list(self, request):
        asked, rows = self.asked(ServiceFilters), self.rows()
        if asked["is_active"] is not None:
            rows = rows.filter(is_active=asked["is_active"])
        return self.pages(ServiceOut, rows)

    @extend_schema(responses=ServiceOut)
    def retrieve(self, request, code):
        return self.answer(ServiceOut, get_or_404(self.rows(), code=code))

    @extend_schema(request=NewServiceIn, responses={201: ServiceOut})
    def create(self, request):
        check(request.user, "services.change")
        service = create_service(**self.given(NewServiceIn), by=request.user, via="api")
        return self.answer(ServiceOut, service, status=201)

    @extend_schema(request=ServiceIn, responses=ServiceOut)
    def partial_update(self, request, code):
        """Change a service. Tickets that exist keep their team, priority and secrecy."""
        check(request.user, "services.change")
        service = get_or_404(self.rows(), code=code)
        change_service(service, **self.given(ServiceIn), by=request.user, via="api")
        return self.answer(ServiceOut, service)
