"""What subscribers read when a month was issued: the sentences, and the PDF in their language."""

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from servicedesk.notify.models import OutgoingMail
from servicedesk.notify.texts import Value
from servicedesk.notify.without_ticket import without_ticket
from servicedesk.people.models import User
from servicedesk.web import formats
from servicedesk.web.middleware import own_language, speaking_to

from .freezing import Frozen
from .models import IssuedFile, IssuedReport
from .queries import subscribers

MOST_ATTACHED_BYTES = 10 * 1024 * 1024


def tell_subscribers(report: IssuedReport) -> int:
    """A mail to each subscriber who may read reports; returns how many are new. Each is made once, by its Message-ID,
    and is asked for the right again when it leaves.
    """
    files = {file.language: file for file in report.files.filter(format=IssuedFile.Format.PDF)}
    made = 0
    for row in subscribers():
        person = row.user
        if not person.is_active or not person.email or not person.may("reports.see"):
            continue
        name = f"report.{report.pk}.{person.pk}"
        if OutgoingMail.objects.filter(message_id=f"<{name}@{settings.MAIL_DOMAIN}>").exists():
            continue
        made += len(OutgoingMail.objects.bulk_create([_mail(report, person, name, files)], ignore_conflicts=True))
    return made


def _mail(report: IssuedReport, person: User, name: str, files: dict[str, IssuedFile]) -> OutgoingMail:
    language = own_language(person) or settings.LANGUAGE_CODE
    with speaking_to(person):
        frozen, file = Frozen.of(report, language), files.get(language)
        month = formats.month(report.month)
        values = {
            "month": lambda: month,
            "sentences": lambda: _points(frozen),
            "page": lambda: settings.SITE_URL + reverse("reports:issued", args=[f"{report.month:%Y-%m}"]),
        }
        subject = _("Monthly report of the service desk: %(month)s") % {"month": month}
        mail = without_ticket(OutgoingMail.Kind.REPORT, "report", person, subject, values, name)
        mail.needs = "reports.see"
        if file is not None and file.size <= MOST_ATTACHED_BYTES:
            mail.attached = [{"name": file.name, "file": file.file.name, "type": "application/pdf"}]
    return mail


def _points(frozen: Frozen) -> Value:
    """The sentences, each on a line of its own."""
    items = format_html_join("", "<li>{}</li>", ((each,) for each in frozen.sentences))
    return Value("\n".join(f"- {each}" for each in frozen.sentences), format_html("<ul>{}</ul>", items))
