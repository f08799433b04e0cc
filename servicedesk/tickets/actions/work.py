"""What an agent does with a ticket besides talking: assign, set fields, tag, link."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.models import Team, User
from servicedesk.people.rules import check
from servicedesk.web.text import normalise, one_line

from ..errors import TicketError
from ..models import Category, Tag, Ticket, TicketLink, TicketTag
from ..queries import visible_tickets
from .core import lock, move, named, permit, person_ref, record
from .snoozing import rouse


@transaction.atomic
def assign(
    ticket: Ticket,
    *,
    by: User | None,
    via: str,
    assignee: User | None = None,
    team: Team | None = None,
    at: datetime | None = None,
    permitted: bool = False,
) -> Ticket:
    """Give a ticket to a person, a team, or both; neither takes it back to nobody. New tickets become assigned.

    Without a team the ticket keeps its own when the assignee belongs to it, else goes to their first team. Refuses
    somebody who is no agent, an agent outside the named team, and a closed ticket. Does nothing when nothing would
    change. `permitted`: the caller has asked for the permission as part of another action. Here and below `by` is None
    for the desk itself.
    """
    lock(ticket)
    if not permitted:
        permit(by, "tickets.assign", ticket)
    refuse_closed(ticket)
    if assignee is not None:
        if not assignee.is_agent:
            raise TicketError(
                _("%(name)s does not work on tickets.") % {"name": assignee.display_name}, field="assignee"
            )
        if team is not None and team.pk not in assignee.team_ids:
            raise TicketError(
                _("%(name)s does not belong to the team “%(team)s”.")
                % {"name": assignee.display_name, "team": team.name},
                field="assignee",
            )
        if team is None and ticket.team_id not in assignee.team_ids:
            team = Team.objects.filter(pk__in=assignee.team_ids, is_active=True).order_by("tier", "id").first()
    if team is not None and not team.is_active:
        raise TicketError(_("The team “%(team)s” is no longer in use.") % {"team": team.name}, field="team")
    new_team = team or ticket.team
    changes = {}
    if ticket.assignee_id != (assignee.pk if assignee else None):
        changes["assignee"] = [person_ref(ticket.assignee), person_ref(assignee)]
    if ticket.team_id != (new_team.pk if new_team else None):
        changes["team"] = [named(ticket.team), named(new_team)]
    if changes:
        ticket.assignee, ticket.team = assignee, new_team
        ticket.save(update_fields=["assignee", "team"])
        record(ticket, "assign", by=by, via=via, at=at, changes=changes)
        rouse(ticket, by=by, via=via, at=at)  # whoever has it now has not snoozed it
    if assignee is not None and ticket.status == "new":
        move(ticket, "accept", by=by, via=via, permitted=True, at=at)
    return ticket


def refuse_closed(ticket: Ticket) -> None:
    if not ticket.is_open:
        raise TicketError(_("%(number)s is closed. Reopen it first.") % {"number": ticket.number}, code="closed")


_REFERENCES = {"service", "category", "requester"}
_WORDS = {"title", "description", "resolution", "priority_note"}
SETTABLE = frozenset(
    _REFERENCES | _WORDS | {"impact", "urgency", "priority", "priority_reason", "language", "is_confidential"}
)


@transaction.atomic
def set_fields(
    ticket: Ticket, *, by: User | None, via: str, verb: str = "change", at: datetime | None = None, **fields: Any
) -> Ticket:
    """Set columns of the core row and record which changed, from what to what; of people's words only that they
    changed.

    Returns the ticket. Writes nothing when nothing changes. Priority follows impact, urgency and service in
    `priorities.actions.change_ticket`, which pages and API call. Refuses an empty title and a category out of use.
    """
    unknown = set(fields) - SETTABLE
    if unknown:
        raise LookupError(f"Not settable: {sorted(unknown)}")
    lock(ticket)
    permit(by, "tickets.change", ticket)
    if "title" in fields:
        fields["title"] = one_line(fields["title"])
        if not fields["title"]:
            raise TicketError(_("Give it a title."), field="title")
    category = fields.get("category")
    if isinstance(category, Category) and not category.is_active and category.pk != ticket.category_id:
        raise TicketError(_("The category “%(name)s” is no longer in use.") % {"name": category}, field="category")
    changes: dict[str, list | None] = {}
    for name, value in fields.items():
        before = getattr(ticket, name)
        if before == value:
            continue
        if name in _WORDS:
            changes[name] = None
        elif name == "requester":
            changes[name] = [person_ref(before), person_ref(value)]
        elif name in _REFERENCES:
            changes[name] = [named(before), named(value)]
        else:
            changes[name] = [before, value]
        setattr(ticket, name, value)
    if changes:
        if "requester" in changes:
            ticket.department_id = ticket.requester.department_id
        ticket.save(update_fields=[*changes, *(["department"] if "requester" in changes else [])])
        record(ticket, verb, by=by, via=via, at=at, changes=changes)
    return ticket


def tag_names(tags: Iterable[str]) -> list[str]:
    """Tags as they are kept: in one form of each letter, each once, empty ones left out."""
    return list(dict.fromkeys(filter(None, (normalise(one_line(tag)) for tag in tags))))


@transaction.atomic
def set_tags(ticket: Ticket, *, by: User | None, via: str, tags: list[str], at: datetime | None = None) -> Ticket:
    """Make these the ticket's tags, each up to 40 characters, at most 20; unknown ones are made."""
    lock(ticket)
    permit(by, "tickets.change", ticket)
    names = tag_names(tags)
    if len(names) > 20 or any(len(name) > 40 for name in names):
        raise TicketError(_("A ticket has at most 20 tags of up to 40 characters."), field="tags")
    had = list(ticket.tags.all())
    before = sorted(tag.name for tag in had)
    if sorted(names) == before:
        return ticket
    came, went = set(names) - set(before), set(before) - set(names)
    if went:
        TicketTag.objects.filter(ticket=ticket, tag__in=[tag.pk for tag in had if tag.name in went]).delete()
    if came:
        known = Tag.objects.filter(name__in=came)
        if len(known) < len(came):
            Tag.objects.bulk_create([Tag(name=name) for name in sorted(came)], ignore_conflicts=True)
            known = known.all()
        TicketTag.objects.bulk_create([TicketTag(ticket=ticket, tag=tag) for tag in known], ignore_conflicts=True)
    # What was read of them together with other tickets is no longer so.
    ticket._prefetched_objects_cache = {}  # type: ignore[attr-defined]
    record(ticket, "change", by=by, via=via, at=at, changes={"tags": [before, sorted(names)]})
    return ticket


@transaction.atomic
def link(
    ticket: Ticket, other: Ticket, kind: str, *, by: User | None, via: str, at: datetime | None = None
) -> TicketLink:
    """Tie two tickets that `by` sees and works on; the same tie twice is one. Both get the event.

    Refuses a ticket with itself and an unknown kind; an invisible other ticket is refused as if it were not there. A
    ticket has one parent at most, and children have no children.
    """
    if kind not in TicketLink.Kind.values:
        raise TicketError(_("Choose how the tickets belong together."), field="kind")
    if ticket.pk == other.pk:
        raise TicketError(_("A ticket cannot be tied to itself."), field="other")
    for each in sorted((ticket, other), key=lambda one: one.pk):
        lock(each)
    permit(by, "tickets.change", ticket)
    if by is not None and not visible_tickets(by).filter(pk=other.pk).exists():
        raise TicketError(_("There is no such ticket."), field="other")
    if kind == TicketLink.Kind.RELATED:
        mirrored = TicketLink.objects.filter(source=other, target=ticket, kind=kind).first()
        if mirrored:
            return mirrored
    if kind == TicketLink.Kind.CHILD:
        _refuse_family(ticket, other)
    tie, made = TicketLink.objects.get_or_create(
        source=ticket, target=other, kind=kind, defaults={"by": by, "at": at or timezone.now()}
    )
    if made:
        record(ticket, "link", by=by, via=via, at=at, kind=kind, other=other.number)
        record(other, "link", by=by, via=via, at=at, kind=kind, other=ticket.number, backward=True)
    return tie


def _refuse_family(child: Ticket, parent: Ticket) -> None:
    """One level only: whoever resolves the parent must be able to see what else that resolves."""
    ties = TicketLink.objects.filter(kind=TicketLink.Kind.CHILD)
    if ties.filter(source=child).exclude(target=parent).exists():
        raise TicketError(
            _("%(number)s has a parent already. Remove that link first.") % {"number": child.number},
            field="other",
        )
    if ties.filter(source=parent).exists() or ties.filter(target=child).exists():
        raise TicketError(_("A child cannot have children of its own."), field="other")


@transaction.atomic
def unlink(ticket: Ticket, tie: TicketLink, *, by: User, via: str) -> None:
    """Untie two tickets, from either end; nothing happens where they are not tied."""
    pair = Ticket.objects.filter(pk__in=(tie.source_id, tie.target_id)).order_by("pk")
    source, target = sorted((lock(each) for each in pair), key=lambda one: one.pk != tie.source_id)
    check(by, "tickets.change", ticket)
    gone, _rows = TicketLink.objects.filter(pk=tie.pk).filter(Q(source=ticket) | Q(target=ticket)).delete()
    if gone:
        record(source, "unlink", by=by, via=via, kind=tie.kind, other=target.number)
        record(target, "unlink", by=by, via=via, kind=tie.kind, other=source.number, backward=True)
