"""The closing rules in the settings."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.web.access import needs
from servicedesk.web.errors import Refused
from servicedesk.web.pages import changed, page

from .closing_forms import ClosingRulesForm
from .closing_rules import all_reopening, all_rules, save_closing_rules


@needs("settings.change")
def closing_rules(request: HttpRequest) -> HttpResponse:
    """Who closes, what is needed, and after how many days what happens, per kind and priority."""
    form = ClosingRulesForm(request.POST or None, rules=all_rules(), reopening=all_reopening())
    if request.method == "POST" and form.is_valid():
        try:
            save_closing_rules(form.rules(), form.reopening(), by=request.user, via="page")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return changed(
                request, reverse("priorities:closing"), event=None, message=_("The closing rules were saved.")
            )
    return page(request, "priorities/closing.html", {"form": form}, status=form.status)
