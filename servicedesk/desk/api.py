"""The check of the hash chains by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from servicedesk.people.api.jobs import JobOut
from servicedesk.people.api.persons import NoFieldsIn
from servicedesk.people.rules import check
from servicedesk.web.api import View
from servicedesk.web.errors import NotFound

from .chains import last_check, start_check


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
