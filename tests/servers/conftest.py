"""Servers that tests in this folder talk to."""

import os
import shutil
from itertools import count

import pytest

from servicedesk.intake import seal
from tests.intake.mails import a_mailbox

from . import clamd as clamds
from . import dovecot as dovecots
from . import postfix as postfixes
from . import s3 as s3s

_number = count(1)


def skip_or_fail(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def dovecot():
    if reason := dovecots.missing():
        skip_or_fail(reason)
    server = dovecots.Dovecot()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def people_server():
    """A Dovecot that takes mail for userN@people.example.com."""
    if reason := dovecots.missing_lmtp():
        skip_or_fail(reason)
    server = dovecots.Dovecot(with_lmtp=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def running_postfix(people_server):
    if reason := postfixes.missing():
        skip_or_fail(reason)
    server = postfixes.Postfix(people_port=people_server.lmtp)
    yield server
    server.stop()


@pytest.fixture
def postfix(running_postfix):
    """The Postfix, whose queue is empty before and after."""
    yield running_postfix
    running_postfix.empty()


@pytest.fixture
def a_user():
    """The name of a user of a Dovecot that no other test had."""
    return f"user{next(_number)}"


@pytest.fixture(scope="session")
def clamd_server():
    if reason := clamds.missing():
        skip_or_fail(reason)
    server = clamds.Clamd()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3_server():
    if reason := s3s.missing():
        skip_or_fail(reason)
    server = s3s.S3()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def imap_box(dovecot):
    """`imap_box(**fields)` makes a mailbox that is fetched, with a fresh user of the server; `box.user` is its name."""
    return boxes_at(dovecot)


def boxes_at(dovecot):
    """What makes mailboxes that are fetched from this server."""

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
