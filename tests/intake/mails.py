"""Mails as tests send them."""

from email.message import EmailMessage
from email.utils import make_msgid

from servicedesk.intake.actions import read_waiting, store
from servicedesk.intake.models import IncomingMail, Mailbox

ENGLISH = "The printer on the second floor does not print."
JAPANESE = "2階のプリンターが印刷しません。お願いします。"


def a_mailbox(**fields) -> Mailbox:
    """A mailbox for which a mail server hands mail over; known senders only unless said otherwise."""
    address = fields.pop("address", "desk@desk.example.com")
    found = Mailbox.objects.filter(address=address).first()
    if found:
        return found
    return Mailbox.objects.create(**{"name": "Desk", "address": address, "language": "en"} | fields)


def a_mail(
    sender="hanako@example.com",
    *,
    subject="Printer",
    text=ENGLISH,
    to="desk@desk.example.com",
    files=(),
    html=None,
    **headers,
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = "Sun, 22 Nov 2026 14:05:00 +0900"
    mail["Message-ID"] = headers.pop("message_id", None) or make_msgid(domain="example.com")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, data, kind in files:
        main, _slash, sub = kind.partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return mail


def arrives(mail, mailbox=None, **envelope) -> IncomingMail:
    """Hand a mail over and read what waits; returns its row in the ledger."""
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    row = store(mailbox or a_mailbox(), raw, **{"envelope_from": "bounce@example.com"} | envelope)
    read_waiting()
    return IncomingMail.objects.get(pk=row.pk)
