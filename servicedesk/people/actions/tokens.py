"""Personal tokens of the API."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused

from ..models import ApiToken, User
from ..rules import check
from .core import audit, refusal

MOST_TOKENS = 50


@transaction.atomic
def create_token(user: User, *, name: str, scopes: list[str], days: int, via: str) -> tuple[ApiToken, str]:
    """Make a personal token that lives `days` days (1 to 365); returns the row and the secret, which is shown once.

    Refuses unknown scopes, an end that is too far away, a scope beyond the person's own rights, and more than 50
    tokens.
    """
    check(user, "tokens.create")
    if not 1 <= days <= 365:
        raise Refused(_("A token lives for 1 to 365 days."), field="days")
    unknown = set(scopes) - set(ApiToken.Scope.values)
    if unknown or not scopes:
        raise Refused(_("Choose what the token may do."), field="scopes")
    if ApiToken.Scope.SETTINGS in scopes and not user.may("settings.change"):
        raise Refused(_("Only administrators may change settings, by token as well."), field="scopes")
    now = timezone.now()
    User.objects.select_for_update().get(pk=user.pk)
    if user.api_tokens.filter(revoked_at__isnull=True, expires_at__gt=now).count() >= MOST_TOKENS:
        raise Refused(_("You have 50 live tokens. Revoke one that you no longer need."))
    secret = ApiToken.new_secret()
    token = ApiToken(
        user=user,
        name=name,
        digest=ApiToken.hashed(secret),
        scopes=sorted(scopes),
        expires_at=now + timedelta(days=days),
    )
    try:
        token.full_clean(exclude=["digest"])
    except ValidationError as error:
        raise refusal(error) from None
    token.save()
    audit(token, "create_token", by=user, via=via, scopes=token.scopes, expires_at=token.expires_at)
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, by: User, via: str) -> None:
    """End a token at once; doing it again changes nothing."""
    check(by, "tokens.change", token)
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit(token, "revoke_token", by=by, via=via)


def note_token_used(token: ApiToken, now: datetime) -> None:
    """Remember the use and count it in its minute, in one statement; `token.calls` then says how many it has had."""
    minute = int(now.timestamp()) // 60
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE people_apitoken
            SET last_used_at = %s, minute = %s, calls = CASE WHEN minute = %s THEN calls + 1 ELSE 1 END
            WHERE id = %s RETURNING calls
            """,
            [now, minute, minute, token.pk],
        )
        token.calls = cursor.fetchone()[0]
