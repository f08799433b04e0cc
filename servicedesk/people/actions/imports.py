"""Tables of people, departments and teams: uploaded, looked at, applied once."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.text import one_line

from ..csvfiles import Table, read
from ..importing import HEADERS, Plan, PlannedRow, plan_of
from ..jobs import Progress, start_job
from ..models import Department, ImportRun, Job, Membership, Team, User, UserRole
from ..rules import check
from .core import Change, audit, audit_many, hold, lock
from .persons import end_access

_SETS = ("addresses", "roles", "members")


@transaction.atomic
def upload_import(kind: str, *, name: str, content: bytes, by: User, via: str) -> ImportRun:
    """Keep a file and plan what it would do; nothing else is written.

    Refuses what is no table, has not the columns that say which row is whose, or has no rows.
    """
    check(by, "people.change")
    table = read(content, HEADERS[kind])
    if not table.rows:
        raise Refused(_("The file has no rows beside its first line."), field="file")
    run = ImportRun(kind=kind, name=one_line(name, 200), content=content, encoding=table.encoding, by=by)
    _note(run, plan_of(kind, table, by))
    run.save()
    audit(run, "upload_import", by=by, via=via, kind=kind, counts=run.counts)
    return run


def begin_import(run: ImportRun, *, by: User, via: str) -> None:
    """Have the preview applied in the background (`apply_import`). Refuses a run that has ended."""
    check(by, "people.change")
    with transaction.atomic():
        _lock_waiting(run)
        start_job("apply_import", key=job_key(run.pk), by=by, run=run.pk, via=via)


def apply_as_job(job: Job, progress: Progress) -> dict:
    """The work of `begin_import`; all rows are done at once, so there is nothing between nothing and all."""
    run = ImportRun.objects.get(pk=job.params["run"])
    if run.state == ImportRun.State.APPLIED:  # this job's process died after the work was done
        return {"counts": run.counts}
    if job.by is None:
        raise PermissionDenied
    apply_import(run, by=job.by, via=job.params["via"])
    return {"counts": run.counts}


def job_key(pk: int) -> str:
    return f"import:{pk}"


def apply_import(run: ImportRun, *, by: User, via: str) -> ImportRun:
    """Do what the preview showed, all of it in one transaction, once. Rejected rows are left out.

    Refuses a run that has ended, and one whose preview no longer holds because somebody changed something meanwhile:
    the run then has a new preview.
    """
    check(by, "people.change")
    stale = False
    with transaction.atomic():
        hold()
        _lock_waiting(run)
        plan = plan_of(run.kind, _table(run), by)
        if plan.digest() != run.digest:
            _note(run, plan)
            run.save(update_fields=["plan", "digest", "counts"])
            stale = True
        else:
            _APPLY[ImportRun.Kind(run.kind)](plan, by, via)
            _end(run, ImportRun.State.APPLIED)
            audit(run, "apply_import", by=by, via=via, kind=run.kind, counts=run.counts)
    if stale:
        raise Refused(_("Something was changed since this preview was made. Here is a new one."), code="stale")
    return run


@transaction.atomic
def discard_import(run: ImportRun, *, by: User, via: str) -> ImportRun:
    """Throw a file away without applying it. Refuses a run that has ended."""
    check(by, "people.change")
    _lock_waiting(run)
    _end(run, ImportRun.State.DISCARDED)
    audit(run, "discard_import", by=by, via=via, kind=run.kind)
    return run


def _table(run: ImportRun) -> Table:
    return read(bytes(run.content), HEADERS[run.kind])


def _lock_waiting(run: ImportRun) -> None:
    lock(run)
    if run.state != ImportRun.State.PREVIEW:
        raise Refused(_("This import has ended: %(state)s.") % {"state": run.get_state_display()}, code="ended")


def _note(run: ImportRun, plan: Plan) -> None:
    run.plan, run.digest, run.counts = plan.as_json(), plan.digest(), plan.counts()


def _end(run: ImportRun, state: str) -> None:
    """The file and its rows hold people's data: both go."""
    run.state, run.ended_at, run.content, run.plan = state, timezone.now(), b"", {}
    run.save(update_fields=["state", "ended_at", "content", "plan"])


# --- applying -------------------------------------------------------------------------------------------------------


def _apply_people(plan: Plan, by: User, via: str) -> None:
    rows = [row for row in plan.rows if row.outcome in ("created", "changed")]
    audits = _audits(rows)
    _write(rows, User, "manager", password=lambda: make_password(None))
    changed = [row.obj for row in rows]
    had: dict[int, dict[str, EmailAddress]] = defaultdict(dict)
    for address in EmailAddress.objects.filter(user__in=changed):
        had[address.user_id][address.email] = address
    roles = defaultdict(set)
    for user_id, role in UserRole.objects.filter(user__in=changed).values_list("user_id", "role"):
        roles[user_id].add(role)
    new_addresses, new_roles, gone_addresses, gone_roles, moved = [], [], [], [], []
    for row in rows:
        person: User = row.obj
        if not had[person.pk] or row.changes.keys() & {"email", "addresses"}:
            further = row.values.get("addresses", [one for one in had[person.pk] if not had[person.pk][one].primary])
            wanted = {person.email, *further}
            for address in wanted:
                known = had[person.pk].get(address)
                main = address == person.email
                if known is None:
                    new_addresses.append(EmailAddress(user=person, email=address, verified=True, primary=main))
                elif known.primary != main or not known.verified:
                    known.primary, known.verified = main, True
                    moved.append(known)
            gone_addresses += [one.pk for text, one in had[person.pk].items() if text not in wanted]
        if "roles" in row.changes:
            wanted_roles = set(row.values["roles"])
            new_roles += [UserRole(user=person, role=role) for role in sorted(wanted_roles - roles[person.pk])]
            gone_roles += [(person.pk, role) for role in roles[person.pk] - wanted_roles]
    EmailAddress.objects.filter(pk__in=gone_addresses).delete()
    for main in (False, True):  # one address is the main one at any moment
        EmailAddress.objects.bulk_update(
            [one for one in moved if one.primary == main], ["primary", "verified"], batch_size=500
        )
    EmailAddress.objects.bulk_create(new_addresses, batch_size=1000)
    for user_id, role in gone_roles:
        UserRole.objects.filter(user_id=user_id, role=role).delete()
    UserRole.objects.bulk_create(new_roles, batch_size=1000)
    for row in rows:
        if row.outcome == "changed" and row.values.get("is_active") is False and "is_active" in row.changes:
            end_access(row.obj)
    audit_many(_entries(audits), by=by, via=via)


def _apply_departments(plan: Plan, by: User, via: str) -> None:
    rows = [row for row in plan.rows if row.outcome in ("created", "changed")]
    audits = _audits(rows)
    _write(rows, Department, "parent")
    audit_many(_entries(audits), by=by, via=via)


def _apply_teams(plan: Plan, by: User, via: str) -> None:
    rows = [row for row in plan.rows if row.outcome in ("created", "changed")]
    audits = _audits(rows)
    _write(rows, Team, "next_team")
    for row in rows:
        if "members" in row.changes:
            wanted = {person.pk for person in row.values["members"]}
            Membership.objects.filter(team=row.obj).exclude(user__in=wanted).delete()
            had = set(Membership.objects.filter(team=row.obj).values_list("user_id", flat=True))
            Membership.objects.bulk_create([Membership(team=row.obj, user_id=pk) for pk in sorted(wanted - had)])
    audit_many(_entries(audits), by=by, via=via)


_APPLY = {
    ImportRun.Kind.PEOPLE: _apply_people,
    ImportRun.Kind.DEPARTMENTS: _apply_departments,
    ImportRun.Kind.TEAMS: _apply_teams,
}


def _audits(rows: list[PlannedRow]) -> list[tuple[PlannedRow, str, dict]]:
    """(row, verb, changes) with what was before, so call it before anything is written."""
    found = []
    for row in rows:
        verb = "create" if row.outcome == "created" else "change"
        changes = {}
        for name in row.changes:
            before = None if verb == "create" else row.changes[name][0] if name in _SETS else getattr(row.obj, name)
            changes[name] = [before, row.values[name]]
        found.append((row, verb, changes))
    return found


def _entries(audits: list[tuple[PlannedRow, str, dict]]) -> list[Change]:
    """Call it when everything is written: new rows have their ids then."""
    return [Change(row.obj, verb, {"changes": changes, "import": True}) for row, verb, changes in audits]


def _write(rows: list[PlannedRow], model: type[Model], link: str, **made: Callable[[], Any]) -> None:
    """Create and change the rows; `link` is the field by which rows of the file name each other, so it comes second."""
    new = [row for row in rows if row.outcome == "created"]
    old = [row for row in rows if row.outcome == "changed"]
    list(model._default_manager.select_for_update().filter(pk__in=[row.obj.pk for row in old]).values_list("pk"))
    for row in rows:
        for name, value in row.values.items():
            if name != link and name not in _SETS:
                setattr(row.obj, name, value)
    for row in new:
        for name, make in made.items():
            setattr(row.obj, name, make())
    model._default_manager.bulk_create([row.obj for row in new], batch_size=1000)
    groups = defaultdict(list)
    for row in old:
        fields = tuple(sorted(row.changes.keys() - {link, *_SETS} | ({"is_guest"} & row.values.keys())))
        if fields:
            groups[fields].append(row.obj)
    for fields, objects in groups.items():
        model._default_manager.bulk_update(objects, fields, batch_size=500)
    linked = []
    for row in new + old:
        if link in row.values and getattr(row.obj, link) != row.values[link]:
            setattr(row.obj, link, row.values[link])
            linked.append(row.obj)
    model._default_manager.bulk_update(linked, [link], batch_size=500)
