"""Snoozing from a page: usual times by the business hours of the ticket, a free one, or until its requester writes."""

from datetime import datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from servicedesk.levels.hours import Hours
from servicedesk.levels.queries import hours_for
from servicedesk.priorities.business_days import next_business_day, opens_on
from servicedesk.tickets.actions import snooze, wake
from servicedesk.tickets.forms import PlainForm
from servicedesk.tickets.queries import get_ticket
from servicedesk.tickets.views.answers import verb_page
from servicedesk.web.access import needs
from servicedesk.web.formats import exact
from servicedesk.web.forms import ActionForm, TextField

REPLY, OTHER = "reply", "other"
_DAY = timedelta(days=1)


def usual_times(hours: Hours, now: datetime) -> list[tuple[str, str, datetime]]:
    """(name, label, moment): the next business morning, that of next week, and that in two weeks, as the calendar of
    the ticket has them; said in the reader's zone.
    """
    today = now.astimezone(hours.zone).date()
    monday = today + timedelta(days=7 - today.weekday())
    wanted = (
        ("morning", _("Next business morning"), today),
        ("week", _("Next week"), monday),
        ("fortnight", _("In two weeks"), monday + timedelta(days=7)),
    )
    found: list[tuple[str, str, datetime]] = []
    for name, label, day in wanted:
        opens = next_business_day(hours, day)
        if opens == today and opens_on(hours, opens) <= now:
            opens = next_business_day(hours, today + _DAY)
        if opens is not None and all(moment.date() != opens for _name, _label, moment in found):
            moment = opens_on(hours, opens)
            found.append((name, f"{label}: {exact(moment)}", moment))
    return found


class SnoozeForm(ActionForm):
    """Cleaned as `until`, a moment or None, and `reason`."""

    when = forms.ChoiceField(label=pgettext_lazy("snooze", "Until"), widget=forms.RadioSelect)
    at = forms.DateTimeField(
        label=gettext_lazy("Another time"), required=False, widget=forms.DateTimeInput,
        help_text=gettext_lazy("In your own time zone."),
    )  # fmt: skip
    reason = TextField(
        label=gettext_lazy("Why"), required=False, max_length=2000, help_text=gettext_lazy("Kept as an internal note.")
    )

    def __init__(self, *args, hours: Hours, **kwargs):
        super().__init__(*args, **kwargs)
        self._times = usual_times(hours, timezone.now())
        self.fields["when"].choices = [
            *((name, label) for name, label, _moment in self._times),
            (REPLY, _("Until the requester writes")),
            (OTHER, _("Another time")),
        ]
        self.fields["when"].initial = self.fields["when"].choices[0][0]
        self.fields["at"].widget.attrs["data-when"] = OTHER
        self.fields["reason"].widget.attrs["rows"] = 2

    def clean(self):
        data = super().clean()
        if "when" in data and "at" in data:
            if data["when"] == OTHER and data["at"] is None:
                raise ValidationError({"at": _("Write until when.")})
            data["until"] = {name: moment for name, _label, moment in self._times}.get(data["when"])
            if data["when"] == OTHER:
                data["until"] = data["at"]
        return data

    def refuse(self, refusal) -> None:
        refusal.field = {"until": "at"}.get(refusal.field, refusal.field)
        super().refuse(refusal)


@needs("tickets.work")
def snooze_ticket(request: HttpRequest, number: str) -> HttpResponse:
    """Until when, and why."""
    ticket = get_ticket(request.user, number)
    form = SnoozeForm(request.POST if request.method == "POST" else None, hours=hours_for(ticket))
    return verb_page(
        request,
        ticket,
        form,
        lambda data: snooze(ticket, by=request.user, via="page", until=data["until"], reason=data["reason"]),
        title=_("Snooze"),
        submit=_("Snooze"),
        message=_("%(number)s is snoozed.") % {"number": ticket.number},
        permission="tickets.snooze",
        undo=reverse("desk:wake", args=[ticket.number]),
        draft=f"snooze-{ticket.number}",
        explain="desk/_snooze.html",
    )


@needs("tickets.work")
@require_POST
def wake_ticket(request: HttpRequest, number: str) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        PlainForm(request.POST),
        lambda data: wake(ticket, by=request.user, via="page"),
        title=_("End the snooze"),
        submit=_("End the snooze"),
        message=_("%(number)s is back.") % {"number": ticket.number},
        permission="tickets.snooze",
    )
