"""How the events of what is taken outside read."""

from django.utils.translation import gettext as _

from servicedesk.tickets.sentences import sentence


@sentence("escalate_outside")
def _escalate_outside(event, names):
    contract, reference = event.data.get("contract"), event.data.get("reference")
    parts = {"who": names.who(event), "entry": event.data["entry"][1]}
    said = _("%(who)s took this outside: %(entry)s.") % parts
    if contract:
        said += " " + _("Contract %(number)s.") % {"number": contract[1]}
    if reference:
        said += " " + _("Their number: %(number)s.") % {"number": reference}
    return said


@sentence("amend_escalation_outside")
def _amend(event, names):
    parts = {"who": names.who(event), "entry": event.data["entry"][1]}
    reference = event.data.get("changes", {}).get("reference")
    if reference and reference[1]:
        return _("%(who)s noted the number at %(entry)s: %(number)s.") % (parts | {"number": reference[1]})
    return _("%(who)s changed what is noted of the escalation to %(entry)s.") % parts


@sentence("undo_escalation_outside")
def _undo(event, names):
    parts = {"who": names.who(event), "entry": event.data["entry"][1]}
    return _("%(who)s took the escalation to %(entry)s back.") % parts
