"""`{% load settings_areas %}`: the rail of the settings, and who changed last what a page is about."""

from django import template

from servicedesk.desk.areas import areas_of
from servicedesk.desk.history import sees_last_change, subject_of

register = template.Library()


@register.inclusion_tag("settings/_rail.html", takes_context=True)
def settings_rail(context) -> dict:
    """Links to all areas that the reader may open; the one being looked at is marked."""
    request = context["request"]
    groups = areas_of(request.user)
    here = max(
        (area["url"] for _label, areas in groups for area in areas if request.path.startswith(area["url"])),
        key=len,
        default="",
    )
    return {"groups": groups, "here": here}


@register.inclusion_tag("settings/_last_change.html", takes_context=True)
def last_change(context) -> dict:
    """The foot of a settings page: one query, none for those who may not know."""
    request, known = context["request"], context.flatten()
    subject = subject_of(request, known)
    if subject is None or not sees_last_change(request, known):
        return {}
    return {
        "entry": subject.last_entry(),
        "address": subject.address if request.user.may("audit.read") else "",
    }
