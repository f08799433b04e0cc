import json as json_

from django.core.management.base import BaseCommand, CommandError

from servicedesk.reports.documents import month_json
from servicedesk.reports.facts import keep_waiting
from servicedesk.reports.months import Year
from servicedesk.web.errors import Refused


class Command(BaseCommand):
    """As JSON with --json, else a line for each KPI."""

    help = "Shows the KPIs of a month."

    def add_arguments(self, parser):
        parser.add_argument("month", help="A month such as 2026-04.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args, month, json: bool, **options):
        year = Year.now()
        try:
            asked = year.read(month)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from None
        while keep_waiting():
            pass
        found = month_json(year, asked)
        self.stdout.write(_json(found) if json else _words(found))


def _json(found: dict) -> str:
    return json_.dumps(found, ensure_ascii=False, indent=2)


def _words(found: dict) -> str:
    if not found["kpis"]:
        return f"{found['month']}: nothing was recorded."
    return "\n".join(f"{kpi['key']:36} {'–' if kpi['actual'] is None else kpi['actual']}" for kpi in found["kpis"])
