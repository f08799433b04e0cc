"""`./madoguchi manage check_chains`: have the audit log and the tickets' events been tampered with?"""

import sys
import time

from django.core.management.base import BaseCommand

from servicedesk.desk.chains import check_all, reason_words, total_entries


class Command(BaseCommand):
    help = "Recompute all hash chains; exit code 1 and the first broken link of each chain when one does not fit."

    def handle(self, *args, **options):
        total, start = total_entries(), time.monotonic()

        def progress(done: int) -> None:
            if sys.stderr.isatty():
                self.stderr.write(f"\r{done:,} of {total:,} …", ending="")

        found = check_all(progress)
        if sys.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        seconds = time.monotonic() - start
        for one in found.broken:
            self.stdout.write(f"{one['chain']}: entry {one['place']}: {reason_words(one['reason'])}")
        self.stdout.write(
            f"{found.entries:,} entries in {found.chains:,} chains, {len(found.broken):,} broken, {seconds:.1f} s"
        )
        if found.broken:
            raise SystemExit(1)
