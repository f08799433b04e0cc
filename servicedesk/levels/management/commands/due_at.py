import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from servicedesk.levels.calendar_json import hours_of
from servicedesk.levels.hours import Due, Hours, due_at
from servicedesk.levels.settings_queries import calendar_by_name
from servicedesk.levels.typed import moment_of
from servicedesk.web.errors import Refused


class Command(BaseCommand):
    """`{"due_at": …, "intervals": [[from, to], …]}` with --json, the same in words without; with --stdin a line of JSON
    for each line of JSON that comes, `{"error": …}` for one that cannot be answered, which makes the exit code 1.
    """

    help = "Says when so many minutes of business time are used up, and in which intervals they were counted."

    def add_arguments(self, parser):
        parser.add_argument(
            "--calendar", required=True, help="A file with the calendar as JSON, or the name of a calendar."
        )
        parser.add_argument("--from", dest="start", help="A moment such as 2026-12-28T11:30+09:00.")
        parser.add_argument("--minutes", help="Minutes of business time.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")
        parser.add_argument("--stdin", action="store_true", help='Answer lines of {"from": …, "minutes": …}.')

    def handle(self, *args, calendar, start, minutes, json: bool, stdin, **options):
        try:
            hours = self._hours(calendar)
            if stdin:
                self._answer_all(hours)
                return
            if start is None or minutes is None:
                raise CommandError("Give --from and --minutes, or --stdin.")
            found = due_at(hours, moment_of(start, hours), _whole(minutes))
        except Refused as refusal:
            raise CommandError(refusal.sentence) from None
        self.stdout.write(_line(_plain(found)) if json else self._words(found))

    def _hours(self, calendar: str) -> Hours:
        file = Path(calendar)
        if not file.is_file():
            return self._kept(calendar)
        try:
            return hours_of(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{calendar} is no JSON: {error}") from None
        except OSError as error:
            raise CommandError(f"{calendar} cannot be read: {error.strerror}.") from None

    def _kept(self, name: str) -> Hours:
        try:
            found = calendar_by_name(name)
        except DatabaseError:
            raise CommandError(f"There is no file {name}, and the database does not answer.") from None
        if found is None:
            raise CommandError(f"There is no file {name}, and no calendar of this name.")
        return found.hours

    def _answer_all(self, hours: Hours) -> None:
        failed = False
        for line in sys.stdin:
            if not line.strip():
                continue
            try:
                asked = json.loads(line)
                if not isinstance(asked, dict):
                    raise Refused(_("A line is an object with from and minutes."))
                answer = _plain(due_at(hours, moment_of(asked.get("from"), hours), _whole(asked.get("minutes"))))
            except Refused as refusal:
                failed, answer = True, {"error": str(refusal)}
            except (ValueError, RecursionError) as error:
                failed, answer = True, {"error": f"no JSON: {error}"}
            self.stdout.write(_line(answer))
            self.stdout.flush()
        if failed:
            sys.exit(1)

    def _words(self, found: Due) -> str:
        lines = [f"due {found.due_at.isoformat(timespec='minutes')}"]
        lines += [f"  {opens.isoformat()} – {closes.isoformat()}" for opens, closes in found.intervals]
        return "\n".join(lines)


def _whole(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Refused(_("Minutes are a whole number."), field="minutes")


def _plain(found: Due) -> dict[str, Any]:
    intervals = [[opens.isoformat(), closes.isoformat()] for opens, closes in found.intervals]
    return {"due_at": found.due_at.isoformat(), "intervals": intervals}


def _line(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False)
