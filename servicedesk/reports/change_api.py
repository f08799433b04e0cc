"""Targets, remarks and the settings of reports by API."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from servicedesk.people.api.refs import PersonRef
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.api import Strict, View
from servicedesk.web.errors import NotFound, Refused

from .api import MONTH
from .counting import save_report_settings
from .kpis import KPIS, Kpi
from .models import Remark, ReportSettings, Target
from .months import Year
from .queries import remarks_of, targets_of
from .remarks import LONGEST, save_remarks
from .targets import MOST, Goal, save_targets

YEAR = OpenApiParameter("year", int, OpenApiParameter.PATH, description="The year in which the fiscal year begins.")
KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="A KPI, `tickets.reopened`.")


class TargetOut(serializers.Serializer):
    """A share is a number from 0 to 1."""

    kpi = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    owner = PersonRef(allow_null=True)


class TargetIn(Strict):
    kpi = serializers.ChoiceField(choices=list(KPIS))
    value = serializers.DecimalField(
        max_digits=14, decimal_places=4, min_value=0, max_value=MOST, allow_null=True, default=None
    )
    owner = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.all(), allow_null=True, default=None, help_text="The id of somebody who reads reports."
    )


class TargetsIn(Strict):
    targets = TargetIn(many=True)


class RemarkOut(serializers.Serializer):
    kpi = serializers.CharField()
    kind = serializers.ChoiceField(choices=Remark.Kind.choices)
    text = serializers.CharField()
    by = PersonRef()
    at = serializers.DateTimeField()


class RemarksIn(Strict):
    """What is left out stays as it is; empty words take a reason or a counter-measure away. A comment is added."""

    reason = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    measure = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    comment = serializers.CharField(max_length=LONGEST, required=False)


class ReportSettingsOut(serializers.Serializer):
    first_month = serializers.IntegerField(help_text="Of the fiscal year, 4 is April.")
    closing_day = serializers.IntegerField(help_text="0 is the end of the month.")
    hourly_rate = serializers.IntegerField(allow_null=True, help_text="What an hour of work costs, in yen.")


class ReportSettingsIn(Strict):
    first_month = serializers.IntegerField(min_value=1, max_value=12)
    closing_day = serializers.IntegerField(min_value=0, max_value=28)
    hourly_rate = serializers.IntegerField(min_value=1, max_value=1_000_000, allow_null=True, default=None)


class _ReportView(View):
    """Leads, report readers and administrators read; `changes` is what writing needs."""

    pagination_class = None
    changes = "reports.change"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "reports.see" if request.method == "GET" else self.changes)


class TargetViewSet(_ReportView):
    """Targets and owners of a fiscal year. Administrators write."""

    queryset = Target.objects.none()
    scope = "settings"
    lookup_field, lookup_url_kwarg = "year", "year"

    @extend_schema(responses=TargetOut(many=True), parameters=[YEAR], operation_id="targets_of_year")
    def retrieve(self, request, year):
        """Those that were set."""
        return self._all(year)

    @extend_schema(
        request=TargetsIn, responses=TargetOut(many=True), parameters=[YEAR], operation_id="targets_of_year_change"
    )
    def update(self, request, year):
        """Set those that are named; others stay. All or nothing."""
        rows = self.given(TargetsIn)["targets"]
        named = [row["kpi"] for row in rows]
        for kpi in named:
            if named.count(kpi) > 1:
                raise Refused(_("“%(kpi)s” is there twice.") % {"kpi": kpi}, field="targets")
        save_targets(year, {row["kpi"]: Goal(row["value"], row["owner"]) for row in rows}, by=request.user, via="api")
        return self._all(year)

    def _all(self, year: int):
        return self.answer(TargetOut, list(targets_of(year).values()), many=True)


class RemarkViewSet(_ReportView):
    """Reasons, counter-measures and comments. Whoever reads reports comments; the owner of a KPI, leads and
    administrators explain.
    """

    queryset = Remark.objects.none()
    lookup_field, lookup_url_kwarg = "month", "month"
    changes = "reports.see"

    @extend_schema(responses=RemarkOut(many=True), parameters=[MONTH], operation_id="remarks_of_month")
    def retrieve(self, request, month):
        """All of a month."""
        return self._said(remarks_of(Year.now().read(month)))

    @extend_schema(
        request=RemarksIn, responses=RemarkOut(many=True), parameters=[MONTH, KEY], operation_id="remarks_on_kpi"
    )
    def update(self, request, month, key):
        """Explain a figure, or comment on it; answers with all that is said of it in the month."""
        asked = Year.now().read(month)
        save_remarks(_kpi(key), asked, by=request.user, via="api", **self.given(RemarksIn))
        return self._said({name: said for name, said in remarks_of(asked).items() if name == key})

    def _said(self, found):
        rows = [[said.reason, said.measure, *said.comments] for said in found.values()]
        return self.answer(RemarkOut, [row for some in rows for row in some if row], many=True)


class ReportSettingsViewSet(_ReportView):
    """How the company counts. Administrators write."""

    queryset = ReportSettings.objects.none()
    scope = "settings"

    @extend_schema(responses=ReportSettingsOut, operation_id="report_settings")
    def list(self, request):
        return self.answer(ReportSettingsOut, Year.now())

    @extend_schema(request=ReportSettingsIn, responses=ReportSettingsOut, operation_id="report_settings_change")
    def update(self, request):
        """All three at once."""
        save_report_settings(by=request.user, via="api", **self.given(ReportSettingsIn))
        return self.answer(ReportSettingsOut, Year.now())


def _kpi(key: str) -> type[Kpi]:
    if key not in KPIS:
        raise NotFound
    return KPIS[key]
