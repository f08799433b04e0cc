"""Permissions by name. Each app's `permissions.py` states who has them; everything asks here.

    @rule("incidents.resolve")
    def resolve(user, incident=None): ...

A rule gets the user and the object, or None for "anywhere at all", and answers yes or no. An unknown name is a
programming error and raises `LookupError`, so that a typing mistake never lets anybody in.
"""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

_RULES: dict[str, Callable] = {}


def rule(name: str):
    def keep(predicate):
        if name in _RULES and _RULES[name].__module__ != predicate.__module__:
            raise LookupError(f"The permission {name} is stated twice.")
        _RULES[name] = predicate
        return predicate

    return keep


def allowed(user, name: str, obj=None) -> bool:
    """Whether an active `user` has the permission `name` on `obj`."""
    predicate = _RULES.get(name)
    if predicate is None:
        raise LookupError(f"There is no permission {name}.")
    return bool(user.is_authenticated and user.is_active and predicate(user, obj))


def check(user, name: str, obj=None) -> None:
    """Raise `PermissionDenied` with a sentence for people unless `user` has the permission."""
    if not allowed(user, name, obj):
        raise PermissionDenied(_("You do not have the right to do this. Ask your lead or an administrator."))


def names() -> list[str]:
    return sorted(_RULES)
