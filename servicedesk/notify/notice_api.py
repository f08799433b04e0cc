"""Notices, and how one hears of things, by API: the caller's own."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from servicedesk.people.api.refs import LARGEST_ID
from servicedesk.tickets.api.fields import Choices
from servicedesk.web.api import Filters, Strict, View

from .devices import remove_device
from .models import NoticeSettings, Notification, PushDevice, Way
from .notices import mark_read, save_notice_settings
from .queries import devices_of, get_device, notice_settings, visible_notices
from .words import lines_for


class NotificationOut(serializers.Serializer):
    """That something happened; `sentence` says what, `ticket` to which ticket, null for a mail to look at."""

    id = serializers.IntegerField(source="notice.pk")
    kind = serializers.ChoiceField(source="notice.kind", choices=Notification.Kind.choices)
    ticket = serializers.SerializerMethodField()
    title = serializers.CharField(help_text="Of the ticket; of a mail the name of its mailbox.")
    sentence = serializers.CharField()
    page = serializers.CharField(source="address", help_text="Where a person reads more.")
    created_at = serializers.DateTimeField(source="notice.created_at")
    read_at = serializers.DateTimeField(source="notice.read_at", allow_null=True)

    def get_ticket(self, line) -> str | None:
        return line.number or None


class NotificationFilters(Filters):
    unread = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="True: what is unread. False: what has been read."
    )
    kind = Choices(Notification.Kind.choices)


class ReadIn(Strict):
    """One of both, or nothing for all."""

    ticket = serializers.CharField(required=False, max_length=40, help_text="Number: the notices of this ticket.")
    up_to = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, help_text="Id: this notice and all that were made before it."
    )


class ReadOut(serializers.Serializer):
    read = serializers.IntegerField(help_text="How many were unread.")


class NotificationViewSet(View):
    """What the caller is told of the tickets that they see."""

    queryset = Notification.objects.none()
    ordering = ("-created_at", "-id")

    @extend_schema(parameters=[NotificationFilters], responses=NotificationOut(many=True))
    def list(self, request):
        """Newest first."""
        asked, rows = self.asked(NotificationFilters), visible_notices(request.user)
        if asked["unread"] is not None:
            rows = rows.filter(read_at__isnull=asked["unread"])
        if asked.get("kind"):
            rows = rows.filter(kind__in=asked["kind"])
        lines = lines_for(request.user, self.paginate_queryset(rows))
        return self.get_paginated_response(NotificationOut(lines, many=True).data)

    @extend_schema(request=ReadIn, responses=ReadOut)
    @action(detail=False, methods=["post"])
    def read(self, request):
        """Mark notices as read."""
        given = self.given(ReadIn)
        count = mark_read(request.user, number=given.get("ticket", ""), newest=given.get("up_to"))
        return self.answer(ReadOut, {"read": count})


class NoticeSettingsOut(serializers.Serializer):
    """`ways` has every kind that the caller can hear of; `choices` what each may be set to; `pushed` which come to the
    caller's devices. Quiet hours begin on `quiet_days`, 0 is Monday, in the caller's time zone.
    """

    ways = serializers.DictField(child=serializers.ChoiceField(choices=Way.choices))
    choices = serializers.DictField(child=serializers.ListField(child=serializers.ChoiceField(choices=Way.choices)))
    pushed = serializers.DictField(child=serializers.BooleanField())
    digest_hour = serializers.IntegerField()
    quiet_from = serializers.TimeField(format="%H:%M", allow_null=True)
    quiet_until = serializers.TimeField(format="%H:%M", allow_null=True)
    quiet_days = serializers.ListField(child=serializers.IntegerField())
    urgent_at_once = serializers.BooleanField()


class NoticeSettingsIn(Strict):
    """What is not named stays; a kind that `ways` or `pushed` does not name comes as usual."""

    ways = serializers.DictField(child=serializers.ChoiceField(choices=Way.choices), required=False)
    pushed = serializers.DictField(child=serializers.BooleanField(), required=False)
    digest_hour = serializers.IntegerField(min_value=0, max_value=23, required=False)
    quiet_from = serializers.TimeField(format="%H:%M", allow_null=True, required=False)
    quiet_until = serializers.TimeField(format="%H:%M", allow_null=True, required=False)
    quiet_days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), required=False, max_length=7
    )
    urgent_at_once = serializers.BooleanField(required=False)


class NoticeSettingsViewSet(View):
    """How the caller hears of things."""

    scope = "settings"
    pagination_class = None

    @extend_schema(responses=NoticeSettingsOut, operation_id="notification_preferences_retrieve")
    def retrieve(self, request):
        return self.now(request.user)

    @extend_schema(
        request=NoticeSettingsIn, responses=NoticeSettingsOut, operation_id="notification_preferences_update"
    )
    def update(self, request):
        me, given = request.user, self.given(NoticeSettingsIn)
        own = notice_settings([me])[me.pk]
        kept = {name: getattr(own, name) for name in NoticeSettingsIn().fields}
        kinds = NoticeSettings.kinds_for(me)
        for name in ("ways", "pushed"):
            kept[name] = {kind: chosen for kind, chosen in kept[name].items() if kind in kinds}
        save_notice_settings(me, **(kept | given), by=me, via="api")
        return self.now(me)

    def now(self, me):
        own, kinds = notice_settings([me])[me.pk], NoticeSettings.kinds_for(me)
        said = {name: getattr(own, name) for name in NoticeSettingsIn().fields}
        said["ways"] = {kind: own.way(kind) for kind in kinds}
        said["pushed"] = {kind: own.pushes(kind) for kind in kinds}
        return self.answer(NoticeSettingsOut, said | {"choices": {kind: own.ways_for(kind) for kind in kinds}})


class DeviceOut(serializers.Serializer):
    """A browser to which notices are pushed."""

    id = serializers.IntegerField(source="pk")
    browser = serializers.CharField(help_text="As it names itself.")
    created_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True, help_text="When it was last told of something.")
    failures = serializers.IntegerField(help_text="How often in a row it could not be reached.")


class DeviceViewSet(View):
    """The caller's devices. Only a browser can allow one, for as long as its sign-in lasts."""

    ordering = ("created_at", "id")
    queryset = PushDevice.objects.none()
    lookup_value_converter = "int"

    @extend_schema(responses=DeviceOut(many=True))
    def list(self, request):
        """Oldest first."""
        devices = self.paginate_queryset(devices_of(request.user))
        return self.get_paginated_response(DeviceOut(devices, many=True).data)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk):
        """Tell the caller by this browser no more."""
        remove_device(get_device(request.user, pk), by=request.user, via="api")
        return Response(status=204)
