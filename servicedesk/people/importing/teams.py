"""Planning a table of teams."""

from django.utils.translation import gettext as _

from servicedesk.web.errors import Refused
from servicedesk.web.text import digits

from ..csvfiles import Table
from ..models import ImportRun, Membership, Team, User
from ..ties import ties_of
from .columns import title as column_title
from .lookup import People, Teams
from .plan import Plan, PlannedRow, Rejected, check_fields, refuse_circles, refuse_orphans, shown, split, yes_or_no

PLAIN = ("code", "name", "name_en")


def title(column: str) -> str:
    return column_title(ImportRun.Kind.TEAMS, column)


def plan_teams(table: Table, by: User) -> Plan:
    """Rows are a team's by code. Members, when the column is there, are all of them."""
    if "code" not in table.columns:
        raise Refused(_("The file needs a column “%(column)s”.") % {"column": title("code")}, "file")
    people, known = People(), Teams()
    members: dict[int, set[int]] = {}
    for team_id, user_id in Membership.objects.values_list("team_id", "user_id"):
        members.setdefault(team_id, set()).add(user_id)
    new: dict[str, Team] = {}
    seen: dict[str, int] = {}
    rows = []
    for row in table.rows:
        cells = row.cells
        planned = PlannedRow(row.line, " ".join(filter(None, (cells.get("code"), cells.get("name")))))
        rows.append(planned)
        try:
            code = cells.get("code", "").lower()
            if not code:
                raise Rejected(_("%(column)s is missing.") % {"column": title("code")})
            if seen.setdefault(code, row.line) != row.line:
                raise Rejected(_("The same team stands in line %(line)d.") % {"line": seen[code]})
            team = known.by_code.get(code)
            planned.obj = team or Team()
            if team is None:
                new[code] = planned.obj
            _plan(planned, cells, people, members)
        except Rejected as reason:
            planned.reason = str(reason)
    if "next_team" in table.columns:
        _next_teams(table, rows, known, new)
    refuse_circles(
        rows,
        "next_team",
        {team.pk: team.next_team_id for team in known.by_code.values()},
        lambda team: team.pk or id(team),
    )
    refuse_orphans(rows, ("next_team",))
    return Plan(rows, table.unknown)


def _plan(planned: PlannedRow, cells: dict[str, str], people: People, members: dict[int, set[int]]) -> None:
    team, values = planned.obj, planned.values
    new = team.pk is None
    for column in PLAIN:
        if column in cells and (column != "code" or new):
            values[column] = cells[column]
    if not values.get("name", "" if new else team.name):
        raise Rejected(_("%(column)s is missing.") % {"column": title("name")})
    if cells.get("tier"):
        tier = digits(cells["tier"])
        if tier not in {str(one) for one in Team.Tier.values}:
            raise Rejected(_("%(column)s: write 1, 2 or 3.") % {"column": title("tier")})
        values["tier"] = int(tier)
    if "lead" in cells:
        values["lead"] = people.find(cells["lead"], title("lead"))
    if "is_active" in cells:
        values["is_active"] = yes_or_no(cells["is_active"] or "yes", title("is_active"))
        if not values["is_active"] and not new and team.is_active:
            for tie in ties_of(team):
                if tie.holds:
                    raise Rejected(tie.sentence)
    if "members" in cells:
        found = {person.pk: person for one in split(cells["members"]) if (person := people.find(one, title("members")))}
        had = members.get(team.pk, set())
        gone = [person for pk, person in found.items() if not person.is_active and pk not in had]
        if gone:
            raise Rejected(_("%(column)s: %(name)s is not active.") % {"column": title("members"), "name": gone[0]})
        values["members"] = [found[pk] for pk in sorted(found)]
        if had != found.keys():
            before = [people.all[pk] for pk in sorted(had)]
            planned.changes["members"] = [shown(before), shown(values["members"])]
    check_fields(Team(**{name: values[name] for name in (*PLAIN, "tier") if name in values}), list(values), title)
    for name, value in values.items():
        if name == "members":
            continue
        before = "" if new else getattr(team, name)
        if before != value and not (new and value in ("", None)):
            planned.changes[name] = ["" if new else shown(before), shown(value)]


def _next_teams(table: Table, rows: list[PlannedRow], known: Teams, new: dict[str, Team]) -> None:
    for row, planned in zip(table.rows, rows):
        if planned.reason:
            continue
        code = row.cells.get("next_team", "").lower()
        following = None
        if code:
            following = known.by_code.get(code) or new.get(code)
            if following is None:
                planned.reason = _("%(column)s: there is no team with the code “%(value)s”.") % {
                    "column": title("next_team"),
                    "value": row.cells["next_team"],
                }
                continue
        planned.values["next_team"] = following
        if planned.obj.next_team != following:
            name = following
            if following is not None and not following.pk:
                name = next((one.label for one in rows if one.obj is following), "")
            planned.changes["next_team"] = [shown(planned.obj.next_team), shown(name)]
