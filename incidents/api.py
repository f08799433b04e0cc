"""Incidents by API: every transition is a POST to its own address."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.people.api.persons import Line
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.tickets.api.filters import TicketFilters
from servicedesk.tickets.api.processes import MessageIn, NoteIn, ProcessView, ReasonIn, UntilIn
from servicedesk.tickets.api.serializers import EmptyIn, Text, TicketOut, TicketRow, works
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.api import Strict, View

from . import actions
from .api_fields import CauseCodeField
from .causes import change_cause_code, create_cause_code
from .major.api import MajorActions
from .models import CauseCode, Incident
from .queries import cause_codes, get_incident


class CauseCodeOut(serializers.Serializer):
    """`label` is in the caller's language."""

    code = serializers.CharField()
    group = serializers.ChoiceField(choices=CauseCode.Group.choices)
    label = serializers.CharField(source="__str__")
    name = serializers.CharField()
    name_en = serializers.CharField()
    order = serializers.IntegerField()
    is_active = serializers.BooleanField()


class CauseCodeIn(Strict):
    code = Line()
    group = serializers.ChoiceField(choices=CauseCode.Group.choices, required=False)
    name = Line()
    name_en = Line()
    order = serializers.IntegerField(required=False, min_value=0, max_value=32767)
    is_active = serializers.BooleanField(required=False)


class IncidentRow(TicketRow):
    """An incident as a list shows it. The cause is the desk's own and empty for others."""

    cause_code = serializers.SerializerMethodField(help_text="Code of the cause.")
    human_error = serializers.SerializerMethodField()
    caused_by_change = serializers.SerializerMethodField()
    is_security = serializers.SerializerMethodField()

    def get_cause_code(self, ticket) -> str | None:
        code = ticket.incident.cause_code
        return code.code if code and works(self.user, ticket) else None

    def get_human_error(self, ticket) -> str:
        return ticket.incident.human_error if works(self.user, ticket) else ""

    def get_caused_by_change(self, ticket) -> bool:
        return ticket.incident.caused_by_change and works(self.user, ticket)

    def get_is_security(self, ticket) -> bool:
        return ticket.incident.is_security and works(self.user, ticket)


class IncidentOut(TicketOut, IncidentRow):
    """A whole incident."""


class ResolveIncidentIn(Strict):
    resolution = Text(default="", help_text="What solved it; the requester reads this.")
    children = serializers.BooleanField(
        default=False, help_text="Resolve its children with the same text, a moment later."
    )
    cause_code = CauseCodeField(required=False, allow_null=True)
    human_error = serializers.ChoiceField(choices=Incident.HumanError.choices, required=False, allow_null=True)


class ChangeIncidentIn(Strict):
    cause_code = CauseCodeField(required=False, allow_null=True)
    human_error = serializers.ChoiceField(choices=Incident.HumanError.choices, required=False)
    caused_by_change = serializers.BooleanField(required=False)
    is_security = serializers.BooleanField(required=False)


class IncidentViewSet(MajorActions, ProcessView):
    """Incidents. What all tickets can do is under `/tickets/{number}/`."""

    row, out = IncidentRow, IncidentOut
    serializer_class = IncidentOut

    def tickets(self):
        return super().tickets().filter(type=TicketType.INCIDENT).select_related("incident__cause_code")

    def record(self, number: str) -> Incident:
        return get_incident(self.request.user, number)

    @extend_schema(parameters=[TicketFilters], responses=IncidentRow(many=True), operation_id="incidents_list")
    def list(self, request):
        return self.list_of(self.tickets(), self.asked(TicketFilters))

    @extend_schema(responses=IncidentOut)
    def retrieve(self, request, number):
        return self.answer(IncidentOut, self.ticket(number))

    @extend_schema(request=EmptyIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def accept(self, request, number):
        """Take it for one's own queue."""
        return self.do(number, actions.accept_incident, EmptyIn)

    @extend_schema(request=EmptyIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def start(self, request, number):
        """Begin work; who begins has it when nobody has."""
        return self.do(number, actions.start_incident, EmptyIn)

    @extend_schema(request={"application/json": MessageIn, "multipart/form-data": MessageIn}, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def ask_requester(self, request, number):
        """Send a question and wait; the answer resumes the work."""
        return self.do(number, actions.ask_requester_incident, MessageIn)

    @extend_schema(request=NoteIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def wait_for_vendor(self, request, number):
        """Wait for somebody outside; `note` says for what, internally."""
        return self.do(number, actions.wait_for_vendor_incident, NoteIn, note="note_text")

    @extend_schema(request=UntilIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def wait_until(self, request, number):
        """Wait for a date agreed with the requester; on that day the desk goes on by itself."""
        return self.do(number, actions.wait_until_incident, UntilIn, note="note_text")

    @extend_schema(request=EmptyIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def resume(self, request, number):
        """Go on after waiting."""
        return self.do(number, actions.resume_incident, EmptyIn)

    @extend_schema(request=ResolveIncidentIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def resolve(self, request, number):
        """Say what solved it and why it happened."""
        return self.do(number, actions.resolve_incident, ResolveIncidentIn, cause_code="code")

    @extend_schema(request=EmptyIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def close(self, request, number):
        """Close what is resolved."""
        return self.do(number, actions.close_incident, EmptyIn)

    @extend_schema(request=ReasonIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request, number):
        """Take it up again; the reason becomes a reply."""
        return self.do(number, actions.reopen_incident, ReasonIn)

    @extend_schema(request=ReasonIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request, number):
        """Withdraw it. The desk says why, the requester need not."""
        return self.do(number, actions.cancel_incident, ReasonIn)

    @extend_schema(request=ChangeIncidentIn, responses=IncidentOut)
    @action(detail=True, methods=["post"])
    def change(self, request, number):
        """Change what only an incident has; the rest is under `/tickets/{number}/change/`."""
        return self.do(number, actions.change_incident, ChangeIncidentIn)


class CauseCodeViewSet(View):
    """Why incidents happen, in four groups. Those out of use are for those who set them up."""

    scope = "settings"
    queryset = CauseCode.objects.none()
    pagination_class = None
    lookup_field = "code"
    lookup_value_converter = "path_code"

    def rows(self):
        return CauseCode.objects.all() if self.request.user.may("settings.change") else cause_codes()

    @extend_schema(responses=CauseCodeOut(many=True))
    def list(self, request):
        return self.answer(CauseCodeOut, self.rows(), many=True)

    @extend_schema(responses=CauseCodeOut)
    def retrieve(self, request, code):
        return self.answer(CauseCodeOut, get_or_404(self.rows(), code=code))

    @extend_schema(request=CauseCodeIn, responses={201: CauseCodeOut})
    def create(self, request):
        check(request.user, "settings.change")
        cause = create_cause_code(**self.given(CauseCodeIn), by=request.user, via="api")
        return self.answer(CauseCodeOut, cause, status=201)

    @extend_schema(request=CauseCodeIn, responses=CauseCodeOut)
    def partial_update(self, request, code):
        check(request.user, "settings.change")
        cause = get_or_404(self.rows(), code=code)
        change_cause_code(cause, **self.given(CauseCodeIn), by=request.user, via="api")
        return self.answer(CauseCodeOut, cause)
