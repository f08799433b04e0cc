"""Categories by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from servicedesk.people.api.persons import Line
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.web.api import Filters, Strict, View

from ..actions.settings import change_category, create_category
from ..models import Category
from .fields import CategoryField, CategoryRef


class CategoryOut(serializers.Serializer):
    """`label` is in the caller's language."""

    code = serializers.CharField()
    label = serializers.CharField(source="__str__")
    name = serializers.CharField()
    name_en = serializers.CharField()
    parent = CategoryRef(allow_null=True)
    is_active = serializers.BooleanField()


class CategoryIn(Strict):
    code = Line()
    name = Line()
    name_en = Line()
    parent = CategoryField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class CategoryViewSet(View):
    """The tree of categories. Those out of use are for those who set them up."""

    scope = "settings"
    queryset = Category.objects.none()
    lookup_field = "code"
    lookup_value_converter = "path_code"
    ordering = ("name", "id")

    def rows(self):
        rows = Category.objects.select_related("parent")
        return rows if self.request.user.may("settings.change") else rows.filter(is_active=True)

    @extend_schema(responses=CategoryOut(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(CategoryOut, self.rows())

    @extend_schema(responses=CategoryOut)
    def retrieve(self, request, code):
        return self.answer(CategoryOut, get_or_404(self.rows(), code=code))

    @extend_schema(request=CategoryIn, responses={201: CategoryOut})
    def create(self, request):
        check(request.user, "settings.change")
        category = create_category(**self.given(CategoryIn), by=request.user, via="api")
        return self.answer(CategoryOut, category, status=201)

    @extend_schema(request=CategoryIn, responses=CategoryOut)
    def partial_update(self, request, code):
        check(request.user, "settings.change")
        category = get_or_404(self.rows(), code=code)
        change_category(category, **self.given(CategoryIn), by=request.user, via="api")
        return self.answer(CategoryOut, category)
