"""Reply templates by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import PersonField, PersonRef, TeamField, TeamRef
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.web.api import Filters, Strict, View

from .models import ReplyTemplate
from .queries import visible_templates
from .templates import change_template, create_template


class TemplateOut(serializers.Serializer):
    """A text for replies and notes with `{variables}`; `team` null: for all agents."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    code = serializers.CharField()
    team = TeamRef(allow_null=True)
    owner = PersonRef(allow_null=True)
    body_ja = serializers.CharField()
    body_en = serializers.CharField()
    is_active = serializers.BooleanField()


class TemplateIn(Strict):
    name = Line(max_length=80)
    code = Line(max_length=20)
    team = TeamField(required=False, allow_null=True)
    owner = PersonField(required=False, allow_null=True)
    body_ja = serializers.CharField(required=False, allow_blank=True, max_length=5_000)
    body_en = serializers.CharField(required=False, allow_blank=True, max_length=5_000)
    is_active = serializers.BooleanField(required=False)


class NewTemplateIn(TemplateIn):
    name = Line(max_length=80, required=True)
    code = Line(max_length=20, required=True)


class TemplateViewSet(View):
    """Reply templates for all agents and of the caller's teams. Administrators change all, leads
    those of their team.
    """

    queryset = ReplyTemplate.objects.none()
    lookup_value_converter = "int"
    ordering = ("name", "id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "templates.see")

    @extend_schema(responses=TemplateOut(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(TemplateOut, visible_templates(request.user).order_by("name", "id"))

    @extend_schema(responses=TemplateOut)
    def retrieve(self, request, pk):
        return self.answer(TemplateOut, get_or_404(visible_templates(request.user), pk=pk))

    @extend_schema(request=NewTemplateIn, responses={201: TemplateOut})
    def create(self, request):
        check(request.user, "templates.change")
        template = create_template(**self.given(NewTemplateIn), by=request.user, via="api")
        return self.answer(TemplateOut, template, status=201)

    @extend_schema(request=TemplateIn, responses=TemplateOut)
    def partial_update(self, request, pk):
        template = get_or_404(visible_templates(request.user), pk=pk)
        check(request.user, "templates.change", template)
        change_template(template, **self.given(TemplateIn), by=request.user, via="api")
        return self.answer(TemplateOut, template)
