"""What sets a rule off: an event of a ticket, as one Q over events, or time, as tickets whose minutes have passed."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.levels.hours import MOST_MINUTES
from servicedesk.tickets.models import BORN_HERE, IMPORT, OPEN, Comment, Ticket, TicketEvent
from servicedesk.tickets.workflow import all_statuses
from servicedesk.web.errors import Refused
from servicedesk.web.text import nearest

from .fields import by_desk

CREATED, CHANGED, MESSAGE, STATUS, TIME = "created", "changed", "message", "status", "time"
KINDS = {
    CREATED: gettext_lazy("A ticket is opened"),
    CHANGED: gettext_lazy("Something of a ticket changes"),
    MESSAGE: gettext_lazy("A message comes in"),
    STATUS: gettext_lazy("A status is reached"),
    TIME: gettext_lazy("Time has passed"),
}
CHANGES = {
    "title": gettext_lazy("title"),
    "service": gettext_lazy("service"),
    "category": gettext_lazy("category"),
    "impact": gettext_lazy("impact"),
    "urgency": gettext_lazy("urgency"),
    "priority": gettext_lazy("priority"),
    "team": gettext_lazy("team"),
    "assignee": gettext_lazy("assignee"),
    "requester": gettext_lazy("requester"),
    "language": gettext_lazy("language"),
    "tags": gettext_lazy("tags"),
    "is_confidential": gettext_lazy("confidential"),
    "is_major": gettext_lazy("major incident"),
}
SIDES = {
    "anyone": gettext_lazy("of anybody"),
    "requester": gettext_lazy("of the requester's side"),
    "desk": gettext_lazy("of the desk"),
}
SINCE = {
    "created": gettext_lazy("since it was opened"),
    "changed": gettext_lazy("since a person last did something"),
    "message": gettext_lazy("since the last message of the requester's side"),
    "status": gettext_lazy("since its status was reached"),
}
# A status was reached: other events that go somewhere do not say where they come from.
_MOVED = Q(data__has_keys=["from", "to"])
PARTS = {
    CREATED: (),
    CHANGED: ("fields",),
    MESSAGE: ("from",),
    STATUS: ("status",),
    TIME: ("minutes", "since", "status"),
}


def read(given: Any) -> dict:
    """A trigger as it is kept. Refuses (field trigger) what is unknown."""
    if isinstance(given, str):
        given = {"on": given}
    if not isinstance(given, dict):
        raise _refused(_("A rule needs what sets it off: %(known)s.") % {"known": ", ".join(KINDS)})
    kind = _one_of(given.get("on"), KINDS)
    for name in given:
        if name != "on" and name not in PARTS[kind]:
            raise _refused(_("“%(name)s” does not belong to the trigger “%(kind)s”.") % {"name": name, "kind": kind})
    found: dict[str, Any] = {"on": kind}
    if kind == CHANGED:
        found["fields"] = [_one_of(name, CHANGES) for name in _listed(given.get("fields"))]
    elif kind == MESSAGE:
        found["from"] = _one_of(given.get("from", "anyone"), SIDES)
    elif kind == STATUS:
        found["status"] = [_one_of(name, all_statuses()) for name in _listed(given.get("status"))]
    elif kind == TIME:
        minutes = given.get("minutes")
        if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= MOST_MINUTES:
            raise _refused(_("Minutes are a number from 1 to %(most)d.") % {"most": MOST_MINUTES})
        found |= {"minutes": minutes, "since": _one_of(given.get("since", "created"), SINCE)}
        if found["since"] == "status":
            found["status"] = [_one_of(name, all_statuses()) for name in _listed(given.get("status"))]
        elif given.get("status"):
            raise _refused(
                _("“%(name)s” does not belong to the trigger “%(kind)s”.") % {"name": "status", "kind": kind}
            )
    return found


def _listed(given: Any) -> list:
    if given in (None, ""):
        return []
    return list(dict.fromkeys(map(str, given))) if isinstance(given, list) else [str(given)]


def _one_of(given: Any, known: Any) -> str:
    if isinstance(given, str) and given in known:
        return given
    if given in (None, ""):
        raise _refused(_("A rule needs what sets it off: %(known)s.") % {"known": ", ".join(known)})
    name = str(given)[:60]
    near = nearest(name, known)
    if near:
        raise _refused(_("The trigger knows no “%(name)s”. Did you mean “%(near)s”?") % {"name": name, "near": near})
    raise _refused(
        _("The trigger knows no “%(name)s”. Known are: %(known)s.") % {"name": name, "known": ", ".join(known)}
    )


def _refused(sentence: str) -> Refused:
    return Refused(sentence, field="trigger", code="trigger")


def words_of(trigger: dict) -> str:
    """A trigger in the reader's language."""
    kind = trigger["on"]
    said = str(KINDS[kind])
    if kind == CHANGED and trigger["fields"]:
        names = _(", ").join(str(CHANGES[name]) for name in trigger["fields"])
        return _("%(what)s (%(which)s)") % {"what": said, "which": names}
    if kind == MESSAGE:
        return _("%(what)s (%(which)s)") % {"what": said, "which": SIDES[trigger["from"]]}
    if kind == STATUS and trigger["status"]:
        return _("%(what)s (%(which)s)") % {"what": said, "which": _statuses(trigger)}
    if kind == TIME:
        which = str(SINCE[trigger["since"]])
        if trigger.get("status"):
            which = _("%(what)s (%(which)s)") % {"what": which, "which": _statuses(trigger)}
        return _("%(minutes)d business minutes %(since)s") % {"minutes": trigger["minutes"], "since": which}
    return said


def _statuses(trigger: dict) -> str:
    labels = all_statuses()
    return _(", ").join(str(labels[name]) for name in trigger["status"])


def events_q(trigger: dict) -> Q:
    """The one meaning of a trigger that is no time: which events set the rule off. Those of an import never do."""
    return ~Q(via=IMPORT) & _events_q(trigger)


def _events_q(trigger: dict) -> Q:
    match trigger["on"]:
        case "created":
            return Q(verb="open")
        case "changed":
            return Q(data__changes__has_any_keys=trigger["fields"]) if trigger["fields"] else Q(data__has_key="changes")
        case "status":
            return Q(data__to__in=trigger["status"]) if trigger["status"] else _MOVED
    # What a rule itself wrote is no message: nobody said it.
    said = Q(verb__in=["reply", "answer_from_outside"], is_public=True, by__isnull=False) | Q(
        verb="answer_from_outside"
    )
    if trigger["from"] == "anyone":
        return said
    of_desk = by_desk("by", "ticket__requester")
    return said & (of_desk if trigger["from"] == "desk" else ~of_desk)


def happened(trigger: dict, after: datetime) -> Q:
    """Tickets on which such an event took place since."""
    return Q(Exists(TicketEvent.objects.filter(events_q(trigger), ticket=OuterRef("pk"), at__gte=after)))


def due_tickets(trigger: dict, now: datetime | None = None) -> QuerySet[Ticket]:
    """Open tickets with `since_at`, of which at least so much plain time has passed as the trigger wants business time:
    never less, so those whose business minutes have passed are among them.
    """
    now = now or timezone.now()
    latest = now - timedelta(minutes=trigger["minutes"])
    rows = Ticket.objects.filter(OPEN, BORN_HERE, created_at__lte=latest)
    events = TicketEvent.objects.filter(ticket=OuterRef("pk")).order_by()
    match trigger["since"]:
        case "created":
            return rows.annotate(since_at=F("created_at"))
        case "changed":
            moment = _latest(events.filter(by__isnull=False))
        case "message":
            said = Comment.objects.filter(ticket=OuterRef("pk"), is_public=True, author__isnull=False).order_by()
            moment = _latest(said.filter(~by_desk("author", "ticket__requester")).annotate(at=F("event__at")))
        case _:
            moment = _latest(events.filter(_MOVED))
            if trigger["status"]:
                rows = rows.filter(status__in=trigger["status"])
    return rows.annotate(since_at=Coalesce(moment, F("created_at"))).filter(since_at__lte=latest)


def _latest(rows: QuerySet) -> Subquery:
    return Subquery(rows.values("ticket").annotate(newest=Max("at")).values("newest"))
