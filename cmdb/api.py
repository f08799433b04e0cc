"""Services by API."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from servicedesk.people.api.refs import Named, PersonRef, TeamRef
from servicedesk.web.api import Filters, View
from servicedesk.web.errors import NotFound

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
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")
    description = serializers.CharField(source="about")
    team = TeamRef()
    business_contact = PersonRef(allow_null=True)
    system_contact = PersonRef(allow_null=True)
    default_impact = serializers.IntegerField()
    is_confidential = serializers.BooleanField()
    is_active = serializers.BooleanField()


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
        return services if self.request.user.may("settings.change") else services.filter(is_active=True)

    @extend_schema(parameters=[ServiceFilters], responses=ServiceOut(many=True))
    def list(self, request):
        asked, rows = self.asked(ServiceFilters), self.rows()
        if asked["is_active"] is not None:
            rows = rows.filter(is_active=asked["is_active"])
        return self.pages(ServiceOut, rows)

    @extend_schema(responses=ServiceOut)
    def retrieve(self, request, code):
        service = self.rows().filter(code=code).first()
        if service is None:
            raise NotFound
        return self.answer(ServiceOut, service)
