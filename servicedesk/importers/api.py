"""Files of tickets of other systems by API: handed in, looked at, imported or thrown away."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.people.api.jobs import JobOut
from servicedesk.people.api.persons import NoFieldsIn
from servicedesk.people.api.refs import PersonRef
from servicedesk.people.jobs import last_job
from servicedesk.people.rules import check
from servicedesk.web.api import Filters, Strict, View

from .actions import begin_import, choose_columns, discard_import, upload_import
from .actions.runs import job_key
from .drafts import DATE_FORMATS
from .models import Kind, Mapping, TicketImport
from .queries import get_import, mappings, ticket_imports
from .tables import Chosen


class TicketImportRow(serializers.Serializer):
    """An import as a list shows it. `counts` are of tickets: created, changed, unchanged, left, rejected."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    system = serializers.CharField()
    state = serializers.ChoiceField(choices=TicketImport.State.choices)
    name = serializers.CharField()
    time_zone = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    by = PersonRef(allow_null=True, help_text="Nobody: a command.")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RefusedRow(serializers.Serializer):
    line = serializers.IntegerField()
    external_id = serializers.CharField()
    reason = serializers.CharField()


class NewsOut(serializers.Serializer):
    """What would be made, or was made, for the tickets: how many, and the first names."""

    people = serializers.IntegerField(default=0)
    team_count = serializers.IntegerField(default=0)
    teams = serializers.ListField(child=serializers.CharField(), default=list)
    category_count = serializers.IntegerField(default=0)
    categories = serializers.ListField(child=serializers.CharField(), default=list)
    channels = serializers.DictField(child=serializers.IntegerField(), default=dict)


class MappingIn(Strict):
    """How a table is read: `columns` has the header of each field."""

    columns = serializers.DictField(child=serializers.CharField())
    date_format = serializers.ChoiceField(choices=list(DATE_FORMATS), default="ymd")
    defaults = serializers.DictField(child=serializers.CharField(), default=dict)
    words = serializers.DictField(child=serializers.CharField(), default=dict)
    save_as = serializers.CharField(required=False, max_length=80, help_text="Keep it under this name.")


class MappingOut(serializers.Serializer):
    name = serializers.CharField()
    system = serializers.CharField()
    columns = serializers.DictField(child=serializers.CharField())
    date_format = serializers.CharField()
    defaults = serializers.DictField(child=serializers.CharField())
    words = serializers.DictField(child=serializers.CharField())


class TicketImportOut(TicketImportRow):
    """A whole import; `job` is the work of writing it, once begun."""

    news = NewsOut()
    rejected = serializers.SerializerMethodField(help_text="Refused rows, and tickets that were left as they are.")
    job = serializers.SerializerMethodField()

    @extend_schema_field(RefusedRow(many=True))
    def get_rejected(self, run):
        return [dict(zip(("line", "external_id", "reason"), row, strict=True)) for row in run.rejected]

    @extend_schema_field(JobOut(allow_null=True))
    def get_job(self, run):
        job = last_job(job_key(run.pk))
        return JobOut(job, context=self.context).data if job else None


class TicketImportIn(Strict):
    kind = serializers.ChoiceField(choices=Kind.choices)
    file = serializers.FileField(allow_empty_file=True, help_text="CSV, tab-separated or Excel.")
    time_zone = serializers.CharField(default="Asia/Tokyo", max_length=64)
    system = serializers.CharField(required=False, max_length=40, help_text="Of a table: where it comes from.")
    mapping = serializers.SlugRelatedField(
        slug_field="name", queryset=Mapping.objects.all(), required=False, help_text="Of a table: as it was saved."
    )


class TicketImportViewSet(View):
    """Imports of tickets. For administrators. No ticket is written before `start`."""

    scope = "settings"
    queryset = TicketImport.objects.none()
    lookup_value_converter = "int"
    ordering = ("-id",)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "tickets.import")

    def now(self, pk: int, *, status: int = 200):
        return self.answer(TicketImportOut, get_import(pk), status=status)

    @extend_schema(responses=TicketImportRow(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(TicketImportRow, ticket_imports())

    @extend_schema(responses=TicketImportOut)
    def retrieve(self, request, pk):
        return self.now(pk)

    @extend_schema(request={"multipart/form-data": TicketImportIn}, responses={201: TicketImportOut})
    def create(self, request):
        """Hand a file in. The answer says what it would do; no ticket is written."""
        given = self.given(TicketImportIn)
        file = given.pop("file")
        run = upload_import(**given, name=file.name, content=file.read(), by=request.user, via="api")
        return self.now(run.pk, status=201)

    @extend_schema(request=MappingIn, responses=TicketImportOut)
    @action(detail=True, methods=["post"])
    def columns(self, request, pk):
        """Say how a table is read. The answer says what it would do then."""
        run, given = get_import(pk), self.given(MappingIn)
        save_as = given.pop("save_as", "")
        choose_columns(run, Chosen(**given), by=request.user, via="api", save_as=save_as)
        return self.now(pk)

    @extend_schema(request=NoFieldsIn, responses={202: TicketImportOut})
    @action(detail=True, methods=["post"])
    def start(self, request, pk):
        """Have it written in the background; refused rows are left out."""
        run, _given = get_import(pk), self.given(NoFieldsIn)
        begin_import(run, by=request.user, via="api")
        return self.now(pk, status=202)

    @extend_schema(request=NoFieldsIn, responses=TicketImportOut)
    @action(detail=True, methods=["post"])
    def discard(self, request, pk):
        """Throw it away without importing it."""
        run, _given = get_import(pk), self.given(NoFieldsIn)
        discard_import(run, by=request.user, via="api")
        return self.now(pk)

    @extend_schema(responses=MappingOut(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def mappings(self, request):
        """How tables are read, as it was saved."""
        self.asked(Filters)
        return self.answer(MappingOut, mappings(), many=True)
