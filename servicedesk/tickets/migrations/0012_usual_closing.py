"""How tickets are closed until somebody says otherwise."""

from django.db import migrations

STALE = {1: 1, 2: 2, 3: 5, 4: 10}


def fill(apps, schema_editor):
    rule = apps.get_model("tickets", "ClosingRule")
    reopening = apps.get_model("tickets", "ReopeningRule")
    for kind in ("incident", "request"):
        reopening.objects.get_or_create(type=kind)
        for priority, stale in STALE.items():
            is_high = priority <= 2
            rule.objects.get_or_create(
                type=kind,
                priority=priority,
                defaults={
                    "closer": "lead" if is_high else "desk",
                    "needs_cause_code": is_high and kind == "incident",
                    "needs_post_mortem": kind == "incident",
                    "stale_after_days": stale,
                },
            )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0011_closing")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
