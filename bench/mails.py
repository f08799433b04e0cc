"""How many mails one worker takes from raw row to ticket, event and receipt in a second."""

import statistics
import time
from email.message import EmailMessage

_SUBJECTS = ("プリンターが動かない", "Cannot sign in", "共有フォルダーの権限をお願いします", "VPN is slow since Monday")
_TEXT = """お疲れさまです。営業部の山田です。

今朝から3階のプリンターで印刷ができません。電源は入っていて、画面に「E-21」と出ています。
急ぎではありませんが、午後の会議までに使えると助かります。

よろしくお願いいたします。

--
山田 花子  営業部 第一課  内線 4021
"""


def mails_per_second(count: int, rounds: int = 3) -> float:
    """The median of some rounds of `count` mails each, by 50 known people, read and their receipts written by this very
    process: `read_waiting`, then `deliver_waiting` with all consumers. Nothing is sent.
    """
    from django.conf import settings

    from servicedesk.intake.actions import read_waiting, store
    from servicedesk.intake.models import IncomingMail, Mailbox
    from servicedesk.notify.models import OutgoingMail
    from servicedesk.people.models import User
    from servicedesk.tickets.delivery import deliver_waiting

    settings.MAIL_SENDER_PER_HOUR = settings.MAIL_RECEIPTS_PER_HOUR = 1_000_000
    box, _made = Mailbox.objects.get_or_create(address="desk@bench.example.com", defaults={"name": "Bench"})
    people = list(User.objects.filter(is_active=True, is_guest=False).order_by("-id")[:50])
    while deliver_waiting():
        pass
    found = []
    for round_ in range(rounds):
        before = OutgoingMail.objects.count()
        rows = [store(box, _mail(people[n % 50].email, round_, n)) for n in range(count)]
        started = time.perf_counter()
        while read_waiting():
            pass
        while deliver_waiting():
            pass
        found.append(count / (time.perf_counter() - started))
        became = IncomingMail.objects.filter(pk__in=[row.pk for row in rows], state="ticket").count()
        receipts = OutgoingMail.objects.count() - before
        if (became, receipts) != (count, count):
            raise RuntimeError(f"{became} tickets and {receipts} receipts of {count} mails")
    return round(statistics.median(found), 1)


def _mail(sender: str, round_: int, number: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "desk@bench.example.com", f"{_SUBJECTS[number % 4]} {number}"
    mail["Date"] = "Sun, 22 Nov 2026 14:05:00 +0900"
    mail["Message-ID"] = f"<{time.time_ns()}.{round_}.{number}@bench.example.com>"
    mail.set_content(_TEXT, charset="iso-2022-jp" if number % 2 else "utf-8")
    if number % 5 == 0:
        mail.add_attachment(b"x" * 20_000, maintype="application", subtype="pdf", filename="資料.pdf")
    return mail.as_bytes()
