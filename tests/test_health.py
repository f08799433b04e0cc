"""What monitoring asks, when all is well and when it is not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk import health
from servicedesk.tickets.models import Heartbeat, Outbox
from servicedesk.tickets.tasks import note_beat
from tests.factories import a_ticket
from tests.intake.mails import a_mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker(monkeypatch):
    """A broker that answers; the real one is asked in the test of the whole desk."""
    monkeypatch.setattr(health, "_broker", lambda: {"ok": True})


class TestHealthz:
    def test_answers_without_database(self, client, django_assert_num_queries):
        with django_assert_num_queries(0):
            answer = client.get("/healthz")
        assert (answer.status_code, answer.content) == (200, b"ok\n")


class TestReadyz:
    def test_is_ready_when_all_parts_are(self, client, broker):
        note_beat()
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["parts"].keys() == {"database", "broker", "beat", "outbox"}

    def test_says_that_beat_never_ran_or_stopped(self, client, broker):
        assert client.get("/readyz").json()["parts"]["beat"] == {"ok": False, "problem": "has never run"}
        note_beat()
        Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=5))
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["parts"]["beat"] == {"ok": False, "seconds_ago": 300}

    def test_says_that_events_do_not_go_through(self, client, broker):
        note_beat()
        a_ticket()
        Outbox.objects.update(created_at=timezone.now() - timedelta(minutes=10))
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["parts"]["outbox"] == {"ok": False, "oldest_seconds": 600}

    def test_says_that_the_broker_is_gone(self, client, settings):
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        part = client.get("/readyz").json()["parts"]["broker"]
        assert part["ok"] is False and part["problem"]


class TestMetrics:
    def test_are_not_there_without_the_token(self, client, settings):
        assert client.get("/metrics").status_code == 404
        settings.METRICS_TOKEN = "a secret"
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404

    def test_count_what_is_open_and_what_waits(self, client, settings):
        settings.METRICS_TOKEN = "a secret"
        a_ticket()
        text = client.get("/metrics", headers={"Authorization": "Bearer a secret"}).content.decode()
        assert "madoguchi_open_tickets 1.0" in text
        assert "madoguchi_outbox_waiting 1.0" in text
        assert "django_http_requests_before_middlewares_total" in text

    def test_tell_how_each_fetched_mailbox_is(self, client, settings):
        settings.METRICS_TOKEN = "a secret"
        a_mailbox(kind="imap", failures=2, missing=[{"uid": 3, "at": ""}])
        a_mailbox(address="listener@desk.example.com")
        text = client.get("/metrics", headers={"Authorization": "Bearer a secret"}).content.decode()
        assert 'madoguchi_mailbox_failures{mailbox="desk@desk.example.com"} 2.0' in text
        assert 'madoguchi_mailbox_missing_mails{mailbox="desk@desk.example.com"} 1.0' in text
        assert 'madoguchi_mailbox_last_ok_timestamp_seconds{mailbox="desk@desk.example.com"} 0.0' in text
        assert "listener@" not in text
