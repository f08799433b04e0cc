"""Major incidents: declared, told of, handled by a task force, ended, learnt from."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from incidents.actions import reopen_incident, resolve_incident
from incidents.closing import missing_to_close
from incidents.major.actions.declaring import change_major, declare_major, end_major, retract_major
from incidents.major.actions.force import join_force, leave_force
from incidents.major.actions.learning import add_action, finish_action, finish_post_mortem, save_post_mortem
from incidents.major.actions.setting import save_major_settings
from incidents.major.actions.sweeps import nag_overdue_actions, nag_overdue_updates
from incidents.major.actions.telling import declare_and_tell, publish_update, subscribe, unsubscribe
from incidents.major.models import MajorIncident, MajorUpdate, PostMortemAction, Subscriber
from incidents.major.queries import get_outage, known_outages, open_actions, people_hit, readers_of, services_of
from incidents.models import CauseCode
from incidents.queries import post_mortem_missing
from servicedesk.intake import tokens
from servicedesk.intake.models import DeadAddress, IncomingMail, Mailbox
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.consumers import tell_people
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.notify.outages import tell_readers
from servicedesk.notify.queries import visible_notices
from servicedesk.notify.words import lines_for
from servicedesk.people.models import Role, User
from servicedesk.tickets.actions import link, record
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import ClosingRule, Ticket, TicketEvent
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.errors import NotFound, Refused
from tests.factories import a_person, a_service, a_team, again, an_administrator, an_agent, an_incident, events_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team, name="Kana")


@pytest.fixture
def service(team):
    return a_service(team)


@pytest.fixture
def incident(service):
    return an_incident(service=service, title="Mr Ito's database is on fire")


@pytest.fixture
def major(incident, agent):
    return declare_major(incident.ticket, by=agent, via="page", reason="Nobody can order.")


def verbs(ticket) -> list[str]:
    return [verb for verb, _data in events_of(ticket)]


class TestDeclaring:
    def test_from_the_page_with_a_first_update_to_the_end_and_on_again(self, visit, incident, agent, service):
        page, number = visit(agent), incident.ticket.number
        other, since = a_service(service.team), timezone.now() - timedelta(minutes=40)
        refused = page.post(f"/incidents/{number}/major/declare/", {"reason": " "})
        assert refused.status_code == 422 and not MajorIncident.objects.exists()
        form = {
            "reason": "Nobody can order.", "outage_from": f"{timezone.localtime(since):%Y-%m-%dT%H:%M}",
            "public_title_en": "Orders cannot be entered", "services": [other.pk], "people_hit": "１２０",
            "text_en": "We are looking for the cause.",
        }  # fmt: skip
        assert page.post(f"/incidents/{number}/major/declare/", form).status_code == 303

        major = MajorIncident.objects.get()
        incident.ticket.refresh_from_db()
        assert incident.ticket.is_major and major.is_running and major.update_minutes == 30
        assert {row.service for row in services_of(major)} == {service, other}
        assert major.outage_from == since.replace(second=0, microsecond=0)
        assert people_hit(major, services_of(major)) == (hit := people_hit(major, [])) and hit.estimated == 120
        assert hit.known == 1  # the requester
        assert MajorUpdate.objects.get().kind == "investigating"
        assert verbs(incident.ticket) == ["open", "declare_major", "publish_update"]
        html = page.get(f"/incidents/{number}/major/").content.decode()
        assert "Orders cannot be entered" in html and "We are looking for the cause." in html and "120" in html
        side = page.get(f"/desk/beside/{number}/", headers={"HX-Request": "true"}).content.decode()
        assert "Orders cannot be entered" in side and "<html" not in side

        with pytest.raises(Refused, match="already"):
            declare_major(incident.ticket, by=agent, via="page", reason="Again")
        over = {"text_en": "All is well.", "outage_until": ""}
        assert page.post(f"/incidents/{number}/major/end/", over).status_code == 303
        major.refresh_from_db()
        assert not major.is_running and major.outage_until and major.next_update_at is None
        assert verbs(incident.ticket)[-2:] == ["end_major", "publish_update"]
        declare_major(incident.ticket, by=agent, via="page", reason="It is back.")
        major.refresh_from_db()
        assert major.is_running and major.outage_until is None and major.people_hit == 120
        assert events_of(incident.ticket)[-1][1]["again"] is True

    def test_a_mistake_is_taken_back_with_its_reason_as_a_note(self, incident, agent, major):
        with pytest.raises(Refused, match="Say why"):
            retract_major(major, by=agent, via="page", reason="")
        retract_major(major, by=agent, via="page", reason="Only one printer.")
        incident.ticket.refresh_from_db()
        assert not incident.ticket.is_major and known_outages(incident.ticket.requester) == []
        assert incident.ticket.comments.get().body == "Only one printer." and not post_mortem_missing(incident)
        assert verbs(incident.ticket)[-2:] == ["note", "retract_major"]

    def test_times_that_cannot_be_are_refused_and_save_nothing(self, agent, major):
        now = timezone.now()
        for field, value in (
            ("outage_from", now + timedelta(hours=1)), ("outage_until", now + timedelta(hours=1)),
            ("outage_until", now - timedelta(days=1)), ("update_minutes", 3),
        ):  # fmt: skip
            with pytest.raises(Refused) as refused:
                change_major(major, by=agent, via="page", **{field: value})
            assert refused.value.field == field
        major.refresh_from_db()
        assert (major.outage_until, major.update_minutes) == (None, 30)

    def test_services_with_their_people_are_summed_and_what_changed_is_recorded(self, agent, major, service):
        other = a_service(service.team)
        change_major(
            major, by=agent, via="page", services={service: 30, other: 12}, public_title="受注が止まっています"
        )
        assert people_hit(major, services_of(major)).estimated == 42
        data = events_of(major.incident.ticket)[-1][1]["changes"]
        assert data["public_title"] is None and data["services"][1] == [
            [service.pk, service.code, 30], [other.pk, other.code, 12],
        ]  # fmt: skip
        before = major.incident.ticket.event_count
        change_major(major, by=agent, via="page", services={service: 30, other: 12})
        assert major.incident.ticket.event_count == before

    def test_what_is_resolved_disturbs_nobody_any_more_and_what_is_reopened_may_again(self, incident, agent, major):
        resolve_incident(incident, by=agent, via="page", resolution="Put out.")
        major.refresh_from_db()
        assert major.ended_at and verbs(incident.ticket)[-1] == "end_major" and post_mortem_missing(incident)
        with pytest.raises(Refused, match="over"):
            declare_major(incident.ticket, by=agent, via="page", reason="Again")
        reopen_incident(incident, by=agent, via="page", reason="It burns again.")
        assert declare_major(incident.ticket, by=agent, via="page", reason="Again").is_running

    def test_it_is_the_desks_to_declare_and_strangers_see_nothing(self, visit, incident, agent):
        address = f"/incidents/{incident.ticket.number}/major/"
        assert visit(incident.ticket.requester).get(address).status_code == 403
        assert visit(an_agent()).get(address).status_code == 404
        html = visit(agent).get(address).content.decode()
        assert "This is no major incident" in html


class TestKnownOutages:
    def test_everybody_reads_what_is_disturbed_and_no_word_of_the_ticket(self, visit, incident, agent, major, service):
        publish_update(major, by=agent, via="page", kind="identified", text_ja="原因がわかりました。")
        client = visit(a_person(name="Emily"))
        for address in ("/", "/new/", f"/outages/for/?service={service.pk}", f"/outages/{major.pk}/"):
            html = client.get(address).content.decode()
            assert f"{service}" in html and "We know the cause" in html
            assert incident.ticket.title not in html and incident.ticket.number not in html
        assert "原因がわかりました。" in html  # there is no English one
        assert "/incidents/" in visit(agent).get(f"/outages/{major.pk}/").content.decode()
        assert client.get(f"/outages/for/?service={a_service().pk}").content.strip() == b""
        assert client.get("/outages/for/?service=x").status_code == 200

    def test_who_is_affected_too_subscribes_instead_of_asking_and_can_stop(self, visit, major):
        emily = a_person(name="Emily")
        client, address = visit(emily), f"/outages/{major.pk}/"
        assert "keep me informed" in client.get("/").content.decode()
        for _twice in range(2):
            assert client.post(address).status_code == 303
        assert Subscriber.objects.get().person == emily and emily in readers_of(major)
        assert people_hit(major, []).known == 2
        html = client.get("/").content.decode()
        assert "We keep you informed." in html and "keep me informed" not in html
        client.post(address, {"stop": "1"})
        assert emily not in readers_of(major) and people_hit(major, []).known == 2
        client.post(address)
        assert emily in readers_of(major)
        end_major(major, by=None, via="system", permitted=True)
        with pytest.raises(Refused, match="over"):
            subscribe(major.pk, emily, by=emily)
        assert client.get("/").context["disturbed"] == []
        assert "This is over." in client.get(address).content.decode()

    def test_an_agent_on_the_telephone_keeps_the_caller_informed(self, visit, agent, major, service):
        caller = a_person(name="Taro Caller", email="taro@example.com")
        client = visit(agent)
        html = client.get(f"/outages/for/?caller=1&service={service.pk}").content.decode()
        assert "Keep the caller informed" in html and f'formaction="/outages/{major.pk}/"' in html
        # Without scripts the page shows the same after a button, and when it refuses.
        typed = {"service": service.pk, "requester": "taro@example.com", "text": "Nothing works", "items": []}
        before = Ticket.objects.count()
        for more, status in (({"look": "1"}, 200), ({"caller_email": "x"}, 422)):
            answer = client.post("/desk/call/", typed | more)
            html = answer.content.decode()
            assert answer.status_code == status and Ticket.objects.count() == before
            assert "Keep the caller informed" in html and "Nothing works" in html and "<h2>Taro Caller" in html
        assert 'name="look"' in html and "Keep the caller" not in client.get("/desk/call/").content.decode()
        address = f"/outages/{major.pk}/"
        client.post(address, {"caller": "1", "requester": ""})
        assert not Subscriber.objects.exists()
        assert client.post(address, {"caller": "1", "requester": "taro@example.com"}).url == "/desk/call/"
        assert Subscriber.objects.get().person == caller
        visit(a_person()).post(address, {"caller": "1", "requester": "taro@example.com"})
        assert Subscriber.objects.count() == 2  # whoever is no agent subscribes themselves

    def test_confidential_services_and_incidents_are_known_to_those_who_see_them(self, team, agent, service):
        hushed = a_service(team, is_confidential=True)
        one = an_incident(service=hushed)
        secret = declare_major(one.ticket, by=agent, via="page", reason="x")
        change_major(secret, by=agent, via="page", public_title="秘密")
        two = declare_major(an_incident(service=service).ticket, by=agent, via="page", reason="x", services=[hushed])
        emily, kana = a_person(), again(agent)
        assert [(each.pk, each.services) for each in known_outages(emily)] == [(two.pk, [service])]
        assert {each.pk for each in known_outages(kana)} == {secret.pk, two.pk}
        with pytest.raises(NotFound):
            get_outage(emily, secret.pk)
        with pytest.raises(NotFound):
            subscribe(secret.pk, emily, by=emily)
        subscriber = Subscriber.objects.create(major=secret, person=emily)
        publish_update(secret, by=agent, via="page", kind="identified", text_ja="秘")
        deliver_waiting()
        assert not Notification.objects.filter(person=subscriber.person).exists()

    def test_queries_do_not_grow_with_outages(self, visit, agent, service, major, django_assert_max_num_queries):
        client = visit(a_person())
        client.get("/")
        with django_assert_max_num_queries(20) as few:
            client.get("/")
        for _more in range(2):
            one = declare_major(an_incident(service=a_service(service.team)).ticket, by=agent, via="page", reason="x")
            publish_update(one, by=agent, via="page", kind="identified", text_en="x")
        with django_assert_max_num_queries(20) as many:
            html = client.get("/").content.decode()
        assert len(many) == len(few) and html.count('class="outage"') == 3


class TestUpdates:
    def test_each_reader_has_it_once_in_their_language_by_mail_and_notice(self, incident, agent, service, major):
        japanese, english = a_person(language="ja"), a_person(language="en")
        manager, colleague = an_administrator(), a_person()
        subscribe(major.pk, japanese, by=japanese)
        subscribe(major.pk, english, by=english)
        report = an_incident(service=service, requester=colleague, title="Same here")
        link(report.ticket, incident.ticket, "child", by=agent, via="page")
        save_major_settings(
            by=manager, via="page", reports=5, within_minutes=60, stop_minutes=30, update_minutes=30,
            told_roles=[Role.ADMINISTRATOR],
        )  # fmt: skip
        update = publish_update(major, by=agent, via="page", kind="identified", text_ja="原因", text_en="Cause found")
        deliver_waiting()
        tell_readers([update.event])
        tell_people([update.event])

        mails = {mail.to_user: mail for mail in OutgoingMail.objects.filter(kind="outage")}
        asker = incident.ticket.requester
        assert mails.keys() == {japanese, english, manager, colleague, asker}
        assert "原因" in mails[japanese].text and "Cause found" not in mails[japanese].text
        assert "Cause found" in mails[english].text and f"/outages/{major.pk}/" in mails[english].text
        assert all(incident.ticket.title not in mail.text + mail.subject for mail in mails.values())
        assert all("Reply-To" not in mail.headers for mail in mails.values())
        notices = Notification.objects.filter(event=update.event)
        assert {notice.person for notice in notices} == set(mails)
        line = lines_for(english, visible_notices(english))[0]
        assert (line.sentence, line.number, line.address) == ("We know the cause", "", f"/outages/{major.pk}/")
        assert not visible_tickets(english).filter(pk=incident.ticket.pk).exists()

    def test_guests_have_it_by_mail_in_the_language_of_their_ticket_and_answer_into_it(
        self, visit, incident, agent, service, major
    ):
        client, address = visit(agent), f"/outages/{major.pk}/"
        reporter, robot, marked = (a_person(is_guest=True, language="ja") for _each in range(3))
        for guest, language in ((reporter, "en"), (robot, "ja"), (marked, "ja")):
            report = an_incident(service=service, requester=guest, by=agent, language=language, title="Same here")
            link(report.ticket, incident.ticket, "child", by=agent, via="page")
            record(report.ticket, "join_major", by=agent, via="page", public=True, major=major.pk)
        box = Mailbox.objects.create(address="desk@example.com", name="Desk")
        IncomingMail.objects.create(
            mailbox=box, ticket=Ticket.objects.get(requester=robot), state="ticket", answerable=False, raw=b"", size=0
        )
        DeadAddress.objects.create(address=marked.email, reason="550 unknown")
        stranger = {"caller": "1", "requester": "", "caller_name": "Mr Mori", "caller_email": "mori@example.org"}
        for _twice in range(2):
            assert client.post(address, stranger).url == "/desk/call/"
        caller = User.objects.get(email="mori@example.org")
        assert caller.is_guest and Subscriber.objects.get().person == caller
        update = publish_update(major, by=agent, via="page", kind="identified", text_ja="原因", text_en="Cause found")
        deliver_waiting()
        tell_readers([update.event])
        send_waiting()

        mails = {mail.to_user: mail for mail in OutgoingMail.objects.filter(kind="outage", to_user__is_guest=True)}
        assert mails.keys() == {reporter, marked, caller}
        own = Ticket.objects.get(requester=reporter)
        assert "Cause found" in mails[reporter].text and "原因" in mails[marked].text
        assert tokens.reply_address(settings.MAIL_FROM, own.pk, reporter.email) == mails[reporter].headers["Reply-To"]
        assert "Reply-To" not in mails[caller].headers
        assert all("/outages/" not in mail.text and incident.ticket.title not in mail.text for mail in mails.values())
        assert [mails[each].state for each in (reporter, caller, marked)] == ["sent", "sent", "held"]
        known = OutgoingMail.objects.get(kind="known", to_user=reporter)
        assert service.name in known.text and "http" not in known.text
        assert not Notification.objects.filter(person__is_guest=True).exists()

        secret = declare_major(
            an_incident(service=service, is_confidential=True).ticket, by=agent, via="page", reason="x"
        )
        with pytest.raises(Refused, match="cannot be kept informed"):
            subscribe(secret.pk, reporter, by=again(agent))

    def test_what_is_confidential_is_not_told_and_links_lead_where_they_open(self, visit, team, agent, service):
        """A confidential incident with a report of somebody who does not see it; one whose service is confidential."""
        hushed = a_service(team, is_confidential=True)
        secret = declare_major(
            an_incident(service=service, is_confidential=True).ticket, by=agent, via="page", reason="x",
            public_title_en="Break-in",
        )  # fmt: skip
        unnamed = declare_major(an_incident(team=team).ticket, by=agent, via="page", reason="x", services=[hushed])
        colleague = a_person()
        reports = {}
        for major in (secret, unnamed):
            report = reports[major] = an_incident(service=service, requester=colleague).ticket
            link(report, major.incident.ticket, "child", by=agent, via="page")
            record(report, "join_major", by=agent, via="page", public=True, major=major.pk)
            publish_update(major, by=agent, via="page", kind="identified", text_en="Cause found")
        deliver_waiting()

        client = visit(colleague)
        for major, report in reports.items():
            known = OutgoingMail.objects.get(kind="known", ticket=report)
            assert report.get_absolute_url() in known.text
            assert not any(word in known.text for word in ("Break-in", "/outages/", str(service), str(hushed)))
            assert client.get(f"/outages/{major.pk}/").status_code == 404
        updates = OutgoingMail.objects.filter(kind="outage")
        assert reports[unnamed].get_absolute_url() in updates.get(to_user=colleague).text
        assert {mail.to_user for mail in updates.filter(event__ticket=secret.pk)} == {secret.incident.ticket.requester}
        line = next(one for one in lines_for(colleague, visible_notices(colleague)) if one.notice.kind == "outage")
        assert (line.title, line.address) == ("Known outage", reports[unnamed].get_absolute_url())
        asker = unnamed.incident.ticket.requester
        assert unnamed.incident.ticket.get_absolute_url() in updates.get(to_user=asker).text
        # Whoever sees the confidential one can open its page.
        assert f"/outages/{secret.pk}/" in updates.get(to_user=secret.incident.ticket.requester).text
        assert visit(secret.incident.ticket.requester).get(f"/outages/{secret.pk}/").status_code == 200
        handler = visit(again(agent))
        for major in reports:
            page, address = f"/incidents/{major.incident.ticket.number}/major/", f"/outages/{major.pk}/"
            opens = handler.get(address).status_code == 200
            assert (address in handler.get(page).content.decode()) is opens

    def test_it_says_something_in_time_and_only_while_it_runs(self, agent, major):
        for fields, name in (
            ({"kind": "identified"}, "text_ja"), ({"kind": "nonsense", "text_ja": "x"}, "kind"),
            ({"kind": "identified", "text_en": "x" * 5001}, "text_en"),
            ({"kind": "identified", "text_en": "x", "next_minutes": 2}, "next_minutes"),
        ):  # fmt: skip
            with pytest.raises(Refused) as refused:
                publish_update(major, by=agent, via="page", **fields)
            assert refused.value.field == name
        publish_update(major, by=agent, via="page", kind="resolved", text_en="Over.")
        assert not major.is_running
        with pytest.raises(Refused, match="over"):
            publish_update(major, by=agent, via="page", kind="monitoring", text_en="x")
        assert publish_update(major, by=agent, via="page", kind="resolved", text_en="Sorry.")

    def test_five_hundred_readers_cost_no_more_queries_than_five(self, agent, major, django_assert_max_num_queries):
        people = User.objects.bulk_create(
            User(email=f"r{n}@example.com", name=f"R{n}", language="en", password="x") for n in range(500)
        )
        Subscriber.objects.bulk_create(Subscriber(major=major, person=one) for one in people)
        update = publish_update(major, by=agent, via="page", kind="identified", text_en="Cause found")
        with django_assert_max_num_queries(20):
            tell_readers([update.event])
        assert OutgoingMail.objects.filter(kind="outage").count() == 501


class TestTaskForce:
    def test_members_of_other_teams_see_the_ticket_hear_at_once_and_handle_it(self, visit, incident, agent, major):
        expert = an_agent(a_team(), name="Expert")
        page, number = visit(agent), incident.ticket.number
        address = f"/incidents/{number}/major/"
        assert page.post(f"{address}join/", {"person": expert.email, "role": "commander"}).status_code == 303
        deliver_waiting()
        mail = OutgoingMail.objects.get(kind="force")
        assert mail.to_user == expert and "Commander" in mail.text and address in mail.text
        assert Notification.objects.get(person=expert, event__verb="join_force").kind == "force"

        theirs = visit(again(expert))
        assert theirs.get(address).status_code == 200
        assert "Task force and updates" in theirs.get(f"/incidents/{number}/").content.decode()
        told = {"kind": "identified", "text_en": "The disk is full."}
        assert theirs.post(f"{address}update/", told).status_code == 303
        assert theirs.get(f"{address}declare/").status_code == 403
        report = theirs.get(f"{address}report/").content.decode()
        assert "Kana called Expert into the task force (Commander)." in report and "The disk is full." in report

        member = major.members.get()
        visit(agent).post(f"{address}leave/", {"member": member.pk})
        member.refresh_from_db()
        assert member.left_at and visit(again(expert)).get(address).status_code == 403
        assert verbs(incident.ticket)[-1] == "leave_force"

    def test_same_role_twice_is_once_and_guests_are_none(self, agent, major):
        for _twice in range(2):
            join_force(major, by=agent, via="page", person=agent, role="technical")
        join_force(major, by=agent, via="page", person=agent, role="recorder")
        assert major.members.count() == 2
        with pytest.raises(Refused, match="cannot belong"):
            join_force(major, by=agent, via="page", person=a_person(is_guest=True), role="technical")
        with pytest.raises(Refused, match="Choose a role"):
            join_force(major, by=agent, via="page", person=agent, role="king")

    def test_an_overdue_update_is_nagged_of_once_and_again_for_the_next(self, incident, agent, major):
        speaker, technician = an_agent(name="Speaker"), an_agent()
        join_force(major, by=agent, via="page", person=speaker, role="communication")
        join_force(major, by=agent, via="page", person=technician, role="technical")
        assert nag_overdue_updates() == 0
        late = timezone.now() + timedelta(minutes=31)
        assert [nag_overdue_updates(late), nag_overdue_updates(late)] == [1, 0]
        TicketEvent.objects.filter(verb="update_due").get()
        deliver_waiting()
        assert [mail.to_user for mail in OutgoingMail.objects.filter(kind="update_due")] == [speaker]
        publish_update(major, by=agent, via="page", kind="monitoring", text_en="x", at=late)
        assert nag_overdue_updates(late + timedelta(minutes=29)) == 0
        leave_force(major.members.get(person=speaker), by=agent, via="page")
        assert nag_overdue_updates(late + timedelta(minutes=31)) == 1
        end_major(major, by=agent, via="page")
        assert nag_overdue_updates(late + timedelta(days=1)) == 0


class TestPostMortem:
    def test_written_finished_and_needed_before_closing(self, visit, incident, agent, major):
        assert post_mortem_missing(incident) and not post_mortem_missing(an_incident())
        rule = ClosingRule(needs_post_mortem=True)
        assert missing_to_close(incident, rule) == [
            "The post-mortem is not finished: write it with “Post-mortem”."
        ]  # fmt: skip
        helper = a_person(name="Helper", email="helper@example.com")
        page, address = visit(agent), f"/incidents/{incident.ticket.number}/post-mortem/"
        draft = {"do": "save", "what_happened": "The disk was full.", "present": "helper@example.com"}
        assert page.post(address, draft).status_code == 303
        refused = page.post(address, draft | {"do": "finish"})
        assert refused.status_code == 422
        for sentence in ("Write what we learn from it.", "Choose the cause.", "Say when it was held."):
            assert sentence in refused.content.decode()
        whole = draft | {
            "do": "finish", "lessons": "Watch disks.", "held_on": str(timezone.localdate()),
            "cause_code": CauseCode.objects.get(code="hardware").pk,
        }  # fmt: skip
        assert page.post(address, whole).status_code == 303
        incident.refresh_from_db()
        row = major.post_mortem
        assert row.is_finished and list(row.present.all()) == [helper] and incident.cause_code.code == "hardware"
        assert not post_mortem_missing(incident) and missing_to_close(incident, rule) == []
        with pytest.raises(Refused, match="finished"):
            save_post_mortem(major, by=agent, via="page", helped="x")
        html = page.get(address).content.decode()
        assert "Watch disks." in html and "<textarea" not in html
        page.post(address, {"do": "reopen"})
        assert missing_to_close(incident, rule) == ["The post-mortem is not finished: write it with “Post-mortem”."]
        assert verbs(incident.ticket)[-1] == "reopen_post_mortem"

    def test_actions_have_owners_who_are_nagged_once_a_day_until_they_are_done(self, visit, incident, agent, major):
        owner = a_person(name="Owner", email="owner@example.com")
        today = timezone.localdate()
        new = {"do": "add", "what": "Buy a disk", "owner": "owner@example.com", "due_on": str(today - timedelta(1))}
        address = f"/incidents/{incident.ticket.number}/post-mortem/"
        refused = visit(agent).post(address, new)
        assert refused.status_code == 422 and "This day is over." in refused.content.decode()
        assert visit(agent).post(address, new | {"due_on": str(today)}).status_code == 303
        PostMortemAction.objects.update(due_on=today - timedelta(1))
        later = add_action(major, by=agent, via="page", what="Watch it", owner=agent, due_on=today + timedelta(9))
        deliver_waiting()
        mail = OutgoingMail.objects.get(kind="action")  # nobody is told of what they take on themselves
        assert mail.to_user == owner and "Buy a disk" in mail.text and "yours" in mail.text
        assert [nag_overdue_actions(today), nag_overdue_actions(today)] == [1, 0]
        deliver_waiting()
        mail = OutgoingMail.objects.get(kind="action_due")
        assert mail.to_user == owner and "Buy a disk" in mail.text
        assert nag_overdue_actions(today + timedelta(days=1)) == 1

        client = visit(again(owner))
        html = client.get("/incidents/actions/").content.decode()
        assert "Buy a disk" in html and "Watch it" not in html and "Overdue" in html
        action = open_actions(owner).get()
        assert client.post("/incidents/actions/", {"done": action.pk}).status_code == 303
        action.refresh_from_db()
        assert action.done_on == today and nag_overdue_actions(today + timedelta(days=5)) == 0
        assert client.post("/incidents/actions/", {"done": later.pk}).status_code == 403
        assert {each.pk for each in open_actions(again(agent))} == {later.pk}
        finish_action(action, by=owner, via="page", done=False)
        assert {each.pk for each in open_actions(again(agent))} == {later.pk, action.pk}

    def test_a_meeting_in_the_future_is_refused(self, agent, major):
        with pytest.raises(Refused) as refused:
            save_post_mortem(major, by=agent, via="page", held_on=date(2999, 1, 1))
        assert refused.value.field == "held_on"
        with pytest.raises(Refused, match="Write what happened"):
            finish_post_mortem(major, by=agent, via="page")


def test_a_first_update_belongs_to_the_declaration_or_neither_is(incident, agent):
    with pytest.raises(Refused):
        declare_and_tell(incident.ticket, by=agent, via="page", reason="x", text_en="y" * 6000)
    assert not MajorIncident.objects.exists()


def test_who_unsubscribes_without_having_subscribed_is_not_hit(agent, major):
    emily = a_person()
    unsubscribe(major.pk, by=emily)
    assert people_hit(major, []).known == 1 and emily not in readers_of(major)
