"""Person-dependence by API: topics, what would wait without somebody, and proposals."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.people.api.refs import PersonField, PersonRef, TeamField
from servicedesk.people.rules import check
from servicedesk.tickets.api.serializers import EmptyIn
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.text import check_lines

from ..models import DependenceProposal
from . import queries
from .actions import agree_on_proposal, change_proposal, drop_proposal, finish_proposal, reopen_proposal
from .away import check_days, if_away
from .showing import calling, people_of, proposals_shown
from .topics import Key, Risk

RISKS = [(risk.name.lower(), risk.label) for risk in Risk]
Kind, State = DependenceProposal.Kind, DependenceProposal.State


class TopicCode(serializers.CharField):
    """`s12-c5`: a service and a category, 0 for none; `s12`: all of a service."""

    def to_internal_value(self, data):
        key = Key.read(super().to_internal_value(data))
        if key is None:
            self.fail("invalid")
        return key

    def to_representation(self, value):
        return value.code


class TopicPartOut(serializers.Serializer):
    """Somebody's part of a topic. `person` is null for callers who may not see the name; `label` is then a letter that
    is dealt anew for each answer.
    """

    person = serializers.SerializerMethodField()
    label = serializers.SerializerMethodField()
    is_here = serializers.SerializerMethodField()
    tickets = serializers.SerializerMethodField()

    @extend_schema_field(PersonRef(allow_null=True))
    def get_person(self, part):
        called, _tickets = part
        return {"id": called.pk, "name": called.label} if called.is_named else None

    def get_label(self, part) -> str:
        return part[0].label

    def get_is_here(self, part) -> bool:
        return part[0].is_here

    def get_tickets(self, part) -> int:
        return part[1]


class TopicOut(serializers.Serializer):
    code = TopicCode(source="key")
    name = serializers.CharField(help_text="In the caller's language.")
    team = serializers.CharField(source="team_name")
    risk = serializers.SerializerMethodField()
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why the risk is what it is, in words.")
    tickets = serializers.IntegerField(help_text="Resolved by somebody in the time.")
    resolvers = serializers.IntegerField()
    share_of_first = serializers.FloatField(source="share", help_text="From 0 to 1.")
    effective = serializers.FloatField(help_text="1 ÷ the sum of the squared shares.")
    hours = serializers.FloatField()
    deputies = serializers.SerializerMethodField()
    share_gone = serializers.FloatField(source="gone_share", help_text="Of people who are no longer here.")
    templates = serializers.IntegerField(source="templates.count", help_text="Reply templates of its team.")
    oldest_template = serializers.DateTimeField(source="templates.oldest", allow_null=True)
    people = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=RISKS))
    def get_risk(self, topic) -> str:
        return topic.risk.name.lower()

    def get_deputies(self, topic) -> int:
        return len(topic.deputies)

    @extend_schema_field(TopicPartOut(many=True))
    def get_people(self, topic):
        return TopicPartOut(people_of(topic, self.context["called"]), many=True).data


class TopicsOut(serializers.Serializer):
    since = serializers.DateField()
    months = serializers.IntegerField()
    topics = TopicOut(many=True)


class TopicFilters(Filters):
    months = serializers.ChoiceField(choices=queries.MONTHS, required=False, help_text="6.")
    by = serializers.ChoiceField(choices=["category", "service"], required=False)
    team = TeamField(required=False)


class DependenceViewSet(View):
    """Topics that hang on few people, those of the most risk and hours first. For readers of reports; names for
    administrators, and for leads of the members of their teams.
    """

    queryset = DependenceProposal.objects.none()
    pagination_class = None

    @extend_schema(responses=TopicsOut, parameters=[TopicFilters], operation_id="dependence_topics")
    def retrieve(self, request):
        """All topics of the time."""
        check(request.user, "reports.see")
        asked = self.asked(TopicFilters)
        team = asked.get("team")
        desk = queries.dependence(queries.span_of(asked.get("months", queries.USUAL_MONTHS)))
        topics = desk.of(whole=asked.get("by") == "service", team=team.pk if team else None)
        self.called = calling(request.user, desk, topics)
        return self.answer(TopicsOut, {"since": desk.span.since, "months": desk.span.months, "topics": topics})

    def get_serializer_context(self):
        return super().get_serializer_context() | {"called": getattr(self, "called", {})}


class WaitsOut(serializers.Serializer):
    """A topic that the person knows. `others` are members of the team who resolved one, as people are called in
    topics; `days` those on which none of them is there.
    """

    code = TopicCode(source="topic.key")
    name = serializers.CharField(source="topic.name")
    others = serializers.SerializerMethodField()
    days = serializers.ListField(child=serializers.DateField())

    def get_others(self, waits) -> list[str]:
        return [each.label for pk, each in self.context["called"].items() if pk in waits.others]


class AwayOut(serializers.Serializer):
    """Topics in `waiting` have days without anybody. `tickets` are all open ones that would wait, `own` the person's;
    `listed` has up to fifty of those that the caller sees, the most urgent first.
    """

    person = PersonRef()
    first = serializers.DateField()
    until = serializers.DateField()
    waiting = WaitsOut(many=True)
    covered = WaitsOut(many=True)
    tickets = serializers.IntegerField()
    own = serializers.IntegerField()
    seen = serializers.IntegerField()
    listed = serializers.SerializerMethodField()

    def get_listed(self, away) -> list[str]:
        return [ticket.number for ticket in away.listed]


class AwayFilters(Filters):
    person = PersonField(help_text="Administrators: anybody; leads: their members; everybody: `me`.")
    first = serializers.DateField()
    until = serializers.DateField()


class AwayViewSet(View):
    """What would wait if somebody were away. Nothing is saved."""

    queryset = DependenceProposal.objects.none()
    pagination_class = None

    @extend_schema(responses=AwayOut, parameters=[AwayFilters], operation_id="dependence_away")
    def retrieve(self, request):
        """Topics that nobody else is there for, and open tickets that would wait."""
        check(request.user, "dependence.away")
        asked = self.asked(AwayFilters)
        check_days(asked["first"], asked["until"])
        person = queries.person_to_ask_of(request.user, asked["person"])
        desk = queries.dependence(queries.span_of(queries.USUAL_MONTHS))
        found = if_away(request.user, desk, person, asked["first"], asked["until"])
        topics = [each.topic for each in (*found.waiting, *found.covered)]
        self.called = calling(request.user, desk, topics, also=[person.pk])
        return self.answer(AwayOut, found)

    def get_serializer_context(self):
        return super().get_serializer_context() | {"called": getattr(self, "called", {})}


class FiguresOut(serializers.Serializer):
    tickets = serializers.IntegerField()
    share_of_first = serializers.FloatField(source="share", allow_null=True)
    effective = serializers.FloatField(allow_null=True)


class DependenceProposalOut(serializers.Serializer):
    """`then` is the topic when it was agreed on, `now` today, each over as many months; null: nothing was resolved."""

    id = serializers.IntegerField(source="proposal.pk")
    topic = serializers.SerializerMethodField()
    topic_name = serializers.CharField(source="proposal.topic")
    kind = serializers.ChoiceField(source="proposal.kind", choices=Kind.choices)
    reason = serializers.CharField(source="proposal.reason")
    owner = PersonRef(allow_null=True, help_text="Null for callers who may not see the name.")
    due_on = serializers.DateField(source="proposal.due_on")
    state = serializers.ChoiceField(source="proposal.state", choices=State.choices)
    why_dropped = serializers.CharField(source="proposal.why_dropped")
    months = serializers.IntegerField(source="proposal.months")
    then = FiguresOut(source="proposal")
    now = FiguresOut(allow_null=True)
    created_at = serializers.DateTimeField(source="proposal.created_at")
    ended_at = serializers.DateTimeField(source="proposal.ended_at", allow_null=True)

    def get_topic(self, shown) -> str:
        return queries.key_of(shown.proposal).code


def _reason(**more) -> serializers.CharField:
    return serializers.CharField(max_length=1_000, validators=[check_lines], **more)


class ChangeIn(Strict):
    reason = _reason(required=False)
    owner = PersonField(required=False)
    due_on = serializers.DateField(required=False)


class DependenceProposalIn(Strict):
    topic = TopicCode()
    kind = serializers.ChoiceField(choices=Kind.choices)
    reason = _reason()
    owner = PersonField()
    due_on = serializers.DateField()
    months = serializers.ChoiceField(choices=queries.MONTHS, required=False)


class DropIn(Strict):
    why_dropped = _reason()


class ProposalFilters(Filters):
    state = serializers.ChoiceField(choices=State.choices, required=False)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    mine = serializers.BooleanField(required=False)


class DependenceProposalViewSet(View):
    """What is done so that topics hang on one person no more. Readers of reports read all, agents their own; leads and
    administrators agree on them, owners change theirs.
    """

    queryset = DependenceProposal.objects.none()
    lookup_value_converter = "int"
    ordering = ("due_on", "id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "dependence.read_proposals")

    @extend_schema(parameters=[ProposalFilters], responses=DependenceProposalOut(many=True))
    def list(self, request):
        asked = self.asked(ProposalFilters)
        rows = queries.find_proposals(
            request.user, state=asked.get("state", ""), kind=asked.get("kind", ""), mine=asked.get("mine", False)
        )
        shown = proposals_shown(request.user, self.paginate_queryset(rows))
        return self.get_paginated_response(
            DependenceProposalOut(shown, many=True, context=self.get_serializer_context()).data
        )

    @extend_schema(request=DependenceProposalIn, responses={201: DependenceProposalOut})
    def create(self, request):
        """Agree on something for a topic; its figures of today are kept beside it."""
        check(request.user, "dependence.change")
        return self._answer(
            agree_on_proposal(**self.given(DependenceProposalIn), by=request.user, via="api"), status=201
        )

    @extend_schema(responses=DependenceProposalOut)
    def retrieve(self, request, pk):
        return self._answer(self._found(pk))

    @extend_schema(request=ChangeIn, responses=DependenceProposalOut)
    def partial_update(self, request, pk):
        """Another owner, date or reason."""
        found = self._found(pk, change=True)
        return self._answer(change_proposal(found, **self.given(ChangeIn), by=request.user, via="api"))

    @extend_schema(request=EmptyIn, responses=DependenceProposalOut)
    @action(detail=True, methods=["post"])
    def finish(self, request, pk):
        """It is done."""
        found = self._found(pk, change=True)
        self.given(EmptyIn)
        return self._answer(finish_proposal(found, by=request.user, via="api"))

    @extend_schema(request=DropIn, responses=DependenceProposalOut)
    @action(detail=True, methods=["post"])
    def drop(self, request, pk):
        """It is not done after all."""
        found = self._found(pk, change=True)
        return self._answer(drop_proposal(found, **self.given(DropIn), by=request.user, via="api"))

    @extend_schema(request=EmptyIn, responses=DependenceProposalOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk):
        """Take back that it is done or dropped."""
        found = self._found(pk, change=True)
        self.given(EmptyIn)
        return self._answer(reopen_proposal(found, by=request.user, via="api"))

    def _found(self, pk, *, change: bool = False):
        found = queries.get_proposal(self.request.user, pk)
        if change:
            check(self.request.user, "dependence.change", found)
        return found

    def _answer(self, proposal, **more):
        return self.answer(DependenceProposalOut, proposals_shown(self.request.user, [proposal])[0], **more)
