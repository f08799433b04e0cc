"""What happens around every request, and what the log says about it."""

import json
import logging

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse, HttpResponseRedirect
from django.test import RequestFactory, override_settings
from django.utils import timezone, translation

from servicedesk.web import logs, middleware


class Person:
    is_authenticated = True
    pk = 12
    language = "en"
    time_zone = "America/New_York"


def ask(middleware_class, answer=None, user=None, path="/", **extra):
    seen = {}

    def respond(request):
        seen.update(
            language=translation.get_language(), zone=timezone.get_current_timezone_name(), meta=dict(request.META)
        )
        return answer or HttpResponse("ok")

    request = RequestFactory().get(path, **extra)
    request.user = user or AnonymousUser()
    response = middleware_class(respond)(request)
    timezone.deactivate()
    return response, seen


class TestRequestId:
    def test_every_answer_has_an_id_of_our_own(self):
        first, _ = ask(middleware.RequestId, headers={"X-Request-Id": "forged"})
        second, _ = ask(middleware.RequestId)
        assert len(first["X-Request-Id"]) == 16
        assert first["X-Request-Id"] not in ("forged", second["X-Request-Id"])

    def test_the_log_line_has_ids_and_route_but_no_path(self, caplog):
        with caplog.at_level(logging.INFO, "madoguchi.request"):
            ask(middleware.RequestId, path="/account/password/reset/key/1-secret/")
        record = caplog.records[-1]
        assert record.status == 200
        assert "secret" not in json.dumps(record.__dict__, default=str)

    def test_health_checks_are_not_logged(self, caplog):
        with caplog.at_level(logging.INFO, "madoguchi.request"):
            ask(middleware.RequestId, path="/healthz")
        assert caplog.records == []


class TestTrustedProxy:
    @override_settings(TRUSTED_PROXIES=[])
    def test_headers_of_strangers_are_dropped(self):
        _, seen = ask(
            middleware.TrustedProxy,
            headers={"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"},
            REMOTE_ADDR="9.9.9.9",
        )
        assert seen["meta"]["REMOTE_ADDR"] == "9.9.9.9"
        assert "HTTP_X_FORWARDED_FOR" not in seen["meta"]
        assert "HTTP_X_FORWARDED_PROTO" not in seen["meta"]

    @override_settings(TRUSTED_PROXIES=["10.0.0.0/8"])
    def test_a_trusted_proxy_names_the_client(self):
        _, seen = ask(
            middleware.TrustedProxy,
            headers={
                "X-Forwarded-For": "6.6.6.6, 1.2.3.4, 10.0.0.7",
                "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": "evil",
            },
            REMOTE_ADDR="10.0.0.5",
        )
        assert seen["meta"]["REMOTE_ADDR"] == "1.2.3.4"
        assert seen["meta"]["HTTP_X_FORWARDED_PROTO"] == "https"
        assert "HTTP_X_FORWARDED_HOST" not in seen["meta"]

    @override_settings(TRUSTED_PROXIES=["10.0.0.5", "unix"])
    def test_nonsense_and_sockets(self):
        _, seen = ask(middleware.TrustedProxy, headers={"X-Forwarded-For": "evil, <b>"}, REMOTE_ADDR="10.0.0.5")
        assert seen["meta"]["REMOTE_ADDR"] == "10.0.0.5"
        _, seen = ask(middleware.TrustedProxy, headers={"X-Forwarded-For": "1.2.3.4"}, REMOTE_ADDR="")
        assert seen["meta"]["REMOTE_ADDR"] == "1.2.3.4"


class TestLanguageAndZone:
    def test_of_the_person(self):
        response, seen = ask(middleware.LanguageAndZone, user=Person(), headers={"Accept-Language": "ja"})
        assert (seen["language"], seen["zone"]) == ("en", "America/New_York")
        assert response["Content-Language"] == "en"

    @pytest.mark.parametrize(("accepted", "language"), [("en-GB,en;q=0.9", "en"), ("ja", "ja"), ("fr", "ja")])
    def test_of_the_browser_for_strangers(self, accepted, language):
        response, seen = ask(middleware.LanguageAndZone, headers={"Accept-Language": accepted})
        assert seen["language"] == language
        assert "Accept-Language" in response["Vary"]

    def test_a_broken_zone_falls_back(self):
        person = Person()
        person.time_zone = "Mars/Base"
        _, seen = ask(middleware.LanguageAndZone, user=person)
        assert seen["zone"] == "Asia/Tokyo"

    def test_speaking_to_somebody_outside_of_a_request(self):
        with translation.override("ja"), middleware.speaking_to(Person()):
            assert (translation.get_language(), timezone.get_current_timezone_name()) == ("en", "America/New_York")


class TestHtmxLogin:
    HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/?v=1"}

    def test_a_lost_session_loads_the_sign_in_page(self):
        gate = HttpResponseRedirect("/account/login/?next=/desk/_queue/")
        response, _ = ask(middleware.HtmxLogin, gate, headers=self.HTMX)
        assert response.status_code == 401
        assert response["HX-Redirect"] == "/account/login/?next=%2Fdesk%2F%3Fv%3D1"

    def test_other_redirects_stay(self):
        response, _ = ask(middleware.HtmxLogin, HttpResponseRedirect("/desk/"), headers=self.HTMX)
        assert response.status_code == 302

    def test_plain_requests_stay(self):
        response, _ = ask(middleware.HtmxLogin, HttpResponseRedirect("/account/login/"))
        assert response.status_code == 302

    def test_pages_of_a_person_are_asked_for_again(self):
        response, _ = ask(middleware.HtmxLogin, user=Person())
        assert response["Cache-Control"] == "private, no-cache"
        assert "HX-Request" in response["Vary"]


class TestLogs:
    def record(self, **extra):
        record = logging.LogRecord("madoguchi", logging.INFO, __file__, 1, "mail sent", (), None)
        record.__dict__.update(extra)
        logs.Ids().filter(record)
        return json.loads(logs.JsonLines().format(record))

    def test_lines_are_json_with_the_ids_that_are_known(self):
        with logs.about(ticket_number="INC0000001", work_id="abc", user=Person()):
            line = self.record(rows=3)
        assert line["at"].endswith("+00:00")
        del line["at"]
        assert line == {
            "level": "INFO",
            "logger": "madoguchi",
            "message": "mail sent",
            "request_id": "abc",
            "user_id": "12",
            "ticket": "INC0000001",
            "rows": 3,
        }
        assert "ticket" not in self.record()

    def test_requests_are_not_written_out(self):
        assert "request" not in self.record(request=RequestFactory().get("/secret/"))
