"""Notices that go to devices: to whom, when, what they say, and what becomes of those that do not arrive."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk.connectors import http
from servicedesk.intake.actions import assign_mail
from servicedesk.notify import pushing
from servicedesk.notify.models import NoticeSettings, Notification, Push, PushDevice
from servicedesk.notify.notices import mark_read
from servicedesk.notify.pushing import forget_old_pushes, send_waiting_pushes, spread_due
from servicedesk.notify.without_ticket import tell_of_assigned_mails
from servicedesk.tickets.actions import assign, reply, take_back
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from tests.connectors.server import answer
from tests.factories import a_person, a_team, a_ticket, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives
from tests.workers import Worker

from .pushes import Browser, a_device, a_session
from .test_preferences import chooses, quiet_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return an_agent(a_team())


def assigned(agent, **fields) -> Ticket:
    """A ticket that a colleague gives to the agent."""
    ticket = a_ticket(title="Secret title", description="Secret words")
    Ticket.objects.filter(pk=ticket.pk).update(**fields)
    ticket.refresh_from_db()
    assign(ticket, by=an_agent(name="Hana Sato"), via="page", assignee=agent)
    deliver_waiting()
    return ticket


def later() -> int:
    """Send what is due once the pause is over, and the devices' pauses."""
    now = timezone.now()
    Notification.objects.filter(push_at__lte=now + pushing.PAUSE).update(push_at=now)
    PushDevice.objects.update(try_after=now)
    return send_waiting_pushes()


class TestPush:
    def test_comes_to_each_device_and_says_what_kind_and_which_ticket_and_no_word_of_it(self, agent, service):
        laptop, phone = Browser(), Browser()
        a_device(agent, service.address("laptop"), laptop)
        a_device(agent, service.address("phone"), phone)
        ticket = assigned(agent)
        assert send_waiting_pushes() == 0  # whoever has it open reads it first
        assert later() == 2
        (said,) = [laptop.says(asked) for asked in service.taken("laptop")]
        tag = said.pop("tag")
        assert said.pop("title")
        assert said == {"body": ticket.number, "url": ticket.get_absolute_url(), "lang": agent.language}
        (asked,) = service.taken("phone")
        assert phone.says(asked)["tag"] == tag == asked.headers["topic"] and len(tag) == 32
        assert asked.headers["urgency"] == "normal" and 86000 < int(asked.headers["ttl"]) <= 86400
        assert later() == 0 and Push.objects.filter(state="sent").count() == 2
        assert PushDevice.objects.filter(used_at__isnull=False).count() == 2

    @pytest.mark.parametrize(("language", "title"), [("en", "Assigned to you"), ("ja", None)])
    def test_speaks_the_language_of_its_reader(self, agent, service, language, title):
        agent.language = language
        agent.save()
        browser = Browser()
        a_device(agent, service.address("a"), browser)
        assigned(agent)
        later()
        said = browser.says(service.asked[0])
        assert said["lang"] == language and (title is None or said["title"] == title)

    def test_hurries_for_what_is_urgent(self, agent, service):
        a_device(agent, service.address("a"))
        assigned(agent, priority=1)
        later()
        assert service.asked[0].headers["urgency"] == "high"

    def test_of_a_mail_to_look_at(self, service):
        agent, browser = an_agent(a_team()), Browser()
        a_device(agent, service.address("a"), browser)
        mail = arrives(a_mail("stranger@example.net"), a_mailbox(accepts="known"))
        assign_mail(mail, agent, by=an_agent(), via="page")
        tell_of_assigned_mails()
        assert later() == 1
        said = browser.says(service.asked[0])
        assert said["body"] == "" and said["url"].endswith(f"/{mail.pk}/")

    def test_has_words_for_every_kind_that_one_can_choose(self):
        assert set(pushing._SAYS) == {*NoticeSettings.FOR_ALL, *NoticeSettings.FOR_DESK}


class TestNone:
    def test_for_what_one_did_oneself(self, agent, service):
        a_device(agent, service.address("a"))
        ticket = a_ticket()
        assign(ticket, by=agent, via="page", assignee=agent)
        deliver_waiting()
        assert later() == 0 and not Push.objects.exists()

    def test_once_it_is_read(self, agent, service):
        a_device(agent, service.address("a"))
        ticket = assigned(agent)
        mark_read(agent, number=ticket.number)
        assert later() == 0 and not Push.objects.exists()

    def test_once_it_is_read_while_a_device_did_not_answer(self, agent, service):
        a_device(agent, service.address("a"))
        service.says["a"] = answer(status="503 No")
        ticket = assigned(agent)
        assert later() == 0
        mark_read(agent, number=ticket.number)
        assert later() == 0 and len(service.asked) == 1
        assert Push.objects.get().state == "dropped"

    def test_for_whom_the_ticket_is_out_of_sight(self, agent, service):
        a_device(agent, service.address("a"))
        ticket = assigned(agent)
        Ticket.objects.filter(pk=ticket.pk).update(is_confidential=True, assignee=None, team=a_team())
        assert later() == 0 and service.asked == []

    def test_of_a_reply_that_was_taken_back(self, service, settings):
        settings.MAIL_UNDO_SECONDS = 600
        hanako, agent = a_person(), an_agent(a_team())
        a_device(hanako, service.address("a"))
        ticket = a_ticket(requester=hanako)
        said = reply(ticket, by=agent, via="page", body="Wrong")
        deliver_waiting()
        assert Notification.objects.get(kind="reply").push_at > timezone.now() + timedelta(seconds=600)
        take_back(said, by=agent, via="page")
        deliver_waiting()
        assert later() == 0 and not Push.objects.exists()

    def test_of_a_kind_that_one_does_not_want_pushed(self, agent, service):
        a_device(agent, service.address("a"))
        chooses(agent, pushed={"assigned": False})
        assigned(agent)
        assert Notification.objects.get(person=agent).push_at is None and later() == 0

    def test_of_what_a_lead_hears_of_their_team_unless_they_wish_so(self, agent, service):
        a_device(agent, service.address("a"))
        a_ticket(team=agent.teams.get())
        deliver_waiting()
        assert later() == 0
        chooses(agent, pushed={"team": True})
        a_ticket(team=agent.teams.get())
        deliver_waiting()
        assert later() == 1

    def test_after_sign_out(self, agent, service):
        client = a_session(agent)
        a_device(agent, service.address("a"), client=client)
        assigned(agent)
        client.post("/account/logout/")
        assert later() == 0 and service.asked == [] and not PushDevice.objects.exists()

    def test_after_a_new_password(self, agent, service):
        a_device(agent, service.address("a"))
        assigned(agent)
        agent.set_password("another horse battery")
        agent.save()
        assert later() == 0 and service.asked == [] and not PushDevice.objects.exists()

    def test_for_nobody_without_a_device(self, agent):
        assigned(agent)
        assert Notification.objects.get(person=agent).push_at is None

    def test_without_a_key(self, agent, service, settings):
        a_device(agent, service.address("a"))
        settings.PUSH_KEY = ""
        assigned(agent)
        assert Notification.objects.get(person=agent).push_at is None and later() == 0

    def test_while_a_way_is_none(self, service):
        hanako = a_person()
        assert not NoticeSettings(person=hanako, ways={"status": "none"}, pushed={"status": True}).pushes("status")


class TestQuietHours:
    def test_keep_it_until_they_are_over_as_they_keep_mails(self, agent, service):
        a_device(agent, service.address("a"))
        quiet_now(agent)
        assigned(agent)
        notice = Notification.objects.get(person=agent)
        assert timedelta(minutes=55) < notice.push_at - timezone.now() <= timedelta(hours=1)
        assert later() == 0
        Notification.objects.update(push_at=timezone.now())
        assert send_waiting_pushes() == 1

    def test_let_what_is_urgent_through_where_the_person_lets_it(self, agent, service):
        a_device(agent, service.address("a"))
        quiet_now(agent)
        assigned(agent, priority=1)
        assert later() == 1
        quiet_now(agent, urgent_at_once=False)
        assigned(agent, priority=1)
        assert later() == 0


class TestADeviceThatFails:
    @pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
    def test_for_good_is_removed_and_the_others_stay(self, agent, service, status):
        a_device(agent, service.address("gone"))
        other = a_device(agent, service.address("there"))
        service.says["gone"] = answer(status=status)
        assigned(agent)
        assert later() == 1 and PushDevice.objects.get() == other
        assert len(service.taken("gone")) == 1

    @pytest.mark.parametrize("status", ["429 Too Many", "500 Oh", "503 No"])
    def test_for_now_is_tried_again_later_each_time_and_stops_no_other(self, agent, service, status):
        broken = a_device(agent, service.address("broken"))
        a_device(agent, service.address("there"))
        service.says["broken"] = answer(status=status)
        assigned(agent)
        assigned(agent)
        assert later() == 2
        assert len(service.taken("broken")) == 1  # the second push waits with the device
        pauses = []
        for _n in range(2):
            broken.refresh_from_db()
            pauses.append((broken.try_after - timezone.now()).total_seconds())
            assert send_waiting_pushes() == 0
            later()
        assert 15 < pauses[0] <= 20 < pauses[1] <= 40
        service.says.clear()
        assert later() == 2
        broken.refresh_from_db()
        assert (broken.failures, broken.error) == (0, "")

    def test_waits_as_long_as_the_service_asks_but_no_longer_than_a_day(self, agent, service):
        device = a_device(agent, service.address("a"))
        for asked, least, most in (("600", 595, 600), ("9999999", 86395, 86400)):
            service.says["a"] = answer(status="429 Slowly", Retry_After=asked)
            assigned(agent)
            later()
            device.refresh_from_db()
            assert least < (device.try_after - timezone.now()).total_seconds() <= most

    def test_that_is_refused_loses_this_push_and_stays(self, agent, service):
        device = a_device(agent, service.address("a"))
        service.says["a"] = answer(b"BadJwtToken", status="403 Forbidden")
        assigned(agent)
        assert later() == 0
        push = Push.objects.get()
        assert (push.state, push.error) == ("dropped", "HTTP 403")
        device.refresh_from_db()
        assert device.failures == 1

    def test_without_end_is_removed(self, agent, service):
        a_device(agent, service.address("a"))
        PushDevice.objects.update(failures=PushDevice.MOST_FAILURES - 1)
        service.says["a"] = answer(status="500 Oh")
        assigned(agent)
        assert later() == 0 and not PushDevice.objects.exists()

    def test_by_a_closed_port_waits(self, agent, service):
        device = a_device(agent, service.address("a"))
        service.stop()
        assigned(agent)
        assert later() == 0
        device.refresh_from_db()
        assert device.failures == 1 and device.error.startswith("refused")

    def test_that_leads_into_a_private_network_is_removed_unasked(self, agent, service, settings):
        a_device(agent, service.address("a"))
        assigned(agent)
        settings.CONNECT_PRIVATE_ALLOWED = []
        assert later() == 0 and service.asked == [] and not PushDevice.objects.exists()

    def test_at_a_service_that_the_operator_took_off_the_list_is_removed_unasked(self, agent, service, settings):
        a_device(agent, service.address("a"))
        assigned(agent)
        settings.PUSH_SERVICES = ["fcm.googleapis.com"]
        assert later() == 0 and service.asked == [] and not PushDevice.objects.exists()

    def test_is_not_asked_for_what_is_a_day_old(self, agent, service):
        a_device(agent, service.address("a"))
        assigned(agent)
        Notification.objects.update(push_at=timezone.now())
        spread_due()
        Push.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert later() == 0 and service.asked == [] and Push.objects.get().error == "too_old"

    def test_with_keys_that_went_bad_stops_no_other(self, agent, service):
        broken = a_device(agent, service.address("broken"))
        a_device(agent, service.address("there"))
        PushDevice.objects.filter(pk=broken.pk).update(p256dh="x")
        assigned(agent)
        assert later() == 1


class TestRows:
    def test_are_made_once_though_spreading_is_repeated(self, agent, service):
        a_device(agent, service.address("a"))
        assigned(agent)
        for _n in range(2):
            Notification.objects.update(push_at=timezone.now())
            spread_due()
        assert Push.objects.count() == 1

    def test_go_after_a_week(self, agent, service):
        a_device(agent, service.address("a"))
        assigned(agent)
        later()
        assert forget_old_pushes() == 0
        Push.objects.update(created_at=timezone.now() - timedelta(days=8))
        assert forget_old_pushes() == 1

    def test_settings_refuse_a_kind_that_one_has_not(self):
        with pytest.raises(Refused, match="no such kind") as refused:
            chooses(a_person(), pushed={"assigned": True})
        assert refused.value.field == "pushed"

    def test_settings_keep_what_differs_from_usual(self, agent):
        row = chooses(agent, pushed={"assigned": True, "team": True, "answer": False})
        assert row.pushed == {"team": True, "answer": False}
        assert chooses(agent).pushed == row.pushed  # who does not ask about pushes leaves them


@pytest.mark.django_db(transaction=True)
class TestSender:
    def test_killed_again_and_again_tells_each_device_of_every_ticket(self, service):
        agent = an_agent(a_team())
        browsers = {name: Browser() for name in ("one", "two")}
        for name, browser in browsers.items():
            a_device(agent, service.address(name), browser)
        colleague = an_agent()
        tickets = [a_ticket() for _n in range(12)]
        for ticket in tickets:
            assign(ticket, by=colleague, via="page", assignee=agent)
        deliver_waiting(1000)
        Notification.objects.update(push_at=timezone.now())
        kills = 0
        while kills < 4 and (
            Push.objects.filter(state="waiting").exists() or Notification.objects.filter(push_at__isnull=False).exists()
        ):
            workers = [
                Worker(
                    "servicedesk.notify.pushing", "send_waiting_pushes", CONNECT_PRIVATE_ALLOWED="localhost",
                    PUSH_SERVICES="localhost",
                )
                for _n in range(2)
            ]  # fmt: skip
            time.sleep(0.15)
            for worker in workers:
                worker.kill()
            kills += 1
        send_waiting_pushes(1000)
        assert kills and not Push.objects.exclude(state="sent").exists()
        for name, browser in browsers.items():
            told = [browser.says(asked) for asked in service.taken(name)]
            # What was taken just before a kill comes again, under the same tag.
            assert {each["body"] for each in told} == {ticket.number for ticket in tickets}
            assert len({each["tag"] for each in told}) == len(tickets)
            assert len(told) <= len(tickets) + 2 * kills


class TestClient:
    def test_takes_no_endless_answer(self, agent, service):
        device = a_device(agent, service.address("a"))
        service.says["a"] = answer(b"x" * 100_000, status="500 Oh")
        assigned(agent)
        assert later() == 0
        device.refresh_from_db()
        assert device.error.startswith("too_large") and http.MOST_BYTES > 64 * 1024
