"""Topics as a table for files."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from servicedesk.people.models import User

from .naming import Called
from .queries import Desk
from .showing import calling, people_of
from .topics import Topic


def header() -> list[str]:
    return [
        _("Topic"), _("Team"), _("Risk"), _("Why"), _("Tickets resolved"), _("People who resolve"),
        _("Share of the first, percent"), _("Counts like so many people"), _("Hours of work"), _("Deputies"),
        _("Share of people no longer here, percent"), _("Reply templates"), _("Oldest template changed on"),
        _("Who resolved how many"),
    ]  # fmt: skip


def lines(user: User, desk: Desk, topics: Sequence[Topic]) -> Iterator[list]:
    """A row for each topic; people stand by name or by letter as on the page, with how many tickets."""
    called = calling(user, desk, topics)
    for topic in topics:
        people = [f"{_label(each)}: {tickets}" for each, tickets in people_of(topic, called)]
        oldest = topic.templates.oldest
        yield [
            topic.name, topic.team_name, topic.risk.label, " ".join(topic.reasons), topic.tickets, topic.resolvers,
            round(topic.share * 100, 1), round(topic.effective, 2), round(topic.hours, 1), len(topic.deputies),
            round(topic.gone_share * 100, 1), topic.templates.count, f"{oldest:%Y-%m-%d}" if oldest else "",
            "; ".join(people),
        ]  # fmt: skip


def _label(called: Called) -> str:
    return called.label if called.is_here else _("%(name)s (no longer here)") % {"name": called.label}
