"""`./madoguchi manage import_tickets`: the tickets of another system, from a file."""

import csv
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.importers.actions import run_import
from servicedesk.importers.actions.runs import look, note_look
from servicedesk.importers.models import Kind, Mapping, TicketImport
from servicedesk.importers.servicenow import SYSTEM
from servicedesk.importers.sources import zone_of
from servicedesk.people.csvfiles import safe_cell
from servicedesk.web.errors import Refused
from servicedesk.web.text import one_line

# Exit codes: 0 when all of the file is here, 3 when rows were refused and the rest is here, 1 when nothing was written.
SOME_REFUSED = 3


class Command(BaseCommand):
    help = (
        "Import tickets of another system. It can be repeated: what is here is left alone. "
        "Exit code 3: rows were refused (see the file that it names), the rest is here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="CSV, tab-separated or Excel.")
        parser.add_argument(
            "--from", dest="source", required=True, choices=Kind.values,
            help="servicenow: the event log of incidents; table: a ticket in each row, read by --mapping.",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="Say what it would do and write nothing.")
        parser.add_argument("--timezone", default="Asia/Tokyo", help="Whose clocks the file shows (Asia/Tokyo).")
        parser.add_argument("--mapping", help="For a table: the name under which its columns were saved.")
        parser.add_argument("--rejected", help="Where to write refused rows (FILE.rejected.csv beside the file).")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        path = Path(options["file"])
        try:
            run = self._run(path, options)
            found = look(run)
        except Refused as refusal:
            raise CommandError(str(refusal.sentence)) from None
        note_look(run, found)
        if options["dry_run"]:
            self._say_look(run)
            rejected = [list(each) for each in found.rejected]
        else:
            run.save()
            run_import(run, by=None, via="command", progress=self._progress)
            self._say_done(run, time.monotonic() - began)
            rejected = run.rejected
        refused = [row for row in rejected if row]
        if refused:
            self._write_rejected(Path(options["rejected"] or f"{path}.rejected.csv"), refused)
            raise SystemExit(SOME_REFUSED)

    def _run(self, path: Path, options: dict[str, Any]) -> TicketImport:
        zone = zone_of(options["timezone"])
        if not path.is_file():
            raise Refused(_("There is no file %(path)s.") % {"path": path})
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Refused(_("%(path)s cannot be read: %(why)s.") % {"path": path, "why": error.strerror}) from None
        run = TicketImport(
            kind=options["source"], name=one_line(path.name, 200), content=content, time_zone=str(zone), system=SYSTEM
        )
        if run.kind == Kind.TABLE:
            mapping = Mapping.objects.filter(name=options["mapping"] or "").first()
            if mapping is None:
                known = ", ".join(Mapping.objects.values_list("name", flat=True)) or "–"
                raise Refused(_("Name a saved mapping with --mapping. There are: %(names)s.") % {"names": known})
            run.system = mapping.system
            run.mapping = {
                "columns": mapping.columns, "date_format": mapping.date_format, "defaults": mapping.defaults,
                "words": mapping.words,
            }  # fmt: skip
        return run

    def _progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            self.stderr.write(f"\r{done:,} / {total:,}", ending=end)

    def _say_look(self, run: TicketImport) -> None:
        self._counts(run)
        news = run.news
        say = self.stdout.write
        text = _(
            "Would be made for them: %(people)d people, who cannot sign in; %(teams)d teams and "
            "%(categories)d categories, out of use."
        )
        counts = {"people": news["people"], "teams": news["team_count"], "categories": news["category_count"]}
        say(text % counts)
        if news["first"]:
            say(_("Opened from %(first)s to %(last)s (UTC).") % {"first": news["first"], "last": news["last"]})
        say(_("Nothing was written."))

    def _say_done(self, run: TicketImport, seconds: float) -> None:
        self._counts(run)
        total = sum(run.counts.values())
        text = ngettext(
            "%(count)d ticket in %(seconds).1f s, %(rate)d a second.",
            "%(count)d tickets in %(seconds).1f s, %(rate)d a second.",
            total,
        )
        self.stdout.write(text % {"count": total, "seconds": seconds, "rate": total / max(seconds, 0.001)})

    def _counts(self, run: TicketImport) -> None:
        counts = {name: run.counts.get(name, 0) for name in ("created", "changed", "unchanged", "left", "rejected")}
        self.stdout.write(
            _(
                "%(created)d new, %(changed)d changed, %(unchanged)d as before, %(left)d changed there and left here, "
                "%(rejected)d refused."
            )
            % counts
        )

    def _write_rejected(self, path: Path, rejected: Sequence[Sequence]) -> None:
        try:
            with path.open("w", encoding="utf-8-sig", newline="") as out:
                writer = csv.writer(out)
                writer.writerow([_("Line"), _("Number there"), _("Reason")])
                writer.writerows([[safe_cell(cell) for cell in row] for row in rejected])
        except OSError as error:
            self.stderr.write(_("%(path)s cannot be written: %(why)s.") % {"path": path, "why": error.strerror})
            for row in rejected:
                self.stdout.write(": ".join(map(str, row)))
        else:
            self.stdout.write(_("Refused rows with their reasons: %(path)s") % {"path": path})
