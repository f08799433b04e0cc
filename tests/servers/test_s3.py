"""Attachments on a real S3 server, set up by the variables that an operator sets: kept whole, handed over by the desk
alone, and nothing lost or left half done while the server is away.
"""

import os
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core import mail as outbox
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from incidents.models import Incident
from servicedesk.intake.actions import convert_ticket, read_waiting
from servicedesk.intake.models import IncomingMail, Original
from servicedesk.intake.queries import failed_originals
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.actions import reply
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Attachment, Comment, Ticket
from servicedesk.web import s3 as bucket
from tests.factories import a_person, a_team, a_ticket, again, an_administrator, an_agent, events_of
from tests.intake.mails import a_mail, arrives

from .s3 import BUCKET, REGION

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
NEW = "/new/"
NOT_STORED = "Files cannot be stored just now, so nothing was sent."
NAME = "画面 1.png"


@pytest.fixture
def use(settings, monkeypatch):
    """`use(server, **variables)` reads the production settings with the variables of an operator and takes their
    storage.
    """

    def take(server, **variables):
        given = {"BUCKET": BUCKET, "ENDPOINT": server.endpoint, "REGION": REGION, "KEY": server.key}
        if "SECRET_FILE" not in variables:
            given["SECRET"] = server.secret
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for name, value in (given | variables).items():
            monkeypatch.setenv(f"FILES_S3_{name}", value)
        production = runpy.run_path(str(ROOT / "servicedesk" / "settings.py"))
        settings.STORAGES = settings.STORAGES | {"default": production["STORAGES"]["default"]}

    return take


@pytest.fixture
def s3(s3_server, use):
    """The server, up and used by the desk."""
    s3_server.start()
    use(s3_server)
    yield s3_server
    if s3_server.process is not None:
        s3_server.speak_again()


@pytest.fixture
def hanako():
    return a_person(email="hanako@example.com")


@pytest.fixture
def agent():
    return an_agent(a_team())


@pytest.fixture
def ticket(agent, hanako):
    return a_ticket(team=agent.teams.get(), requester=hanako)


def asking(*files, **fields) -> dict:
    return {"kind": "incident", "text": "画面が映りません。\n今朝からです。", "key": "k1", "files": files} | fields


def upload(content: bytes, name=NAME) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/html")


def address(file, end="") -> str:
    return f"/tickets/{file.ticket.number}/files/{file.pk}/{end}"


def attached(ticket, by, content, name=NAME) -> Attachment:
    return reply(ticket, by=by, via="page", body="", files=[upload(content, name)]).attachments.get()


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def key_on(answer) -> str:
    return re.search(r'name="key" value="([^"]+)"', answer.content.decode())[1]


class TestUpload:
    def test_picture_and_thumbnail_lie_in_the_bucket_and_nowhere_else(self, s3, settings, visit, hanako, picture):
        before = s3.names()
        answer = visit(hanako).post(NEW, asking(upload(picture)))
        file = Ticket.objects.get().attachments.get()
        assert answer.status_code == 302 and file.name == NAME
        assert s3.names() - before == {file.file.name, file.thumbnail.name}
        assert s3.get(file.file.name)["Body"].read() == picture
        assert s3.get(file.thumbnail.name)["Body"].read().startswith(b"\x89PNG")
        assert not settings.MEDIA_ROOT.exists()

    def test_an_object_tells_neither_name_nor_type_of_its_file(self, s3, ticket, agent, picture):
        file = attached(ticket, agent, picture)
        kept = s3.get(file.file.name)
        assert (kept["ContentType"], kept["ContentDisposition"]) == ("application/octet-stream", "attachment")
        assert re.fullmatch(r"attachments/\d{4}/\d\d/[0-9a-f]{40}", file.file.name)

    def test_a_file_that_is_sent_in_parts_comes_back_whole(self, s3, visit, ticket, agent):
        large = os.urandom(9 * 1024 * 1024)
        client = visit(agent)
        client.post(f"/tickets/{ticket.number}/reply/", {"body": "", "files": [upload(large, "a.bin")]})
        file = Attachment.objects.get()
        assert "-" in s3.get(file.file.name)["ETag"], "S3 marks what came in parts"
        assert body_of(client.get(address(file))) == large


class TestDownload:
    def test_is_the_same_answer_as_from_the_disk(self, settings, s3_server, use, visit, ticket, agent, picture):
        client, answers = visit(agent), []
        for take in (lambda: None, lambda: (s3_server.start(), use(s3_server))):
            take()
            file = attached(ticket, agent, picture)
            full, small = client.get(address(file)), client.get(address(file, "thumbnail/"))
            answers.append(
                [
                    (answer.status_code, body_of(answer), dict(answer.headers) | {"X-Request-Id": ""})
                    for answer in (full, small)
                ]
            )
        from_disk, from_s3 = answers
        assert from_s3 == from_disk
        assert from_s3[0][1] == picture and "%E7%94%BB%E9%9D%A2" in from_s3[0][2]["Content-Disposition"]
        assert from_s3[0][2]["Content-Length"] == str(len(picture))

    def test_by_api(self, s3, ticket, agent, picture):
        file, client = attached(ticket, agent, picture), APIClient()
        client.force_login(agent)
        answer = client.get(f"/api/v1/tickets/{ticket.number}/attachments/{file.pk}/")
        assert body_of(answer) == picture and answer["Content-Disposition"].startswith("attachment; ")

    def test_what_is_gone_from_the_bucket_is_not_there(self, s3, visit, ticket, agent, picture):
        file, client = attached(ticket, agent, picture), visit(agent)
        Attachment.objects.update(file="attachments/none", thumbnail="attachments/none")
        by_api = f"/api/v1/tickets/{ticket.number}/attachments/{file.pk}/"
        assert [client.get(one).status_code for one in (address(file), address(file, "thumbnail/"), by_api)] == [
            404
        ] * 3

    def test_is_for_those_who_may_see_the_ticket(self, s3, visit, ticket, agent, picture):
        file = attached(ticket, agent, picture)
        assert visit(an_agent(a_team())).get(address(file)).status_code == 404


class TestTheBucket:
    def test_answers_nobody_without_a_key(self, s3, ticket, agent, picture):
        file = attached(ticket, agent, picture)
        assert s3.stranger_gets(file.file.name) == 403

    def test_has_no_address_that_the_desk_would_hand_out(self, s3, visit, ticket, agent, picture):
        file = attached(ticket, agent, picture)
        page = visit(agent).get(ticket.get_absolute_url(), follow=True).content.decode()
        assert address(file) in page
        assert s3.endpoint not in page and BUCKET not in page and file.file.name not in page
        with pytest.raises(NotImplementedError):
            file.file.url  # noqa: B018

    def test_is_used_with_a_secret_that_lies_in_a_file(self, s3, use, monkeypatch, tmp_path, ticket, agent, picture):
        (tmp_path / "secret").write_text(f"{s3.secret}\n")
        monkeypatch.delenv("FILES_S3_SECRET")
        use(s3, SECRET_FILE=str(tmp_path / "secret"))
        assert attached(ticket, agent, picture).file.name in s3.names()

    def test_takes_nothing_with_a_wrong_secret_and_the_person_reads_why(self, s3, use, visit, ticket, agent, picture):
        use(s3, SECRET="wrong")
        sent = {"body": "見てください", "files": [upload(picture)]}
        answer = visit(agent).post(f"/tickets/{ticket.number}/reply/", sent)
        assert answer.status_code == 422 and NOT_STORED in answer.content.decode()

    def test_can_be_tried_as_the_manual_says(self, s3, ticket, agent, picture):
        attached(ticket, agent, picture)
        line = re.search(r'shell -c "(.*listdir.*)"', (ROOT / "docs" / "operations.md").read_text())[1]
        env = os.environ | {"DJANGO_SETTINGS_MODULE": "servicedesk.settings"}
        good = subprocess.run(
            [sys.executable, "manage.py", "shell", "-c", line], cwd=ROOT, env=env, capture_output=True, text=True
        )
        assert good.returncode == 0 and "(['attachments'" in good.stdout, good.stderr
        bad = subprocess.run(
            [sys.executable, "manage.py", "shell", "-c", line], cwd=ROOT, env=env | {"FILES_S3_SECRET": "wrong"},
            capture_output=True, text=True,
        )  # fmt: skip
        assert bad.returncode != 0 and "SignatureDoesNotMatch" in bad.stderr


class TestConversion:
    def test_leaves_one_object_under_both_tickets(self, s3, visit, agent, ticket, picture, hanako):
        visit(hanako).post(NEW, asking(upload(picture)))
        old = Ticket.objects.latest("id")
        old.team = agent.teams.get()
        old.save()
        before = s3.names()
        new = convert_ticket(old, "request", by=again(agent), via="page")
        assert s3.names() == before
        client = visit(agent)
        for each in (old, new):
            file = each.attachments.get()
            assert body_of(client.get(address(file))) == picture
            assert body_of(client.get(address(file, "thumbnail/"))).startswith(b"\x89PNG")


class TestASubmissionThatFailedOnOurSide:
    def test_has_its_files_in_the_bucket(self, s3, visit, hanako, picture, monkeypatch):
        module = sys.modules["servicedesk.intake.actions.receive"]
        monkeypatch.setattr(module, "open_incident", lambda **fields: (_ for _ in ()).throw(RuntimeError("broken")))
        client = visit(hanako)
        client.raise_request_exception = False
        assert client.post(NEW, asking(upload(picture))).status_code == 500
        kept = Original.objects.get()
        assert kept.error == "RuntimeError: broken" and not Ticket.objects.exists()
        file = kept.files.get()
        assert file.name == NAME and s3.get(file.file.name)["Body"].read() == picture

    def test_keeps_its_words_when_the_files_cannot_be_kept_either(self, s3, visit, hanako, picture, monkeypatch):
        module = sys.modules["servicedesk.intake.actions.receive"]

        def break_both(**fields):
            s3.stop()
            raise RuntimeError("broken")

        monkeypatch.setattr(module, "open_incident", break_both)
        client = visit(hanako)
        client.raise_request_exception = False
        assert client.post(NEW, asking(upload(picture))).status_code == 500
        kept = Original.objects.get()
        assert kept.error == "RuntimeError: broken" and "今朝から" in kept.data["description"]
        assert not kept.files.exists()


class TestWhileTheServerIsDown:
    def test_a_request_with_a_file_is_refused_with_a_sentence_and_kept(self, s3, visit, hanako, picture):
        s3.stop()
        answer = visit(hanako).post(NEW, asking(upload(picture)))
        html = answer.content.decode()
        assert answer.status_code == 422 and list(answer.context["form"].errors) == ["files"]
        assert NOT_STORED in html and "今朝からです。" in html and NAME in html
        assert not Ticket.objects.exists() and not Attachment.objects.exists()
        kept = Original.objects.get()
        assert "今朝からです。" in kept.data["description"] and kept.data["files"] == [[NAME, len(picture)]]
        assert kept.error.startswith("OSError: EndpointConnectionError")
        assert list(failed_originals(an_administrator())) == [kept]

    def test_the_same_request_sent_again_later_is_one_ticket_and_no_longer_failed(
        self, s3, use, visit, hanako, picture
    ):
        client = visit(hanako)
        s3.stop()
        for _turn in range(2):
            refused = client.post(NEW, asking(upload(picture)))
        s3.start()
        use(s3)
        assert client.post(NEW, asking(upload(picture), key=key_on(refused))).status_code == 302
        assert Original.objects.get().ticket == Ticket.objects.get()
        assert not failed_originals(an_administrator()).exists()

    def test_a_call_that_an_agent_enters_is_kept_as_it_is_sent_in_the_end(self, s3, use, visit, agent, hanako, picture):
        client = visit(agent)
        call = {"channel": "phone", "kind": "incident", "requester": hanako.email, "title": "電話", "description": "一"}
        s3.stop()
        refused = client.post("/desk/new/", call | {"key": "a-key-of-letters", "files": [upload(picture)]})
        assert refused.status_code == 422 and NOT_STORED in refused.content.decode()
        s3.start()
        use(s3)
        again_ = call | {"key": key_on(refused), "description": "二", "files": [upload(picture)]}
        assert client.post("/desk/new/", again_).status_code == 303
        kept = Original.objects.get()
        assert kept.ticket == Ticket.objects.get() and (kept.error, kept.data["description"]) == ("", "二")

    def test_a_request_without_files_becomes_a_ticket(self, s3, visit, hanako):
        s3.stop()
        assert visit(hanako).post(NEW, asking()).status_code == 302
        assert Ticket.objects.count() == 1

    def test_a_reply_comes_back_with_its_words_and_leaves_no_half_one(self, s3, visit, ticket, agent, picture):
        before = events_of(ticket)
        s3.stop()
        sent = {"body": "見てください", "files": [upload(picture)]}
        answer = visit(agent).post(f"/tickets/{ticket.number}/reply/", sent, headers={"HX-Request": "true"})
        html = answer.content.decode()
        assert answer.status_code == 422 and NOT_STORED in html and "見てください" in html
        assert events_of(ticket) == before and not Comment.objects.exists()

    def test_the_api_answers_503(self, s3, ticket, agent, picture):
        file, client = attached(ticket, agent, picture), APIClient()
        client.force_login(agent)
        s3.stop()
        address = f"/api/v1/tickets/{ticket.number}/attachments/"
        sent = client.post(address, {"files": upload(picture)}, format="multipart")
        assert sent.status_code == 503 and sent.json()["code"] == "not_now"
        assert sent.json()["detail"].startswith(NOT_STORED)
        read = client.get(f"{address}{file.pk}/")
        assert (read.status_code, read.json()["code"]) == (503, "not_now")

    def test_a_download_says_so_in_the_persons_language(self, s3, visit, ticket, agent, picture):
        file, client = attached(ticket, agent, picture), visit(agent)
        s3.stop()
        answer = client.get(address(file))
        assert answer.status_code == 503
        assert "The file cannot be fetched just now." in answer.content.decode()
        agent.language = "ja"
        agent.save()
        assert "今はファイルを取り出せません" in client.get(address(file)).content.decode()

    def test_a_mail_with_a_file_waits_and_is_read_when_the_server_is_back(self, s3, use, hanako, picture):
        s3.stop()
        mail = arrives(a_mail(files=[(NAME, picture, "image/png")]))
        assert (mail.state, mail.ticket) == ("waiting", None) and not Ticket.objects.exists()
        assert mail.try_after > timezone.now() and mail.error.startswith("OSError: EndpointConnectionError")
        s3.start()
        use(s3)
        IncomingMail.objects.update(try_after=timezone.now())
        read_waiting()
        mail.refresh_from_db()
        assert (mail.state, mail.error) == ("ticket", "")
        file = mail.ticket.attachments.get()
        assert file.name == NAME and s3.get(file.file.name)["Body"].read() == picture

    def test_an_answer_by_mail_with_a_file_waits_as_well(self, s3, use, ticket, hanako, picture):
        before = events_of(ticket)
        s3.stop()
        mail = arrives(a_mail(subject=f"Re: [{ticket.number}]", files=[(NAME, picture, "image/png")]))
        assert mail.state == "waiting" and events_of(ticket) == before
        s3.start()
        use(s3)
        IncomingMail.objects.update(try_after=timezone.now())
        read_waiting()
        mail.refresh_from_db()
        assert mail.state == "reply" and mail.comment.attachments.get().name == NAME

    def test_a_mail_out_with_a_file_waits_alone_and_goes_later(self, s3, use, ticket, agent, hanako, picture, settings):
        settings.MAIL_UNDO_SECONDS = 0
        deliver_waiting()
        OutgoingMail.objects.all().delete()
        outbox.outbox = []
        with transaction.atomic():
            attached(ticket, agent, picture)
        deliver_waiting()
        with_file = OutgoingMail.objects.get(to_user=hanako, with_files=True)
        a_ticket(requester=a_person(email="taro@example.com"))
        deliver_waiting()
        store = s3.get(with_file.event.comment.attachments.get().file.name)["Body"].read()
        s3.stop()
        send_waiting()
        with_file.refresh_from_db()
        assert (with_file.state, with_file.attempts) == ("waiting", 1)
        assert with_file.error.startswith("OSError: EndpointConnectionError")
        assert "taro@example.com" in [message.to[0] for message in outbox.outbox]
        s3.start()
        use(s3)
        default_storage.save(with_file.event.comment.attachments.get().file.name, upload(store))
        OutgoingMail.objects.update(try_after=timezone.now())
        send_waiting()
        with_file.refresh_from_db()
        assert with_file.state == "sent"


class TestASilentServer:
    def test_holds_a_request_for_seconds_only(self, s3, use, visit, monkeypatch, ticket, agent, picture):
        monkeypatch.setattr(bucket, "SILENT_SECONDS", 1)
        use(s3)
        file, client = attached(ticket, agent, picture), visit(agent)
        s3.fall_silent()
        began = time.monotonic()
        read = client.get(address(file))
        sent = client.post(f"/tickets/{ticket.number}/reply/", {"body": "x", "files": [upload(picture)]})
        took = time.monotonic() - began
        assert (read.status_code, sent.status_code) == (503, 422)
        assert 2 * bucket.ATTEMPTS * 1 <= took < 15

    def test_is_given_up_before_the_proxy_gives_up_the_desk(self):
        proxy = (ROOT / "deploy" / "nginx" / "madoguchi.conf").read_text()
        patience = int(re.search(r"proxy_read_timeout (\d+)s", proxy)[1])
        assert patience > bucket.ATTEMPTS * (bucket.CONNECT_SECONDS + bucket.SILENT_SECONDS)


class TestAServerThatGoesBetweenTwoFiles:
    def test_leaves_no_half_ticket(self, s3, visit, hanako):
        real, files = bucket.Bucket._save, []

        def once(self, name, content):
            if files:
                s3.stop()
            files.append(name)
            return real(self, name, content)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bucket.Bucket, "_save", once)
            answer = visit(hanako).post(NEW, asking(upload(b"one", "1.txt"), upload(b"two", "2.txt")))
        assert answer.status_code == 422 and len(files) == 2
        assert not Ticket.objects.exists() and not Incident.objects.exists() and not Attachment.objects.exists()
        assert Original.objects.get().data["files"] == [["1.txt", 3], ["2.txt", 3]]
