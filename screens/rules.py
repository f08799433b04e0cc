"""Business rules for the pictures: some that run, one that has fired, two that contradict each other, and a trial."""

from types import SimpleNamespace

from django.utils import timezone

from servicedesk.escalation.actions import change_rule, create_rule, start_trial
from servicedesk.escalation.documents import whole_of
from servicedesk.escalation.models import Rule
from servicedesk.escalation.running import judge_waiting
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import User
from servicedesk.tickets.actions import set_tags
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket


def rules(admin: User, agent: User) -> dict:
    """What the pages of rules show; `ruled` is a ticket to which one did something."""
    mine = Ticket.objects.filter(team__in=agent.teams.all(), closed_at__isnull=True, is_confidential=False)
    began = timezone.now()
    ticket = mine.latest("pk")
    team = ticket.team
    rule = create_rule(
        by=admin, via="command",
        document={
            "name": "役員と無線の障害は早めに上位へ",
            "trigger": {"on": "changed", "fields": ["tags"]},
            "conditions": {"all": [
                {"field": "tags", "is": ["無線", "役員"]},
                {"field": "priority", "is": ["P1", "P2", "P3", "P4"]},
                {"any": [
                    {"field": "team", "is": team.code},
                    {"all": [
                        {"field": "words", "has": ["VPN", "無線 LAN"]},
                        {"none": [{"field": "channel", "is": "alert"}]},
                    ]},
                ]},
                {"none": [{"field": "guest", "is": True}]},
            ]},
            "actions": [
                {"do": "raise", "field": "urgency"},
                {"do": "notify", "whom": ["lead"], "text": "無線の障害です。"},
                {"do": "note", "text": "{number} はルールにより緊急度を上げました。"},
            ],
        },
    )  # fmt: skip
    change_rule(rule, by=admin, via="command", document=whole_of(rule) | {"minutes_saved": 15}, why="実績に合わせた")
    for name, to in (("夜間の問い合わせを受け取る", "accept"), ("夜間の問い合わせに取りかかる", "start")):
        create_rule(
            by=admin, via="command",
            document={
                "name": name, "trigger": {"on": "time", "minutes": 240, "since": "message"},
                "conditions": [{"field": "unanswered", "at_least": 3}], "actions": [{"do": "step", "to": to}],
                "is_active": True,
            },
        )  # fmt: skip
    Rule.objects.filter(since__gte=began).update(since=timezone.now())
    set_tags(ticket, by=agent, via="command", tags=["無線"])
    while deliver_waiting() + judge_waiting():
        pass
    start_trial(
        {"name": "複合機の担当へ", "trigger": "created", "conditions": [{"field": "channel", "is": ["mail", "portal"]}],
         "actions": [{"do": "assign_team", "team": team.code}, {"do": "add_tag", "tag": "自動"}]},
        90, by=admin, rule=rule,
    )  # fmt: skip
    while run_next_job():
        pass
    event = ticket.events.filter(data__has_key="rule").order_by("number").first()
    return {"rule": rule, "ruled": ticket, "ruled_event": SimpleNamespace(pk=event.number)}
