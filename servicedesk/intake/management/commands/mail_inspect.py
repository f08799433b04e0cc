import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from servicedesk.intake.actions.inspect import inspect_mail, keep_no_files


class Command(BaseCommand):
    """One JSON line per mail, in the order of their names; see `inspect_mail`. Every mail is looked at by itself."""

    help = "Says what the desk would make of mails, and changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="A file with one mail as it came, or a folder of such files.")
        parser.add_argument("--sender", default="", help="The envelope sender, where it is known.")

    def handle(self, *args, path, sender, **options):
        keep_no_files()
        for file in self._files(path):
            found = {"file": file.name if path.is_file() else str(file.relative_to(path))}
            try:
                found |= inspect_mail(file.read_bytes(), envelope_from=sender)
            except OSError as error:
                raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
            line = json.dumps(found, ensure_ascii=False)
            self.stdout.write(line.encode("utf-8", "replace").decode())
            self.stdout.flush()

    def _files(self, path: Path) -> list[Path]:
        if path.is_file():
            return [path]
        if not path.is_dir():
            raise CommandError(f"There is nothing at {path}.")
        return sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
