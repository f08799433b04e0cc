"""Setting up mailboxes."""

import re
import ssl
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from .. import seal
from ..models import IncomingMail, Mailbox
from ..oauth import PROVIDERS

SETTABLE = (
    "name", "address", "kind", "is_default", "host", "port", "security", "certificate", "user", "signs_in_by",
    "oauth_tenant", "oauth_client", "folder", "makes",
    "afterwards", "moves_to", "max_mb", "service", "team", "language", "accepts", "domains", "others",
    "trusted_servers", "needs_proof", "is_active",
)  # fmt: skip
# Other values of these mean another folder on another server: what was fetched there says nothing here.
_PLACE = frozenset({"kind", "host", "port", "user", "folder"})
# Other values of these make tokens of somebody else of them.
_SIGN_IN = frozenset({"signs_in_by", "oauth_tenant", "oauth_client"})
_is_domain = DomainNameValidator(accept_idna=True)


@transaction.atomic
def create_mailbox(
    *, by: User, via: str, password: str = "", client_secret: str = "", refresh_token: str = "", **fields: Any
) -> Mailbox:
    """Add a mailbox. `fields` are those of `SETTABLE`. Refuses what `change_mailbox` refuses."""
    check(by, "settings.change")
    mailbox = Mailbox(**_known(fields))
    _take_secrets(mailbox, password, client_secret, refresh_token)
    _examine(mailbox)
    mailbox.save()
    audit(mailbox, "create", by=by, via=via, label=mailbox.name, address=mailbox.address, kind=mailbox.kind)
    return mailbox


@transaction.atomic
def change_mailbox(
    mailbox: Mailbox, *, by: User, via: str, password: str = "", client_secret: str = "", refresh_token: str = "",
    **fields: Any,
) -> Mailbox:  # fmt: skip
    """Change a mailbox; an empty `password`, `client_secret` or `refresh_token` keeps the one it has. It is tried again
    at once. With another way to sign in, tenant or client the tokens go: they are of the old one.

    Refuses, with the field: an address that is taken or no address, a fetched mailbox without server, user name or
    password, OAuth 2 without client or tenant or encryption, a token that is none, a certificate that is none, moving
    without a folder, a limit above the desk's, domains that are none or missing, and asking for proof without naming a
    server that gives it.
    """
    check(by, "settings.change")
    mailbox.refresh_from_db(from_queryset=Mailbox.objects.select_for_update())
    changes: dict[str, list | None] = {}
    for name, value in _known(fields).items():
        before = getattr(mailbox, name)
        if before != value:
            changes[name] = [getattr(before, "code", before), getattr(value, "code", value)]
            setattr(mailbox, name, value)
    if _SIGN_IN & changes.keys():
        mailbox.oauth_refresh_box, mailbox.oauth_at = "", None
        mailbox.oauth_access_box, mailbox.oauth_access_until = "", None
    changes |= dict.fromkeys(_take_secrets(mailbox, password, client_secret, refresh_token))
    if "certificate" in changes:
        changes["certificate"] = None
    _examine(mailbox)
    if not changes:
        return mailbox
    if _PLACE & changes.keys():
        mailbox.uid_validity, mailbox.first_uid, mailbox.last_uid = None, None, 0
        mailbox.compared_at, mailbox.missing = None, []
        IncomingMail.objects.filter(mailbox=mailbox, uid__isnull=False).update(uid_validity=None, uid=None)
    mailbox.failures, mailbox.last_error, mailbox.try_after = 0, "", timezone.now()
    mailbox.save()
    audit(mailbox, "change", by=by, via=via, label=mailbox.name, changes=changes)
    return mailbox


def _take_secrets(mailbox: Mailbox, password: str, client_secret: str, refresh_token: str) -> list[str]:
    """Seal what was given; returns which it was."""
    client_secret, refresh_token = client_secret.strip(), refresh_token.strip()
    for name, given in (("client_secret", client_secret), ("refresh_token", refresh_token)):
        if not re.fullmatch(r"[\x21-\x7e]*", given):
            raise Refused(_("There are letters in it that cannot be right; copy it again."), field=name)
    if password:
        mailbox.password_box = seal.seal(password)
    if client_secret:
        mailbox.oauth_secret_box = seal.seal(client_secret)
    if refresh_token:
        mailbox.oauth_refresh_box, mailbox.oauth_at = seal.seal(refresh_token), timezone.now()
        mailbox.oauth_access_box, mailbox.oauth_access_until = "", None
    secrets = {"password": password, "client_secret": client_secret, "refresh_token": refresh_token}
    return [name for name, value in secrets.items() if value]


def _known(fields: dict) -> dict:
    unknown = set(fields) - set(SETTABLE)
    if unknown:
        raise LookupError(f"Not settable: {sorted(unknown)}")
    if "address" in fields:
        fields["address"] = fields["address"].strip().lower()
    for name in ("domains", "trusted_servers"):
        if name in fields:
            fields[name] = _words(fields[name])
    for name in ("moves_to", "oauth_tenant", "oauth_client"):
        if name in fields:
            fields[name] = fields[name].strip()
    return fields


def _words(typed: str) -> str:
    """A list as people write it (blanks, commas, a leading @) as it is kept: small letters, each once, by blanks."""
    words = (each.strip("@.") for each in re.split(r"[\s,;、，]+", typed.lower()))
    return " ".join(dict.fromkeys(each for each in words if each))


def _examine(mailbox: Mailbox) -> None:
    _examine_place(mailbox)
    _examine_senders(mailbox)
    if "+" in mailbox.address:
        raise Refused(_("Leave out the part from “+”; Madoguchi uses it for answers."), field="address")
    most = settings.MAIL_MAX_BYTES // 1024 // 1024
    if mailbox.max_mb and mailbox.max_mb > most:
        raise Refused(_("The desk takes at most %(most)d MB; the operator sets this.") % {"most": most}, field="max_mb")
    try:
        mailbox.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        if name == "__all__":
            raise Refused(_("Another mailbox has this address."), field="address") from None
        raise Refused(messages[0], field=name) from None


def _examine_place(mailbox: Mailbox) -> None:
    if mailbox.kind == Mailbox.Kind.IMAP:
        if mailbox.by_oauth:
            _examine_oauth(mailbox)
        for name in ("host", "user", "folder"):
            if not getattr(mailbox, name).strip():
                raise Refused(_("A mailbox that is fetched needs this."), field=name)
        if not mailbox.by_oauth and not mailbox.password_box:
            raise Refused(_("A mailbox that is fetched needs this."), field="password")
        if mailbox.afterwards == Mailbox.Afterwards.MOVE:
            if not mailbox.moves_to:
                raise Refused(_("Name the folder that mails are moved to."), field="moves_to")
            if mailbox.moves_to.lower() == mailbox.folder.strip().lower():
                raise Refused(_("This is the folder that mails are fetched from."), field="moves_to")
    if mailbox.certificate.strip():
        try:
            ssl.create_default_context(cadata=mailbox.certificate)
        except (ssl.SSLError, ValueError):
            raise Refused(_("This is no certificate in PEM form."), field="certificate") from None


def _examine_oauth(mailbox: Mailbox) -> None:
    """Whether somebody has signed in already is no condition: that happens on the page of the mailbox."""
    if not mailbox.host.strip():
        mailbox.host = PROVIDERS[Mailbox.SignsInBy(mailbox.signs_in_by)].host
    if mailbox.security == Mailbox.Security.NONE:
        raise Refused(_("A sign-in by OAuth 2 needs an encrypted connection."), field="security")
    if not re.fullmatch(r"[\x21-\x7e]+", mailbox.oauth_client):
        raise Refused(_("Enter the ID of the app that you registered."), field="oauth_client")
    if mailbox.signs_in_by == Mailbox.SignsInBy.MICROSOFT:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", mailbox.oauth_tenant):
            raise Refused(
                _("Enter the tenant: its ID, or a domain of it such as example.onmicrosoft.com."), field="oauth_tenant"
            )


def _examine_senders(mailbox: Mailbox) -> None:
    for name in ("domains", "trusted_servers"):
        for word in getattr(mailbox, name).split():
            try:
                _is_domain(word)
            except ValidationError:
                raise Refused(_("“%(word)s” is no name of a domain.") % {"word": word}, field=name) from None
    if mailbox.accepts == Mailbox.Accepts.DOMAINS and not mailbox.domains:
        raise Refused(_("Name the domains whose people may write."), field="domains")
    if mailbox.needs_proof and not mailbox.trusted_servers:
        raise Refused(_("Name the server whose check counts; without one nothing is proved."), field="trusted_servers")
