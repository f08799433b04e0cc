"""What incidents and service requests have in common: the extension's list and page, and the transitions' manners."""

from rest_framework import serializers

from servicedesk.people.rules import check
from servicedesk.web.api import Strict

from ..errors import TooLate
from .serializers import Files, Text
from .views import TicketView


class MessageIn(Strict):
    message = Text(default="")
    files = Files()


class UntilIn(Strict):
    agreed_on = serializers.DateField()
    note = Text(default="", help_text="What was agreed; internal.")


class NoteIn(Strict):
    note = Text(default="")


class ReasonIn(Strict):
    reason = Text(default="")


class ProcessView(TicketView):
    """A process's records. A transition reads with its In serializer, calls its action and answers with the record."""

    def record(self, number: str):
        """The visible extension with this number, or NotFound."""
        raise NotImplementedError

    def ticket(self, number: str, permission: str = ""):
        ticket = self.record(number).ticket
        if permission:
            check(self.request.user, permission, ticket)
        return ticket

    def permission(self, ticket) -> str:
        """That of the transition whose name the address has; `change` is no transition."""
        return "tickets.change" if self.action == "change" else ticket.workflow.transition(self.action).permission

    def do(self, number: str, action, serializer: type[serializers.Serializer] = Strict, **named):
        """Run the action on the record with what was given; `named` renames fields of the serializer for the action."""
        record = self.record(number)
        check(self.request.user, self.permission(record.ticket), record.ticket)
        given = self.given(serializer)
        fields = {named.get(name, name): value for name, value in given.items()}
        try:
            action(record, **fields, **self.by_api())
        except TooLate as late:
            return self.anew(late)
        return self.now(record.ticket.number)
