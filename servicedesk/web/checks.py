"""What must hold of the database before the desk may start."""

from django.core.checks import Error, Tags, register
from django.db import connections


@register(Tags.database)
def check_database(databases=None, **kwargs) -> list[Error]:
    """The database holds UTF-8 and its locale knows letters beyond ASCII.

    With the character type `C` of the C library PostgreSQL takes Japanese for no letters at all: trigram indexes stay
    empty and search finds nothing, without any error.
    """
    faults = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT pg_encoding_to_char(encoding), datlocprovider, datctype FROM pg_database "
                "WHERE datname = current_database()"
            )
            faults += faults_of(*cursor.fetchone())
    return faults


def faults_of(encoding: str, provider: str, character_type: str) -> list[Error]:
    """What is wrong with a database of this encoding, locale provider (c, i or b) and character type."""
    faults = []
    if encoding != "UTF8":
        faults.append(
            Error(
                f"The database holds {encoding}, not UTF8.",
                hint="Create it with: createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0 NAME",
                id="madoguchi.E001",
            )
        )
    if provider == "c" and character_type in ("C", "POSIX"):
        faults.append(
            Error(
                f"The database has the character type {character_type}; search would find no Japanese.",
                hint="Create it with: createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0 NAME",
                id="madoguchi.E002",
            )
        )
    return faults
