"""The way to all settings. Each app has its own pages; here stands what leads to them, for those who may."""

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from servicedesk.web.access import signed_in
from servicedesk.web.pages import page

# (group, [(label, what one does there, icon, name of the page, permission)]); pages that do not exist are left out.
LINKS = (
    (
        _("How tickets are handled"),
        (
            (
                _("Priority matrix"),
                _("Impact × urgency, per service too"),
                "table",
                "priorities:matrix",
                "settings.change",
            ),
            (
                _("Priority targets"),
                _("Times until answer and solution"),
                "clock",
                "priorities:targets",
                "settings.change",
            ),
            (_("Services"), _("Teams and contacts of each service"), "server", "cmdb:services", "settings.change"),
            (
                _("Categories"),
                _("The tree that tickets are sorted by"),
                "sitemap",
                "tickets:categories",
                "settings.change",
            ),
        ),
    ),
    (
        _("Window and mail"),
        (
            (_("Mailboxes"), _("Where mail comes in, with a test"), "mailbox", "intake:mailboxes", "settings.change"),
            (
                _("Mail that needs a look"),
                _("Held, refused, not understood"),
                "mail-off",
                "intake:held",
                "settings.change",
            ),
            (_("Outgoing mail"), _("What waits, what failed"), "mail-forward", "notify:outgoing", "settings.change"),
        ),
    ),
    (
        _("People"),
        (
            (_("People"), _("Accounts, roles, import and export"), "users", "people:people", "people.change"),
            (_("Teams"), _("Tiers, leads and members"), "users-group", "people:teams", "people.change"),
            (_("Departments"), _("The tree of each company"), "sitemap", "people:departments", "people.change"),
            (_("Companies"), _("The companies of the group"), "building", "people:companies", "people.change"),
            (_("Absences"), _("Who is away, and who stands in"), "calendar-off", "people:absences", "absences.change"),
        ),
    ),
    (
        _("Watching over it"),
        ((_("Audit log"), _("Who changed what; check of the chains"), "shield-check", "desk:audit", "audit.read"),),
    ),
)


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    groups = []
    for label, links in LINKS:
        shown = [
            {"label": name, "hint": hint, "icon": icon, "url": url}
            for name, hint, icon, url_name, permission in links
            if request.user.may(permission) and (url := _address(url_name))
        ]
        if shown:
            groups.append((label, shown))
    return page(request, "desk/settings.html", {"groups": groups})


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
