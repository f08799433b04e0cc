"""Bringing tickets together and apart by the API."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.web.api import Strict

from .. import actions
from ..errors import TicketError
from ..models import Ticket
from ..queries import get_comment
from .serializers import Addresses, CommentOut, EmptyIn, Text, TicketOut

COMMENT = OpenApiParameter("comment", int, OpenApiParameter.PATH)


class OtherIn(Strict):
    other = serializers.CharField(max_length=32, help_text="Number of the other ticket.")


class MergeIn(OtherIn):
    agreed = serializers.BooleanField(
        default=False, help_text="People may read what they could not read before; the refusal names them."
    )
    tell = serializers.BooleanField(default=True, help_text="The requester gets a mail.")


class ForwardIn(Strict):
    to = Addresses(help_text="E-mail addresses.")
    body = Text(default="", help_text="Your words before the message.")


class Merging:
    """Part of `TicketViewSet`."""

    @extend_schema(request=MergeIn, responses=TicketOut)
    @action(detail=True, methods=["post"])
    def merge(self, request, number):
        """Close the ticket because it goes on in another, which the answer is."""
        ticket, given = self.ticket(number, "tickets.merge"), self.given(MergeIn)
        into = self._other(given)
        actions.merge(ticket, into, agreed=given["agreed"], tell=given["tell"], **self.by_api())
        return self.now(into.number)

    @extend_schema(request=EmptyIn, responses=TicketOut)
    @action(detail=True, methods=["post"])
    def unmerge(self, request, number):
        """Undo a merge: the ticket is what it was before."""
        ticket, _given = self.ticket(number, "tickets.merge"), self.given(EmptyIn)
        actions.unmerge(ticket, **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=OtherIn, responses=CommentOut, parameters=[COMMENT])
    @action(detail=True, methods=["post"], url_path="comments/<int:comment>/move", url_name="move-comment")
    def move_comment(self, request, number, comment):
        """Move a reply or note with its files to another ticket; the answer is the message there."""
        self.ticket(number, "tickets.merge")
        found, given = get_comment(request.user, number, comment), self.given(OtherIn)
        self._ticket = self._other(given)
        return self.answer(CommentOut, actions.move_message(found, self._ticket, **self.by_api()))

    @extend_schema(request=ForwardIn, responses={201: CommentOut}, parameters=[COMMENT])
    @action(detail=True, methods=["post"], url_path="comments/<int:comment>/forward", url_name="forward-comment")
    def forward_comment(self, request, number, comment):
        """Send a reply, a note, or with 0 the description to people who do not see the ticket. Answers come back as
        internal notes.
        """
        self._ticket = self.ticket(number, "tickets.forward")
        found = get_comment(request.user, number, comment) if comment else None
        given = self.given(ForwardIn)
        return self.answer(CommentOut, actions.forward(self._ticket, found, **given, **self.by_api()), status=201)

    def _other(self, given: dict) -> Ticket:
        other = self.tickets().filter(number=given["other"].strip().upper()).first()
        if other is None:
            raise TicketError(_("There is no such ticket."), field="other")
        return other
