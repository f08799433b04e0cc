"""Finding a setting by its words: over the areas, and over what can be set in each, in every language of the desk.

The words are those of the areas and of their forms (labels, help texts, choices), read once per process.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import override

from servicedesk.people.models import User
from servicedesk.web.text import katakana, search_key

from .areas import GROUPS, Area, areas_of, settings_of

MOST = 40


class Hit(NamedTuple):
    """A single setting that was found, with the area that it is in."""

    label: str | Promise
    hint: str | Promise
    area: str | Promise
    icon: str
    address: str


class _Words(NamedTuple):
    """What something is called, and what is said of it, in all languages."""

    name: str
    rest: str


def find_settings(user: User, asked: str) -> tuple[list[tuple[Promise, list[dict]]], list[Hit]]:
    """(areas by group as in `areas_of`, single settings) that have all words of `asked`, of what the person may open.
    Settings that have them in their name come first; the name of their area may have the others.
    """
    words = [_key(word) for word in asked.split()][:8]
    groups: list[tuple[Promise, list[dict]]] = []
    named: list[Hit] = []
    described: list[Hit] = []
    for label, areas in areas_of(user) if words else ():
        fitting = [one for one in areas if all(word in " ".join(_words()[one["page"]][0]) for word in words)]
        if fitting:
            groups.append((label, fitting))
        for one in areas:
            of_area, of_settings = _words()[one["page"]]
            for setting, known in zip(settings_of(one["area"]), of_settings, strict=True):
                if not all(word in f"{known.name} {known.rest} {of_area.name}" for word in words):
                    continue
                hit = Hit(setting.label, setting.hint, one["label"], one["icon"], setting.address)
                if any(word in known.name for word in words):
                    named.append(hit)
                elif any(word in known.rest for word in words):
                    described.append(hit)
    return groups, [*named, *described][:MOST]


@cache
def _words() -> dict[str, tuple[_Words, list[_Words]]]:
    """By the page of each area: its own words, and those of its settings in their order."""
    return {area.page: (_of_area(area), _of_settings(area)) for _label, areas in GROUPS for area in areas}


def _of_area(area: Area) -> _Words:
    said = [(_joined([area.label]), _joined([area.hint])) for _language in _languages()]
    return _Words(*(" ".join(dict.fromkeys(each)) for each in zip(*said, strict=True)))


def _of_settings(area: Area) -> list[_Words]:
    said = [
        [(_joined([one.label]), _joined([one.hint, *one.choices])) for one in settings_of(area)]
        for _language in _languages()
    ]
    return [
        _Words(*(" ".join(dict.fromkeys(each)) for each in zip(*languages, strict=True)))
        for languages in zip(*said, strict=True)
    ]


def _languages() -> Iterable[str]:
    """Each language of the desk, which is set while its turn lasts."""
    for code, _name in settings.LANGUAGES:
        with override(code):
            yield code


def _joined(texts: Iterable[str | Promise]) -> str:
    return " ".join(_key(str(text)) for text in texts)


def _key(text: str) -> str:
    return katakana(search_key(text))
