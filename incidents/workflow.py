"""The life cycle of an incident."""

from servicedesk.tickets.workflow import TicketType, register, usual_workflow

WORKFLOW = register(
    usual_workflow(TicketType.INCIDENT, "incidents", resolve_asks=("resolution", "cause_code", "human_error"))
)
