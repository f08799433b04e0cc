"""Outgoing mails by API."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from servicedesk.intake.actions import revive_dead_address
from servicedesk.intake.models import DeadAddress
from servicedesk.people.api.refs import PersonRef, TeamField, TeamRef
from servicedesk.people.models import Language
from servicedesk.people.rules import check
from servicedesk.tickets.api.fields import Choices
from servicedesk.tickets.api.serializers import EmptyIn, Text
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.errors import NotFound

from .actions import resend_mail, reset_mail_text, save_mail_text
from .built_in import BUILT_IN
from .examples import example
from .models import MailText, OutgoingMail
from .queries import dead_with, get_dead_address, get_outgoing, unreached, visible_outgoing, written_texts
from .texts import MOST_LETTERS, TEXTS, check_text


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


class DeadAddressOut(serializers.Serializer):
    """An address that mail does not reach. `tickets` are the open ones of its person that the caller sees."""

    id = serializers.IntegerField(source="dead.pk")
    address = serializers.CharField(source="dead.address")
    reason = serializers.CharField(source="dead.reason", help_text="What the other server said.")
    since_at = serializers.DateTimeField(source="dead.since_at")
    person = PersonRef(allow_null=True)
    tickets = serializers.SerializerMethodField()
    held = serializers.IntegerField(help_text="How many mails wait until it works again.")

    def get_tickets(self, row) -> list[str]:
        return [ticket.number for ticket in row.tickets]


class DeadAddressFilters(Filters):
    words = serializers.CharField(
        required=False, max_length=320, help_text="Words in the address, or in what its person is called."
    )


class DeadAddressViewSet(View):
    """Addresses that mail does not reach, as bounces of our own mail said. For those who may read mail."""

    queryset = DeadAddress.objects.none()
    lookup_value_converter = "int"
    ordering = ("-since_at", "-id")

    @extend_schema(parameters=[DeadAddressFilters], responses=DeadAddressOut(many=True))
    def list(self, request):
        check(request.user, "mails.read")
        rows = dead_with(request.user, self.asked(DeadAddressFilters).get("words", ""))
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(DeadAddressOut(unreached(request.user, page), many=True).data)

    @extend_schema(request=EmptyIn, responses={204: None})
    @action(detail=True, methods=["post"])
    def revive(self, request, pk):
        """Say that mail arrives there again; what waited leaves. For administrators; agents do so on a ticket."""
        check(request.user, "settings.change")
        dead, _given = get_dead_address(pk), self.given(EmptyIn)
        revive_dead_address(dead, by=request.user, via="api")
        return Response(status=204)


class MailTextOut(serializers.Serializer):
    """A text of our mails as it holds in a language, of a team its signature."""

    key = serializers.ChoiceField(choices=list(TEXTS))
    language = serializers.ChoiceField(choices=Language.choices)
    team = TeamRef(allow_null=True)
    body = serializers.CharField()
    is_built_in = serializers.BooleanField(help_text="Nobody has written it anew.")
    variables = serializers.ListField(child=serializers.CharField())
    changed_at = serializers.DateTimeField(allow_null=True)
    changed_by = PersonRef(allow_null=True)


class WhichText(Strict):
    key = serializers.ChoiceField(choices=list(TEXTS))
    language = serializers.ChoiceField(choices=Language.choices)
    team = TeamField(required=False, allow_null=True, default=None, help_text="For a signature of its own.")


class MailTextIn(WhichText):
    body = Text(default="", max_length=MOST_LETTERS)


class PreviewIn(MailTextIn):
    ticket = serializers.CharField(
        required=False, allow_blank=True, max_length=40, default="",
        help_text="Number of a ticket of the caller, whose values it gets; without one those of an example.",
    )  # fmt: skip


class LooksOut(serializers.Serializer):
    text = serializers.CharField()
    html = serializers.CharField()


class MailTextViewSet(View):
    """Texts of our mails in both languages, with the variables that each may have."""

    queryset = MailText.objects.none()
    serializer_class = MailTextOut
    pagination_class = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "settings.change")

    @extend_schema(responses=MailTextOut(many=True), filters=False)
    def list(self, request):
        """Every text of the desk, then signatures of teams."""
        self.asked(Filters)
        written = written_texts()
        rows = [_text(key, language, None, written) for key in TEXTS for language in Language]
        rows += [_text(*of, written) for of in sorted(written, key=str) if of[2] is not None]
        return self.answer(MailTextOut, rows, many=True)

    @extend_schema(request=MailTextIn, responses=MailTextOut)
    @action(detail=False, methods=["post"])
    def change(self, request):
        """Write a text anew."""
        given = self.given(MailTextIn)
        save_mail_text(**given, by=request.user, via="api")
        return self.now(given)

    @extend_schema(request=WhichText, responses=MailTextOut)
    @action(detail=False, methods=["post"])
    def reset(self, request):
        """Go back to the built-in text, of a team to the signature of the desk."""
        given = self.given(WhichText)
        reset_mail_text(**given, by=request.user, via="api")
        return self.now(given)

    @extend_schema(request=PreviewIn, responses=LooksOut)
    @action(detail=False, methods=["post"])
    def preview(self, request):
        """How a text looks with the values of a ticket, or of an example. Nothing is kept."""
        given = self.given(PreviewIn)
        check_text(given["key"], given["body"])
        ticket, team = None, given["team"].pk if given["team"] else None
        if given["ticket"]:
            try:
                ticket = get_ticket(request.user, given["ticket"])
            except NotFound:
                raise serializers.ValidationError({"ticket": [_("There is no such ticket.")]}) from None
        text, html = example(given["key"], given["language"], team, given["body"], ticket=ticket, reader=request.user)
        return self.answer(LooksOut, {"text": text, "html": html})

    def now(self, given):
        team = given["team"]
        return self.answer(
            MailTextOut, _text(given["key"], given["language"], team.pk if team else None, written_texts())
        )


def _text(key: str, language: str, team_id: int | None, written: dict) -> dict:
    row = written.get((key, language, team_id))
    desk = written.get((key, language, None))
    return {
        "key": key,
        "language": language,
        "team": row.team if row else None,
        "body": (row or desk).body if row or desk else BUILT_IN[key][language],
        "is_built_in": row is None,
        "variables": TEXTS[key].variables,
        "changed_at": row.changed_at if row else None,
        "changed_by": row.changed_by if row else None,
    }
