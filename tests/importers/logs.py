"""A small event log, made up, in the form of ServiceNow's."""

COLUMNS = """
    number incident_state active reassignment_count reopen_count sys_mod_count made_sla caller_id
    opened_by opened_at sys_created_by sys_created_at sys_updated_by sys_updated_at contact_type
    location category subcategory u_symptom cmdb_ci impact urgency priority assignment_group assigned_to
    knowledge u_priority_confirmation notify problem_id rfc vendor caused_by closed_code resolved_by
    resolved_at closed_at
""".split()  # noqa: SIM905 - a list of words reads better so
_USUAL = {
    "number": "INC1",
    "incident_state": "New",
    "active": "TRUE",
    "reassignment_count": "0",
    "reopen_count": "0",
    "made_sla": "TRUE",
    "caller_id": "Caller 1",
    "opened_by": "Opened by  8",
    "opened_at": "01-03-2016 09:00",
    "sys_updated_by": "Updated by 5",
    "sys_updated_at": "01-03-2016 09:05",
    "contact_type": "Phone",
    "location": "Location 3",
    "category": "Category 5",
    "subcategory": "Subcategory 9",
    "u_symptom": "Symptom 7",
    "impact": "2 - Medium",
    "urgency": "2 - Medium",
    "priority": "3 - Moderate",
    "assignment_group": "Group 70",
    "closed_code": "code 6",
}


def row(**cells: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "?") | _USUAL | cells


def log(*rows: dict[str, str], columns=COLUMNS) -> bytes:
    lines = [",".join(columns), *(",".join(one.get(column, "") for column in columns) for one in rows)]
    return ("\r\n".join(lines) + "\r\n").encode()


def closed(number: str = "INC1", **cells: str) -> list[dict[str, str]]:
    """Opened, handed to another group, waited for, resolved a little after its state said so, and closed."""
    ends = {"resolved_at": "02-03-2016 11:30", "closed_at": "07-03-2016 12:00", "resolved_by": "Resolved by 2"} | cells
    return [
        row(number=number, **ends),
        row(number=number, incident_state="Active", sys_updated_at="01-03-2016 10:00", assignment_group="Group 24",
            assigned_to="Resolver 6", reassignment_count="1", **ends),
        row(number=number, incident_state="Awaiting User Info", sys_updated_at="01-03-2016 10:30", priority="2 - High",
            assignment_group="Group 24", assigned_to="Resolver 6", reassignment_count="1", **ends),
        row(number=number, incident_state="Awaiting Problem", sys_updated_at="01-03-2016 15:00", priority="2 - High",
            assignment_group="Group 24", assigned_to="Resolver 6", reassignment_count="1", **ends),
        row(number=number, incident_state="Resolved", sys_updated_at="02-03-2016 11:00", priority="2 - High",
            assignment_group="Group 24", assigned_to="Resolver 6", reassignment_count="1", **ends),
        row(number=number, incident_state="Closed", active="FALSE", sys_updated_at="07-03-2016 12:00",
            priority="2 - High", assignment_group="Group 24", assigned_to="Resolver 6", reassignment_count="1",
            made_sla="FALSE", **ends),
    ]  # fmt: skip


def still_open(number: str = "INC2", **cells: str) -> list[dict[str, str]]:
    return [
        row(number=number, **cells),
        row(number=number, incident_state="Active", sys_updated_at="01-03-2016 10:00", **cells),
    ]


def waiting_to_close(number: str = "INC3", **cells: str) -> list[dict[str, str]]:
    ends = {"resolved_at": "01-03-2016 10:00"} | cells
    return [
        row(number=number, **ends),
        row(number=number, incident_state="Resolved", sys_updated_at="01-03-2016 10:00", **ends),
    ]
