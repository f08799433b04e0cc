"""Search as people type it: a number, words, "phrases", -without, and filters such as `status:open` or `優先度:P1`.

Filters have a name in each language, and both are always understood. What no filter knows is left out and said, with
the nearest that there is. Everything narrows `visible_tickets`; what notes, tags and items say is found only by those
who work on the ticket.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from cmdb.models import Service
from cmdb.queries import find_items, items_numbered
from servicedesk.people.models import Team, User
from servicedesk.people.queries import find_people
from servicedesk.web.text import normalise, search_key

from .filters import UNRESOLVED, below
from .models import OPEN, Attachment, Category, Channel, Comment, Tag, Ticket
from .queries import about_item, numbers_meant, visible_tickets, with_words, worked_on_by
from .words import Asked, query_for
from .workflow import Phase, TicketType, all_statuses

MOST_LETTERS = 200
_MOST_TERMS = 20
_MOST_PEOPLE = 50
_MOST_OFFERED = 8
_TERM = re.compile(r'(-)?(?:([^\s:"]{1,30}):)?(?:"([^"]*)"|([^\s"]+))')
# Quotation marks and the colon as a Japanese keyboard makes them; NFKC does the rest.
_SIGNS = str.maketrans("「」『』“”„：", '""""""":')


@dataclass(frozen=True)
class Term:
    """One part of what was typed: `name` is a filter's or empty."""

    typed: str
    name: str
    value: str
    without: bool
    is_phrase: bool


@dataclass(frozen=True)
class Problem:
    """What was left out, in a sentence; `better` is the whole search with the nearest that there is, or empty."""

    sentence: str
    better: str = ""


@dataclass
class Search:
    """What was asked for. `tickets` are the visible ones that fit, newest first; `words` what to mark in them."""

    tickets: QuerySet[Ticket]
    words: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_number: bool = False
    has_filters: bool = False


Value = tuple[str, str]
"""What is typed and what it means, in the reader's language."""


@dataclass(frozen=True)
class Filter:
    """`find` gives the condition of one value or None; `offers` the values that begin with or have what is typed.
    `nearest` are the values among which the nearest is looked for. `staff` says that everybody has it.
    """

    names: tuple[str, ...]
    label: object
    find: Callable[[User, str], Q | None]
    offers: Callable[[User, str], Iterable[Value]]
    nearest: Callable[[User], Iterable[str]]
    staff: bool = False


def terms(text: str) -> list[Term]:
    """The parts of what was typed, at most 20."""
    found = []
    for match in _TERM.finditer(text[:MOST_LETTERS].translate(_SIGNS)):
        minus, name, phrase, word = match.groups()
        value = word if phrase is None else phrase
        if value.strip():
            found.append(Term(match[0], normalise(name or ""), value.strip(), bool(minus), phrase is not None))
    return found[:_MOST_TERMS]


def search(user: User, text: str) -> Search:
    """The visible ticket with this number, else visible tickets that fit every part, newest first.

    Full width, case and kana width make no difference. Empty input finds nothing.
    """
    visible = visible_tickets(user).order_by("-created_at", "-id")
    if numbers := numbers_meant(text):
        # Numbers of another system may look like ours.
        theirs = Q(external_id__in=[text.strip(), *numbers])
        found = list(visible.filter(theirs | Q(number__in=numbers)).values_list("pk", flat=True))
        if found:
            return Search(visible.filter(pk__in=found), is_number=True)
    result = Search(visible)
    plain: list[str] = []
    asks = False
    for term in terms(text):
        condition = None
        if term.name:
            condition, problem = _filtered(user, term, text)
            result.has_filters |= condition is not None
            if problem:
                result.problems.append(problem)
            if condition is None and problem and not problem.sentence:
                result.problems.pop()
                term = Term(term.typed, "", term.typed.lstrip("-"), term.without, term.is_phrase)
        if not term.name:
            if not term.without and not term.is_phrase:
                plain.append(term.value)
                continue
            condition = _phrase(user, term.value) if term.is_phrase else with_words(user, term.value)
            if term.is_phrase and not term.without:
                result.words.append(term.value)
        if condition is not None:
            result.tickets = result.tickets.filter(~condition if term.without else condition)
            asks = True
    if plain:
        result.tickets = result.tickets.filter(with_words(user, " ".join(plain)))
        result.words += plain
    if not plain and not asks:
        result.tickets = visible.none()
    return result


def _filtered(user: User, term: Term, text: str) -> tuple[Q | None, Problem | None]:
    """The condition of a filter; or what is wrong with it. A problem without a sentence: it is no filter but words."""
    known = filters_for(user)
    chosen = known.get(term.name)
    if chosen is None:
        near = get_close_matches(term.name, known, 1, 0.7)
        if near:
            said = _("There is no filter “%(name)s”; it was left out.") % {"name": term.name}
            better = text.translate(_SIGNS).replace(term.typed, term.typed.replace(term.name, near[0], 1), 1)
            return None, Problem(said, better if near[0] in better else "")
        return None, Problem("")
    conditions, unknown = Q(), []
    for value in filter(None, (part.strip() for part in re.split("[,、]", term.value))):
        condition = chosen.find(user, value)
        if condition is None:
            unknown.append(value)
        else:
            conditions |= condition
    if not unknown:
        return (conditions, None) if conditions else (None, None)
    said = _("“%(value)s” is nothing that “%(filter)s” knows; it was left out.") % {
        "value": unknown[0][:60], "filter": chosen.label,
    }  # fmt: skip
    near = _nearest(unknown[0], chosen.nearest(user))
    better = text.translate(_SIGNS).replace(unknown[0], _quoted(near), 1) if near else ""
    return conditions or None, Problem(said, better)


def _nearest(typed: str, known: Iterable[str]) -> str:
    by_key = {search_key(each): each for each in known}
    near = get_close_matches(search_key(typed), by_key, 1, 0.5)
    return by_key[near[0]] if near else ""


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


def _phrase(user: User, phrase: str) -> Q:
    """Tickets that have all the words of a phrase, and somewhere the phrase itself."""
    said = Comment.objects.filter(ticket=OuterRef("pk"), body__icontains=phrase)
    written = Q(title__icontains=phrase) | Q(description__icontains=phrase) | Q(resolution__icontains=phrase)
    public = written | Exists(said.filter(is_public=True))
    return with_words(user, phrase) & (public | worked_on_by(user) & Exists(said))


# --- filters --------------------------------------------------------------------------------------------------------


def _both(label: object) -> list[str]:
    """A label in every language, as keys to look it up by."""
    found = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.append(str(label))
    return found


def _table(rows: Callable[[], Iterable[tuple[Iterable[object], Q]]]):
    """`find`, `offers` and `nearest` over a small table: names in any language, and what they stand for. A value means
    the row that it names wholly, else all rows that have it in a name.
    """

    def known() -> list[tuple[list[str], Q]]:
        return [([name for each in names for name in _both(each) if name], which) for names, which in rows()]

    def find(user: User, value: str) -> Q | None:
        key, part = search_key(value), Q()
        for names, which in known():
            keys = [search_key(name) for name in names]
            if key in keys:
                return which
            if len(key) > 1 and any(key in each for each in keys):
                part |= which
        return part or None

    def offers(user: User, typed: str) -> Iterable[Value]:
        key = search_key(typed)
        for names, _which in rows():
            names = [str(name) for name in names if str(name)]
            if any(key in search_key(name) for name in names):
                yield names[0], names[-1]

    return find, offers, lambda user: [name for names, _which in known() for name in names]


def _status_rows():
    yield ("open", gettext_lazy("unfinished")), OPEN
    yield ("unresolved", gettext_lazy("not resolved")), UNRESOLVED
    for name, label in all_statuses().items():
        yield (name, label), Q(status=name)
    yield ("waiting", Phase.WAITING.label), Q(phase=Phase.WAITING)


def _named_rows(model, field_name: str):
    return lambda: (
        ((row.code, row.name, getattr(row, "name_en", "")), Q(**{field_name: row.pk}))
        for row in model.objects.filter(is_active=True)
    )


def _category_rows():
    rows = list(Category.objects.filter(is_active=True))
    for row in rows:
        yield (row.code, row.name, row.name_en), Q(category__in=below(row, rows))


def _is_rows(user: User):
    yield ("major", gettext_lazy("Major incident")), Q(is_major=True)
    yield ("confidential", gettext_lazy("confidential")), Q(is_confidential=True)
    yield ("overdue", gettext_lazy("overdue")), UNRESOLVED & Q(due_at__lt=timezone.now())
    yield ("unassigned", gettext_lazy("unassigned")), UNRESOLVED & Q(assignee__isnull=True)
    yield ("open", gettext_lazy("unfinished")), OPEN
    yield ("mine", gettext_lazy("mine")), Q(assignee=user)


def _is(user: User, value: str) -> Q | None:
    return _table(lambda: _is_rows(user))[0](user, value)


def _priority(user: User, value: str) -> Q | None:
    level = normalise(value).removeprefix("p")
    return Q(priority=int(level)) if level in ("1", "2", "3", "4") else None


_ME, _NOBODY = {"me", "自分"}, {"none", "nobody", "なし", "未割当"}


def _person(field_name: str):
    def find(user: User, value: str) -> Q | None:
        word = normalise(value)
        if word in _ME:
            return Q(**{field_name: user})
        if field_name == "assignee" and word in _NOBODY:
            return Q(assignee__isnull=True)
        people = list(find_people(user, value).values_list("pk", flat=True)[:_MOST_PEOPLE])
        return Q(**{f"{field_name}__in": people}) if people else None

    def offers(user: User, typed: str) -> Iterable[Value]:
        yield "me", str(_("me"))
        if field_name == "assignee":
            yield "none", str(_("nobody"))
        if len(typed) > 0:
            for person in find_people(user, typed).filter(is_active=True)[:_MOST_OFFERED]:
                yield person.email, person.display_name

    return find, offers, lambda user: []


def _tag(user: User, value: str) -> Q | None:
    tag = Tag.objects.filter(name=normalise(value)).first()
    return Q(pk__in=tag.tickets.values("pk")) & worked_on_by(user) if tag else None


def _tag_offers(user: User, typed: str) -> Iterable[Value]:
    rows = Tag.objects.filter(name__startswith=normalise(typed)).order_by("name")[:_MOST_OFFERED]
    return ((tag.name, "") for tag in rows) if user.is_agent else ()


def _item(user: User, value: str) -> Q | None:
    item = items_numbered(user, [value]).get(value)
    return about_item(item) & worked_on_by(user) if item else None


def _item_offers(user: User, typed: str) -> Iterable[Value]:
    rows = find_items(user, typed).select_related(None)[:_MOST_OFFERED]
    return ((item.number, item.name) for item in rows)


def _file(user: User, value: str) -> Q | None:
    """Tickets with a file of that name, or with the words of it in its name."""
    words = query_for(value)
    if not words:
        return None
    query = Asked(words)
    named = Attachment.objects.filter(ticket=OuterRef("pk"), name__icontains=value)
    found = Q(words__public=query) & Exists(named.filter(is_public=True))
    return found | Q(words__internal=query) & worked_on_by(user) & Exists(named)


_DAYS = re.compile(r"(\d{1,4})(?:d|日)")
_DATE = re.compile(r"(\d{4})(?:[-/年](\d{1,2})(?:[-/月](\d{1,2})日?|月)?|年)?")


def _span(value: str) -> tuple[date, date] | None:
    """The first day meant and the first day after: of a day, a month or a year."""
    today = timezone.localdate()
    named = {"today": today, "今日": today, "yesterday": today - timedelta(1), "昨日": today - timedelta(1)}
    if value in named:
        return named[value], named[value] + timedelta(1)
    match = _DATE.fullmatch(value)
    if not match:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        if day:
            return date(year, month, day), date(year, month, day) + timedelta(1)
        if month:
            return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
        return date(year, 1, 1), date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        return None


def _moment(field_name: str):
    def start(day: date) -> datetime:
        return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - made aware here

    def find(user: User, value: str) -> Q | None:
        typed = normalise(value)
        if days := _DAYS.fullmatch(typed):
            return Q(**{f"{field_name}__gte": start(timezone.localdate() - timedelta(int(days[1])))})
        sign = re.match("[<>]=?", typed)
        span = _span(typed[sign.end() :].strip() if sign else typed)
        if span is None:
            return None
        first, after = start(span[0]), start(span[1])
        if sign is None:
            return Q(**{f"{field_name}__gte": first, f"{field_name}__lt": after})
        if sign[0] == "<":
            return Q(**{f"{field_name}__lt": first})
        if sign[0] == "<=":
            return Q(**{f"{field_name}__lt": after})
        return Q(**{f"{field_name}__gte": first if sign[0] == ">=" else after})

    def offers(user: User, typed: str) -> Iterable[Value]:
        today = timezone.localdate()
        for value, words in (
            ("today", _("today")), ("7d", _("in the last 7 days")), ("30d", _("in the last 30 days")),
            (f"{today:%Y-%m}", _("this month")), (f">={today:%Y-%m-%d}", _("since a day")),
            (f"<{today:%Y-%m-%d}", _("before a day")),
        ):  # fmt: skip
            if value.startswith(typed):
                yield value, words

    return find, offers, lambda user: ["today", "yesterday"]


def _priority_offers(user: User, typed: str) -> Iterable[Value]:
    return ((f"P{level}", "") for level in (1, 2, 3, 4) if f"p{level}".startswith(normalise(typed)))


FILTERS = (
    Filter(("status", "state", "状態"), gettext_lazy("Status"), *_table(_status_rows), staff=True),
    Filter(
        ("type", "kind", "種類"), gettext_lazy("Type"),
        *_table(lambda: (((value, label), Q(type=value)) for value, label in TicketType.choices)), staff=True,
    ),
    Filter(("priority", "優先度"), gettext_lazy("Priority"), _priority, _priority_offers, lambda user: ["P1"]),
    Filter(("team", "チーム"), gettext_lazy("Team"), *_table(_named_rows(Team, "team"))),
    Filter(("assignee", "担当", "担当者"), gettext_lazy("Assignee"), *_person("assignee")),
    Filter(("requester", "from", "申請者"), gettext_lazy("Requester"), *_person("requester"), staff=True),
    Filter(("service", "サービス"), gettext_lazy("Service"), *_table(_named_rows(Service, "service")), staff=True),
    Filter(("category", "カテゴリ", "カテゴリー"), gettext_lazy("Category"), *_table(_category_rows)),
    Filter(
        ("channel", "経路", "受付経路"), gettext_lazy("Channel"),
        *_table(lambda: (((value, label), Q(channel=value)) for value, label in Channel.choices)),
    ),
    Filter(("tag", "タグ"), gettext_lazy("Tag"), _tag, _tag_offers, lambda user: []),
    Filter(
        ("item", "構成アイテム", "機器"), gettext_lazy("Affected item"), _item, _item_offers, lambda user: []
    ),
    Filter(
        ("file", "添付", "ファイル"), gettext_lazy("File"), _file, lambda user, typed: [], lambda user: [], staff=True
    ),
    Filter(("created", "作成", "作成日"), gettext_lazy("Created"), *_moment("created_at"), staff=True),
    Filter(("updated", "更新", "更新日"), gettext_lazy("Changed"), *_moment("updated_at"), staff=True),
    Filter(
        ("is", "条件"), gettext_lazy("Is"), _is,
        lambda user, typed: _table(lambda: _is_rows(user))[1](user, typed),
        lambda user: _table(lambda: _is_rows(user))[2](user),
    ),
)  # fmt: skip


def filters_for(user: User) -> dict[str, Filter]:
    """The filters that a person has, by each of their names; staff have those of what their own pages show."""
    return {name: each for each in FILTERS if each.staff or user.is_agent for name in each.names}


# --- completion -----------------------------------------------------------------------------------------------------


def completions(user: User, text: str) -> list[tuple[str, str, str]]:
    """What the last word of `text` may become: (whole text, what is put in, what it means), at most eight."""
    text = text[:MOST_LETTERS].translate(_SIGNS)
    head, last = re.fullmatch(r'(.*?)([^\s"]*(?:"[^"]*)?)', text, re.S).groups()  # type: ignore[union-attr]
    minus, last = ("-", last[1:]) if last.startswith("-") else ("", last)
    known = filters_for(user)
    name, colon, typed = last.partition(":")
    if not colon:
        if not last:
            return []
        key = normalise(last)
        starts: dict[int, tuple[str, Filter]] = {}
        for each, found in known.items():
            if each.startswith(key):
                starts.setdefault(id(found), (each, found))
        return [(f"{head}{minus}{each}:", f"{each}:", str(found.label)) for each, found in list(starts.values())][
            :_MOST_OFFERED
        ]
    chosen = known.get(normalise(name))
    if chosen is None:
        return []
    before, comma, typed = typed.lstrip('"').rpartition(",")
    offered = [(value, words) for value, words in chosen.offers(user, typed) if normalise(value) != normalise(typed)]
    return [
        (f"{head}{minus}{name}:{before}{comma}{_quoted(value)} ", f"{name}:{value}", words if words != value else "")
        for value, words in offered[:_MOST_OFFERED]
    ]
