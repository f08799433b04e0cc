"""Categories by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from servicedesk.web.api import Filters, View

from ..models import Category
from ..queries import categories
from .fields import CategoryRef


class CategoryOut(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")
    parent = CategoryRef(allow_null=True)
    is_active = serializers.BooleanField()


class CategoryViewSet(View):
    """The tree of categories."""

    scope = "settings"
    queryset = Category.objects.none()
    ordering = ("name", "id")

    @extend_schema(responses=CategoryOut(many=True))
    def list(self, request):
        """Those in use."""
        self.asked(Filters)
        return self.pages(CategoryOut, categories())
