"""Calls of other systems: rows that are sent and retried, each body signed with the secret of its rule.

The signature is `sha256=` and the HMAC-SHA256 of the moment in the header X-Madoguchi-Timestamp, a dot and the body.
"""

import hashlib
import hmac
import json
import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from servicedesk.connectors.http import Trouble, send
from servicedesk.tickets.models import Ticket
from servicedesk.web.logs import about

from .models import Rule, WebhookCall

log = logging.getLogger(__name__)
State = WebhookCall.State
MOST_ATTEMPTS = 12  # about a day and a half
_LONGEST_PAUSE = timedelta(hours=6)
# Trouble that another try does not mend.
_FOR_GOOD = {"address", "userinfo", "private", "redirected"}
KEPT_FOR = timedelta(days=30)


def body_of(rule: Rule, ticket: Ticket) -> str:
    """What the other system is told: never words of people."""
    return json.dumps(
        {
            "rule": {"id": rule.pk, "name": rule.name, "version": rule.version},
            "ticket": {
                "number": ticket.number,
                "type": ticket.type,
                "status": ticket.status,
                "priority": f"P{ticket.priority}",
                "team": ticket.team.code if ticket.team else None,
                "service": ticket.service.code if ticket.service else None,
                "url": settings.SITE_URL + reverse("tickets:detail", args=[ticket.number]),
            },
            "at": timezone.now().isoformat(timespec="seconds"),
        },
        ensure_ascii=False,
    )


def signature(secret: str, moment: str, body: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()


def send_waiting(limit: int = 50) -> int:
    """Send what is due, oldest first; returns how many were tried. One transaction each: a killed process sends one
    again, with the same X-Madoguchi-Delivery.
    """
    return sum(1 for _turn in range(limit) if _send_next())


@transaction.atomic
def _send_next() -> bool:
    call = (
        WebhookCall.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("rule")
        .filter(state=State.WAITING, try_after__lte=timezone.now())
        .order_by("try_after", "id")
        .first()
    )
    if call is None:
        return False
    moment = str(int(timezone.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-Madoguchi-Delivery": str(call.pk),
        "X-Madoguchi-Timestamp": moment,
        "X-Madoguchi-Signature": signature(call.rule.webhook_secret, moment, call.body),
    }
    call.attempts += 1
    with about(work_id=f"webhook-{call.pk}"):
        try:
            answer = send("POST", call.url, headers=headers, content=call.body.encode(), seconds=20, most_bytes=65536)
        except Trouble as trouble:
            _put_off(call, str(trouble), for_good=trouble.code in _FOR_GOOD)
        else:
            call.status = answer.status
            if 200 <= answer.status < 300:
                call.state, call.error, call.sent_at = State.SENT, "", timezone.now()
                call.save()
            else:
                _put_off(call, f"HTTP {answer.status}", for_good=answer.status in (400, 401, 403, 404, 405, 410))
    return True


def _put_off(call: WebhookCall, error: str, *, for_good: bool) -> None:
    call.error = error[:2000]
    if for_good or call.attempts >= MOST_ATTEMPTS:
        call.state = State.FAILED
        log.warning("the call was given up: %s", call.error)
    else:
        call.try_after = timezone.now() + min(timedelta(seconds=15 * 2**call.attempts), _LONGEST_PAUSE)
    call.save()


def forget_old_calls() -> None:
    WebhookCall.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).exclude(state=State.WAITING).delete()
