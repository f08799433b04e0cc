"""The whole way: mails come by SMTP to two mailboxes, rules give them to people and to tier 2, a clock rests over a
holiday, and a trial says beforehand exactly what a rule then does.
"""

import smtplib

import pytest
import time_machine

from incidents.actions import ask_requester_incident
from incidents.models import Incident
from servicedesk.escalation.actions import create_rule
from servicedesk.escalation.models import Firing
from servicedesk.escalation.running import judge_waiting
from servicedesk.escalation.timing import sweep
from servicedesk.escalation.trial import try_document
from servicedesk.intake.actions import read_waiting
from servicedesk.levels.models import Clock
from servicedesk.notify.actions import send_waiting
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from tests.factories import a_person, a_team, an_administrator, an_agent, events_of
from tests.intake.mails import a_mail, a_mailbox
from tests.intake.test_listener import ports  # noqa: F401 – a fixture
from tests.levels.test_hours import at

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> None:
    """What the workers of a desk do, until nothing waits."""
    read_waiting()
    for _round in range(20):
        if not deliver_waiting() + judge_waiting():
            break


def rule(admin, name: str, trigger: dict, when: list, *actions: dict) -> dict:
    document = {"name": name, "trigger": trigger, "conditions": {"all": when}, "actions": list(actions)}
    document["minutes_saved"] = 10
    create_rule(by=admin, via="page", document=document)
    return document


def test_from_the_mail_to_tier_two_and_over_a_holiday(ports):  # noqa: F811
    with time_machine.travel(at("2026-11-20T16:00"), tick=False) as clock:
        admin, network = an_administrator(), a_team(code="network", tier=2)
        first, accounts = a_team(code="first", next_team=network), a_team(code="accounts")
        here, there = an_agent(first), an_agent(accounts)
        an_agent(network)
        a_mailbox(address="desk@desk.example.com", team=None, is_default=True)
        a_mailbox(address="accounts@desk.example.com", team=None, is_default=False)
        hanako = a_person(email="hanako@example.com", language="ja")
        for address, team in (("desk@desk.example.com", "first"), ("accounts@desk.example.com", "accounts")):
            rule(
                admin, f"To {team}", {"on": "created"}, [{"field": "mailbox", "is": [address]}],
                {"do": "assign_team", "team": team}, {"do": "assign_person", "how": "least_loaded"},
            )  # fmt: skip
        with smtplib.SMTP("127.0.0.1", ports[0], timeout=10) as smtp:
            for address, subject in (
                ("desk@desk.example.com", "ＶＰＮがつながりません"),
                ("accounts@desk.example.com", "経費"),
            ):
                mail = a_mail(sender="hanako@example.com", to=address, subject=subject)
                smtp.sendmail("hanako@example.com", [address], mail.as_bytes())
        work()
        vpn, money = Ticket.objects.order_by("pk")
        assert [(one.requester, one.team, one.assignee) for one in (vpn, money)] == [
            (hanako, first, here),
            (hanako, accounts, there),
        ]

        # Thirty business minutes later nobody has begun: tier 2, as the trial says beforehand.
        document = rule(
            admin, "VPN waits", {"on": "time", "minutes": 30, "since": "created"},
            [{"field": "words", "has": ["vpn"]}, {"field": "status", "is": ["new", "assigned"]}],
            {"do": "escalate", "to": "next_tier"},
        )  # fmt: skip
        clock.move_to(at("2026-11-20T16:29"))
        assert (try_document(document, 7)["would_fire"], sweep()) == (0, 0)
        clock.move_to(at("2026-11-20T16:30"))
        predicted = try_document(document, 7, reader=here)
        assert (predicted["tried"], predicted["would_fire"], predicted["minutes_saved"]) == (2, 1, 10)
        assert (sweep(), sweep()) == (1, 0)
        firing = Firing.objects.get(rule__name="VPN waits")
        assert (firing.ticket, firing.changes) == (vpn, try_changes(predicted, vpn))
        vpn.refresh_from_db()
        assert (vpn.team, vpn.assignee) == (network, None)

        # The question of Friday evening is answered on Wednesday; Monday is 勤労感謝の日.
        clock.move_to(at("2026-11-20T17:00"))
        agent = network.members.get()
        ask_requester_incident(Incident.objects.get(pk=vpn.pk), by=agent, via="page", message="どの端末ですか。")
        work()
        assert Clock.objects.get(ticket=vpn, kind="resolution").run == "paused"
        clock.move_to(at("2026-11-20T17:01"))
        send_waiting()
        clock.move_to(at("2026-11-25T10:00"))
        asked = vpn.mails_out.filter(kind="reply").latest("pk")
        answer = a_mail(
            sender="hanako@example.com",
            to=asked.headers["Reply-To"],
            subject=f"Re: {asked.subject}",
            text="ノートPCです。",
        )
        with smtplib.SMTP("127.0.0.1", ports[0], timeout=10) as smtp:
            smtp.sendmail("hanako@example.com", [asked.headers["Reply-To"]], answer.as_bytes())
        work()
        resolution = Clock.objects.get(ticket=vpn, kind="resolution")
        # An hour on Friday, eight on Tuesday, one on Wednesday: nothing at the week-end and on the holiday.
        assert (resolution.run, resolution.waited) == ("running", {"requester": 10 * 3600})
        verbs = [verb for verb, _data in events_of(vpn)]
        assert [verb for verb in verbs if verb in ("open", "escalate", "ask_requester", "resume")] == [
            "open", "escalate", "ask_requester", "resume",
        ]  # fmt: skip


def try_changes(predicted: dict, ticket: Ticket) -> list:
    return next(changes for pk, changes in predicted["tickets"] if pk == ticket.pk)
