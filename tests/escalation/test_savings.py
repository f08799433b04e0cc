"""The automation ledger: what is done without hands counts once, at the rate of its day, and who sees the sums."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from servicedesk.desk.macros import create_macro, run_macro
from servicedesk.desk.templates import create_template, filled
from servicedesk.escalation import saving_queries as queries
from servicedesk.escalation.actions import create_rule
from servicedesk.escalation.ledger import count_all, find_missed_savings
from servicedesk.escalation.models import Firing, Rule, Saving, SavingRate, Source
from servicedesk.escalation.running import judge_waiting
from servicedesk.escalation.saving_actions import save_rate
from servicedesk.people.models import AuditEntry, Role, Team
from servicedesk.tickets.actions import reply, take_back
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Outbox, Ticket, TicketEvent
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, an_administrator, an_agent, events_of

pytestmark = pytest.mark.django_db
TEXT = "Dear {requester},\nplease open the portal, choose “Forgot password” and follow the mail.\n{agent}"


@pytest.fixture
def admin():
    return an_administrator(name="Aiko")


@pytest.fixture
def team():
    return a_team(code="desk", name="Desk", next_team=a_team(code="network", name="Network"))


@pytest.fixture
def agent(team):
    return an_agent(team, name="Ken Suzuki")


@pytest.fixture
def template(admin):
    return create_template(by=admin, via="page", name="Password", code="pw", body_en=TEXT)


def api(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def run() -> None:
    while deliver_waiting() + judge_waiting():
        pass


def counted() -> list[tuple]:
    run()
    return [(row.source, str(row.minutes), row.ticket_id) for row in Saving.objects.order_by("pk")]


def say(source: Source, by, **more) -> SavingRate:
    words = {"instead_ja": "手で書いた。", "instead_en": "Wrote it by hand."}
    return save_rate(source, by=by, via="page", **(words | more))


class TestTickets:
    def test_that_came_by_form_or_mail_from_the_requesters_side_count_and_no_others(self, team, agent):
        staff = a_person()
        ours = [
            a_ticket(requester=staff, channel="portal"),
            a_ticket(requester=staff, channel="mail", via="mail"),
            a_ticket(requester=staff, by=a_person(), channel="mail"),  # a colleague for them
            a_ticket(requester=agent, by=agent, channel="portal"),
        ]
        a_ticket(requester=staff, by=agent, channel="phone")
        a_ticket(requester=staff, by=agent, channel="desk")
        a_ticket(requester=staff, by=agent, channel="mail")  # a mail that an agent handed on
        a_ticket(requester=staff, channel="api")
        assert counted() == [("ticket", "15.3", ticket.pk) for ticket in ours]
        assert set(Saving.objects.values_list("channel", flat=True)) == {"portal", "mail"}

    def test_count_once_however_often_they_are_told_and_also_when_they_never_were(self):
        ticket = a_ticket()
        Outbox.objects.all().delete()
        find_missed_savings()
        assert not Saving.objects.exists()  # the consumer may still be at it
        count_all(TicketEvent.objects.all())
        count_all(TicketEvent.objects.all())
        assert counted() == [("ticket", "15.3", ticket.pk)]


class TestTemplates:
    def test_count_while_the_reply_resembles_one_that_the_writer_may_use(self, admin, team, agent, template):
        theirs = create_template(by=admin, via="page", name="Theirs", code="t", body_en=TEXT, team=a_team())
        ticket = a_ticket(team=team, requester=a_person(name="Anna"), channel="api")
        words = filled(template, ticket, agent)[0]
        said = {"by": agent, "via": "page"}
        changed = words.replace("the mail", "the mail at once") + "\n\nThe office closes at six today."
        first = reply(ticket, body=changed, template=template.pk, **said)
        reply(ticket, body="I rang you and we mended it together, all is well now.", template=template.pk, **said)
        reply(ticket, body=words, template=theirs.pk, **said)
        reply(ticket, body=words, **said)
        assert first.event.data["template"] == [template.pk, "Password"]
        assert counted() == [("template", "10.0", ticket.pk)]
        assert Saving.objects.get().template_name == "Password"
        take_back(first, by=agent, via="page")
        assert counted() == []

    def test_on_the_page_the_box_carries_it(self, client, team, agent, template):
        ticket = a_ticket(team=team, channel="api")
        client.force_login(agent)
        box = reverse("desk:templates-for", args=[ticket.number])
        chosen = client.get(f"{box}?use={template.pk}")
        assert f'name="template" value="{template.pk}"' in chosen.content.decode()
        listed = client.get(f"{box}?q=pw", headers={"HX-Request": "true"}).content.decode()
        assert f'data-template="{template.pk}"' in listed
        words = filled(template, ticket, agent)[0]
        sent = {"body": words, "template": template.pk}
        assert client.post(reverse("tickets:reply", args=[ticket.number]), sent).status_code in (302, 303)
        assert counted() == [("template", "10.0", ticket.pk)]

    def test_by_api_with_their_code_which_must_be_there(self, team, agent, template):
        ticket = a_ticket(team=team, channel="api")
        address = f"/api/v1/tickets/{ticket.number}/comments/"
        words = filled(template, ticket, agent)[0]
        wrong = api(agent).post(address, {"body": words, "template": "nope"})
        assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["template"])
        assert api(agent).post(address, {"body": words, "template": "/PW"}).status_code == 201
        assert counted() == [("template", "10.0", ticket.pk)]

    def test_of_a_macro_count_once(self, admin, team, agent, template):
        ticket = a_ticket(team=team, channel="api")
        for step in ("", "ask_requester"):
            macro = create_macro(by=admin, via="page", name=f"Password {step}", reply=template, step=step)
            run_macro(macro, ticket, by=agent, via="page")
        assert counted() == [("template", "10.0", ticket.pk)] * 2


class TestRules:
    def test_count_as_escalation_or_other_work_and_their_templates_not_again(self, admin, team, template):
        def rule(*actions, **more) -> Rule:
            document = {"name": f"R{Rule.objects.count()}", "trigger": "created", "actions": list(actions)} | more
            return create_rule(by=admin, via="page", document=document)

        up = rule({"do": "escalate"}, {"do": "note", "text": "See above."})
        own = rule({"do": "escalate", "to": "next_tier"}, minutes_saved=25)
        other = rule({"do": "reply", "template": "pw"}, minutes_saved=4)
        say(Source.ESCALATION, admin, minutes=Decimal("12.5"))
        Team.objects.filter(code="network").update(next_team=a_team(code="vendor"))
        ticket = a_ticket(team=team, channel="api")
        found = [(source, minutes) for source, minutes, _ticket in counted()]
        assert found == [("escalation", "12.5"), ("escalation", "25.0"), ("rule", "4.0")]
        assert [row.rule for row in Saving.objects.order_by("pk")] == [up, own, other]
        assert Firing.objects.count() == 3
        assert [verb for verb, data in events_of(Ticket.objects.get(pk=ticket.pk)) if "template" in data] == []


class TestRates:
    def test_hold_from_their_day_on_and_leave_what_was_counted(self, admin):
        today = timezone.localdate()
        a_ticket()
        before = counted()
        say(Source.TICKET, admin, minutes=Decimal(20), valid_from=today + timedelta(days=1))
        say(Source.TICKET, admin, minutes=Decimal(18))
        a_ticket()
        assert [minutes for _source, minutes, _ticket in counted()] == ["15.3", "18.0"]
        assert counted()[:1] == before
        assert [str(row.minutes) for row in queries.rate_history(Source.TICKET)] == ["20.0", "18.0"]
        assert str(queries.rate_for(Source.TICKET, today + timedelta(days=1)).minutes) == "20.0"
        entry = AuditEntry.objects.latest("pk")
        assert (entry.verb, entry.by, entry.data["changes"]["minutes"]) == ("save_saving_rate", admin, ["15.3", "18"])
        count = SavingRate.objects.count()
        say(Source.TICKET, admin, minutes=Decimal(18))
        assert SavingRate.objects.count() == count

    @pytest.mark.parametrize(
        ("source", "fields", "field"),
        [
            ("ticket", {"minutes": Decimal(1), "valid_from": date(2020, 1, 1)}, "valid_from"),
            ("ticket", {"minutes": Decimal("1.25")}, "minutes"),
            ("ticket", {"minutes": Decimal(-1)}, "minutes"),
            ("ticket", {}, "minutes"),
            ("rule", {"minutes": Decimal(1)}, "minutes"),
            ("rule", {"instead_en": ""}, "instead_en"),
        ],
    )
    def test_refused(self, admin, source, fields, field):
        with pytest.raises(Refused) as refusal:
            say(Source(source), admin, **fields)
        assert refusal.value.field == field
        assert not SavingRate.objects.exists()

    def test_are_changed_on_a_page_by_administrators_alone(self, client, admin):
        address = reverse("escalation:saving-rate", args=["template"])
        client.force_login(a_person(Role.LEAD))
        assert client.get(address).status_code == 403
        client.force_login(admin)
        assert "Looked for an old answer" in client.get(address).content.decode()
        sent = {
            "minutes": "１２．５",
            "valid_from": timezone.localdate(),
            "instead_ja": "探した。",
            "instead_en": "Looked.",
        }
        assert client.post(address, sent | {"minutes": "many"}).status_code == 422
        assert client.post(address, sent).status_code in (302, 303)
        assert client.get(reverse("escalation:savings")).content.decode().count("Looked.") == 1
        assert SavingRate.objects.get().minutes == Decimal("12.5")


class TestSums:
    @pytest.fixture
    def year(self):
        """A saving at each edge of months as Tokyo counts them, and one of another fiscal year."""
        ticket = a_ticket(channel="mail", title="Mine")
        hidden = a_ticket(channel="mail", title="Theirs", is_confidential=True)
        Outbox.objects.all().delete()
        event = iter(TicketEvent.objects.filter(ticket__in=[ticket, hidden]).order_by("pk"))
        base = {"source": "ticket", "minutes": Decimal("15.3"), "channel": "mail"}
        Saving.objects.create(at="2026-03-31T14:59:59Z", ticket=ticket, event=next(event), **base)
        Saving.objects.create(at="2026-03-31T15:00:00Z", ticket=hidden, event=next(event), **base)
        return ticket

    def test_are_of_months_and_fiscal_years_where_the_company_is(self, year):
        assert queries.years()[-1] == 2025
        months, whole = queries.sums(2025)
        assert [line.month for line in months if line.total.count] == [date(2026, 3, 1)]
        assert (len(months), whole.total.count, whole.total.minutes) == (1, 1, Decimal("15.3"))
        later = queries.sums(2026)[0]
        assert (later[0].month, later[0].by_source["ticket"].count) == (date(2026, 4, 1), 1)

    def test_page_export_and_api_say_the_same_to_leads_and_list_only_tickets_that_they_see(
        self, client, year, django_assert_max_num_queries
    ):
        lead = a_person(Role.LEAD, Role.ADMINISTRATOR)
        Rule.objects.create(name="=cmd()", document={"minutes_saved": 10})
        Saving.objects.filter(ticket=year).update(source="rule", rule=Rule.objects.get())
        client.force_login(lead)
        with django_assert_max_num_queries(25):
            shown = client.get(reverse("escalation:savings") + "?year=2025").content.decode()
        assert "March 2026" in shown and ">0.3<" in shown
        made_of = reverse("escalation:saving-source", args=["ticket"]) + "?month=2026-04"
        listed = client.get(made_of).content.decode()
        assert "E-mail" in listed and "Theirs" not in listed and "No ticket that you see" in listed
        exported = b"".join(client.get(reverse("escalation:savings-export") + "?year=2025")).decode("utf-8-sig")
        assert exported.splitlines()[1] == "2026-03,Other work of rules,'=cmd(),1,15.3,0.3"
        by_api = api(lead).get("/api/v1/savings/?year=2025").json()
        assert by_api["whole"]["rule"] == {"count": 1, "minutes": 15.3}
        key = api(lead).get("/api/v1/savings/rule/?month=2026-03").json()[0]["key"]
        rows = api(lead).get(f"/api/v1/savings/rule/tickets/?month=2026-03&of={key}").json()["results"]
        assert [row["ticket"] for row in rows] == [year.number]
        changed = api(lead).patch("/api/v1/saving-rates/template/", {"minutes": "7.5"})
        assert (changed.status_code, [row["minutes"] for row in changed.json()]) == (200, [7.5, 10.0])

    def test_nothing_yet(self, client):
        client.force_login(an_administrator())
        assert "Nothing was saved yet" in client.get(reverse("escalation:savings")).content.decode()
        client.force_login(an_agent())
        assert client.get(reverse("escalation:savings")).status_code == 403
