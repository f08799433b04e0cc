"""The inputs of which the editor of a rule is made: drawn one by one, because which there are follows from what was
chosen before.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString


def attrs(name: str, css: str, label: str = "", *, live: bool = False, focus: bool = False) -> dict[str, Any]:
    """`live`: what follows depends on it, so the rows are drawn anew. `focus`: one goes on here."""
    found: dict[str, Any] = {"class": css, "id": f"id_{name}"}
    if label:
        found["aria-label"] = label
    if live:
        found |= {"hx-post": "", "hx-vals": '{"do": "refresh"}', "hx-target": "#rule-rows", "hx-trigger": "change"}
    if focus:
        found["autofocus"] = True
    return found


def select(
    name: str, value: Any, words: Mapping[str, Any], label: str = "", *, live: bool = False, focus: bool = False
) -> SafeString:
    given = attrs(name, "form-select", label, live=live, focus=focus)
    return forms.Select(attrs=given, choices=list(words.items())).render(name, value)


def several(name: str, values: list[str], words: Mapping[str, Any], label: str) -> SafeString:
    given = attrs(name, "form-select", label) | {"size": str(min(len(words), 5))}
    return forms.SelectMultiple(attrs=given, choices=list(words.items())).render(name, values)


def typed(name: str, value: Any, label: str = "", *, number: bool = False) -> SafeString:
    given = attrs(name, "form-control", label) | {"autocomplete": "off"}
    if number:
        given["inputmode"] = "numeric"
    return forms.TextInput(attrs=given).render(name, "" if value is None else value)


def text(name: str, value: Any) -> SafeString:
    return forms.Textarea(attrs=attrs(name, "form-control") | {"rows": "3"}).render(name, value)


def checks(name: str, value: Any, words: Mapping[str, Any]) -> SafeString:
    chosen = value or []
    return format_html_join(
        "",
        '<label class="form-check rule-check">'
        '<input class="form-check-input" type="checkbox" name="{}" value="{}"{}> {}</label>',
        ((name, code, SafeString(" checked" if code in chosen else ""), label) for code, label in words.items()),
    )
