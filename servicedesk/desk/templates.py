"""Reply templates: written in the settings, filled with what a ticket says."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.notify.texts import VARIABLES as OF_MAILS
from servicedesk.notify.texts import Values, check_words, fill
from servicedesk.people.actions.core import allow, audit, changed_fields, keep, lock, plain
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from servicedesk.web.formats import exact
from servicedesk.web.middleware import speaking_to
from servicedesk.web.text import katakana, search_key

from .models import ReplyTemplate, Shared
from .queries import teams_to_share_with, usable_templates

FIELDS = ("name", "code", "team", "owner", "body_ja", "body_en", "is_active")
VARIABLES: dict[str, Promise] = {
    "requester": OF_MAILS["requester"],
    "agent": gettext_lazy("Name of whoever writes"),
    "number": OF_MAILS["number"],
    "title": OF_MAILS["title"],
    "status": OF_MAILS["status"],
    "team": OF_MAILS["team"],
    "service": gettext_lazy("Service of the ticket"),
    "due": gettext_lazy("By when it is to be solved"),
    "link": gettext_lazy("Address of the ticket's page"),
}


@transaction.atomic
def create_template(*, by: User, via: str, **fields: Any) -> ReplyTemplate:
    """Make a template; its owner is whoever makes it unless said otherwise.

    Refuses what has no text, an unknown variable, a code that is taken, and a team (or all) that one does not decide
    for.
    """
    check(by, "templates.change")
    allow(fields, FIELDS)
    template = ReplyTemplate()
    changed_fields(template, {"owner": by} | fields)
    _keep(template, by)
    given = {name: [None, plain(value)] for name, value in fields.items() if value not in (None, "")}
    audit(template, "create", by=by, via=via, changes=given)
    return template


@transaction.atomic
def change_template(template: ReplyTemplate, *, by: User, via: str, **fields: Any) -> ReplyTemplate:
    """Change a template; refuses as `create_template`."""
    allow(fields, FIELDS)
    lock(template)
    check(by, "templates.change", template)
    changes = changed_fields(template, fields)
    if changes:
        _keep(template, by)
        audit(template, "change", by=by, via=via, changes=changes)
    return template


def _keep(template: ReplyTemplate, by: User) -> None:
    template.code = search_key(template.code).removeprefix("/")
    if not template.code or " " in template.code:
        raise Refused(_("A short code has no blanks: it is typed after a slash."), field="code")
    for name in ("body_ja", "body_en"):
        setattr(template, name, getattr(template, name).strip())
        check_words(getattr(template, name), VARIABLES, field=name)
    if not template.body_ja and not template.body_en:
        raise Refused(_("Write the text in at least one language."), field="body_ja")
    check_place(template, by)
    keep(template, taken=_("The code “%(code)s” is taken.") % {"code": template.code}, field="code")


def check_place(row: Shared, by: User) -> None:
    """Refuses a team (or none: all) that the person does not decide for, and an owner who is no agent."""
    if not by.is_administrator and (row.team is None or row.team not in teams_to_share_with(by)):
        raise Refused(_("Choose a team that you lead. What is for all is for administrators."), field="team")
    if row.owner is not None and not (row.owner.is_agent or row.owner.is_administrator):
        raise Refused(
            _("%(name)s does not work on tickets.") % {"name": row.owner.display_name}, field="owner"
        )  # fmt: skip


def filled(template: ReplyTemplate, ticket: Ticket | None, by: User | None, language: str = "") -> tuple[str, str]:
    """(text, language) of a template for a ticket, in the ticket's language when there is one of it; without a ticket
    with made-up values. `by` None: the desk itself writes, in a ticket.
    """
    reader = ticket.requester if ticket else by
    body, language = template.body_in(language or (ticket.language if ticket else by.language if by else ""))
    with speaking_to(reader, language):
        return filled_text(body, ticket, by), language


def began_from(given: int | str, ticket: Ticket, by: User, body: str) -> list | None:
    """[id, name] of the template that a reply began from, when the writer may use it and half of what it says, filled
    for the ticket, still stands there; else None. `given` is what the page put beside the text, its id, or what a
    program says, its code, which is refused (field template) when there is none.
    """
    rows = usable_templates(by)
    if isinstance(given, str):
        code = search_key(given).removeprefix("/")
        found = rows.filter(code=code).order_by(F("team").asc(nulls_last=True)).first()
        if found is None:
            raise Refused(_("There is no reply template “%(code)s”.") % {"code": code[:40]}, field="template")
    else:
        found = rows.filter(pk=given).first()
    return [found.pk, found.name] if found and _resembles(body, found, ticket, by) else None


def _resembles(body: str, template: ReplyTemplate, ticket: Ticket, by: User) -> bool:
    """By groups of three letters, so that order, blanks and what was added make no difference, in any language."""
    there = _threes(body)
    for language in {template.body_in(one)[1] for one in ("ja", "en")}:
        put = _threes(filled(template, ticket, by, language)[0])
        if put and 2 * len(put & there) >= len(put):
            return True
    return False


def _threes(text: str) -> set[str]:
    letters = "".join(katakana(search_key(text)).split())
    return {letters[at : at + 3] for at in range(max(1, len(letters) - 2))} - {""}


def filled_text(body: str, ticket: Ticket | None, by: User | None) -> str:
    """A text with its variables filled, in the language that is set."""
    return fill(body, _values(ticket, by) if ticket else _example(by))[0].strip()


def _values(ticket: Ticket, by: User | None) -> Values:
    return {
        "requester": lambda: ticket.requester.display_name,
        "agent": lambda: by.display_name if by else str(ticket.team or _("Service desk")),
        "number": lambda: ticket.number,
        "title": lambda: ticket.title,
        "status": lambda: ticket.plain_status,
        "team": lambda: str(ticket.team or ""),
        "service": lambda: str(ticket.service or ""),
        "due": lambda: exact(ticket.due_at),
        "link": lambda: settings.SITE_URL + reverse("tickets:detail", args=[ticket.number]),
    }


def _example(by: User | None) -> Values:
    said = {
        "requester": _("Hanako Yamada"),
        "agent": by.display_name if by else _("Service desk"),
        "number": "INC0000123",
        "title": _("The printer on the third floor jams"),
        "status": _("Work in progress"),
        "team": _("Service desk"),
        "service": _("Printing"),
        "due": exact(timezone.now() + timedelta(hours=8)),
        "link": settings.SITE_URL + reverse("tickets:detail", args=["INC0000123"]),
    }
    return {name: partial(str, value) for name, value in said.items()}
