"""The demo goes into an empty desk only, and whole or not at all."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from servicedesk.demo.load import NotEmpty, load
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket

SIGN_INS = "demo-sign-ins.txt"


@pytest.mark.django_db
class TestRefusals:
    def test_a_desk_in_use_is_left_alone(self):
        User.objects.create(email="a@example.com", name="A")
        with pytest.raises(NotEmpty):
            load(tickets=5)
        with pytest.raises(CommandError):
            call_command("load_demo")
        assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAllOrNothing:
    def test_killed_in_the_middle_it_leaves_an_empty_desk(self, tmp_path):
        database = connection.settings_dict
        connection.close()
        environment = os.environ | {
            "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
            "MADOGUCHI_HOME": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "servicedesk.settings",
        }
        process = subprocess.Popen(
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "load_demo"], env=environment
        )
        until = timezone.now() + dt.timedelta(seconds=60)
        started = False
        while not started and timezone.now() < until and process.poll() is None:
            with connection.cursor() as cursor:
                # Rows of other transactions cannot be seen, but the sequence shows that tickets are being made.
                cursor.execute("SELECT last_value, is_called FROM people_user_id_seq")
                started = cursor.fetchone()[0] > 30
        assert process.poll() is None
        process.kill()
        process.wait()
        assert User.objects.count() == Ticket.objects.count() == 0
        assert not (tmp_path / SIGN_INS).exists()
