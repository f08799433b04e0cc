"""Browsers in which people allow pushes. A device lasts as long as the sign-in by which it was allowed; nothing tells
when that ends, so whoever sends compares the two tables."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people.actions import audit
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web import formats
from servicedesk.web.errors import Refused

from .models import PushDevice
from .queries import devices_of, live_devices
from .webpush import Keys, is_known


@transaction.atomic
def allow_device(
    *, endpoint: str, p256dh: str, auth: str, session: str, browser: str, by: User, via: str
) -> PushDevice:
    """Tell a person by the browser that they sit at. One sign-in has one device; a browser that somebody else had
    allowed before is from now on whose sign-in it is.

    Refuses when the desk has no key, a browser whose push service is not known or whose keys are none, and more devices
    than `MOST_EACH`.
    """
    check(by, "profile.change", by)
    if not settings.PUSH_KEY:
        raise Refused(_("This desk sends no notices to browsers."), code="no_push")
    if len(endpoint) > 1000 or not is_known(endpoint):
        raise Refused(
            _("The desk does not know the push service of this browser. The operator can add it (PUSH_SERVICES)."),
            field="endpoint",
        )
    try:
        Keys.of(p256dh, auth)
    except ValueError:
        raise Refused(_("The browser's keys are not understood. Try it again."), field="p256dh") from None
    User.objects.select_for_update().only("pk").get(pk=by.pk)  # two browsers at once: both are counted
    PushDevice.objects.filter(person=by, session=session).exclude(endpoint=endpoint).delete()
    PushDevice.objects.filter(endpoint=endpoint).exclude(person=by).delete()
    if devices_of(by).exclude(endpoint=endpoint).count() >= PushDevice.MOST_EACH:
        raise Refused(
            _("You have allowed this on %(count)d devices, which is the most. Remove one first.")
            % {"count": PushDevice.MOST_EACH},
            code="too_many",
        )
    device, created = PushDevice.objects.update_or_create(
        endpoint=endpoint,
        defaults={
            "person": by,
            "session": session,
            "p256dh": p256dh,
            "auth": auth,
            "browser": browser[:300],
            "failures": 0,
            "try_after": timezone.now(),
            "error": "",
        },
    )
    if created:
        audit(by, "allow_device", by=by, via=via, changes={"device": [None, formats.device(device.browser)]})
    return device


@transaction.atomic
def remove_device(device: PushDevice, *, by: User, via: str) -> None:
    """Tell the person by this browser no more."""
    check(by, "profile.change", device.person)
    audit(device.person, "remove_device", by=by, via=via, changes={"device": [formats.device(device.browser), None]})
    device.delete()


def forget_ended() -> int:
    """Delete the devices whose sign-in is over; returns how many."""
    _rows, kinds = PushDevice.objects.exclude(pk__in=live_devices().order_by().values("pk")).delete()
    return kinds.get(PushDevice._meta.label, 0)
