"""Ranks, the levels of services, and agreements by API."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from cmdb.api import ServiceRef
from cmdb.models import Service
from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import Named, TeamField, TeamRef
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.tickets.models import Priority
from servicedesk.web.api import Filters, Strict, View

from .actions import change_agreement, change_rank, create_agreement, create_rank, set_service_levels
from .calendar_api import CalendarField, CalendarRef, is_id
from .models import Agreement, Rank
from .moves_api import DryRun, MovesOut, look
from .moving import agreement_change, rank_change, services_change
from .rank_json import MOST_MINUTES, Target
from .settings_queries import agreements, rank_by_id, ranks, services_with_level


class RankRef(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(source="__str__")


@extend_schema_field({"type": "integer", "description": "Id of a rank."})
class RankField(Named):
    default_error_messages = {"missing": _("There is no such rank: “%(given)s”.")}

    def find(self, given: str) -> Rank | None:
        return rank_by_id(int(given)) if is_id(given) else None


class RankTargetOut(serializers.Serializer):
    priority = serializers.ChoiceField(choices=Priority.choices)
    response_minutes = serializers.IntegerField()
    resolution_minutes = serializers.IntegerField()
    around_the_clock = serializers.BooleanField(help_text="Otherwise minutes of business hours.")


class RankOut(serializers.Serializer):
    """`label` is in the caller's language, the names as they were entered."""

    id = serializers.IntegerField()
    label = serializers.CharField(source="__str__")
    name = serializers.CharField()
    name_en = serializers.CharField()
    note = serializers.CharField()
    place = serializers.IntegerField(help_text="Its place in the order.")
    warn_at = serializers.ListField(child=serializers.IntegerField(), help_text="Percentages of a target.")
    is_default = serializers.BooleanField(help_text="The usual one: of services that have none.")
    is_active = serializers.BooleanField()
    targets = RankTargetOut(many=True)


class RankTargetIn(Strict):
    priority = serializers.ChoiceField(choices=Priority.choices)
    response_minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES)
    resolution_minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES)
    around_the_clock = serializers.BooleanField(default=False)


def _percentages() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=99), max_length=5, required=False
    )  # fmt: skip


class RankIn(Strict):
    name = Line(max_length=40)
    name_en = Line(max_length=40)
    note = Line(max_length=300)
    warn_at = _percentages()
    is_default = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    targets = RankTargetIn(many=True, required=False, help_text="All four priorities.")

    def validate_targets(self, given: list[dict]) -> dict[int, Target]:
        return {
            row["priority"]: Target(row["response_minutes"], row["resolution_minutes"], row["around_the_clock"])
            for row in given
        }


class NewRankIn(RankIn):
    name = Line(max_length=40, required=True)
    targets = RankTargetIn(many=True)


class _Readable(View):
    """Agents read, administrators change."""

    scope = "settings"
    lookup_value_converter = "int"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "levels.see")


class RankViewSet(_Readable):
    """Ranks of services with a target for each priority."""

    queryset = Rank.objects.none()
    ordering = ("place", "id")

    @extend_schema(responses=RankOut(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(RankOut, ranks().order_by("place", "id"))

    @extend_schema(responses=RankOut)
    def retrieve(self, request, pk):
        return self.answer(RankOut, get_or_404(ranks(), pk=pk))

    @extend_schema(request=NewRankIn, responses={201: RankOut})
    def create(self, request):
        check(request.user, "settings.change")
        made = create_rank(**self.given(NewRankIn), by=request.user, via="api")
        return self.answer(RankOut, get_or_404(ranks(), pk=made.pk), status=201)

    @extend_schema(parameters=[DryRun], request=RankIn, responses={200: RankOut, 202: MovesOut})
    def partial_update(self, request, pk):
        """Change a rank; open tickets follow within moments. A dry run says which would move (202)."""
        check(request.user, "settings.change")
        found, given = get_or_404(ranks(), pk=pk), self.given(RankIn)
        if self.asked(DryRun)["dry_run"]:
            return look(self, rank_change(found, given))
        change_rank(found, **given, by=request.user, via="api")
        return self.answer(RankOut, get_or_404(ranks(), pk=pk))


class ServiceLevelOut(serializers.Serializer):
    """`rank` null: the usual one; `calendar` null: that of the team, or the usual one."""

    service = serializers.SerializerMethodField()
    rank = serializers.SerializerMethodField()
    calendar = serializers.SerializerMethodField()

    @extend_schema_field(ServiceRef)
    def get_service(self, service: Service) -> Any:
        return ServiceRef(service).data

    @extend_schema_field(RankRef(allow_null=True))
    def get_rank(self, service: Service) -> Any:
        level = getattr(service, "level", None)
        return RankRef(level.rank).data if level else None

    @extend_schema_field(CalendarRef(allow_null=True))
    def get_calendar(self, service: Service) -> Any:
        level = getattr(service, "level", None)
        return CalendarRef(level.calendar).data if level and level.calendar else None


class ServiceLevelIn(Strict):
    """What is not named stays."""

    rank = RankField(required=False, allow_null=True)
    calendar = CalendarField(required=False, allow_null=True)


class ServiceLevelViewSet(_Readable):
    """Which rank and which calendar each service has."""

    queryset = Service.objects.none()
    lookup_field = "code"
    lookup_value_converter = "path_code"
    ordering = ("name", "id")

    @extend_schema(responses=ServiceLevelOut(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(ServiceLevelOut, services_with_level())

    @extend_schema(parameters=[DryRun], request=ServiceLevelIn, responses={200: ServiceLevelOut, 202: MovesOut})
    def partial_update(self, request, code):
        """Choose rank and calendar of a service; open tickets follow. A dry run says which would move (202)."""
        check(request.user, "settings.change")
        service, given = get_or_404(services_with_level(), code=code), self.given(ServiceLevelIn)
        level = getattr(service, "level", None)
        rank = given.get("rank", level and level.rank)
        levels = {service: (rank, given.get("calendar", level and level.calendar))}
        if self.asked(DryRun)["dry_run"]:
            return look(self, services_change(levels))
        set_service_levels(levels, by=request.user, via="api")
        return self.answer(ServiceLevelOut, get_or_404(services_with_level(), code=code))


class AgreementTargetOut(serializers.Serializer):
    priority = serializers.ChoiceField(choices=Priority.choices)
    minutes = serializers.IntegerField()


class AgreementOut(serializers.Serializer):
    """What a team or a vendor has promised. A priority without a target has no clock."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Agreement.Kind.choices)
    team = TeamRef(allow_null=True)
    calendar = CalendarRef(allow_null=True)
    around_the_clock = serializers.BooleanField()
    warn_at = serializers.ListField(child=serializers.IntegerField(), help_text="Percentages of a target.")
    is_active = serializers.BooleanField()
    targets = AgreementTargetOut(many=True)


class AgreementTargetIn(Strict):
    priority = serializers.ChoiceField(choices=Priority.choices)
    minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES)


class AgreementIn(Strict):
    name = Line(max_length=80)
    kind = serializers.ChoiceField(choices=Agreement.Kind.choices, required=False)
    team = TeamField(required=False, allow_null=True)
    calendar = CalendarField(required=False, allow_null=True)
    around_the_clock = serializers.BooleanField(required=False)
    warn_at = _percentages()
    is_active = serializers.BooleanField(required=False)
    targets = AgreementTargetIn(many=True, required=False)

    def validate(self, given: dict) -> dict:
        if "targets" in given:
            given["minutes"] = {row["priority"]: row["minutes"] for row in given.pop("targets")}
        return given


class NewAgreementIn(AgreementIn):
    name = Line(max_length=80, required=True)
    kind = serializers.ChoiceField(choices=Agreement.Kind.choices)
    targets = AgreementTargetIn(many=True)


class AgreementViewSet(_Readable):
    """Agreements with teams and vendors (OLA)."""

    queryset = Agreement.objects.none()
    ordering = ("name", "id")

    @extend_schema(responses=AgreementOut(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(AgreementOut, agreements().order_by("name", "id"))

    @extend_schema(responses=AgreementOut)
    def retrieve(self, request, pk):
        return self.answer(AgreementOut, get_or_404(agreements(), pk=pk))

    @extend_schema(request=NewAgreementIn, responses={201: AgreementOut})
    def create(self, request):
        check(request.user, "settings.change")
        made = create_agreement(**self.given(NewAgreementIn), by=request.user, via="api")
        return self.answer(AgreementOut, get_or_404(agreements(), pk=made.pk), status=201)

    @extend_schema(parameters=[DryRun], request=AgreementIn, responses={200: AgreementOut, 202: MovesOut})
    def partial_update(self, request, pk):
        """Change an agreement; open tickets follow within moments. A dry run says which would move (202)."""
        check(request.user, "settings.change")
        found, given = get_or_404(agreements(), pk=pk), self.given(AgreementIn)
        if self.asked(DryRun)["dry_run"]:
            return look(self, agreement_change(found, given))
        change_agreement(found, **given, by=request.user, via="api")
        return self.answer(AgreementOut, get_or_404(agreements(), pk=pk))
