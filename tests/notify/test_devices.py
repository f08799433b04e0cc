"""Browsers that people allow to tell them: whose they are, how long, and what is refused."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from servicedesk.notify.devices import allow_device, forget_ended, remove_device
from servicedesk.notify.models import PushDevice
from servicedesk.notify.queries import devices_of, is_signed_in
from servicedesk.notify.webpush import check_key, public_key
from servicedesk.people.actions import deactivate_person
from servicedesk.people.models import AuditEntry
from servicedesk.web.errors import Refused
from tests.factories import a_person, again, an_administrator, an_agent

from .pushes import Browser, a_device, a_session

pytestmark = pytest.mark.django_db
ADDRESS = "https://fcm.googleapis.com/fcm/send/one"
FORM = {"endpoint": ADDRESS, **Browser().keys}


class TestAllowing:
    def test_keeps_the_device_and_says_so_in_the_log(self):
        agent = an_agent()
        device = a_device(agent)
        assert list(devices_of(agent)) == [device] and is_signed_in(device)
        entry = AuditEntry.objects.get(verb="allow_device")
        assert entry.by == agent and entry.data["changes"]["device"] == [None, "Firefox · Linux"]

    def test_again_on_the_same_device_takes_the_new_keys_and_makes_no_second(self):
        agent, client = an_agent(), None
        client = a_session(agent)
        a_device(agent, ADDRESS, client=client)
        PushDevice.objects.update(failures=7, error="HTTP 503")
        device = a_device(agent, ADDRESS, client=client)
        assert PushDevice.objects.get() == device and (device.failures, device.error) == (0, "")
        assert AuditEntry.objects.filter(verb="allow_device").count() == 1

    def test_a_sign_in_has_one_device(self):
        agent = an_agent()
        client = a_session(agent)
        a_device(agent, ADDRESS, client=client)
        a_device(agent, ADDRESS + "-new", client=client)
        assert [device.endpoint for device in devices_of(agent)] == [ADDRESS + "-new"]

    def test_of_a_browser_that_somebody_else_had_takes_it_from_them(self):
        before, after = an_agent(), an_agent()
        a_device(before, ADDRESS)
        device = a_device(after, ADDRESS)
        assert PushDevice.objects.get() == device and device.person == after
        assert not devices_of(before).exists()

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"endpoint": "https://10.0.0.1/push"}, "endpoint"),
            ({"endpoint": "https://fcm.googleapis.com.evil.example/x"}, "endpoint"),
            ({"endpoint": "https://evil-push.apple.com.example/x"}, "endpoint"),
            ({"endpoint": "https://fcm.googleapis.com@evil.example/x"}, "endpoint"),
            ({"endpoint": "http://fcm.googleapis.com/x"}, "endpoint"),
            ({"endpoint": "https://["}, "endpoint"),
            ({"endpoint": "https://evil.example\\@fcm.googleapis.com/x"}, "endpoint"),
            ({"endpoint": "https://fcm.googleapis.com\t.evil.example/x"}, "endpoint"),
            ({"endpoint": "https://fcm.googleapis.com/x\\y"}, "endpoint"),
            ({"endpoint": ADDRESS + "x" * 1000}, "endpoint"),
            ({"p256dh": "nonsense!"}, "p256dh"),
            ({"p256dh": "BAAA"}, "p256dh"),
            ({"auth": "c2hvcnQ"}, "p256dh"),
        ],
    )
    def test_refuses_what_is_no_browser(self, given, field):
        with pytest.raises(Refused) as refused:
            allow_device(**FORM | given, session="s", browser="x", by=an_agent(), via="page")
        assert refused.value.field == field and not PushDevice.objects.exists()

    @pytest.mark.parametrize(
        "host",
        [
            "updates.push.services.mozilla.com",
            "web.push.apple.com",
            "wns2-by3p.notify.windows.com",
            "fcm.googleapis.com",
        ],
    )
    def test_knows_the_services_of_the_usual_browsers(self, host):
        assert a_device(an_agent(), f"https://{host}/x").pk

    def test_refuses_more_than_the_most_and_counts_none_whose_sign_in_is_over(self):
        agent = an_agent()
        clients = [a_session(agent) for _n in range(PushDevice.MOST_EACH)]
        for client in clients:
            a_device(agent, client=client)
        with pytest.raises(Refused, match="Remove one first"):
            a_device(agent)
        clients[0].logout()
        assert a_device(agent).pk

    def test_refuses_without_a_key(self, settings):
        settings.PUSH_KEY = ""
        with pytest.raises(Refused, match="sends no notices"):
            a_device(an_agent())


class TestTheEnd:
    @pytest.fixture
    def agent(self):
        return an_agent(password="correct horse battery")

    def test_is_sign_out(self, agent):
        client = a_session(agent)
        other = a_device(agent)
        device = a_device(agent, client=client)
        client.post("/account/logout/")
        assert not is_signed_in(device) and list(devices_of(agent)) == [other]
        assert forget_ended() == 1 and PushDevice.objects.get() == other

    def test_is_the_time_of_the_sign_in(self, agent):
        device = a_device(agent)
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        assert not is_signed_in(device) and forget_ended() == 1

    def test_is_a_new_password(self, agent):
        device = a_device(agent)
        agent.set_password("another horse battery")
        agent.save()
        device.refresh_from_db()
        assert not is_signed_in(PushDevice.objects.get())

    def test_is_leaving(self, agent):
        a_device(agent)
        deactivate_person(agent, by=an_administrator(), via="page")
        assert forget_ended() == 1

    def test_is_another_person_in_the_same_session(self, agent):
        device = a_device(agent)
        other = an_agent()
        device.person = other
        assert not is_signed_in(device)

    def test_is_removing_it(self, agent):
        device = a_device(agent)
        remove_device(device, by=agent, via="page")
        assert not PushDevice.objects.exists() and AuditEntry.objects.filter(verb="remove_device").exists()

    def test_is_nobody_elses_to_remove(self, agent):
        with pytest.raises(PermissionDenied):
            remove_device(a_device(agent), by=an_administrator(), via="page")


class TestKey:
    def test_is_what_browsers_are_given(self):
        assert len(public_key()) == 87 and check_key(None) == []

    @pytest.mark.parametrize("wrong", ["short", "A" * 43, "not base64 at all !!"])
    def test_that_is_none_is_told_at_the_start(self, settings, wrong):
        settings.PUSH_KEY = wrong
        (error,) = check_key(None)
        assert error.id == "notify.E002" and wrong not in str(error)

    def test_may_be_missing(self, settings):
        settings.PUSH_KEY = ""
        assert check_key(None) == []


class TestPage:
    def test_offers_it_and_lists_ones_devices(self, visit):
        agent = an_agent()
        client = visit(agent)
        html = client.get("/me/notices/").content.decode()
        assert f'data-key="{public_key()}"' in html and 'data-push=""' in html and "Devices that are told" not in html
        a_device(agent, ADDRESS, client=client)
        PushDevice.objects.update(failures=2)
        a_device(an_agent())
        html = client.get("/me/notices/").content.decode()
        assert html.count("Firefox · Linux</span>") == 1 + 1  # the name, and what the button is about
        assert 'data-push="here"' in html and "This device" in html and "does not answer at the moment" in html
        assert ADDRESS not in html

    def test_offers_nothing_without_a_key(self, visit, settings):
        settings.PUSH_KEY = ""
        html = visit(an_agent()).get("/me/notices/").content.decode()
        assert "data-push" not in html and "push.js" not in html and "push_assigned" not in html

    def test_takes_what_the_browser_says(self, visit):
        agent = an_agent()
        client = visit(agent)
        answer = client.post("/me/devices/allow/", FORM, headers={"User-Agent": "Mozilla/5.0 Firefox/1"}, follow=True)
        assert "Notices now come to this device." in answer.content.decode()
        device = PushDevice.objects.get()
        assert (device.person, device.session, device.browser) == (
            agent,
            client.session.session_key,
            "Mozilla/5.0 Firefox/1",
        )

    def test_says_why_not(self, visit):
        answer = visit(an_agent()).post(
            "/me/devices/allow/", FORM | {"endpoint": "https://intranet.example.com/"}, follow=True
        )
        assert "does not know the push service" in answer.content.decode() and not PushDevice.objects.exists()

    def test_asks_for_the_token_of_the_form(self):
        agent = an_agent()
        client = Client(enforce_csrf_checks=True)
        client.force_login(agent)
        assert client.post("/me/devices/allow/", FORM).status_code == 403

    def test_removes_ones_own_alone(self, visit):
        agent = an_agent()
        own, others = a_device(agent), a_device(an_agent())
        client = visit(agent)
        assert client.post(f"/me/devices/{others.pk}/remove/").status_code == 404
        assert client.post(f"/me/devices/{own.pk}/remove/").status_code == 303
        assert PushDevice.objects.get() == others

    def test_costs_no_query_more_for_more_devices(
        self, visit, django_assert_num_queries, django_assert_max_num_queries
    ):
        agent = an_agent()
        client = visit(agent)
        a_device(agent)
        client.get("/me/notices/")
        with django_assert_max_num_queries(30) as one:
            client.get("/me/notices/")
        a_device(agent)
        a_device(agent)
        with django_assert_num_queries(len(one)):
            client.get("/me/notices/")


class TestWorker:
    def test_is_a_script_at_the_root_that_may_load_nothing(self, client):
        answer = client.get("/push-worker.js")
        assert answer.status_code == 200 and answer["Content-Type"] == "text/javascript; charset=utf-8"
        assert "no-cache" in answer["Cache-Control"] and answer["X-Content-Type-Options"] == "nosniff"
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'none'" in policy

    def test_keeps_no_pages(self, client):
        script = client.get("/push-worker.js").content.decode()
        assert "fetch" not in script and "caches" not in script

    def test_is_for_staff_as_for_everybody(self, visit):
        assert visit(again(a_person())).get("/push-worker.js").status_code == 200
