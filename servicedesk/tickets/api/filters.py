"""What a list of tickets can be narrowed by: the words of the queue's filters, from the address."""

from django.db.models import QuerySet
from rest_framework import serializers

from cmdb.api import ItemField, ServiceField
from servicedesk.people.api.refs import PersonField, TeamField
from servicedesk.web.api import Filters
from servicedesk.web.text import normalise

from ..models import OPEN, Channel, Impact, Priority, Ticket, Urgency
from ..queries import about_item, worked_on_by
from ..workflow import Phase, TicketType, all_statuses
from .fields import CategoryField, Choices

ORDERS = {
    "newest": ("-created_at", "-id"),
    "oldest": ("created_at", "id"),
    "changed": ("-updated_at", "-id"),
    "priority": ("priority", "created_at", "id"),
    "due": ("due_at", "id"),
}


class _Or:
    """Adds a word such as `none` to a field that names something."""

    words: tuple[str, ...] = ()

    def to_internal_value(self, data):
        return data if data in self.words else super().to_internal_value(data)


class AssigneeField(_Or, PersonField):
    words = ("none",)


class FilterTeamField(_Or, TeamField):
    words = ("none", "mine")


class TicketFilters(Filters):
    """All of them together must hold; several values of one are alternatives."""

    type = Choices(TicketType.choices)
    status = Choices([(name, label) for name, label in all_statuses().items()])
    phase = Choices(Phase.choices)
    priority = Choices(Priority.choices)
    impact = Choices(Impact.choices)
    urgency = Choices(Urgency.choices)
    channel = Choices(Channel.choices)
    team = FilterTeamField(required=False, help_text="Code of a team, `mine` (any of my teams) or `none`.")
    assignee = AssigneeField(required=False, help_text="Id or e-mail address, `me` or `none`.")
    requester = PersonField(required=False, help_text="Id or e-mail address, or `me`.")
    service = ServiceField(required=False)
    category = CategoryField(required=False)
    tag = serializers.CharField(required=False, max_length=40, help_text="For agents, of tickets they work on.")
    item = ItemField(required=False, help_text="Asset number; for agents, of tickets they work on.")
    open = serializers.BooleanField(required=False, allow_null=True, default=None)
    is_major = serializers.BooleanField(required=False, allow_null=True, default=None)
    created_since = serializers.DateTimeField(required=False)
    created_until = serializers.DateTimeField(required=False)
    updated_since = serializers.DateTimeField(required=False)
    order = serializers.ChoiceField(choices=list(ORDERS), default="newest")


def narrow(tickets: QuerySet[Ticket], user, asked: dict) -> QuerySet[Ticket]:
    """Those of the tickets that the filters (validated by `TicketFilters`) leave."""
    for name in ("type", "status", "phase", "priority", "impact", "urgency", "channel"):
        if asked.get(name):
            tickets = tickets.filter(**{f"{name}__in": asked[name]})
    for name in ("requester", "service", "category"):
        if name in asked:
            tickets = tickets.filter(**{name: asked[name]})
    if "team" in asked:
        if asked["team"] == "mine":
            tickets = tickets.filter(team__in=user.team_ids)
        else:
            tickets = tickets.filter(team=None if asked["team"] == "none" else asked["team"])
    if "assignee" in asked:
        tickets = tickets.filter(assignee=None if asked["assignee"] == "none" else asked["assignee"])
    if "tag" in asked:
        # Tags are the desk's words; a requester must not learn by filtering what they are not shown.
        tickets = tickets.filter(worked_on_by(user), tags__name=normalise(asked["tag"]))
    if "item" in asked:
        tickets = tickets.filter(worked_on_by(user), about_item(asked["item"]))
    if asked["open"] is not None:
        tickets = tickets.filter(OPEN if asked["open"] else ~OPEN)
    if asked["is_major"] is not None:
        tickets = tickets.filter(is_major=asked["is_major"])
    for name, lookup in (
        ("created_since", "created_at__gte"),
        ("created_until", "created_at__lt"),
        ("updated_since", "updated_at__gte"),
    ):
        if name in asked:
            tickets = tickets.filter(**{lookup: asked[name]})
    return tickets
