"""How what happens to a clock reads on the time line."""

from django.utils.translation import gettext as _

from servicedesk.tickets.sentences import moment, sentence

from .models import Clock


def _which(event) -> str:
    name = event.data["clock"]
    by = event.data.get("by")
    return by[1] if name == Clock.Kind.AGREEMENT and by else str(Clock.Kind(name).label)


@sentence("near_target")
def _near_target(event, names):
    return _("%(clock)s: %(percent)d%% of the target is used. Due: %(when)s.") % {
        "clock": _which(event),
        "percent": event.data["percent"],
        "when": moment(event.data["due_at"], names),
    }


@sentence("miss_target")
def _miss_target(event, names):
    return _("%(clock)s: the target was missed. It was due: %(when)s.") % {
        "clock": _which(event),
        "when": moment(event.data["due_at"], names),
    }
