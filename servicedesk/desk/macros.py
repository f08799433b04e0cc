"""Macros: several steps that one press does to a ticket, all of them or none."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.notify.texts import check_words
from servicedesk.people.actions.core import allow, audit, changed_fields, keep, plain
from servicedesk.people.actions.core import lock as lock_row
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.tickets.actions import lock, log_work, note, record, reply
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Comment, Ticket
from servicedesk.web.errors import NotNow, Refused
from servicedesk.web.formats import duration, exact

from .changing import KEEP, NOBODY, Change, Doer, check_day, check_snooze, take_step
from .models import Macro
from .templates import VARIABLES, check_place, filled, filled_text

Step, Assign = Macro.Step, Macro.Assign
SHARED = ("name", "team", "owner", "is_active")
STEPS = (
    "to_team", "assign", "assignee", "service", "category", "impact", "urgency", "add_tags", "remove_tags", "note",
    "reply", "step", "minutes", "snooze_days", "snooze_until",
)  # fmt: skip


@transaction.atomic
def create_macro(*, by: User, via: str, **fields: Any) -> Macro:
    """Make a macro; its owner is whoever makes it unless said otherwise.

    Refuses one that does nothing, a step whose text is missing, an unknown variable in the note, a template of another
    team, a name that is taken, a team (or all) that one does not decide for, and a snooze that cannot be.
    """
    check(by, "macros.change")
    allow(fields, (*SHARED, *STEPS))
    macro = Macro()
    changed_fields(macro, {"owner": by} | fields)
    check_day(macro.snooze_until)
    _keep(macro, by)
    given = {name: [None, plain(value)] for name, value in fields.items() if value not in (None, "", [])}
    audit(macro, "create", by=by, via=via, changes=given)
    return macro


@transaction.atomic
def change_macro(macro: Macro, *, by: User, via: str, **fields: Any) -> Macro:
    """Change a macro; refuses as `create_macro`."""
    allow(fields, (*SHARED, *STEPS))
    lock_row(macro)
    check(by, "macros.change", macro)
    changes = changed_fields(macro, fields)
    if changes:
        if "snooze_until" in changes:
            check_day(macro.snooze_until)
        _keep(macro, by)
        audit(macro, "change", by=by, via=via, changes=changes)
    return macro


def _keep(macro: Macro, by: User) -> None:
    macro.note = macro.note.strip()
    if macro.assign != Assign.PERSON:
        macro.assignee = None
    elif macro.assignee is None or not macro.assignee.is_agent:
        raise Refused(_("Choose somebody who works on tickets."), field="assignee")
    check_words(macro.note, VARIABLES, field="note")
    if not describe(macro):
        raise Refused(_("Choose what the macro does."), code="empty")
    if macro.step in (Step.RESOLVE, Step.ASK) and macro.reply is None:
        raise Refused(_("Choose the text for it: the requester reads it."), field="reply")
    if macro.reply is not None and macro.reply.team_id not in (None, macro.team_id):
        raise Refused(
            _("The template “%(name)s” is for the team “%(team)s” alone.")
            % {"name": macro.reply, "team": macro.reply.team},
            field="reply",
        )
    if macro.step == Step.CLOSE and (macro.to_team or macro.assign != Assign.KEEP):
        raise Refused(_("What is closed cannot be given to anybody."), field="step")
    check_snooze(macro.snooze_days, macro.snooze_until, ends=macro.step in (Step.RESOLVE, Step.CLOSE))
    if macro.minutes is not None and not 1 <= macro.minutes <= 1440:
        raise Refused(_("Work time is 1 to 1,440 minutes."), field="minutes")
    check_place(macro, by)
    keep(macro, taken=_("There is a macro of this name already."), field="name")


def describe(macro: Macro) -> list[str]:
    """What it does, in a few words for each step, in the reader's language."""
    said = [
        _("%(name)s: %(value)s") % {"name": label, "value": value}
        for label, value in (
            (_("Service"), macro.service),
            (_("Category"), macro.category),
            (_("Impact"), macro.get_impact_display()),
            (_("Urgency"), macro.get_urgency_display()),
            (_("Add tags"), _(", ").join(macro.add_tags)),
            (_("Take tags away"), _(", ").join(macro.remove_tags)),
            (_("Reply"), macro.reply),
        )
        if value
    ]
    if macro.note:
        said.append(_("Internal note"))
    if macro.step:
        said.append(str(macro.get_step_display()))
    if macro.minutes:
        said.append(_("%(time)s of work") % {"time": duration(macro.minutes)})
    if macro.snooze_days:
        said.append(
            ngettext("Snooze for %(count)d business day", "Snooze for %(count)d business days", macro.snooze_days)
            % {"count": macro.snooze_days}
        )
    if macro.snooze_until:
        said.append(_("Snooze until %(day)s") % {"day": exact(macro.snooze_until)})
    to = [str(macro.to_team)] if macro.to_team else []
    if macro.assign != Assign.KEEP:
        to.append(macro.assignee.display_name if macro.assignee else str(macro.get_assign_display()))
    if to:
        said.append(_("%(name)s: %(value)s") % {"name": _("Assignee"), "value": " · ".join(to)})
    return said


@transaction.atomic
def run_macro(macro: Macro, ticket: Ticket, *, by: User, via: str, seen: int | None = None) -> Comment | None:
    """Do all steps of a macro to a ticket, or none; returns the reply if it sent one.

    Each step is its usual action, with the rights of `by`, and is told as such; a step that the ticket has taken
    already is left out, and its text goes as a reply. `seen` is the ticket's newest event when the page was made on
    which one pressed: if the person ran the macro since, the press was a double one and does nothing. Refuses what is
    out of use, and with the sentence of the step that is not possible.
    """
    lock(ticket)
    check(by, "tickets.work", ticket)
    if not macro.is_active or (macro.reply is not None and not macro.reply.is_active):
        raise TicketError(_("“%(name)s” is out of use, or its text is.") % {"name": macro.name}, code="out_of_use")
    ran = ticket.events.filter(verb="run_macro", by=by, data__macro__0=macro.pk)
    if seen is not None and ran.filter(number__gt=seen).exists():
        return None
    text = {"template": [macro.reply.pk, macro.reply.name]} if macro.reply else {}
    record(ticket, "run_macro", by=by, via=via, macro=[macro.pk, macro.name], **text)
    try:
        return _run(macro, ticket, by=by, via=via)
    except NotNow:
        raise
    except (Refused, PermissionDenied) as refusal:
        why = str(getattr(refusal, "sentence", refusal))
        raise TicketError(
            _("“%(name)s” did nothing: %(why)s") % {"name": macro.name, "why": why},
            code=getattr(refusal, "code", "") or "refused",
        ) from refusal


def _run(macro: Macro, ticket: Ticket, *, by: User, via: str) -> Comment | None:
    assignee = {Assign.ME: str(by.pk), Assign.NOBODY: NOBODY, Assign.PERSON: str(macro.assignee_id)}
    change = Change(
        team=macro.to_team_id, assignee=assignee.get(Assign(macro.assign), KEEP), service=macro.service_id,
        category=macro.category_id, impact=macro.impact, urgency=macro.urgency, add_tags=macro.add_tags,
        remove_tags=macro.remove_tags, snooze_days=macro.snooze_days,
        snooze_until=macro.snooze_until.isoformat() if macro.snooze_until else None,
    )  # fmt: skip
    doer = Doer(change, by=by, via=via)
    doer.change_fields(ticket)
    if macro.note:
        note(ticket, by=by, via=via, body=filled_text(macro.note, ticket, by))
    if macro.minutes:
        log_work(ticket, by=by, via=via, minutes=macro.minutes)
    text = filled(macro.reply, ticket, by)[0] if macro.reply else ""
    step = macro.step
    if step and ticket.status == ticket.workflow.transition(step).target:
        step = ""
    said = None
    if step == Step.RESOLVE:
        take_step(ticket, step, by=by, via=via, resolution=text)
    elif step == Step.ASK:
        take_step(ticket, step, by=by, via=via, message=text)
    else:
        if text:
            said = reply(ticket, by=by, via=via, body=text)
        if step:
            take_step(ticket, step, by=by, via=via)
    doer.assign(ticket)
    doer.snooze(ticket)
    return said
