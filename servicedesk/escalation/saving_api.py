"""The automation ledger by API: sums of months, what they are made of, the tickets behind them, and the rates."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from servicedesk.people.api.refs import PersonRef
from servicedesk.people.rules import check
from servicedesk.tickets.api.work_time import MonthField
from servicedesk.tickets.models import Channel
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.errors import NotFound
from servicedesk.web.text import check_one_line

from . import saving_queries as queries
from .models import Saving, SavingRate, Source
from .saving_actions import MOST_MINUTES, save_rate

SOURCE = OpenApiParameter("source", str, OpenApiParameter.PATH, enum=Source.values)


class AmountOut(serializers.Serializer):
    count = serializers.IntegerField()
    minutes = serializers.FloatField()


class LedgerLineOut(serializers.Serializer):
    """`month` is null for the whole year."""

    month = MonthField(allow_null=True)
    ticket = AmountOut(source="by_source.ticket")
    escalation = AmountOut(source="by_source.escalation")
    template = AmountOut(source="by_source.template")
    rule = AmountOut(source="by_source.rule")
    total = AmountOut()


class LedgerOut(serializers.Serializer):
    year = serializers.IntegerField(help_text="The fiscal year, from April of this year.")
    years = serializers.ListField(child=serializers.IntegerField(), help_text="Those that have something.")
    months = LedgerLineOut(many=True)
    whole = LedgerLineOut()


class PartOut(AmountOut):
    key = serializers.CharField(help_text="Id of the rule or template, or the channel.")
    label = serializers.CharField()
    count = serializers.IntegerField(source="amount.count")
    minutes = serializers.FloatField(source="amount.minutes")


class SavingOut(serializers.Serializer):
    """One thing that was done without hands, on a ticket that the caller sees."""

    ticket = serializers.CharField(source="ticket.number")
    at = serializers.DateTimeField()
    minutes = serializers.FloatField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    rule = serializers.IntegerField(source="rule_id", allow_null=True)
    template = serializers.IntegerField(source="template_id", allow_null=True)


class YearFilter(Filters):
    year = serializers.IntegerField(
        required=False, min_value=2000, max_value=2999, help_text="A fiscal year; this one."
    )


class SpanFilter(YearFilter):
    month = MonthField(required=False, help_text="One month instead of a year, `2026-10`.")

    def validate_month(self, month):
        if not 2000 <= month.year < 3000:
            raise serializers.ValidationError(_("This is no month of ours."))
        return month


class SavingFilter(SpanFilter):
    of = serializers.CharField(required=False, max_length=20, help_text="A `key` of the parts.")


class RateOut(serializers.Serializer):
    """What holds from a day on. `valid_from` is null for what held from the beginning, `minutes` for what rules do:
    those stand in each rule.
    """

    source = serializers.ChoiceField(choices=Source.choices)
    valid_from = serializers.DateField(allow_null=True)
    minutes = serializers.FloatField(allow_null=True)
    instead_ja = serializers.CharField(help_text="What a person did instead.")
    instead_en = serializers.CharField()
    by = PersonRef(source="changed_by", allow_null=True, default=None)
    at = serializers.DateTimeField(source="changed_at", allow_null=True, default=None)


class RateIn(Strict):
    minutes = serializers.DecimalField(
        max_digits=4, decimal_places=1, min_value=0, max_value=MOST_MINUTES, required=False
    )
    valid_from = serializers.DateField(required=False, help_text="Today or later; today.")
    instead_ja = serializers.CharField(max_length=300, required=False, validators=[check_one_line])
    instead_en = serializers.CharField(max_length=300, required=False, validators=[check_one_line])


def source_of(given: str) -> Source:
    if given not in Source.values:
        raise NotFound
    return Source(given)


class LedgerViewSet(View):
    """What was done without hands, and the minutes that it saved. For leads and administrators."""

    queryset = Saving.objects.none()
    lookup_field, lookup_url_kwarg = "source", "source"
    lookup_value_converter = "slug"
    pagination_class = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "savings.see")

    @extend_schema(responses=LedgerOut, parameters=[YearFilter], operation_id="savings_of_year")
    def list(self, request):
        """The months of a fiscal year by source, and their sum."""
        year = self.asked(YearFilter).get("year", queries.this_year())
        months, whole = queries.sums(year)
        found = {"year": year, "years": queries.years(), "months": months, "whole": whole}
        return self.answer(LedgerOut, found)

    @extend_schema(responses=PartOut(many=True), parameters=[SOURCE, SpanFilter], operation_id="savings_of_source")
    def retrieve(self, request, source):
        """What a source is made of: rules, templates or channels, the most first."""
        return self.answer(PartOut, queries.parts(source_of(source), *self._span(SpanFilter)[0]), many=True)

    @extend_schema(responses=SavingOut(many=True), parameters=[SOURCE, SavingFilter], filters=True)
    @action(detail=True, pagination_class=View.pagination_class, ordering=("-at", "-id"))
    def tickets(self, request, source):
        """The tickets behind it that the caller sees, newest first."""
        span, of = self._span(SavingFilter)
        return self.pages(SavingOut, queries.savings(request.user, source_of(source), *span, of))

    def _span(self, filters):
        asked = self.asked(filters)
        return queries.span_of(asked.get("year", queries.this_year()), asked.get("month")), asked.get("of", "")


class SavingRateViewSet(View):
    """The minutes that each source saves, and what a person did instead. Leads read, administrators write."""

    queryset = SavingRate.objects.none()
    scope = "settings"
    lookup_field, lookup_url_kwarg = "source", "source"
    lookup_value_converter = "slug"
    pagination_class = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "savings.see" if request.method == "GET" else "settings.change")

    @extend_schema(responses=RateOut(many=True), operation_id="saving_rates_list")
    def list(self, request):
        """What holds today."""
        return self.answer(RateOut, list(queries.rates_today().values()), many=True)

    @extend_schema(responses=RateOut(many=True), parameters=[SOURCE], operation_id="saving_rates_history")
    def retrieve(self, request, source):
        """All that was ever said of a source, the latest first, what held from the beginning last."""
        return self._history(source_of(source))

    @extend_schema(
        request=RateIn, responses=RateOut(many=True), parameters=[SOURCE], operation_id="saving_rates_change"
    )
    def partial_update(self, request, source):
        """Say what holds from a day on; what is left out stays. What was counted keeps its minutes."""
        found, given = source_of(source), self.given(RateIn)
        today = queries.rates_today()[found]
        kept = {name: getattr(today, name) for name in ("minutes", "instead_ja", "instead_en")}
        save_rate(found, by=request.user, via="api", **(kept | given))
        return self._history(found)

    def _history(self, source: Source) -> Response:
        return self.answer(RateOut, [*queries.rate_history(source), queries.usual_rate(source)], many=True)
