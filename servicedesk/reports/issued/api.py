"""Issued reports and their subscribers by API."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from servicedesk.people.models import User
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.tickets.api.views import AnyAnswer
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.downloads import stored_file

from ..models import IssuedFile, IssuedReport, Subscriber
from ..months import Year
from . import queries
from .actions import start_issue
from .sharing import subscribe, unsubscribe

MONTH = OpenApiParameter("month", str, OpenApiParameter.PATH, description="A month, `2026-04`.")
LANGUAGE = OpenApiParameter("language", str, OpenApiParameter.PATH, description="`ja` or `en`.")
KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, description="`pdf` or `xlsx`.")


class IssuedFileOut(serializers.ModelSerializer):
    hash = serializers.CharField(help_text="SHA-256 of the file.")
    name = serializers.CharField()

    class Meta:
        model = IssuedFile
        fields = ("language", "format", "name", "size", "hash")


class IssuedReportOut(serializers.ModelSerializer):
    """An issued report. `hash` is over its figures and `previous_hash`, that of the report frozen before."""

    month = serializers.DateField(format="%Y-%m")
    by = serializers.CharField(source="by.display_name", allow_null=True, help_text="null: the desk itself.")
    files = IssuedFileOut(many=True)

    class Meta:
        model = IssuedReport
        fields = ("month", "issued_at", "by", "frozen_at", "definitions_version", "hash", "previous_hash", "files")


class IssuedFiguresOut(IssuedReportOut):
    """With the frozen figures, their words in both languages."""

    figures = serializers.DictField()

    class Meta(IssuedReportOut.Meta):
        fields = (*IssuedReportOut.Meta.fields, "figures")


class IssueIn(Strict):
    month = serializers.CharField(max_length=20, help_text="A month that is over, `2026-04`.")


class IssueOut(serializers.Serializer):
    month = serializers.CharField()
    is_new = serializers.BooleanField(help_text="false: it was being made already.")


class IssuedReportViewSet(View):
    """Issued monthly reports. For leads, report readers and administrators."""

    queryset = IssuedReport.objects.none()
    ordering = ("-month",)
    lookup_field, lookup_url_kwarg = "month", "month"
    lookup_value_converter = "str"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "reports.see")

    @extend_schema(responses=IssuedReportOut(many=True), operation_id="issued_reports_list")
    def list(self, request):
        """The newest month first."""
        self.asked(Filters)
        return self.pages(IssuedReportOut, queries.issued_reports(request.user).defer("figures"))

    @extend_schema(responses=IssuedFiguresOut, parameters=[MONTH], operation_id="issued_report")
    def retrieve(self, request, month):
        """One report with the frozen figures."""
        return self.answer(IssuedFiguresOut, queries.get_issued(request.user, month))

    @extend_schema(request=IssueIn, responses={202: IssueOut}, operation_id="issue_report")
    def create(self, request):
        """Have a month issued in the background. For administrators."""
        check(request.user, "reports.change")
        month = Year.now().read(self.given(IssueIn)["month"])
        is_new = start_issue(month, by=request.user, via="api")
        return self.answer(IssueOut, {"month": f"{month:%Y-%m}", "is_new": is_new}, status=202)


class IssuedFileViewSet(View):
    """Files of issued reports. For leads, report readers and administrators."""

    queryset = IssuedFile.objects.none()
    pagination_class = None
    content_negotiation_class = AnyAnswer

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, parameters=[MONTH, LANGUAGE, KIND],
        operation_id="issued_report_file",
    )  # fmt: skip
    def retrieve(self, request, month, language, kind):
        """The file."""
        found = queries.get_file(request.user, month, language, kind)
        return stored_file(found.file, as_attachment=True, filename=found.name)


class SubscriberIn(Strict):
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all())


class SubscriberOut(serializers.ModelSerializer):
    name = serializers.CharField(source="user.display_name")

    class Meta:
        model = Subscriber
        fields = ("id", "user", "name", "at")


class ReportSubscriberViewSet(View):
    """Who gets issued reports by mail. For administrators."""

    queryset = Subscriber.objects.none()
    lookup_value_converter = "int"
    pagination_class = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "reports.change")

    @extend_schema(responses=SubscriberOut(many=True), operation_id="report_subscribers_list")
    def list(self, request):
        """All, by name."""
        self.asked(Filters)
        return self.answer(SubscriberOut, queries.subscribers(), many=True)

    @extend_schema(request=SubscriberIn, responses={201: SubscriberOut})
    def create(self, request):
        """Add somebody who may read reports."""
        row = subscribe(self.given(SubscriberIn)["user"], by=request.user, via="api")
        return self.answer(SubscriberOut, row, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk):
        """Send them no more."""
        unsubscribe(get_or_404(queries.subscribers(), pk=pk).user, by=request.user, via="api")
        return Response(status=204)
