"""The check of the hash chains, the views of the queue and its exports, by API."""

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.reverse import reverse

from servicedesk.people.api.jobs import JobOut
from servicedesk.people.api.persons import Line, NoFieldsIn
from servicedesk.people.api.refs import TeamField, TeamRef
from servicedesk.people.rules import check
from servicedesk.tickets.api.serializers import EmptyIn, TicketRow
from servicedesk.tickets.api.views import AnyAnswer
from servicedesk.tickets.filters import GROUPS, ORDERS, VIEWS, Known, read
from servicedesk.tickets.queries import for_list
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.downloads import stored_file
from servicedesk.web.errors import NotFound

from .actions import NAMES, change_view, checked, create_view, delete_view, restore_view
from .chains import last_check, start_check
from .exporting import delete_export, exports_of, file_name, get_export, start_export
from .models import Density, Export, SavedView
from .queries import deleted_view, get_view, visible_views
from .queue_columns import COLUMNS, chosen_columns


class BrokenOut(serializers.Serializer):
    """The first link of a chain that does not fit. `reason`: altered, missing, cut, gone."""

    chain = serializers.CharField(help_text="`audit`, or a ticket's number.")
    place = serializers.CharField()
    reason = serializers.CharField()


class ChainCheckOut(JobOut):
    """A check of all chains; `done` and `total` count entries."""

    broken = BrokenOut(many=True, source="result.broken", default=list)


class ChainCheckViewSet(View):
    """Has the audit log, or what happened to a ticket, been tampered with? For administrators."""

    scope = "settings"

    @extend_schema(responses=ChainCheckOut, operation_id="audit_check_retrieve")
    def retrieve(self, request):
        """The last check."""
        check(request.user, "audit.read")
        last = last_check()
        if last is None:
            raise NotFound
        return self.answer(ChainCheckOut, last)

    @extend_schema(request=NoFieldsIn, responses={202: ChainCheckOut}, operation_id="audit_check_create")
    def create(self, request):
        """Have everything checked in the background; one check at a time."""
        check(request.user, "audit.read")
        self.given(NoFieldsIn)
        start_check(by=request.user, via="api")
        return self.answer(ChainCheckOut, last_check(), status=202)


class SavedViewOut(serializers.Serializer):
    """A view of the queue: the caller's own, or that of a team of theirs (`team`)."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    team = TeamRef(allow_null=True)
    view = serializers.CharField(source="base", help_text="The shipped view that it narrows.")
    filters = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    sort = serializers.CharField(help_text="Empty: as usual for the view.")
    group = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField(), help_text="Empty: the usual ones.")
    density = serializers.CharField()
    is_pinned = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField(help_text="What it names and is no longer there, in sentences.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField(help_text="The page that shows it.")

    def get_is_pinned(self, view) -> bool:
        return view.place is not None

    def get_missing(self, view) -> list[str]:
        asked = read(self.context["request"].user, view.as_query(), known=self.context.get("known"), also=NAMES)
        return [str(one) for one in [*asked.complaints, *chosen_columns(view.columns)[1]]]

    def get_url(self, view) -> str:
        return f"{reverse('desk:queue', request=self.context['request'])}?saved={view.pk}"


GROUP_NAMES = [(name, str(name)) for name in GROUPS]


class ListIn(Strict):
    """What the queue's address says. Filters by name, each with its values, as the address of the queue has them."""

    view = serializers.ChoiceField(choices=list(VIEWS), default="all")
    filters = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=200), max_length=20), default=dict
    )
    sort = serializers.ChoiceField(choices=list(ORDERS), allow_blank=True, default="")
    group = serializers.ChoiceField(choices=GROUP_NAMES, allow_blank=True, default="")
    columns = serializers.ListField(child=serializers.ChoiceField(choices=list(COLUMNS)), default=list, max_length=20)
    density = serializers.ChoiceField(choices=Density.choices, allow_blank=True, default="")


class SavedViewIn(ListIn):
    """A view: a name, and what the queue's address says."""

    name = Line(max_length=80, required=True)
    team = TeamField(required=False, allow_null=True, default=None, help_text="Null: one's own.")
    is_pinned = serializers.BooleanField(default=True)


class SavedViewChangeIn(SavedViewIn):
    """What is to change; the rest stays."""

    def __init__(self, *args, **more):
        super().__init__(*args, partial=True, **more)


def _query(given: dict) -> QueryDict:
    """The address of a view, as `SavedViewIn` says it."""
    query = QueryDict(mutable=True)
    for name, values in given.get("filters", {}).items():
        query.setlist(name, values)
    for name in ("view", "sort", "group", "density"):
        if given.get(name):
            query[name] = given[name]
    if given.get("columns"):
        query["columns"] = ",".join(given["columns"])
    return query


_SHAPE = ("view", "filters", "sort", "group", "columns", "density")


class SavedViewSet(View):
    """Views of the queue that people saved. Visible are one's own and those of one's teams. For agents."""

    queryset = SavedView.objects.none()
    lookup_value_converter = "int"
    ordering = ("id",)
    serializer_class = SavedViewOut

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "desk.use")

    @extend_schema(responses=SavedViewOut(many=True), operation_id="views_list")
    def list(self, request):
        self.asked(Filters)
        page = self.paginate_queryset(visible_views(request.user))
        known = Known(request.user, [view.as_query() for view in page])
        context = self.get_serializer_context() | {"known": known}
        return self.get_paginated_response(SavedViewOut(page, many=True, context=context).data)

    @extend_schema(responses=SavedViewOut)
    def retrieve(self, request, pk):
        return self.answer(SavedViewOut, get_view(request.user, pk))

    @extend_schema(request=SavedViewIn, responses={201: SavedViewOut})
    def create(self, request):
        """Save a view for oneself, or for a team that one leads."""
        given = self.given(SavedViewIn)
        view = create_view(
            name=given["name"],
            team=given["team"],
            is_pinned=given["is_pinned"],
            query=_query(given),
            by=request.user,
            via="api",
        )
        return self.answer(SavedViewOut, view, status=201)

    @extend_schema(request=SavedViewChangeIn, responses=SavedViewOut)
    def partial_update(self, request, pk):
        """Change what is given. `team` gives it to a team, or with null takes it back for oneself."""
        view = get_view(request.user, pk)
        check(request.user, "views.change", view)
        given = self.given(SavedViewChangeIn)
        fields = {name: given[name] for name in ("name", "team", "is_pinned") if name in given}
        query = None
        if any(name in given for name in _SHAPE):
            before = {name: getattr(view, name) for name in _SHAPE if name != "view"} | {"view": view.base}
            query = _query(before | {name: given[name] for name in _SHAPE if name in given})
        change_view(view, query=query, by=request.user, via="api", **fields)
        return self.answer(SavedViewOut, view)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk):
        """Delete a view; for a day `restore` brings it back."""
        delete_view(get_view(request.user, pk), by=request.user, via="api")
        return Response(status=204)

    @extend_schema(request=EmptyIn, responses=SavedViewOut)
    @action(detail=True, methods=["post"])
    def restore(self, request, pk):
        """Bring a view back that was deleted within the last day."""
        self.given(EmptyIn)
        return self.answer(SavedViewOut, restore_view(deleted_view(request.user, pk), by=request.user, via="api"))

    @extend_schema(responses=TicketRow(many=True), filters=False, operation_id="views_tickets")
    @action(detail=True)
    def tickets(self, request, pk):
        """The tickets that the view shows, in its order: those of them that the caller works on."""
        self.asked(Filters)
        asked = read(request.user, get_view(request.user, pk).as_query(), also=NAMES)
        self.ordering = tuple(asked.order)
        rows = for_list(asked.tickets).select_related("category").prefetch_related("tags", "items")
        return self.pages(TicketRow, rows)


class ExportIn(ListIn):
    """The list as `ListIn` says it, or with `saved` that of a saved view, which then says everything."""

    format = serializers.ChoiceField(choices=Export.Format.choices, default=Export.Format.CSV)
    saved = serializers.IntegerField(required=False, allow_null=True, min_value=1, help_text="The id of a view.")


class ExportOut(serializers.Serializer):
    """A file of tickets. Ask again until `state` is `done` or `failed`; then `file` is where it is fetched."""

    id = serializers.IntegerField()
    label = serializers.CharField()
    format = serializers.ChoiceField(choices=Export.Format.choices)
    state = serializers.SerializerMethodField()
    done = serializers.IntegerField(source="job.done", default=0)
    total = serializers.IntegerField(source="job.total", default=0)
    error = serializers.CharField(source="job.error", default="")
    rows = serializers.IntegerField()
    is_cut = serializers.BooleanField(help_text="The list has more than the 100,000 tickets that a file takes.")
    created_at = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="When it is deleted.")
    file = serializers.SerializerMethodField()

    def get_state(self, export) -> str:
        return "done" if export.file else export.job.state if export.job and export.job.state != "done" else "failed"

    def get_file(self, export) -> str | None:
        if not export.file:
            return None
        return reverse("api:export-download", [export.pk], request=self.context["request"])


class ExportViewSet(View):
    """Lists of tickets as files. One's own alone; deleted after a week. For agents."""

    queryset = Export.objects.none()
    lookup_value_converter = "int"
    pagination_class = None
    serializer_class = ExportOut

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "desk.use")

    @extend_schema(responses=ExportOut(many=True), operation_id="exports_list")
    def list(self, request):
        """One's files, at most ten, the newest first."""
        self.asked(Filters)
        return self.answer(ExportOut, exports_of(request.user), many=True)

    @extend_schema(responses=ExportOut)
    def retrieve(self, request, pk):
        return self.answer(ExportOut, get_export(request.user, pk))

    @extend_schema(request=ExportIn, responses={202: ExportOut})
    def create(self, request):
        """Have a file made in the background, up to 100,000 tickets."""
        given = self.given(ExportIn)
        view = get_view(request.user, given["saved"]) if given.get("saved") else None
        query = view.as_query() if view else _query(given)
        label = view.name if view else str(VIEWS[given["view"]].label)
        if view is None:
            checked(request.user, query)
        made = start_export(query, kind=given["format"], label=label, by=request.user, via="api")
        return self.answer(ExportOut, get_export(request.user, made.pk), status=202)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk):
        """Delete the file now."""
        delete_export(get_export(request.user, pk))
        return Response(status=204)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, content_negotiation_class=AnyAnswer)
    def download(self, request, pk):
        """The file."""
        found = get_export(request.user, pk)
        if not found.file:
            raise NotFound
        return stored_file(found.file, as_attachment=True, filename=file_name(found.format, found.created_at))
