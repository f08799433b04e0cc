"""`{% load settings_areas %}`: the rail of the settings."""

from django import template

from servicedesk.desk.areas import areas_of

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
