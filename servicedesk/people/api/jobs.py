"""What the API says of work in the background."""

from rest_framework import serializers

from ..models import Job
from .refs import PersonRef


class JobOut(serializers.Serializer):
    """Work that somebody started: ask again until `state` is `done` or `failed`; `error` says why it failed."""

    state = serializers.ChoiceField(choices=Job.State.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    error = serializers.CharField()
    by = PersonRef(allow_null=True, help_text="Nobody: the desk itself.")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
