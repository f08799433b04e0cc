"""Processes that work off a table of the test's database and can be killed in the middle."""

import os
import signal
import subprocess
import sys

from django.conf import settings
from django.db import connection

_PROGRAM = """
import django
from django.conf import settings
if settings.MAIL_SERVER:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
django.setup()
from {module} import {function}
print("ready", flush=True)
while True:
    {function}(1)
"""


class Worker:
    """A process of its own that works off a table of the test's database."""

    def __init__(self, module: str, function: str, **env):
        database = settings.DATABASES["default"]
        host = database["HOST"].replace("/", "%2F")
        password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
        url = f"postgres://{database['USER']}{password}@{host}:{database['PORT']}/{connection.settings_dict['NAME']}"
        program = _PROGRAM.format(module=module, function=function)
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"} | env,
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
        )
        assert self.process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
