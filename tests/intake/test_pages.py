"""Pages of mailboxes, mails and conversion."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.intake import seal
from servicedesk.intake.actions import read_waiting, start_comparisons
from servicedesk.intake.actions.comparing import comparison_key, taking_key
from servicedesk.intake.models import IncomingMail, Mailbox
from servicedesk.people.jobs import last_job, run_next_job
from servicedesk.people.models import AuditEntry, Job
from tests.factories import a_person, a_service, a_team, a_ticket, an_administrator, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db

IMAP = {
    "name": "Desk", "address": "Desk@desk.example.com", "kind": "imap", "host": "imap.example.com", "port": "993",
    "security": "tls", "user": "desk", "password": "s3cret!", "folder": "INBOX", "makes": "incident", "language": "ja",
    "accepts": "known", "others": "hold", "afterwards": "seen", "is_active": "on",
}  # fmt: skip


class TestMailboxes:
    def test_are_made_with_a_sealed_password_and_an_entry_in_the_audit_log(self, visit):
        client = visit(an_administrator())
        answer = client.post(reverse("intake:mailbox-new"), IMAP)
        box = Mailbox.objects.get()
        assert answer.status_code == 303 and answer["Location"] == reverse("intake:mailbox", args=[box.pk])
        assert box.address == "desk@desk.example.com"
        assert "s3cret" not in box.password_box and seal.unseal(box.password_box) == "s3cret!"
        assert "s3cret" not in str(list(AuditEntry.objects.values()))
        for page in ("intake:mailboxes", "intake:mailbox-new"):
            assert client.get(reverse(page)).status_code == 200
        assert "s3cret" not in client.get(reverse("intake:mailbox", args=[box.pk])).content.decode()

    def test_keep_their_password_when_none_is_typed(self, visit):
        client = visit(an_administrator())
        client.post(reverse("intake:mailbox-new"), IMAP)
        box = Mailbox.objects.get()
        client.post(reverse("intake:mailbox", args=[box.pk]), IMAP | {"password": "", "name": "Window"})
        box.refresh_from_db()
        assert box.name == "Window" and seal.unseal(box.password_box) == "s3cret!"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"host": ""}, "host"),
            ({"password": ""}, "password"),
            ({"certificate": "no certificate"}, "certificate"),
            ({"address": "desk+x@desk.example.com"}, "address"),
            ({"address": "taken@desk.example.com"}, "address"),
            ({"afterwards": "move"}, "moves_to"),
            ({"afterwards": "move", "moves_to": "inbox"}, "moves_to"),
            ({"max_mb": "51"}, "max_mb"),
            ({"accepts": "domains"}, "domains"),
            ({"accepts": "domains", "domains": "no_domain"}, "domains"),
            ({"needs_proof": "on"}, "trusted_servers"),
            ({"needs_proof": "on", "trusted_servers": "mx_1"}, "trusted_servers"),
        ],
    )
    def test_are_refused_with_the_reason_at_the_field(self, visit, wrong, field):
        a_mailbox(address="taken@desk.example.com")
        answer = visit(an_administrator()).post(reverse("intake:mailbox-new"), IMAP | wrong)
        assert answer.status_code == 422 and field in answer.context["form"].errors

    def test_begin_anew_on_another_server(self, visit):
        client = visit(an_administrator())
        client.post(reverse("intake:mailbox-new"), IMAP)
        Mailbox.objects.update(uid_validity=5, last_uid=9)
        box = Mailbox.objects.get()
        client.post(reverse("intake:mailbox", args=[box.pk]), IMAP | {"name": "Window"})
        box.refresh_from_db()
        assert box.last_uid == 9
        client.post(reverse("intake:mailbox", args=[box.pk]), IMAP | {"host": "other.example.com"})
        box.refresh_from_db()
        assert (box.uid_validity, box.last_uid) == (None, 0)

    def test_keep_what_they_are_told_about_senders_and_the_server(self, visit):
        client = visit(an_administrator())
        told = {
            "accepts": "domains", "domains": "Example.com, @example.co.jp example.com", "others": "refuse",
            "trusted_servers": "mx.example.com", "needs_proof": "on", "afterwards": "move", "moves_to": " 受付済み ",
            "max_mb": "２０", "security": "none", "port": "",
        }  # fmt: skip
        client.post(reverse("intake:mailbox-new"), IMAP | told)
        box = Mailbox.objects.get()
        assert (box.accepts, box.domains, box.others) == ("domains", "example.com example.co.jp", "refuse")
        assert (box.trusted_servers, box.needs_proof) == ("mx.example.com", True)
        assert (box.afterwards, box.moves_to, box.max_mb, box.port) == ("move", "受付済み", 20, 143)
        page = client.get(reverse("intake:mailbox", args=[box.pk])).content.decode()
        assert "without encryption" in page and "受付済み" in page

    def test_say_why_a_test_fails(self, visit):
        client = visit(an_administrator())
        box = Mailbox.objects.create(
            name="x", address="x@desk.example.com", kind="imap", host="127.0.0.1", port=9, user="x",
            password_box=seal.seal("x"),
        )  # fmt: skip
        address = reverse("intake:mailbox-test", args=[box.pk])
        assert "does not take connections" in client.post(address).content.decode()
        fragment = client.post(address, headers={"HX-Request": "true"}).content.decode()
        assert fragment.startswith('<div id="mailbox-test"')

    def test_are_for_administrators(self, visit):
        box = a_mailbox()
        client = visit(an_agent())
        for name, args in (("mailboxes", []), ("mailbox-new", []), ("mailbox", [box.pk])):
            assert client.get(reverse(f"intake:{name}", args=args)).status_code == 403


class TestMailboxesInTrouble:
    @pytest.fixture
    def bad(self):
        return a_mailbox(kind="imap", last_error="timeout", failures=3, try_after=timezone.now() + timedelta(minutes=2))

    def test_are_said_on_list_page_and_settings_with_the_next_try(self, visit, bad):
        client = visit(an_administrator())
        for address in ("/settings/", reverse("intake:mailboxes"), reverse("intake:mailbox", args=[bad.pk])):
            page = client.get(address).content.decode()
            assert "The server did not answer in time." in page and "Next try:" in page, address

    def test_are_no_matter_for_others_nor_when_out_of_use(self, visit, bad):
        assert "did not answer" not in visit(an_agent()).get("/settings/").content.decode()
        Mailbox.objects.update(is_active=False)
        assert "did not answer" not in visit(an_administrator()).get("/settings/").content.decode()


class TestComparison:
    @pytest.fixture
    def box(self):
        return a_mailbox(
            kind="imap", host="127.0.0.1", port=9, user="x", password_box=seal.seal("x"), uid_validity=1, first_uid=0,
            last_uid=5, missing=[{"uid": 3, "at": "2026-11-24T10:00:00+09:00"}], compared_at=timezone.now(),
        )  # fmt: skip

    def test_shows_what_is_missing_everywhere(self, visit, box):
        client = visit(an_administrator())
        for address in ("/settings/", reverse("intake:mailboxes"), reverse("intake:mailbox", args=[box.pk])):
            assert "1 mail lies on the server and is not in the ledger." in client.get(address).content.decode()
        fragment = client.get(reverse("intake:mailbox-comparison", args=[box.pk]), headers={"HX-Request": "true"})
        assert fragment.content.startswith(b'<div id="comparison"') and b"UID 3" in fragment.content

    def test_is_started_once_and_noted(self, visit, box):
        client = visit(an_administrator())
        for _n in range(2):
            client.post(reverse("intake:mailbox-compare", args=[box.pk]))
        job = last_job(comparison_key(box))
        assert Job.objects.count() == 1 and job.params == {"mailbox": box.pk}
        assert AuditEntry.objects.filter(verb="compare").count() == 1
        assert run_next_job()
        job.refresh_from_db()
        assert (job.state, job.error.split(".")[0]) == ("failed", "The server does not take connections on this port")
        assert "does not take connections" in client.get(reverse("intake:mailbox", args=[box.pk])).content.decode()

    def test_takes_in_only_what_is_missing(self, visit, box):
        client = visit(an_administrator())
        client.post(reverse("intake:mailbox-take", args=[box.pk]))
        assert last_job(taking_key(box)).kind == "take_missing"
        assert AuditEntry.objects.get(verb="take_missing").data["count"] == 1
        Mailbox.objects.update(missing=[])
        answer = client.post(reverse("intake:mailbox-take", args=[box.pk]), follow=True)
        assert "Nothing is missing." in answer.content.decode() and Job.objects.count() == 1

    def test_is_of_fetched_mailboxes(self, visit):
        box = a_mailbox()
        answer = visit(an_administrator()).post(reverse("intake:mailbox-compare", args=[box.pk]), follow=True)
        assert "is not fetched" in answer.content.decode()

    def test_begins_once_a_day_by_itself(self, box):
        assert start_comparisons() == 0
        Mailbox.objects.update(compared_at=timezone.now() - timedelta(hours=25))
        assert (start_comparisons(), start_comparisons()) == (1, 0)

    def test_costs_no_more_queries_for_three(self, visit, box, django_assert_max_num_queries):
        client = visit(an_administrator())
        client.get(reverse("intake:mailboxes"))
        with CaptureQueriesContext(connection) as one:
            client.get(reverse("intake:mailboxes"))
        for n in range(2):
            a_mailbox(address=f"d{n}@desk.example.com", kind="imap", last_error="timeout")
        with django_assert_max_num_queries(len(one)):
            client.get(reverse("intake:mailboxes"))


class TestMails:
    def test_that_need_a_look_are_listed_and_decided(self, visit):
        client = visit(an_agent())
        mail = arrives(a_mail('"Dr. Stranger" <stranger@example.net>', subject="Hello"))
        shown = client.get(reverse("intake:held")).content.decode()
        assert "Dr. Stranger" in shown and "We do not know the sender." in shown
        page = client.get(reverse("intake:mail", args=[mail.pk])).content.decode()
        assert "The printer on the second floor does not print." in page
        answer = client.post(reverse("intake:mail-admit", args=[mail.pk]), follow=True)
        assert "The mail becomes a ticket" in answer.content.decode()
        read_waiting()
        mail.refresh_from_db()
        assert mail.state == "ticket" and "Dr. Stranger" not in client.get(reverse("intake:held")).content.decode()
        refused = client.post(reverse("intake:mail-refuse", args=[mail.pk]), follow=True)
        assert "in a ticket already" in refused.content.decode()

    def test_can_be_filtered(self, visit):
        a_person(email="hanako@example.com")
        arrives(a_mail(subject="From Hanako"))
        arrives(a_mail("stranger@example.net", subject="From a stranger"))
        client = visit(an_agent())

        def found(**query):
            text = client.get(reverse("intake:held"), query, headers={"HX-Request": "true"}).content.decode()
            return ("From Hanako" in text, "From a stranger" in text)

        assert found(state="all") == (True, True)
        assert found(state="ticket") == (True, False)
        assert found(state="all", words="stranger@example.net") == (False, True)
        assert found(state="nonsense") == (False, True)

    def test_are_handed_out_only_as_files(self, visit):
        mail = arrives(a_mail("stranger@example.net", files=[("表.html", b"<script>1</script>", "text/html")]))
        client = visit(an_agent())
        raw = client.get(reverse("intake:mail-raw", args=[mail.pk]))
        assert raw.content == bytes(mail.raw) and raw["Content-Disposition"].startswith("attachment")
        file = client.get(reverse("intake:mail-file", args=[mail.pk, 0]))
        assert file.content == b"<script>1</script>" and file["Content-Type"] == "application/octet-stream"
        assert file["Content-Disposition"] == "attachment; filename*=utf-8''%E8%A1%A8.html"
        assert client.get(reverse("intake:mail-file", args=[mail.pk, 1])).status_code == 404

    def test_costs_the_same_queries_for_one_and_three(self, visit):
        client = visit(an_agent())
        client.get(reverse("intake:held"))  # the first request of a session notes the session
        counts = []
        for n in (1, 3):
            while IncomingMail.objects.count() < n:
                arrives(a_mail("stranger@example.net"))
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("intake:held"))
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestWhoSeesMails:
    def seen_by(self, visit, user, mail) -> bool:
        client = visit(user)
        listed = mail.subject in client.get(reverse("intake:held"), {"state": "all"}).content.decode()
        for name in ("mail", "mail-html", "mail-raw"):
            assert (client.get(reverse(f"intake:{name}", args=[mail.pk])).status_code == 200) == listed, name
        return listed

    def test_of_a_teams_mailbox_the_team_and_administrators(self, visit):
        team = a_team()
        mail = arrives(a_mail("stranger@example.net", subject="Only ours"), a_mailbox(team=team))
        assert self.seen_by(visit, an_agent(team), mail)
        assert self.seen_by(visit, an_administrator(), mail)
        assert not self.seen_by(visit, an_agent(), mail)

    def test_of_a_confidential_services_mailbox_its_team_alone(self, visit):
        service = a_service(is_confidential=True)
        a_person(email="hanako@example.com")
        box = a_mailbox(service=service)
        held = arrives(a_mail("stranger@example.net", subject="Held secret"), box)
        ticket = arrives(a_mail(subject="Secret ticket"), box)
        for mail in (held, ticket):
            assert self.seen_by(visit, an_agent(service.team), mail)
            assert not self.seen_by(visit, an_administrator(), mail)
            assert not self.seen_by(visit, an_agent(), mail)

    def test_never_staff(self, visit):
        hanako = a_person(email="hanako@example.com")
        mail = arrives(a_mail())
        client = visit(hanako)
        for name, args in (("held", []), ("mail", [mail.pk]), ("mail-raw", [mail.pk]), ("mail-html", [mail.pk])):
            assert client.get(reverse(f"intake:{name}", args=args)).status_code == 403

    def test_nobody_sees_what_a_mail_names_without_seeing_the_ticket(self, visit):
        service = a_service(is_confidential=True)
        secret = a_ticket(service=service)
        mail = arrives(
            a_mail("stranger@example.net", subject=f"[{secret.number}] hello"), a_mailbox(accepts="everyone")
        )
        assert mail.mentions == secret

        def names_it(user):
            side = visit(user).get(reverse("intake:mail", args=[mail.pk])).content.decode()
            return f"/tickets/{secret.number}/" in side

        assert not names_it(an_agent())
        assert names_it(an_agent(service.team))


class TestOnTheTicket:
    def test_the_whole_mail_is_one_click_away_for_the_desk(self, visit):
        a_person(email="hanako@example.com")
        mail = arrives(a_mail())
        address = reverse("desk:beside", args=[mail.ticket.number])
        fragment = visit(an_agent()).get(address, headers={"HX-Request": "true"})
        assert reverse("intake:mail", args=[mail.pk]) in fragment.content.decode()
        assert visit(mail.ticket.requester).get(address).status_code == 403
        assert visit(a_person()).get(address).status_code == 403
        assert visit(an_agent()).get(address).url == mail.ticket.get_absolute_url()

    def test_an_unproved_reply_is_marked(self, visit):
        a_person(email="hanako@example.com")
        ticket = arrives(a_mail(message_id="<m1@example.com>")).ticket
        arrives(a_mail(In_Reply_To="<m1@example.com>"))
        address = reverse("desk:beside", args=[ticket.number])
        shown = visit(an_agent()).get(address, headers={"HX-Request": "true"}).content.decode()
        assert "Sender not proved" in shown


class TestConvert:
    def test_makes_the_other_kind_and_leads_there(self, visit):
        ticket = a_ticket()
        client = visit(an_agent())
        address = reverse("intake:convert", args=[ticket.number])
        assert client.get(address).status_code == 200
        answer = client.post(address, {"to": "enquiry", "reason": "It is a question"})
        new = ticket.links_out.get().target
        assert answer.status_code == 303 and new.number in answer["Location"]

    def test_is_refused_where_it_makes_no_sense(self, visit):
        ticket = a_ticket()
        client = visit(an_agent())
        address = reverse("intake:convert", args=[ticket.number])
        assert client.post(address, {"to": "incident"}).status_code == 422
        client.post(address, {"to": "request"})
        assert client.post(address, {"to": "request"}).status_code == 422
        assert visit(ticket.requester).get(address).status_code == 403
