"""Writes on the tree of categories. A category is never deleted: tickets name it."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.people.actions.core import allow, audit, changed_fields, hold, keep, lock, plain, refuse_loop
from servicedesk.people.models import User
from servicedesk.people.rules import check
from servicedesk.web.errors import Refused

from ..models import Category

FIELDS = ("code", "name", "name_en", "parent", "is_active")


@transaction.atomic
def create_category(*, by: User | None, via: str, **fields: Any) -> Category:
    """Make a category. Refuses a code that another has and a parent that is not in use. `by` None: the desk itself."""
    if by is not None:
        check(by, "settings.change")
    allow(fields, FIELDS)
    hold()
    category = Category()
    changed_fields(category, fields)
    _keep(category)
    given = {name: [None, plain(value)] for name, value in fields.items() if value not in (None, "")}
    audit(category, "create", by=by, via=via, changes=given)
    return category


@transaction.atomic
def change_category(category: Category, *, by: User, via: str, **fields: Any) -> Category:
    """Change a category. Refuses a circle in the tree, and taking it out of use while those below it are in use."""
    check(by, "settings.change")
    allow(fields, FIELDS)
    hold()
    lock(category)
    changes = changed_fields(category, fields)
    refuse_loop(category, "parent", category.parent)
    if changes.get("is_active") == [True, False] and category.children.filter(is_active=True).exists():
        raise Refused(_("Categories below it are still in use."), field="is_active", code="in_use")
    _keep(category)
    if changes:
        audit(category, "change", by=by, via=via, changes=changes)
    return category


def _keep(category: Category) -> None:
    parent = category.parent
    if parent is not None and category.is_active and not parent.is_active:
        raise Refused(_("“%(name)s” is no longer in use.") % {"name": parent}, field="parent")
    keep(category, taken=_("The code “%(code)s” is taken.") % {"code": category.code}, field="code")
