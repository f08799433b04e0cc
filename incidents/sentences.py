"""How the fields of an incident read on the time line."""

from django.utils.translation import gettext_lazy

from servicedesk.tickets.sentences import field

from .major import sentences as major  # noqa: F401 – states its own
from .models import CauseCode, Incident


@field("cause_code", gettext_lazy("cause code"))
def _cause_code(code, names):
    return str(names.row(CauseCode, code) or code) if code else str(gettext_lazy("none"))


@field("human_error", gettext_lazy("human error"))
def _human_error(value, names):
    return str(Incident.HumanError(value or "").label) if (value or "") in Incident.HumanError.values else str(value)


def _yes_no(value, names):
    return str(gettext_lazy("yes") if value else gettext_lazy("no"))


field("caused_by_change", gettext_lazy("caused by a change"))(_yes_no)
field("is_security", gettext_lazy("security incident"))(_yes_no)
