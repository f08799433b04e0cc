"""Texts of mails with variables, and how they are filled.

A text is lines with `{variables}`. A line all of whose variables are empty is left out, so that a text needs no
conditions. Every variable is put in once and never looked at again: what people write in a ticket stays as they wrote
it, braces too. Nothing is evaluated.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.web.errors import Refused
from servicedesk.web.formats import plain

MOST_LETTERS = 5_000

VARIABLES: dict[str, Promise] = {
    "recipient": gettext_lazy("Name of whoever gets the mail"),
    "number": gettext_lazy("Number of the ticket"),
    "title": gettext_lazy("Title of the ticket"),
    "status": gettext_lazy("Status in plain words"),
    "link": gettext_lazy("Address of the ticket's page; empty for guests"),
    "team": gettext_lazy("Team of the ticket"),
    "by": gettext_lazy("Name of whoever did it; empty when the desk itself did"),
    "signature": gettext_lazy("The signature of the team"),
    "next_step": gettext_lazy("What happens next"),
    "target": gettext_lazy("By when it happens"),
    "due": gettext_lazy("By when it is solved, when that is another time"),
    "message": gettext_lazy("The reply itself"),
    "files": gettext_lazy("Names of the attached files"),
    "resolution": gettext_lazy("How it was solved"),
    "closes_at": gettext_lazy("When it closes by itself"),
    "requester": gettext_lazy("Name of the requester"),
    "priority": gettext_lazy("Priority of the ticket"),
    "description": gettext_lazy("Description of the ticket"),
    "forwarded": gettext_lazy("The message that is forwarded"),
    "successor": gettext_lazy("Number under which it goes on"),
    "whom": gettext_lazy("Whom to call"),
    "phone": gettext_lazy("Telephone number to call"),
    "call_at": gettext_lazy("When the call was promised"),
    "about": gettext_lazy("What to tell or to ask"),
    "what_happened": gettext_lazy("What has happened, in a sentence"),
    "items": gettext_lazy("What has happened, a line for each"),
    "notices": gettext_lazy("Address of the page of notices"),
    "mail": gettext_lazy("Address of the page of the mail"),
    "mailbox": gettext_lazy("Name of the mailbox that the mail came to"),
    "entry": gettext_lazy("Name of the vendor or whoever else is asked"),
    "contract": gettext_lazy("Number of the support contract"),
    "devices": gettext_lazy("Affected items"),
    "page": gettext_lazy("Address of the page that it is about"),
    "outage": gettext_lazy("What is disturbed, in words for everybody"),
    "state": gettext_lazy("How it stands, in a few words"),
    "update": gettext_lazy("The update, in the reader's language where there is one"),
    "next_update": gettext_lazy("When the next update comes"),
    "outage_link": gettext_lazy("Address of the page of the outage"),
    "major_link": gettext_lazy("Address of the page of those who handle the major incident"),
    "role": gettext_lazy("Role in the task force"),
    "update_at": gettext_lazy("When the update was due"),
    "action": gettext_lazy("What was agreed to be done"),
    "action_at": gettext_lazy("The day until which it was to be done"),
    "rating": gettext_lazy(
        "The question how satisfied one was, with a link for each mark; empty for whoever is not asked"
    ),
    "mark": gettext_lazy("The mark, from 1 to 5"),
    "words": gettext_lazy("What was said with the mark"),
    "survey": gettext_lazy("Title of the survey"),
    "intro": gettext_lazy("Introduction of the survey"),
    "until": gettext_lazy("Last day of the survey"),
    "survey_link": gettext_lazy("Address where the survey is answered; it works once"),
    "anonymous": gettext_lazy("Whether answers are anonymous, in a sentence"),
    "month": gettext_lazy("The month of the report"),
    "sentences": gettext_lazy("What the month means, a sentence on each line"),
}
_EVERYWHERE = ("recipient", "number", "title", "status", "link", "team", "by")


@dataclass(frozen=True)
class Text:
    """What a text is for, which variables it may have beside those of all, and which it must have."""

    label: str | Promise
    group: str
    more: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def of_a_ticket(self) -> bool:
        """Whether it stands before the end that names the ticket."""
        return self.group != OTHERS

    @property
    def variables(self) -> tuple[str, ...]:
        return (*(_EVERYWHERE if self.of_a_ticket else ("recipient", "signature")), *self.more)


SHARED, REQUESTER, DESK, OUTSIDE, OTHERS = "shared", "requester", "desk", "outside", "others"
GROUPS = {
    SHARED: gettext_lazy("In every mail"),
    REQUESTER: gettext_lazy("To requesters"),
    DESK: gettext_lazy("To those who work at the desk"),
    OUTSIDE: gettext_lazy("To vendors and others outside"),
    OTHERS: gettext_lazy("About no single ticket"),
}
_STEPS = ("next_step", "target", "due")
TEXTS: dict[str, Text] = {
    "top": Text(gettext_lazy("Beginning"), SHARED),
    "bottom": Text(gettext_lazy("End"), SHARED, ("signature",)),
    "signature": Text(pgettext_lazy("mail", "Signature"), SHARED),
    "receipt": Text(gettext_lazy("Receipt"), REQUESTER, _STEPS, ("number",)),
    "receipt_for": Text(gettext_lazy("Receipt for what somebody entered for them"), REQUESTER, _STEPS, ("number",)),
    "reply": Text(gettext_lazy("Reply"), REQUESTER, ("message", "files"), ("message",)),
    "resolved": Text(pgettext_lazy("mail", "Resolution"), REQUESTER, ("resolution", "closes_at"), ("resolution",)),
    "resolved_others": Text(
        gettext_lazy("Resolution, to those who watch"), REQUESTER, ("resolution",), ("resolution",)
    ),
    "reopened": Text(gettext_lazy("Taken up again"), REQUESTER),
    "closes": Text(gettext_lazy("Closes soon"), REQUESTER, ("resolution", "closes_at"), ("closes_at",)),
    "closed": Text(gettext_lazy("Closing"), REQUESTER, ("rating",)),
    "cancelled": Text(gettext_lazy("Withdrawal"), REQUESTER),
    "converted": Text(gettext_lazy("Goes on under another number"), REQUESTER, ("successor",), ("successor",)),
    "forwarded": Text(
        gettext_lazy("Forwarded message"), REQUESTER, ("message", "files", "forwarded"), ("message", "forwarded")
    ),
    "assigned": Text(gettext_lazy("Assignment"), DESK, ("requester", "priority", "due", "description")),
    "reopened_desk": Text(gettext_lazy("Reopened, to the desk"), DESK, ("requester",)),
    "cancelled_desk": Text(gettext_lazy("Withdrawn, to the desk"), DESK, ("requester",)),
    "mentioned": Text(gettext_lazy("Mention"), DESK, ("message", "files", "requester"), ("message",)),
    "thanks": Text(gettext_lazy("Thanks"), DESK, ("message", "requester")),
    "team": Text(gettext_lazy("Ticket for a team"), DESK, ("requester", "priority", "due", "description")),
    "outside": Text(gettext_lazy("Answer from outside"), DESK, ("message", "files", "requester"), ("message",)),
    "target": Text(
        gettext_lazy("Target near or missed"),
        DESK,
        ("what_happened", "requester", "priority", "due"),
        ("what_happened",),
    ),
    "bounced": Text(gettext_lazy("Not delivered to the requester"), DESK, ("requester",)),
    "told": Text(gettext_lazy("Word from a rule"), DESK, ("about", "requester", "priority", "due", "description")),
    "escalated": Text(
        gettext_lazy("Escalation to whoever is responsible"),
        DESK,
        ("what_happened", "message", "requester", "priority", "due"),
        ("message",),
    ),
    "callback": Text(
        gettext_lazy("Call-back due"), DESK, ("whom", "phone", "call_at", "about", "requester"), ("whom",)
    ),
    "approval": Text(gettext_lazy("Approval to close"), DESK, ("requester", "priority", "resolution")),
    "sent_back": Text(gettext_lazy("Closing not approved"), DESK, ("message", "requester"), ("message",)),
    "confirmed": Text(gettext_lazy("Confirmed by the requester"), DESK, ("requester",)),
    "held_back": Text(gettext_lazy("Not closed by itself"), DESK, ("requester", "priority")),
    "awake": Text(gettext_lazy("Back from a snooze"), DESK, ("requester", "priority", "due")),
    "stale": Text(gettext_lazy("Stale tickets"), OTHERS, ("items",), ("items",)),
    "to_outside": Text(
        gettext_lazy("Escalation outside"), OUTSIDE, ("entry", "contract", "devices", "requester", "priority")
    ),
    "known": Text(gettext_lazy("Report of what is known"), REQUESTER, ("outage", "outage_link"), ("outage_link",)),
    "force": Text(gettext_lazy("Call into a task force"), DESK, ("role", "major_link"), ("role", "major_link")),
    "update_due": Text(
        gettext_lazy("An update of an outage is due"), DESK, ("update_at", "major_link"), ("update_at", "major_link")
    ),
    "action": Text(
        gettext_lazy("An action of a post-mortem for somebody"),
        DESK,
        ("action", "action_at", "major_link"),
        ("action",),
    ),
    "action_due": Text(
        gettext_lazy("An action of a post-mortem is due"), DESK, ("action", "action_at", "major_link"), ("action",)
    ),
    "low_mark": Text(gettext_lazy("Low rating"), DESK, ("mark", "words", "requester"), ("mark",)),
    "survey": Text(
        gettext_lazy("Survey"), OTHERS, ("survey", "intro", "until", "survey_link", "anonymous"), ("survey_link",)
    ),
    "survey_due": Text(
        gettext_lazy("Reminder of a survey"), OTHERS, ("survey", "until", "survey_link", "anonymous"), ("survey_link",)
    ),
    "outage": Text(
        gettext_lazy("How a known outage stands"),
        OTHERS,
        ("outage", "state", "update", "next_update", "outage_link"),
        ("update", "outage_link"),
    ),
    "assigned_mail": Text(gettext_lazy("A mail to look at"), OTHERS, ("by", "mailbox", "mail"), ("mail",)),
    "digest": Text(gettext_lazy("Daily summary"), OTHERS, ("items", "notices"), ("items",)),
    "reminder": Text(gettext_lazy("Reminder"), OTHERS, ("about", "page"), ("about", "page")),
    "report": Text(gettext_lazy("Monthly report"), OTHERS, ("month", "sentences", "page"), ("month", "page")),
}

_VARIABLE = re.compile(r"\{([a-z_]{1,30})\}")
_RULE = re.compile(r"^[-=_\u2500\u2501\u2015]{4,}$")


@dataclass(frozen=True)
class Value:
    """What stands for a variable: as plain text, and as HTML where its own looks differ from escaped text."""

    text: str
    html: str | SafeString = ""


Values = Mapping[str, Callable[[], str | Value]]


def check_text(key: str, body: str) -> None:
    """Refuses a text that is too long, has a variable that does not exist, or lacks one that it must have."""
    allowed, needed = TEXTS[key].variables, TEXTS[key].needs
    check_words(body, allowed)
    for name in needed:
        if f"{{{name}}}" not in body:
            raise Refused(
                _("{%(name)s} (%(meaning)s) must stand in this text.") % {"name": name, "meaning": VARIABLES[name]},
                field="body",
                code="missing_variable",
            )


def check_words(body: str, allowed: Collection[str], field: str = "body") -> None:
    """Refuses a text that is too long, and a variable that is not allowed, with the nearest that is."""
    if len(body) > MOST_LETTERS:
        raise Refused(
            _("The text has %(count)d letters; at most %(most)d are possible.")
            % {"count": len(body), "most": MOST_LETTERS},
            field=field,
        )
    for name in dict.fromkeys(_VARIABLE.findall(body)):
        if name in allowed:
            continue
        near = get_close_matches(name, allowed, 1)
        if near:
            sentence = _("There is no {%(name)s} here. Did you mean {%(near)s}?") % {"name": name, "near": near[0]}
        else:
            sentence = _("There is no {%(name)s} here. Choose from the list beside the text.") % {"name": name}
        raise Refused(sentence, field=field, code="unknown_variable")


def fill(source: str, values: Values) -> tuple[str, SafeString]:
    """(plain text, HTML) of a text. Each variable that stands in it is asked for once."""
    asked: dict[str, Value] = {}

    def value(name: str) -> Value:
        if name not in asked:
            given = values[name]() if name in values else ""
            asked[name] = given if isinstance(given, Value) else Value(str(given))
        return asked[name]

    rows: list[str] = []
    html: list[str] = []
    paragraph: list[str] = []

    def end_paragraph() -> None:
        if paragraph:
            html.append("<p>" + "<br>\n".join(paragraph) + "</p>")
            paragraph.clear()

    for row in source.replace("\r\n", "\n").split("\n"):
        names = _VARIABLE.findall(row)
        if names and not any(value(name).text for name in names):
            continue
        filled = _VARIABLE.sub(lambda found: value(found[1]).text, row).rstrip()
        if filled or (rows and rows[-1]):
            rows.append(filled)
        alone = value(names[0]).html if len(names) == 1 and row.strip() == f"{{{names[0]}}}" else ""
        if alone:
            end_paragraph()
            html.append(f"<div>{alone}</div>")
        elif _RULE.match(filled):
            end_paragraph()
            html.append("<hr>")
        elif filled.strip():
            paragraph.append(plain(filled))
        else:
            end_paragraph()
    end_paragraph()
    return "\n".join(rows).strip() + "\n", mark_safe("\n".join(html))  # noqa: S308 – `plain` escapes, values are safe
