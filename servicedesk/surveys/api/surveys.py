"""Surveys by API: making, sending and closing them, what they found, and answering one's own."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response as Answered

from servicedesk.people.api.refs import DepartmentRef, PersonField, PersonRef
from servicedesk.people.models import Department
from servicedesk.people.rules import check
from servicedesk.web.api import Strict, View

from .. import actions
from ..models import GapFinding, Survey, SurveyQuestion
from ..queries import surveys as queries
from ..queries.results import results_of, trend_of
from ..shipped import TEMPLATES

LARGEST = 2**63 - 1


class QuestionOut(serializers.Serializer):
    id = serializers.IntegerField()
    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=SurveyQuestion.Kind.choices)
    text_ja = serializers.CharField()
    text_en = serializers.CharField()
    is_required = serializers.BooleanField()
    choices_ja = serializers.ListField(child=serializers.CharField())
    choices_en = serializers.ListField(child=serializers.CharField())


class GroupOut(serializers.Serializer):
    id = serializers.IntegerField()
    key = serializers.CharField()
    title_ja = serializers.CharField()
    title_en = serializers.CharField()
    questions = QuestionOut(many=True, source="questions.all")


class SideProgressOut(serializers.Serializer):
    asked = serializers.IntegerField()
    sent = serializers.IntegerField()
    answered = serializers.IntegerField()


class ProgressOut(serializers.Serializer):
    users = SideProgressOut()
    desk = SideProgressOut()


class SurveyOut(serializers.Serializer):
    """A survey without its questions. Those of one `series` ask the same and are compared."""

    id = serializers.IntegerField()
    series = serializers.CharField()
    title_ja = serializers.CharField()
    title_en = serializers.CharField()
    intro_ja = serializers.CharField()
    intro_en = serializers.CharField()
    state = serializers.ChoiceField(choices=Survey.State.choices)
    is_anonymous = serializers.BooleanField()
    audience = serializers.ChoiceField(choices=Survey.Audience.choices)
    amount = serializers.IntegerField(allow_null=True)
    desk = serializers.ChoiceField(choices=Survey.Desk.choices)
    closes_on = serializers.DateField(allow_null=True)
    remind_before = serializers.ListField(child=serializers.IntegerField())
    opened_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class WholeSurveyOut(SurveyOut):
    departments = DepartmentRef(many=True, source="departments.all")
    groups = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()

    @extend_schema_field(GroupOut(many=True))
    def get_groups(self, survey):
        return GroupOut(queries.groups_of(survey), many=True).data

    @extend_schema_field(ProgressOut)
    def get_progress(self, survey):
        return queries.progress_of(survey)


class QuestionIn(Strict):
    """`key` stays the same from survey to survey; without one it is made up."""

    key = serializers.RegexField(r"^[a-z0-9_]{1,40}$", required=False)
    kind = serializers.ChoiceField(choices=SurveyQuestion.Kind.choices, required=False)
    text_ja = serializers.CharField(max_length=300)
    text_en = serializers.CharField(max_length=300)
    is_required = serializers.BooleanField(required=False)
    choices_ja = serializers.ListField(child=serializers.CharField(max_length=120), required=False, max_length=20)
    choices_en = serializers.ListField(child=serializers.CharField(max_length=120), required=False, max_length=20)


class GroupIn(Strict):
    key = serializers.RegexField(r"^[a-z0-9_]{1,40}$", required=False)
    title_ja = serializers.CharField(max_length=120)
    title_en = serializers.CharField(max_length=120)
    questions = QuestionIn(many=True, max_length=200)


class SurveyIn(Strict):
    """What is left out stays as it is. `groups` replaces all questions of the draft."""

    title_ja = serializers.CharField(max_length=120, required=False)
    title_en = serializers.CharField(max_length=120, required=False)
    intro_ja = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    intro_en = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    is_anonymous = serializers.BooleanField(required=False)
    audience = serializers.ChoiceField(choices=Survey.Audience.choices, required=False)
    amount = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=1_000_000)
    departments = serializers.PrimaryKeyRelatedField(queryset=Department.objects.all(), many=True, required=False)
    desk = serializers.ChoiceField(choices=Survey.Desk.choices, required=False)
    desk_people = serializers.ListField(child=PersonField(), required=False, max_length=20)
    closes_on = serializers.DateField(required=False, allow_null=True)
    remind_before = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=90), required=False, max_length=5
    )
    groups = GroupIn(many=True, required=False, max_length=40)


class NewSurveyIn(SurveyIn):
    """From a template, as a copy of another survey, or with a title and groups of its own."""

    template = serializers.ChoiceField(choices=sorted(TEMPLATES), required=False)
    copy_of = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST)


class ComparedOut(serializers.Serializer):
    users_average = serializers.FloatField(source="users.average", allow_null=True)
    users_count = serializers.IntegerField(source="users.count")
    desk_average = serializers.FloatField(source="desk.average", allow_null=True)
    desk_count = serializers.IntegerField(source="desk.count")
    gap = serializers.FloatField(allow_null=True, help_text="The desk's average minus that of the users.")
    is_marked = serializers.BooleanField(help_text="A gap of 1 point or more.")


class FindingOut(serializers.Serializer):
    cause = serializers.CharField()
    dependence = serializers.ChoiceField(choices=GapFinding.Dependence.choices)
    dependence_words = serializers.CharField()
    by = PersonRef()
    at = serializers.DateTimeField()


class ChoiceCountOut(serializers.Serializer):
    label = serializers.CharField()
    count = serializers.IntegerField()


class ItemResultOut(ComparedOut):
    question = QuestionOut()
    marks = serializers.SerializerMethodField(help_text="Of the users: mark → how often.")
    choices = serializers.SerializerMethodField()
    words = serializers.ListField(child=serializers.CharField())
    finding = FindingOut(allow_null=True)

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_marks(self, item):
        return {str(mark): count for mark, count in item.users.spread}

    @extend_schema_field(ChoiceCountOut(many=True))
    def get_choices(self, item):
        return [{"label": label, "count": count} for label, count in item.choices]


class GroupResultOut(ComparedOut):
    key = serializers.CharField(source="group.key")
    title = serializers.CharField(source="group.title")
    items = ItemResultOut(many=True)


class DepartmentResultOut(serializers.Serializer):
    """`department` is null for all others together."""

    department = DepartmentRef(allow_null=True)
    count = serializers.IntegerField()
    averages = serializers.ListField(child=serializers.FloatField(allow_null=True), help_text="In the order of groups.")


class TrendPointOut(serializers.Serializer):
    users_average = serializers.FloatField(source="users.average", allow_null=True)
    desk_average = serializers.FloatField(source="desk.average", allow_null=True)


class TrendLineOut(serializers.Serializer):
    title = serializers.CharField()
    points = TrendPointOut(many=True)


class TrendOut(serializers.Serializer):
    surveys = SurveyOut(many=True)
    lines = TrendLineOut(many=True)


class ResultsOut(serializers.Serializer):
    """`hidden` says why nothing of the users is shown: `open` before an anonymous survey is closed, `few` when fewer
    than five have answered it.
    """

    users = serializers.IntegerField()
    desk = serializers.IntegerField()
    hidden = serializers.ChoiceField(choices=[("", "shown"), ("open", "open"), ("few", "few")], allow_blank=True)
    groups = GroupResultOut(many=True)
    departments = DepartmentResultOut(many=True)


class FindingIn(Strict):
    question = serializers.IntegerField(min_value=1, max_value=LARGEST)
    cause = serializers.CharField(max_length=2_000)
    dependence = serializers.ChoiceField(choices=GapFinding.Dependence.choices)
    dependence_words = serializers.CharField(max_length=2_000, required=False, allow_blank=True)


class OneAnswerIn(Strict):
    """One of `mark` (1 to 5), `choice` (its place, from 0) and `words`."""

    question = serializers.IntegerField(min_value=1, max_value=LARGEST)
    mark = serializers.IntegerField(required=False, min_value=1, max_value=5)
    choice = serializers.IntegerField(required=False, min_value=0, max_value=SurveyQuestion.MOST_CHOICES)
    words = serializers.CharField(required=False, allow_blank=True, max_length=SurveyQuestion.MOST_WORDS)

    def validate(self, data):
        given = [name for name in ("mark", "choice", "words") if name in data]
        if len(given) != 1:
            raise serializers.ValidationError(_("Give exactly one of mark, choice and words."))
        return data


class AnswersIn(Strict):
    answers = OneAnswerIn(many=True, max_length=400)


class AskedOut(serializers.Serializer):
    survey = serializers.IntegerField(source="survey_id")
    title = serializers.CharField(source="survey.title")
    intro = serializers.CharField(source="survey.intro")
    is_anonymous = serializers.BooleanField(source="survey.is_anonymous")
    closes_on = serializers.DateField(source="survey.closes_on")
    side = serializers.CharField()
    groups = serializers.SerializerMethodField()

    @extend_schema_field(GroupOut(many=True))
    def get_groups(self, invitation):
        return GroupOut(queries.groups_of(invitation.survey), many=True).data


class SurveyViewSet(View):
    """Surveys. Leads read what they found, administrators make and send them."""

    queryset = Survey.objects.none()
    lookup_value_converter = "int"
    scope = "settings"
    ordering = ("-made_at", "-id")

    def initial(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        writes = request.method != "GET" and self.action != "findings"
        check(request.user, "surveys.change" if writes else "surveys.see")

    @extend_schema(responses=SurveyOut(many=True))
    def list(self, request):
        return self.pages(SurveyOut, queries.visible_surveys(request.user))

    @extend_schema(responses=WholeSurveyOut)
    def retrieve(self, request, pk):
        return self.answer(WholeSurveyOut, queries.get_survey(request.user, pk))

    @extend_schema(request=NewSurveyIn, responses={201: WholeSurveyOut})
    def create(self, request):
        """A draft."""
        given = self.given(NewSurveyIn)
        by = {"by": request.user, "via": "api"}
        template, original, groups = given.pop("template", ""), given.pop("copy_of", None), given.pop("groups", None)
        with transaction.atomic():
            if template:
                survey = actions.from_template(template, **by)
            elif original:
                survey = actions.copy_survey(queries.get_survey(request.user, original), **by)
            else:
                survey = actions.create_survey(**by, **{"title_ja": "", "title_en": ""} | given)
            if template or original:
                actions.change_survey(survey, **by, **given)
            if groups is not None:
                actions.replace_groups(survey, groups, **by)
        return self.answer(WholeSurveyOut, survey, status=201)

    @extend_schema(request=SurveyIn, responses=WholeSurveyOut)
    def partial_update(self, request, pk):
        """Change a draft."""
        survey, given = queries.get_survey(request.user, pk), self.given(SurveyIn)
        groups = given.pop("groups", None)
        with transaction.atomic():
            actions.change_survey(survey, by=request.user, via="api", **given)
            if groups is not None:
                actions.replace_groups(survey, groups, by=request.user, via="api")
        return self.answer(WholeSurveyOut, survey)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk):
        """A draft only."""
        actions.delete_survey(queries.get_survey(request.user, pk), by=request.user, via="api")
        return Answered(status=204)

    @extend_schema(request=None, responses=WholeSurveyOut)
    @action(detail=True, methods=["post"])
    def send(self, request, pk):
        """Fix the wording, draw the sample, and let the invitations leave."""
        survey = queries.get_survey(request.user, pk)
        actions.send_survey(survey, by=request.user, via="api")
        return self.answer(WholeSurveyOut, survey)

    @extend_schema(request=None, responses=WholeSurveyOut)
    @action(detail=True, methods=["post"])
    def close(self, request, pk):
        survey = queries.get_survey(request.user, pk)
        return self.answer(WholeSurveyOut, actions.close_survey(survey, by=request.user, via="api"))

    @extend_schema(responses=ResultsOut)
    @action(detail=True, pagination_class=None)
    def results(self, request, pk):
        """Averages of users and desk, gaps, choices and words."""
        return self.answer(ResultsOut, results_of(queries.get_survey(request.user, pk)))

    @extend_schema(responses=TrendOut)
    @action(detail=True, pagination_class=None)
    def trend(self, request, pk):
        """The averages of each group in all surveys of the series."""
        surveys, lines = trend_of(queries.get_survey(request.user, pk))
        return self.answer(TrendOut, {"surveys": surveys, "lines": lines})

    @extend_schema(request=FindingIn, responses=FindingOut)
    @action(detail=True, methods=["post"])
    def findings(self, request, pk):
        """Say why users and desk judge an item differently. For leads too."""
        check(request.user, "surveys.explain")
        survey, given = queries.get_survey(request.user, pk), self.given(FindingIn)
        question = queries.get_question(survey, given.pop("question"))
        return self.answer(FindingOut, actions.explain_gap(question, by=request.user, via="api", **given))


class MySurveyViewSet(View):
    """The surveys that wait for the caller."""

    queryset = Survey.objects.none()
    lookup_value_converter = "int"
    pagination_class = None

    @extend_schema(responses=AskedOut(many=True))
    def list(self, request):
        return self.answer(AskedOut, queries.surveys_waiting(request.user), many=True)

    @extend_schema(request=AnswersIn, responses={204: None})
    @action(detail=True, methods=["post"], url_path="answer")
    def take(self, request, pk):
        """Answer one, once. Questions that must be answered are; what is left out of the others stays unanswered."""
        invitation, given = queries.my_invitation(request.user, pk), self.given(AnswersIn)
        answers = {one["question"]: one.get("mark", one.get("choice", one.get("words"))) for one in given["answers"]}
        actions.answer_survey(invitation, answers)
        return Answered(status=204)
