"""Files of tickets in all their states, and a ticket that was imported."""

from servicedesk.importers.actions import run_import, upload_import
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket

_HEAD = (
    "number,incident_state,reassignment_count,reopen_count,made_sla,caller_id,opened_by,opened_at,"
    "sys_updated_by,sys_updated_at,contact_type,location,category,subcategory,u_symptom,impact,urgency,"
    "priority,assignment_group,assigned_to,closed_code,resolved_by,resolved_at,closed_at"
)
_LOG = f"""{_HEAD}
INC0000101,New,0,0,TRUE,Caller 12,Opened by 3,29-02-2016 09:10,Updated by 7,29-02-2016 09:12,Phone,Location 4,Category 5,Subcategory 2,Symptom 8,2 - Medium,2 - Medium,3 - Moderate,Group 70,?,code 5,Resolved by 9,01-03-2016 10:40,06-03-2016 11:00
INC0000101,Awaiting Problem,1,0,FALSE,Caller 12,Opened by 3,29-02-2016 09:10,Updated by 8,29-02-2016 11:30,Phone,Location 4,Category 5,Subcategory 2,Symptom 8,1 - High,2 - Medium,2 - High,Group 24,Resolver 6,code 5,Resolved by 9,01-03-2016 10:40,06-03-2016 11:00
INC0000101,Resolved,1,0,FALSE,Caller 12,Opened by 3,29-02-2016 09:10,Updated by 8,01-03-2016 10:40,Phone,Location 4,Category 5,Subcategory 2,Symptom 8,1 - High,2 - Medium,2 - High,Group 24,Resolver 6,code 5,Resolved by 9,01-03-2016 10:40,06-03-2016 11:00
INC0000101,Closed,1,0,FALSE,Caller 12,Opened by 3,29-02-2016 09:10,Updated by 1,06-03-2016 11:00,Phone,Location 4,Category 5,Subcategory 2,Symptom 8,1 - High,2 - Medium,2 - High,Group 24,Resolver 6,code 5,Resolved by 9,01-03-2016 10:40,06-03-2016 11:00
"""  # noqa: E501 – lines of a file
_BAD = "INC0000102,New,0,0,TRUE,Caller 5,?,30-02-2016 09:10,Updated by 7,29-02-2016 09:12" + ",?" * 14 + "\n"
_TABLE = """番号,件名,登録日時,状態,優先度,担当チーム
A-1,プリンターが紙詰まりを繰り返す,2025-11-04 09:20,完了,高,ヘルプデスク
A-2,在宅勤務用の端末が起動しない,2025-11-05 13:05,対応中,中,ヘルプデスク
"""


def imports(admin: User, agent: User) -> dict:
    """One done, one looked at, one whose columns are to be chosen."""
    log = _LOG.replace("Group 24", agent.teams.earliest("pk").name)
    done = _upload(admin, "servicenow", "2016-02.csv", log)
    run_import(done, by=admin, via="command")
    return {
        "imported": Ticket.objects.get(external_id="INC0000101"),
        "ticket_import": _upload(admin, "servicenow", "2016-03.csv", _LOG.replace("INC0000101", "INC0000103") + _BAD),
        "table_import": _upload(admin, "table", "前の台帳.csv", _TABLE, system="前の台帳"),
    }


def _upload(admin: User, kind: str, name: str, text: str, **more):
    return upload_import(
        kind, name=name, content=text.encode(), time_zone="Asia/Tokyo", by=admin, via="command", **more
    )
