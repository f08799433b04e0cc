"""The fate of mails: ticket, reply, held, set aside, failed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.actions import ask_requester_incident, close_incident, resolve_incident
from servicedesk.intake import tokens
from servicedesk.intake.actions import (
    admit_mail,
    convert_ticket,
    fate,
    read_waiting,
    reader,
    refuse_mail,
    retry_mail,
    store,
)
from servicedesk.intake.models import IncomingMail
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, a_ticket, again, an_agent, an_incident
from tests.intake.mails import ENGLISH, JAPANESE, a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db


def answer_of(user, ticket, **fields):
    """A mail by which somebody answers what the desk sent them."""
    token = tokens.reply_address("desk@desk.example.com", ticket.pk, user.email)
    return a_mail(user.email, to=token, subject="Re: something", **fields)


class TestAMailBecomesATicket:
    def test_with_the_words_the_sender_and_a_priority_from_the_matrix(self):
        hanako = a_person(email="hanako@example.com")
        service = a_service()
        mail = arrives(a_mail(subject="Re: Fwd: Printer is silent"), a_mailbox(service=service))
        ticket = mail.ticket
        assert (mail.state, mail.reason, mail.error) == ("ticket", "", "")
        assert (ticket.title, ticket.description) == ("Printer is silent", ENGLISH)
        assert (ticket.requester, ticket.channel, ticket.source) == (hanako, "mail", "desk@desk.example.com")
        assert (ticket.service, ticket.team, ticket.type) == (service, service.team, "incident")
        assert ticket.priority == 3 or ticket.priority in (1, 2, 4)
        assert mail.answerable and not mail.is_proved

    def test_in_japanese(self):
        a_person(email="hanako@example.com", language="ja")
        ticket = arrives(a_mail(subject="プリンターが動きません", text=JAPANESE)).ticket
        assert (ticket.title, ticket.description, ticket.language) == ("プリンターが動きません", JAPANESE, "ja")

    def test_of_the_kind_that_the_mailbox_says(self):
        a_person(email="hanako@example.com")
        ticket = arrives(a_mail(), a_mailbox(makes="enquiry", team=a_team())).ticket
        assert (ticket.type, ticket.service_request.kind) == ("request", "enquiry")

    def test_with_its_files_whatever_they_are(self):
        a_person(email="hanako@example.com")
        files = [("写真.png", b"\x89PNG", "image/png"), ("setup.exe", b"MZ....", "application/octet-stream"),
                 ("empty.txt", b"", "text/plain")]  # fmt: skip
        ticket = arrives(a_mail(files=files)).ticket
        assert [each.name for each in ticket.attachments.all()] == ["写真.png", "setup.exe", "empty.txt"]

    def test_without_subject_or_text(self):
        a_person(email="hanako@example.com")
        assert arrives(a_mail(subject="", text="First line\nsecond")).ticket.title == "First line"
        assert arrives(a_mail(subject="", text="")).ticket.title == "(no subject)"

    def test_once_however_often_it_is_delivered(self):
        a_person(email="hanako@example.com")
        mail = a_mail()
        first, second = arrives(mail), arrives(mail)
        assert first == second and Ticket.objects.count() == 1
        travelled_differently = b"Received: from elsewhere\r\n" + mail.as_bytes()
        third = arrives(travelled_differently)
        assert (third.state, third.reason, third.ticket) == ("ignored", "duplicate", first.ticket)

    def test_twice_when_it_went_to_two_teams(self):
        a_person(email="hanako@example.com")
        mail = a_mail()
        arrives(mail, a_mailbox(team=a_team()))
        hr = arrives(mail, a_mailbox(address="hr@desk.example.com", team=a_team()))
        assert hr.state == "ticket" and Ticket.objects.count() == 2

    def test_again_when_a_device_without_a_clock_sends_the_same_line(self):
        a_person(email="ups@example.com")
        raw = b"From: ups@example.com\r\nSubject: Battery low\r\n\r\nBattery low\r\n"
        arrives(raw)
        arrives(raw)
        assert Ticket.objects.count() == 2

    def test_also_when_a_machine_sent_it_of_its_own_accord_but_is_not_answerable(self):
        a_person(email="monitor@example.com")
        mail = arrives(a_mail("monitor@example.com", Auto_Submitted="auto-generated"))
        assert (mail.state, mail.answerable) == ("ticket", False)


class TestAnUnknownSender:
    def test_is_held_until_somebody_decides(self):
        mail = arrives(a_mail("stranger@example.net"))
        assert (mail.state, mail.reason, mail.ticket) == ("held", "unknown_sender", None)
        assert not User.objects.filter(email="stranger@example.net").exists()

    def test_becomes_a_guest_where_everyone_is_taken(self):
        mail = arrives(a_mail('"Dr. Stranger" <Stranger@example.net>', text=JAPANESE), a_mailbox(accepts="everyone"))
        guest = mail.ticket.requester
        assert (guest.is_guest, guest.name, guest.language) == (True, "Dr. Stranger", "ja")
        assert not guest.has_usable_password() and guest.email == "stranger@example.net"
        assert arrives(a_mail("stranger@example.net")).ticket.requester == guest

    def test_becomes_a_guest_when_an_agent_takes_the_mail_in(self):
        agent = an_agent()
        mail = arrives(a_mail("stranger@example.net"))
        admit_mail(mail, by=agent, via="page")
        read_waiting()
        mail.refresh_from_db()
        assert (mail.state, mail.ticket.requester.is_guest, mail.answerable) == ("ticket", True, False)
        with pytest.raises(Refused, match="in a ticket already"):
            refuse_mail(mail, by=agent, via="page")

    def test_is_set_aside_when_an_agent_refuses(self):
        mail = arrives(a_mail("stranger@example.net"))
        refuse_mail(mail, by=an_agent(), via="page")
        assert (mail.state, mail.reason) == ("ignored", "by_hand")

    def test_is_taken_on_a_second_try_when_known_by_then(self):
        mail = arrives(a_mail("stranger@example.net"))
        a_person(email="stranger@example.net")
        retry_mail(mail, by=an_agent(), via="page")
        read_waiting()
        mail.refresh_from_db()
        assert mail.state == "ticket"

    def test_who_has_left_is_held(self):
        a_person(email="gone@example.com", is_active=False)
        assert arrives(a_mail("gone@example.com"), a_mailbox(accepts="everyone")).reason == "inactive_sender"

    def test_without_any_address_is_held_and_can_be_taken_in_by_an_agent(self):
        agent = an_agent()
        mail = arrives(b"Subject: hello\r\nMessage-ID: <x@y>\r\n\r\nhello\r\n")
        assert mail.reason == "no_sender"
        admit_mail(mail, by=agent, via="page")
        read_waiting()
        mail.refresh_from_db()
        assert mail.ticket.requester == agent


class TestAnAnswer:
    def test_with_our_token_is_a_reply_and_moves_the_ticket(self):
        agent = an_agent()
        incident = an_incident(requester=a_person(email="hanako@example.com"))
        ask_requester_incident(incident, by=agent, via="page", message="Which printer?")
        mail = arrives(answer_of(incident.ticket.requester, incident.ticket, text="The red one.\n\n> Which printer?\n"))
        incident.ticket.refresh_from_db()
        assert (mail.state, mail.ticket, mail.is_proved) == ("reply", incident.ticket, True)
        assert (mail.comment.body, mail.comment.is_public, mail.comment.format) == ("The red one.", True, "plain")
        assert incident.ticket.status == "in_progress"
        assert mail.comment.event.data == {}

    def test_is_found_by_the_message_id_that_we_sent_too(self):
        ticket = a_ticket(requester=a_person(email="hanako@example.com"))
        sent = tokens.message_id(ticket.pk, 7, "receipt", "hanako@example.com")
        mail = arrives(a_mail(References=f"<old@example.com> {sent}"))
        assert (mail.state, mail.ticket, mail.is_proved) == ("reply", ticket, True)

    def test_from_another_address_of_the_same_person_is_proved(self):
        user = a_person(email="hanako@example.com")
        user.emailaddress_set.create(email="hanako@home.example.net", verified=True)
        ticket = a_ticket(requester=user)
        mail = answer_of(user, ticket)
        mail.replace_header("From", "hanako@home.example.net")
        assert arrives(mail).is_proved

    def test_of_an_agent_with_our_token_is_a_public_reply(self):
        agent = an_agent()
        ticket = a_ticket()
        mail = arrives(answer_of(agent, ticket, text="Please try again."))
        ticket.refresh_from_db()
        assert mail.comment.is_public and ticket.first_response_at is not None

    def test_without_our_token_of_somebody_who_takes_part_sets_nothing_in_motion(self):
        incident = an_incident(requester=a_person(email="hanako@example.com"))
        resolve_incident(incident, by=an_agent(), via="page", resolution="New toner.")
        mail = arrives(a_mail(subject=f"Re: [{incident.ticket.number}] Printer"))
        incident.ticket.refresh_from_db()
        assert (mail.state, mail.ticket, mail.is_proved) == ("reply", incident.ticket, False)
        assert incident.ticket.status == "resolved" and mail.comment.event.data == {"unproved": True}

    def test_without_our_token_in_the_name_of_an_agent_is_an_internal_note(self):
        agent = an_agent()
        ticket = a_ticket()
        mail = arrives(a_mail(agent.email, subject=f"[{ticket.number}]", files=[("a.exe", b"MZ", "application/x-a")]))
        assert (mail.state, mail.comment.is_public) == ("reply", False)
        assert not mail.comment.attachments.get().is_public

    def test_to_ones_own_first_mail_follows_it(self):
        a_person(email="hanako@example.com")
        first = arrives(a_mail(message_id="<first@example.com>"))
        second = arrives(a_mail(In_Reply_To="<first@example.com>", text="One thing more"))
        assert (second.state, second.ticket, second.is_proved) == ("reply", first.ticket, False)

    def test_reopens_what_was_closed_lately_and_begins_anew_later(self, settings):
        incident = an_incident(requester=a_person(email="hanako@example.com"))
        resolve_incident(incident, by=an_agent(), via="page", resolution="New toner.")
        close_incident(incident, by=None, via="system")
        assert arrives(answer_of(incident.ticket.requester, incident.ticket)).state == "reply"
        incident.ticket.refresh_from_db()
        assert incident.ticket.status == "in_progress"
        resolve_incident(incident, by=an_agent(), via="page", resolution="New toner.")
        close_incident(incident, by=None, via="system")
        Ticket.objects.filter(pk=incident.pk).update(closed_at=timezone.now() - timedelta(days=31))
        late = arrives(answer_of(incident.ticket.requester, incident.ticket, text="Again!"))
        assert (late.state, late.mentions) == ("ticket", incident.ticket) and late.ticket != incident.ticket

    @pytest.mark.parametrize("is_closed", [False, True])
    def test_that_only_thanks_leaves_solved_what_is_solved(self, is_closed):
        incident = an_incident(requester=a_person(email="hanako@example.com"))
        resolve_incident(incident, by=an_agent(), via="page", resolution="New toner.")
        if is_closed:
            close_incident(incident, by=None, via="system")
        below = "-- \n山田 花子\n総務部\n\n2026年11月1日(日) 9:00 Desk <desk@example.com>:\n> 直りましたか？\n"
        mail = arrives(
            answer_of(incident.ticket.requester, incident.ticket, text=f"ありがとうございました。\n\n{below}")
        )
        incident.ticket.refresh_from_db()
        assert (mail.state, incident.ticket.status) == ("reply", "closed" if is_closed else "resolved")
        assert incident.ticket.events.filter(verb="thank").exists()

    def test_to_a_converted_ticket_goes_to_what_it_became(self):
        user = a_person(email="hanako@example.com")
        ticket = a_ticket(requester=user)
        new = convert_ticket(ticket, "request", by=an_agent(), via="page")
        assert arrives(answer_of(user, ticket)).ticket == new

    def test_keeps_the_whole_mail_when_only_a_part_is_shown(self):
        user = a_person(email="hanako@example.com")
        text = "Thanks\n\n-----Original Message-----\nFrom: you"
        mail = arrives(answer_of(user, a_ticket(requester=user), text=text))
        assert mail.comment.body == "Thanks" and b"Original Message" in bytes(mail.raw)

    def test_without_text_still_counts(self):
        user = a_person(email="hanako@example.com")
        assert arrives(answer_of(user, a_ticket(requester=user), text="")).comment.body == "(The mail had no text.)"


class TestAnswersOfMachines:
    @pytest.mark.parametrize(
        ("headers", "reason"),
        [
            ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
            ({"X_Autoreply": "yes"}, "auto_reply"),
            ({"Precedence": "auto_reply"}, "auto_reply"),
            ({"subject": "自動返信: 休暇中です"}, "auto_reply"),
            ({"X_Failed_Recipients": "a@example.com"}, "bounce"),
            ({"sender": "MAILER-DAEMON@example.com"}, "bounce"),
        ],
    )
    def test_are_set_aside(self, headers, reason):
        a_person(email="hanako@example.com")
        mail = arrives(a_mail(**headers))
        assert (mail.state, mail.reason, mail.ticket) == ("ignored", reason, None)
        assert Ticket.objects.count() == 0

    def test_are_shown_with_the_ticket_that_they_answer(self):
        user = a_person(email="hanako@example.com")
        ticket = a_ticket(requester=user)
        mail = arrives(answer_of(user, ticket, Auto_Submitted="auto-replied"))
        assert (mail.state, mail.ticket, mail.comment) == ("ignored", ticket, None)
        assert not ticket.comments.exists()

    def test_of_our_own_are_known(self):
        a_person(email="desk@desk.example.com")
        assert arrives(a_mail("desk@desk.example.com")).reason == "own"


class TestABadMail:
    def test_of_ten_thousand_parts_is_kept_and_does_not_stop_the_queue(self):
        a_person(email="hanako@example.com")
        parts = b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n" * 10_000
        head = b"From: hanako@example.com\r\nSubject: many\r\nMessage-ID: <m@x>\r\n"
        head += b"Content-Type: multipart/mixed; boundary=x"
        store(a_mailbox(), head + b"\r\n\r\n" + parts + b"--x--\r\n")
        good = arrives(a_mail())
        bad = IncomingMail.objects.exclude(pk=good.pk).get()
        assert (bad.state, bad.reason) == ("failed", "too_complex")
        assert (bad.subject, bad.from_address) == ("many", "hanako@example.com")
        assert good.state == "ticket"
        admit_mail(bad, by=an_agent(), via="page")
        read_waiting()
        bad.refresh_from_db()
        assert bad.ticket.attachments.get().name == "mail.eml"

    def test_that_takes_too_long_is_given_up(self, monkeypatch):
        def slow(raw):
            while True:
                pass

        monkeypatch.setattr(reader, "SECONDS_TO_READ", 0.2)
        monkeypatch.setattr(reader, "read", slow)
        a_person(email="hanako@example.com")
        assert arrives(a_mail()).reason == "too_slow"

    def test_that_fails_for_a_passing_reason_is_tried_again_later(self, monkeypatch):
        a_person(email="hanako@example.com")
        with monkeypatch.context() as patch:
            patch.setattr(fate, "receive", lambda **fields: (_ for _ in ()).throw(OSError("no space left")))
            mail = arrives(a_mail())
        assert (mail.state, mail.attempts, mail.error) == ("waiting", 1, "OSError: no space left")
        assert mail.try_after > timezone.now() and Ticket.objects.count() == 0
        IncomingMail.objects.update(try_after=timezone.now())
        read_waiting()
        mail.refresh_from_db()
        assert (mail.state, mail.error) == ("ticket", "")

    def test_that_ends_the_process_is_given_up_after_some_times(self, monkeypatch):
        a_person(email="hanako@example.com")
        row = store(a_mailbox(), a_mail().as_bytes())
        monkeypatch.setattr(reader, "read_mail_row", lambda pk, boxes: None)
        for _turn in range(reader.MOST_UNFINISHED + 1):
            IncomingMail.objects.update(try_after=timezone.now())
            read_waiting(1)
        row.refresh_from_db()
        assert (row.state, row.reason) == ("failed", "crashed")

    def test_that_another_worker_is_about_to_read_is_not_counted_twice(self, monkeypatch):
        row = store(a_mailbox(), a_mail().as_bytes())
        looked_at = []
        # The other worker comes between the count and the lock of the first.
        monkeypatch.setattr(reader, "read_mail_row", lambda pk, boxes: looked_at.append((pk, read_waiting(1))))
        assert read_waiting(1) == 1
        row.refresh_from_db()
        assert looked_at == [(row.pk, 0)] and row.attempts == 1

    def test_that_was_cut_short_waits_longer_each_time(self, monkeypatch):
        row = store(a_mailbox(), a_mail().as_bytes())
        monkeypatch.setattr(reader, "read_mail_row", lambda pk, boxes: None)
        pauses = []
        for _turn in range(3):
            IncomingMail.objects.update(try_after=timezone.now())
            read_waiting(1)
            row.refresh_from_db()
            pauses.append(round((row.try_after - timezone.now()).total_seconds()))
        assert pauses == [5, 20, 80]

    def test_that_ends_the_process_takes_none_with_it_that_were_claimed_beside_it(self, monkeypatch):
        class Killed(BaseException):
            pass

        def dies_of_the_first(pk, boxes):
            if pk == rows[0].pk:
                raise Killed
            read_mail_row(pk, boxes)

        read_mail_row = reader.read_mail_row
        a_person(email="hanako@example.com")
        rows = [store(a_mailbox(), a_mail(subject=f"{n}").as_bytes()) for n in range(3)]
        with monkeypatch.context() as patch:
            patch.setattr(reader, "read_mail_row", dies_of_the_first)
            for _turn in range(reader.MOST_UNFINISHED):
                IncomingMail.objects.update(try_after=timezone.now())
                with pytest.raises(Killed):
                    read_waiting()
        IncomingMail.objects.update(try_after=timezone.now())
        read_waiting()
        found = IncomingMail.objects.order_by("id").values_list("state", "reason", "attempts")
        assert list(found) == [("failed", "crashed", 4), ("ticket", "", 2), ("ticket", "", 2)]

    def test_goes_by_the_mailbox_as_it_is_when_its_turn_comes(self):
        a_person(email="hanako@example.com")
        box = a_mailbox()
        store(box, a_mail(subject="one").as_bytes())
        read_waiting()
        type(box).objects.update(needs_proof=True)
        store(box, a_mail(subject="two").as_bytes())
        read_waiting()
        states = IncomingMail.objects.order_by("id").values_list("state", "reason")
        assert list(states) == [("ticket", ""), ("held", "unproved")]

    def test_that_the_desk_refuses_says_why(self):
        a_person(email="hanako@example.com")
        team = a_team()
        box = a_mailbox(team=team)
        service = a_service()
        service.is_confidential = True
        service.save()
        ticket = arrives(a_mail(), a_mailbox(address="x@desk.example.com", service=service)).ticket
        assert ticket.is_confidential and box.team == team


class TestTheLedger:
    def test_holds_mails_of_somebody_who_writes_too_often(self, settings):
        settings.MAIL_SENDER_PER_HOUR = 3
        a_person(email="hanako@example.com")
        a_person(email="taro@example.com")
        fates = [arrives(a_mail(subject=f"{n}")).reason for n in range(5)]
        assert fates == ["", "", "", "too_many", "too_many"]
        assert arrives(a_mail("taro@example.com")).state == "ticket"

    def test_is_not_for_requesters_to_decide(self):
        mail = arrives(a_mail("stranger@example.net"))
        from django.core.exceptions import PermissionDenied

        for decide in (admit_mail, retry_mail, refuse_mail):
            with pytest.raises(PermissionDenied):
                decide(mail, by=again(a_person()), via="page")
