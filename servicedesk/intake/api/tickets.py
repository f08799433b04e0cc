"""Handing something over, and making it a record of the other kind."""

import hashlib

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from cmdb.api import ItemField, ServiceField
from servicedesk.people.api.refs import PersonField
from servicedesk.people.models import ApiToken, Language
from servicedesk.people.rules import check
from servicedesk.priorities import api
from servicedesk.tickets.actions.items import MOST_ITEMS
from servicedesk.tickets.api.fields import CategoryField
from servicedesk.tickets.api.merging import COMMENT
from servicedesk.tickets.api.serializers import Files, Text, TicketOut
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Channel, Impact, Urgency
from servicedesk.tickets.queries import bring_people, get_comment
from servicedesk.web.api import Strict

from ..actions import convert_ticket, receive, revive_address, split_off
from ..models import Makes, Original

# How programs of the desk may say that something came in: by themselves, by a phone or chat system, by monitoring.
CHANNELS = [(one.value, one.label) for one in (Channel.API, Channel.PHONE, Channel.CHAT, Channel.ALERT)]


class ReceiveIn(Strict):
    """What somebody hands over. Without impact, urgency and service the usual ones are taken."""

    kind = serializers.ChoiceField(choices=Makes.choices, default=Makes.INCIDENT)
    title = serializers.CharField(max_length=2000, allow_blank=True)
    description = Text(default="")
    service = ServiceField(required=False, allow_null=True)
    category = CategoryField(required=False, allow_null=True)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False, allow_null=True)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False, allow_null=True)
    requester = PersonField(required=False, help_text="Somebody else whom it is for.")
    language = serializers.ChoiceField(choices=Language.choices, required=False)
    is_confidential = serializers.BooleanField(default=False)
    channel = serializers.ChoiceField(
        choices=CHANNELS,
        default=Channel.API,
        help_text="Another one than api: for agents.",
    )
    source = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="System that it came from; else the token's name."
    )
    items = serializers.ListField(
        child=ItemField(), required=False, max_length=MOST_ITEMS, help_text="Asset numbers; for agents."
    )
    files = Files()


class ConvertIn(Strict):
    to = serializers.ChoiceField(choices=Makes.choices)
    reason = Text(default="", help_text="Kept as an internal note of the old record.")


class SplitIn(Strict):
    title = serializers.CharField(max_length=2000, allow_blank=True)
    kind = serializers.ChoiceField(choices=Makes.choices, default=Makes.INCIDENT)


class AddressIn(Strict):
    address = serializers.EmailField(max_length=254)


KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Names this sending. The same key again gives the same ticket instead of a second one.",
)


class TicketViewSet(api.TicketViewSet):
    """Tickets of all kinds. What one process alone does is under `/incidents/` and `/requests/`."""

    @extend_schema(
        request={"application/json": ReceiveIn, "multipart/form-data": ReceiveIn},
        responses={201: TicketOut},
        parameters=[KEY],
        operation_id="tickets_create",
    )
    def create(self, request):
        """Hand something over: it becomes an incident, a request or an enquiry with a number and a priority."""
        given, user = self.given(ReceiveIn), request.user
        if given["channel"] != Channel.API:
            check(user, "tickets.work")
        token = request.auth.name if isinstance(request.auth, ApiToken) else ""
        given["source"] = given.get("source") or token
        given["requester"] = given.get("requester", user)
        key = self._key(request, given)
        ticket = receive(**given, by=user, via="api", key=key)
        # Whoever entered a ticket sees it, and it was read a moment ago: no second look through everybody's eyes.
        bring_people(ticket)
        return self.answer(TicketOut, ticket, status=201)

    @extend_schema(request=ConvertIn, responses={201: TicketOut})
    @action(detail=True, methods=["post"])
    def convert(self, request, number):
        """Make a record of the other kind and cancel this one; the answer is the new one."""
        ticket, given = self.ticket(number, "tickets.convert"), self.given(ConvertIn)
        new = convert_ticket(ticket, given["to"], reason=given["reason"], **self.by_api())
        return self.now(new.number, status=201)

    @extend_schema(request=SplitIn, responses={201: TicketOut}, parameters=[COMMENT])
    @action(detail=True, methods=["post"], url_path="comments/<int:comment>/split", url_name="split-comment")
    def split_comment(self, request, number, comment):
        """Open a ticket with the words and files of a message; the answer is the new one."""
        self.ticket(number, "tickets.merge")
        found, given = get_comment(request.user, number, comment), self.given(SplitIn)
        new = split_off(found, **given, **self.by_api())
        return self.now(new.number, status=201)

    @extend_schema(request=AddressIn, responses=TicketOut)
    @action(detail=True, methods=["post"], url_path="revive-address")
    def revive_address(self, request, number):
        """Say that mail to an address of the requester arrives again."""
        ticket, given = self.ticket(number, "tickets.work"), self.given(AddressIn)
        revive_address(ticket, given["address"], **self.by_api())
        return self.now(ticket.number)

    def _key(self, request, given: dict) -> str:
        """The caller's key as the originals keep it. Refuses a key that stood for something else before."""
        words = request.headers.get("Idempotency-Key", "").strip()
        if not words:
            return ""
        key = f"api {hashlib.sha256(words.encode()).hexdigest()}"[:64]
        known = Original.objects.filter(by=request.user, key=key).first()
        if known is not None:
            same = all(known.data.get(name) == given[name] for name in ("kind", "title", "description"))
            if not (same and known.requester_id == given["requester"].pk):
                raise TicketError(_("This Idempotency-Key was used for something else."), code="key_used")
        return key
