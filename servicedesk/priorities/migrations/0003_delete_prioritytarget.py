"""Targets are those of ranks now; `levels` took over what the desk had set."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("priorities", "0002_default_matrix"), ("levels", "0002_usual_calendar_and_ranks")]
    operations = [migrations.DeleteModel(name="PriorityTarget")]
