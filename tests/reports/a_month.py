"""March 2026 as a desk lived it, by the actions that people use: something for almost every KPI."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import time_machine

from incidents.actions import (
    ask_requester_incident,
    change_incident,
    reopen_incident,
    resolve_incident,
    resume_incident,
    wait_for_vendor_incident,
)
from incidents.major.actions.declaring import declare_major, end_major
from incidents.major.actions.force import join_force
from incidents.major.actions.learning import finish_post_mortem, save_post_mortem
from incidents.major.actions.telling import publish_update
from incidents.models import CauseCode, Incident
from requests.actions import (
    change_service_request,
    close_service_request,
    resolve_service_request,
    wait_until_service_request,
)
from servicedesk.desk.templates import create_template
from servicedesk.escalation.actions import create_rule
from servicedesk.escalation.running import judge_waiting
from servicedesk.people.models import Team, User
from servicedesk.reports import facts
from servicedesk.reports.models import ReportSettings
from servicedesk.surveys.actions.ratings import rate_ticket
from servicedesk.tickets.actions import escalate, log_work, reply
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import (
    a_company,
    a_department,
    a_person,
    a_service,
    a_service_request,
    a_team,
    an_administrator,
    an_agent,
    an_incident,
)

TEXT = "Dear {requester},\nplease open the portal, choose “Forgot password” and follow the mail.\n{agent}"
WORDS = "Please open the portal, choose “Forgot password” and follow the mail."


def at(day: int, hour: int = 1, month: int = 3) -> datetime:
    """10:00 in Tokyo, unless said otherwise."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def keep() -> None:
    while deliver_waiting() + judge_waiting() + facts.keep_waiting():
        pass


@dataclass
class Desk:
    """Who works in that month."""

    team: Team
    second: Team
    agent: User
    expert: User
    clock: Any  # of time_machine

    def on(self, day: int, hour: int = 1, month: int = 3) -> None:
        """What happened so far is dealt with, and the clock goes on to that hour."""
        keep()
        self.clock.move_to(at(day, hour, month))

    def resolve(self, incident: Incident, by: User | None = None, group: str = "", human_error: str = "") -> None:
        code = CauseCode.objects.filter(**{"group": group} if group else {}).first()
        resolve_incident(
            incident, by=by or self.agent, via="page", resolution="Restarted it.", code=code, human_error=human_error
        )


def a_busy_march() -> Desk:
    """A desk of two tiers in February and March 2026."""
    with time_machine.travel(at(2, month=2), tick=False) as clock:
        ReportSettings.objects.update_or_create(pk=1, defaults={"hourly_rate": 4800})
        second = a_team(name="Network")
        team = a_team(name="Desk", next_team=second)
        desk = Desk(team, second, an_agent(team), an_agent(second), clock)
        an_incident(team=team, assignee=desk.agent)  # for which nobody ever has time
        desk.on(20, month=2)
        an_incident(team=second)
        _incidents(desk)
        _a_major(desk)
        _requests(desk)
        _backlog(desk)
        desk.on(31, 14)
        keep()
    return desk


def _incidents(desk: Desk) -> None:
    """Four in March: one at once, one asked back and reopened, one over the second tier, one late at a vendor."""
    agent, said = desk.agent, {"by": desk.agent, "via": "page"}
    department = a_department(a_company())
    requester = a_person(department=department, company=department.company)
    service = a_service(desk.team)
    admin = an_administrator()
    template = create_template(by=admin, via="page", name="Password", code="pw", body_en=TEXT)
    create_rule(
        by=admin, via="page",
        document={
            "name": "Tags", "trigger": "created", "actions": [{"do": "add_tag", "tag": "new"}], "minutes_saved": 4,
        },
    )  # fmt: skip
    new = {"requester": requester, "team": desk.team, "service": service, "assignee": agent}
    desk.on(3)
    quick = an_incident(**new, impact=1, urgency=1)
    reply(quick.ticket, body=WORDS, template=template.pk, **said)
    log_work(quick.ticket, minutes=25, **said)
    desk.resolve(quick, group="regrettable", human_error="with_effect")

    desk.on(4)
    asked = an_incident(**new)
    ask_requester_incident(asked, message="Which printer?", **said)
    desk.on(5)
    reply(asked.ticket, by=requester, via="page", body="The one on the third floor.")
    desk.resolve(asked, group="unavoidable", human_error="without_effect")
    desk.on(6)
    reopen_incident(asked, by=requester, via="page", reason="It is silent again.")
    desk.on(7, 3)  # a Saturday
    log_work(asked.ticket, minutes=90, **said)
    desk.resolve(asked, group="unavoidable", human_error="without_effect")

    desk.on(9)
    hard = an_incident(**new)
    change_incident(hard, is_security=True, caused_by_change=True, **said)
    escalate(hard.ticket, reason="A matter of the network.", **said)
    desk.on(9, 4)
    log_work(hard.ticket, by=desk.expert, via="page", minutes=45)
    desk.resolve(hard, by=desk.expert, group="external")

    slow = an_incident(**new, impact=4, urgency=1)
    wait_for_vendor_incident(slow, **said)
    desk.on(26)
    resume_incident(slow, **said)
    desk.on(31, 2)
    desk.resolve(slow)


def _a_major(desk: Desk) -> None:
    said = {"by": desk.agent, "via": "page"}
    desk.on(11)
    incident = an_incident(team=desk.team, assignee=desk.agent, service=a_service(desk.team))
    began = at(11, 0)
    major = declare_major(incident.ticket, reason="Nobody can order.", outage_from=began, people_hit=120, **said)
    join_force(major, person=desk.expert, role="commander", **said)
    desk.clock.move_to(at(11, 2))
    publish_update(major, kind="investigating", text_en="We are looking for the cause.", **said)
    desk.on(11, 6)
    end_major(major, **said)
    desk.resolve(incident)
    desk.on(12)
    save_post_mortem(
        major, cause_code=CauseCode.objects.first(), held_on=date(2026, 3, 12), what_happened="The disk was full.",
        lessons="Watch the disk.", **said,
    )  # fmt: skip
    finish_post_mortem(major, **said)


def _requests(desk: Desk) -> None:
    """Two with an agreed date, one of them late, and an enquiry without."""
    said = {"by": desk.agent, "via": "page"}
    desk.on(16)
    new = {"team": desk.team, "assignee": desk.agent}
    timely, late, waited = (a_service_request(**new, kind=kind) for kind in ("request", "request", "enquiry"))
    change_service_request(timely, delivery_on=date(2026, 3, 20), **said)
    change_service_request(late, delivery_on=date(2026, 3, 17), **said)
    wait_until_service_request(waited, agreed_on=date(2026, 3, 18), **said)
    desk.on(19)
    for each in (timely, late, waited):
        resolve_service_request(each, resolution="Done.", **said)
    # Two close it and say what they think of it; the third closes it and says nothing.
    desk.on(20)
    for each in (timely, late, waited):
        close_service_request(each, by=each.ticket.requester, via="page")
    keep()
    for each, mark in ((timely, 5), (late, 2)):
        rate_ticket(each.ticket, by=each.ticket.requester, via="page", mark=mark)


def _backlog(desk: Desk) -> None:
    """Opened later in March, and open at its end."""
    for day in (20, 29):
        desk.on(day)
        an_incident(team=desk.team)
