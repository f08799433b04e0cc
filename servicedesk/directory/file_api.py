"""The whole directory by API, out and in: as JSON, and as the files of the page."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from servicedesk.people.rules import check
from servicedesk.web.api import Filters, Strict, View

from .actions import import_entries
from .documents import entries_json
from .queries import visible_entries, with_contracts, with_ties

_FORM = (
    "Entries with `contracts`, in codes: people by employee number or address, teams, services and categories by code, "
    "items by number, calendars and agreements by name; `hours` is a calendar's name or `24h`."
)


class EntriesOut(serializers.Serializer):
    entries = serializers.ListField(child=serializers.JSONField(), help_text=_FORM)


class ImportEntriesIn(Strict):
    """Either `entries` or a file, as multipart/form-data."""

    entries = serializers.JSONField(required=False, help_text=_FORM)
    file = serializers.FileField(required=False, allow_empty_file=True, help_text="CSV, tab-separated, Excel or JSON.")

    def validate(self, given: dict) -> dict:
        if len(given) != 1:
            raise ValidationError({"entries": [_("Give either entries or a file.")]})
        return given


class LookFirst(Filters):
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Only say what would be new, changed or wrong."
    )


class RejectedEntry(serializers.Serializer):
    line = serializers.IntegerField(help_text="Of the file, or the place of the entry, from 1.")
    reason = serializers.CharField()


class EntriesImported(serializers.Serializer):
    dry_run = serializers.BooleanField()
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = RejectedEntry(many=True)


class DirectoryFiles(View):
    """What the view set of the directory has beside its rows."""

    @extend_schema(responses=EntriesOut, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request):
        """All entries, those out of use too, in the form that the import takes back."""
        self.asked(Filters)
        return Response(entries_json(with_ties(with_contracts(visible_entries(request.user)))))

    @extend_schema(
        parameters=[LookFirst],
        request={"application/json": ImportEntriesIn, "multipart/form-data": ImportEntriesIn},
        responses={200: EntriesImported, 202: EntriesImported},
    )
    @action(detail=False, methods=["post"], url_path="import", url_name="import", pagination_class=None)
    def take_in(self, request):
        """Take entries in, all or none: one of the same name is changed, a contract by its number. A dry run says what
        it would do (202); wrong rows are refused by their lines (400).
        """
        check(request.user, "directory.change")
        is_look, given = self.asked(LookFirst)["dry_run"], self.given(ImportEntriesIn)
        content = given["file"].read() if "file" in given else given["entries"]
        done = import_entries(content, by=request.user, via="api", trial=is_look)
        if done.rejected and not is_look:
            raise ValidationError({f"lines.{line}": [sentence] for line, sentence in done.rejected})
        body = {
            "dry_run": is_look, "created": done.created, "changed": done.changed, "unchanged": done.unchanged,
            "rejected": [{"line": line, "reason": sentence} for line, sentence in done.rejected],
        }  # fmt: skip
        return self.answer(EntriesImported, body, status=202 if is_look else 200)
