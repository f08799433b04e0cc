"""How the events of imported tickets read that no ticket of the desk itself has."""

from django.utils.translation import gettext as _

from servicedesk.tickets.sentences import sentence
from servicedesk.tickets.workflow import all_statuses


@sentence("set_status")
def _set_status(event, names):
    parts = {"who": names.who(event), "status": all_statuses().get(event.data.get("to"), event.data.get("to"))}
    if event.data.get("said"):
        parts["said"] = event.data["said"]
        return _("%(who)s set the status “%(status)s” (there: “%(said)s”).") % parts
    return _("%(who)s set the status “%(status)s”.") % parts


@sentence("import_again")
def _import_again(event, names):
    parts = {"who": names.who(event), "source": event.data.get("source", "")}
    return _("%(who)s imported this once more from %(source)s, with what was new there.") % parts
