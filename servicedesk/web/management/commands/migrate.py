"""Django's `migrate`, after which PostgreSQL looks at its tables."""

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder


class Command(Migrate):
    """Of a new column PostgreSQL knows nothing until it looks, and reads a million rows where an index would do."""

    def handle(self, *args, **options):
        connection = connections[options["database"]]
        before = set(MigrationRecorder(connection).applied_migrations())
        super().handle(*args, **options)
        if set(MigrationRecorder(connection).applied_migrations()) != before:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
