"""The areas of the settings: what leads to each, for those who may open it, and what can be set there."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from django.apps import apps
from django.forms import ChoiceField, Field, Form, ModelChoiceField
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cmdb.forms import ItemForm, ServiceForm
from servicedesk.intake.forms import MailboxForm
from servicedesk.levels.calendar_forms import CalendarForm
from servicedesk.levels.rank_forms import AgreementForm, RankForm
from servicedesk.notify.texts import GROUPS as GROUPS_OF_TEXTS
from servicedesk.notify.texts import TEXTS
from servicedesk.people.forms import AbsenceForm, CompanyForm, DepartmentForm, ImportForm, PersonForm, TeamForm
from servicedesk.people.models import Language, User
from servicedesk.priorities.closing_forms import LABELS, REOPEN, fields_of
from servicedesk.tickets.models import Impact, Priority, Urgency
from servicedesk.tickets.workflow import TicketType

from .forms import RoundingForm
from .lists import CategoryForm, CauseCodeForm
from .macro_forms import MacroForm
from .major_settings import MajorSettingsForm
from .template_forms import TemplateForm


class Setting(NamedTuple):
    """One thing that can be set, where, and what there is to choose from."""

    label: str | Promise
    hint: str | Promise
    address: str
    choices: tuple[str | Promise, ...] = ()


class Area(NamedTuple):
    """`about` is what the audit log calls its objects, and `change` the right to change them when that is not the one
    to open the area. What can be set there are the fields of `forms`, and what `more` says beside them.
    """

    label: Promise
    hint: Promise
    icon: str
    page: str
    permission: str
    about: str = ""
    change: str = ""
    forms: tuple[type[Form], ...] = ()
    more: Callable[[], Iterable[Setting]] | None = None


def _cells() -> Iterable[Setting]:
    page = reverse("priorities:matrix")
    for impact in Impact:
        for urgency in Urgency:
            anchor = f"#id_grid_cell_{impact.value}_{urgency.value}"
            yield Setting(f"{impact.label} × {urgency.label}", _("Impact × urgency, per service too"), page + anchor)


def _targets() -> Iterable[Setting]:
    page = reverse("levels:ranks")
    for priority in Priority:
        for label in (_("First response"), pgettext_lazy("target", "Resolution")):
            yield Setting(f"{priority.label} {label}", _("Times until answer and solution"), page)


def _closing() -> Iterable[Setting]:
    page = reverse("priorities:closing")
    for kind in TicketType:
        for name in fields_of(kind):
            yield Setting(f"{kind.label}: {LABELS[name]}", "", f"{page}#id_closing_rules_{kind}_1_{name}")
        yield Setting(f"{kind.label}: {REOPEN}", "", f"{page}#id_closing_rules_{kind}_reopen")


def _texts() -> Iterable[Setting]:
    language = (get_language() or "")[:2]
    language = language if language in Language.values else Language.EN
    for key, text in TEXTS.items():
        yield Setting(text.label, GROUPS_OF_TEXTS[text.group], reverse("notify:text", args=[key, language]))


def _rating() -> Iterable[Setting]:
    """Its form stands further right, the words of its model do not."""
    page = reverse("surveys:rating-settings")
    model = apps.get_model("surveys", "RatingSettings")
    for field in model._meta.get_fields():
        if field.name != "id":
            yield Setting(field.verbose_name, "", f"{page}#id_rating_settings_{field.name}")


def _reports() -> Iterable[Setting]:
    page = _address("counting:settings")
    for label, anchor in (
        (_("Fiscal year begins in"), "first_month"),
        (pgettext_lazy("of a month", "Closing day"), "closing_day"),
        (_("Cost of an hour of work, in yen"), "hourly_rate"),
    ):
        yield Setting(label, "", f"{page}#id_report_settings_{anchor}")
    yield Setting(_("Targets of KPIs and their owners"), _("Monthly report"), _address("reports:targets"))


GROUPS: tuple[tuple[Promise, tuple[Area, ...]], ...] = (
    (
        _("How tickets are handled"),
        (
            Area(
                _("Priority matrix"),
                _("Impact × urgency, per service too"),
                "table",
                "priorities:matrix",
                "settings.change",
                about="priorities.matrixcell",
                more=_cells,
            ),
            Area(
                _("Calendars"),
                _("Business hours, holidays and closing days"),
                "calendar-event",
                "levels:calendars",
                "levels.see",
                about="levels.calendar",
                change="settings.change",
                forms=(CalendarForm,),
            ),
            Area(
                _("Ranks and targets"),
                _("Times until answer and solution"),
                "star",
                "levels:ranks",
                "levels.see",
                about="levels.rank",
                change="settings.change",
                forms=(RankForm,),
                more=_targets,
            ),
            Area(
                _("Closing rules"),
                _("Who closes, what is needed, and after how many days"),
                "circle-check",
                "priorities:closing",
                "settings.change",
                about="tickets.closingrule",
                more=_closing,
            ),
            Area(
                _("Levels of services"),
                _("Rank and calendar of each service"),
                "clock",
                "levels:service-levels",
                "settings.change",
                about="cmdb.service",
            ),
            Area(
                _("Agreements"),
                _("What teams and vendors have promised"),
                "clock-pause",
                "levels:agreements",
                "settings.change",
                about="levels.agreement",
                forms=(AgreementForm,),
            ),
            Area(
                _("Services"),
                _("Teams and contacts of each service"),
                "server",
                "cmdb:services",
                "services.change",
                about="cmdb.service",
                forms=(ServiceForm,),
            ),
            Area(
                _("Configuration items"),
                _("Devices and software, and who uses them"),
                "device-desktop",
                "cmdb:items",
                "items.see",
                about="cmdb.item",
                change="items.change",
                forms=(ItemForm,),
            ),
            Area(
                _("Business rules"),
                _("What happens by itself, and why"),
                "route",
                "escalation:rules",
                "rules.see",
                about="escalation.rule",
                change="rules.change",
            ),
            Area(
                _("Automation ledger"),
                _("Hours that rules, templates and forms saved"),
                "chart-bar",
                "escalation:savings",
                "savings.see",
                about="escalation.savingrate",
                change="settings.change",
            ),
            Area(
                _("Reports"),
                _("Fiscal year, closing day and the cost of an hour"),
                "chart-bar",
                "counting:settings",
                "reports.change",
                about="reports.reportsettings",
                more=_reports,
            ),
            Area(
                _("Reply templates"),
                _("Texts that are found by typing “/”"),
                "note",
                "desk:templates",
                "templates.see",
                about="desk.replytemplate",
                change="templates.change",
                forms=(TemplateForm,),
            ),
            Area(
                _("Macros"),
                _("Several steps at one press"),
                "bolt",
                "desk:macros",
                "macros.see",
                about="desk.macro",
                change="macros.change",
                forms=(MacroForm,),
            ),
            Area(
                _("Escalation directory"),
                _("Vendors, contracts, and who decides"),
                "lifebuoy",
                "directory:entries",
                "directory.see",
                about="directory.entry",
                change="directory.change",
            ),
            Area(
                _("Categories"),
                _("The tree that tickets are sorted by"),
                "folder",
                "desk:categories",
                "settings.change",
                about="tickets.category",
                forms=(CategoryForm,),
            ),
            Area(
                _("Cause codes"),
                _("Why incidents happen, in four groups"),
                "tags",
                "desk:cause-codes",
                "settings.change",
                about="incidents.causecode",
                forms=(CauseCodeForm,),
            ),
            Area(
                _("Major incidents"),
                _("When one is proposed, who is told of updates"),
                "flame",
                "desk:major-settings",
                "settings.change",
                about="incidents.majorsettings",
                forms=(MajorSettingsForm,),
            ),
            Area(
                _("Surveys"),
                _("The half-yearly survey, and what users and desk say"),
                "clipboard-list",
                "surveys:surveys",
                "surveys.see",
                about="surveys.survey",
                change="surveys.change",
            ),
            Area(
                _("Question after closing"),
                _("Who is asked how satisfied they were, and what is a low mark"),
                "star",
                "surveys:rating-settings",
                "settings.change",
                about="surveys.ratingsettings",
                more=_rating,
            ),
            Area(
                _("Months of work time"),
                _("Hours per month; close and reopen"),
                "calendar",
                "desk:work-months",
                "tickets.close_month",
                about="tickets.closedworkmonth",
            ),
            Area(
                _("Rounding of timers"),
                _("To how many minutes, and which way"),
                "hourglass",
                "desk:work-rounding",
                "settings.change",
                about="tickets.workrounding",
                forms=(RoundingForm,),
            ),
        ),
    ),
    (
        _("Window and mail"),
        (
            Area(
                _("Mailboxes"),
                _("Where mail comes in, with a test"),
                "mailbox",
                "intake:mailboxes",
                "settings.change",
                about="intake.mailbox",
                forms=(MailboxForm,),
            ),
            Area(
                _("Mail that needs a look"),
                _("Held, refused, not understood"),
                "mail-off",
                "intake:held",
                "mails.read",
            ),
            Area(
                _("Texts of mails"),
                _("Receipts, replies, notices, signatures"),
                "note",
                "notify:texts",
                "settings.change",
                about="notify.mailtext",
                more=_texts,
            ),
            Area(_("Outgoing mail"), _("What waits, what failed"), "mail-forward", "notify:outgoing", "mails.sent"),
            Area(
                _("Addresses that mail does not reach"),
                _("Since when, why, and what waits"),
                "alert-triangle",
                "notify:dead-addresses",
                "settings.change",
            ),
        ),
    ),
    (
        pgettext_lazy("group", "People"),
        (
            Area(
                _("People"),
                _("Who they are, their roles and absences"),
                "users",
                "people:people",
                "people.see",
                about="people.user",
                change="people.change",
                forms=(PersonForm,),
            ),
            Area(
                _("Absences"),
                _("Who is away, and who stands in"),
                "calendar-off",
                "people:absences",
                "people.see",
                forms=(AbsenceForm,),
            ),
            Area(
                _("Teams"),
                _("Tiers, leads and members"),
                "users-group",
                "people:teams",
                "people.change",
                about="people.team",
                forms=(TeamForm,),
            ),
            Area(
                _("Departments"),
                _("The tree of each company"),
                "sitemap",
                "people:departments",
                "people.change",
                about="people.department",
                forms=(DepartmentForm,),
            ),
            Area(
                _("Companies"),
                _("The companies of the group"),
                "building",
                "people:companies",
                "people.change",
                about="people.company",
                forms=(CompanyForm,),
            ),
            Area(
                _("Import and export"),
                _("People, departments and teams as files"),
                "file-spreadsheet",
                "people:imports",
                "people.change",
                about="people.importrun",
                forms=(ImportForm,),
            ),
            Area(
                _("Import of tickets"),
                _("From ServiceNow, CSV or Excel, with their past"),
                "database",
                "importers:imports",
                "tickets.import",
                about="importers.ticketimport",
            ),
        ),
    ),
    (
        _("Watching over it"),
        (Area(_("Audit log"), _("Who changed what; check of the chains"), "shield-check", "desk:audit", "audit.read"),),
    ),
)


def areas_of(user: User) -> list[tuple[Promise, list[dict]]]:
    """(group, [{label, hint, icon, url, page, area}]) of what the person may open; pages that do not exist are left
    out.
    """
    groups = []
    for label, areas in GROUPS:
        shown = [
            {"label": area.label, "hint": area.hint, "icon": area.icon, "url": url, "page": area.page, "area": area}
            for area in areas
            if user.may(area.permission) and (url := _address(area.page))
        ]
        if shown:
            groups.append((label, shown))
    return groups


def area_at(path: str) -> Area | None:
    """The area that the page with this path belongs to."""
    found = {url: area for _label, areas in GROUPS for area in areas if (url := _address(area.page))}
    return found.get(max((url for url in found if path.startswith(url)), key=len, default=""))


def settings_of(area: Area) -> list[Setting]:
    """Everything that can be set in an area, by the fields of its forms."""
    page = _address(area.page)
    fields = [field for form in area.forms for field in form.base_fields.values()]
    found = [Setting(field.label, field.help_text, page, _choices(field)) for field in fields if field.label]
    return [*found, *(area.more() if area.more else ())]


def _choices(field: Field) -> tuple[str | Promise, ...]:
    """What a form itself offers, without what is read from tables."""
    if not isinstance(field, ChoiceField) or isinstance(field, ModelChoiceField):
        return ()
    return tuple(label for _value, label in field.choices if not isinstance(label, list | tuple))


@cache
def _address(name: str) -> str:
    """Addresses stay while the process lives, and a settings page asks for all of them."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
