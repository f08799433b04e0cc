"""March 2016 of the real sample: the KPIs that the desk says after importing the file are those that plain Python finds
in it. Nothing of the desk is used for that but the file's description: a row for each change, the last one of a number
is its last state, moments are those of Tokyo.
"""

import csv
import json
from collections import Counter
from datetime import datetime
from io import StringIO
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command

from servicedesk.reports import facts

SAMPLE = Path(__file__).parents[3] / "shared/data/servicenow-sample/incident_event_log_sample.csv"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of real data is not beside the checkout"),
]


def moment(text: str) -> datetime | None:
    """Of the file's own clocks; a month is one of the same clocks, so no zone is needed."""
    return None if text in ("", "?") else datetime.strptime(text, "%d-%m-%Y %H:%M")  # noqa: DTZ007


def in_march(text: str) -> bool:
    at = moment(text)
    return at is not None and (at.year, at.month) == (2016, 3)


def found_in_the_file() -> dict:
    last: dict[str, dict[str, str]] = {}
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            last[row["number"]] = row
    opened = [row for row in last.values() if in_march(row["opened_at"])]
    resolved = [row for row in last.values() if in_march(row["resolved_at"])]
    seconds = [(moment(row["resolved_at"]) - moment(row["opened_at"])).total_seconds() for row in resolved]
    met = [row["made_sla"] == "TRUE" for row in resolved]
    return {
        "tickets.opened": len(opened),
        "by priority": dict(Counter(f"P{row['priority'][0]}" for row in opened)),
        "tickets.resolved": len(resolved),
        "tickets.reopened": sum(int(row["reopen_count"]) > 0 for row in resolved),
        "tickets.reassigned": sum(int(row["reassignment_count"]) > 0 for row in resolved),
        "tickets.resolve_median_hours": round(median(seconds) / 3600, 4),
        "levels.resolution_met_rate": round(sum(met) / len(met), 4),
    }


def said_by_the_desk() -> dict:
    out = StringIO()
    call_command("kpi", "2016-03", json=True, stdout=out)
    kpis = {kpi["key"]: kpi for kpi in json.loads(out.getvalue())["kpis"]}
    found = {key: kpis[key]["actual"] for key in found_in_the_file() if key != "by priority"}
    for key in ("tickets.resolve_median_hours", "levels.resolution_met_rate"):
        found[key] = round(found[key], 4)
    return found | {"by priority": kpis["tickets.opened"]["breakdown"]}


def test_the_desk_says_of_march_2016_what_the_file_says():
    call_command("import_tickets", str(SAMPLE), source="servicenow", stdout=StringIO())
    assert said_by_the_desk() == found_in_the_file()
    assert list(facts.differences()) == []
