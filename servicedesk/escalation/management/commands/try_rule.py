"""`./madoguchi manage try_rule RULE.json --days 30 --json`: what a rule would have done to past tickets."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from servicedesk.escalation.documents import parse
from servicedesk.escalation.trial import try_document
from servicedesk.web.errors import Refused

SHOWN = ("tried", "would_fire", "minutes_saved", "seconds")


class Command(BaseCommand):
    help = "Try a business rule (a JSON document, or - for standard input) on past tickets; nothing is written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rule", help="file with the rule as JSON, or -")
        parser.add_argument("--days", type=int, default=30, help="tickets opened in so many days (30)")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = sys.stdin.read() if options["rule"] == "-" else Path(options["rule"]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(_("The file cannot be read: %(why)s") % {"why": error}) from None
        try:
            found = try_document(parse(text), options["days"])
        except Refused as refusal:
            raise CommandError(str(refusal.sentence)) from None
        shown = {name: found[name] for name in SHOWN}
        if options["json"]:
            self.stdout.write(json.dumps(shown))
        else:
            for name, value in shown.items():
                self.stdout.write(f"{name}: {value}")
