"""The table of Django's database cache: rate limits of sign-in and API, which must hold over all web processes.

As `createcachetable` would make it; here it comes with `migrate`, so that nobody can forget it.
"""

from django.db import migrations

FORWARD = """
CREATE TABLE IF NOT EXISTS web_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX IF NOT EXISTS web_cache_expires ON web_cache (expires);
"""


class Migration(migrations.Migration):
    operations = [migrations.RunSQL(FORWARD, "DROP TABLE web_cache;")]
