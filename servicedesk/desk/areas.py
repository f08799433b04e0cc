"""The areas of the settings: what leads to each, for those who may open it."""

from typing import NamedTuple

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicedesk.people.models import User


class Area(NamedTuple):
    label: Promise
    hint: Promise
    icon: str
    page: str
    permission: str


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
            ),
            Area(
                _("Priority targets"),
                _("Times until answer and solution"),
                "clock",
                "priorities:targets",
                "settings.change",
            ),
            Area(_("Services"), _("Teams and contacts of each service"), "server", "cmdb:services", "services.change"),
            Area(
                _("Configuration items"),
                _("Devices and software, and who uses them"),
                "device-desktop",
                "cmdb:items",
                "items.see",
            ),
            Area(
                _("Reply templates"),
                _("Texts that are found by typing “/”"),
                "note",
                "desk:templates",
                "templates.see",
            ),
            Area(
                _("Macros"),
                _("Several steps at one press"),
                "bolt",
                "desk:macros",
                "macros.see",
            ),
            Area(
                _("Categories"),
                _("The tree that tickets are sorted by"),
                "folder",
                "desk:categories",
                "settings.change",
            ),
            Area(
                _("Cause codes"),
                _("Why incidents happen, in four groups"),
                "tags",
                "desk:cause-codes",
                "settings.change",
            ),
            Area(
                _("Months of work time"),
                _("Hours per month; close and reopen"),
                "calendar",
                "desk:work-months",
                "tickets.close_month",
            ),
            Area(
                _("Rounding of timers"),
                _("To how many minutes, and which way"),
                "hourglass",
                "desk:work-rounding",
                "settings.change",
            ),
        ),
    ),
    (
        _("Window and mail"),
        (
            Area(
                _("Mailboxes"), _("Where mail comes in, with a test"), "mailbox", "intake:mailboxes", "settings.change"
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
            Area(_("People"), _("Who they are, their roles and absences"), "users", "people:people", "people.see"),
            Area(_("Absences"), _("Who is away, and who stands in"), "calendar-off", "people:absences", "people.see"),
            Area(_("Teams"), _("Tiers, leads and members"), "users-group", "people:teams", "people.change"),
            Area(_("Departments"), _("The tree of each company"), "sitemap", "people:departments", "people.change"),
            Area(_("Companies"), _("The companies of the group"), "building", "people:companies", "people.change"),
            Area(
                _("Import and export"),
                _("People, departments and teams as files"),
                "file-spreadsheet",
                "people:imports",
                "people.change",
            ),
        ),
    ),
    (
        _("Watching over it"),
        (Area(_("Audit log"), _("Who changed what; check of the chains"), "shield-check", "desk:audit", "audit.read"),),
    ),
)


def areas_of(user: User) -> list[tuple[Promise, list[dict]]]:
    """(group, [{label, hint, icon, url, page}]) of what the person may open; pages that do not exist are left out."""
    groups = []
    for label, areas in GROUPS:
        shown = [
            {"label": area.label, "hint": area.hint, "icon": area.icon, "url": url, "page": area.page}
            for area in areas
            if user.may(area.permission) and (url := _address(area.page))
        ]
        if shown:
            groups.append((label, shown))
    return groups


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
