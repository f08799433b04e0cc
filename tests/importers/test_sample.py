"""The real sample beside the checkout: 600 incidents of an audit log. Counts are found again here with plain Python."""

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db.models import Count

from servicedesk.desk.chains import check_all
from servicedesk.importers.models import Imported, TicketImport
from servicedesk.people.models import User
from servicedesk.reports.facts import differences
from servicedesk.reports.models import TicketFact
from servicedesk.tickets.models import Outbox, Ticket, TicketEvent, TicketWords

SAMPLE = Path(__file__).parents[3] / "shared/data/servicenow-sample/incident_event_log_sample.csv"
TOKYO = ZoneInfo("Asia/Tokyo")

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of real data is not beside the checkout"),
]


def rows_by_number() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["number"], []).append(row)
    return found


def moment(text: str) -> datetime | None:
    return None if text in ("", "?") else datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=TOKYO)


class TestTheSample:
    def test_comes_in_whole_and_a_second_time_changes_nothing(self, capsys):
        call_command("import_tickets", str(SAMPLE), source="servicenow")
        assert "600 new, 0 changed, 0 as before, 0 changed there and left here, 0 refused." in capsys.readouterr().out
        logs = rows_by_number()
        tickets = {each.external_id: each for each in Ticket.objects.select_related("imported", "team")}
        assert len(tickets) == len(logs) == 600

        for number, rows in logs.items():
            ticket, last = tickets[number], rows[-1]
            assert ticket.created_at == moment(last["opened_at"])
            assert ticket.resolved_at == moment(last["resolved_at"])
            assert ticket.closed_at == moment(last["closed_at"])
            assert ticket.status == "closed"
            assert ticket.priority == int(last["priority"][0])
            assert (ticket.team.name if ticket.team else "?") == last["assignment_group"]
            assert ticket.imported.reopen_count == ticket.reopen_count == int(last["reopen_count"])
            assert ticket.imported.reassignment_count == int(last["reassignment_count"])
            assert ticket.imported.made_sla == (last["made_sla"] == "TRUE")

        self._months(logs)
        self._time_lines(logs, tickets)
        assert check_all(lambda done: None).broken == []
        assert not Outbox.objects.exists()
        assert TicketWords.objects.count() == 600
        assert not User.objects.filter(is_active=True).exists()

        before = (TicketEvent.objects.count(), User.objects.count(), Ticket.objects.order_by("pk").last().updated_at)
        call_command("import_tickets", str(SAMPLE), source="servicenow")
        assert "0 new, 0 changed, 600 as before" in capsys.readouterr().out
        assert before == (
            TicketEvent.objects.count(), User.objects.count(), Ticket.objects.order_by("pk").last().updated_at,
        )  # fmt: skip
        assert TicketImport.objects.count() == 2

    def _months(self, logs):
        march = [Imported.objects.none()]
        from_, until = datetime(2016, 3, 1, tzinfo=TOKYO), datetime(2016, 4, 1, tzinfo=TOKYO)
        march = Imported.objects.filter(ticket__resolved_at__gte=from_, ticket__resolved_at__lt=until)
        assert march.count() == 518
        assert march.filter(reopen_count__gt=0).count() == 6
        assert round(march.filter(made_sla=True).count() / march.count(), 4) == 0.6409
        assert march.filter(reassignment_count__gt=0).count() == 270
        assert Ticket.objects.filter(status="closed", resolved_at=None).count() == 17
        plain = Counter(
            moment(rows[-1]["resolved_at"]).strftime("%Y-%m")
            for rows in logs.values()
            if moment(rows[-1]["resolved_at"])
        )
        assert plain["2016-03"] == 518

    def _time_lines(self, logs, tickets):
        reopened = dict(
            TicketEvent.objects.filter(verb="reopen").values_list("ticket__external_id").annotate(n=Count("pk"))
        )
        assert reopened == {number: int(rows[-1]["reopen_count"]) for number, rows in logs.items()
                            if int(rows[-1]["reopen_count"])}  # fmt: skip
        handed = Counter(
            TicketEvent.objects.filter(verb="assign", data__changes__has_key="team").values_list(
                "ticket__external_id", flat=True
            )
        )
        for number, rows in logs.items():
            groups = [row["assignment_group"] for row in rows]
            assert handed[number] == sum(one != other for one, other in zip(groups, groups[1:], strict=False)), number
        last = {
            event.ticket.external_id: event.at
            for event in TicketEvent.objects.filter(verb="resolve").select_related("ticket").order_by("number")
        }
        for number, ticket in tickets.items():
            if ticket.resolved_at:
                assert last[number] == ticket.resolved_at, number
        ordered = list(TicketEvent.objects.order_by("ticket", "number").values_list("ticket", "at"))
        assert all(one[1] <= other[1] for one, other in zip(ordered, ordered[1:], strict=False) if one[0] == other[0])

    def test_counts_in_the_figures_of_its_month(self):
        call_command("import_tickets", str(SAMPLE), source="servicenow")
        march = TicketFact.objects.filter(
            resolved_at__gte=datetime(2016, 3, 1, tzinfo=TOKYO), resolved_at__lt=datetime(2016, 4, 1, tzinfo=TOKYO)
        )
        assert march.count() == 518
        assert march.filter(reopen_count__gt=0).count() == 6
        assert march.filter(team_changes__gt=0).count() == 270
        assert (
            round(march.filter(resolution_met=True).count() / march.exclude(resolution_met=None).count(), 4) == 0.6409
        )
        assert list(differences()) == []
