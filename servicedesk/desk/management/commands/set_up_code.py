"""`./madoguchi manage set_up_code`: what the page of the first run asks for."""

from django.core.management.base import BaseCommand, CommandError

from servicedesk.desk.first_run import is_empty, make_code


class Command(BaseCommand):
    help = "Print the code that the first-run page asks for, making it when there is none. Only while nobody is here."

    def handle(self, *args, **options):
        if not is_empty():
            raise CommandError("The desk is not empty: somebody is here already.")
        self.stdout.write(make_code())
