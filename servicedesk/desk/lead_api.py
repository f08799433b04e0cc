"""How the work of a team stands, by the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from servicedesk.people.api.refs import PersonRef, TeamRef
from servicedesk.people.models import Team
from servicedesk.people.rules import check
from servicedesk.web.api import View
from servicedesk.web.errors import NotFound

from .queries import led_teams
from .standing import standing_of


class NumberOut(serializers.Serializer):
    name = serializers.CharField(source="measure.name")
    count = serializers.IntegerField()
    url = serializers.CharField(help_text="The list behind the number, in the desk.")


class AgeOut(serializers.Serializer):
    label = serializers.CharField()
    count = serializers.IntegerField()
    url = serializers.CharField()


class LineOut(serializers.Serializer):
    person = PersonRef(allow_null=True, help_text="Nobody: what nobody has yet.")
    away_until = serializers.DateField(source="absence.until_on", default=None, allow_null=True)
    deputy = PersonRef(source="absence.deputy", default=None, allow_null=True)
    numbers = NumberOut(many=True)


class StandingOut(serializers.Serializer):
    team = TeamRef()
    totals = NumberOut(many=True)
    people = LineOut(many=True)
    ages = AgeOut(many=True)


class StandingViewSet(View):
    """Open, late, waiting and more per person, for those who lead teams."""

    lookup_value_converter = "int"
    queryset = Team.objects.none()
    serializer_class = StandingOut

    @extend_schema(responses=TeamRef(many=True))
    def list(self, request):
        """The teams that the caller leads."""
        check(request.user, "desk.lead")
        return self.answer(TeamRef, led_teams(request.user), many=True)

    @extend_schema(responses=StandingOut)
    def retrieve(self, request, pk):
        """The numbers of one team."""
        check(request.user, "desk.lead")
        team = next((each for each in led_teams(request.user) if each.pk == pk), None)
        if team is None:
            raise NotFound
        return self.answer(StandingOut, standing_of(request.user, team))
