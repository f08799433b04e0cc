"""`{% load help %}`: the way from any page to the help that fits it."""

from django import template
from django.urls import reverse

from servicedesk.desk.help_pages import help_for

register = template.Library()


@register.simple_tag(takes_context=True)
def help_address(context) -> str:
    """The address of the help page for what is being looked at, or of the index."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    slug = help_for(match.view_name, request.path, works_desk=bool(context.get("works_desk"))) if match else ""
    return reverse("desk:help-page", args=[slug]) if slug else reverse("desk:help")
