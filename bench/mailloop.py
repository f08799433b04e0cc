"""`python -m bench.mailloop [--mails N]`: mails of many shapes through a real Postfix and Dovecot into the ledger.

Postfix takes each by SMTP and hands it to Dovecot by LMTP, the real fetch takes them out of the mailbox by IMAP over
TLS, and they are read. At the end the server and the ledger are compared, mail by mail. Needs root, Postfix and Dovecot
with LMTP, as the tests in tests/servers do; works in an embedded PostgreSQL of its own. Ends with one line of JSON, and
with 1 when anything is not equal.
"""

import argparse
import json
import smtplib
import sys
import time
from collections import Counter

from .place import own_place, people
from .server import machine
from .shapes import mails, number_of, senders

_BATCH = 100
_BIG = "1000000"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.mailloop", description="Mails through real servers into the ledger.")
    parser.add_argument("--mails", type=int, default=1000)
    count = parser.parse_args().mails
    from tests.servers.dovecot import Dovecot, missing_lmtp
    from tests.servers.postfix import Postfix, missing

    if reason := missing_lmtp() or missing():
        print(json.dumps({"error": reason}))
        return 1
    with own_place(MAIL_SENDER_PER_HOUR=_BIG, MAIL_TICKET_PER_HOUR=_BIG, MAIL_RECEIPTS_PER_HOUR=_BIG):
        dovecot = Dovecot(with_lmtp=True)
        try:
            postfix = Postfix(people_port=dovecot.lmtp)
            try:
                told = _loop(count, postfix, dovecot)
            finally:
                postfix.stop()
        finally:
            dovecot.stop()
    print(json.dumps(told | {"machine": machine()}, ensure_ascii=False), flush=True)
    return 1 if told["wrong"] else 0


def _loop(count: int, postfix, dovecot) -> dict:
    from servicedesk.intake import seal
    from servicedesk.intake.models import Mailbox
    from tests.servers.dovecot import PASSWORD

    people(senders())
    box = Mailbox.objects.create(
        name="Bench", address="user1@people.example.com", kind="imap", host="localhost", port=dovecot.tls,
        certificate=dovecot.certificate, user="user1", password_box=seal.seal(PASSWORD),
    )  # fmt: skip
    _fetch(box)
    sent = mails(count, box.address, f"{time.time_ns():x}")
    seconds = Counter()
    for start in range(0, count, _BATCH):
        with _Watch(seconds, "through Postfix into the mailbox"), smtplib.SMTP("127.0.0.1", postfix.port) as client:
            for each in sent[start : start + _BATCH]:
                client.sendmail(each.sender, [box.address], each.raw)
            postfix.wait_until_empty(120)
        with _Watch(seconds, "fetched"):
            _fetch(box)
    with _Watch(seconds, "read"):
        _read()
    with _Watch(seconds, "compared"):
        told = _compared(sent, dovecot.mails("user1"), box)
    return told | {"seconds": {name: round(took, 1) for name, took in seconds.items()}}


class _Watch:
    def __init__(self, seconds: Counter, name: str):
        self.seconds, self.name = seconds, name

    def __enter__(self):
        self.began = time.perf_counter()

    def __exit__(self, *error):
        self.seconds[self.name] += time.perf_counter() - self.began


def _fetch(box) -> None:
    from django.utils import timezone

    from servicedesk.intake.actions import fetch_mailbox
    from servicedesk.intake.models import Mailbox

    while True:
        Mailbox.objects.filter(pk=box.pk).update(try_after=timezone.now())
        taken = fetch_mailbox(box.pk)
        box.refresh_from_db()
        if box.last_error:
            raise RuntimeError(f"The mailbox could not be fetched: {box.last_error}")
        if not taken:
            return


def _read() -> None:
    from servicedesk.intake.actions import read_waiting
    from servicedesk.tickets.delivery import deliver_waiting

    while read_waiting():
        pass
    while deliver_waiting():
        pass


def _compared(sent: list, lying: list[bytes], box) -> dict:
    """Counts of both sides, and in `wrong` every sentence about what is not as it must be."""
    from servicedesk.intake.models import IncomingMail
    from servicedesk.people.jobs import last_job, run_next_job

    from .fates import wrongs

    rows = list(IncomingMail.objects.all())
    wrong = wrongs(sent)
    there, here = sorted(map(number_of, lying)), sorted(number_of(bytes(row.raw)) for row in rows)
    if there != here:
        wrong.append("the mailbox and the ledger do not hold the same mails")
    if len(lying) != len(sent):
        wrong.append(f"{len(sent)} mails were sent and {len(lying)} lie in the mailbox")
    # The comparison that the desk itself makes every day.
    from servicedesk.intake.actions import start_comparisons

    start_comparisons()
    run_next_job()
    told = last_job(f"compare-mailbox:{box.pk}")
    if told is None or told.result != {"missing": 0, "compared": len(sent)}:
        wrong.append(f"the desk's own comparison says {told and (told.error or told.result)}")
    return {
        "sent": len(sent), "in_mailbox": len(lying), "in_ledger": len(rows),
        "fates": dict(Counter(row.state for row in rows)), "wrong": wrong,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
