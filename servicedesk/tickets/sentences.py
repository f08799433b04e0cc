"""Events in words: one sentence per verb, in the reader's language, for the time line and for anything else that tells
people what happened.

An app that records a verb of its own states the sentence for it, once:

    @sentence("convert")
    def _(event, names):
        return _("%(who)s converted this.") % {"who": names.who(event)}

Sentences name people, teams and other tickets through `names`, which reads all of them in a fixed number of queries for
any number of events. A sentence is text and gets escaped, unless it comes from `format_html`.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from html import unescape

from django.db.models import Model
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cmdb.models import Item, Service
from cmdb.queries import visible_items
from servicedesk.people.models import Language, Team, User
from servicedesk.web import formats

from .models import Category, Channel, Impact, Priority, PriorityReason, Ticket, TicketEvent, TicketLink, Urgency
from .queries import visible_tickets
from .tiers import HIERARCHICAL

Sentence = Callable[[TicketEvent, "Names"], str]
_SENTENCES: dict[str, Sentence] = {}
_FIELDS: dict[str, tuple[object, Callable]] = {}


def sentence(*verbs: str):
    """State how the verbs read."""

    def keep(words: Sentence) -> Sentence:
        for verb in verbs:
            _SENTENCES[verb] = words
        return words

    return keep


def field(name: str, label):
    """State what a field of a `change` event is called and how its value reads: `words(value, names)`."""

    def keep(words: Callable) -> Callable:
        _FIELDS[name] = (label, words)
        return words

    return keep


class Names:
    """The people, teams, services, categories and visible tickets that some events mention, read when first needed."""

    def __init__(self, reader: User, events: Iterable[TicketEvent]):
        self.reader = reader
        self._events = list(events)

    def who(self, event: TicketEvent) -> str:
        if event.by is None:
            return _("A rule") if "rule" in event.data else _("The desk")
        return _called(event.by.display_name)

    def person(self, kept: list | None) -> str:
        return self._named(self._people, kept)

    def people(self, event: TicketEvent, name: str) -> list[str]:
        """Those whom a list in the event's data names."""
        return [self.person(kept) for kept in event.data.get(name, [])]

    def team(self, kept: list | None) -> str:
        return self._named(self._teams, kept)

    def service(self, kept: list | None) -> str:
        return self._named(self._services, kept)

    def category(self, kept: list | None) -> str:
        return self._named(self._categories, kept)

    def ticket(self, number: str) -> Ticket | None:
        """The other ticket, or None when the reader may not see it."""
        return self._tickets.get(number)

    def items(self, event: TicketEvent, name: str) -> str:
        """The configuration items that a list in the event's data names, as links while the reader sees them."""
        words = [(self._items.get(pk), number) for pk, number in event.data.get(name, [])]
        return format_html_join(_(", "), "{}", ((_item_anchor(item) if item else number,) for item, number in words))

    def row(self, model: type[Model], code: str):
        """The row of a small table of codes (cause codes …), or None; one query per table."""
        tables = self.__dict__.setdefault("_tables", {})
        if model not in tables:
            tables[model] = {one.code: one for one in model._default_manager.all()}  # type: ignore[attr-defined]
        return tables[model].get(code)

    @staticmethod
    def _named(known: dict, kept: list | None) -> str:
        """Rows that are gone are called what they were called when the event was written."""
        if not kept:
            return _("nobody")
        found = known.get(kept[0])
        return str(found) if found is not None else str(kept[-1])

    def _changed(self, *fields: str) -> set[int]:
        ids = set()
        for event in self._events:
            changes = event.data.get("changes") or {}
            for name in fields:
                for kept in changes.get(name) or ():
                    if isinstance(kept, list) and kept:
                        ids.add(kept[0])
                kept = event.data.get(name)
                if isinstance(kept, list) and kept:
                    ids.add(kept[0])
        return ids

    @cached_property
    def _people(self) -> dict[int, User]:
        ids = self._changed("assignee", "requester", "user", "asked")
        ids |= {
            kept[0]
            for event in self._events
            for name in ("cc", "bcc", "mentions", "users")
            for kept in event.data.get(name, [])
        }
        return User.objects.in_bulk(ids) if ids else {}

    @cached_property
    def _teams(self) -> dict[int, Team]:
        ids = self._changed("team")
        return Team.objects.in_bulk(ids) if ids else {}

    @cached_property
    def _services(self) -> dict[int, Service]:
        ids = self._changed("service")
        return Service.objects.in_bulk(ids) if ids else {}

    @cached_property
    def _categories(self) -> dict[int, Category]:
        ids = self._changed("category")
        return Category.objects.in_bulk(ids) if ids else {}

    @cached_property
    def _items(self) -> dict[int, Item]:
        events = [event for event in self._events if event.verb == "set_items"]
        ids = {pk for event in events for name in ("added", "removed") for pk, _number in event.data.get(name, [])}
        return visible_items(self.reader).in_bulk(ids) if ids else {}

    @cached_property
    def _tickets(self) -> dict[str, Ticket]:
        numbers = {event.data["other"] for event in self._events if event.data.get("other")}
        if not numbers:
            return {}
        rows = visible_tickets(self.reader).filter(number__in=numbers).only("number", "type", "title")
        return {ticket.number: ticket for ticket in rows}


def _called(name: str) -> str:
    """A person's name inside a sentence; Japanese adds さん."""
    return pgettext("person in a sentence", "%(name)s") % {"name": name}


def words_for(event: TicketEvent, names: Names) -> str:
    """The event as a sentence; a verb that nobody has stated shows as it is rather than not at all."""
    words = _SENTENCES.get(event.verb)
    if words is not None:
        return words(event, names)
    return _("%(who)s: %(verb)s") % {"who": names.who(event), "verb": event.verb}


def plain_words_for(event: TicketEvent, names: Names) -> str:
    """The sentence as text, its links as their words: where a line is a link itself, in mails and by API."""
    words = words_for(event, names)
    return unescape(strip_tags(words)) if isinstance(words, SafeString) else words


# What the core records ---------------------------------------------------------------------------------------------


@sentence("open")
def _open(event, names):
    channel = event.data.get("channel", "")
    label = Channel(channel).label if channel in Channel.values else channel
    return _("%(who)s opened this (%(channel)s).") % {"who": names.who(event), "channel": label}


_PLAIN = {
    "accept": gettext_lazy("%(who)s accepted this."),
    "start": gettext_lazy("%(who)s started work."),
    "ask_requester": gettext_lazy("%(who)s asked the requester and waits for the answer."),
    "wait_for_vendor": gettext_lazy("%(who)s waits for a vendor."),
    "wait_until": gettext_lazy("%(who)s waits for a date that was agreed."),
    "resume": gettext_lazy("%(who)s resumed work."),
    "resolve": gettext_lazy("%(who)s resolved this."),
    "close": gettext_lazy("%(who)s closed this."),
    "reopen": gettext_lazy("%(who)s reopened this."),
    "cancel": gettext_lazy("%(who)s cancelled this."),
    "reply": gettext_lazy("%(who)s replied."),
    "note": gettext_lazy("%(who)s wrote an internal note."),
    "take_back": gettext_lazy("%(who)s took the reply back before it was sent."),
    "thank": gettext_lazy("%(who)s thanked the desk."),
    "ask_to_close": gettext_lazy("%(who)s asked for an approval to close this."),
    "send_back": gettext_lazy("%(who)s does not approve closing this yet."),
    "confirm": gettext_lazy("%(who)s said that this is solved."),
    "announce_closing": gettext_lazy("%(who)s told the requester when this closes by itself."),
    "hold_closing": gettext_lazy("%(who)s did not close this by itself: something is missing."),
    "watch": gettext_lazy("%(who)s watches this."),
    "unwatch": gettext_lazy("%(who)s no longer watches this."),
}


@sentence(*_PLAIN)
def _plain(event, names):
    if event.verb == "close" and event.by is None:
        return _("Closed by itself: nobody objected to the solution.")
    if event.verb == "close" and "asked" in event.data:
        asked = names.person(event.data["asked"]) if event.data["asked"] else _("the desk")
        return _("%(who)s approved and closed this; %(asked)s had asked for it.") % {
            "who": names.who(event),
            "asked": asked,
        }
    return _PLAIN[event.verb] % {"who": names.who(event)}


@sentence("assign")
def _assign(event, names):
    changes = event.data.get("changes", {})
    who = names.who(event)
    team = names.team(changes["team"][1]) if changes.get("team") and changes["team"][1] else None
    if "assignee" in changes:
        to = changes["assignee"][1]
        if to is None:
            if team:
                return _("%(who)s gave this to the team %(team)s.") % {"who": who, "team": team}
            return _("%(who)s took this back to the team.") % {"who": who}
        if event.by_id == to[0]:
            return _("%(who)s took this.") % {"who": who}
        person = names.person(to)
        if team:
            return _("%(who)s assigned this to %(person)s (%(team)s).") % {"who": who, "person": person, "team": team}
        return _("%(who)s assigned this to %(person)s.") % {"who": who, "person": person}
    return _("%(who)s gave this to the team %(team)s.") % {"who": who, "team": team or _("nobody")}


@sentence("escalate")
def _escalate(event, names):
    if event.data.get("kind") == HIERARCHICAL:
        whom = _(", ").join(names.people(event, "users"))
        return _("%(who)s escalated this to %(whom)s, who is responsible.") % {"who": names.who(event), "whom": whom}
    team = event.data.get("changes", {}).get("team") or [None, None]
    return _("%(who)s escalated this to %(team)s.") % {"who": names.who(event), "team": names.team(team[1])}


@sentence("de_escalate")
def _de_escalate(event, names):
    team = event.data.get("changes", {}).get("team") or [None, None]
    return _("%(who)s de-escalated this to %(team)s.") % {"who": names.who(event), "team": names.team(team[1])}


@sentence("change")
def _change(event, names):
    parts = list(changed_fields(event, names))
    if not parts:
        return _("%(who)s changed this.") % {"who": names.who(event)}
    return _("%(who)s changed %(what)s.") % {"who": names.who(event), "what": _(", ").join(parts)}


@sentence("apply_matrix")
def _apply_matrix(event, names):
    return _("The priority matrix changed: %(what)s.") % {"what": _(", ").join(changed_fields(event, names))}


@sentence("override_priority")
def _override_priority(event, names):
    changes = event.data.get("changes", {})
    reason = (changes.get("priority_reason") or [None, None])[1]
    priority = changes.get("priority")
    if reason in (PriorityReason.MATRIX, PriorityReason.SERVICE):
        text = _("%(who)s gave the priority back to the matrix.")
    elif priority:
        return _("%(who)s set the priority by hand: P%(before)s → P%(after)s.") % {
            "who": names.who(event),
            "before": priority[0],
            "after": priority[1],
        }
    else:
        text = _("%(who)s set the priority by hand.")
    return text % {"who": names.who(event)}


@sentence("bounce")
def _bounce(event, names):
    whom = names.person(event.data.get("user"))
    return _("A mail to %(whom)s could not be delivered: the address does not work.") % {"whom": whom}


@sentence("add_watcher")
def _add_watcher(event, names):
    whom = _called(names.person(event.data.get("user")))
    return _("%(who)s lets %(whom)s watch this.") % {"who": names.who(event), "whom": whom}


@sentence("tell")
def _tell(event, names):
    whom = _(", ").join(names.people(event, "users"))
    parts = {"who": names.who(event), "whom": whom, "says": event.data.get("says")}
    if parts["says"]:
        return _("%(who)s told %(whom)s of this: “%(says)s”") % parts
    return _("%(who)s told %(whom)s of this.") % parts


@sentence("share")
def _share(event, names):
    return _("%(who)s shared this with %(whom)s.") % {"who": names.who(event), "whom": _shared(event, names)}


@sentence("unshare")
def _unshare(event, names):
    return _("%(who)s stopped sharing this with %(whom)s.") % {"who": names.who(event), "whom": _shared(event, names)}


def _shared(event, names) -> str:
    if event.data.get("user"):
        return _called(names.person(event.data["user"]))
    return names.team(event.data.get("team"))


@sentence("link", "unlink")
def _link(event, names):
    kind = event.data.get("kind", "")
    backward = event.data.get("backward")
    if kind not in TicketLink.Kind.values:
        label = kind
    else:
        label = TicketLink.BACKWARD[TicketLink.Kind(kind)] if backward else TicketLink.Kind(kind).label
    other = names.ticket(event.data.get("other", ""))
    if other is None:
        text = (
            _("%(who)s linked this with a ticket that you cannot see.")
            if event.verb == "link"
            else _("%(who)s removed a link to a ticket that you cannot see.")
        )
        return text % {"who": names.who(event)}
    text = (
        _("%(who)s linked this: %(kind)s %(other)s.")
        if event.verb == "link"
        else _("%(who)s removed a link: %(kind)s %(other)s.")
    )
    return _safely(text, who=names.who(event), kind=label, other=_anchor(other))


_ITEMS = {
    (True, False): gettext_lazy("%(who)s named what this is about: %(added)s."),
    (False, True): gettext_lazy("%(who)s took affected items away: %(removed)s."),
    (True, True): gettext_lazy("%(who)s changed the affected items. Added: %(added)s. Taken away: %(removed)s."),
}


@sentence("snooze")
def _snooze(event, names):
    until = event.data.get("until")
    if until is None:
        return _("%(who)s snoozed this until the requester writes.") % {"who": names.who(event)}
    return _("%(who)s snoozed this until %(when)s.") % {"who": names.who(event), "when": moment(until, names)}


@sentence("wake")
def _wake(event, names):
    if event.by is None:
        return _("The snooze is over.")
    if event.data.get("wrote"):
        return _("%(who)s wrote, which ended the snooze.") % {"who": names.who(event)}
    return _("%(who)s ended the snooze.") % {"who": names.who(event)}


@sentence("set_items")
def _set_items(event, names):
    added, removed = (names.items(event, name) for name in ("added", "removed"))
    return _safely(_ITEMS[bool(added), bool(removed)], who=names.who(event), added=added, removed=removed)


def _item_anchor(item: Item) -> str:
    address = reverse("cmdb:item", args=[item.pk])
    return format_html('<a href="{}" title="{}">{}</a>', address, item.name, item.number)


@sentence("answer_from_outside")
def _answer_from_outside(event, names):
    if entry := event.data.get("entry"):
        return _("Answer from %(entry)s, by %(who)s.") % {"entry": entry[1], "who": names.who(event)}
    return _("%(who)s answered a mail of ours without seeing the ticket.") % {"who": names.who(event)}


@sentence("forward")
def _forward(event, names):
    whom = _(", ").join(names.people(event, "bcc"))
    return _("%(who)s forwarded this to %(whom)s.") % {"who": names.who(event), "whom": whom}


_BETWEEN = {
    ("merge", False): gettext_lazy("%(who)s merged this into %(other)s."),
    ("merge", True): gettext_lazy("%(who)s merged %(other)s into this."),
    ("unmerge", False): gettext_lazy("%(who)s separated this from %(other)s again."),
    ("unmerge", True): gettext_lazy("%(who)s separated %(other)s from this again."),
    ("move_message", False): gettext_lazy("%(who)s moved a message from here to %(other)s."),
    ("move_message", True): gettext_lazy("%(who)s moved a message here from %(other)s."),
}


@sentence("merge", "unmerge", "move_message")
def _between(event, names):
    text = _BETWEEN[event.verb, bool(event.data.get("backward"))]
    other = names.ticket(event.data.get("other", ""))
    return _safely(text, who=names.who(event), other=_anchor(other) if other else _("a ticket that you cannot see"))


def _anchor(ticket: Ticket) -> str:
    return format_html('<a href="{}" title="{}">{}</a>', ticket.get_absolute_url(), ticket.title, ticket.number)


def _safely(text: str, **parts) -> str:
    """Fill a translated sentence with parts that are escaped unless they are safe already."""
    for name in parts:
        text = text.replace(f"%({name})s", "{" + name + "}")
    return format_html(text, **parts)


@sentence("log_work")
def _log_work(event, names):
    minutes = event.data.get("minutes") or 0
    return _("%(who)s logged %(time)s of work.") % {"who": names.who(event), "time": formats.duration(minutes)}


def _day(text: str) -> str:
    day = parse_date(text or "")
    return formats.exact(day) if day else text


@sentence("change_work")
def _change_work(event, names):
    changes, words = event.data.get("changes", {}), []
    for name, read in (("minutes", formats.duration), ("worked_on", _day)):
        if name in changes:
            words.append(" → ".join(map(read, changes[name])))
    if "note" in changes:
        words.append(_("note"))
    return _("%(who)s corrected their work time of %(day)s (%(what)s).") % {
        "who": names.who(event),
        "day": _day(event.data.get("worked_on")),
        "what": _(", ").join(words),
    }


@sentence("delete_work")
def _delete_work(event, names):
    return _("%(who)s deleted their work time of %(day)s (%(time)s).") % {
        "who": names.who(event),
        "day": _day(event.data.get("worked_on")),
        "time": formats.duration(event.data.get("minutes") or 0),
    }


@sentence("run_macro")
def _run_macro(event, names):
    return _("%(who)s ran the macro “%(name)s”.") % {"who": names.who(event), "name": event.data["macro"][1]}


@sentence("plan_call_back")
def _plan_call_back(event, names):
    parts = {"who": names.who(event), "when": moment(event.data.get("due_at"), names)}
    if event.data.get("team"):
        text = _("%(who)s promised a call-back by the team %(team)s: %(when)s.")
        return text % (parts | {"team": names.team(event.data["team"])})
    user = event.data.get("user") or [event.by_id]
    if user[0] == event.by_id:
        return _("%(who)s promised to call back: %(when)s.") % parts
    return _("%(who)s promised a call-back by %(person)s: %(when)s.") % (parts | {"person": names.person(user)})


@sentence("call_back_due")
def _call_back_due(event, names):
    parts = {"when": moment(event.data.get("due_at"), names)}
    if event.data.get("team"):
        parts["team"] = names.team(event.data["team"])
        return _("The call-back by the team %(team)s is due: %(when)s.") % parts
    parts["person"] = names.person(event.data["user"])
    return _("The call-back by %(person)s is due: %(when)s.") % parts


@sentence("finish_call_back")
def _finish_call_back(event, names):
    return _("%(who)s called back and reached them.") % {"who": names.who(event)}


@sentence("miss_call_back")
def _miss_call_back(event, names):
    parts = {"who": names.who(event), "when": moment(event.data.get("due_at"), names)}
    return _("%(who)s called back and reached nobody; again: %(when)s.") % parts


@sentence("cancel_call_back")
def _cancel_call_back(event, names):
    return _("%(who)s struck a call-back out: it is no longer needed.") % {"who": names.who(event)}


# Fields of a change -------------------------------------------------------------------------------------------------


def changed_fields(event: TicketEvent, names: Names) -> Iterable[str]:
    """`urgency: 3 → 1` for each field of the event; of people's own words only that they changed."""
    for name, pair in (event.data.get("changes") or {}).items():
        label, words = _FIELDS.get(name, (name, None))
        if name in _SILENT:
            continue
        if not isinstance(pair, list) or len(pair) != 2:
            yield str(label)
            continue
        before, after = (words(value, names) if words else _value(value) for value in pair)
        yield _("%(field)s: %(before)s → %(after)s") % {"field": label, "before": before, "after": after}


# These follow from others and would only repeat them.
_SILENT = frozenset({"response_due_at", "priority_reason", "priority_note"})


def _value(value) -> str:
    if value is None or value == "":
        return _("none")
    if value is True:
        return _("yes")
    if value is False:
        return _("no")
    return str(value)


def _choice(choices):
    def words(value, names):
        return str(choices(value).label) if value in choices.values else _value(value)

    return words


for _name, _label, _words in (
    ("title", gettext_lazy("title"), None),
    ("description", gettext_lazy("description"), None),
    ("resolution", gettext_lazy("resolution"), None),
    ("impact", gettext_lazy("impact"), _choice(Impact)),
    ("urgency", gettext_lazy("urgency"), _choice(Urgency)),
    ("priority", gettext_lazy("priority"), _choice(Priority)),
    ("language", gettext_lazy("language"), _choice(Language)),
    ("is_confidential", gettext_lazy("confidential"), None),
    ("is_major", gettext_lazy("major incident"), None),
    ("service", gettext_lazy("service"), lambda kept, names: names.service(kept) if kept else _value(None)),
    ("category", gettext_lazy("category"), lambda kept, names: names.category(kept) if kept else _value(None)),
    ("requester", gettext_lazy("requester"), lambda kept, names: names.person(kept)),
    ("assignee", gettext_lazy("assignee"), lambda kept, names: names.person(kept)),
    ("team", gettext_lazy("team"), lambda kept, names: names.team(kept)),
    ("tags", gettext_lazy("tags"), lambda kept, names: _(", ").join(kept) if kept else _value(None)),
):
    field(_name, _label)(_words)


@field("due_at", gettext_lazy("due"))
def moment(value, names):
    """A moment as events keep it."""
    parsed = parse_datetime(value) if isinstance(value, str) else None
    return formats.exact(parsed) if parsed else _value(value)
