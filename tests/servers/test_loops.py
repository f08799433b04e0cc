"""The benches of mail, small: through real servers, and while everything is killed, each mail arrives exactly once."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from . import dovecot, postfix
from .conftest import skip_or_fail

pytestmark = pytest.mark.servers


def told(*words: str) -> dict:
    """What a bench says in its last line; it works in a database of its own."""
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "MADOGUCHI_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=280,
        check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


class TestMailLoop:
    def test_the_ledger_equals_what_lies_on_the_server(self):
        if reason := dovecot.missing_lmtp() or postfix.missing():
            skip_or_fail(reason)
        result = told("bench.mailloop", "--mails", "126")
        assert result["wrong"] == []
        assert result["sent"] == result["in_mailbox"] == result["in_ledger"] == sum(result["fates"].values()) == 126
        assert set(result["fates"]) == {"ticket", "reply", "held", "ignored", "failed"}


class TestDrain:
    def test_nothing_is_lost_or_doubled_while_worker_listener_and_database_are_killed(self):
        result = told("bench.drain", "--mails", "100", "--every", "3", "--kills", "8", "--minutes", "4")
        assert result["wrong"] == []
        assert sum(result["fates"].values()) == 100
        assert set(result["kills"]) == {"listener", "workers", "database"}, result
