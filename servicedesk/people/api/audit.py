"""The audit log of people and settings by API."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from servicedesk.web.api import Filters, View

from ..models import AuditEntry
from ..queries import audit_entries
from ..rules import check
from .refs import PersonField, PersonRef


class AuditOut(serializers.Serializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    label = serializers.CharField()
    verb = serializers.CharField()
    by = PersonRef(allow_null=True, help_text="Nobody: the desk itself.")
    via = serializers.CharField()
    data = serializers.SerializerMethodField()
    hash = serializers.CharField()
    previous_hash = serializers.CharField()

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_data(self, entry) -> dict:
        return entry.data


class AuditFilters(Filters):
    object_type = serializers.CharField(required=False, max_length=80, help_text="app.model, such as people.user")
    object_id = serializers.CharField(required=False, max_length=40)
    verb = serializers.CharField(required=False, max_length=40)
    by = PersonField(required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class AuditViewSet(View):
    """Who changed which person, right or setting. What happened to a ticket is under `/tickets/{number}/events/`."""

    scope = "settings"
    queryset = AuditEntry.objects.none()
    ordering = ("-id",)

    @extend_schema(parameters=[AuditFilters], responses=AuditOut(many=True), operation_id="audit_list")
    def list(self, request):
        check(request.user, "audit.read")
        asked = self.asked(AuditFilters)
        lookups = {"since": "at__gte", "until": "at__lt"}
        rows = audit_entries().filter(**{lookups.get(name, name): value for name, value in asked.items()})
        return self.pages(AuditOut, rows)
