"""`{% load may %}`: `{% if user|may:"people.change" %}`."""

from django import template

register = template.Library()


@register.filter
def may(user, permission: str) -> bool:
    """Whether somebody has a permission anywhere at all; views decide about single objects."""
    return bool(user.is_authenticated and user.may(permission))
