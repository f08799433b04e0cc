"""Texts of mails: variables, what an administrator writes, signatures, and what never gets in."""

import re

import pytest
from django.core import mail as outbox
from django.core.exceptions import PermissionDenied

from incidents.actions import cancel_incident, close_incident, reopen_incident, resolve_incident
from servicedesk.intake.mail.quotes import reply_part
from servicedesk.notify.actions import reset_mail_text, save_mail_text, send_example
from servicedesk.notify.built_in import BUILT_IN
from servicedesk.notify.examples import example, example_values
from servicedesk.notify.letters import _OF_PEOPLE, Desk, render
from servicedesk.notify.models import MailText, OutgoingMail
from servicedesk.notify.texts import TEXTS, VARIABLES, Value, check_text, fill
from servicedesk.people.models import AuditEntry
from servicedesk.tickets.actions import assign, note, reply, take_back
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, an_administrator, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db


def filled(source, **values):
    return fill(source, {name: (lambda value=value: value) for name, value in values.items()})


def mail_to(person) -> OutgoingMail:
    deliver_waiting()
    return OutgoingMail.objects.filter(to_user=person).latest("id")


class TestFill:
    def test_puts_values_in(self):
        text, html = filled("No. {number}\n\n{title}", number="INC1", title="<b>x</b>")
        assert text == "No. INC1\n\n<b>x</b>\n"
        assert html == "<p>No. INC1</p>\n<p>&lt;b&gt;x&lt;/b&gt;</p>"

    def test_leaves_lines_out_whose_variables_are_all_empty(self):
        source = "Hello\nTarget: {target}\nBy {by} of {team}\n\n{files}\n\nBye"
        assert filled(source, target="", by="", team="IT", files="")[0] == "Hello\nBy  of IT\n\nBye\n"

    def test_looks_at_no_value_again(self):
        message = Value("{title}", "<i>{number}</i>")
        text, html = filled(
            "{title}\n{message}", title="{link} {{7*7}} {%x%}", message=message, link="SECRET", number="SECRET"
        )
        assert "SECRET" not in text + html and "{link} {{7*7}} {%x%}" in text and "<i>{number}</i>" in html

    @pytest.mark.parametrize(
        "braces", ["{", "}", "{}", "{ number }", "{Number}", "{{", "}}{", "{1}", "{number", "{0.a}"]
    )
    def test_other_braces_stay(self, braces):
        assert filled(f"a {braces} b", number="N")[0] == f"a {braces} b\n"

    def test_html_of_a_value_counts_only_where_it_stands_alone(self):
        assert filled("{m}", m=Value("a", "<b>a</b>"))[1] == "<div><b>a</b></div>"
        assert filled("x {m}", m=Value("<a>", "<b>a</b>"))[1] == "<p>x &lt;a&gt;</p>"

    def test_makes_links_and_rules(self):
        html = filled("--------\n{link}", link="https://desk.example.com/?a=1&b=2")[1]
        assert html.startswith("<hr>\n<p><a href=") and "a=1&amp;b=2" in html

    def test_asks_for_each_value_once(self):
        asked = []
        fill("{number} {number}\n{number}", {"number": lambda: asked.append(1) or "N", "due": lambda: 1 / 0})
        assert len(asked) == 1


class TestBuiltIn:
    def test_every_text_is_there_in_both_languages_with_known_variables(self):
        assert set(BUILT_IN) == set(TEXTS)
        for key, by_language in BUILT_IN.items():
            assert set(by_language) == {"ja", "en"}
            for body in by_language.values():
                check_text(key, body)

    def test_both_languages_say_the_same(self):
        for key, by_language in BUILT_IN.items():
            named = [sorted(set(re.findall(r"\{(\w+)\}", body))) for body in by_language.values()]
            assert named[0] == named[1], key

    @pytest.mark.parametrize("key", TEXTS)
    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_every_text_has_an_example_without_holes(self, key, language):
        text, html = example(key, language, None, BUILT_IN[key][language])
        assert "{" not in text + html and text.count("\n") > 4
        without_ticket = ("assigned_mail", "outage", "reminder", "survey", "survey_due", "report")
        assert ("INC0000123" in text) == (key not in without_ticket)
        assert ("山田" in text) == (language == "ja")

    def test_the_example_has_every_variable(self):
        assert {*example_values(), "signature"} == set(VARIABLES)


class TestSaving:
    @pytest.fixture
    def admin(self):
        return an_administrator()

    def test_holds_for_the_next_mail_in_its_language_alone(self, admin):
        save_mail_text("receipt", "ja", body="承りました。{number}", by=admin, via="page")
        japanese, english = a_person(language="ja"), a_person(language="en")
        a_ticket(requester=japanese)
        a_ticket(requester=english)
        assert "承りました。INC" in mail_to(japanese).text and "承りました。INC" in mail_to(japanese).html
        assert "We have received" in mail_to(english).text

    def test_is_audited_with_what_it_was(self, admin):
        save_mail_text("closed", "en", body="Done.", by=admin, via="page")
        reset_mail_text("closed", "en", by=admin, via="page")
        first, second = AuditEntry.objects.filter(verb__endswith="mail_text").order_by("id")
        assert (first.verb, first.label) == ("change_mail_text", "closed en")
        assert first.data == {"changes": {"body": [BUILT_IN["closed"]["en"], "Done."]}}
        assert second.verb == "reset_mail_text" and not MailText.objects.exists()

    def test_of_the_built_in_text_is_no_own_text(self, admin):
        save_mail_text("closed", "en", body="Done.", by=admin, via="page")
        assert save_mail_text("closed", "en", body=BUILT_IN["closed"]["en"] + "\n", by=admin, via="page") is None
        assert not MailText.objects.exists()

    @pytest.mark.parametrize(
        ("key", "body", "sentence"),
        [
            ("receipt", "{nummber} {number}", r"There is no \{nummber\} here. Did you mean \{number\}\?"),
            ("receipt", "{number} {password}", r"There is no \{password\} here. Choose from the list"),
            ("receipt", "{number} {message}", r"There is no \{message\} here"),
            ("receipt", "Thank you", r"\{number\} \(Number of the ticket\) must stand in this text"),
            ("reply", "{by}", r"\{message\} \(The reply itself\) must stand"),
            ("signature", "{signature}", r"There is no \{signature\} here"),
            ("closed", "x" * 5001, "5001 letters; at most 5000"),
        ],
    )
    def test_refuses_what_cannot_be(self, admin, key, body, sentence):
        with pytest.raises(Refused, match=sentence) as refused:
            save_mail_text(key, "en", body=body, by=admin, via="page")
        assert refused.value.field == "body" and not MailText.objects.exists()

    def test_is_the_administrators(self):
        for act in (
            lambda by: save_mail_text("closed", "en", body="x", by=by, via="page"),
            lambda by: reset_mail_text("closed", "en", by=by, via="page"),
            lambda by: send_example("closed", "en", body="x", by=by),
        ):
            with pytest.raises(PermissionDenied):
                act(an_agent())

    def test_of_a_team_is_its_signature_alone(self, admin):
        with pytest.raises(Refused, match="Only the signature"):
            save_mail_text("closed", "en", team=a_team(), body="x", by=admin, via="page")


class TestSignature:
    def test_of_the_team_stands_before_that_of_the_desk(self):
        admin, mine, other = an_administrator(), a_team(name="情報システム"), a_team()
        save_mail_text("signature", "ja", body="社内窓口 内線 1000", by=admin, via="page")
        save_mail_text("signature", "ja", team=mine, body="-- \n{team} {by}\n{title}", by=admin, via="page")
        hanako, agent = a_person(language="ja"), an_agent(mine, name="小林 翔")
        reply(a_ticket(requester=hanako, team=mine, title="{number}"), by=agent, via="page", body="はい")
        assert "--\n情報システム 小林 翔\n{number}\n" in mail_to(hanako).text
        a_ticket(requester=hanako, team=other)
        text = mail_to(hanako).text
        assert "社内窓口 内線 1000" in text and "情報システム" not in text

    def test_of_nobody_leaves_no_hole(self):
        hanako = a_person(language="en")
        a_ticket(requester=hanako)
        assert "\n\n\n" not in mail_to(hanako).text

    def test_is_cut_from_an_answer(self):
        sources = Desk([]).sources("reply", "ja", None) | {"signature": "-- \n窓口 内線 1000"}
        text, _html = render("reply", sources, example_values())
        quoted = "\n".join(f"> {row}" for row in text.split("\n"))
        answer = f"直りました。\n\n2026年11月22日(日) 14:05 窓口 <desk@example.com>:\n{quoted}"
        assert reply_part(answer) == "直りました。"


class TestEveryKind:
    """Each mail of a ticket's life has its text, none has a hole or a brace."""

    def test_through_a_whole_life(self):
        team = a_team()
        agent, hanako = an_agent(team), a_person(language="en")
        incident = an_incident(requester=hanako, team=team)
        ticket = incident.ticket
        assign(ticket, by=an_agent(team), via="page", assignee=agent)
        reply(ticket, by=agent, via="page", body="Have **you**?")
        resolve_incident(incident, by=agent, via="page", resolution="Restarted")
        reopen_incident(incident, by=hanako, via="page", reason="Still")
        resolve_incident(incident, by=agent, via="page", resolution="Replaced")
        close_incident(incident, by=hanako, via="page")
        cancel_incident(an_incident(requester=hanako, team=team), by=agent, via="page", reason="Twice")
        deliver_waiting()
        mails = list(OutgoingMail.objects.all())
        assert {mail.kind for mail in mails} == {"receipt", "assigned", "reply", "resolved"}
        for mail in mails:
            assert not re.search(r"[{}]|None|\n\n\n", mail.text + mail.html.replace("sans-serif; line-height", "")), (
                mail
            )
            assert ticket.number[:3] in mail.text and mail.html.startswith("<!DOCTYPE html>\n<html lang=")


class TestUnprovedSender:
    def test_reads_nothing_of_theirs_whatever_the_texts_say(self):
        admin = an_administrator()
        everything = " ".join(f"{{{name}}}" for name in sorted(_OF_PEOPLE & set(TEXTS["receipt"].variables)))
        for language in ("ja", "en"):
            save_mail_text("receipt", language, body=f"{{number}}\n{everything}\nX {everything}", by=admin, via="page")
            save_mail_text("signature", language, body="{title} {recipient} {by}", by=admin, via="page")
        sender = "Pills <b>Now</b> <victim@example.com>"
        arrives(a_mail(sender, subject="BUY NOW", text="cheap"), a_mailbox(accepts="everyone"))
        deliver_waiting()
        mail = OutgoingMail.objects.get()
        for word in ("Pills", "Now", "BUY", "cheap"):
            assert word not in mail.subject + mail.text + mail.html

    def test_a_receipt_of_what_was_forwarded_names_nobody(self):
        """A mail's From proves no agent."""
        hanako, agent = a_person(email="hanako@example.com", language="en"), an_agent(email="agent@example.com")
        head = "-----Original Message-----\nFrom: Hanako <hanako@example.com>\nTo: agent@example.com\nSubject: VPN"
        text = f"{head}\n\nIt is slow."
        arrives(a_mail("agent@example.com", subject="Fw: VPN", text=text))
        body = mail_to(hanako).text
        assert body.startswith("We have received your message.") and agent.display_name not in body


class TestPages:
    @pytest.fixture
    def admin(self, client):
        made = an_administrator(email="admin@example.com")
        client.force_login(made)
        return made

    def test_list_every_text_and_who_wrote_it_anew(self, client, admin):
        team = a_team(name="Network")
        save_mail_text("closed", "en", body="Done.", by=admin, via="page")
        page = client.get("/settings/mail-texts/").content.decode()
        assert page.count("Built in") == len(TEXTS) * 2 - 1 and page.count("Own text") == 1
        assert f'href="/settings/mail-texts/signature/ja/?team={team.pk}"' in page

    def test_save_and_go_back(self, client, admin):
        saved = client.post("/settings/mail-texts/closed/en/", {"body": "Done. {number}"})
        assert (saved.status_code, saved["Location"]) == (303, "/settings/mail-texts/")
        page = client.get("/settings/mail-texts/closed/en/").content.decode()
        assert "Done. {number}</textarea>" in page and "Done. INC0000123" in page
        assert client.post("/settings/mail-texts/closed/en/reset/").status_code == 303
        assert not MailText.objects.exists()

    def test_keep_what_was_typed_when_it_cannot_be(self, client, admin):
        answer = client.post("/settings/mail-texts/receipt/en/", {"body": "Hi {recipent} {number}"})
        said = answer.content.decode()
        assert answer.status_code == 422 and "Hi {recipent} {number}</textarea>" in said
        assert "Did you mean {recipient}?" in said

    def test_preview_what_is_being_written(self, client, admin):
        seen = client.post("/settings/mail-texts/reply/ja/preview/", {"body": "<script>{message}"}).content.decode()
        assert "<script>" not in seen and "&lt;script&gt;" in seen and "山田 花子様" in seen
        assert not MailText.objects.exists()

    def test_send_an_example(self, client, admin):
        outbox.outbox = []
        sent = client.post("/settings/mail-texts/closed/en/example/", {"body": "Bye"}, headers={"HX-Request": "true"})
        assert sent.status_code == 204 and "Sent to admin@example.com." in sent["HX-Trigger"]
        assert outbox.outbox[0].to == ["admin@example.com"] and "Bye" in outbox.outbox[0].body

    def test_say_when_the_mail_server_does_not_take_it(self, client, admin, monkeypatch):
        from servicedesk.notify import actions

        def closed():
            raise actions.ServerTrouble("Connection refused")

        monkeypatch.setattr(actions, "_server", closed)
        sent = client.post("/settings/mail-texts/closed/en/example/", {"body": "Bye"}, headers={"HX-Request": "true"})
        assert sent.status_code == 409 and "Connection refused" in sent["HX-Trigger"]

    @pytest.mark.parametrize("address", ["nothing/en/", "closed/fr/", "closed/en/?team=1", "signature/en/?team=999999"])
    def test_know_no_other_texts(self, client, admin, address):
        assert client.get(f"/settings/mail-texts/{address}").status_code == 404

    def test_keep_a_signature_for_a_team(self, client, admin):
        team = a_team()
        client.post(f"/settings/mail-texts/signature/en/?team={team.pk}", {"body": "Network team, ext. 7"})
        row = MailText.objects.get()
        assert (row.team, row.body) == (team, "Network team, ext. 7")


class TestWithATicket:
    """The preview with the values of a ticket that its reader sees."""

    @pytest.fixture
    def admin(self, client):
        made = an_administrator(email="admin@example.com", language="en")
        client.force_login(made)
        return made

    @pytest.fixture
    def ticket(self):
        team = a_team(name="Network")
        hanako = a_person(name="Anna Yamada", email="hanako@example.com", language="ja")
        made = a_ticket(requester=hanako, team=team, title="No line on floor 7", description="Since nine.")
        made.agent = an_agent(team, name="Sho Kato")
        return made

    def seen(self, client, key, ticket, body, **more) -> str:
        given = {"body": body, "number": getattr(ticket, "number", ticket)}
        return client.post(f"/settings/mail-texts/{key}/en/preview/", given | more).content.decode()

    def test_shows_what_its_requester_would_read(self, client, admin, ticket):
        reply(ticket, by=ticket.agent, via="page", body="Is the **lamp** green?")
        reply(ticket, by=ticket.agent, via="page", body="Unread", files=())
        seen = self.seen(client, "reply", ticket.number.lower(), "{by} of {team}: {title}\n{message}")
        assert "Hello Anna Yamada" in seen and "Sho Kato of Network: No line on floor 7" in seen
        assert "Unread" in seen and "lamp" not in seen
        assert f'With the values of <a href="{ticket.get_absolute_url()}">{ticket.number}</a>' in seen
        assert "INC0000123" not in seen

    def test_shows_no_note_and_nothing_that_was_taken_back(self, client, admin, ticket):
        reply(ticket, by=ticket.agent, via="page", body="For everybody")
        note(ticket, by=ticket.agent, via="page", body="For the desk")
        take_back(reply(ticket, by=ticket.agent, via="page", body="Too early"), by=ticket.agent, via="page")
        seen = self.seen(client, "reply", ticket, "{message}")
        assert "For everybody" in seen and "For the desk" not in seen and "Too early" not in seen

    @pytest.mark.parametrize("key", sorted(TEXTS))
    @pytest.mark.parametrize("over", [False, True])
    def test_every_text_has_what_it_must(self, client, admin, ticket, key, over):
        if over:
            assign(ticket, by=ticket.agent, via="page", assignee=ticket.agent)
            reply(ticket, by=ticket.agent, via="page", body="We look.")
            resolve_incident(ticket.incident, by=ticket.agent, via="page", resolution="A new cable.")
        seen = self.seen(client, key, ticket, BUILT_IN[key]["en"])
        assert ticket.number in seen and "{" not in seen
        if key == "resolved":
            assert ("A new cable." if over else "The feed roller was worn out.") in seen
        if key == "assigned":
            assert "Hello Sho Kato" in seen if over else "Since nine." in seen

    @pytest.mark.parametrize("number", ["INC9999999", "x" * 50, "hidden"])
    def test_one_that_is_not_there_or_not_theirs_is_said_to_be_so(self, client, admin, ticket, number):
        ticket.is_confidential = True
        ticket.save()
        seen = self.seen(client, "closed", ticket if number == "hidden" else number, "Bye")
        assert (
            "notice-warning" in seen and "No line on floor 7" not in seen and "The printer on the third floor" in seen
        )
        if number != "x" * 50:
            assert "that you may see. This is the example." in seen

    def test_works_without_scripts(self, client, admin, ticket):
        page = client.get("/settings/mail-texts/closed/en/", {"number": ticket.number}).content.decode()
        assert f'value="{ticket.number}"' in page and "No line on floor 7" in page

    def test_has_the_signature_of_its_team(self, client, admin, ticket):
        save_mail_text("signature", "en", body="Ext. 7", team=ticket.team, by=admin, via="page")
        assert "Ext. 7" in self.seen(client, "closed", ticket, "Bye")
        assert "Ext. 7" not in self.seen(client, "closed", "", "Bye")

    def test_by_api(self, client, admin, ticket):
        def post(**data):
            given = {"key": "closed", "language": "en", "body": "Bye {recipient}"} | data
            return client.post("/api/v1/mail-texts/preview/", given, content_type="application/json")

        assert "Bye Anna Yamada" in post(ticket=ticket.number).json()["text"]
        missing = post(ticket="INC9999999")
        assert missing.status_code == 400 and missing.json()["errors"] == {"ticket": ["There is no such ticket."]}
        ticket.is_confidential = True
        ticket.save()
        assert post(ticket=ticket.number).json() == missing.json()


class TestApi:
    def test_lists_changes_tries_out_and_resets(self, client):
        client.force_login(an_administrator())
        team = a_team()

        def post(verb, **data):
            return client.post(f"/api/v1/mail-texts/{verb}/", data, content_type="application/json")

        changed = post("change", key="signature", language="en", team=team.code, body="Net")
        assert changed.status_code == 200 and changed.json()["is_built_in"] is False
        listed = client.get("/api/v1/mail-texts/").json()
        assert len(listed) == len(TEXTS) * 2 + 1 and listed[-1]["team"]["code"] == team.code
        looks = post("preview", key="closed", language="en", body="Bye {recipient}")
        assert "Bye Hanako Yamada" in looks.json()["text"]
        wrong = post("change", key="receipt", language="en", body="Bye")
        assert wrong.status_code == 400 and "body" in wrong.json()["errors"]
        assert post("reset", key="signature", language="en", team=team.code).json()["is_built_in"] is True
        assert not MailText.objects.exists()


class TestCost:
    def test_one_query_reads_the_texts_of_many_mails(self, django_assert_num_queries):
        desk = Desk([])
        with django_assert_num_queries(1):
            for _n in range(3):
                desk.sources("reply", "ja", None)
