"""What the API says about tickets and what it takes, one serializer per action."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from cmdb.api import ItemField, ItemRef, ServiceRef
from servicedesk.people.api.refs import DepartmentRef, PersonField, PersonRef, TeamField, TeamRef
from servicedesk.web.api import Strict

from ..actions.items import MOST_ITEMS
from ..actions.talk import MOST_LETTERS
from ..models import Channel, Comment, Impact, Priority, PriorityReason, TicketLink, Urgency
from ..permissions import works_on
from ..queries import scope_of, visible_tickets
from ..thanks import MOST_LETTERS as MOST_WORD
from ..tiers import MANAGER, NEXT_TIER
from ..workflow import Phase, TicketType
from .fields import CategoryRef


def works(user, ticket) -> bool:
    """`works_on`, answered from what was read once per request, so that a list asks nothing per row."""
    if ticket.is_confidential and user.is_agent and ticket.pk in scope_of(user).shared:
        return True
    if ticket.is_confidential and ticket.assignee_id != user.pk and ticket.team_id not in user.team_ids:
        return False
    return works_on(user, ticket)


class TransitionOut(serializers.Serializer):
    name = serializers.CharField(help_text="POST to /incidents/{number}/<name>/ or /requests/{number}/<name>/.")
    label = serializers.CharField()


class TicketRow(serializers.Serializer):
    """A ticket as a list shows it. `tags`, `items`, `source` and `priority_note` are the desk's own, and empty for
    others.
    """

    number = serializers.CharField()
    type = serializers.ChoiceField(choices=TicketType.choices)
    title = serializers.CharField()
    status = serializers.CharField()
    status_label = serializers.CharField()
    phase = serializers.ChoiceField(choices=Phase.choices)
    impact = serializers.ChoiceField(choices=Impact.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    priority_reason = serializers.ChoiceField(choices=PriorityReason.choices)
    requester = PersonRef()
    assignee = PersonRef(allow_null=True)
    team = TeamRef(allow_null=True)
    service = ServiceRef(allow_null=True)
    category = CategoryRef(allow_null=True)
    channel = serializers.ChoiceField(choices=Channel.choices)
    source = serializers.SerializerMethodField()
    is_confidential = serializers.BooleanField()
    is_major = serializers.BooleanField()
    external_id = serializers.CharField(help_text="Its number in the system from which it was imported.")
    is_open = serializers.BooleanField()
    is_overdue = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    response_due_at = serializers.DateTimeField(allow_null=True)
    first_response_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    tags = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField(help_text="The configuration items that it is about.")
    url = serializers.SerializerMethodField()

    @property
    def user(self):
        return self.context["request"].user

    def get_source(self, ticket) -> str:
        return ticket.source if works(self.user, ticket) else ""

    def get_tags(self, ticket) -> list[str]:
        return sorted(tag.name for tag in ticket.tags.all()) if works(self.user, ticket) else []

    @extend_schema_field(ItemRef(many=True))
    def get_items(self, ticket):
        return ItemRef(ticket.items.all(), many=True).data if works(self.user, ticket) else []

    def get_url(self, ticket) -> str:
        return reverse("api:ticket-detail", [ticket.number], request=self.context["request"])


class TicketOut(TicketRow):
    """A whole ticket. `transitions` are the ways that the caller may take it now."""

    description = serializers.CharField()
    resolution = serializers.CharField()
    language = serializers.CharField()
    entered_by = PersonRef()
    department = DepartmentRef(allow_null=True)
    business_contact = PersonRef(source="service.business_contact", allow_null=True, default=None)
    system_contact = PersonRef(source="service.system_contact", allow_null=True, default=None)
    priority_note = serializers.SerializerMethodField()
    plain_status = serializers.CharField(help_text="The status in the requester's words.")
    reopen_count = serializers.IntegerField()
    closes_at = serializers.DateTimeField(allow_null=True, help_text="When it closes by itself.")
    confirmed_at = serializers.DateTimeField(allow_null=True, help_text="When its requester said that it is solved.")
    snoozed_at = serializers.SerializerMethodField(help_text="Since when it is snoozed; the desk's own.")
    snoozed_until = serializers.SerializerMethodField(help_text="Null while snoozed: until the requester writes.")
    merged_into = serializers.SerializerMethodField(help_text="Where a merged ticket goes on, as far as you see it.")
    is_watched = serializers.SerializerMethodField(help_text="Whether the caller watches it.")
    transitions = serializers.SerializerMethodField()

    def get_priority_note(self, ticket) -> str:
        return ticket.priority_note if works(self.user, ticket) else ""

    def get_snoozed_at(self, ticket) -> datetime | None:
        return ticket.snoozed_at if works(self.user, ticket) else None

    def get_snoozed_until(self, ticket) -> datetime | None:
        return ticket.snoozed_until if works(self.user, ticket) else None

    def get_merged_into(self, ticket) -> str | None:
        if ticket.merged_into_id is None:
            return None
        return visible_tickets(self.user).filter(pk=ticket.merged_into_id).values_list("number", flat=True).first()

    def get_is_watched(self, ticket) -> bool:
        return ticket.watcher_rows.filter(user=self.user).exists()

    @extend_schema_field(TransitionOut(many=True))
    def get_transitions(self, ticket):
        ways = ticket.workflow.leaving(ticket.status)
        return TransitionOut([way for way in ways if self.user.may(way.permission, ticket)], many=True).data


class FileOut(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    is_public = serializers.BooleanField()
    comment = serializers.IntegerField(source="comment_id", allow_null=True)
    created_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_url(self, attachment) -> str:
        number = self.context["ticket"].number
        return reverse("api:ticket-download", [number, attachment.pk], request=self.context["request"])


COMMENT_KINDS = [("reply", _("reply")), ("note", _("internal note"))]


class CommentOut(serializers.Serializer):
    """A public reply or, for those who work on the ticket, an internal note."""

    id = serializers.IntegerField(source="event_id")
    ticket = serializers.SerializerMethodField(help_text="Where it was written: this ticket or one merged into it.")
    kind = serializers.ChoiceField(choices=COMMENT_KINDS)
    author = PersonRef(allow_null=True, help_text="Null: the desk itself wrote it, by a rule.")
    body = serializers.CharField()
    format = serializers.ChoiceField(choices=Comment.Format.choices)
    at = serializers.DateTimeField(source="event.at")
    via = serializers.CharField(source="event.via")
    taken_back_at = serializers.DateTimeField(allow_null=True, help_text="When a reply was undone, before it was sent.")
    attachments = FileOut(many=True)

    def get_ticket(self, comment) -> str:
        return self.context["numbers"][comment.ticket_id]

    def to_representation(self, comment):
        comment.kind = "reply" if comment.is_public else "note"
        return super().to_representation(comment)


# What the data of a public event says to people who do not work on the ticket; causes and the like are the desk's.
FOR_EVERYBODY = frozenset({"from", "to", "channel", "kind", "other", "backward", "user", "team", "said_at"})


class EventOut(serializers.Serializer):
    """One thing that happened. `data` names people by id only; numbers of tickets that the caller may not see are left
    out.
    """

    number = serializers.IntegerField()
    ticket = serializers.SerializerMethodField(help_text="This ticket or one merged into it.")
    verb = serializers.CharField()
    at = serializers.DateTimeField()
    by = PersonRef(allow_null=True, help_text="Nobody: the desk itself.")
    via = serializers.CharField()
    is_public = serializers.BooleanField()
    data = serializers.SerializerMethodField()
    comment = serializers.SerializerMethodField(help_text="The id of the reply or note that it brought.")

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_data(self, event) -> dict[str, object]:
        data = event.data
        if not self.context["works"]:
            data = {name: value for name, value in data.items() if name in FOR_EVERYBODY}
        if "other" in data and data["other"] not in self.context["visible_numbers"]:
            data = {name: value for name, value in data.items() if name != "other"}
        return data

    def get_ticket(self, event) -> str:
        return self.context["numbers"][event.ticket_id]

    def get_comment(self, event) -> int | None:
        comment = getattr(event, "comment", None)
        return event.pk if comment is not None and comment.moved_to_id is None else None


class LinkOut(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=TicketLink.Kind.choices)
    label = serializers.CharField(help_text="What this ticket is to the other one.")
    number = serializers.CharField()
    title = serializers.CharField()
    status = serializers.CharField()


class ShareOut(serializers.Serializer):
    id = serializers.IntegerField()
    person = PersonRef(source="user", allow_null=True)
    team = TeamRef(allow_null=True)
    by = PersonRef()
    at = serializers.DateTimeField()


class WorkTimeOut(serializers.Serializer):
    id = serializers.IntegerField()
    person = PersonRef(source="user")
    minutes = serializers.IntegerField()
    worked_on = serializers.DateField()
    note = serializers.CharField()
    is_closed = serializers.BooleanField(help_text="Its month is closed: it can no longer be corrected.")


class TagsOut(serializers.Serializer):
    tags = serializers.ListField(child=serializers.CharField())


class ItemsOut(serializers.Serializer):
    items = ItemRef(many=True)


# --- What it takes ---------------------------------------------------------------------------------------------------


class Files(serializers.ListField):
    """Files of a multipart body, each under the same name."""

    def __init__(self, **more):
        super().__init__(
            child=serializers.FileField(allow_empty_file=True, max_length=None), required=False, default=list, **more
        )


class Addresses(serializers.ListField):
    """Up to 20 e-mail addresses; what is none the action refuses."""

    def __init__(self, **more):
        super().__init__(
            child=serializers.CharField(max_length=254), required=False, default=list, max_length=20, **more
        )


class EmptyIn(Strict):
    """Nothing to say."""


class Text(serializers.CharField):
    """People's words, up to 200,000 letters; what is empty is for the action to refuse."""

    def __init__(self, **more):
        super().__init__(**{"allow_blank": True, "trim_whitespace": False, "max_length": MOST_LETTERS} | more)


class CommentIn(Strict):
    body = Text(default="")
    internal = serializers.BooleanField(default=False, help_text="An internal note instead of a reply.")
    files = Files()
    cc = Addresses(help_text="E-mail addresses of people who see the ticket and get this and what follows.")
    bcc = Addresses(help_text="E-mail addresses of people who get this one mail.")
    template = serializers.CharField(
        required=False,
        max_length=20,
        help_text="Code of the reply template that it began from; kept while the text still resembles it.",
    )
    seen = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The `number` of the newest event that the writer knew of. A reply is then refused (409, "
        "`overtaken`) when somebody else has said something publicly since.",
    )

    def validate(self, given):
        for name in ("cc", "bcc"):
            if given["internal"] and given[name]:
                raise serializers.ValidationError({name: [_("A note goes out to nobody.")]})
        return given


class AttachIn(Strict):
    files = Files()
    internal = serializers.BooleanField(default=False)


class AssignIn(Strict):
    """A person, a team or both. Without `assignee` nobody has it any more; without `team` it stays where it is."""

    assignee = PersonField(required=False, allow_null=True)
    team = TeamField(required=False)

    def validate(self, given):
        if not given:
            raise serializers.ValidationError({"assignee": [_("Choose a person or a team.")]})
        return given


class EscalateIn(Strict):
    to = serializers.ChoiceField(
        choices=[NEXT_TIER, MANAGER],
        default=NEXT_TIER,
        help_text="The next tier of its team takes it; `manager`: whoever is responsible for the team hears of it.",
    )
    reason = Text(default="")


class DeEscalateIn(Strict):
    team = TeamField(required=False, help_text="Of a lower tier, which had it. Without: who escalated it last.")
    reason = Text(default="")


class ShareIn(Strict):
    person = PersonField(required=False)
    team = TeamField(required=False)


class ThankIn(Strict):
    word = Text(default="", max_length=MOST_WORD, help_text="A short word with it, if one likes.")


class TagsIn(Strict):
    tags = serializers.ListField(child=serializers.CharField(max_length=200), max_length=100)


class ItemsIn(Strict):
    items = serializers.ListField(child=ItemField(), max_length=MOST_ITEMS)


class LinkIn(Strict):
    other = serializers.CharField(max_length=32, help_text="Number of the other ticket.")
    kind = serializers.ChoiceField(choices=TicketLink.Kind.choices, default=TicketLink.Kind.RELATED)


class WorkTimeIn(Strict):
    minutes = serializers.IntegerField(min_value=-1_000_000, max_value=1_000_000)
    worked_on = serializers.DateField(required=False, help_text="Today by default.")
    note = serializers.CharField(allow_blank=True, default="", max_length=2000)


class WorkTimeChangeIn(Strict):
    minutes = serializers.IntegerField(required=False, min_value=-1_000_000, max_value=1_000_000)
    worked_on = serializers.DateField(required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)
