"""The matrix and targets that every desk starts with; administrators change them in the settings."""

from django.db import migrations

# Rows: impact 1 (whole company) to 4 (one person); columns: urgency 1 (work has stopped) to 4 (a nuisance).
MATRIX = [
    [1, 1, 2, 3],
    [1, 2, 3, 3],
    [2, 3, 3, 4],
    [3, 3, 4, 4],
]
HOUR, DAY = 60, 24 * 60
TARGETS = {1: (30, 4 * HOUR), 2: (HOUR, 8 * HOUR), 3: (8 * HOUR, 3 * DAY), 4: (DAY, 7 * DAY)}


def fill(apps, schema_editor):
    cell = apps.get_model("priorities", "MatrixCell")
    cell.objects.bulk_create(
        cell(impact=impact, urgency=urgency, priority=priority)
        for impact, row in enumerate(MATRIX, 1)
        for urgency, priority in enumerate(row, 1)
    )
    try:
        target = apps.get_model("priorities", "PriorityTarget")
    except LookupError:  # the tests fill their tables anew by this; targets are the ranks' by now
        return
    target.objects.bulk_create(
        target(priority=priority, response_minutes=response, resolution_minutes=resolution)
        for priority, (response, resolution) in TARGETS.items()
    )


class Migration(migrations.Migration):
    dependencies = [("priorities", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
