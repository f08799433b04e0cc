from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from servicedesk.reports.issued.actions import issue
from servicedesk.reports.models import IssuedReport
from servicedesk.reports.months import Year
from servicedesk.web.errors import Refused


class Command(BaseCommand):
    """In the foreground; a month that is issued already stays as it is, and its files are named again."""

    help = "Issues the report of a month: freezes its figures, makes PDF and Excel in both languages, mails them."

    def add_arguments(self, parser):
        parser.add_argument("month", help="A month that is over, such as 2026-04.")
        parser.add_argument("--out", metavar="DIR", help="Write copies of the files into this folder.")

    def handle(self, *args, month: str, out: str | None, **options):
        folder = Path(out) if out else None
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CommandError(f"{folder} is no folder to write to: {error.strerror}") from None
        try:
            report = issue(Year.now().read(month), by=None, via="command", progress=self._tell)
        except Refused as refusal:
            raise CommandError(str(refusal.sentence)) from None
        self.stdout.write(f"{report}: issued {report.issued_at:%Y-%m-%d %H:%M %Z}, hash {report.hash}")
        self._name_files(report, folder)

    def _tell(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")

    def _name_files(self, report: IssuedReport, folder: Path | None) -> None:
        for file in report.files.all():
            place = file.file.name
            if folder is not None:
                copy = folder / file.name
                with file.file.open("rb") as stream:
                    copy.write_bytes(stream.read())
                place = str(copy)
            self.stdout.write(f"{file.name} {file.size} bytes: {place}")
