"""What operators and their monitoring ask: does the process live, can it work, what are the figures."""

import hmac
import os

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from kombu import Connection
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest, multiprocess
from prometheus_client import REGISTRY as PROCESS_REGISTRY

from servicedesk.intake.models import IncomingMail, Mailbox
from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets import scan
from servicedesk.tickets.models import OPEN, Heartbeat, Outbox, Ticket
from servicedesk.web.access import public

# Seconds after which a sign of life or a waiting row is a fault. Beat signs every 10 s, events go through every second.
BEAT_TOO_OLD = 60
OUTBOX_TOO_OLD = 120


@public("a load balancer asks without signing in; it learns that the process answers")
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all; touches neither database nor broker."""
    return HttpResponse("ok\n", content_type="text/plain")


@public("a load balancer asks without signing in; it learns names of parts and seconds, nothing of the desk")
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker, beat and event delivery work, else 503; says per part what is wrong."""
    parts = {"database": _database(), "broker": _broker()}
    if parts["database"]["ok"]:
        parts |= {"beat": _beat(), "outbox": _outbox()}
    ok = all(part["ok"] for part in parts.values())
    return JsonResponse({"ok": ok, "parts": parts}, status=200 if ok else 503)


def _database() -> dict:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return {"ok": False, "problem": "no connection"}
    return {"ok": True}


def _broker() -> dict:
    options = {"socket_connect_timeout": 1, "socket_timeout": 1}
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=1, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            if broker.transport.driver_type == "redis":
                broker.default_channel.client.ping()
    except Exception as error:  # noqa: BLE001 – every transport has errors of its own
        return {"ok": False, "problem": type(error).__name__}
    return {"ok": True}


def _beat() -> dict:
    at = Heartbeat.objects.filter(pk="beat").values_list("at", flat=True).first()
    if at is None:
        return {"ok": False, "problem": "has never run"}
    age = (timezone.now() - at).total_seconds()
    return {"ok": age < BEAT_TOO_OLD, "seconds_ago": round(age)}


def _outbox() -> dict:
    return {"ok": (age := _oldest_waiting()) < OUTBOX_TOO_OLD, "oldest_seconds": round(age)}


def _oldest_waiting() -> float:
    """Age in seconds of the oldest event that has not gone through its consumers; 0 when none waits."""
    oldest = Outbox.objects.order_by("event_id").values_list("created_at", flat=True).first()
    return max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0


@public("Prometheus asks with the token METRICS_TOKEN; without the right one the page does not exist")
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text form: those of the web processes and some of the desk.

    Asks for `Authorization: Bearer <METRICS_TOKEN>`. With several web processes set PROMETHEUS_MULTIPROC_DIR.
    """
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponseNotFound("Not found\n", content_type="text/plain")
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        processes = CollectorRegistry()
        multiprocess.MultiProcessCollector(processes)
    else:
        processes = PROCESS_REGISTRY
    body = generate_latest(processes) + generate_latest(_desk_figures())
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _desk_figures() -> CollectorRegistry:
    registry = CollectorRegistry()

    def gauge(name: str, meaning: str, value: float) -> None:
        Gauge(f"madoguchi_{name}", meaning, registry=registry).set(value)

    gauge("open_tickets", "Tickets that are not closed", Ticket.objects.filter(OPEN).count())
    gauge("outbox_waiting", "Events not yet delivered", Outbox.objects.count())
    gauge("outbox_oldest_seconds", "Age of the oldest undelivered event", _oldest_waiting())
    beat = Heartbeat.objects.filter(pk="beat").values_list("at", flat=True).first()
    gauge("beat_timestamp_seconds", "Last sign of life of beat and worker", beat.timestamp() if beat else 0)
    waiting_in = IncomingMail.objects.filter(state=IncomingMail.State.WAITING).count()
    gauge("incoming_mail_waiting", "Mails received and not yet read", waiting_in)
    waiting_out = (
        OutgoingMail.objects.filter(state=OutgoingMail.State.WAITING).exclude(error=OutgoingMail.QUIET).count()
    )
    gauge("outgoing_mail_waiting", "Mails not yet sent, but for those in their readers' quiet hours", waiting_out)
    if scan.is_on():
        gauge("virus_scanner_up", "Whether the virus scanner answers; without it no file is taken", not scan.ping())
    _mailbox_figures(registry)
    return registry


def _mailbox_figures(registry: CollectorRegistry) -> None:
    """Per fetched mailbox. Not in /readyz: a mail server elsewhere that is down must not take a web server out."""
    names = {
        "failures": "Times in a row that fetching failed",
        "last_ok_timestamp_seconds": "When fetching last worked",
        "missing_mails": "Mails on the server that the last comparison did not find in the ledger",
    }
    gauges = {
        name: Gauge(f"madoguchi_mailbox_{name}", text, ["mailbox"], registry=registry) for name, text in names.items()
    }
    for mailbox in Mailbox.objects.filter(kind=Mailbox.Kind.IMAP, is_active=True):
        worked = mailbox.last_ok_at.timestamp() if mailbox.last_ok_at else 0
        for name, value in zip(names, (mailbox.failures, worked, len(mailbox.missing)), strict=True):
            gauges[name].labels(mailbox.address).set(value)
