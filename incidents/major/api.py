"""Major incidents by API: what is under an incident's address, and what readers and agents have beside it."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cmdb.api import ServiceField, ServiceRef
from servicedesk.people.api.refs import PersonField, PersonRef
from servicedesk.people.models import Role
from servicedesk.people.rules import check
from servicedesk.tickets.api.serializers import EmptyIn, Text
from servicedesk.tickets.errors import TicketError
from servicedesk.web.api import Filters, Strict, View

from ..api_fields import CauseCodeField
from .actions.declaring import change_major, end_major, retract_major
from .actions.force import join_force, leave_force
from .actions.learning import add_action, finish_action, finish_post_mortem, reopen_post_mortem, save_post_mortem
from .actions.proposing import accept_proposal, dismiss_proposal, propose_major
from .actions.setting import save_major_settings
from .actions.telling import declare_and_tell, publish_update, subscribe, unsubscribe
from .models import ForceMember, MajorIncident, MajorProposal, MajorUpdate, PostMortem, PostMortemAction
from .queries import (
    get_action,
    get_outage,
    get_proposal,
    known_outages,
    major_of,
    major_settings,
    members_of,
    open_actions,
    people_hit,
    post_mortem_of,
    services_of,
    updates_of,
    visible_proposals,
)

STATES = [("none", "none"), ("running", "running"), ("ended", "ended"), ("retracted", "retracted")]


class HitService(serializers.Serializer):
    service = ServiceRef()
    people_hit = serializers.IntegerField(allow_null=True)


class MajorOut(serializers.Serializer):
    """What is known of a major incident. `state` is none where the incident was never declared one; `people_known` are
    those who reported it or want to be kept informed.
    """

    state = serializers.ChoiceField(choices=STATES)
    public_title = serializers.CharField(allow_null=True)
    public_title_en = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    declared_at = serializers.DateTimeField(allow_null=True)
    declared_by = PersonRef(allow_null=True)
    outage_from = serializers.DateTimeField(allow_null=True)
    outage_until = serializers.DateTimeField(allow_null=True)
    people_hit = serializers.IntegerField(allow_null=True)
    people_known = serializers.IntegerField(allow_null=True)
    services = HitService(many=True)
    update_minutes = serializers.IntegerField(allow_null=True)
    next_update_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, major: MajorIncident | None):
        if major is None:
            return dict.fromkeys(self.fields) | {"state": "none", "services": []}
        services = services_of(major)
        hit = people_hit(major, services)
        major.state = "running" if major.is_running else "retracted" if major.retracted_at else "ended"
        major.people_known, major.people_hit = hit.known, hit.estimated
        body = {
            name: field.to_representation(value) if (value := getattr(major, name)) is not None else None
            for name, field in self.fields.items()
            if name != "services"
        }
        return body | {"services": HitService(services, many=True).data}


class HitServiceIn(Strict):
    service = ServiceField()
    people_hit = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_000_000)


class _Known(Strict):
    public_title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    public_title_en = serializers.CharField(required=False, allow_blank=True, max_length=200)
    outage_from = serializers.DateTimeField(required=False)
    people_hit = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_000_000)
    update_minutes = serializers.IntegerField(required=False, min_value=5, max_value=1440)


class DeclareIn(_Known):
    reason = Text(default="")
    services = serializers.ListField(child=ServiceField(), required=False, max_length=100)
    text_ja = Text(default="", max_length=5_000, help_text="First update to all readers; may stay empty.")
    text_en = Text(default="", max_length=5_000)


class ChangeMajorIn(_Known):
    outage_until = serializers.DateTimeField(required=False, allow_null=True)
    services = HitServiceIn(many=True, required=False)


class EndMajorIn(Strict):
    outage_until = serializers.DateTimeField(required=False, allow_null=True)


class WhyIn(Strict):
    reason = Text(default="", max_length=2_000)


class UpdateOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=MajorUpdate.Kind.choices)
    text = serializers.CharField(help_text="In the caller's language, else in the other.")
    text_ja = serializers.CharField()
    text_en = serializers.CharField()
    by = PersonRef()
    at = serializers.DateTimeField()


class UpdateIn(Strict):
    kind = serializers.ChoiceField(choices=MajorUpdate.Kind.choices)
    text_ja = Text(default="", max_length=5_000)
    text_en = Text(default="", max_length=5_000)
    next_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=5, max_value=1440)


class MemberOut(serializers.Serializer):
    id = serializers.IntegerField()
    person = PersonRef()
    role = serializers.ChoiceField(choices=ForceMember.Role.choices)
    added_at = serializers.DateTimeField()
    left_at = serializers.DateTimeField(allow_null=True)


class MemberIn(Strict):
    person = PersonField()
    role = serializers.ChoiceField(choices=ForceMember.Role.choices)


class LeaveIn(Strict):
    member = serializers.IntegerField(min_value=1, max_value=2**62, help_text="Id of the member.")


class ActionOut(serializers.Serializer):
    id = serializers.IntegerField()
    ticket = serializers.CharField(source="post_mortem.major.incident.ticket.number")
    what = serializers.CharField()
    owner = PersonRef()
    due_on = serializers.DateField()
    done_on = serializers.DateField(allow_null=True)


class ActionIn(Strict):
    what = serializers.CharField(max_length=300)
    owner = PersonField()
    due_on = serializers.DateField()


class DoneIn(Strict):
    done = serializers.BooleanField(default=True)


class PostMortemOut(serializers.Serializer):
    is_finished = serializers.BooleanField()
    what_happened = serializers.CharField()
    helped = serializers.CharField()
    hindered = serializers.CharField()
    lessons = serializers.CharField()
    cause_code = serializers.CharField(source="major.incident.cause_code.code", default=None, allow_null=True)
    held_on = serializers.DateField(allow_null=True)
    present = PersonRef(many=True, source="present.all")
    actions = ActionOut(many=True, source="actions.all")


class PostMortemIn(Strict):
    what_happened = Text(required=False, max_length=20_000)
    helped = Text(required=False, max_length=20_000)
    hindered = Text(required=False, max_length=20_000)
    lessons = Text(required=False, max_length=20_000)
    cause_code = CauseCodeField(required=False, allow_null=True)
    held_on = serializers.DateField(required=False, allow_null=True)
    present = serializers.ListField(child=PersonField(), required=False, max_length=100)


class MajorActions:
    """Part of `IncidentViewSet`."""

    def major(self, number: str, permission: str = "incidents.handle_major") -> MajorIncident:
        major = self._major(number, permission)
        if major is None:
            raise TicketError(_("This is no major incident."), code="not_major")
        return major

    def _major(self, number: str, permission: str) -> MajorIncident | None:
        ticket = self.record(number).ticket
        check(self.request.user, permission, ticket)
        return major_of(ticket)

    @extend_schema(responses=MajorOut, operation_id="incidents_major")
    @action(detail=True, url_path="major", url_name="major")
    def get_major(self, request, number):
        """How it stands, for those who handle it."""
        return self.answer(MajorOut, self._major(number, "incidents.handle_major"))

    @extend_schema(request=DeclareIn, responses=MajorOut, operation_id="incidents_declare_major")
    @get_major.mapping.post
    def declare_major(self, request, number):
        """Declare it; with words also the first update to all readers."""
        ticket = self.record(number).ticket
        check(request.user, "incidents.declare_major", ticket)
        declare_and_tell(ticket, **self.given(DeclareIn), **self.by_api())
        return self.answer(MajorOut, self.major(number))

    @extend_schema(request=ChangeMajorIn, responses=MajorOut, operation_id="incidents_change_major")
    @get_major.mapping.patch
    def change_major(self, request, number):
        """Change what is known; `services` become these."""
        major, given = self.major(number), self.given(ChangeMajorIn)
        if "services" in given:
            given["services"] = {row["service"]: row.get("people_hit") for row in given["services"]}
        change_major(major, **given, **self.by_api())
        return self.answer(MajorOut, self.major(number))

    @extend_schema(request=EndMajorIn, responses=MajorOut)
    @action(detail=True, methods=["post"], url_path="end-major")
    def end_major(self, request, number):
        """The interruption is over. To tell readers so, post an update of the kind `resolved` instead."""
        end_major(self.major(number), **self.given(EndMajorIn), **self.by_api())
        return self.answer(MajorOut, self.major(number))

    @extend_schema(request=WhyIn, responses=MajorOut)
    @action(detail=True, methods=["post"], url_path="retract-major")
    def retract_major(self, request, number):
        """Take back a declaration that was a mistake."""
        retract_major(self.major(number, "incidents.declare_major"), **self.given(WhyIn), **self.by_api())
        return self.answer(MajorOut, self.major(number))

    @extend_schema(request=WhyIn, responses={204: None})
    @action(detail=True, methods=["post"], url_path="propose-major")
    def propose_major(self, request, number):
        """Propose to those who work on it that it is one."""
        ticket = self.record(number).ticket
        check(request.user, "incidents.declare_major", ticket)
        propose_major(ticket, reason=self.given(WhyIn)["reason"], by=request.user)
        return Response(status=204)

    @extend_schema(responses=UpdateOut(many=True))
    @action(detail=True, pagination_class=None)
    def updates(self, request, number):
        """What readers were told, the newest first."""
        return self.answer(UpdateOut, updates_of(self.major(number)), many=True)

    @extend_schema(request=UpdateIn, responses={201: UpdateOut})
    @updates.mapping.post
    def publish_update(self, request, number):
        """Tell all readers, each in their language."""
        update = publish_update(self.major(number), **self.given(UpdateIn), **self.by_api())
        return self.answer(UpdateOut, update, status=201)

    @extend_schema(responses=MemberOut(many=True))
    @action(detail=True, pagination_class=None, url_path="task-force")
    def task_force(self, request, number):
        """Who is, or was, in the task force."""
        return self.answer(MemberOut, members_of(self.major(number)), many=True)

    @extend_schema(request=MemberIn, responses={201: MemberOut(many=True)})
    @task_force.mapping.post
    def join_force(self, request, number):
        """Call somebody in."""
        join_force(self.major(number), **self.given(MemberIn), **self.by_api())
        return self.answer(MemberOut, members_of(self.major(number)), many=True, status=201)

    @extend_schema(request=LeaveIn, responses=MemberOut(many=True))
    @action(detail=True, methods=["post"], url_path="leave-force", pagination_class=None)
    def leave_force(self, request, number):
        """Let somebody leave."""
        major, given = self.major(number), self.given(LeaveIn)
        member = next((each for each in members_of(major) if each.pk == given["member"]), None)
        if member is None:
            raise TicketError(_("There is nobody of this name in the task force."), field="member")
        member.major = major
        leave_force(member, **self.by_api())
        return self.answer(MemberOut, members_of(major), many=True)

    @extend_schema(responses=PostMortemOut)
    @action(detail=True, url_path="post-mortem")
    def post_mortem(self, request, number):
        """What was learnt from it; empty while nobody has begun."""
        return self._learnt(self.major(number, "incidents.post_mortem"))

    def _learnt(self, major: MajorIncident) -> Response:
        row = post_mortem_of(major) or PostMortem(major=major)
        return self.answer(PostMortemOut, row)

    @extend_schema(request=PostMortemIn, responses=PostMortemOut)
    @post_mortem.mapping.patch
    def save_post_mortem(self, request, number):
        """Write the draft: what is given changes."""
        major = self.major(number, "incidents.post_mortem")
        save_post_mortem(major, **self.given(PostMortemIn), **self.by_api())
        return self._learnt(major)

    @extend_schema(request=EmptyIn, responses=PostMortemOut)
    @action(detail=True, methods=["post"], url_path="finish-post-mortem")
    def finish_post_mortem(self, request, number):
        major = self.major(number, "incidents.post_mortem")
        finish_post_mortem(major, **self.by_api())
        return self._learnt(major)

    @extend_schema(request=EmptyIn, responses=PostMortemOut)
    @action(detail=True, methods=["post"], url_path="reopen-post-mortem")
    def reopen_post_mortem(self, request, number):
        major = self.major(number, "incidents.post_mortem")
        reopen_post_mortem(major, **self.by_api())
        return self._learnt(major)

    @extend_schema(request=ActionIn, responses={201: PostMortemOut})
    @action(detail=True, methods=["post"], url_path="post-mortem-actions")
    def add_action(self, request, number):
        """Agree on what somebody does until a day."""
        major = self.major(number, "incidents.post_mortem")
        add_action(major, **self.given(ActionIn), **self.by_api())
        answer = self._learnt(major)
        answer.status_code = 201
        return answer


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
