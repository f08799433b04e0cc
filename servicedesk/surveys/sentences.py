"""How the events of ratings read."""

from django.utils.translation import gettext as _

from servicedesk.tickets.sentences import sentence


@sentence("rate")
def _rate(event, names):
    parts = {"who": names.who(event), "mark": event.data["mark"], "before": event.data.get("before")}
    if parts["before"] is not None:
        return _("%(who)s changed the rating from %(before)s to %(mark)s of 5.") % parts
    return _("%(who)s rated this with %(mark)s of 5.") % parts


@sentence("erase_rating_words")
def _erase(event, names):
    return _("%(who)s erased the words of a rating.") % {"who": names.who(event)}
