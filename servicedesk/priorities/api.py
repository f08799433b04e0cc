"""The priority of a ticket and the matrix by API."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from cmdb.api import ServiceField, ServiceRef
from servicedesk.people.api.refs import PersonField
from servicedesk.people.rules import check
from servicedesk.tickets.actions.talk import MOST_LETTERS
from servicedesk.tickets.api import views
from servicedesk.tickets.api.fields import CategoryField
from servicedesk.tickets.api.serializers import Text, TicketOut, TicketRow
from servicedesk.tickets.models import Impact, Priority, Urgency
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.errors import Refused
from servicedesk.web.text import check_one_line

from .actions import change_ticket, override_priority, save_grid
from .queries import effective_grid, grid, services_with_grid, would_change


class ChangeIn(Strict):
    """Any of the fields; what is not named stays. The priority follows unless it was set by hand."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200, validators=[check_one_line])
    description = Text(required=False, max_length=MOST_LETTERS)
    requester = PersonField(required=False)
    service = ServiceField(required=False, allow_null=True)
    category = CategoryField(required=False, allow_null=True)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    is_confidential = serializers.BooleanField(required=False)


class PriorityIn(Strict):
    """A priority by hand with its reason, or null to give it back to the matrix."""

    priority = serializers.ChoiceField(choices=Priority.choices, allow_null=True)
    note = Text(default="", max_length=300)


class TicketViewSet(views.TicketViewSet):
    """The verbs of all tickets that have to do with priority."""

    @extend_schema(request=ChangeIn, responses={200: TicketOut, 204: views.NO_LONGER_YOURS})
    @action(detail=True, methods=["post"])
    def change(self, request, number):
        """Change fields of a ticket. Only what is named changes."""
        ticket, given = self.ticket(number, "tickets.change"), self.given(ChangeIn)
        change_ticket(ticket, **given, **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=PriorityIn, responses=TicketOut)
    @action(detail=True, methods=["post"])
    def priority(self, request, number):
        """Set the priority by hand, or give it back to the matrix."""
        ticket, given = self.ticket(number, "priorities.override"), self.given(PriorityIn)
        override_priority(ticket, priority=given["priority"], note=given["note"], **self.by_api())
        return self.now(ticket.number)


class CellOut(serializers.Serializer):
    impact = serializers.ChoiceField(choices=Impact.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    is_own = serializers.BooleanField(help_text="Stated in this grid; otherwise the desk's cell holds.")


class GridOut(serializers.Serializer):
    """All 16 cells as they hold, for the desk (`service` null) or for a service."""

    service = ServiceRef(allow_null=True)
    cells = CellOut(many=True)


class MatrixOut(GridOut):
    overrides = ServiceRef(many=True, help_text="Services with cells of their own.")


class CellIn(Strict):
    impact = serializers.ChoiceField(choices=Impact.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)


class GridIn(Strict):
    """The desk's grid has all 16 cells; a service's any, and with none the override is gone."""

    cells = CellIn(many=True)

    def validate_cells(self, cells):
        if len({(cell["impact"], cell["urgency"]) for cell in cells}) != len(cells):
            raise serializers.ValidationError(_("A cell is there twice."))
        return cells


class ServiceQuery(Filters):
    service = ServiceField(required=False)


class GridQuery(ServiceQuery):
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Only say which open tickets would change."
    )


class ChangedTicket(serializers.Serializer):
    ticket = TicketRow()
    new_priority = serializers.ChoiceField(choices=Priority.choices)


class GridChangeOut(serializers.Serializer):
    """`changed` counts the tickets that changed; a dry run lists up to 1,000 that would and that the caller may see."""

    dry_run = serializers.BooleanField()
    changed = serializers.IntegerField()
    tickets = ChangedTicket(many=True)


class MatrixViewSet(View):
    """The priority matrix of the desk, and with `?service=` that of a service."""

    scope = "settings"
    pagination_class = None

    @extend_schema(parameters=[ServiceQuery], responses=MatrixOut, operation_id="priority_matrix_retrieve")
    def list(self, request):
        """The grid as it holds. For everybody who works on tickets."""
        if not (request.user.may("tickets.work") or request.user.may("settings.change")):
            check(request.user, "settings.change")
        service = self.asked(ServiceQuery).get("service")
        own = grid(service)
        cells = [
            {"impact": impact, "urgency": urgency, "priority": priority, "is_own": (impact, urgency) in own}
            for (impact, urgency), priority in sorted(effective_grid(service).items())
        ]
        return self.answer(MatrixOut, {"service": service, "cells": cells, "overrides": services_with_grid()})

    @extend_schema(
        parameters=[GridQuery], request=GridIn, responses=GridChangeOut, operation_id="priority_matrix_update"
    )
    def update(self, request):
        """Make this the grid; the open tickets that it decides get their new priority."""
        check(request.user, "settings.change")
        asked = self.asked(GridQuery)
        cells = {(cell["impact"], cell["urgency"]): cell["priority"] for cell in self.given(GridIn)["cells"]}
        service = asked.get("service")
        if asked["dry_run"]:
            if service is None and len(cells) != 16:
                raise Refused(_("The matrix of the desk needs a priority in every cell."), field="grid")
            preview = would_change(request.user, service, cells, most=1000)
            found = [{"ticket": ticket, "new_priority": new} for ticket, new in preview.rows]
            return self.answer(GridChangeOut, {"dry_run": True, "changed": preview.count, "tickets": found})
        changed = save_grid(service, cells, by=request.user, via="api")
        return self.answer(GridChangeOut, {"dry_run": False, "changed": changed, "tickets": []})
