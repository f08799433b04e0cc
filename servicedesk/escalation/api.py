"""Business rules by API: the same documents as pages, files and the command."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from servicedesk.people.api.refs import PersonField, PersonRef
from servicedesk.people.jobs import last_job
from servicedesk.people.models import Job
from servicedesk.people.rules import check
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.text import check_one_line

from . import doings
from .actions import change_rule, create_rule, import_rules, order_rules, start_trial, trial_key
from .documents import trouble_of, whole_of
from .models import Rule
from .queries import firings, get_rule, rules, versions
from .remembering import remembering
from .trial import MOST_DAYS

_DOCUMENT = "Name, trigger, conditions, actions, minutes_saved, stop, is_active, active_from, active_until."


class RuleOut(serializers.Serializer):
    """A rule with what it did in the last 30 days. `document` is the whole of it, as export and import have it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    owner = PersonRef(allow_null=True)
    place = serializers.IntegerField()
    version = serializers.IntegerField()
    runs_now = serializers.BooleanField()
    trouble = serializers.SerializerMethodField(help_text="Why it does not run any more; empty while all is well.")
    document = serializers.SerializerMethodField(help_text=_DOCUMENT)
    firings = serializers.IntegerField(source="fired")
    minutes_saved = serializers.FloatField(source="saved")
    last_firing_at = serializers.DateTimeField(source="last_at", allow_null=True)

    def get_trouble(self, rule: Rule) -> str:
        return trouble_of(rule)

    def get_document(self, rule: Rule) -> dict[str, Any]:
        return whole_of(rule)


class VersionOut(serializers.Serializer):
    number = serializers.IntegerField()
    by = PersonRef(allow_null=True)
    at = serializers.DateTimeField()
    why = serializers.CharField()
    document = serializers.JSONField(source="whole")


class FiringOut(serializers.Serializer):
    """One firing on a ticket that the caller sees. `event` is the number of the event that set it off, or null for a
    rule about time, which counted from `since`.
    """

    ticket = serializers.CharField(source="ticket.number")
    version = serializers.IntegerField(source="version.number")
    event = serializers.IntegerField(source="event.number", default=None, allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    changes = serializers.ListField(child=serializers.CharField(), source="words")


class DocumentField(serializers.JSONField):
    """A document of a rule; what it may hold is checked by `documents.read`, with its own sentences."""


class NewRuleIn(Strict):
    document = DocumentField(help_text=_DOCUMENT)
    owner = PersonField(required=False)
    why = serializers.CharField(default="", allow_blank=True, max_length=300, validators=[check_one_line])


class RuleIn(NewRuleIn):
    document = DocumentField(required=False, help_text=_DOCUMENT)


class OrderIn(Strict):
    order = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31), max_length=500, help_text="Ids, first to last."
    )


class ImportRulesIn(Strict):
    rules = serializers.ListField(child=DocumentField(), min_length=1, max_length=500)
    why = serializers.CharField(default="", allow_blank=True, max_length=300, validators=[check_one_line])


class TrialIn(Strict):
    document = DocumentField(help_text=_DOCUMENT)
    days = serializers.IntegerField(default=30, min_value=1, max_value=MOST_DAYS)


class TriedOut(serializers.Serializer):
    ticket = serializers.CharField()
    changes = serializers.ListField(child=serializers.CharField())


class TrialOut(serializers.Serializer):
    """One's last trial. The numbers are null until it is done."""

    state = serializers.ChoiceField(choices=Job.State.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    error = serializers.CharField()
    tried = serializers.IntegerField(allow_null=True)
    would_fire = serializers.IntegerField(allow_null=True)
    minutes_saved = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    tickets = TriedOut(many=True)


class RuleViewSet(View):
    """Business rules, in the order in which they are asked. Agents read, administrators write."""

    queryset = Rule.objects.none()
    lookup_value_converter = "int"
    ordering = ("place", "id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "rules.see" if request.method == "GET" else "rules.change")

    @extend_schema(responses=RuleOut(many=True))
    def list(self, request):
        self.asked(Filters)
        with remembering():
            return self.pages(RuleOut, rules())

    @extend_schema(responses=RuleOut)
    def retrieve(self, request, pk):
        return self.answer(RuleOut, get_rule(pk))

    @extend_schema(request=NewRuleIn, responses={201: RuleOut})
    def create(self, request):
        rule = create_rule(**self.given(NewRuleIn), by=request.user, via="api")
        return self.answer(RuleOut, get_rule(rule.pk), status=201)

    @extend_schema(request=RuleIn, responses=RuleOut)
    def partial_update(self, request, pk):
        """A change of the document is a new version; `is_active` false in it takes the rule out of use."""
        change_rule(get_rule(pk), **self.given(RuleIn), by=request.user, via="api")
        return self.answer(RuleOut, get_rule(pk))

    @extend_schema(responses=VersionOut(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def versions(self, request, pk):
        """All versions, the newest first."""
        return self.answer(VersionOut, versions(get_rule(pk)), many=True)

    @extend_schema(responses=FiringOut(many=True))
    @action(detail=True, methods=["get"])
    def firings(self, request, pk):
        """What it did to tickets that the caller sees, the newest first."""
        self.asked(Filters)
        self.ordering = ("-at", "-id")
        rows = self.paginate_queryset(firings(request.user, get_rule(pk)))
        for firing, words in zip(rows, doings.all_words(firing.changes for firing in rows), strict=True):
            firing.words = words
        return self.get_paginated_response(self.answer(FiringOut, rows, many=True).data)

    @extend_schema(request=OrderIn, responses={204: None})
    @action(detail=False, methods=["post"])
    def order(self, request):
        """Ask the rules in this order; those that are not named follow as they were."""
        order_rules(self.given(OrderIn)["order"], by=request.user, via="api")
        return Response(status=204)

    @extend_schema(request=ImportRulesIn, responses=RuleOut(many=True))
    @action(detail=False, methods=["post"], url_path="import", url_name="import", pagination_class=None)
    def take_in(self, request):
        """Take documents in, all or none: a rule of the same name gets a new version, others are new."""
        given = self.given(ImportRulesIn)
        taken = import_rules(given["rules"], by=request.user, via="api", why=given["why"])
        found = rules().filter(pk__in=[rule.pk for rule in taken])
        return self.answer(RuleOut, found, many=True)


class RuleTrialViewSet(View):
    """The caller's last trial run: what a rule, saved or not, would have done to past tickets."""

    queryset = Job.objects.none()
    pagination_class = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "rules.change")

    @extend_schema(responses=TrialOut)
    def retrieve(self, request):
        return self._last(request)

    @extend_schema(request=TrialIn, responses={202: TrialOut})
    def create(self, request):
        """Have a document tried in the background; nothing is written but the result."""
        given = self.given(TrialIn)
        start_trial(given["document"], given["days"], by=request.user)
        return self._last(request, status=202)

    def _last(self, request, status: int = 200) -> Response:
        job = last_job(trial_key(request.user))
        if job is None:
            raise NotFound
        found = job.result.get("tickets", [])
        visible = visible_tickets(request.user).filter(pk__in=[pk for pk, _changes in found])
        numbers = dict(visible.values_list("pk", "number"))
        found = [(pk, changes) for pk, changes in found if pk in numbers]
        words = doings.all_words(changes for _pk, changes in found)
        tickets = [{"ticket": numbers[pk], "changes": said} for (pk, _changes), said in zip(found, words, strict=True)]
        counted = {name: job.result.get(name) for name in ("tried", "would_fire", "minutes_saved", "seconds")}
        row = {"state": job.state, "done": job.done, "total": job.total, "error": job.error, "tickets": tickets}
        return self.answer(TrialOut, row | counted, status=status)
