"""Actions that set what a ticket says: fields, steps, tags, ties."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from servicedesk.desk.changing import CLOSE, take_step
from servicedesk.people.models import Language
from servicedesk.priorities.actions import change_ticket, override_priority
from servicedesk.tickets.actions import link, move, set_tags, tag_names
from servicedesk.tickets.models import Priority, PriorityReason, Ticket, TicketLink
from servicedesk.tickets.queries import numbers_meant

from .doing import VIA, Change, Doing, known, refused
from .fields import FIELDS
from .models import Rule
from .remembering import once
from .world import World

_LABELS = {
    "service": gettext_lazy("Service"),
    "category": gettext_lazy("Category"),
    "impact": gettext_lazy("Impact"),
    "urgency": gettext_lazy("Urgency"),
    "priority": gettext_lazy("Priority"),
    "language": gettext_lazy("Language"),
    "is_confidential": gettext_lazy("Confidential"),
    "team": gettext_lazy("Team"),
    "assignee": gettext_lazy("Assignee"),
    "tags": gettext_lazy("Tags"),
    "status": gettext_lazy("Status"),
}
SETTABLE = ("service", "category", "impact", "urgency", "priority", "language", "confidential")


def _read_set(given: dict) -> dict:
    name = known(given.get("field"), SETTABLE, _("Set a field"))
    label, to = _LABELS.get(name, _("Confidential")), given.get("to")
    world = once("world", World)
    if name in ("service", "category"):
        rows = world.services_by_code if name == "service" else world.categories_by_code
        return {"field": name, "to": known(to, [code for code, row in rows.items() if row.is_active], label)}
    if name in ("impact", "urgency"):
        return {"field": name, "to": int(known(to, "1234", label))}
    if name == "priority":
        return {"field": name, "to": known(str(to).upper(), Priority.labels, label)}
    if name == "language":
        return {"field": name, "to": known(to, Language.values, label)}
    if to in ("true", "false"):
        to = to == "true"
    if not isinstance(to, bool):
        raise refused(_("“%(field)s” is true or false.") % {"field": label}, "unknown_value")
    return {"field": name, "to": to}


def _words_set(given: dict) -> str:
    name = "is_confidential" if given["field"] == "confidential" else given["field"]
    return f"{_LABELS[name]} → {value_words(name, given['to'])}"


def _plan_set(ticket: Ticket, given: dict, world: World) -> Change | None:
    name, to = given["field"], given["to"]
    if not world.is_open(ticket):
        return None
    if name in ("service", "category"):
        rows = world.services if name == "service" else world.categories
        codes = world.services_by_code if name == "service" else world.categories_by_code
        row, was = codes.get(to), rows.get(getattr(ticket, f"{name}_id") or 0)
        if row is None or not row.is_active or row == was:
            return None
        return {"field": name, "from": was.code if was else None, "to": row.code}
    name = "is_confidential" if name == "confidential" else name
    value = int(to[1:]) if name == "priority" else to
    if getattr(ticket, name) == value:
        return None
    return {"field": name, "from": getattr(ticket, name), "to": value}


def _plan_raise(ticket: Ticket, given: dict, world: World) -> Change | None:
    was = getattr(ticket, given["field"])
    return {"field": given["field"], "from": was, "to": was - 1} if was > 1 and world.is_open(ticket) else None


def _do_set(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    name, to = change["field"], change["to"]
    if name == "priority":
        with override(settings.LANGUAGE_CODE):
            why = _("Set by the rule “%(name)s”.") % {"name": rule.name}
        override_priority(ticket, by=None, via=VIA, priority=to, note=why, at=world.at)
        return
    rows = {"service": world.services_by_code, "category": world.categories_by_code}.get(name)
    change_ticket(ticket, by=None, via=VIA, at=world.at, **{name: rows[to] if rows else to})


def _imagine_set(ticket: Ticket, change: Change, world: World) -> None:
    name, to = change["field"], change["to"]
    if name == "category":
        ticket.category = world.categories_by_code[to]
        return
    if name == "service":
        was, service = world.services.get(ticket.service_id or 0), world.services_by_code[to]
        ticket.service = service
        ticket.is_confidential = ticket.is_confidential or service.is_confidential
        if ticket.assignee_id is None and (ticket.team_id is None or (was and ticket.team_id == was.team_id)):
            ticket.team = world.teams[service.team_id]
    else:
        setattr(ticket, name, to)
    if name == "priority":
        ticket.priority_reason = PriorityReason.MANUAL
    elif ticket.priority_reason != PriorityReason.MANUAL:
        service = world.services.get(ticket.service_id or 0)
        ticket.priority = world.priority_of(service, ticket.impact, ticket.urgency)


STEPS = {
    "accept": gettext_lazy("Accept"),
    "start": gettext_lazy("Start work"),
    "wait_for_vendor": gettext_lazy("Wait for a vendor"),
    "resume": gettext_lazy("Resume work"),
    "close": gettext_lazy("Close"),
}


def _plan_step(ticket: Ticket, given: dict, world: World) -> Change | None:
    transition = ticket.workflow.transition(given["to"])
    if ticket.status not in transition.sources or ticket.status == transition.target:
        return None
    return {"field": "status", "from": ticket.status, "to": transition.target}


def _do_step(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    if given["to"] == CLOSE:
        take_step(ticket, CLOSE, by=None, via=VIA, at=world.at)
    else:
        move(ticket, given["to"], by=None, via=VIA, at=world.at)


def _imagine_step(imagined: Ticket, change: Change, world: World) -> None:
    imagined.status = change["to"]
    imagined.phase = imagined.workflow.status(change["to"]).phase


def _read_tags(given: dict) -> dict:
    tags = given.get("tags", given.get("tag"))
    names = tag_names([tags] if isinstance(tags, str) else [str(one) for one in tags] if isinstance(tags, list) else [])
    if not names or len(names) > 20 or any(len(name) > 40 for name in names):
        raise refused(_("A ticket has at most 20 tags of up to 40 characters."), "tags")
    return {"tags": names}


def _plan_tags(ticket: Ticket, given: dict, world: World) -> Change | None:
    had = world.tags_of(ticket)
    new = sorted(set(given["tags"]) - had)
    if not new or len(had) + len(new) > 20:
        return None
    return {"field": "tags", "from": sorted(had), "to": sorted(had | set(new))}


def _read_link(given: dict) -> dict:
    kinds = dict(TicketLink.BY_HAND)
    kind = known(given.get("kind", TicketLink.Kind.RELATED.value), kinds, _("Link"))
    number = str(given.get("ticket", ""))[:20]
    found = once(("ticket", number), Ticket.objects.filter(number__in=numbers_meant(number)).first)
    if found is None:
        raise refused(_("There is no such ticket."), "unknown_value")
    return {"ticket": found.number, "kind": kind}


def _plan_link(ticket: Ticket, given: dict, world: World) -> Change | None:
    kept = world.__dict__.setdefault("others", {})
    number = given["ticket"]
    if number not in kept:
        kept[number] = Ticket.objects.filter(number=number).first()
    other = kept[number]
    if other is None or other.pk == ticket.pk or world.is_tied(ticket, other, given["kind"]):
        return None
    return {"link": number, "kind": given["kind"]}


def _do_link(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    link(ticket, Ticket.objects.get(number=given["ticket"]), given["kind"], by=None, via=VIA, at=world.at)


def value_words(name: str, value: object) -> str:
    """A value of a field in words, as conditions say it."""
    field = FIELDS.get({"is_confidential": "confidential"}.get(name, name))
    if value in (None, []):
        return _("none")
    if name == "priority" and isinstance(value, int):
        return f"P{value}"
    if field is None or name == "tags":
        return _(", ").join(map(str, value)) if isinstance(value, list) else str(value)
    return field.shown(value if isinstance(value, bool) else str(value))


def label_of(name: str) -> str:
    return str(_LABELS.get(name, name))


DOINGS = (
    Doing(
        "set", gettext_lazy("Set a field"), ("field", "to"), _read_set, _words_set, _plan_set, _do_set, _imagine_set
    ),
    Doing(
        "raise", gettext_lazy("Raise impact or urgency by one"), ("field",),
        lambda given: {"field": known(given.get("field"), ("impact", "urgency"), _("Raise impact or urgency by one"))},
        lambda given: label_of(given["field"]), _plan_raise, _do_set, _imagine_set,
    ),
    Doing(
        "step", gettext_lazy("Take a step"), ("to",),
        lambda given: {"to": known(given.get("to"), STEPS, _("Take a step"))},
        lambda given: str(STEPS[given["to"]]), _plan_step, _do_step, _imagine_step,
    ),
    Doing(
        "add_tag", gettext_lazy("Add tags"), ("tags",), _read_tags, lambda given: _(", ").join(given["tags"]),
        _plan_tags,
        lambda ticket, given, change, world, rule: set_tags(
            ticket, by=None, via=VIA, tags=change["to"], at=world.at
        ),
        lambda ticket, change, world: world.tags_of(ticket).update(change["to"]),
    ),
    Doing(
        "link", gettext_lazy("Link"), ("ticket", "kind"), _read_link,
        lambda given: f"{dict(TicketLink.BY_HAND)[given['kind']]} {given['ticket']}", _plan_link, _do_link,
    ),
)  # fmt: skip
