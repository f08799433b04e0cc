"""`/api/v1/tickets/{number}/holdings/`: who had it, in which team and tier, for how long."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from servicedesk.people.api.refs import PersonRef, TeamRef
from servicedesk.people.models import Team
from servicedesk.people.rules import check
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.api import View

from .holdings import Holdings, Spent, holdings_of


class SpentOut(serializers.Serializer):
    tier = serializers.ChoiceField(choices=Team.Tier.choices, allow_null=True, help_text="Null: no team had it.")
    seconds = serializers.IntegerField(help_text="On the clock.")
    business_seconds = serializers.IntegerField(help_text="In the business hours that hold for the ticket.")


class StayOut(SpentOut):
    team = TeamRef(allow_null=True)
    person = PersonRef(allow_null=True)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null: until now.")


class HoldingsOut(serializers.Serializer):
    stays = StayOut(many=True, help_text="Oldest first, without gaps while it was open, none while it was closed.")
    tiers = SpentOut(many=True, help_text="The sum of each tier.")


class HoldingsViewSet(View):
    """Who had a ticket, read from its events, for those who work on it."""

    @extend_schema(responses=HoldingsOut)
    def retrieve(self, request, number):
        ticket = get_ticket(request.user, number)
        check(request.user, "tickets.work", ticket)
        return self.answer(HoldingsOut, _plain(holdings_of(ticket)))


def _plain(holdings: Holdings) -> dict:
    stays = [
        {"team": stay.team, "person": stay.person, "since": stay.since, "until": stay.until}
        | _spent(stay.team.tier if stay.team else None, stay.spent)
        for stay in holdings.stays
    ]
    return {"stays": stays, "tiers": [_spent(tier, spent) for tier, spent in holdings.tiers]}


def _spent(tier: int | None, spent: Spent) -> dict:
    return {
        "tier": tier,
        "seconds": int(spent.passed.total_seconds()),
        "business_seconds": int(spent.business.total_seconds()),
    }
