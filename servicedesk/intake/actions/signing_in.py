"""What a mailbox needs to sign in: its password, or the tokens of OAuth 2, which are kept and renewed here.

Tokens lie sealed in the mailbox's row, the access token too: whichever worker or listener is next uses it, so that one
hour costs one request and no two ask at the same time. That matters where a server replaces the refresh token with
every use and takes the use of an old one for theft.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.alone import alone
from servicedesk.web.errors import Refused

from .. import imap, oauth, seal
from ..models import Mailbox

log = logging.getLogger(__name__)

# The access token is renewed this long before its end, and still used when that fails.
EARLY = timedelta(minutes=5)
_LEAST = timedelta(seconds=20)
# As long as another process may take for it.
_WAIT = 40
_STORE_AGAIN = (0.5, 2, 5)  # seconds


def back_address() -> str:
    """Where browsers come back to from Microsoft and Google; the app that is registered there must name it."""
    return f"{settings.SITE_URL}{reverse('intake:mailbox-oauth')}"


def begin_sign_in(mailbox: Mailbox, *, by: User) -> tuple[str, dict[str, str]]:
    """Where to send the browser of somebody who signs in for a mailbox, and what their session must keep until they
    come back. Refuses a mailbox that does not sign in by OAuth 2.
    """
    check(by, "settings.change")
    if not mailbox.by_oauth:
        raise Refused(_("This mailbox signs in by a password."), code="wrong_state")
    state, verifier = oauth.new_secret(), oauth.new_secret()
    address = oauth.authorize_url(mailbox, state=state, verifier=verifier, back=back_address())
    return address, {"state": state, "verifier": verifier}


def finish_sign_in(mailbox: Mailbox, *, by: User, via: str, code: str, error: str, verifier: str) -> None:
    """Take what somebody came back with: a code, or the reason why there is none. Refuses with that reason. The mailbox
    is tried at once.
    """
    check(by, "settings.change")
    if not mailbox.by_oauth:
        raise Refused(_("This mailbox signs in by a password."), code="wrong_state")
    try:
        if error or not code:
            raise oauth.refusal(error)
        secret = _opened(mailbox.oauth_secret_box)
        tokens = oauth.exchange(mailbox, secret, code=code, verifier=verifier, back=back_address())
    except imap.Trouble as trouble:
        raise Refused(imap.sentence(str(trouble)), code=trouble.code) from None
    with transaction.atomic():
        asked = (mailbox.signs_in_by, mailbox.oauth_tenant, mailbox.oauth_client)
        mailbox.refresh_from_db(from_queryset=Mailbox.objects.select_for_update())
        if asked != (mailbox.signs_in_by, mailbox.oauth_tenant, mailbox.oauth_client):
            raise Refused(_("The mailbox was changed meanwhile. Sign in once more."), code="wrong_state")
        mailbox.oauth_refresh_box = seal.seal(tokens.refresh)
        mailbox.oauth_access_box, mailbox.oauth_access_until = seal.seal(tokens.access), _until(tokens)
        mailbox.oauth_at = mailbox.try_after = timezone.now()
        mailbox.failures, mailbox.last_error = 0, ""
        mailbox.save()
        audit(mailbox, "sign_in", by=by, via=via, label=mailbox.name, signs_in_by=mailbox.signs_in_by)


def credentials(mailbox: Mailbox) -> dict:
    """What `imap.Connection` needs to sign in. Raises Trouble."""
    if mailbox.by_oauth:
        return {"token": access_token(mailbox), "renew": renewer(mailbox)}
    try:
        return {"password": seal.unseal(mailbox.password_box)}
    except seal.Unreadable:
        raise imap.Trouble("sealed") from None


def renewer(mailbox: Mailbox) -> Callable[[str], str]:
    """For a server that refuses an access token before its time: gives another one, or the same when it is new."""

    def renew(refused: str) -> str:
        return access_token(mailbox, refused=refused)

    return renew


def access_token(mailbox: Mailbox, *, refused: str = "") -> str:
    """A token that is good for a while, other than `refused`. Raises Trouble; `sign_in` when a person must act."""
    until = time.monotonic() + _WAIT
    while True:
        if token := _kept(mailbox, EARLY, refused):
            return token
        with alone(f"sign in mailbox {mailbox.pk}") as first:
            if first:
                # Somebody may have been faster between the look and the lock.
                return _kept(mailbox, EARLY, refused) or _renewed(mailbox, refused)
        if time.monotonic() > until:
            raise imap.Trouble("sign_in_server", "timeout")
        time.sleep(0.2)


def _kept(mailbox: Mailbox, left: timedelta, refused: str) -> str:
    """The access token of the row when it is good for so long, else nothing."""
    mailbox.refresh_from_db(
        fields=["oauth_access_box", "oauth_access_until", "oauth_refresh_box", "oauth_secret_box", "oauth_client",
                "oauth_tenant", "signs_in_by"]
    )  # fmt: skip
    ends = mailbox.oauth_access_until
    if not mailbox.oauth_access_box or ends is None or ends - timezone.now() < left:
        return ""
    token = _opened(mailbox.oauth_access_box)
    return "" if token == refused else token


def _renewed(mailbox: Mailbox, refused: str) -> str:
    """Ask for new tokens and keep them. The row is committed before anything is done with them: from then on nobody
    finds the old refresh token, and until then it is what there is.
    """
    used = mailbox.oauth_refresh_box
    if not used:
        raise imap.Trouble("sign_in")
    try:
        tokens = oauth.refresh(mailbox, _opened(mailbox.oauth_secret_box), _opened(used))
    except imap.Trouble as trouble:
        if trouble.code == "sign_in_server" and (token := _kept(mailbox, _LEAST, refused)):
            log.warning("mailbox %s: %s; the present access token is still good", mailbox.pk, trouble)
            return token
        raise
    kept = {"oauth_access_box": seal.seal(tokens.access), "oauth_access_until": _until(tokens)}
    if tokens.refresh:
        kept["oauth_refresh_box"] = seal.seal(tokens.refresh)
    for seconds in (*_STORE_AGAIN, None):
        try:
            with transaction.atomic(durable=True):
                # Unless somebody signed in anew meanwhile: then theirs stay.
                Mailbox.objects.filter(pk=mailbox.pk, oauth_refresh_box=used).update(**kept)
            break
        except DatabaseError:
            # The server may know the old token no more: a short failure of the database must not cost the new one.
            if seconds is None:
                raise
            time.sleep(seconds)
    return tokens.access


def _until(tokens: oauth.Tokens) -> datetime:
    return timezone.now() + timedelta(seconds=tokens.seconds)


def _opened(box: str) -> str:
    try:
        return seal.unseal(box)
    except seal.Unreadable:
        raise imap.Trouble("sealed_sign_in") from None
