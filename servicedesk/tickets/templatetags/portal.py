"""`{% load portal %}`: how tickets are shown to staff."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext

from servicedesk.tickets.plain import Outlook, outlook
from servicedesk.web import formats

register = template.Library()


@register.simple_tag(name="outlook")
def outlook_of(ticket) -> Outlook:
    """`{% outlook ticket as next %}`: next.sentence, next.by, next.is_late, next.is_yours."""
    return outlook(ticket)


@register.filter
def is_past(moment) -> bool:
    return bool(moment) and moment < timezone.now()


@register.simple_tag
def by_when(moment) -> str:
    """A moment that somebody waits for, as people say it: today 17:30, tomorrow 9:00, Wed 25 Nov 2026, 9:00."""
    if not moment:
        return ""
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), day_and_time(moment))


def day_and_time(moment) -> str:
    days = (timezone.localtime(moment).date() - timezone.localdate()).days
    clock = formats.exact(timezone.localtime(moment).time())
    if days == 0:
        return gettext("today %(time)s") % {"time": clock}
    if days == 1:
        return gettext("tomorrow %(time)s") % {"time": clock}
    if days == -1:
        return gettext("yesterday %(time)s") % {"time": clock}
    return formats.exact(moment)


@register.simple_tag(name="step")
def step_named(steps, name: str):
    """The step of that name among those that the person may take now, or None: `{% step steps "close" as close %}`."""
    return next((step for step in steps if step.name == name), None)
