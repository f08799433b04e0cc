"""`{% load web %}`: the tags and filters of every page."""

import datetime as dt
from functools import lru_cache

from django import forms, template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape as escape
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from servicedesk.web import formats
from servicedesk.web.forms import ActionForm, widget_class

register = template.Library()

PHASES = ("new", "active", "waiting", "resolved", "closed")
CLOCK_ICONS = {
    "met": "circle-check",
    "near": "alert-triangle",
    "missed": "alert-octagon",
    "running": "clock",
    "paused": "player-pause",
}

register.filter("filesize", formats.filesize)
register.filter("number", formats.number)
register.filter("exact", formats.exact)
register.filter("month", formats.month)
register.filter("duration", formats.duration)
register.filter("hours", formats.hours)
register.filter("clock_left", formats.clock_left)
register.filter("plain", formats.plain, is_safe=False)


@register.filter
def markdown(value, top=3) -> SafeString:
    """`{{ article.body|markdown }}`, or `|markdown:2` when the text stands right under the page's title."""
    return formats.markdown(value, int(top))


@register.simple_tag
def when(value, style: str = "near") -> str:
    """A moment: relative near now with the exact time on hover. Styles: near, short (narrow columns), clock, exact."""
    if not value:
        return ""
    title = formats.exact(value)
    if not isinstance(value, dt.datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), title)
    styles = {"short": formats.short_when, "clock": formats.clock, "exact": formats.exact}
    shown = styles.get(style, formats.when)(value)
    if shown == title:
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), shown)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), title, shown)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon from static/icons.svg; always decoration: the words beside it, or an aria-label, carry the meaning."""
    return _icon(str(name), str(css))


@lru_cache(maxsize=1000)
def _icon(name: str, css: str) -> SafeString:
    """Kept, because a page shows a hundred of them and the address of a static file takes a while to find."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f"icon {css}".strip(),
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def fixed_words(context) -> SafeString:
    """What every page holds for its scripts: words, the dialog of keys, the palette."""
    user = context.get("user")
    is_known = user is not None and user.is_authenticated
    return _fixed_words(get_language(), bool(context.get("works_desk")), is_known)


@lru_cache(maxsize=100)
def _fixed_words(language: str, works_desk: bool, is_known: bool) -> SafeString:
    """Kept: forty translations that are the same in every answer of a language, a twentieth of what a page takes."""
    return render_to_string("web/_words.html", {"works_desk": works_desk, "is_known": is_known})


@register.simple_tag
def priority_badge(priority, note: str = "") -> SafeString:
    """P1…P4 with its own shape, never by colour alone. `note` is the reason, shown on hover."""
    try:
        level = int(priority)
    except (TypeError, ValueError):
        level = 0
    if level not in (1, 2, 3, 4):
        return format_html('<span class="priority priority-none">{}</span>', gettext("No priority"))
    return format_html(
        '<span class="priority priority-{}"{}>{}<span>P{}</span></span>',
        level,
        format_html(' title="{}"', note) if note else "",
        icon(f"p{level}"),
        level,
    )


@register.simple_tag
def status_pill(label: str, phase: str = "closed") -> SafeString:
    """The process's own word for a status, tinted by its phase."""
    return format_html('<span class="pill pill-{}">{}</span>', phase if phase in PHASES else "closed", label)


@register.simple_tag
def clock_pill(label: str, state: str = "running") -> SafeString:
    """A level clock in words. States: running, near, met, missed, paused."""
    state = state if state in CLOCK_ICONS else "running"
    return format_html('<span class="clock clock-{}">{}<span>{}</span></span>', state, icon(CLOCK_ICONS[state]), label)


@register.simple_tag
def avatar(user, css: str = "") -> SafeString:
    """Initials of a person or a team; the name stands beside it."""
    name = getattr(user, "display_name", None) or (str(user) if user else "")
    return _face(formats.initials(name) if user else icon("user"), css)


@lru_cache(maxsize=5000)
def _face(shown: str, css: str) -> SafeString:
    return format_html('<span class="face {}" aria-hidden="true">{}</span>', css, shown)


@register.simple_tag(takes_context=True)
def query_with(context, **changes) -> str:
    """This page's query string with some values changed; None, "" and empty lists take a value away."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if isinstance(value, list | tuple):
            query.setlist(name, [str(one) for one in value])
        elif value is not None and value != "":
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.inclusion_tag("web/_field.html")
def field(bound, css: str = "", label: str | None = None, hide_label: bool = False, hint: str | None = None) -> dict:
    """A form field with label, hint and errors. `label` and `hint` replace those of the form."""
    widget = bound.field.widget
    # Forms that are not ours (allauth) are not dressed: their class comes here; their placeholder repeats the label.
    css_class = f"{widget_class(widget)} {widget.attrs.get('class', '')} {'is-invalid' if bound.errors else ''}"
    attrs = {"class": " ".join(dict.fromkeys(css_class.split()))}
    if widget.attrs.get("placeholder") and not isinstance(bound.form, ActionForm):
        attrs["placeholder"] = ""
    kind = "input"
    if isinstance(widget, forms.CheckboxInput):
        kind = "check"
    elif isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        kind = "choices"
    elif bound.is_hidden:
        kind = "hidden"
    elif isinstance(widget, forms.FileInput):
        kind = "file"
    if hint is not None:
        bound.help_text = hint  # Django's aria-describedby follows it
    return {
        "bound": bound,
        "kind": kind,
        "widget": bound.as_widget(attrs=attrs) if kind != "choices" else "",
        "options": list(bound) if kind == "choices" else (),
        "option_type": "radio" if isinstance(widget, forms.RadioSelect) else "checkbox",
        "css": css,
        "label": bound.label if label is None else label,
        "hide_label": hide_label,
        "hint": bound.help_text,
        "required": bound.field.required,
    }


@register.simple_tag
def attributes(given: dict) -> SafeString:
    """The attributes of a widget. Django's own template of this name writes the same, and takes ten times as long."""
    written = (
        f" {escape(name)}" if value is True else f' {escape(name)}="{escape(value)}"'
        for name, value in given.items()
        if value is not False
    )
    return mark_safe("".join(written))  # noqa: S308 - the parts are escaped


@register.inclusion_tag("web/_form_errors.html")
def form_errors(form) -> dict:
    """What is wrong with the form as a whole, and with fields that are not shown."""
    hidden = [error for bound in form.hidden_fields() for error in bound.errors]
    return {"errors": [*form.non_field_errors(), *hidden]}


@register.inclusion_tag("web/_fields.html")
def fields(form) -> dict:
    """All fields of a form, one below the other."""
    return {"form": form}


@register.inclusion_tag("web/_pages.html", takes_context=True)
def pages(context, keyset, target: str = "") -> dict:
    """Links to the next and the previous keyset page. `target` is the id that htmx replaces, e.g. "queue"."""
    return {"keyset": keyset, "request": context["request"], "target": target}


@register.inclusion_tag("web/_empty.html")
def empty(title: str, hint: str = "", name: str = "inbox", href: str = "", action: str = "") -> dict:
    """An empty list: what would be here, and how to get the first one."""
    return {"title": title, "hint": hint, "icon_name": name, "href": href, "action": action}


@register.filter
def device(user_agent: str) -> str:
    """A browser's long name in a few words: `Firefox · Windows`."""
    return formats.device(user_agent)


@register.filter
def address(value: str) -> SafeString:
    """An e-mail address that breaks before its domain rather than inside a name when the line is too short."""
    name, at, domain = str(value).rpartition("@")
    return format_html("{}<wbr>{}{}", name, at, domain) if at else format_html("{}", value)


@register.filter
def undo_address(message) -> str:
    """The address to POST to for undoing what `message` tells, when it offers that (see `pages.changed`)."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix("undo:") for tag in tags if tag.startswith("undo:")), "")


@register.filter
def join_dots(values) -> SafeString:
    """`a · b · c`, leaving out what is empty."""
    return format_html_join(mark_safe('<span aria-hidden="true"> · </span>'), "{}", ((one,) for one in values if one))
