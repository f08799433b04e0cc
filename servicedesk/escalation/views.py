"""Pages of business rules: the list, a rule with what it did, what to look at, and why something happened."""

import json
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.sentences import Names, words_for
from servicedesk.tickets.views.answers import require
from servicedesk.web.access import needs
from servicedesk.web.editing import does
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from . import conditions, doings, triggers
from .actions import change_rule, move_rule
from .documents import differences, trouble_of, whole_of
from .models import Rule
from .queries import calls_not_sent, findings, firings, get_rule, months, reason_for, rules, versions
from .remembering import remembering

PAGE_SIZE = 20


@needs("rules.see")
@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """All rules in the order in which they are asked."""
    with remembering():
        rows = [_line(rule) for rule in rules()]
    context = {"rows": rows, "findings": len(list(findings()))}
    return page(request, "escalation/rules.html", context, fragment="escalation/_rules.html")


def _line(rule: Rule) -> dict:
    trigger = triggers.words_of(rule.document["trigger"])
    return {"rule": rule, "trigger": trigger, "does": _does(rule), "trouble": trouble_of(rule)}


def _does(rule: Rule) -> list[str]:
    return [doings.words_of(one) for one in rule.document["actions"]]


@needs("rules.see")
@require_safe
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """What a rule does, what it did, and how it came to be as it is."""
    found = get_rule(pk)
    keyset = KeysetPage.of(request, firings(request.user, found), ["-at", "-id"], size=PAGE_SIZE)
    with remembering():
        context = _all_about(found, keyset)
    return page(request, "escalation/rule.html", context)


def _all_about(found: Rule, keyset: KeysetPage) -> dict:
    return {
        "rule": found,
        "trigger": triggers.words_of(found.document["trigger"]),
        "conditions": list(conditions.lines_of(found.document["conditions"])),
        "does": _does(found),
        "trouble": trouble_of(found),
        "months": months(found),
        "keyset": keyset,
        "rows": list(zip(keyset.rows, doings.all_words(firing.changes for firing in keyset), strict=True)),
        "versions": _with_differences(found),
        "calls": calls_not_sent(found)[:10],
        "has_webhook": any(one["do"] == "webhook" for one in found.document["actions"]),
    }


def _with_differences(found: Rule) -> list[tuple]:
    """(version, what differs from the one before)"""
    rows = list(versions(found)[:51])
    pairs = [(one, list(differences(before.whole, one.whole))) for one, before in zip(rows, rows[1:], strict=False)]
    return [*pairs, (rows[-1], [])] if rows and len(rows) < 51 else pairs


@needs("rules.see")
@require_safe
def rule_findings(request: HttpRequest) -> HttpResponse:
    return page(request, "escalation/findings.html", {"findings": list(findings())})


@needs("rules.see")
@require_safe
def export(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One rule, or all, as JSON."""
    chosen = get_rule(pk) if pk is not None else None
    found = whole_of(chosen) if chosen else [whole_of(each) for each in rules()]
    answer = HttpResponse(json.dumps(found, ensure_ascii=False, indent=2) + "\n", content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{f"rule-{pk}" if chosen else "rules"}.json"'
    return answer


@needs("rules.change")
@require_POST
def rule_move(request: HttpRequest, pk: int) -> HttpResponse:
    """To a place, or one up or down."""
    found, given = get_rule(pk), request.POST.get("place", "")
    before = list(Rule.objects.order_by("place", "id").values_list("pk", flat=True)).index(pk) + 1
    steps = {"up": before - 1, "down": before + 1}
    place = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else steps.get(given, before)
    move = partial(move_rule, found, place, by=request.user, via="page")
    return does(request, move, to=reverse("escalation:rules"), message=_("The order is changed."))


@needs("rules.change")
@require_POST
def rule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """On or off."""
    found = get_rule(pk)
    document = whole_of(found) | {"is_active": not found.is_active}
    switch = partial(change_rule, found, by=request.user, via="page", document=document)
    said = _("The rule is switched off.") if found.is_active else _("The rule is switched on.")
    return does(request, switch, to=reverse("escalation:rule", args=[pk]), message=said)


@needs("tickets.work")
@require_safe
def why(request: HttpRequest, number: str, event: int) -> HttpResponse:
    """Why something happened to a ticket: which rule, which version, and the conditions as they stood."""
    ticket = get_ticket(request.user, number)
    require(request, "tickets.note", ticket)
    found, firing = reason_for(ticket, event)
    context = {"ticket": ticket, "event": found, "firing": firing}
    if found is not None and firing is not None:
        names = Names(request.user, [found, firing.event] if firing.event else [found])
        context |= {
            "words": words_for(found, names),
            "set_off": words_for(firing.event, names) if firing.event else "",
            "trigger": triggers.words_of(firing.version.whole["trigger"]),
            "held": [(conditions.words_of(one["leaf"]), one["held"], conditions.now_words(one)) for one in firing.held],
            "lines": list(conditions.lines_of(firing.version.whole["conditions"])),
            "changes": doings.all_words([firing.changes])[0],
        }
    return page(request, "escalation/why.html", context)
