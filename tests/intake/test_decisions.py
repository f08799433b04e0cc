"""What people decide about mails in the ledger: who looks at one, where it belongs, why it is set aside, several at
once; and how one finds a mail there."""

import json
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.actions import cancel_incident
from servicedesk.intake.actions import assign_mail, decide_many, join_mail, read_waiting, refuse_mail, retry_mail
from servicedesk.intake.models import IncomingMail
from servicedesk.intake.queries import FATES, counts_by_fate, mails_with, visible_mails
from servicedesk.people.models import AuditEntry, User
from servicedesk.tickets.actions import reply
from servicedesk.tickets.models import Comment
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, a_ticket, an_administrator, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives
from tests.plans import filled, without

pytestmark = pytest.mark.django_db


def held(subject="Hello", box=None, **more) -> IncomingMail:
    mail = arrives(a_mail('"Dr. Stranger" <stranger@example.net>', subject=subject, **more), box)
    assert mail.state == "held"
    return mail


def again(mail: IncomingMail) -> IncomingMail:
    read_waiting()
    return IncomingMail.objects.get(pk=mail.pk)


def close(ticket):
    cancel_incident(ticket.incident, by=ticket.requester, via="page")
    ticket.refresh_from_db()
    assert not ticket.is_open
    return ticket


class TestAssigning:
    def test_is_noted_shown_and_filtered(self, visit):
        sato, mail, other = an_agent(), held("Mine"), held("Somebody else's")
        client = visit(sato)

        def listed(**query):
            text = client.get(reverse("intake:held"), query, headers={"HX-Request": "true"}).content.decode()
            return ("Mine" in text, "else&#x27;s" in text)

        client.post(reverse("intake:mail-take", args=[mail.pk]))
        mail.refresh_from_db()
        assert mail.assignee == sato
        assert listed() == (True, True)
        assert listed(assigned="me") == (True, False) and listed(assigned="nobody") == (False, True)
        assert sato.display_name in client.get(reverse("intake:mail", args=[mail.pk])).content.decode()
        entry = AuditEntry.objects.get(verb="assign")
        assert entry.data["changes"] == {"assignee": [None, sato.display_name]} and entry.by == sato
        client.post(reverse("intake:mail-assign", args=[mail.pk]), {"assignee": ""})
        mail.refresh_from_db()
        assert mail.assignee is None and other.assignee is None

    def test_goes_only_to_people_of_the_desk_who_may_see_it(self, visit):
        team = a_team()
        mail, ours, others = held(box=a_mailbox(team=team)), an_agent(team), an_agent()
        for who in (others, a_person()):
            with pytest.raises(Refused, match="may not see this mail") as refused:
                assign_mail(mail, who, by=ours, via="page")
            assert refused.value.field == "assignee"
        answer = visit(ours).post(reverse("intake:mail-assign", args=[mail.pk]), {"assignee": others.email})
        assert answer.status_code == 422 and "may not see this mail" in answer.content.decode()
        with pytest.raises(PermissionDenied):
            assign_mail(mail, ours, by=a_person(), via="page")
        assert assign_mail(mail, ours, by=ours, via="page").assignee == ours

    def test_is_for_mail_that_needs_a_look(self):
        sato, mail = an_agent(), held()
        refuse_mail(mail, by=sato, via="page")
        with pytest.raises(Refused, match="only one that needs a look"):
            assign_mail(mail, sato, by=sato, via="page")


class TestRefusing:
    def test_keeps_the_reason_and_who_gave_it(self, visit):
        sato, mail = an_agent(), held()
        client = visit(sato)
        client.post(reverse("intake:mail-refuse", args=[mail.pk]), {"reason": "An advertisement"})
        mail.refresh_from_db()
        assert (mail.state, mail.reason, mail.refusal) == ("ignored", "by_hand", "An advertisement")
        page = client.get(reverse("intake:mail", args=[mail.pk])).content.decode()
        assert "“An advertisement”" in page and f"Set aside by {sato.display_name}" in page
        assert "An advertisement" in client.get(reverse("intake:held"), {"state": "by_hand"}).content.decode()
        assert AuditEntry.objects.get(verb="refuse").data == {"reason": "An advertisement"}
        retry_mail(mail, by=sato, via="page")
        assert (mail.refusal, mail.refused_by) == ("", None)

    def test_refuses_a_reason_that_is_too_long(self):
        with pytest.raises(Refused, match="up to 500"):
            refuse_mail(held(), by=an_agent(), via="page", reason="x" * 501)


class TestPuttingIntoATicket:
    def test_makes_the_reply_of_somebody_who_sees_it_and_marks_it_when_unproved(self, visit):
        hanako = a_person(email="hanako@example.com")
        ticket, sato = a_ticket(requester=hanako), an_agent()
        mail = arrives(a_mail(), a_mailbox(needs_proof=True, trusted_servers="mx.example.com"))
        assert (mail.state, mail.reason) == ("held", "unproved")
        answer = visit(sato).post(reverse("intake:mail-join", args=[mail.pk]), {"ticket": ticket.number.lower()})
        assert answer.status_code == 303
        mail = again(mail)
        comment = Comment.objects.get(ticket=ticket)
        assert (mail.state, mail.ticket, mail.comment, mail.is_proved) == ("reply", ticket, comment, False)
        assert (comment.author, comment.is_public, comment.event.data["unproved"]) == (hanako, True, True)
        assert AuditEntry.objects.get(verb="join").data == {"ticket": ticket.number}

    def test_makes_an_internal_note_of_what_a_stranger_wrote_who_sees_nothing_by_it(self):
        ticket, sato = a_ticket(), an_agent()
        mail = held(files=[("a.txt", b"text", "text/plain")])
        join_mail(mail, ticket, by=sato, via="page")
        mail = again(mail)
        comment = Comment.objects.get(ticket=ticket)
        assert (mail.state, comment.author, comment.is_public) == ("reply", sato, False)
        assert comment.body.startswith("A mail of Dr. Stranger <stranger@example.net>, put here by hand:")
        assert "does not print" in comment.body
        assert [(each.name, each.is_public) for each in comment.attachments.all()] == [("a.txt", False)]
        assert not User.objects.filter(email="stranger@example.net").exists()

    def test_makes_a_note_of_what_a_machine_wrote(self):
        hanako = a_person(email="hanako@example.com")
        ticket, sato = a_ticket(requester=hanako), an_agent()
        mail = arrives(a_mail(Auto_Submitted="auto-replied"))
        assert mail.reason == "auto_reply"
        join_mail(mail, ticket, by=sato, via="page")
        assert again(mail).state == "reply"
        assert not Comment.objects.get(ticket=ticket).is_public

    def test_refuses_closed_tickets_with_a_sentence(self, visit):
        ticket, sato = close(a_ticket()), an_agent()
        answer = visit(sato).post(reverse("intake:mail-join", args=[held().pk]), {"ticket": ticket.number})
        assert answer.status_code == 422
        assert f"{ticket.number} is closed. Reopen it first" in answer.content.decode()

    def test_holds_the_mail_when_the_ticket_was_closed_meanwhile(self):
        ticket, mail = a_ticket(), held()
        join_mail(mail, ticket, by=an_agent(), via="page")
        close(ticket)
        mail = again(mail)
        assert (mail.state, mail.reason, mail.ticket) == ("held", "ticket_over", None)

    def test_is_only_for_tickets_that_one_sees_and_works_on(self, visit):
        service = a_service(is_confidential=True)
        secret, mail, outsider = a_ticket(service=service), held(), an_agent()
        with pytest.raises(Refused, match="no such ticket"):
            join_mail(mail, secret, by=outsider, via="page")
        answer = visit(outsider).post(reverse("intake:mail-join", args=[mail.pk]), {"ticket": secret.number})
        assert answer.status_code == 422 and "There is no such ticket." in answer.content.decode()
        asked = a_ticket(service=service, requester=outsider)
        with pytest.raises(PermissionDenied):
            join_mail(mail, asked, by=outsider, via="page")
        assert join_mail(mail, secret, by=an_agent(service.team), via="page").belongs_to == secret

    def test_is_not_for_mail_in_a_ticket(self):
        a_person(email="hanako@example.com")
        mail = arrives(a_mail())
        with pytest.raises(Refused, match="in a ticket already"):
            join_mail(mail, a_ticket(), by=an_agent(), via="page")

    def test_takes_what_cannot_be_read_as_a_file(self, monkeypatch):
        from servicedesk.intake.actions import reader

        def too_much(raw):
            raise reader.TooMuch("parts")

        monkeypatch.setattr(reader, "read", too_much)
        mail = arrives(a_mail("stranger@example.net"))
        assert mail.reason == "too_complex"
        ticket = a_ticket()
        join_mail(mail, ticket, by=an_agent(), via="page")
        assert again(mail).state == "reply"
        assert Comment.objects.get(ticket=ticket).attachments.get().name == "mail.eml"


class TestSeveralAtOnce:
    def test_says_of_each_what_came_of_it(self, visit):
        sato, first, second = an_agent(), held("First"), held("Second")
        gone = held("In a ticket")
        IncomingMail.objects.filter(pk=gone.pk).update(state="ticket", ticket=a_ticket())
        data = {"verb": "refuse", "mails": [first.pk, second.pk, gone.pk], "reason": "Spam"}
        answer = visit(sato).post(reverse("intake:mails-many"), data)
        page = answer.content.decode()
        assert page.count("Done.") == 2 and "This mail is in a ticket already." in page
        assert set(IncomingMail.objects.filter(refusal="Spam")) == {first, second}
        assert AuditEntry.objects.filter(verb="refuse").count() == 2

    def test_assigns_and_retries(self, visit):
        sato, mails = an_agent(), [held("First"), held("Second")]
        client, address = visit(an_administrator()), reverse("intake:mails-many")
        pks = [mail.pk for mail in mails]
        client.post(address, {"verb": "assign", "mails": pks, "assignee": sato.email})
        assert IncomingMail.objects.filter(assignee=sato).count() == 2
        client.post(address, {"verb": "unassign", "mails": pks})
        assert IncomingMail.objects.filter(assignee=None).count() == 2
        client.post(address, {"verb": "retry", "mails": pks})
        assert IncomingMail.objects.filter(state="waiting").count() == 2

    def test_touches_nothing_that_is_not_visible(self, visit):
        mail = held(box=a_mailbox(team=a_team()))
        page = visit(an_agent()).post(reverse("intake:mails-many"), {"verb": "refuse", "mails": [mail.pk]})
        assert "There is no such mail." in page.content.decode() and mail.subject not in page.content.decode()
        mail.refresh_from_db()
        assert mail.state == "held"

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"verb": "refuse"}, "Choose at least one mail."),
            ({"verb": "assign", "mails": ["1"]}, "Say who."),
            ({"verb": "refuse", "mails": ["x"]}, "Choose"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, visit, wrong, said):
        held()
        answer = visit(an_agent()).post(reverse("intake:mails-many"), wrong)
        assert answer.status_code == 422 and said in answer.content.decode()

    def test_is_for_those_who_may_decide(self, visit):
        mail = held()
        answer = visit(a_person()).post(reverse("intake:mails-many"), {"verb": "refuse", "mails": [mail.pk]})
        assert answer.status_code == 403
        assert decide_many([mail.pk], refuse_mail, by=a_person(), via="page")[0].mail is None


class TestByApi:
    def test_does_the_same(self, client):
        sato, mail, ticket = an_agent(), held(), a_ticket()
        client.force_login(sato)

        def post(verb, data, pk=mail.pk):
            name = f"api:incoming-mail-{verb}"
            answer = client.post(
                reverse(name, args=[pk] if pk else []), json.dumps(data), content_type="application/json"
            )
            return answer.status_code, answer.json()

        def listed(**query):
            return [each["id"] for each in client.get(reverse("api:incoming-mail-list"), query).json()["results"]]

        assert post("assign", {"assignee": "me"})[1]["assignee"]["id"] == sato.pk
        assert listed(assignee="me") == [mail.pk] and listed(unassigned="true") == []
        assert post("assign", {"assignee": a_person().email})[0] in (400, 403)
        assert post("refuse", {"reason": "Spam"})[1]["refusal"] == "Spam"
        assert listed(fate="by_hand") == [mail.pk] and listed(fate="look") == []
        assert listed(words="stranger@example.net") == [mail.pk] and listed(words="nothing") == []
        assert post("join", {"ticket": "INC9999999"}) == (
            400,
            {
                "detail": "There is no such ticket.",
                "code": "invalid",
                "errors": {"ticket": ["There is no such ticket."]},
            },
        )
        assert post("join", {"ticket": ticket.number})[0] == 200
        assert again(mail).ticket == ticket
        other = held("Other")
        status, results = post("several", {"mails": [other.pk, mail.pk, 999999], "action": "refuse"}, pk=None)
        assert status == 200 and [each["done"] for each in results] == [True, False, False]
        assert "already" in results[1]["trouble"] and "no such" in results[2]["trouble"]
        assert post("several", {"mails": [other.pk], "action": "assign"}, pk=None)[0] == 400


class TestFates:
    @pytest.fixture
    def mails(self):
        a_person(email="hanako@example.com")
        refusing = a_mailbox(address="closed@desk.example.com", others="refuse")
        first = arrives(a_mail(subject="Becomes a ticket", message_id="<one@example.com>"))
        made = {
            "ticket": first,
            "reply": arrives(a_mail(subject="Becomes a reply", In_Reply_To="<one@example.com>")),
            "duplicate": arrives(a_mail(subject="Becomes a ticket", message_id="<one@example.com>", X_Way="2")),
            "auto_reply": arrives(a_mail(subject="Away", Auto_Submitted="auto-replied")),
            "refused": arrives(a_mail("stranger@example.net", subject="Refused"), refusing),
            "held": held("Held"),
            "too_large": held("Large"),
            "failed": held("Broken"),
            "bounce": held("Undelivered"),
        }
        for name, fields in {
            "too_large": {"reason": "too_large"},
            "failed": {"state": "failed", "reason": "error"},
            "bounce": {"state": "ignored", "reason": "bounce"},
        }.items():
            IncomingMail.objects.filter(pk=made[name].pk).update(**fields)
        return made

    def test_are_each_found_with_their_count(self, visit, mails):
        client = visit(an_agent())
        page = client.get(reverse("intake:held")).content.decode()
        for name, mail in mails.items():
            found = client.get(reverse("intake:held"), {"state": name}).context["keyset"].rows
            extra = {mails["too_large"].pk} if name == "held" else set()
            assert {each.pk for each in found} == {mail.pk} | extra, name
        for words in ("Needs a look (3)", "Became a ticket (1)", "Duplicate (1)", "Too large (1)", "Bounce (1)"):
            assert words in page

    def test_count_only_what_one_may_see_up_to_a_hundred(self, mails):
        assert set(counts_by_fate(a_person()).values()) == {0}
        row = mails["held"]
        for n in range(101):
            row.pk, row.digest = None, f"{n}"
            row.save()
        assert counts_by_fate(an_agent())["held"] == 100

    def test_are_found_by_sender_subject_and_message_id(self, mails):
        rows = visible_mails(an_agent())

        def found(words):
            return sorted(mail.subject for mail in mails_with(rows, words))

        assert found("hanako@example.com") == ["Away", "Becomes a reply", "Becomes a ticket", "Becomes a ticket"]
        assert found("<one@example.com>") == found("one@example.com") == ["Becomes a ticket", "Becomes a ticket"]
        assert found("ＢＥＣＯＭＥＳ reply") == ["Becomes a reply"]
        assert found("dr. stranger large") == ["Large"]
        assert found("nothing like it") == []

    def test_are_found_by_an_index(self):
        filled(held(), digest=lambda n: f"{n}", subject=lambda n: f"Subject {n}")
        without("seqscan")
        mails = IncomingMail.objects.order_by("-received_at", "-id").defer("raw")
        assert "mail_in_by_fate" in mails.filter(state="ignored", reason="duplicate")[:51].explain()
        mails = mails.order_by()
        assert "mail_in_subject_trgm" in mails.filter(subject__icontains="プリンター").explain()
        assert "mail_in_from_name_trgm" in mails.filter(from_name__icontains="strange").explain()
        assert "mail_in_from_address_trgm" in mails.filter(from_address__icontains="strange").explain()

    @pytest.mark.parametrize("make", [an_agent, an_administrator])
    def test_are_shown_without_collecting_all_tickets_first(self, make):
        filled(a_ticket(), number=lambda n: f"INC{9_000_000 + n}")
        without("seqscan", "sort", "hashjoin")
        mails = visible_mails(make(*([a_team()] if make == an_agent else [])))
        for rows in (mails, mails.filter(FATES["reply"].rows)):
            plan = rows.order_by("-received_at", "-id")[:51].explain()
            scans = re.findall(r"Scan[^\n]* on tickets_ticket\b[^\n]*\n[^\n]*", plan)
            assert scans and all("(id = intake_incomingmail.ticket_id)" in scan for scan in scans), plan
        of_one = IncomingMail.objects.filter(mailbox=1).order_by("-received_at", "-id").defer("raw")
        assert "mail_in_by_mailbox" in of_one[:51].explain()

    def test_are_counted_by_one_query(self, mails):
        sato = an_agent()
        counts_by_fate(sato)
        with CaptureQueriesContext(connection) as queries:
            counts_by_fate(sato)
        assert len(queries) == 1


def test_a_reply_of_the_desk_is_untouched_by_what_is_put_beside_it():
    """The first response counts for the desk; what was put there by hand is the requester's."""
    hanako, sato = a_person(email="hanako@example.com"), an_agent()
    ticket = a_ticket(requester=hanako)
    mail = arrives(a_mail(), a_mailbox(needs_proof=True, trusted_servers="mx.example.com"))
    join_mail(mail, ticket, by=sato, via="page")
    again(mail)
    ticket.refresh_from_db()
    assert ticket.first_response_at is None
    reply(ticket, by=sato, via="page", body="Thank you")
    assert ticket.first_response_at is not None
