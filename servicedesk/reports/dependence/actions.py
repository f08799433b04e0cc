"""Writes on proposals, each with its audit entry, and reminding of them."""

import logging
from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.notify.without_ticket import remind
from servicedesk.people.actions.core import allow, audit, changed_fields, keep, lock, plain
from servicedesk.people.models import Role, User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused
from servicedesk.web.formats import exact
from servicedesk.web.middleware import speaking_to

from ..models import DependenceProposal
from .queries import MONTHS, USUAL_MONTHS, dependence, due_proposals, span_of
from .topics import Key

State = DependenceProposal.State
FIELDS = ("reason", "owner", "due_on")
log = logging.getLogger(__name__)


@transaction.atomic
def agree_on_proposal(
    *, by: User, via: str, topic: Key, kind: str, reason: str, owner: User, due_on: date, months: int = USUAL_MONTHS
) -> DependenceProposal:
    """Agree on something for a topic, and keep the topic's figures of today beside it. Refuses a topic of which nothing
    was resolved, what is agreed on already, an owner who does not work here, and a date that is over.
    """
    check(by, "dependence.change")
    if months not in MONTHS or kind not in DependenceProposal.Kind.values:
        raise Refused(_("Choose what is done, and over how many months it is compared."), field="kind")
    found = dependence(span_of(months)).topic(topic)
    if found is None:
        raise Refused(_("Nothing of this topic was resolved in that time."), field="topic")
    proposal = DependenceProposal(
        service_id=topic.service, category_id=topic.category, whole=topic.whole, kind=kind, months=months,
        tickets=found.tickets, share=round(found.share, 4), effective=round(found.effective, 2), created_by=by,
    )  # fmt: skip
    fields = {"reason": reason, "owner": owner, "due_on": due_on}
    changed_fields(proposal, fields)
    _keep(proposal, is_new=True)
    given = {"topic": proposal.topic, "kind": kind} | fields
    audit(
        proposal, "agree_on_proposal", by=by, via=via, changes={name: [None, plain(of)] for name, of in given.items()}
    )
    return proposal


@transaction.atomic
def change_proposal(proposal: DependenceProposal, *, by: User, via: str, **fields: Any) -> DependenceProposal:
    """Another owner, date or reason. Refuses what has ended."""
    allow(fields, FIELDS)
    _take(proposal, by)
    changes = changed_fields(proposal, fields)
    if changes:
        _keep(proposal, is_new="due_on" in changes)
        audit(proposal, "change", by=by, via=via, changes=changes)
    return proposal


@transaction.atomic
def finish_proposal(proposal: DependenceProposal, *, by: User, via: str) -> DependenceProposal:
    _take(proposal, by)
    return _move(proposal, State.DONE, "finish_proposal", by=by, via=via)


@transaction.atomic
def drop_proposal(proposal: DependenceProposal, *, by: User, via: str, why_dropped: str) -> DependenceProposal:
    """It is not done after all; says why."""
    _take(proposal, by)
    if not why_dropped.strip():
        raise Refused(_("Say why it is dropped."), field="why_dropped")
    return _move(proposal, State.DROPPED, "drop_proposal", by=by, via=via, why_dropped=why_dropped.strip())


@transaction.atomic
def reopen_proposal(proposal: DependenceProposal, *, by: User, via: str) -> DependenceProposal:
    """Take back that it is done or dropped."""
    lock(proposal)
    check(by, "dependence.change", proposal)
    if proposal.state == State.OPEN:
        raise Refused(_("This proposal is open."))
    return _move(proposal, State.OPEN, "reopen_proposal", by=by, via=via, why_dropped="")


def _take(proposal: DependenceProposal, by: User) -> None:
    lock(proposal)
    check(by, "dependence.change", proposal)
    if proposal.state != State.OPEN:
        raise Refused(_("This proposal has ended. Open it again first."))


def _move(
    proposal: DependenceProposal, state: str, verb: str, *, by: User, via: str, why_dropped: str | None = None
) -> DependenceProposal:
    fields: dict[str, Any] = {"state": state, "ended_at": None if state == State.OPEN else timezone.now()}
    if why_dropped is not None:
        fields["why_dropped"] = why_dropped
    changes = changed_fields(proposal, fields)
    keep(proposal, taken=_agreed(), field=None)
    del changes["ended_at"]
    audit(proposal, verb, by=by, via=via, changes=changes)
    return proposal


def _agreed() -> str:
    return _("This is agreed on for this topic already.")


def _keep(proposal: DependenceProposal, *, is_new: bool) -> None:
    """Check and save; a date that is new lies ahead."""
    if not proposal.reason.strip():
        raise Refused(_("Say why."), field="reason")
    if not (proposal.owner.is_agent or proposal.owner.is_administrator):
        raise Refused(_("The owner works at the desk: an agent or an administrator."), field="owner")
    if is_new and proposal.due_on < timezone.localdate():
        raise Refused(_("This date is over. Choose today or later."), field="due_on")
    keep(proposal, taken=_agreed(), field="kind")


# --- reminders ------------------------------------------------------------------------------------------------------


def remind_of_proposals(today: date | None = None) -> int:
    """Remind owners of what is due, once of each date; returns of how many. Each has a transaction of its own, with
    its mark: killed or run twice, it reminds once.
    """
    made = 0
    for pk in list(due_proposals(today or timezone.localdate()).values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                made += _remind_of(pk, today or timezone.localdate())
        except Exception:
            log.exception("nobody was reminded of proposal %s", pk)
    return made


def _remind_of(pk: int, today: date) -> bool:
    proposal = due_proposals(today).select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if proposal is None:
        return False
    for person in _whom(proposal):
        with speaking_to(person):
            said = _("%(what)s was to be done by %(day)s. Done, or dropped with a reason?") % {
                "what": proposal, "day": exact(proposal.due_on),
            }  # fmt: skip
            title = proposal.topic
        address = reverse("reports:dependence-proposal", args=[pk])
        remind(person, f"dependence.{pk}.{proposal.due_on}", said=said, title=title, address=address)
    DependenceProposal.objects.filter(pk=pk).update(reminded_for=proposal.due_on)
    return True


def _whom(proposal: DependenceProposal) -> list[User]:
    """The owner; administrators when the owner has left or no longer works at the desk."""
    if proposal.owner.is_agent or proposal.owner.is_administrator:
        return [proposal.owner]
    people = User.objects.filter(is_active=True, role_rows__role=Role.ADMINISTRATOR)
    return list(people.distinct().order_by("pk"))
