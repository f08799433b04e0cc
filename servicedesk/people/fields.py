"""Form fields for people, departments and time zones, usable by every app to the right."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.web.text import digits

from .models import Company, Department, User, known_zone, time_zones
from .queries import find_people, tree

_IN_BRACKETS = re.compile(r"<([^<>]+)>\s*$")
_USUAL_ZONES = (
    "Asia/Tokyo",
    "UTC",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Europe/London",
    "Europe/Paris",
    "America/New_York",
)


class PersonInput(forms.TextInput):
    """A text box with suggestions: name, address or number. Without scripts it takes the same words."""

    def render(self, name, value, attrs=None, renderer=None):
        attrs = dict(attrs or {})
        suggestions = f"{attrs.get('id', name)}_people"
        attrs |= {
            "list": suggestions,
            "autocomplete": "off",
            "hx-get": reverse("people:suggest"),
            "hx-trigger": "input changed delay:250ms",
            "hx-target": f"#{suggestions}",
            "hx-swap": "innerHTML",
        }
        box = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="{}"></datalist>', box, suggestions)

    def format_value(self, value):
        if isinstance(value, int):
            value = User.objects.filter(pk=value).first()
        return written(value) if isinstance(value, User) else value


class PersonField(forms.CharField):
    """Somebody, by e-mail address, employee number, “Name <address>”, or words that fit one person only.

    `form.asker` is who looks; they find whom they may see. Guests are found only when `guests` says so.
    """

    widget = PersonInput

    def __init__(self, *, guests: bool = False, **kwargs):
        kwargs.setdefault("help_text", gettext_lazy("Name, e-mail address or employee number."))
        super().__init__(max_length=300, **kwargs)
        self.guests, self.asker = guests, None

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        found = self.find(text)
        if len(found) == 1:
            return found[0]
        if found:
            raise ValidationError(_("Several people fit “%(words)s”. Choose one of the list."), params={"words": text})
        raise ValidationError(_("Nobody fits “%(words)s”."), params={"words": text})

    def find(self, text: str) -> list[User]:
        match = _IN_BRACKETS.search(text)
        words = match.group(1).strip() if match else text.strip()
        people = find_people(self.asker, words)
        if not self.guests:
            people = people.filter(is_guest=False)
        exact = people.filter(email__iexact=words) | people.filter(employee_number=digits(words))
        return list(exact[:2]) or list(people.filter(is_active=True)[:2])


def written(person: User | None) -> str:
    """As the box shows somebody, and takes them again."""
    return f"{person.display_name} <{person.email}>" if person else ""


class ZoneInput(forms.TextInput):
    def render(self, name, value, attrs=None, renderer=None):
        attrs = dict(attrs or {}) | {"list": f"{(attrs or {}).get('id', name)}_zones", "autocomplete": "off"}
        rest = sorted(zone for zone in time_zones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
        options = format_html_join("", '<option value="{}"></option>', ((zone,) for zone in (*_USUAL_ZONES, *rest)))
        return format_html(
            '{}<datalist id="{}">{}</datalist>', super().render(name, value, attrs, renderer), attrs["list"], options
        )


class ZoneField(forms.CharField):
    widget = ZoneInput

    def __init__(self, **kwargs):
        kwargs.setdefault("label", gettext_lazy("Time zone"))
        super().__init__(max_length=64, validators=[known_zone], initial="Asia/Tokyo", **kwargs)


class TreeChoiceField(forms.ModelChoiceField):
    """A node of a tree, its depth shown by dashes. `nodes` are (depth, row); set it in the form."""

    def show(self, nodes) -> None:
        nodes = list(nodes)
        self.queryset = self.queryset.model._default_manager.filter(pk__in=[row.pk for _depth, row in nodes])
        self.choices = [("", "–"), *((row.pk, f"{'– ' * depth}{row}") for depth, row in nodes)]


def department_choices(present: Department | None = None) -> list[tuple[int, Department]]:
    """(depth, department) of all in use, company after company; `present` stays even when it is out of use."""
    companies = {company.pk: company for company in Company.objects.all()}
    rows = [row for row in Department.objects.all() if row.is_active or row == present]
    nodes = []
    for company in sorted(companies.values(), key=lambda one: one.name):
        own = tree(row for row in rows if row.company_id == company.pk)
        nodes += [(depth, _Named(row, company if len(companies) > 1 and depth == 0 else None)) for depth, row in own]
    return nodes


class _Named:
    """A department that says its company where the tree begins."""

    def __init__(self, row: Department, company: Company | None):
        self.pk, self.row, self.company = row.pk, row, company

    def __str__(self) -> str:
        return f"{self.row} ({self.company})" if self.company else str(self.row)
