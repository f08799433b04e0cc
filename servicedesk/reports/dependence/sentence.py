"""The one sentence that the report says of person-dependence."""

from datetime import date

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ..models import DependenceProposal
from ..months import Period, Year
from .queries import dependence, span_until
from .topics import FEW


def sentence(month: date) -> str | None:
    """Of the six months that end with `month`, in the reader's language, with counts alone; None where nothing was
    resolved often enough, and nothing is agreed on.
    """
    year = Year.now()
    topics = [topic for topic in dependence(span_until(year, month)).topics if topic.tickets >= FEW]
    end = year.moments(Period.of(month))[1]
    counts = (
        DependenceProposal.objects.filter(created_at__lt=end)
        .exclude(state="dropped", ended_at__lt=end)
        .aggregate(all=Count("pk"), done=Count("pk", filter=Q(state="done", ended_at__lt=end)))
    )
    said = []
    if topics:
        hanging = sum(topic.hangs_on_one for topic in topics)
        said.append(
            ngettext(
                "%(count)d of %(all)d topics hangs on one person.",
                "%(count)d of %(all)d topics hang on one person.",
                hanging,
            )
            % {"count": hanging, "all": len(topics)}
        )
    if counts["all"]:
        said.append(
            ngettext(
                "%(count)d of %(all)d proposals is done.", "%(count)d of %(all)d proposals are done.", counts["done"]
            )
            % {"count": counts["done"], "all": counts["all"]}
        )
    if len(said) == 2:
        return _("%(first)s %(second)s") % {"first": said[0], "second": said[1]}
    return "".join(said) or None


_KEPT_SECONDS = 900


def kept_sentence(month: date) -> str | None:
    """The same for pages, as it was some minutes ago at most: it sums up the facts of half a year."""
    key = f"dependence-sentence:{month:%Y-%m}:{get_language()}"
    return cache.get_or_set(key, lambda: sentence(month) or "", _KEPT_SECONDS) or None
