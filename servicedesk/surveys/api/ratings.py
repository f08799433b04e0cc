"""Ratings by API: those that the caller reads, rating one's own ticket, and the settings."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from servicedesk.people.api.refs import PersonRef, TeamRef
from servicedesk.people.rules import check
from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.text import check_lines

from ..actions import erase_rating_words, rate_ticket, save_rating_settings
from ..models import Rating, RatingSettings
from ..queries import ratings as queries


class RatingOut(serializers.Serializer):
    """What the requester said of one closed ticket; 5 is best."""

    id = serializers.IntegerField()
    ticket = serializers.CharField(source="ticket.number")
    team = TeamRef(source="ticket.team", allow_null=True)
    person = PersonRef()
    mark = serializers.IntegerField()
    words = serializers.CharField()
    at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class RatingIn(Strict):
    mark = serializers.IntegerField(min_value=1, max_value=5)
    words = serializers.CharField(
        required=False, allow_blank=True, max_length=Rating.MOST_WORDS, validators=[check_lines]
    )


class OwnRatingOut(serializers.Serializer):
    """What one said of one's own ticket, null before; and whether it can be said, or changed, now."""

    rating = RatingOut(allow_null=True)
    can_rate = serializers.BooleanField()


class RatingFilters(Filters):
    team = serializers.CharField(required=False, max_length=32, help_text="Code of a team.")
    most = serializers.IntegerField(required=False, min_value=1, max_value=5, help_text="Marks up to this one.")
    since = serializers.DateTimeField(required=False)


class TeamRatingsOut(serializers.Serializer):
    """`answered` counts, of those asked in the time, who has rated; `share` is in percent."""

    team = TeamRef(allow_null=True)
    asked = serializers.IntegerField()
    answered = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()
    average = serializers.FloatField(allow_null=True)
    marks = serializers.DictField(child=serializers.IntegerField(), help_text="Mark → how often.")


class SinceFilter(Filters):
    since = serializers.DateTimeField(required=False)


class RatingViewSet(View):
    """Ratings of tickets. Leads read those of their teams, administrators all, as far as they see the tickets."""

    queryset = Rating.objects.none()
    lookup_value_converter = "int"
    ordering = ("-at", "-id")

    @extend_schema(parameters=[RatingFilters], responses=RatingOut(many=True))
    def list(self, request):
        check(request.user, "ratings.see")
        asked, rows = self.asked(RatingFilters), queries.visible_ratings(request.user)
        if "team" in asked:
            rows = rows.filter(ticket__team__code=asked["team"])
        if "most" in asked:
            rows = rows.filter(mark__lte=asked["most"])
        if "since" in asked:
            rows = rows.filter(at__gte=asked["since"])
        return self.pages(RatingOut, rows)

    @extend_schema(parameters=[SinceFilter], responses=TeamRatingsOut(many=True))
    @action(detail=False, pagination_class=None)
    def teams(self, request):
        """Sums by team."""
        check(request.user, "ratings.see")
        since = self.asked(SinceFilter).get("since")
        return self.answer(TeamRatingsOut, queries.by_team(request.user, since), many=True)

    @extend_schema(request=None, responses=RatingOut)
    @action(detail=True, methods=["post"], url_path="erase-words")
    def erase_words(self, request, pk):
        """Take the words away for good: one's own, and for administrators all."""
        rating = queries.get_rating(request.user, pk)
        return self.answer(RatingOut, erase_rating_words(rating, by=request.user, via="api"))


class TicketRatingViewSet(View):
    """The rating of one's own ticket."""

    queryset = Rating.objects.none()

    @extend_schema(responses=OwnRatingOut)
    def retrieve(self, request, number):
        """One's own."""
        ticket = self._ticket(number)
        settings, rating = queries.rating_settings(), queries.rating_of(ticket, request.user)
        can_rate = settings.is_on and queries.may_rate_now(ticket, rating, settings)
        return self.answer(OwnRatingOut, {"rating": rating, "can_rate": can_rate})

    @extend_schema(request=RatingIn, responses=RatingOut)
    def update(self, request, number):
        """Rate it, or change the rating; words that are left out stay."""
        ticket, given = self._ticket(number), self.given(RatingIn)
        return self.answer(RatingOut, rate_ticket(ticket, by=request.user, via="api", **given))

    def _ticket(self, number):
        ticket = get_ticket(self.request.user, number)
        check(self.request.user, "ratings.rate", ticket)
        return ticket


class RatingSettingsOut(serializers.Serializer):
    is_on = serializers.BooleanField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=TicketType.choices))
    low_mark = serializers.IntegerField()
    answer_days = serializers.IntegerField()
    change_days = serializers.IntegerField()
    pause_days = serializers.IntegerField()


class RatingSettingsIn(Strict):
    is_on = serializers.BooleanField(required=False)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=TicketType.choices), required=False, max_length=len(TicketType)
    )
    low_mark = serializers.IntegerField(required=False, min_value=1, max_value=4)
    answer_days = serializers.IntegerField(required=False, min_value=1, max_value=365)
    change_days = serializers.IntegerField(required=False, min_value=0, max_value=365)
    pause_days = serializers.IntegerField(required=False, min_value=0, max_value=365)


class RatingSettingsViewSet(View):
    """Whether and whom the desk asks after closing. For administrators."""

    queryset = RatingSettings.objects.none()
    scope = "settings"

    @extend_schema(responses=RatingSettingsOut)
    def retrieve(self, request):
        check(request.user, "settings.change")
        return self.answer(RatingSettingsOut, queries.rating_settings())

    @extend_schema(request=RatingSettingsIn, responses=RatingSettingsOut)
    def update(self, request):
        """What is left out stays."""
        check(request.user, "settings.change")
        return self.answer(
            RatingSettingsOut, save_rating_settings(by=request.user, via="api", **self.given(RatingSettingsIn))
        )
