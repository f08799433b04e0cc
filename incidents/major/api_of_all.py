"""Outages, proposals, agreed actions and the settings by API: what has addresses beside an incident's."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cmdb.api import ServiceRef
from servicedesk.people.api.refs import PersonField, PersonRef
from servicedesk.people.models import Role
from servicedesk.people.rules import check
from servicedesk.tickets.api.serializers import EmptyIn
from servicedesk.web.api import Filters, Strict, View

from .actions.learning import finish_action
from .actions.proposing import accept_proposal, dismiss_proposal
from .actions.setting import save_major_settings
from .actions.telling import subscribe, unsubscribe
from .models import MajorIncident, MajorProposal, MajorUpdate, PostMortemAction
from .queries import (
    get_action,
    get_outage,
    get_proposal,
    known_outages,
    major_settings,
    open_actions,
    visible_proposals,
)
from .serializers import ActionOut, DoneIn


class OutageOut(serializers.Serializer):
    """What is disturbed, as everybody reads it."""

    id = serializers.IntegerField(source="pk")
    title = serializers.CharField()
    services = ServiceRef(many=True)
    since = serializers.DateTimeField()
    is_running = serializers.BooleanField(source="major.is_running")
    next_update_at = serializers.DateTimeField(source="major.next_update_at", allow_null=True)
    is_subscribed = serializers.BooleanField()
    state = serializers.ChoiceField(
        source="last.kind", choices=MajorUpdate.Kind.choices, default=None, allow_null=True, help_text="Last update."
    )
    text = serializers.CharField(source="last.text", default=None, allow_null=True)


class SubscribeIn(Strict):
    person = PersonField(required=False, help_text="For an agent who speaks with them; else the caller.")


class OutageViewSet(View):
    """Known outages, for everybody. Subscribing takes the place of a ticket of one's own."""

    lookup_value_converter = "int"
    queryset = MajorIncident.objects.none()
    pagination_class = None

    @extend_schema(responses=OutageOut(many=True))
    def list(self, request):
        """What is disturbed now, the longest first."""
        self.asked(Filters)
        return self.answer(OutageOut, known_outages(request.user), many=True)

    @extend_schema(responses=OutageOut)
    def retrieve(self, request, pk):
        return self.answer(OutageOut, get_outage(request.user, pk))

    @extend_schema(request=SubscribeIn, responses=OutageOut)
    @action(detail=True, methods=["post"])
    def subscribe(self, request, pk):
        """Keep me informed."""
        get_outage(request.user, pk)
        subscribe(pk, self.given(SubscribeIn).get("person", request.user), by=request.user)
        return self.retrieve(request, pk)

    @extend_schema(request=EmptyIn, responses=OutageOut)
    @action(detail=True, methods=["post"])
    def unsubscribe(self, request, pk):
        unsubscribe(pk, by=request.user)
        return self.retrieve(request, pk)


class ProposalOut(serializers.Serializer):
    """Something that looks like a major incident: of a service or of a ticket."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=MajorProposal.Kind.choices)
    service = ServiceRef(allow_null=True)
    ticket = serializers.CharField(source="ticket.number", default=None, allow_null=True)
    reason = serializers.CharField()
    reports = serializers.IntegerField(help_text="How many people reported the same.")
    created_at = serializers.DateTimeField()


class AcceptedOut(serializers.Serializer):
    ticket = serializers.CharField(source="ticket.number")
    tied = serializers.IntegerField(help_text="How many reports were tied to it.")


class ProposalViewSet(View):
    """Proposed major incidents that the caller decides on."""

    lookup_value_converter = "int"
    queryset = MajorProposal.objects.none()
    ordering = ("-created_at", "-id")

    @extend_schema(responses=ProposalOut(many=True))
    def list(self, request):
        check(request.user, "desk.use")
        self.asked(Filters)
        return self.pages(ProposalOut, visible_proposals(request.user))

    @extend_schema(request=EmptyIn, responses=AcceptedOut)
    @action(detail=True, methods=["post"])
    def accept(self, request, pk):
        """Make it a major incident, and tie the reports to it."""
        check(request.user, "desk.use")
        proposal = get_proposal(request.user, pk)
        return self.answer(AcceptedOut, accept_proposal(proposal, by=request.user, via="api"))

    @extend_schema(request=EmptyIn, responses={204: None})
    @action(detail=True, methods=["post"])
    def dismiss(self, request, pk):
        check(request.user, "desk.use")
        dismiss_proposal(get_proposal(request.user, pk), by=request.user, via="api")
        return Response(status=204)


class ActionViewSet(View):
    """What was agreed after major incidents."""

    lookup_value_converter = "int"
    queryset = PostMortemAction.objects.none()
    ordering = ("due_on", "id")

    @extend_schema(responses=ActionOut(many=True))
    def list(self, request):
        """What is still to be done, by the caller and for tickets that they work on."""
        self.asked(Filters)
        return self.pages(ActionOut, open_actions(request.user))

    @extend_schema(request=DoneIn, responses=ActionOut)
    @action(detail=True, methods=["post"])
    def finish(self, request, pk):
        """It is done, or with `done` false not yet."""
        found = get_action(request.user, pk)
        finish_action(found, done=self.given(DoneIn)["done"], by=request.user, via="api")
        return self.answer(ActionOut, found)


class SettingsOut(serializers.Serializer):
    reports = serializers.IntegerField(help_text="So many people report the same service …")
    within_minutes = serializers.IntegerField(help_text="… within so many minutes: a proposal.")
    stop_minutes = serializers.IntegerField(help_text="A total stop that lasts so long: a proposal.")
    update_minutes = serializers.IntegerField()
    told = PersonRef(many=True, source="told.all")
    told_roles = serializers.ListField(child=serializers.CharField())


class SettingsIn(Strict):
    reports = serializers.IntegerField(min_value=2, max_value=1000)
    within_minutes = serializers.IntegerField(min_value=5, max_value=1440)
    stop_minutes = serializers.IntegerField(min_value=5, max_value=1440)
    update_minutes = serializers.IntegerField(min_value=5, max_value=1440)
    told = serializers.ListField(child=PersonField(), required=False, max_length=100)
    told_roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices), required=False)


class MajorSettingsViewSet(View):
    """When a major incident is proposed, and who hears of every update."""

    scope = "settings"
    pagination_class = None

    @extend_schema(responses=SettingsOut, operation_id="major_settings_retrieve")
    def retrieve(self, request):
        check(request.user, "settings.change")
        return self.answer(SettingsOut, major_settings())

    @extend_schema(request=SettingsIn, responses=SettingsOut, operation_id="major_settings_update")
    def update(self, request):
        check(request.user, "settings.change")
        return self.answer(SettingsOut, save_major_settings(**self.given(SettingsIn), by=request.user, via="api"))
