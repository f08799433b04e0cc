"""Pages of business rules without scripts: written row by row, tried, put in order, explained on the ticket."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from servicedesk.escalation.actions import create_rule
from servicedesk.escalation.documents import whole_of
from servicedesk.escalation.models import Firing, Rule
from servicedesk.escalation.running import judge_waiting
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import AuditEntry
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_team, a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator(name="Aiko")


def a_rule(admin, **parts) -> Rule:
    document = {"name": "Hot", "trigger": "created", "actions": [{"do": "add_tag", "tag": "hot"}]} | parts
    return create_rule(by=admin, via="page", document=document)


def run() -> None:
    while deliver_waiting() + judge_waiting():
        pass


class TestWithoutScripts:
    def test_a_rule_is_written_row_by_row_refused_where_it_is_wrong_tried_and_saved(self, visit, admin):
        team = a_team(code="network", name="Network")
        ticket = a_ticket(title="The VPN is down")
        page, new = visit(admin), reverse("escalation:rule-new")
        given = {
            "name": "To the network", "owner": admin.pk, "minutes_saved": "１２", "is_active": "on", "days": "30",
            "t-on": "created", "active_from": "2026-11-01T09:00",
        }  # fmt: skip
        assert page.get(new).status_code == 200
        drawn = page.post(new, given | {"do": "add:condition:0"})
        assert drawn.status_code == 200 and 'name="c1-field"' in drawn.text and "To the network" in drawn.text
        given |= {"c0-group": "all", "c1-depth": "1", "c1-field": "words"}
        drawn = page.post(new, given | {"do": "refresh"}, headers={"HX-Request": "true"})
        assert drawn.text.startswith('<div id="rule-rows">') and 'name="c1-value"' in drawn.text
        given |= {"c1-operator": "has", "c1-value": "ＶＰＮ、 tunnel", "a0-do": "assign_team", "a0-team": ""}
        refused = page.post(new, given | {"do": "save"})
        assert refused.status_code == 422 and "“Team” knows no “None”" in refused.text
        given |= {"a0-team": "network"}
        assert page.post(new, given | {"do": "try"}).status_code == 303
        deliver_waiting()
        run_next_job()
        trial = page.get(reverse("escalation:trial"))
        assert "on 1 ticket" in trial.text and "Team: none → Network" in trial.text
        assert not Rule.objects.exists() and ticket.events.count() == 1
        assert 'value="To the network"' in page.get(f"{new}?from=trial").text
        assert page.post(new, given | {"do": "save", "why": "Too many by hand"}).status_code == 303
        rule = Rule.objects.get()
        assert whole_of(rule)["conditions"] == {"all": [{"field": "words", "has": ["vpn", "tunnel"]}]}
        assert (rule.owner, rule.minutes_saved, rule.versions.get().why) == (admin, 12, "Too many by hand")
        assert AuditEntry.objects.filter(object_type="escalation.rule", verb="create").count() == 1
        change = reverse("escalation:rule-change", args=[rule.pk])
        assert page.get(change).text.count("selected") >= 4
        assert 'value="2026-11-01T09:00"' in page.get(change).text
        page.post(change, given | {"do": "save", "c1-value": "VPN", "why": "Tunnels are others'"})
        shown = page.get(reverse("escalation:rule", args=[rule.pk])).text
        assert "Condition new: Words in title or text: one of “vpn”" in shown and "Tunnels are others&#x27;" in shown
        assert team

    def test_rules_are_put_in_order_switched_exported_and_taken_in(self, visit, admin):
        first, second = a_rule(admin), a_rule(admin, name="Second", actions=[{"do": "add_tag", "tag": "cold"}])
        page = visit(admin)
        page.post(reverse("escalation:rule-move", args=[second.pk]), {"place": "up"})
        assert [rule.name for rule in Rule.objects.all()] == ["Second", "Hot"]
        page.post(reverse("escalation:rule-move", args=[second.pk]), {"place": "２"})
        page.post(reverse("escalation:rule-move", args=[second.pk]), {"place": "2"})
        assert [rule.name for rule in Rule.objects.all()] == ["Hot", "Second"]
        assert "They ask the same" in page.get(reverse("escalation:rules-findings")).text
        page.post(reverse("escalation:rule-switch", args=[first.pk]))
        assert Rule.objects.get(pk=first.pk).is_active is False
        exported = page.get(reverse("escalation:rules-export")).text
        Rule.objects.all().delete()
        take_in = reverse("escalation:rules-import")
        assert page.post(take_in, {"document": exported}).status_code == 303
        assert [(rule.name, rule.is_active) for rule in Rule.objects.all()] == [("Hot", False), ("Second", True)]
        wrong = page.post(take_in, {"document": exported.replace("add_tag", "add_tga")})
        assert wrong.status_code == 422 and "Did you mean “add_tag”?" in wrong.text

    def test_groups_within_groups_are_made_by_buttons_that_keep_what_was_typed(self, visit, admin):
        """Five deep, as deep as a rule goes; then one is taken out with all that is in it."""
        page, new = visit(admin), reverse("escalation:rule-new")
        given = {
            "name": "Deep", "owner": admin.pk, "minutes_saved": "1", "is_active": "on", "days": "30", "t-on": "created",
            "a0-do": "add_tag", "a0-tags": "deep", "c0-group": "any", "c1-depth": "1", "c1-field": "vip",
            "c1-operator": "is", "c1-value": "true",
        }  # fmt: skip

        def press(button: str):
            drawn = page.post(new, given | {"do": button})
            names = re.findall(r'name="(c\d+-(?:depth|group|field))"', drawn.text)
            assert drawn.status_code == 200 and "Deep" in drawn.text
            return [name for name in names if not name.endswith("depth")], drawn.text

        names, text = press("add:group:0")
        assert names == ["c0-group", "c1-field", "c2-group", "c3-field"]
        assert re.findall(r'id="(\S+)"[^>]*autofocus|autofocus[^>]*id="(\S+)"', text) == [("id_c3-field", "")]
        given |= {"c2-depth": "1", "c2-group": "none", "c3-depth": "2", "c3-field": "priority", "c3-operator": "is"}
        given |= {"c3-value": "P4"}
        for at, depth in ((4, 2), (6, 3), (8, 4)):
            press(f"add:group:{at - 2}")
            given |= {f"c{at}-depth": f"{depth}", f"c{at}-group": "all", f"c{at + 1}-depth": f"{depth + 1}"}
            given |= {f"c{at + 1}-field": "channel", f"c{at + 1}-operator": "is", f"c{at + 1}-value": "mail"}
        assert 'value="add:group:8"' not in press("refresh")[1]
        mail = {"field": "channel", "is": ["mail"]}
        inner = {"none": [{"field": "priority", "is": ["P4"]}, {"all": [mail, {"all": [mail, {"all": [mail]}]}]}]}
        conditions = {"any": [{"field": "vip", "is": True}, inner]}
        assert page.post(new, given | {"do": "save"}).status_code == 303
        rule = Rule.objects.get()
        assert rule.document["conditions"] == conditions
        shown = page.get(reverse("escalation:rule-change", args=[rule.pk])).text
        assert shown.count("<legend") - shown.count('class="rule-box"') >= 4 and 'name="c9-value"' in shown
        assert press("remove:c4")[0] == ["c0-group", "c1-field", "c2-group", "c3-field"]
        empty = {name: value for name, value in given.items() if name[:2] not in {f"c{at}" for at in range(3, 10)}}
        refused = page.post(new, empty | {"do": "save", "name": "Other"})
        assert refused.status_code == 422 and "A group needs at least one condition." in refused.text
        odd = given | {"do": "save", "name": "Odd", "c2-depth": "x", "c3-depth": "5"}
        assert page.post(new, odd).status_code == 303

    def test_the_whole_can_be_edited_as_json(self, visit, admin):
        rule = a_rule(admin)
        page, change = visit(admin), reverse("escalation:rule-change", args=[rule.pk])
        assert "add_tag" in page.get(f"{change}?as=json").text
        document = whole_of(rule) | {"name": "Deeper"}
        wrong = page.post(change, {"document": json.dumps(document)[:-1], "days": "30"})
        assert wrong.status_code == 422 and "This is no JSON" in wrong.text
        assert page.post(change, {"document": json.dumps(document), "days": "30"}).status_code == 303
        assert Rule.objects.get().name == "Deeper"


class TestTheList:
    def test_asks_as_often_of_three_rules_as_of_one(self, visit, admin, django_assert_num_queries):
        team = a_team(code="network")
        page, address = visit(admin), reverse("escalation:rules")
        parts = {
            "conditions": [{"field": "team", "is": team.code}, {"field": "priority", "is": "P1"}],
            "actions": [{"do": "assign_team", "team": team.code}, {"do": "notify", "whom": [admin.email]}],
        }
        a_rule(admin, **parts)
        page.get(address)
        with CaptureQueriesContext(connection) as one:
            page.get(address)
        for name in ("Second", "Third"):
            a_rule(admin, name=name, **parts)
        with django_assert_num_queries(len(one)):
            page.get(address)


class TestWhyDidThisHappen:
    def test_the_time_line_leads_to_the_rule_and_its_conditions_for_those_who_work_on_the_ticket(self, visit, admin):
        team = a_team()
        agent, other = an_agent(team), an_agent()
        a_rule(admin, conditions=[{"field": "team", "is": team.code}])
        ticket = a_ticket(team=team)
        run()
        event = ticket.events.get(verb="change")
        why = reverse("escalation:why", args=[ticket.number, event.number])
        assert f'<a href="{why}">Why?</a>' in visit(agent).get(ticket.get_absolute_url()).text
        shown = visit(agent).get(why).text
        assert "Hot" in shown and f"Team is {team}" in shown and "Tags: none → hot" in shown
        assert "No rule did this." in visit(agent).get(reverse("escalation:why", args=[ticket.number, 1])).text
        assert visit(other).get(why).status_code == 404
        assert why not in visit(ticket.requester).get(ticket.get_absolute_url()).text
        rule_page = reverse("escalation:rule", args=[Firing.objects.get().rule_id])
        assert ticket.number in visit(agent).get(rule_page).text
        assert ticket.number not in visit(other).get(rule_page).text
