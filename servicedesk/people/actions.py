"""Writes on people, teams and rights. Every one leaves an entry in the audit log within its transaction."""

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused

from .chain import link
from .models import ApiToken, AuditEntry, User
from .rules import check

_AUDIT_LOCK = 0x6D616475


@transaction.atomic
def audit(obj: Model | None, verb: str, *, by: User | None, via: str, label: str = "", **data) -> AuditEntry:
    """Write one entry of the settings' audit log in the caller's transaction and chain it to the one before.

    `data` is JSON: usually `changes={field: [before, after]}`. Holds a transaction-wide lock so that the chain has one end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_AUDIT_LOCK])
    previous = AuditEntry.objects.order_by("-id").values_list("hash", flat=True).first() or ""
    entry = AuditEntry(
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        label=(label or str(obj or ""))[:200],
        verb=verb,
        by=by,
        via=via,
        data=data,
        at=timezone.now(),
        previous_hash=previous,
    )
    entry.hash = entry_hash(entry)
    entry.save()
    return entry


def entry_hash(entry: AuditEntry) -> str:
    """The hash that an entry must have, given its own fields and the hash before it."""
    return link(
        entry.previous_hash,
        {
            "object": [entry.object_type, entry.object_id, entry.label],
            "verb": entry.verb,
            "by": entry.by_id,
            "via": entry.via,
            "data": entry.data,
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        },
    )


@transaction.atomic
def create_token(user: User, *, name: str, scopes: list[str], days: int, via: str) -> tuple[ApiToken, str]:
    """Make a personal token that lives `days` days (1 to 365); returns the row and the secret, which is shown once.

    Refuses unknown scopes and an end that is too far away.
    """
    if not 1 <= days <= 365:
        raise Refused(_("A token lives for 1 to 365 days."), field="days")
    unknown = set(scopes) - set(ApiToken.Scope.values)
    if unknown or not scopes:
        raise Refused(_("Choose what the token may do."), field="scopes")
    secret = ApiToken.new_secret()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=ApiToken.hashed(secret),
        scopes=sorted(scopes),
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit(token, "create_token", by=user, via=via, scopes=token.scopes, expires_at=token.expires_at.isoformat())
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, by: User, via: str) -> None:
    """End a token at once; doing it again changes nothing."""
    check(by, "tokens.change", token)
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit(token, "revoke_token", by=by, via=via)


def note_token_used(token: ApiToken, now: datetime) -> None:
    """Remember the last use, at most once a minute, so that reading by API stays a read."""
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
