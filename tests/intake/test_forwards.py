"""Who wrote what somebody forwards."""

from email.message import EmailMessage

import pytest

from servicedesk.intake.mail.forwards import forwarded
from servicedesk.intake.mail.reading import read
from tests.intake.mails import a_mail

GMAIL = """Please look at this.

---------- Forwarded message ---------
From: Hanako Yamada <hanako@example.com>
Date: Sun, Nov 22, 2026 at 2:05 PM
Subject: Printer
To: Sho <sho@example.com>

It does not print.
"""
OUTLOOK_JA = """よろしくお願いします。

-----Original Message-----
差出人: 山田 花子 <hanako@example.com>
送信日時: 2026年11月22日 14:05
宛先: 小林 翔 <sho@example.com>
件名: プリンターの件

印刷できません。
"""
OUTLOOK_RULE = """
________________________________
差出人: 山田 花子 <hanako@example.com>
送信日時: 2026年11月22日日曜日 14:05
宛先: 小林 翔
件名: Printer

It does not print.
"""
APPLE = """> 転送されたメッセージ:
>
> 差出人: 山田 花子 <hanako@example.com>
> 件名: Printer
> 日付: 2026年11月22日 14:05:00 JST
> 宛先: sho@example.com
>
> It does not print.
"""
MAILTO = """From: Hanako Yamada [mailto:hanako@example.com]
Sent: Sunday, November 22, 2026 2:05 PM
To: Sho
Subject: Printer

It does not print.
"""


class TestBelow:
    @pytest.mark.parametrize(
        ("text", "subject", "above", "said"),
        [
            (GMAIL, "Printer", "Please look at this.", "It does not print."),
            (OUTLOOK_JA, "プリンターの件", "よろしくお願いします。", "印刷できません。"),
            (MAILTO, "Printer", "", "It does not print."),
            (APPLE, "Printer", "", "It does not print."),
            (OUTLOOK_RULE, "Printer", "", "It does not print."),
        ],
    )
    def test_sender_subject_and_words_are_found(self, text, subject, above, said):
        found = forwarded(read(a_mail(subject="FW: Printer", text=text).as_bytes()))
        assert (found.from_address, found.subject, found.text) == ("hanako@example.com", subject, said)
        assert found.above == above

    def test_a_mark_is_enough_without_the_subject(self):
        assert forwarded(read(a_mail(subject="Hello", text=GMAIL).as_bytes())).from_name == "Hanako Yamada"

    def test_a_quote_in_an_answer_is_none(self):
        text = "Yes, please.\n\nFrom: Hanako <hanako@example.com>\nSent: Sunday\nSubject: Printer\n\nShall I?\n"
        assert forwarded(read(a_mail(subject="Re: Printer", text=text).as_bytes())) is None

    def test_without_an_address_there_is_none(self):
        text = "From: Hanako Yamada\nSent: Sunday\nSubject: Printer\n\nIt does not print.\n"
        assert forwarded(read(a_mail(subject="FW: Printer", text=text).as_bytes())) is None

    def test_a_plain_mail_is_none(self):
        assert forwarded(read(a_mail().as_bytes())) is None


class TestAttached:
    def mail(self, **fields) -> EmailMessage:
        inner = a_mail("花子 <hanako@example.com>", subject="Printer", files=[("a.txt", b"x", "text/plain")])
        mail = a_mail("sho@example.com", **{"subject": "Fwd: Printer", "text": "See below."} | fields)
        mail.add_attachment(inner)
        return mail

    def test_the_message_and_its_files_are_found(self):
        found = forwarded(read(self.mail().as_bytes()))
        assert (found.from_address, found.from_name, found.subject) == ("hanako@example.com", "花子", "Printer")
        assert (found.text, found.above) == ("The printer on the second floor does not print.", "See below.")
        assert [each.name for each in found.files] == ["a.txt", "Printer.eml"]

    def test_beside_other_files_without_a_word_of_forwarding_it_is_a_file(self):
        mail = self.mail(subject="Minutes")
        mail.add_attachment(b"x", maintype="application", subtype="pdf", filename="a.pdf")
        assert forwarded(read(mail.as_bytes())) is None
