import sys

from django.core.management.base import BaseCommand

from servicedesk.reports.facts import differences, keep_waiting, recount
from servicedesk.tickets.models import Ticket

_MOST = 200


class Command(BaseCommand):
    """Exit code 1 where anything differs."""

    help = "Compares the facts that reports count with a recount of all tickets, and names what differs."

    def add_arguments(self, parser):
        parser.add_argument("--mend", action="store_true", help="Make all facts anew.")

    def handle(self, *args, mend: bool, **options):
        while keep_waiting():
            pass
        found = 0
        for ticket, columns in differences():
            found += 1
            if found <= _MOST:
                number = Ticket.objects.values_list("number", flat=True).get(pk=ticket)
                words = ", ".join(f"{name}: kept {had!r}, counted {has!r}" for name, (had, has) in columns.items())
                self.stdout.write(f"{number}: {words}")
        if mend:
            self.stdout.write(f"{found} tickets differed; {recount()} were counted anew.")
        elif found:
            self.stdout.write(f"{found} tickets differ. --mend makes their facts anew.")
            sys.exit(1)
        else:
            self.stdout.write("The facts are as a recount says.")
