"""Changes of many tickets by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from cmdb.api import ServiceField
from servicedesk.people.api.refs import PersonField, TeamField
from servicedesk.people.jobs import last_job
from servicedesk.people.rules import check
from servicedesk.tickets.api.fields import CategoryField
from servicedesk.tickets.api.serializers import EmptyIn
from servicedesk.tickets.models import Impact, TicketLink, Urgency
from servicedesk.tickets.queries import desk_tickets, get_ticket
from servicedesk.web.api import Strict, View

from .bulk import MOST, job_key, may_be_undone, start_bulk, undo_bulk, undo_key
from .changing import CLOSE, KEEP, MOST_DAYS, NOBODY, RESOLVE, Change
from .models import Bulk, BulkRow
from .queries import get_own_bulk

KINDS = TicketLink.BY_HAND


class BulkIn(Strict):
    """What is to change; what is not named stays. `assignee` null takes the tickets back to nobody."""

    tickets = serializers.ListField(
        child=serializers.CharField(max_length=16), max_length=MOST, help_text="Numbers; what is not yours is left out."
    )
    team = TeamField(required=False)
    assignee = PersonField(required=False, allow_null=True)
    service = ServiceField(required=False)
    category = CategoryField(required=False)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    add_tags = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, default=list)
    remove_tags = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, default=list)
    other = serializers.CharField(max_length=16, required=False, help_text="Number of a ticket to tie them to.")
    kind = serializers.ChoiceField(choices=KINDS, default=TicketLink.Kind.RELATED)
    end = serializers.ChoiceField(choices=[RESOLVE, CLOSE], required=False)
    resolution = serializers.CharField(max_length=20_000, allow_blank=True, default="")
    snooze_days = serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, required=False, help_text="Until the morning of the n-th business day."
    )
    snooze_until = serializers.DateField(
        required=False, help_text="Until the morning of this day, or of the next business day."
    )


class BulkRowOut(serializers.Serializer):
    ticket = serializers.CharField(source="ticket.number")
    outcome = serializers.ChoiceField(choices=BulkRow.Outcome.choices)
    sentence = serializers.CharField(help_text="Why it was not possible, in the caller's language.")


class BulkOut(serializers.Serializer):
    """A change of many tickets. Ask again until `state` is `done` or `failed`."""

    id = serializers.IntegerField()
    state = serializers.CharField(source="job.state", default="done")
    error = serializers.CharField(source="job.error", default="")
    may_be_undone = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)
    rows = BulkRowOut(many=True)


class BulkViewSet(View):
    """Changes of many tickets at once. One's own alone; kept for thirty days. For agents."""

    queryset = Bulk.objects.none()
    lookup_value_converter = "int"
    pagination_class = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "desk.use")

    def now(self, pk: int, status: int = 200):
        bulk = get_own_bulk(self.request.user, pk)
        work = last_job(job_key(bulk))
        said = {
            "id": bulk.pk,
            "job": last_job(undo_key(bulk)) if bulk.undone_at else work,
            "may_be_undone": may_be_undone(bulk, work),
            "created_at": bulk.created_at,
            "undone_at": bulk.undone_at,
            "rows": bulk.rows.select_related("ticket").order_by("ticket_id"),
        }
        return self.answer(BulkOut, said, status=status)

    @extend_schema(request=BulkIn, responses={202: BulkOut})
    def create(self, request):
        """Have up to 5,000 tickets changed in the background."""
        given = self.given(BulkIn)
        numbers = [number.upper() for number in given.pop("tickets")]
        tickets = desk_tickets(request.user).filter(number__in=numbers).values_list("pk", flat=True)
        wanted = {name: given.pop(name).pk for name in ("team", "service", "category") if given.get(name)}
        if "assignee" in given:
            person = given.pop("assignee")
            wanted["assignee"] = str(person.pk) if person else NOBODY
        if other := given.pop("other", None):
            wanted["other"] = get_ticket(request.user, other).pk
        if day := given.pop("snooze_until", None):
            wanted["snooze_until"] = day.isoformat()
        bulk = start_bulk(tickets, Change(**{"assignee": KEEP, **given, **wanted}), by=request.user, via="api")
        return self.now(bulk.pk, status=202)

    @extend_schema(responses=BulkOut)
    def retrieve(self, request, pk):
        """How far it is, and what became of each ticket."""
        return self.now(pk)

    @extend_schema(request=EmptyIn, responses={202: BulkOut})
    @action(detail=True, methods=["post"])
    def undo(self, request, pk):
        """Take it back, within ten minutes. What others have changed since stays."""
        self.given(EmptyIn)
        undo_bulk(get_own_bulk(request.user, pk), by=request.user, via="api")
        return self.now(pk, status=202)
