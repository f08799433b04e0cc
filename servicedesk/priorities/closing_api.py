"""The closing rules by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from servicedesk.people.rules import check
from servicedesk.tickets.models import ClosingRule, Priority
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.api import Strict, View

from .closing_rules import FIELDS, MOST_DAYS, MOST_REOPEN_DAYS, all_reopening, all_rules, save_closing_rules


class ClosingRuleOut(serializers.Serializer):
    """Days are business days; null: it does not happen."""

    type = serializers.ChoiceField(choices=TicketType.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    closer = serializers.ChoiceField(choices=ClosingRule.Closer.choices)
    needs_resolution = serializers.BooleanField()
    needs_cause_code = serializers.BooleanField()
    needs_post_mortem = serializers.BooleanField(help_text="Of major incidents.")
    close_after_days = serializers.IntegerField(allow_null=True)
    mail_days_before = serializers.IntegerField(allow_null=True)
    stale_after_days = serializers.IntegerField(allow_null=True)


class ReopeningOut(serializers.Serializer):
    type = serializers.ChoiceField(choices=TicketType.choices)
    days = serializers.IntegerField(help_text="Calendar days after closing in which the requester's word reopens.")


class ClosingRulesOut(serializers.Serializer):
    rules = ClosingRuleOut(many=True)
    reopening = ReopeningOut(many=True)


def _days() -> serializers.IntegerField:
    return serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_DAYS)


class ClosingRuleIn(Strict):
    """What is not named stays."""

    type = serializers.ChoiceField(choices=TicketType.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    closer = serializers.ChoiceField(choices=ClosingRule.Closer.choices, required=False)
    needs_resolution = serializers.BooleanField(required=False)
    needs_cause_code = serializers.BooleanField(required=False)
    needs_post_mortem = serializers.BooleanField(required=False)
    close_after_days = _days()
    mail_days_before = _days()
    stale_after_days = _days()


class ReopeningIn(Strict):
    type = serializers.ChoiceField(choices=TicketType.choices)
    days = serializers.IntegerField(min_value=0, max_value=MOST_REOPEN_DAYS)


class ClosingRulesIn(Strict):
    rules = ClosingRuleIn(many=True, required=False)
    reopening = ReopeningIn(many=True, required=False)


class ClosingRulesViewSet(View):
    """How tickets are closed, per kind and priority."""

    scope = "settings"
    pagination_class = None

    @extend_schema(responses=ClosingRulesOut, operation_id="closing_rules_retrieve")
    def list(self, request):
        """For everybody who works on tickets."""
        if not request.user.may("tickets.work"):
            check(request.user, "settings.change")
        return self._rules()

    @extend_schema(request=ClosingRulesIn, responses=ClosingRulesOut, operation_id="closing_rules_update")
    def update(self, request):
        """Change the rules that are named."""
        check(request.user, "settings.change")
        given = self.given(ClosingRulesIn)
        rules = {
            (rule["type"], rule["priority"]): {name: rule[name] for name in FIELDS if name in rule}
            for rule in given.get("rules", [])
        }
        reopening = {one["type"]: one["days"] for one in given.get("reopening", [])}
        save_closing_rules(rules, reopening, by=request.user, via="api")
        return self._rules()

    def _rules(self):
        reopening = [{"type": kind, "days": days} for kind, days in all_reopening().items()]
        return self.answer(ClosingRulesOut, {"rules": all_rules().values(), "reopening": reopening})
