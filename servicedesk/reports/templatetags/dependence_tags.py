"""Tags of the pages of person-dependence."""

from collections.abc import Iterable, Mapping

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.reports.dependence import topics
from servicedesk.reports.dependence.naming import Called
from servicedesk.reports.dependence.showing import ProposalShown
from servicedesk.web.formats import number

register = template.Library()
_MONTH = 30.4


@register.filter
def percent(share) -> str:
    """`83 %`; a dash when there is nothing to speak of."""
    return topics.percent(share) if share not in (None, "") else "–"


@register.filter
def tenths(value) -> str:
    """`1.3`, rounded; a dash when there is nothing to speak of."""
    return number(round(value, 1), 1) if value not in (None, "") else "–"


@register.simple_tag
def templates_of(topic: topics.Topic) -> str:
    """`3, oldest 14 months`."""
    count, oldest, _newest = topic.templates
    if not count or oldest is None:
        return number(count) if count else _("none")
    months = int((timezone.now() - oldest).days / _MONTH)
    age = ngettext("oldest %(count)d month", "oldest %(count)d months", months) % {"count": months}
    return _("%(templates)s, %(age)s") % {"templates": number(count), "age": age}


@register.simple_tag
def called_by(pk: int, called: Mapping[int, Called]) -> str:
    found = called.get(pk)
    return found.label if found else _("somebody")


@register.simple_tag
def people_called(people: Iterable[int], called: Mapping[int, Called]) -> str:
    """In the order of the page."""
    wanted = set(people)
    return _(", ").join(each.label for pk, each in called.items() if pk in wanted)


@register.filter
def load_called(load: Mapping[int, int], called: Mapping[int, Called]) -> list[tuple[str, int]]:
    """(label, open tickets) in the order of the page."""
    return [(each.label, load[pk]) for pk, each in called.items() if pk in load]


@register.simple_tag
def progress_of(shown: ProposalShown) -> str:
    """How a topic stands beside when it was agreed on, in one sentence."""
    before, now = shown.proposal, shown.now
    if before.share is None or now is None:
        return _("Nothing of it was resolved since.")
    parts = {
        "then": topics.percent(before.share), "now": topics.percent(now.share),
        "people_then": number(round(before.effective, 1), 1), "people_now": number(round(now.effective, 1), 1),
    }  # fmt: skip
    if shown.spreads > 0:
        return _("Spreads: the first %(then)s → %(now)s, like %(people_then)s → %(people_now)s people.") % parts
    if shown.spreads < 0:
        return _("Narrows: the first %(then)s → %(now)s, like %(people_then)s → %(people_now)s people.") % parts
    return _("As before: the first %(now)s, like %(people_now)s people.") % parts
