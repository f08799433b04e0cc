"""Reports by API."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from servicedesk.people.rules import check
from servicedesk.web.api import View

from .documents import month_json
from .models import TicketFact
from .months import Year

MONTH = OpenApiParameter("month", str, OpenApiParameter.PATH, description="A month, `2026-04`.")


class KpiOut(serializers.Serializer):
    """A figure of the month. A share runs from 0 to 1; null: there is nothing to speak of."""

    key = serializers.CharField()
    group = serializers.CharField()
    name = serializers.CharField(help_text="In the caller's language.")
    unit = serializers.CharField(help_text="count, share, hours, days, minutes, yen or points.")
    actual = serializers.FloatField(allow_null=True)
    target = serializers.FloatField(allow_null=True)
    breakdown = serializers.DictField(child=serializers.FloatField(allow_null=True))
    tickets_url = serializers.CharField(help_text="The page with the tickets behind it.")


class KpiMonthOut(serializers.Serializer):
    month = serializers.CharField()
    issued_at = serializers.DateTimeField(allow_null=True, help_text="When the report was issued; null until then.")
    definitions_version = serializers.CharField(help_text="Changes with anything that decides a number.")
    kpis = KpiOut(many=True)


class KpiViewSet(View):
    """The KPIs of a month. For leads, report readers and administrators."""

    queryset = TicketFact.objects.none()
    lookup_field, lookup_url_kwarg = "month", "month"
    pagination_class = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "reports.see")

    @extend_schema(responses=KpiMonthOut, parameters=[MONTH], operation_id="kpis_of_month")
    def retrieve(self, request, month):
        """All figures of a month. A month that is none, or that has not begun, is refused."""
        year = Year.now()
        return self.answer(KpiMonthOut, month_json(year, year.read(month)))
