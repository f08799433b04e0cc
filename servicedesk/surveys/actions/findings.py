"""Writing down why users and desk judge the same differently."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import audit, keep, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import GapFinding, Survey, SurveyQuestion
from ..queries.results import results_of


@transaction.atomic
def explain_gap(
    question: SurveyQuestion, *, by: User, via: str, cause: str, dependence: str, dependence_words: str = ""
) -> GapFinding:
    """Say why there is a gap and whether it hangs on single people; a second time replaces the first. Refuses an item
    without a gap of a point or more.
    """
    check(by, "surveys.explain")
    survey = Survey.objects.select_for_update().get(groups=question.group_id)
    if question.pk not in {item.question.pk for item in results_of(survey).marked}:
        raise Refused(_("There is no gap of 1 point or more here."), code="no_gap")
    row = GapFinding.objects.filter(pk=question.pk).first() or GapFinding(question=question)
    given = {"cause": cause.strip(), "dependence": dependence, "dependence_words": dependence_words.strip()}
    changes = {name: [plain(getattr(row, name)), value] for name, value in given.items() if getattr(row, name) != value}
    if not changes:
        return row
    for name, value in given.items():
        setattr(row, name, value)
    row.by, row.at = by, timezone.now()
    keep(row)
    audit(row, "explain_gap", by=by, via=via, label=question.text_ja[:200], changes=changes)
    return row
