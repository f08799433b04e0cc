"""Actions that say something: a note, a reply, a call of another system, that this may be a major incident."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from incidents.major.actions.proposing import propose_major
from servicedesk.desk.models import ReplyTemplate
from servicedesk.desk.templates import VARIABLES, filled, filled_text
from servicedesk.notify.texts import check_words
from servicedesk.tickets.actions import note, reply
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.workflow import TicketType

from .doing import VIA, Change, Doing, known, refused, team_in, text_in
from .models import Rule, WebhookCall
from .remembering import once
from .webhooks import body_of
from .world import World


def _read_note(given: dict) -> dict:
    text = text_in(given.get("text"), _("Internal note"))
    check_words(text, VARIABLES, field="actions")
    return {"text": text}


def _find_template(code: str, team: str) -> ReplyTemplate | None:
    return once(("template", code, team), lambda: _read_template(code, team))


def _read_template(code: str, team: str) -> ReplyTemplate | None:
    rows = ReplyTemplate.objects.filter(code=code, is_active=True)
    return rows.filter(team__code=team).first() if team else rows.filter(team__isnull=True).first()


def _read_reply(given: dict) -> dict:
    team = team_in(given["team"]) if given.get("team") else ""
    code = text_in(given.get("template"), _("Reply template"), most=20).removeprefix("/")
    if _find_template(code, team) is None:
        rows = (
            ReplyTemplate.objects.filter(is_active=True, team__code=team)
            if team
            else ReplyTemplate.objects.filter(is_active=True, team__isnull=True)
        )
        known(code, rows.values_list("code", flat=True), _("Reply template"))
    return {"template": code, **({"team": team} if team else {})}


def _plan_reply(ticket: Ticket, given: dict, world: World) -> Change | None:
    if not world.is_open(ticket) or _template_for(given, world) is None:
        return None
    return {"reply": given["template"]}


def _template_for(given: dict, world: World) -> ReplyTemplate | None:
    kept = world.__dict__.setdefault("templates", {})
    key = (given["template"], given.get("team", ""))
    if key not in kept:
        kept[key] = _find_template(*key)
    return kept[key]


def _do_reply(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    template = _template_for(given, world)
    if template is not None:
        reply(ticket, by=None, via=VIA, body=filled(template, ticket, None)[0], at=world.at)


def _do_note(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    with override(settings.LANGUAGE_CODE):
        body = filled_text(given["text"], ticket, None)
    note(ticket, by=None, via=VIA, body=body, at=world.at)
    change["note"] = body


def _read_webhook(given: dict) -> dict:
    url = text_in(given.get("url"), _("Address"), most=1000)
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        good = False
    if not good or any(sign.isspace() or not sign.isprintable() for sign in url):
        raise refused(_("This is no address that begins with https:// or http://."), "address")
    return {"url": url}


def _do_webhook(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    WebhookCall.objects.create(rule=rule, ticket=ticket, url=given["url"], body=body_of(rule, ticket))


def _read_major(given: dict) -> dict:
    return {"reason": text_in(given.get("reason"), _("Reason"), most=300, needed=False)}


def _plan_major(ticket: Ticket, given: dict, world: World) -> Change | None:
    if ticket.type != TicketType.INCIDENT or ticket.is_major or not world.is_open(ticket) or world.is_proposed(ticket):
        return None
    return {"major": given["reason"] or world.rule_name}


def _do_major(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    propose_major(ticket, reason=change["major"], by=None, at=world.at)


DOINGS = (
    Doing(
        "note", gettext_lazy("Write an internal note"), ("text",), _read_note, lambda given: given["text"],
        lambda ticket, given, world: {"note": given["text"]}, _do_note,
    ),
    Doing(
        "reply", gettext_lazy("Reply from a template"), ("template", "team"), _read_reply,
        lambda given: given["template"], _plan_reply, _do_reply,
    ),
    Doing(
        "webhook", gettext_lazy("Call another system"), ("url",), _read_webhook, lambda given: given["url"],
        lambda ticket, given, world: {"webhook": given["url"]}, _do_webhook,
    ),
    Doing(
        "propose_major", gettext_lazy("Propose a major incident"), ("reason",), _read_major,
        lambda given: given["reason"] or "–", _plan_major, _do_major,
    ),
)  # fmt: skip
