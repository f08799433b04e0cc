"""Who changed last what a settings page is about, and where the rest of its history stands: in the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from servicedesk.people.models import AuditEntry
from servicedesk.people.queries import audit_entries

from .areas import area_at


@dataclass(frozen=True)
class Subject:
    """What a page is about, as the audit log names it: all objects of a kind, one of them, or one by its name."""

    kind: str
    id: str = ""
    label: str = ""
    verb: str = ""

    @property
    def address(self) -> str:
        """The audit log of this alone."""
        asked = {"what": self.kind, "object": self.id, "number": self.label, "verb": self.verb}
        return f"{reverse('desk:audit')}?{urlencode({name: value for name, value in asked.items() if value})}"

    def last_entry(self) -> AuditEntry | None:
        asked = {"object_type": self.kind, "object_id": self.id, "label": self.label, "verb": self.verb}
        return audit_entries().filter(**{name: value for name, value in asked.items() if value}).order_by("-id").first()


def subject_of(request: HttpRequest, context: Mapping) -> Subject | None:
    """What the settings page is about that is being shown with this context; None of one that has no history: what is
    not there yet, lists of mails, the log itself.
    """
    area, match = area_at(request.path), request.resolver_match
    if area is None or not area.about or match is None:
        return None
    number = str(match.kwargs.get("pk", ""))
    if match.view_name == "levels:service-levels":
        return Subject(area.about, verb="set_service_level")
    if match.view_name == area.page:
        return Subject(area.about)
    if match.view_name == "priorities:service-matrix":
        return Subject("cmdb.service", number, verb="save_priority_matrix")
    if match.view_name == "notify:text":
        team = context.get("team")
        return Subject(
            area.about, label=" ".join(filter(None, [context["key"], context["language"], team and team.code]))
        )
    return Subject(area.about, number) if number else None


def sees_last_change(request: HttpRequest, context: Mapping) -> bool:
    """Whoever reads the log, and whoever may change what the page is about: of one object those who get its form."""
    if request.user.may("audit.read"):
        return True
    area, match = area_at(request.path), request.resolver_match
    if area is None or match is None or (match.view_name != area.page and context.get("form") is None):
        return False
    return request.user.may(area.change or area.permission)
