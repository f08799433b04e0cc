"""Writes on rules: every change is a version with who and why."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import audit, hold, keep, lock
from servicedesk.people.jobs import start_job
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused
from servicedesk.web.text import one_line

from .documents import PARTS, read, whole_of
from .models import Rule, RuleVersion
from .trial import MOST_DAYS

MOST_RULES = 500


@transaction.atomic
def create_rule(
    *, by: User, via: str, document: Any, owner: User | None = None, why: str = "", at: datetime | None = None
) -> Rule:
    """Make a rule, the last in order; its owner is whoever makes it unless said otherwise. It looks at what happens
    from now on. Refuses what `documents.read` refuses, a name that is taken, and more than 500 rules. `at` is for demo
    content.
    """
    check(by, "rules.change")
    hold()
    whole = read(document)
    if Rule.objects.count() >= MOST_RULES:
        raise Refused(_("There are %(most)d rules; more are not possible.") % {"most": MOST_RULES}, code="too_many")
    last = Rule.objects.aggregate(last=Max("place"))["last"] or 0
    rule = Rule(owner=owner or by, place=last + 1, since=at or timezone.now())
    _set(rule, whole)
    _write_version(rule, whole, why=why, by=by, at=at)
    audit(rule, "create", by=by, via=via, changes={"rule": [None, whole]})
    return rule


@transaction.atomic
def change_rule(
    rule: Rule,
    *,
    by: User,
    via: str,
    document: Any | None = None,
    owner: User | None = None,
    why: str = "",
    at: datetime | None = None,
) -> Rule:
    """Change a rule, or whose it is; refuses as `create_rule`. A change without a difference makes no version. Switched
    on, it looks at what happens from then on.
    """
    lock(rule)
    check(by, "rules.change", rule)
    changes: dict[str, list] = {}
    if owner is not None and owner.pk != rule.owner_id:
        changes["owner"] = [rule.owner_id, owner.pk]
        rule.owner = owner
    before = whole_of(rule)
    whole = read(document) if document is not None else before
    if whole != before:
        changes["rule"] = [before, whole]
        if whole["is_active"] and not before["is_active"]:
            rule.since = at or timezone.now()
        _set(rule, whole)
        _write_version(rule, whole, why=why, by=by, at=at)
    elif changes:
        rule.save(update_fields=["owner"])
    if changes:
        audit(rule, "change", by=by, via=via, changes=changes, why=one_line(why, 300))
    return rule


def _set(rule: Rule, whole: dict) -> None:
    if rule.owner is not None and not (rule.owner.is_agent or rule.owner.is_administrator):
        raise Refused(_("%(name)s does not work on tickets.") % {"name": rule.owner.display_name}, field="owner")
    rule.name, rule.is_active = whole["name"], whole["is_active"]
    rule.active_from, rule.active_until = (
        parse_datetime(whole[part]) if whole[part] else None for part in ("active_from", "active_until")
    )
    rule.document = {part: whole[part] for part in PARTS}
    rule.version += 1
    keep(rule, taken=_("There is a rule of this name already."), field="name")


def _write_version(rule: Rule, whole: dict, *, why: str, by: User, at: datetime | None) -> None:
    RuleVersion.objects.create(
        rule=rule, number=rule.version, whole=whole, why=one_line(why, 300), by=by, at=at or timezone.now()
    )


@transaction.atomic
def order_rules(ids: Iterable[int], *, by: User, via: str) -> None:
    """Ask the rules in this order from now on; those that are not named follow as they were."""
    check(by, "rules.change")
    hold()
    rules = {rule.pk: rule for rule in Rule.objects.select_for_update().order_by("place", "id")}
    named = [pk for pk in dict.fromkeys(ids) if pk in rules]
    wanted = [*named, *(pk for pk in rules if pk not in named)]
    before = list(rules)
    if wanted == before:
        return
    for place, pk in enumerate(wanted, 1):
        rules[pk].place = place
    Rule.objects.bulk_update(rules.values(), ["place"])
    moved = rules[wanted[0]]
    audit(moved, "order_rules", by=by, via=via, label=_("Order of the rules"), changes={"order": [before, wanted]})


@transaction.atomic
def move_rule(rule: Rule, place: int, *, by: User, via: str) -> None:
    """Make it the rule that is asked at this place, counted from 1; the others close up."""
    ids = [pk for pk in Rule.objects.order_by("place", "id").values_list("pk", flat=True) if pk != rule.pk]
    ids.insert(max(0, min(place - 1, len(ids))), rule.pk)
    order_rules(ids, by=by, via=via)


@transaction.atomic
def import_rules(given: Any, *, by: User, via: str, why: str = "") -> list[Rule]:
    """Take one document or a list of them in, all or none: a rule of the same name gets a new version, others are new.
    Refuses with the name of the rule that is wrong.
    """
    check(by, "rules.change")
    documents = given if isinstance(given, list) else [given]
    if not 1 <= len(documents) <= MOST_RULES:
        raise Refused(_("There is no rule in it."), field="document")
    known = {rule.name: rule for rule in Rule.objects.all()}
    taken = []
    for place, document in enumerate(documents, 1):
        name = document.get("name") if isinstance(document, dict) else None
        found = known.get(one_line(name)) if isinstance(name, str) else None
        try:
            if found is None:
                taken.append(create_rule(by=by, via=via, document=document, why=why))
            else:
                taken.append(change_rule(found, by=by, via=via, document=document, why=why))
        except Refused as refusal:
            if len(documents) == 1:
                raise
            which = name if isinstance(name, str) else str(place)
            raise Refused(
                _("“%(name)s”: %(why)s") % {"name": which[:80], "why": refusal.sentence}, field="document",
                code=refusal.code,
            ) from refusal  # fmt: skip
    return taken


def start_trial(given: Any, days: int, *, by: User, rule: Rule | None = None) -> None:
    """Have a document tried in the background; the last trial of a person is kept, with the rule that it may become.
    Refuses a wrong one at once.
    """
    check(by, "rules.change")
    if not 1 <= days <= MOST_DAYS:
        raise Refused(_("Days are a number from 1 to %(most)d.") % {"most": MOST_DAYS}, field="days")
    params = {"document": read(given), "days": days, "rule": rule.pk if rule else None}
    if not start_job("try_rule", key=trial_key(by), by=by, **params):
        raise Refused(_("A trial is waiting already."), code="under_way")


def trial_key(user: User) -> str:
    return f"try-rule:{user.pk}"
