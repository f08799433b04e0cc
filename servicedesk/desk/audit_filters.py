"""What the audit page is asked for, from the address."""

from datetime import datetime, time, timedelta

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.people.fields import PersonField
from servicedesk.people.models import AuditEntry, User
from servicedesk.people.queries import audit_entries
from servicedesk.tickets.models import TicketEvent
from servicedesk.tickets.queries import visible_tickets
from servicedesk.web.forms import ActionForm
from servicedesk.web.text import normalise

from .audit_words import SETTINGS_VERBS, TICKET_VERBS

VIAS = (
    ("", gettext_lazy("Anything")),
    ("page", gettext_lazy("Page")),
    ("api", gettext_lazy("API")),
    ("mail", gettext_lazy("E-mail")),
    ("phone", gettext_lazy("Phone")),
    ("command", gettext_lazy("Command")),
    ("rule", gettext_lazy("Rule")),
    ("system", gettext_lazy("The desk itself")),
)
# What settings entries are about, by the names of models.
OBJECTS = (
    ("", gettext_lazy("Anything")),
    ("people.user", gettext_lazy("People")),
    ("people.company", gettext_lazy("Companies")),
    ("people.department", gettext_lazy("Departments")),
    ("people.team", gettext_lazy("Teams")),
    ("people.apitoken", gettext_lazy("API tokens")),
    ("people.importrun", gettext_lazy("Imports")),
    ("cmdb.service", gettext_lazy("Services")),
    ("tickets.category", gettext_lazy("Categories")),
    ("incidents.causecode", gettext_lazy("Cause codes")),
    ("tickets.closedworkmonth", gettext_lazy("Months of work time")),
    ("tickets.workrounding", gettext_lazy("Rounding of timers")),
    ("priorities.matrixcell", gettext_lazy("Priority matrix")),
    ("priorities.prioritytarget", gettext_lazy("Priority targets")),  # of entries before there were ranks
    ("tickets.closingrule", gettext_lazy("Closing rules")),
    ("incidents.majorsettings", gettext_lazy("Major incidents")),
    ("directory.entry", gettext_lazy("Escalation directory")),
    ("directory.contract", gettext_lazy("Support contracts")),
    ("escalation.savingrate", gettext_lazy("Automation ledger")),
    ("surveys.ratingsettings", gettext_lazy("Question after closing")),
    ("surveys.survey", gettext_lazy("Surveys")),
    ("importers.ticketimport", gettext_lazy("Import of tickets")),
    ("reports.dependenceproposal", gettext_lazy("Proposals against person-dependence")),
    ("reports.reportsettings", gettext_lazy("Reports")),
    ("reports.target", gettext_lazy("Targets of KPIs")),
    ("reports.remark", gettext_lazy("Remarks on KPIs")),
    ("levels.calendar", gettext_lazy("Calendars")),
    ("levels.rank", gettext_lazy("Ranks and targets")),
    ("levels.agreement", gettext_lazy("Agreements")),
    ("intake.mailbox", gettext_lazy("Mailboxes")),
    ("intake.incomingmail", gettext_lazy("Incoming mails")),
    ("notify.outgoingmail", gettext_lazy("Outgoing mails")),
    ("desk.savedview", gettext_lazy("Views of teams")),
    ("desk.export", gettext_lazy("Exports")),
    ("people.job", gettext_lazy("Checks of the log")),
    ("cmdb.item", gettext_lazy("Configuration items")),
    ("desk.replytemplate", gettext_lazy("Reply templates")),
    ("desk.macro", gettext_lazy("Macros")),
    ("escalation.rule", gettext_lazy("Business rules")),
    ("notify.mailtext", gettext_lazy("Texts of mails")),
)
OBJECT_NAMES = dict(OBJECTS[1:])


class AuditFilter(ActionForm):
    who = PersonField(label=gettext_lazy("Who"), required=False, guests=True, help_text="")
    what = forms.ChoiceField(label=pgettext_lazy("audit", "What"), choices=OBJECTS, required=False)
    number = forms.CharField(label=gettext_lazy("Ticket or name"), max_length=120, required=False)
    object = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    verb = forms.ChoiceField(label=gettext_lazy("Verb"), required=False)
    via = forms.ChoiceField(label=gettext_lazy("Through"), choices=VIAS, required=False)
    since = forms.DateField(label=pgettext_lazy("day", "From"), required=False, widget=forms.DateInput)
    until = forms.DateField(label=pgettext_lazy("day", "Until"), required=False, widget=forms.DateInput)

    def __init__(self, data, *, asker: User, about_tickets: bool):
        super().__init__(data, auto_id="filter_%s")
        self.fields["who"].asker = asker
        verbs = TICKET_VERBS if about_tickets else SETTINGS_VERBS
        self.fields["verb"].choices = [("", gettext_lazy("Anything")), *verbs.items()]
        if about_tickets:
            del self.fields["what"], self.fields["object"]

    def entries(self) -> QuerySet[AuditEntry]:
        """Settings entries that fit, newest first. A filter that was not understood finds nothing."""
        rows = audit_entries()
        if not self.is_valid():
            return rows.none()
        asked = self.cleaned_data
        if asked["what"]:
            rows = rows.filter(object_type=asked["what"])
        if asked["object"]:
            rows = rows.filter(object_id=asked["object"])
        if asked["number"]:
            rows = rows.filter(Q(label__icontains=asked["number"]) | Q(object_id=asked["number"]))
        return self._common(rows)

    def only(self) -> str:
        """What the one object is called that the filter is for, by its newest entry; "" when it is for all."""
        if not self.is_valid() or not self.cleaned_data.get("object"):
            return ""
        asked = self.cleaned_data
        rows = audit_entries().filter(object_id=asked["object"])
        newest = (rows.filter(object_type=asked["what"]) if asked["what"] else rows).order_by("-id").first()
        return newest.label or asked["object"] if newest else asked["object"]

    def events(self, reader: User) -> QuerySet[TicketEvent]:
        """Events of tickets that the reader may see and that fit, newest first."""
        rows = TicketEvent.objects.select_related("by", "ticket")
        if not self.is_valid():
            return rows.none()
        asked = self.cleaned_data
        tickets = visible_tickets(reader)
        if asked["number"]:
            tickets = tickets.filter(number=normalise(asked["number"]).upper())
            rows = rows.filter(ticket__in=list(tickets.values_list("pk", flat=True)))
        else:
            rows = rows.filter(ticket__in=tickets)
        return self._common(rows)

    def _common(self, rows):
        asked = self.cleaned_data
        if asked["who"] is not None:
            rows = rows.filter(by=asked["who"])
        if asked["verb"]:
            rows = rows.filter(verb=asked["verb"])
        if asked["via"]:
            rows = rows.filter(via=asked["via"])
        if asked["since"]:
            rows = rows.filter(at__gte=_midnight(asked["since"]))
        if asked["until"]:
            rows = rows.filter(at__lt=_midnight(asked["until"] + timedelta(days=1)))
        return rows


def _midnight(day) -> datetime:
    """The beginning of a day in the reader's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))  # noqa: DTZ901 - made aware right here
