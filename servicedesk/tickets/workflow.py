"""Life cycles as data. A process lists its transitions once; buttons, pages, the API and `move()` read the same
table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TicketType(models.TextChoices):
    INCIDENT = "incident", _("Incident")
    REQUEST = "request", _("Service request")


class Phase(models.TextChoices):
    """What all processes have in common; queues, clocks and indexes use the phase and never the status."""

    NEW = "new", pgettext_lazy("phase", "New")
    ACTIVE = "active", pgettext_lazy("phase", "Active")
    WAITING = "waiting", pgettext_lazy("phase", "Waiting")
    RESOLVED = "resolved", pgettext_lazy("phase", "Resolved")
    CLOSED = "closed", pgettext_lazy("phase", "Closed")


class Side(models.TextChoices):
    """For whom the desk waits, while the clocks of its targets rest."""

    REQUESTER = "requester", _("Requester")
    VENDOR = "vendor", pgettext_lazy("side", "Vendor")
    AGREED = "agreed", _("A date that both sides agreed on")


@dataclass(frozen=True)
class Status:
    """A status of one process. `plain` is what staff read instead of the label: “we are waiting for your answer”.
    `side` is whose turn it is while one waits.
    """

    name: str
    label: Promise
    phase: Phase
    plain: Promise
    side: Side | None = None


@dataclass(frozen=True)
class Transition:
    """One way from some statuses to another, with the button's words and the permission it asks for.

    `asks` names the fields of the form that the page shows before it; an empty tuple means one click. `apart`: an
    action of its own takes this way, it is none of the steps that people choose from. `restores`: it takes another
    step back, to the status named by whoever moves, and counts as no reopening.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    label: Promise
    permission: str
    icon: str = "arrow-right"
    asks: tuple[str, ...] = ()
    apart: bool = False
    restores: bool = False


@dataclass(frozen=True)
class Workflow:
    """The life cycle of one process. The first status is the one that a new record has.

    `app` is the first word of the process's permissions and of its page names (`incidents:detail`,
    `incidents:resolve`).
    `when_requester_writes` maps a status to the transition that an answer of the requester sets in motion.
    """

    type: TicketType
    app: str
    statuses: tuple[Status, ...]
    transitions: tuple[Transition, ...]
    when_requester_writes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self):
        names = {status.name for status in self.statuses}
        for transition in self.transitions:
            unknown = (set(transition.sources) | {transition.target}) - names
            if unknown:
                raise LookupError(f"{self.type}.{transition.name} names unknown statuses: {sorted(unknown)}.")

    def status(self, name: str) -> Status:
        return next(status for status in self.statuses if status.name == name)

    def transition(self, name: str) -> Transition:
        for transition in self.transitions:
            if transition.name == name:
                return transition
        raise LookupError(f"{self.type} has no transition {name}.")

    @property
    def steps(self) -> list[Transition]:
        """The transitions that people choose from."""
        return [transition for transition in self.transitions if not transition.apart]

    def leaving(self, status: str) -> list[Transition]:
        """The steps that people choose from in a status."""
        return [transition for transition in self.steps if status in transition.sources]


_WORKFLOWS: dict[str, Workflow] = {}


def register(workflow: Workflow) -> Workflow:
    """Make a process known to the core; its `workflow.py` calls this once."""
    _WORKFLOWS[workflow.type] = workflow
    return workflow


def workflow_of(ticket_type: str) -> Workflow:
    return _WORKFLOWS[ticket_type]


def all_statuses() -> dict[str, Promise]:
    """Status names of every process with their labels, in the order of the life cycle."""
    return {status.name: status.label for workflow in _WORKFLOWS.values() for status in workflow.statuses}


STATUSES = (
    Status("new", pgettext_lazy("status", "New"), Phase.NEW, _("We have received it.")),
    Status("assigned", _("Assigned"), Phase.ACTIVE, _("It is with the right people.")),
    Status("in_progress", _("In progress"), Phase.ACTIVE, _("We are working on it.")),
    Status(
        "waiting_requester",
        _("Waiting for requester"),
        Phase.WAITING,
        _("We are waiting for your answer."),
        Side.REQUESTER,
    ),
    Status("waiting_vendor", _("Waiting for vendor"), Phase.WAITING, _("We are waiting for a supplier."), Side.VENDOR),
    Status(
        "waiting_date",
        _("Waiting for agreed date"),
        Phase.WAITING,
        _("We go on at the date that we agreed on."),
        Side.AGREED,
    ),
    Status("resolved", _("Resolved"), Phase.RESOLVED, _("We think it is solved. Is it?")),
    Status("closed", pgettext_lazy("status", "Closed"), Phase.CLOSED, _("Done.")),
    Status("cancelled", _("Cancelled"), Phase.CLOSED, _("Withdrawn.")),
    Status("merged", pgettext_lazy("status", "Merged"), Phase.CLOSED, _("It goes on in another request.")),
)
_UNRESOLVED = ("new", "assigned", "in_progress", "waiting_requester", "waiting_vendor", "waiting_date")


def usual_workflow(ticket_type: TicketType, app: str, *, resolve_asks: tuple[str, ...]) -> Workflow:
    """The life cycle that incidents and service requests share; the permissions are `app.transition`."""

    def way(name, sources, target, label, icon, asks=()):
        return Transition(name, tuple(sources), target, label, f"{app}.{name}", icon, asks)

    return Workflow(
        type=ticket_type,
        app=app,
        statuses=STATUSES,
        transitions=(
            way("accept", ["new"], "assigned", _("Accept"), "user-check"),
            way("start", ["new", "assigned"], "in_progress", _("Start work"), "player-play"),
            way(
                "ask_requester",
                ["new", "assigned", "in_progress", "waiting_vendor", "waiting_date"],
                "waiting_requester",
                _("Ask the requester"),
                "help-circle",
                ("message",),
            ),
            way(
                "wait_for_vendor",
                ["new", "assigned", "in_progress", "waiting_requester", "waiting_date"],
                "waiting_vendor",
                _("Wait for a vendor"),
                "hourglass",
                ("note",),
            ),
            way(
                "wait_until",
                ["new", "assigned", "in_progress", "waiting_requester", "waiting_vendor"],
                "waiting_date",
                _("Wait for an agreed date"),
                "calendar-event",
                ("agreed_on", "note"),
            ),
            way(
                "resume",
                ["waiting_requester", "waiting_vendor", "waiting_date"],
                "in_progress",
                _("Resume work"),
                "player-play",
            ),
            way("resolve", _UNRESOLVED, "resolved", _("Resolve"), "check", resolve_asks),
            way("close", ["resolved"], "closed", pgettext_lazy("step", "Close"), "circle-check"),
            way("reopen", ["resolved", "closed"], "in_progress", _("Reopen"), "refresh", ("reason",)),
            way("cancel", _UNRESOLVED, "cancelled", pgettext_lazy("step", "Cancel"), "x", ("reason",)),
            Transition(
                "merge",
                (*_UNRESOLVED, "resolved"),
                "merged",
                pgettext_lazy("step", "Merge"),
                "tickets.merge",
                "git-merge",
                apart=True,
            ),
            Transition(
                "unmerge",
                ("merged",),
                "in_progress",
                _("Undo the merge"),
                "tickets.merge",
                "arrow-back-up",
                apart=True,
                restores=True,
            ),
        ),
        when_requester_writes={"waiting_requester": "resume", "resolved": "reopen"},
    )
