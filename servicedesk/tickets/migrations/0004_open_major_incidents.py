"""The few rows behind the line “this service is disturbed”, which everybody's home page asks for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_fewer_indexes_and_better_statistics")]
    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True), ("is_major", True)),
                fields=["service"],
                name="ticket_open_major",
            ),
        ),
    ]
