"""What was marked as a major incident before there was more to say of one."""

from django.db import migrations

_FILL = """
    INSERT INTO incidents_majorincident (incident_id, public_title, public_title_en, reason, declared_at, declared_by_id,
        ended_at, outage_from, outage_until, update_minutes)
    SELECT id, '', '', '', created_at, entered_by_id, coalesce(resolved_at, closed_at), created_at,
        coalesce(resolved_at, closed_at), 30
    FROM tickets_ticket WHERE is_major AND type = 'incident';
    INSERT INTO incidents_majorservice (major_id, service_id)
    SELECT id, service_id FROM tickets_ticket WHERE is_major AND type = 'incident' AND service_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_major"), ("tickets", "0010_ticket_items")]

    operations = [migrations.RunSQL(_FILL, migrations.RunSQL.noop)]
