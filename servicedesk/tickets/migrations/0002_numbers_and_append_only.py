"""Number sequences per type; events are never changed or deleted, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE SEQUENCE ticket_number_incident;
CREATE SEQUENCE ticket_number_request;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON tickets_ticketevent
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
BACKWARD = """
DROP TRIGGER append_only ON tickets_ticketevent;
DROP SEQUENCE ticket_number_incident;
DROP SEQUENCE ticket_number_request;
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial"), ("people", "0002_audit_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
