"""A record of the wrong kind: the right one is made, the wrong one ends with a pointer to it."""

from django.db import transaction
from django.utils.translation import gettext as _

from cmdb.queries import items_in_use
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.priorities.actions import override_priority
from servicedesk.tickets.actions import assign, link, lock, move, note, set_items, set_tags
from servicedesk.tickets.actions.talk import copy_files
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import PriorityReason, Ticket, TicketLink, TicketShare, Watcher
from servicedesk.tickets.workflow import TicketType

from ..models import CallBack, Makes
from .receive import receive_like

_TYPE_OF = {
    Makes.INCIDENT: TicketType.INCIDENT,
    Makes.REQUEST: TicketType.REQUEST,
    Makes.ENQUIRY: TicketType.REQUEST,
}


@transaction.atomic
def convert_ticket(ticket: Ticket, to: str, *, by: User, via: str, reason: str = "") -> Ticket:
    """Make a record of the other kind (`to`: incident, request, enquiry) with the same words, people, files, tags,
    items in use and priority set by hand; cancel the old one. Both are linked; answers by mail to the old one and
    call-backs that were promised go to the new one.

    Refuses an unknown kind, the kind it has (to), and a ticket that is resolved or over.
    """
    lock(ticket)
    check(by, "tickets.convert", ticket)
    if to not in Makes.values:
        raise TicketError(_("Choose an incident, a request or an enquiry."), field="to")
    if _TYPE_OF[Makes(to)] == ticket.type:
        raise TicketError(_("It is one already."), field="to")
    if reason.strip():
        note(ticket, by=by, via=via, body=reason)
    new = receive_like(
        ticket,
        kind=to,
        title=ticket.title,
        description=ticket.description,
        requester=ticket.requester,
        by=by,
        via=via,
    )
    copy_files(ticket.attachments.filter(comment__isnull=True), new)
    Watcher.objects.bulk_create(
        [Watcher(ticket=new, user_id=user) for user in ticket.watcher_rows.values_list("user_id", flat=True)]
    )
    TicketShare.objects.bulk_create(
        [TicketShare(ticket=new, user_id=each.user_id, team_id=each.team_id, by=by) for each in ticket.shares.all()]
    )
    link(ticket, new, TicketLink.Kind.CONVERTED, by=by, via=via)
    if names := list(ticket.tags.values_list("name", flat=True)):
        set_tags(new, by=by, via=via, tags=names)
    set_items(new, by=by, via=via, items=items_in_use(by).filter(ticket_rows__ticket=ticket), permitted=True)
    if ticket.priority_reason == PriorityReason.MANUAL:
        override_priority(new, by=by, via=via, priority=ticket.priority, note=ticket.priority_note or _("As before."))
    if ticket.assignee is not None and ticket.assignee.is_agent:
        assign(new, by=by, via=via, assignee=ticket.assignee)
    CallBack.objects.filter(ticket=ticket, state=CallBack.State.OPEN).update(ticket=new)
    move(ticket, "cancel", by=by, via=via, permitted=True, converted_to=new.number)
    return new
