"""What incidents and service requests have in common: the extension's list and page, and the transitions' manners."""

from rest_framework import serializers

from servicedesk.web.api import Strict

from .serializers import Files, Text
from .views import TicketView


class MessageIn(Strict):
    message = Text(default="")
    files = Files()


class NoteIn(Strict):
    note = Text(default="")


class ReasonIn(Strict):
    reason = Text(default="")


class ProcessView(TicketView):
    """A process's records. A transition reads with its In serializer, calls its action and answers with the record."""

    def record(self, number: str):
        """The visible extension with this number, or NotFound."""
        raise NotImplementedError

    def ticket(self, number: str):
        return self.record(number).ticket

    def do(self, number: str, action, serializer: type[serializers.Serializer] = Strict, **named):
        """Run the action on the record with what was given; `named` renames fields of the serializer for the action."""
        record, given = self.record(number), self.given(serializer)
        fields = {named.get(name, name): value for name, value in given.items()}
        action(record, **fields, **self.by_api())
        return self.now(record.ticket.number)
