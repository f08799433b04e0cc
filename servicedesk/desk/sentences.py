"""Events of the desk in words."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.tickets.sentences import sentence


@sentence("resolve_children")
def _resolve_children(event, names):
    done, left = event.data.get("done", 0), event.data.get("left", 0)
    text = ngettext("%(done)d child was resolved with this.", "%(done)d children were resolved with this.", done)
    text %= {"done": done}
    if left:
        text += " " + ngettext("%(left)d was not.", "%(left)d were not.", left) % {"left": left}
    if event.by_id != names.reader.pk:
        return text
    return format_html('{} <a href="{}">{}</a>', text, reverse("desk:bulk", args=[event.data["bulk"]]), _("Result"))
