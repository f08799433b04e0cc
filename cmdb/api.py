"""Services and configuration items by API."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import Named, PersonField, PersonRef, TeamField, TeamRef
from servicedesk.people.queries import get_or_404
from servicedesk.people.rules import check
from servicedesk.web.api import Filters, Strict, View

from .actions import change_item, change_service, create_item, create_service
from .models import Item, ItemKind, ItemState, Service
from .queries import find_items, get_item, items_numbered


class ServiceRef(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(source="__str__")


@extend_schema_field({"type": "string", "description": "Code of a service."})
class ServiceField(Named):
    default_error_messages = {"missing": _("There is no such service: “%(given)s”.")}

    def find(self, given: str) -> Service | None:
        return Service.objects.select_related("team").filter(code=given).first()


class ServiceOut(serializers.Serializer):
    """`label` and `about` are in the caller's language, the others as they were entered."""

    code = serializers.CharField()
    label = serializers.CharField(source="__str__")
    about = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    description = serializers.CharField()
    description_en = serializers.CharField()
    team = TeamRef()
    business_contact = PersonRef(allow_null=True)
    system_contact = PersonRef(allow_null=True)
    default_impact = serializers.IntegerField()
    is_confidential = serializers.BooleanField()
    is_active = serializers.BooleanField()


class ServiceIn(Strict):
    code = Line()
    name = Line()
    name_en = Line()
    description = Line()
    description_en = Line()
    team = TeamField(required=False)
    business_contact = PersonField(required=False, allow_null=True)
    system_contact = PersonField(required=False, allow_null=True)
    default_impact = serializers.IntegerField(required=False, min_value=1, max_value=4)
    is_confidential = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class NewServiceIn(ServiceIn):
    team = TeamField()


class ServiceFilters(Filters):
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class ServiceViewSet(View):
    """Services: what the desk supports, who supports it and whom to ask."""

    scope = "settings"
    queryset = Service.objects.none()
    lookup_field = "code"
    lookup_value_converter = "path_code"
    ordering = ("name", "id")

    def rows(self):
        """Services out of use are for those who set them up."""
        services = Service.objects.select_related("team", "business_contact", "system_contact")
        return services if self.request.user.may("services.change") else services.filter(is_active=True)

    @extend_schema(parameters=[ServiceFilters], responses=ServiceOut(many=True))
    def list(self, request):
        asked, rows = self.asked(ServiceFilters), self.rows()
        if asked["is_active"] is not None:
            rows = rows.filter(is_active=asked["is_active"])
        return self.pages(ServiceOut, rows)

    @extend_schema(responses=ServiceOut)
    def retrieve(self, request, code):
        return self.answer(ServiceOut, get_or_404(self.rows(), code=code))

    @extend_schema(request=NewServiceIn, responses={201: ServiceOut})
    def create(self, request):
        check(request.user, "services.change")
        service = create_service(**self.given(NewServiceIn), by=request.user, via="api")
        return self.answer(ServiceOut, service, status=201)

    @extend_schema(request=ServiceIn, responses=ServiceOut)
    def partial_update(self, request, code):
        """Change a service. Tickets that exist keep their team, priority and secrecy."""
        check(request.user, "services.change")
        service = get_or_404(self.rows(), code=code)
        change_service(service, **self.given(ServiceIn), by=request.user, via="api")
        return self.answer(ServiceOut, service)


class ItemRef(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField()
    name = serializers.CharField()


@extend_schema_field({"type": "string", "description": "Asset number of a configuration item."})
class ItemField(Named):
    default_error_messages = {"missing": _("There is no such item: “%(given)s”.")}

    def find(self, given: str) -> Item | None:
        return items_numbered(self.user, [given]).get(given)


class ItemOut(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ItemKind.choices)
    state = serializers.ChoiceField(choices=ItemState.choices)
    user = PersonRef(allow_null=True)
    serial_number = serializers.CharField()
    place = serializers.CharField()
    note = serializers.CharField()


class ItemIn(Strict):
    number = Line()
    name = Line()
    kind = serializers.ChoiceField(choices=ItemKind.choices, required=False)
    state = serializers.ChoiceField(choices=ItemState.choices, required=False)
    user = PersonField(required=False, allow_null=True)
    serial_number = Line()
    place = Line()
    note = Line()


class NewItemIn(ItemIn):
    number = Line(required=True)
    name = Line(required=True)
    kind = serializers.ChoiceField(choices=ItemKind.choices)


class ItemFilters(Filters):
    q = serializers.CharField(
        required=False,
        default="",
        max_length=200,
        help_text="Words of number, name, serial number, place or user.",
    )
    kind = serializers.ChoiceField(choices=ItemKind.choices, required=False, default="")
    state = serializers.ChoiceField(choices=ItemState.choices, required=False, default="")
    user = PersonField(required=False, help_text="Who uses it.")


class ItemViewSet(View):
    """Configuration items: what the company has and who uses it; for agents."""

    scope = "settings"
    queryset = Item.objects.none()
    lookup_value_converter = "int"
    ordering = ("number",)

    @extend_schema(parameters=[ItemFilters], responses=ItemOut(many=True))
    def list(self, request):
        check(request.user, "items.see")
        asked = self.asked(ItemFilters)
        rows = find_items(request.user, asked["q"], kind=asked["kind"], state=asked["state"])
        if asked.get("user") is not None:
            rows = rows.filter(user=asked["user"])
        return self.pages(ItemOut, rows)

    @extend_schema(responses=ItemOut)
    def retrieve(self, request, pk):
        check(request.user, "items.see")
        return self.answer(ItemOut, get_item(request.user, pk))

    @extend_schema(request=NewItemIn, responses={201: ItemOut})
    def create(self, request):
        check(request.user, "items.change")
        item = create_item(**self.given(NewItemIn), by=request.user, via="api")
        return self.answer(ItemOut, item, status=201)

    @extend_schema(request=ItemIn, responses=ItemOut)
    def partial_update(self, request, pk):
        check(request.user, "items.change")
        item = get_item(request.user, pk)
        change_item(item, **self.given(ItemIn), by=request.user, via="api")
        return self.answer(ItemOut, item)
