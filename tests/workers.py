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
    {function}(5)
"""


def database_url(at: str | None = None) -> str:
    """The test's database as other processes name it; `at` is another way to its server, as host:port."""
    database = settings.DATABASES["default"]
    host = at or f"{database['HOST'].replace('/', '%2F')}:{database['PORT']}"
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    return f"postgres://{database['USER']}{password}@{host}/{connection.settings_dict['NAME']}"


class Worker:
    """A process of its own that works off a table of the test's database."""

    def __init__(self, module: str, function: str, **env):
        program = _PROGRAM.format(module=module, function=function)
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"} | env,
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
        )
        assert self.process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


class Listener:
    """The mail listener as a process of its own, by LMTP on `port`."""

    def __init__(self, port: int, **env):
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "listen_mail"],
            env=os.environ
            | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
            | {"MAIL_PORT": "-1", "LMTP_PORT": str(port)}
            | env,
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
        )
        said = self.process.stdout.readline()
        assert said.startswith(b"Listening"), said

    def kill(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if not self.process.stdout.closed:
            self.process.stdout.close()
