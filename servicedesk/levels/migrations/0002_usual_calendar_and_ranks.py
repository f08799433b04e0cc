"""The calendar and the ranks that every desk starts with; administrators change them in the settings.

A desk that had set targets of its own keeps them as those of its usual rank, counted around the clock as before.
"""

from django.conf import settings
from django.db import migrations

HOUR, DAY = 60, 8 * 60  # a day of business hours
WORKING = [["09:00", "12:00"], ["13:00", "18:00"]]
# Of the targets that the desk had before there were business hours.
BEFORE = {1: (30, 240), 2: (60, 480), 3: (480, 3 * 1440), 4: (1440, 7 * 1440)}
RANKS = [
    ("松", "Gold", {1: (15, 2 * HOUR, True), 2: (30, 4 * HOUR, False), 3: (4 * HOUR, 2 * DAY, False), 4: (DAY, 5 * DAY, False)}),
    ("竹", "Silver", {1: (30, 4 * HOUR, True), 2: (HOUR, DAY, False), 3: (DAY, 3 * DAY, False), 4: (2 * DAY, 7 * DAY, False)}),
    ("梅", "Bronze", {1: (HOUR, DAY, False), 2: (4 * HOUR, 2 * DAY, False), 3: (2 * DAY, 5 * DAY, False), 4: (3 * DAY, 10 * DAY, False)}),
]


def fill(apps, schema_editor):
    zone = settings.TIME_ZONE
    apps.get_model("levels", "Calendar").objects.create(
        name="本社" if zone == "Asia/Tokyo" else "Head office",
        timezone=zone,
        weekly=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WORKING),
        holidays="JP" if zone == "Asia/Tokyo" else "",
        is_default=True,
    )
    try:
        rows = apps.get_model("priorities", "PriorityTarget").objects.all()
    except LookupError:  # the tests fill their tables anew by this, when it is long gone
        rows = []
    had = {row.priority: (row.response_minutes, row.resolution_minutes) for row in rows}
    rank_model, target_model = apps.get_model("levels", "Rank"), apps.get_model("levels", "RankTarget")
    for place, (name, name_en, targets) in enumerate(RANKS, 1):
        usual = place == 2
        rank = rank_model.objects.create(
            name=name, name_en=name_en, place=place, warn_at=[75, 90], is_default=usual
        )
        if usual and had and had != BEFORE:
            targets = targets | {priority: (*pair, True) for priority, pair in had.items()}
        target_model.objects.bulk_create(
            target_model(
                rank=rank,
                priority=priority,
                response_minutes=response,
                resolution_minutes=resolution,
                around_the_clock=around_the_clock,
            )
            for priority, (response, resolution, around_the_clock) in targets.items()
        )


class Migration(migrations.Migration):
    dependencies = [("levels", "0001_initial"), ("priorities", "0002_default_matrix")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
