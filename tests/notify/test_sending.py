"""Mails on their way to the server: retries, refusals, files, and what a dead server delays."""

import smtplib
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core import mail as outbox
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from servicedesk.notify import actions
from servicedesk.notify.actions import resend_mail, send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import User
from servicedesk.tickets.actions import reply, set_fields, watch
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_and_at_once(settings):
    outbox.outbox = []
    settings.MAIL_UNDO_SECONDS = 0


def a_mail_to(user=None, **fields) -> OutgoingMail:
    a_ticket(requester=user or a_person(), **fields)
    deliver_waiting()
    return OutgoingMail.objects.latest("id")


class Server:
    """A mail server that answers as told: an exception for an address, or taken."""

    def __init__(self, answers):
        self.answers, self.taken = answers, []

    def send_messages(self, messages):
        for message in messages:
            answer = self.answers.get(message.to[0])
            if answer:
                raise answer
            self.taken.append(message)

    def close(self):
        pass


@pytest.fixture
def server(monkeypatch):
    def begin(**answers):
        made = Server({name.replace("_", "@"): answer for name, answer in answers.items()})
        monkeypatch.setattr(actions, "_server", lambda: made)
        return made

    return begin


def due_again():
    OutgoingMail.objects.update(try_after=timezone.now())


class TestSending:
    def test_sends_what_waits_once(self):
        mail = a_mail_to()
        assert send_waiting() == 1 and send_waiting() == 0
        mail.refresh_from_db()
        assert (mail.state, mail.attempts, mail.error) == ("sent", 1, "") and mail.sent_at
        message = message_from_bytes(outbox.outbox[0].message().as_bytes(), policy=policy.default)
        assert message["Message-ID"] == mail.message_id
        assert message["Reply-To"] == mail.headers["Reply-To"] and message["To"] == mail.to_address
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_body(("plain",)) and message.get_body(("html",))

    def test_a_file_that_is_gone_delays_its_own_mail_alone(self):
        team = a_team()
        hanako, agent = a_person(), an_agent(team)
        comment = reply(
            a_ticket(requester=hanako, team=team), by=agent, via="page", body="", files=[SimpleUploadedFile("a", b"a")]
        )
        file = comment.attachments.get().file
        file.storage.delete(file.name)
        deliver_waiting()
        other = a_mail_to()
        send_waiting()
        other.refresh_from_db()
        waits = OutgoingMail.objects.get(to_user=hanako, with_files=True)
        assert other.state == "sent"
        assert (waits.state, waits.attempts, waits.error[:17]) == ("waiting", 1, "FileNotFoundError")

    def test_japanese_arrives_as_written(self):
        a_mail_to(a_person(language="ja", name="髙橋 花子"), title="①プリンター㈱の件")
        send_waiting()
        message = message_from_bytes(outbox.outbox[0].message().as_bytes(), policy=policy.default)
        assert message["Subject"].endswith("①プリンター㈱の件")
        assert "髙橋 花子" in message.get_body(("plain",)).get_content()

    def test_takes_small_files_along_as_files_only(self):
        ticket = a_ticket()
        reply(ticket, by=an_agent(), via="page", body="See", files=[SimpleUploadedFile("手順.html", b"<p>x</p>")])
        deliver_waiting()
        send_waiting()
        message = message_from_bytes(outbox.outbox[-1].message().as_bytes(), policy=policy.default)
        (file,) = message.iter_attachments()
        assert (file.get_filename(), file.get_content_type()) == ("手順.html", "application/octet-stream")

    def test_keeps_the_message_id_on_every_attempt(self, server):
        a_mail_to(a_person(email="a@example.com"))
        made = server(**{"a_example.com": smtplib.SMTPDataError(451, b"later")})
        assert send_waiting() == 0
        made.answers = {}
        due_again()
        assert send_waiting() == 1
        mail = OutgoingMail.objects.get()
        assert made.taken[0].extra_headers["Message-ID"] == mail.message_id and mail.attempts == 2

    def test_writes_files_where_there_is_no_server(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        a_mail_to()
        a_mail_to()
        assert send_waiting() == 2
        assert len(list(settings.MAIL_OUT_FOLDER.glob("*.eml"))) == 2


class TestTrouble:
    def test_with_one_address_stops_no_other(self, server):
        for name in ("a", "b", "c"):
            a_mail_to(a_person(email=f"{name}@example.com"))
        refused = {"b@example.com": (550, b"no such user")}
        made = server(**{"b_example.com": smtplib.SMTPRecipientsRefused(refused)})
        assert send_waiting() == 2
        assert [message.to[0] for message in made.taken] == ["a@example.com", "c@example.com"]
        bad = OutgoingMail.objects.get(to_address="b@example.com")
        assert (bad.state, bad.error) == ("failed", "550 no such user")

    def test_that_passes_is_tried_later_and_later(self, server):
        a_mail_to(a_person(email="a@example.com"))
        server(**{"a_example.com": smtplib.SMTPRecipientsRefused({"a@example.com": (450, b"mailbox busy")})})
        pauses = []
        for _n in range(3):
            due_again()
            send_waiting()
            mail = OutgoingMail.objects.get()
            pauses.append(round((mail.try_after - timezone.now()).total_seconds() / 10))
        assert (mail.state, pauses) == ("waiting", [2, 4, 8])

    def test_for_days_is_given_up(self, server):
        a_mail_to(a_person(email="a@example.com"))
        OutgoingMail.objects.update(created_at=timezone.now() - timedelta(days=4))
        server(**{"a_example.com": smtplib.SMTPDataError(451, b"later")})
        send_waiting()
        assert OutgoingMail.objects.get().state == "failed"

    def test_of_the_server_itself_blames_no_mail(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.MAIL_SERVER = {"host": "127.0.0.1"}
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
        a_mail_to()
        a_mail_to()
        assert send_waiting() == 0
        for mail in OutgoingMail.objects.all():
            assert (mail.state, mail.attempts) == ("waiting", 0) and "refused" in mail.error
            assert timezone.now() < mail.try_after < timezone.now() + timedelta(minutes=1)

    def test_a_recipient_who_lost_sight_meanwhile_gets_nothing(self):
        agent, other = an_agent(), an_agent()
        ticket = a_ticket(team=a_team())
        ticket = a_ticket()
        watch(ticket, by=other, via="page")
        reply(ticket, by=agent, via="page", body="Secret")
        deliver_waiting()
        set_fields(ticket, by=agent, via="page", is_confidential=True)
        send_waiting()
        mail = OutgoingMail.objects.get(to_user=other)
        assert (mail.state, mail.error) == ("failed", "not_visible")
        assert other.email not in [message.to[0] for message in outbox.outbox]

    def test_header_injection_fails_that_mail_only(self):
        bad, good = a_mail_to(), a_mail_to()
        OutgoingMail.objects.filter(pk=bad.pk).update(subject="x\r\nBcc: all@example.com")
        assert send_waiting() == 1
        bad.refresh_from_db()
        assert bad.state == "waiting" and "BadHeaderError" in bad.error
        assert outbox.outbox[0].to == [good.to_address]


class TestResend:
    def test_sends_a_failed_mail_again(self):
        mail = a_mail_to()
        OutgoingMail.objects.update(state="failed", error="550 no")
        resend_mail(mail, by=an_agent(), via="page")
        assert send_waiting() == 1
        with pytest.raises(Refused, match="sent already"):
            resend_mail(mail, by=an_agent(), via="page")

    def test_is_for_the_desk(self):
        from django.core.exceptions import PermissionDenied

        mail = a_mail_to()
        with pytest.raises(PermissionDenied):
            resend_mail(mail, by=User.objects.get(pk=mail.to_user_id), via="page")


class TestRate:
    """No address gets more than so many mails in an hour; the rest waits."""

    @pytest.fixture(autouse=True)
    def _two(self, settings):
        settings.MAIL_RECIPIENT_PER_HOUR = 2

    def test_further_mails_wait_until_an_hour_after_the_oldest(self):
        hanako = a_person()
        for _n in range(3):
            a_mail_to(hanako)
        other = a_mail_to()
        assert send_waiting() == 3
        other.refresh_from_db()
        assert other.state == "sent"
        oldest = OutgoingMail.objects.filter(to_user=hanako, state="sent").earliest("sent_at")
        waits = OutgoingMail.objects.get(state="waiting")
        assert (waits.try_after, waits.error, waits.attempts) == (oldest.sent_at + timedelta(hours=1), "too_many", 0)

    def test_they_leave_when_their_turn_comes(self):
        hanako = a_person()
        for _n in range(3):
            a_mail_to(hanako)
        send_waiting()
        OutgoingMail.objects.filter(state="sent").update(sent_at=timezone.now() - timedelta(minutes=61))
        due_again()
        assert send_waiting() == 1 and not OutgoingMail.objects.exclude(state="sent").exists()
        assert OutgoingMail.objects.filter(error="").count() == 3

    def test_the_page_says_why(self, client):
        team = a_team()
        hanako = a_person()
        for _n in range(3):
            a_mail_to(hanako, team=team)
        send_waiting()
        client.force_login(an_agent(team))
        page = client.get(f"/settings/outgoing/{OutgoingMail.objects.get(state='waiting').pk}/").content.decode()
        assert "This address got many mails within an hour; the next one leaves on" in page
