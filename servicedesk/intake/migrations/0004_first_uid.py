from django.db import migrations, models
from django.db.models import F


def begin_now(apps, schema_editor):
    """Where a mail lay is known from now on: what was fetched before is not compared with the server."""
    apps.get_model("intake", "Mailbox").objects.filter(uid_validity__isnull=False).update(first_uid=F("last_uid"))


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0003_refers_to'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailbox',
            name='first_uid',
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(begin_now, migrations.RunPython.noop, elidable=True),
    ]
