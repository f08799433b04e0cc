"""Files of people, departments and teams by API: handed in, looked at, applied or thrown away."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.web.api import Filters, Strict, View

from ..actions import begin_import, discard_import, upload_import
from ..actions.imports import job_key
from ..jobs import last_job
from ..models import ImportRun
from ..queries import get_or_404, import_runs
from ..rules import check
from .jobs import JobOut
from .persons import NoFieldsIn
from .refs import PersonRef


class ImportRow(serializers.Serializer):
    """An import as a list shows it. `counts` says how many rows are new, changed, unchanged and rejected."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ImportRun.Kind.choices)
    state = serializers.ChoiceField(choices=ImportRun.State.choices)
    name = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    by = PersonRef()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RejectedOut(serializers.Serializer):
    line = serializers.IntegerField()
    label = serializers.CharField()
    reason = serializers.CharField()


class ImportOut(ImportRow):
    """A whole import. What it would do goes when it has ended; `job` is the work of applying it, once begun."""

    unknown_columns = serializers.SerializerMethodField(help_text="Left out, because no column is called so.")
    rejected = serializers.SerializerMethodField()
    job = serializers.SerializerMethodField()

    def get_unknown_columns(self, run) -> list[str]:
        return list(run.plan.get("unknown", ()))

    @extend_schema_field(RejectedOut(many=True))
    def get_rejected(self, run):
        rows = run.plan.get("rows", ())
        return [
            {"line": line, "label": label, "reason": reason}
            for line, outcome, label, _changes, reason in rows
            if outcome == "rejected"
        ]

    @extend_schema_field(JobOut(allow_null=True))
    def get_job(self, run):
        job = last_job(job_key(run.pk))
        return JobOut(job, context=self.context).data if job else None


class ImportIn(Strict):
    kind = serializers.ChoiceField(choices=ImportRun.Kind.choices)
    file = serializers.FileField(allow_empty_file=True, help_text="CSV or tab-separated, in UTF-8 or Shift_JIS.")


class ImportViewSet(View):
    """Imports of people, departments and teams. For administrators. Nothing changes before `apply`."""

    scope = "settings"
    queryset = ImportRun.objects.none()
    lookup_value_converter = "int"
    ordering = ("-id",)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "people.change")

    def now(self, pk: int, *, status: int = 200):
        return self.answer(ImportOut, get_or_404(ImportRun.objects.select_related("by"), pk=pk), status=status)

    @extend_schema(responses=ImportRow(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(ImportRow, import_runs())

    @extend_schema(responses=ImportOut)
    def retrieve(self, request, pk):
        return self.now(pk)

    @extend_schema(request={"multipart/form-data": ImportIn}, responses={201: ImportOut})
    def create(self, request):
        """Hand a file in. The answer says what it would do; nothing else is written."""
        given = self.given(ImportIn)
        file = given["file"]
        run = upload_import(given["kind"], name=file.name, content=file.read(), by=request.user, via="api")
        return self.now(run.pk, status=201)

    @extend_schema(request=NoFieldsIn, responses={202: ImportOut})
    @action(detail=True, methods=["post"])
    def apply(self, request, pk):
        """Have it applied in the background, exactly as it was shown; rejected rows are left out."""
        run, _given = get_or_404(ImportRun.objects.all(), pk=pk), self.given(NoFieldsIn)
        begin_import(run, by=request.user, via="api")
        return self.now(pk, status=202)

    @extend_schema(request=NoFieldsIn, responses=ImportOut)
    @action(detail=True, methods=["post"])
    def discard(self, request, pk):
        """Throw it away without applying it."""
        run, _given = get_or_404(ImportRun.objects.all(), pk=pk), self.given(NoFieldsIn)
        discard_import(run, by=request.user, via="api")
        return self.now(pk)
