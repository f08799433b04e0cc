"""Events of rules in words."""

from django.utils.translation import gettext as _

from servicedesk.tickets.sentences import sentence


@sentence("rules_paused")
def _rules_paused(event, names):
    return _(
        "The rules leave this alone for a while: they had done %(most)d things to it within an hour. Do two of them "
        "work against each other?"
    ) % {"most": event.data.get("most", 0)}
