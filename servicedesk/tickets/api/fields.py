"""How other things name categories, and a list of words in an address."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from servicedesk.people.api.refs import Named

from ..models import Category


class CategoryRef(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")


@extend_schema_field({"type": "string", "description": "Code of a category."})
class CategoryField(Named):
    default_error_messages = {"missing": _("There is no such category: “%(given)s”.")}

    def find(self, given: str) -> Category | None:
        return Category.objects.filter(code=given).first()


class Choices(serializers.ListField):
    """One or several of some words: `?phase=new&phase=active` or `?phase=new,active`."""

    def __init__(self, choices, **more):
        super().__init__(child=serializers.ChoiceField(choices=choices), required=False, max_length=20, **more)

    def to_internal_value(self, data):
        parts = [part.strip() for one in data if isinstance(one, str) for part in one.split(",")]
        return super().to_internal_value([part for part in parts if part])
