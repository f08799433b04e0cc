"""What a survey found: averages of users and desk per item and group, gaps, choices, words, departments, trend."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.db.models import Count, QuerySet

from servicedesk.people.models import Department

from ..models import Answer, GapFinding, Response, Side, Survey, SurveyGroup, SurveyQuestion
from .surveys import groups_of

# Fewer are not shown by themselves: one could guess who they are.
FEWEST = 5
MARKED_FROM = Decimal(1)


def rounded(value: Fraction) -> Decimal:
    """To two decimals, half up, as people round."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass
class Marks:
    """How often each mark was given."""

    counts: Counter[int] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def exact(self) -> Fraction | None:
        total = sum(mark * times for mark, times in self.counts.items())
        return Fraction(total, self.count) if self.count else None

    @property
    def average(self) -> Decimal | None:
        return rounded(self.exact) if self.exact is not None else None

    @property
    def spread(self) -> list[tuple[int, int]]:
        """(mark, how often), best first."""
        return [(mark, self.counts.get(mark, 0)) for mark in (5, 4, 3, 2, 1)]


@dataclass
class Compared:
    """What users and the desk itself said of the same. `gap` is the desk's average minus that of the users."""

    users: Marks = field(default_factory=Marks)
    desk: Marks = field(default_factory=Marks)

    @property
    def gap(self) -> Decimal | None:
        if self.users.exact is None or self.desk.exact is None:
            return None
        return rounded(abs(self.desk.exact - self.users.exact)) * (1 if self.desk.exact >= self.users.exact else -1)

    @property
    def is_marked(self) -> bool:
        return self.gap is not None and abs(self.gap) >= MARKED_FROM

    @property
    def desk_is_higher(self) -> bool:
        return self.gap is not None and self.gap > 0


@dataclass
class ItemResult(Compared):
    question: SurveyQuestion = field(default_factory=SurveyQuestion)
    choices: list[tuple[str, int]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    finding: GapFinding | None = None


@dataclass
class GroupResult(Compared):
    group: SurveyGroup = field(default_factory=SurveyGroup)
    items: list[ItemResult] = field(default_factory=list)


@dataclass
class DepartmentResult:
    """Averages by group of those who answered from one department; None is all those too few to be shown alone."""

    department: Department | None
    count: int
    averages: list[Decimal | None]


@dataclass
class Results:
    """`hidden` says why nothing is shown of the users: "" it is shown, "open" not before the end, "few" too few."""

    survey: Survey
    users: int
    desk: int
    hidden: str
    groups: list[GroupResult]
    departments: list[DepartmentResult]

    @property
    def marked(self) -> list[ItemResult]:
        return [item for group in self.groups for item in group.items if item.is_marked]

    @property
    def has_desk(self) -> bool:
        return self.desk > 0


def hidden_of(survey: Survey, users: int) -> str:
    """Of an anonymous survey nothing is shown while answers come in, since two looks would tell what one of them said,
    and nothing of fewer than five.
    """
    if not survey.is_anonymous:
        return ""
    if survey.state != Survey.State.CLOSED:
        return "open"
    return "few" if users < FEWEST else ""


def results_of(survey: Survey) -> Results:
    """Everything of one survey; a fixed number of reads."""
    sides = dict(
        Response.objects.filter(survey=survey).order_by().values_list("side").annotate(count=Count("pk"))
    )  # fmt: skip
    users, desk = sides.get(Side.USERS, 0), sides.get(Side.DESK, 0)
    hidden = hidden_of(survey, users)
    groups = [GroupResult(group=group) for group in groups_of(survey)]
    items: dict[int, ItemResult] = {}
    for result in groups:
        result.items = [ItemResult(question=question) for question in result.group.questions.all()]
        items |= {item.question.pk: item for item in result.items}
    if survey.is_draft or hidden == "open":
        return Results(survey, users, desk, hidden, groups, [])
    answers = Answer.objects.filter(response__survey=survey)
    if hidden:
        answers = answers.exclude(response__side=Side.USERS)
    _count(answers, groups, items)
    for finding in GapFinding.objects.filter(question__group__survey=survey).select_related("by"):
        items[finding.question_id].finding = finding
    departments = [] if hidden else _by_department(survey, groups)
    return Results(survey, users, desk, hidden, groups, departments)


def _count(answers: QuerySet[Answer], groups: Iterable[GroupResult], items: dict[int, ItemResult]) -> None:
    marks = answers.filter(mark__isnull=False).order_by().values_list("question", "response__side", "mark")
    for question, side, mark, times in marks.annotate(times=Count("pk")):
        _side(items[question], side).counts[mark] += times
    for group in groups:
        for item in group.items:
            group.users.counts.update(item.users.counts)
            group.desk.counts.update(item.desk.counts)
    chosen: dict[int, Counter[int]] = defaultdict(Counter)
    picked = answers.filter(choice__isnull=False, response__side=Side.USERS).order_by()
    for question, choice, times in picked.values_list("question", "choice").annotate(times=Count("pk")):
        chosen[question][choice] += times
    for item in items.values():
        if item.question.kind == SurveyQuestion.Kind.CHOICE:
            counts = chosen[item.question.pk]
            item.choices = [(label, counts.get(place, 0)) for place, label in enumerate(item.question.choices)]
    said = answers.exclude(words="").filter(response__side=Side.USERS).order_by("pk")  # random keys: in no order
    for question, words in said.values_list("question", "words"):
        items[question].words.append(words)


def _side(compared: Compared, side: str) -> Marks:
    return compared.desk if side == Side.DESK else compared.users


def _by_department(survey: Survey, groups: Sequence[GroupResult]) -> list[DepartmentResult]:
    """Users' averages by department, as far as at least five of each answered. What is left over is together; where
    that would be one to four, the smallest department goes with it, because all minus the rest tells the same.
    """
    rows = Response.objects.filter(survey=survey, side=Side.USERS).order_by()
    counts = dict(rows.values_list("department").annotate(count=Count("pk")))
    shown = sorted(
        (pk for pk, count in counts.items() if pk is not None and count >= FEWEST), key=lambda pk: counts[pk]
    )
    rest = sum(count for pk, count in counts.items() if pk not in shown)
    while shown and 0 < rest < FEWEST:
        rest += counts[shown.pop(0)]
    if not shown:
        return []
    sums: dict[tuple[int | None, int], Marks] = defaultdict(Marks)
    answers = Answer.objects.filter(response__survey=survey, response__side=Side.USERS, mark__isnull=False).order_by()
    for pk, group, mark, times in answers.values_list("response__department", "question__group", "mark").annotate(
        times=Count("pk")
    ):
        sums[pk if pk in shown else None, group].counts[mark] += times
    names = Department.objects.in_bulk(shown)
    order: list[int | None] = [*sorted(shown, key=lambda pk: names[pk].name), *([None] if rest else [])]
    return [
        DepartmentResult(
            names[pk] if pk is not None else None,
            counts[pk] if pk is not None else rest,
            [sums[pk, result.group.pk].average for result in groups],
        )
        for pk in order
    ]


# --- trend ----------------------------------------------------------------------------------------------------------


@dataclass
class TrendLine:
    """A group in each survey of a series, oldest first."""

    title: str
    points: list[Compared]


def trend_of(survey: Survey) -> tuple[list[Survey], list[TrendLine]]:
    """The sent surveys of the series, oldest first, and a line for each group that the latest has: three reads. What
    an anonymous one hides is empty.
    """
    sent = Survey.objects.filter(series=survey.series).exclude(state=Survey.State.DRAFT).order_by("opened_at", "pk")
    surveys = list(sent)
    if not surveys:
        return [], []
    users = dict(
        Response.objects.filter(survey__in=surveys, side=Side.USERS).order_by().values_list("survey").annotate(
            count=Count("pk")
        )
    )  # fmt: skip
    shown = [one.pk for one in surveys if not hidden_of(one, users.get(one.pk, 0))]
    found: dict[tuple[int, str], Compared] = defaultdict(Compared)
    answers = Answer.objects.filter(response__survey__in=shown, mark__isnull=False).order_by()
    names = ("response__survey", "question__group__key", "response__side", "mark")
    for pk, key, side, mark, times in answers.values_list(*names).annotate(times=Count("pk")):
        _side(found[pk, key], side).counts[mark] += times
    lines = [
        TrendLine(group.title, [found[one.pk, group.key] for one in surveys])
        for group in surveys[-1].groups.order_by("place", "id")
    ]
    return surveys, lines
