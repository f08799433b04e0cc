"""Outgoing mails by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.people.api.refs import PersonRef
from servicedesk.people.rules import check
from servicedesk.tickets.api.fields import Choices
from servicedesk.tickets.api.serializers import EmptyIn
from servicedesk.web.api import Filters, View

from .actions import resend_mail
from .models import OutgoingMail
from .queries import get_outgoing, visible_outgoing


class OutgoingMailRow(serializers.Serializer):
    id = serializers.IntegerField()
    ticket = serializers.CharField(source="ticket.number")
    kind = serializers.ChoiceField(choices=OutgoingMail.Kind.choices)
    to = PersonRef(source="to_user")
    to_address = serializers.CharField()
    subject = serializers.CharField()
    created_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=OutgoingMail.State.choices)
    attempts = serializers.IntegerField()
    error = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)


class OutgoingMailOut(OutgoingMailRow):
    text = serializers.CharField()


class OutgoingMailFilters(Filters):
    state = Choices(OutgoingMail.State.choices)
    kind = Choices(OutgoingMail.Kind.choices)


class OutgoingMailViewSet(View):
    """What the desk sent or is about to send, for those who work on the tickets and for administrators."""

    queryset = OutgoingMail.objects.none()
    lookup_value_converter = "int"
    ordering = ("-created_at", "-id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "mails.sent")

    @extend_schema(parameters=[OutgoingMailFilters], responses=OutgoingMailRow(many=True))
    def list(self, request):
        asked = self.asked(OutgoingMailFilters)
        chosen = {f"{name}__in": asked[name] for name in ("state", "kind") if asked.get(name)}
        return self.pages(OutgoingMailRow, visible_outgoing(request.user).filter(**chosen))

    @extend_schema(responses=OutgoingMailOut)
    def retrieve(self, request, pk):
        return self.answer(OutgoingMailOut, get_outgoing(request.user, pk))

    @extend_schema(request=EmptyIn, responses=OutgoingMailOut)
    @action(detail=True, methods=["post"])
    def resend(self, request, pk):
        """Send one that failed, or waits for its next try, now."""
        mail, _given = get_outgoing(request.user, pk), self.given(EmptyIn)
        return self.answer(OutgoingMailOut, resend_mail(mail, by=request.user, via="api"))
