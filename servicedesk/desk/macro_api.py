"""Macros by API."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action

from cmdb.api import ServiceField, ServiceRef
from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import Named, PersonField, PersonRef, TeamField, TeamRef
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.tickets.api.fields import CategoryField
from servicedesk.tickets.models import Impact, Urgency
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.api import Filters, Strict, View

from .changing import MOST_DAYS
from .macros import change_macro, create_macro, run_macro
from .models import Macro
from .queries import usable_macros, usable_templates, visible_macros


@extend_schema_field({"type": "integer", "description": "Id of a reply template."})
class TemplateField(Named):
    def find(self, given: str):
        if not (given.isascii() and given.isdecimal() and len(given) < 16):
            return None
        return usable_templates(self.user).filter(pk=int(given)).first()


class MacroOut(serializers.Serializer):
    """Steps that are done together; `team` null: for all agents. What is empty stays as it is on the ticket."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    team = TeamRef(allow_null=True)
    owner = PersonRef(allow_null=True)
    is_active = serializers.BooleanField()
    to_team = TeamRef(allow_null=True)
    assign = serializers.ChoiceField(choices=Macro.Assign.choices)
    assignee = PersonRef(allow_null=True)
    service = ServiceRef(allow_null=True)
    category = serializers.CharField(source="category.code", default=None, allow_null=True)
    impact = serializers.IntegerField(allow_null=True)
    urgency = serializers.IntegerField(allow_null=True)
    add_tags = serializers.ListField(child=serializers.CharField())
    remove_tags = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    reply = serializers.IntegerField(source="reply_id", allow_null=True, help_text="Id of a reply template.")
    step = serializers.ChoiceField(choices=Macro.Step.choices, allow_blank=True)
    minutes = serializers.IntegerField(allow_null=True)
    snooze_days = serializers.IntegerField(allow_null=True, help_text="Business days of a snooze.")
    snooze_until = serializers.DateField(allow_null=True)


def _tags() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, required=False)


class MacroIn(Strict):
    name = Line(max_length=80)
    team = TeamField(required=False, allow_null=True)
    owner = PersonField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)
    to_team = TeamField(required=False, allow_null=True)
    assign = serializers.ChoiceField(choices=Macro.Assign.choices, required=False)
    assignee = PersonField(required=False, allow_null=True, help_text="With `assign` “person”.")
    service = ServiceField(required=False, allow_null=True)
    category = CategoryField(required=False, allow_null=True)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False, allow_null=True)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False, allow_null=True)
    add_tags = _tags()
    remove_tags = _tags()
    note = serializers.CharField(required=False, allow_blank=True, max_length=5_000)
    reply = TemplateField(required=False, allow_null=True)
    step = serializers.ChoiceField(choices=Macro.Step.choices, required=False, allow_blank=True)
    minutes = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=1440)
    snooze_days = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_DAYS)
    snooze_until = serializers.DateField(required=False, allow_null=True)


class NewMacroIn(MacroIn):
    name = Line(max_length=80, required=True)


class RunIn(Strict):
    ticket = serializers.CharField(max_length=16, help_text="Number of the ticket.")
    seen = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31,
        help_text="Number of the newest event that one knows: a repeated call does nothing when it ran since.",
    )  # fmt: skip


class RunOut(serializers.Serializer):
    ticket = serializers.CharField(source="number")
    status = serializers.CharField()
    newest_event = serializers.IntegerField(source="event_count", help_text="Its number.")


class MacroViewSet(View):
    """Macros for all agents and of the caller's teams. Administrators change all, leads those of their team."""

    queryset = Macro.objects.none()
    lookup_value_converter = "int"
    ordering = ("name", "id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "macros.see")

    @extend_schema(responses=MacroOut(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(MacroOut, visible_macros(request.user).order_by("name", "id"))

    @extend_schema(responses=MacroOut)
    def retrieve(self, request, pk):
        return self.answer(MacroOut, get_or_404(visible_macros(request.user), pk=pk))

    @extend_schema(request=NewMacroIn, responses={201: MacroOut})
    def create(self, request):
        check(request.user, "macros.change")
        macro = create_macro(**self.given(NewMacroIn), by=request.user, via="api")
        return self.answer(MacroOut, macro, status=201)

    @extend_schema(request=MacroIn, responses=MacroOut)
    def partial_update(self, request, pk):
        macro = get_or_404(visible_macros(request.user), pk=pk)
        check(request.user, "macros.change", macro)
        change_macro(macro, **self.given(MacroIn), by=request.user, via="api")
        return self.answer(MacroOut, macro)

    @extend_schema(request=RunIn, responses=RunOut)
    @action(detail=True, methods=["post"])
    def run(self, request, pk):
        """Do all steps to a ticket, or none: a refusal says which step is not possible."""
        check(request.user, "tickets.work")
        macro = get_or_404(usable_macros(request.user), pk=pk)
        given = self.given(RunIn)
        ticket = get_ticket(request.user, given["ticket"])
        run_macro(macro, ticket, by=request.user, via="api", seen=given.get("seen"))
        return self.answer(RunOut, ticket)
