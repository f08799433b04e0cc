"""What all writes here share: the audit log, locks, and fields set with what they were before."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from servicedesk.web.errors import Refused

from ..chain import link
from ..models import AuditEntry, AuditTail, User

_PEOPLE_LOCK = 0x70656F70


class Change(NamedTuple):
    """One entry to write: `obj` was changed by the verb, `data` as in `audit`."""

    obj: Model
    verb: str
    data: dict


def audit(obj: Model | None, verb: str, *, by: User | None, via: str, label: str = "", **data: Any) -> AuditEntry:
    """Write one entry of the settings' audit log in the caller's transaction and chain it to the one before.

    `data` is JSON: usually `changes={field: [before, after]}`. Holds a transaction-wide lock so that the chain has
    one end.
    """
    with transaction.atomic():
        tail = _tail()
        entry = _entry(obj, verb, by=by, via=via, label=label, data=data, previous=tail.hash)
        entry.save()
        _grow(tail, 1, entry.hash)
    return entry


def audit_many(changes: Iterable[Change], *, by: User | None, via: str) -> int:
    """The same for many objects at once, as an import needs it: one lock, one read, few inserts. Returns how many."""
    with transaction.atomic():
        tail = _tail()
        previous, entries = tail.hash, []
        for change in changes:
            entry = _entry(change.obj, change.verb, by=by, via=via, label="", data=change.data, previous=previous)
            previous = entry.hash
            entries.append(entry)
        AuditEntry.objects.bulk_create(entries, batch_size=1000)
        _grow(tail, len(entries), previous)
    return len(entries)


def _tail() -> AuditTail:
    """The end of the chain under its lock, which lasts until the transaction ends."""
    return AuditTail.objects.select_for_update().get_or_create(pk=1)[0]


def _grow(tail: AuditTail, by: int, end: str) -> None:
    AuditTail.objects.filter(pk=tail.pk).update(count=tail.count + by, hash=end)


def _entry(
    obj: Model | None, verb: str, *, by: User | None, via: str, label: str, data: Mapping[str, Any], previous: str
) -> AuditEntry:
    entry = AuditEntry(
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        label=(label or _name(obj))[:200],
        verb=verb,
        by=by,
        via=via,
        data=plain(data),
        at=timezone.now(),
        previous_hash=previous,
    )
    entry.hash = entry_hash(entry)
    return entry


def entry_hash(entry: AuditEntry) -> str:
    """The hash that an entry must have, given its own fields and the hash before it."""
    return link(
        entry.previous_hash,
        {
            "object": [entry.object_type, entry.object_id, entry.label],
            "verb": entry.verb,
            "by": entry.by_id,
            "via": entry.via,
            "data": entry.data,
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        },
    )


def hold() -> None:
    """Let one change of people and of where they stand run at a time, until the transaction ends.

    Trees without circles, addresses that are nobody else's and the last administrator are matters of several rows,
    which row locks do not cover. Such changes are rare and short.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PEOPLE_LOCK])


def lock(obj: Model) -> None:
    """Take the row lock and read the row anew into the same object."""
    obj.refresh_from_db(from_queryset=obj._meta.model._default_manager.select_for_update())


def plain(value: Any) -> Any:
    """A value as it stands in the audit log: rows as [id, name], dates and decimals as text, sets as sorted
    lists.
    """
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Model):
        return [value.pk, _name(value)]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(one) for one in value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, str):
        return str(value)
    return value


def _name(obj: Model | None) -> str:
    """The name in the language of the house, so that the log reads the same whoever writes it."""
    return str(getattr(obj, "name", "") or obj or "")


def changed_fields(obj: Model, fields: Mapping) -> dict[str, list]:
    """Set the fields that differ on `obj`; returns {field: [before, after]} of those, ready for the audit log."""
    changes = {}
    for name, value in fields.items():
        before = getattr(obj, name, None)  # None: a new row has no company yet
        if before != value:
            changes[name] = [plain(before), plain(value)]
            setattr(obj, name, value)
    return changes


def keep(obj: Model, *, taken: str = "", field: str | None = None) -> None:
    """Check a row as its model says and save it; what is wrong becomes a refusal at its field.

    `taken` is the sentence for a row that exists already, `field` where it is shown.
    """
    try:
        obj.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise refusal(error) from None
    try:
        with transaction.atomic():
            obj.save()
    except IntegrityError as error:
        if not taken or not isinstance(error.__cause__, UniqueViolation):
            raise
        raise Refused(taken, field=field, code="taken") from None


def refusal(error: ValidationError) -> Refused:
    """The first complaint of a model check as a refusal."""
    if hasattr(error, "error_dict"):
        name, errors = next(iter(error.error_dict.items()))
        return Refused(errors[0].messages[0], field=None if name == NON_FIELD_ERRORS else name)
    return Refused(error.messages[0])


def allow(fields: Mapping, names: Iterable[str]) -> None:
    """A field that the action does not know is a programming error."""
    unknown = set(fields) - set(names)
    if unknown:
        raise TypeError(f"unknown fields: {sorted(unknown)}")


def refuse_loop(obj: Model, parent_name: str, parent: Model | None) -> None:
    """Refuse a parent that stands below `obj`, or is `obj` itself. Call it under `hold()`."""
    model, node = obj._meta.model, parent
    seen: list[str] = []
    column = f"{parent_name}_id"
    while node is not None:
        if node.pk == obj.pk and obj.pk is not None:
            way = " → ".join([_name(obj), *seen, _name(obj)])
            raise Refused(_("That would make a circle: %(way)s.") % {"way": way}, field=parent_name, code="circle")
        if len(seen) > 100:
            raise Refused(_("The tree is deeper than 100 levels."), field=parent_name)
        seen.append(_name(node))
        above = getattr(node, column)
        node = model._default_manager.filter(pk=above).first() if above else None
