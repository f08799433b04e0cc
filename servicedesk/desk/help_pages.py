"""The help inside the product: Markdown in both languages under templates/help/, by role, with a search by words."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from servicedesk.web import formats
from servicedesk.web.access import public
from servicedesk.web.errors import NotFound
from servicedesk.web.pages import page
from servicedesk.web.text import search_key

FOLDER = Path(settings.BASE_DIR) / "templates" / "help"
LANGUAGES = ("ja", "en")
GROUPS: tuple[tuple[str, Promise, tuple[str, ...]], ...] = (
    ("staff", _("For everybody"), ("asking", "my-requests", "mail", "sign-in", "your-details")),
    (
        "agents",
        _("For those who work at the desk"),
        (
            "queue", "ticket", "replying", "priority", "major-incidents", "escalation", "directory", "phone",
            "confidential", "search", "keyboard",
        ),
    ),
    (
        "leads",
        _("For leads and managers"),
        ("leading", "department", "satisfaction", "reports", "targets", "issued-reports", "person-dependence"),
    ),
    (
        "administrators",
        _("For administrators"),
        (
            "first-steps", "people", "imports", "roles", "services", "items", "matrix", "levels", "rules", "savings",
            "surveys", "mailboxes", "mail-texts", "api", "audit", "backup",
        ),
    ),
)  # fmt: skip
SLUGS = tuple(slug for _name, _label, slugs in GROUPS for slug in slugs)
# Which page helps on which address: by name of the address, else by the beginning of the path; else the index.
HELP_FOR_VIEW = {
    "desk:home": "asking",
    "intake:new": "asking",
    "intake:sent": "asking",
    "desk:my-tickets": "my-requests",
    "desk:queue": "queue",
    "desk:search": "search",
    "desk:outage": "asking",
    "desk:proposals": "major-incidents",
    "desk:major-settings": "major-incidents",
    "incidents:actions": "major-incidents",
    **dict.fromkeys(
        (f"incidents:{name}" for name in ("major", "declare_major", "major_report", "post_mortem")), "major-incidents"
    ),
    "desk:new-ticket": "phone",
    "desk:call": "phone",
    "desk:call-backs": "phone",
    "intake:call-back-new": "phone",
    "intake:convert": "ticket",
    "desk:audit": "audit",
    "escalation:why": "rules",
    "desk:settings": "first-steps",
    "desk:first-run": "first-steps",
    "people:profile": "your-details",
    "people:me": "your-details",
    "people:tokens": "api",
}
HELP_FOR_PATH = (
    ("/account/", "sign-in"),
    ("/me/tokens/", "api"),
    ("/me/", "your-details"),
    ("/notices/", "your-details"),
    ("/desk/mail/", "mailboxes"),
    ("/desk/templates/", "replying"),
    ("/desk/macros/", "ticket"),
    ("/desk/snooze/", "ticket"),
    ("/desk/approvals/", "leading"),
    ("/desk/ratings/", "satisfaction"),
    ("/desk/", "queue"),
    ("/reports/dependence/", "person-dependence"),
    ("/reports/targets/", "targets"),
    ("/settings/reports/", "targets"),
    ("/settings/rules/", "rules"),
    ("/settings/savings/", "savings"),
    ("/settings/priorit", "matrix"),
    ("/settings/ratings", "satisfaction"),
    ("/settings/surveys", "surveys"),
    ("/rate/", "my-requests"),
    ("/survey", "my-requests"),
    ("/settings/calendars", "levels"),
    ("/settings/ranks", "levels"),
    ("/settings/service-levels", "levels"),
    ("/settings/agreements", "levels"),
    ("/settings/matrix", "matrix"),
    ("/settings/closing", "matrix"),
    ("/settings/mail-texts", "mail-texts"),
    ("/settings/mail", "mailboxes"),
    ("/settings/outgoing", "mailboxes"),
    ("/settings/dead-addresses", "mailboxes"),
    ("/settings/held", "mailboxes"),
    ("/settings/people", "people"),
    ("/settings/compan", "people"),
    ("/settings/depart", "people"),
    ("/settings/team", "people"),
    ("/settings/absence", "leading"),
    ("/settings/import", "people"),
    ("/settings/ticket-import", "imports"),
    ("/settings/service", "services"),
    ("/settings/items", "items"),
    ("/settings/directory", "directory"),
    ("/settings/categor", "services"),
    ("/settings/audit", "audit"),
    ("/settings/templates", "replying"),
    ("/settings/macros", "ticket"),
    ("/settings/", "first-steps"),
    ("/reports/issued/", "issued-reports"),
    ("/reports/", "reports"),
    ("/api/", "api"),
)
# {{ most_mb }} is a fact of this installation. {{ "Send" }} is what a button or a field is called, in the page's own
# language and in its quotation marks, so that the help always says what the pages say; {{ 'Send' }} has no marks;
# {{ "Next" step }} is the label with that context.
FACT = re.compile(r"\{\{ (\w+) \}\}")
LABEL = re.compile(r"""\{\{ (["'])(.+?)\1(?: (\w+))? \}\}""")
_MARKS = {"ja": "「%s」", "en": "“%s”"}


@dataclass(frozen=True)
class Section:
    anchor: str
    title: str
    body: str

    @property
    def html(self) -> SafeString:
        return formats.markdown(self.body, top=3)


@dataclass(frozen=True)
class HelpPage:
    """One page: a title, a sentence on what it is about, and sections under headings of the second level."""

    slug: str
    title: str
    lead: str
    sections: tuple[Section, ...]
    words: str

    @property
    def summary(self) -> str:
        """The lead without its marks, for lists."""
        return re.sub(r"[`*]", "", self.lead)

    @property
    def intro(self) -> SafeString:
        return formats.markdown(self.lead, top=3)


def _facts() -> dict[str, str]:
    """What the texts say about this installation."""
    return {
        "most_mb": str(settings.ATTACHMENT_MAX_BYTES // 1024 // 1024),
        "undo_seconds": str(settings.MAIL_UNDO_SECONDS),
        "most_files": str(settings.ATTACHMENTS_PER_MESSAGE),
        "desk_address": settings.MAIL_FROM,
        "site": settings.SITE_URL,
    }


@cache
def read(language: str, slug: str) -> HelpPage:
    """A page from its file; LookupError when there is none. Files do not change while the program runs."""
    path = FOLDER / language / f"{slug}.md"
    if slug not in SLUGS or language not in LANGUAGES or not path.is_file():
        raise LookupError(f"There is no help page {language}/{slug}.")
    text = _filled_in(path.read_text(encoding="utf-8"), language)
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _line, lead = head.strip().removeprefix("# ").partition("\n")
    sections = []
    for number, part in enumerate(parts, 1):
        name, _line, body = part.partition("\n")
        sections.append(Section(f"s{number}", name.strip(), body.strip()))
    return HelpPage(slug, title.strip(), lead.strip(), tuple(sections), search_key(text))


def _filled_in(text: str, language: str) -> str:
    facts = _facts()

    def label(match: re.Match) -> str:
        said = pgettext(match[3], match[2]) if match[3] else gettext(match[2])
        return _MARKS[language] % said if match[1] == '"' else said

    with translation.override(language):
        return LABEL.sub(label, FACT.sub(lambda match: facts[match[1]], text))


def find(language: str, words: str) -> list[HelpPage]:
    """Pages that have all the words; those that have them in the title come first."""
    wanted = search_key(words).split()
    if not wanted:
        return []
    pages = [read(language, slug) for slug in SLUGS]
    found = [one for one in pages if all(word in one.words for word in wanted)]
    return sorted(found, key=lambda one: not all(word in search_key(one.title) for word in wanted))


def help_for(view_name: str, path: str, *, works_desk: bool) -> str:
    """The slug of the page that helps here, or ""."""
    slug = HELP_FOR_VIEW.get(view_name)
    if slug:
        return slug
    if view_name.startswith(("incidents:", "requests:", "tickets:")):
        return "ticket" if works_desk else "my-requests"
    return next((slug for start, slug in HELP_FOR_PATH if path.startswith(start)), "")


def language() -> str:
    return "en" if get_language() == "en" else "ja"


@public("Somebody who cannot sign in needs the help most; it holds nothing of the company.")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All pages by role, or those with the words that somebody looks for."""
    now, words = language(), request.GET.get("q", "")[:200]
    groups = [(name, label, [read(now, slug) for slug in slugs]) for name, label, slugs in GROUPS]
    context = {"groups": groups, "words": words, "found": find(now, words)}
    return page(request, "help/index.html", context, fragment="help/_index.html")


@public("Somebody who cannot sign in needs the help most; it holds nothing of the company.")
@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One page, with its neighbours of the same role."""
    if slug not in SLUGS:
        raise NotFound
    now = language()
    _name, label, slugs = next(group for group in GROUPS if slug in group[2])
    context = {
        "help": read(now, slug),
        "group": label,
        "neighbours": [read(now, one) for one in slugs],
    }
    return page(request, "help/page.html", context)
