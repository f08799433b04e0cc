"""What the API says of a major incident, and what it takes."""

from rest_framework import serializers

from cmdb.api import ServiceField, ServiceRef
from servicedesk.people.api.refs import PersonField, PersonRef
from servicedesk.tickets.api.serializers import Text
from servicedesk.web.api import Strict

from ..api_fields import CauseCodeField
from .models import ForceMember, MajorIncident, MajorUpdate
from .queries import people_hit, services_of

STATES = [("none", "none"), ("running", "running"), ("ended", "ended"), ("retracted", "retracted")]


class HitService(serializers.Serializer):
    service = ServiceRef()
    people_hit = serializers.IntegerField(allow_null=True)


class MajorOut(serializers.Serializer):
    """What is known of a major incident. `state` is none where the incident was never declared one; `people_known` are
    those who reported it or want to be kept informed.
    """

    state = serializers.ChoiceField(choices=STATES)
    public_title = serializers.CharField(allow_null=True)
    public_title_en = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    declared_at = serializers.DateTimeField(allow_null=True)
    declared_by = PersonRef(allow_null=True)
    outage_from = serializers.DateTimeField(allow_null=True)
    outage_until = serializers.DateTimeField(allow_null=True)
    people_hit = serializers.IntegerField(allow_null=True)
    people_known = serializers.IntegerField(allow_null=True)
    services = HitService(many=True)
    update_minutes = serializers.IntegerField(allow_null=True)
    next_update_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, major: MajorIncident | None):
        if major is None:
            return dict.fromkeys(self.fields) | {"state": "none", "services": []}
        services = services_of(major)
        hit = people_hit(major, services)
        major.state = "running" if major.is_running else "retracted" if major.retracted_at else "ended"
        major.people_known, major.people_hit = hit.known, hit.estimated
        body = {
            name: field.to_representation(value) if (value := getattr(major, name)) is not None else None
            for name, field in self.fields.items()
            if name != "services"
        }
        return body | {"services": HitService(services, many=True).data}


class HitServiceIn(Strict):
    service = ServiceField()
    people_hit = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_000_000)


class _Known(Strict):
    public_title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    public_title_en = serializers.CharField(required=False, allow_blank=True, max_length=200)
    outage_from = serializers.DateTimeField(required=False)
    people_hit = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10_000_000)
    update_minutes = serializers.IntegerField(required=False, min_value=5, max_value=1440)


class DeclareIn(_Known):
    reason = Text(default="")
    services = serializers.ListField(child=ServiceField(), required=False, max_length=100)
    text_ja = Text(default="", max_length=5_000, help_text="First update to all readers; may stay empty.")
    text_en = Text(default="", max_length=5_000)


class ChangeMajorIn(_Known):
    outage_until = serializers.DateTimeField(required=False, allow_null=True)
    services = HitServiceIn(many=True, required=False)


class EndMajorIn(Strict):
    outage_until = serializers.DateTimeField(required=False, allow_null=True)


class WhyIn(Strict):
    reason = Text(default="", max_length=2_000)


class UpdateOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=MajorUpdate.Kind.choices)
    text = serializers.CharField(help_text="In the caller's language, else in the other.")
    text_ja = serializers.CharField()
    text_en = serializers.CharField()
    by = PersonRef()
    at = serializers.DateTimeField()


class UpdateIn(Strict):
    kind = serializers.ChoiceField(choices=MajorUpdate.Kind.choices)
    text_ja = Text(default="", max_length=5_000)
    text_en = Text(default="", max_length=5_000)
    next_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=5, max_value=1440)


class MemberOut(serializers.Serializer):
    id = serializers.IntegerField()
    person = PersonRef()
    role = serializers.ChoiceField(choices=ForceMember.Role.choices)
    added_at = serializers.DateTimeField()
    left_at = serializers.DateTimeField(allow_null=True)


class MemberIn(Strict):
    person = PersonField()
    role = serializers.ChoiceField(choices=ForceMember.Role.choices)


class LeaveIn(Strict):
    member = serializers.IntegerField(min_value=1, max_value=2**62, help_text="Id of the member.")


class ActionOut(serializers.Serializer):
    id = serializers.IntegerField()
    ticket = serializers.CharField(source="post_mortem.major.incident.ticket.number")
    what = serializers.CharField()
    owner = PersonRef()
    due_on = serializers.DateField()
    done_on = serializers.DateField(allow_null=True)


class ActionIn(Strict):
    what = serializers.CharField(max_length=300)
    owner = PersonField()
    due_on = serializers.DateField()


class DoneIn(Strict):
    done = serializers.BooleanField(default=True)


class PostMortemOut(serializers.Serializer):
    is_finished = serializers.BooleanField()
    what_happened = serializers.CharField()
    helped = serializers.CharField()
    hindered = serializers.CharField()
    lessons = serializers.CharField()
    cause_code = serializers.CharField(source="major.incident.cause_code.code", default=None, allow_null=True)
    held_on = serializers.DateField(allow_null=True)
    present = PersonRef(many=True, source="present.all")
    actions = ActionOut(many=True, source="actions.all")


class PostMortemIn(Strict):
    what_happened = Text(required=False, max_length=20_000)
    helped = Text(required=False, max_length=20_000)
    hindered = Text(required=False, max_length=20_000)
    lessons = Text(required=False, max_length=20_000)
    cause_code = CauseCodeField(required=False, allow_null=True)
    held_on = serializers.DateField(required=False, allow_null=True)
    present = serializers.ListField(child=PersonField(), required=False, max_length=100)
