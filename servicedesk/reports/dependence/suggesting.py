"""What could be done about a topic, by rule, each with its reason in words."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import DependenceProposal
from .topics import HIGH_GONE, MIDDLE_SHARE, Key, Risk, Topic, percent

Kind = DependenceProposal.Kind
# Older templates no longer say how the work is done.
TOO_OLD = timedelta(days=365)
# A topic of so many hours in the span is worth the time that training takes.
WORTH_TRAINING = 20


@dataclass(frozen=True)
class Suggestion:
    topic: Topic
    kind: DependenceProposal.Kind
    reason: str


def suggest(
    topics: Iterable[Topic], agreed: Collection[tuple[Key, str]], now: datetime | None = None
) -> list[Suggestion]:
    """In the order of the topics; what is agreed on already is left out."""
    now = now or timezone.now()
    return [each for topic in topics for each in _of(topic, now) if (topic.key, each.kind) not in agreed]


def why(topic: Topic, kind: str, now: datetime | None = None) -> str:
    """The reason by rule for one kind of proposal; empty when no rule asks for it."""
    return next((each.reason for each in _of(topic, now or timezone.now()) if each.kind == kind), "")


def _of(topic: Topic, now: datetime) -> list[Suggestion]:
    if topic.risk < Risk.MIDDLE:
        return []
    return [Suggestion(topic, kind, reason) for kind, reason in (*_writing(topic, now), *_sharing(topic)) if reason]


def _writing(topic: Topic, now: datetime) -> Iterable[tuple[DependenceProposal.Kind, str]]:
    if topic.gone_share >= HIGH_GONE:
        yield (
            Kind.WRITE,
            _(
                "%(share)s of it was resolved by people who are no longer here. What they knew stands in those "
                "tickets: write it down from them."
            )
            % {"share": percent(topic.gone_share)},
        )
    elif topic.risk == Risk.HIGH and not topic.templates.count:
        yield Kind.WRITE, _("It hangs on one person, and the team has no reply template that says how it is done.")
    elif topic.risk == Risk.HIGH and topic.templates.oldest and now - topic.templates.oldest > TOO_OLD:
        yield Kind.WRITE, _("It hangs on one person, and reply templates of the team are older than a year.")


def _sharing(topic: Topic) -> Iterable[tuple[DependenceProposal.Kind, str]]:
    others = topic.versed - {topic.first}
    if not others and len(topic.members) > 1:
        yield Kind.PAIR, _("Nobody else of the team has resolved one: let somebody resolve the next ones together.")
    elif not others:
        yield Kind.TRAIN, _("The team has nobody else: train somebody of another team to stand in.")
    elif topic.hangs_on_one and topic.hours >= WORTH_TRAINING:
        yield (
            Kind.TRAIN,
            _("Others have resolved few, and it takes many hours: train one of them until they can stand in."),
        )
    elif topic.first in topic.members and topic.share >= MIDDLE_SHARE:
        yield Kind.ROTATE, _("Others of the team can do it, but most goes to one person: take turns in who gets it.")
