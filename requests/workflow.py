"""The life cycle of a service request."""

from servicedesk.tickets.workflow import TicketType, register, usual_workflow

WORKFLOW = register(usual_workflow(TicketType.REQUEST, "requests", resolve_asks=("resolution",)))
