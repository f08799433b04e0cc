import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from servicedesk.intake.actions import store
from servicedesk.intake.queries import mailbox_for


class Command(BaseCommand):
    """For pipes of mail servers (`|manage.py receive_mail desk@example.com`). Exit codes of sysexits.h: 0 the mail is
    kept; 67 (EX_NOUSER) no mailbox has the address; 65 (EX_DATAERR) too large or empty; 75 (EX_TEMPFAIL) anything
    else, on which the mail server keeps the mail and tries again.
    """

    help = "Keeps one mail from standard input, for pipes of mail servers."

    def add_arguments(self, parser):
        parser.add_argument("address", help="The address that the mail was sent to.")
        parser.add_argument("--sender", default="", help="The envelope sender.")

    def handle(self, *args, address, sender, **options):
        sys.exit(self._keep(address, sender))

    def _keep(self, address: str, sender: str) -> int:
        try:
            raw = sys.stdin.buffer.read(settings.MAIL_MAX_BYTES + 1)
            if not raw or len(raw) > settings.MAIL_MAX_BYTES:
                self.stderr.write("The mail is empty or too large.")
                return os.EX_DATAERR
            mailbox = mailbox_for(address)
            if mailbox is None:
                self.stderr.write(f"No mailbox has the address {address}.")
                return os.EX_NOUSER
            if len(raw) > mailbox.max_bytes:
                self.stderr.write("The mail is larger than this mailbox takes.")
                return os.EX_DATAERR
            store(mailbox, raw, envelope_from=sender, envelope_to=address)
        except (DatabaseError, OSError) as error:
            self.stderr.write(f"The mail was not kept: {error}")
            return os.EX_TEMPFAIL
        return os.EX_OK
