import sys

from django.core.management.base import BaseCommand

from servicedesk.reports.issued.checking import faults


class Command(BaseCommand):
    """Exit code 1 where anything differs."""

    help = "Says whether issued reports and their files are still as they were issued."

    def handle(self, *args, **options):
        found = list(faults())
        for fault in found:
            self.stdout.write(fault)
        if found:
            sys.exit(1)
        self.stdout.write("All issued reports and files are as they were issued.")
