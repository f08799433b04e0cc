"""Who gets issued reports: subscribers, wall pages, feeds."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import audit, refusal
from servicedesk.people.models import Language, User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from .models import ReportLink, Subscriber

Kind = ReportLink.Kind
MOST_DAYS = 366
_MOST_WALLS, _FEED_DAYS = 50, 366


@transaction.atomic
def subscribe(user: User, *, by: User, via: str) -> Subscriber:
    """Have somebody get each issued report by mail: oneself, or, as an administrator, anybody who may read reports.
    Doing it again changes nothing.
    """
    _check_for(user, by)
    if not user.is_active or not user.may("reports.see"):
        raise Refused(
            _("%(name)s may not read reports. Give them the role “report reader” first.") % {"name": user},
            field="user",
        )
    if not user.email:
        raise Refused(_("%(name)s has no e-mail address.") % {"name": user}, field="user")
    row, is_new = Subscriber.objects.get_or_create(user=user, defaults={"added_by": by})
    if is_new:
        audit(row, "subscribe_reports", by=by, via=via, label=str(user))
    return row


@transaction.atomic
def unsubscribe(user: User, *, by: User, via: str) -> None:
    """The other way round."""
    _check_for(user, by)
    row = Subscriber.objects.select_for_update().filter(user=user).first()
    if row is not None:
        audit(row, "unsubscribe_reports", by=by, via=via, label=str(user))
        row.delete()


def _check_for(user: User, by: User) -> None:
    check(by, "reports.see" if user.pk == by.pk else "reports.change")


@transaction.atomic
def create_wall(*, name: str, language: str, days: int, by: User, via: str) -> tuple[ReportLink, str]:
    """Make the address of a wall page that lives `days` days (1 to 366); returns the row and its secret, which is
    shown once. Refuses more than fifty.
    """
    check(by, "reports.change")
    if not 1 <= days <= MOST_DAYS:
        raise Refused(_("A link lives for 1 to %(most)d days.") % {"most": MOST_DAYS}, field="days")
    if language not in Language.values:
        raise Refused(_("Choose a language."), field="language")
    alive = ReportLink.objects.filter(kind=Kind.WALL, revoked_at=None, expires_at__gt=timezone.now())
    if alive.count() >= _MOST_WALLS:
        raise Refused(_("There are fifty wall pages. Revoke one that nobody needs."))
    return _create(Kind.WALL, name=name, language=language, days=days, by=by, via=via)


@transaction.atomic
def create_feed(*, by: User, via: str) -> tuple[ReportLink, str]:
    """Make the address of one's own feed of issued reports; one that was there ends. Returns it as `create_wall`."""
    check(by, "reports.see")
    User.objects.select_for_update().get(pk=by.pk)  # one at a time, or two would both stay
    for link in ReportLink.objects.filter(kind=Kind.FEED, owner=by, revoked_at=None):
        _revoke(link, by=by, via=via)
    return _create(Kind.FEED, name=_("Issued reports"), language=by.language, days=_FEED_DAYS, by=by, via=via)


def _create(kind: str, *, name: str, language: str, days: int, by: User, via: str) -> tuple[ReportLink, str]:
    secret, now = ReportLink.new_secret(), timezone.now()
    link = ReportLink(
        kind=kind, name=name.strip(), language=language, digest=ReportLink.hashed(secret), owner=by, created_at=now,
        expires_at=now + timedelta(days=days),
    )  # fmt: skip
    try:
        link.full_clean(exclude=["digest", "revoked_at"])
    except ValidationError as error:
        raise refusal(error) from None
    link.save(force_insert=True)
    audit(link, "create_report_link", by=by, via=via, kind=kind, expires_at=link.expires_at)
    return link, secret


@transaction.atomic
def revoke_link(link: ReportLink, *, by: User, via: str) -> None:
    """End a link at once; doing it again changes nothing. Wall pages are the administrators', a feed is its owner's."""
    check(by, "reports.change" if link.kind == Kind.WALL else "reports.see")
    if link.kind == Kind.FEED and link.owner_id != by.pk:
        check(by, "reports.change")
    _revoke(link, by=by, via=via)


def _revoke(link: ReportLink, *, by: User, via: str) -> None:
    if ReportLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit(link, "revoke_report_link", by=by, via=via)
