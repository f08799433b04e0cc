"""Servers that tests in this folder talk to."""

import shutil
from itertools import count

import pytest

from servicedesk.intake import seal
from tests.intake.mails import a_mailbox

from . import dovecot as dovecots
from . import s3 as s3s

_number = count(1)


@pytest.fixture(scope="session")
def dovecot():
    if reason := dovecots.missing():
        dovecots.skip_or_fail(reason)
    server = dovecots.Dovecot()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3_server():
    if reason := s3s.missing():
        dovecots.skip_or_fail(reason)
    server = s3s.S3()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def imap_box(dovecot):
    """`imap_box(**fields)` makes a mailbox that is fetched, with a fresh user of the server; `box.user` is its name."""

    def make(**fields):
        user = f"user{next(_number)}"
        return a_mailbox(
            **{
                "address": f"{user}@desk.example.com", "kind": "imap", "host": "localhost", "port": dovecot.tls,
                "security": "tls", "certificate": dovecot.certificate, "user": user,
                "password_box": seal.seal(dovecots.PASSWORD),
            } | fields
        )  # fmt: skip

    return make
