"""`manage.py load_demo`: a company with people, services and 300 tickets to look around in."""

import time

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from servicedesk.demo.load import NotEmpty, load


class Command(BaseCommand):
    help = "Load the demo company into an empty desk. Does nothing when it is there already."

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=20, help="Another number tells other lives.")
        parser.add_argument("--tickets", type=int, default=300)

    def handle(self, *args, seed, tickets, **options):
        began = time.monotonic()
        try:
            demo = load(seed=seed, tickets=tickets)
        except NotEmpty:
            raise CommandError(_("This desk is in use already; the demo goes into an empty one only.")) from None
        if demo.already:
            self.stdout.write(_("The demo content is here already."))
            return
        self.stdout.write(
            _("%(people)d people, %(tickets)d tickets (%(open)d open) in %(seconds).1f s. Sign-ins: %(path)s")
            % {
                "people": demo.people,
                "tickets": demo.tickets,
                "open": demo.open,
                "seconds": time.monotonic() - began,
                "path": demo.sign_ins,
            }
        )
