"""Actions that say who has a ticket, who hears of it and to whom it goes on."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from servicedesk.people.models import User
from servicedesk.tickets.actions import add_watcher, assign, de_escalate, escalate, escalate_to_manager, record
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.tiers import MANAGER, NEXT_TIER, responsible_manager
from servicedesk.web.text import one_line

from .doing import VIA, Change, Doing, known, name_of_team, person_called, person_in, refused, team_in, text_in
from .models import Rule
from .world import LEAST_LOADED, ROUND_ROBIN, World

FIXED = "fixed"


def _told(people: Iterable[User]) -> Change:
    people = list(people)
    return {"tells": [one.email for one in people], "users": [one.pk for one in people]}


def _tell(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    users = [[pk] for pk in change["users"]]
    record(ticket, "tell", by=None, via=VIA, at=world.at, users=users, says=one_line(given["text"], 300))


def _plan_team(ticket: Ticket, given: dict, world: World) -> Change | None:
    team = world.teams_by_code.get(given["team"])
    if team is None or not team.is_active or ticket.team_id == team.pk or not world.is_open(ticket):
        return None
    was = world.team_of(ticket)
    return {"field": "team", "from": was.code if was else None, "to": team.code, "id": team.pk}


def _do_team(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    team = world.teams[change["id"]]
    has = ticket.assignee if ticket.assignee and team.pk in ticket.assignee.team_ids else None
    assign(ticket, by=None, via=VIA, team=team, assignee=has, at=world.at)


def _imagine_team(ticket: Ticket, change: Change, world: World) -> None:
    team = world.teams[change["id"]]
    world.note_handed(ticket, "assign", team)
    ticket.team = team
    if ticket.assignee_id and ticket.assignee_id not in {one.pk for one in world.present(team)}:
        ticket.assignee = None


HOWS = {
    FIXED: gettext_lazy("a person"),
    LEAST_LOADED: gettext_lazy("whoever is here and has the fewest tickets"),
    ROUND_ROBIN: gettext_lazy("those who are here, in turn"),
}


def _read_person(given: dict) -> dict:
    how = known(given.get("how", FIXED if given.get("person") else None), HOWS, _("Assign a person"))
    found: dict[str, str] = {"how": how}
    if how == FIXED:
        found["person"] = person_in(given.get("person"), _("Person"))
        person = person_called(found["person"])
        if person is None or not person.is_agent:
            raise refused(_("%(name)s does not work on tickets.") % {"name": found["person"]}, "no_agent")
    elif given.get("person"):
        raise refused(_("A person is named only when it is always the same one."), "person")
    if given.get("team"):
        found["team"] = team_in(given["team"])
    return found


def _words_person(given: dict) -> str:
    whom = given["person"] if given["how"] == FIXED else str(HOWS[given["how"]])
    if given.get("team"):
        return _("%(what)s (%(which)s)") % {"what": whom, "which": name_of_team(given["team"])}
    return whom


def _plan_person(ticket: Ticket, given: dict, world: World) -> Change | None:
    if not world.is_open(ticket):
        return None
    team = world.teams_by_code.get(given["team"]) if given.get("team") else world.team_of(ticket)
    if given["how"] == FIXED:
        person = world.person(given["person"])
        if person is None or not person.is_agent or ticket.assignee_id == person.pk:
            return None
    else:
        # Somebody of the team who is here has it already: whoever it is, it is in good hands.
        if team is None or (ticket.assignee_id and ticket.assignee_id in {one.pk for one in world.present(team)}):
            return None
        person = world.pick(team, given["how"])
        if person is None:
            return None
    to_team = team if team and team.pk in person.team_ids else None
    return {
        "field": "assignee", "from": [ticket.assignee_id] if ticket.assignee_id else None, "to": [person.pk],
        "who": person.email, "id": to_team.pk if to_team else None, "picked": given["how"] != FIXED,
    }  # fmt: skip


def _do_person(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    person, team = world.person(change["who"]), world.teams.get(change["id"] or 0)
    assign(ticket, by=None, via=VIA, assignee=person, team=team, at=world.at)
    if change["picked"] and team is not None and person is not None:
        world.note_pick(team, person)


def _imagine_person(imagined: Ticket, change: Change, world: World) -> None:
    person, team = world.person(change["who"]), world.teams.get(change["id"] or 0)
    imagined.assignee = person
    if imagined.status == "new":
        imagined.status = "assigned"
    if team is not None and person is not None:
        if team.pk != imagined.team_id:
            world.note_handed(imagined, "assign", team)
        imagined.team = team
        if change["picked"]:
            world.note_pick(team, person)


UP = {
    NEXT_TIER: gettext_lazy("to the next tier"),
    MANAGER: gettext_lazy("to the responsible manager"),
}


def _read_escalate(given: dict) -> dict:
    to = known(given.get("to", NEXT_TIER), UP, _("Escalate"))
    return {"to": to, "reason": text_in(given.get("reason"), _("Reason"), most=300, needed=False)}


def _plan_escalate(ticket: Ticket, given: dict, world: World) -> Change | None:
    team = world.team_of(ticket)
    if team is None or not world.is_open(ticket):
        return None
    if given["to"] == MANAGER:
        manager = responsible_manager(team)
        return _told([manager]) if manager is not None and world.sees(manager, ticket) else None
    target = world.teams.get(team.next_team_id or 0)
    if target is None or not target.is_active:
        return None
    return {"field": "team", "from": team.code, "to": target.code, "id": target.pk}


def _do_escalate(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    with override(settings.LANGUAGE_CODE):
        reason = given["reason"] or _("Handed on by the rule “%(name)s”.") % {"name": rule.name}
    does = escalate_to_manager if given["to"] == MANAGER else escalate
    does(ticket, by=None, via=VIA, reason=reason, at=world.at)


def _imagine_escalate(ticket: Ticket, change: Change, world: World) -> None:
    if change.get("field") == "team":
        team = world.teams[change["id"]]
        world.note_handed(ticket, change["do"], team)
        ticket.team, ticket.assignee = team, None


def _read_de_escalate(given: dict) -> dict:
    found = {"reason": text_in(given.get("reason"), _("Reason"), most=300, needed=False)}
    return found | ({"team": team_in(given["team"])} if given.get("team") else {})


def _words_de_escalate(given: dict) -> str:
    return name_of_team(given["team"]) if given.get("team") else _("to the team that escalated it last")


def _plan_de_escalate(ticket: Ticket, given: dict, world: World) -> Change | None:
    """Nothing where there is no way back, nor to a named team that never had it or is of no lower tier."""
    team = world.team_of(ticket)
    if team is None or not world.is_open(ticket):
        return None
    ways = [one for one in world.ways_back(ticket) if given.get("team") in (None, one.code)]
    return {"field": "team", "from": team.code, "to": ways[0].code, "id": ways[0].pk} if ways else None


def _do_de_escalate(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    with override(settings.LANGUAGE_CODE):
        reason = given["reason"] or _("Handed back by the rule “%(name)s”.") % {"name": rule.name}
    de_escalate(ticket, by=None, via=VIA, reason=reason, team=world.teams[change["id"]])


WHOM = {
    "assignee": gettext_lazy("the assignee"),
    "lead": gettext_lazy("the lead of the team"),
    "team": gettext_lazy("everybody of the team"),
}


def _read_notify(given: dict) -> dict:
    whom = given.get("whom")
    listed = whom if isinstance(whom, list) else [whom] if whom else []
    if not 1 <= len(listed) <= 20:
        raise refused(_("“%(field)s” needs one to %(most)d values.") % {"field": _("Notify"), "most": 20}, "values")
    found = [one if one in WHOM else person_in(one, _("Notify")) for one in listed]
    return {"whom": found, "text": text_in(given.get("text"), _("Text"), most=300, needed=False)}


def _plan_notify(ticket: Ticket, given: dict, world: World) -> Change | None:
    team, people = world.team_of(ticket), []
    for one in given["whom"]:
        if one == "assignee":
            people += [world.assignee_of(ticket)]
        elif one == "lead":
            people += [team.lead] if team and team.lead else []
        elif one == "team":
            people += world.present(team) if team else []
        else:
            people += [world.person(one)]
    found = {one.pk: one for one in people if one is not None and one.is_active}
    return _told(found.values()) if found else None


def _plan_watcher(ticket: Ticket, given: dict, world: World) -> Change | None:
    person = world.person(given["person"])
    if person is None or world.watches(person, ticket) or not world.sees(person, ticket):
        return None
    return {"watcher": person.email}


def _do_watcher(ticket: Ticket, given: dict, change: Change, world: World, rule: Rule) -> None:
    person = world.person(given["person"])
    if person is not None:
        add_watcher(ticket, person, by=None, via=VIA, at=world.at)


DOINGS = (
    Doing(
        "assign_team", gettext_lazy("Give it to a team"), ("team",),
        lambda given: {"team": team_in(given.get("team"))}, lambda given: name_of_team(given["team"]),
        _plan_team, _do_team, _imagine_team,
    ),
    Doing(
        "assign_person", gettext_lazy("Assign a person"), ("how", "person", "team"), _read_person, _words_person,
        _plan_person, _do_person, _imagine_person,
    ),
    Doing(
        "escalate", gettext_lazy("Escalate"), ("to", "reason"), _read_escalate, lambda given: str(UP[given["to"]]),
        _plan_escalate, _do_escalate, _imagine_escalate,
    ),
    Doing(
        "de_escalate", gettext_lazy("De-escalate"), ("team", "reason"), _read_de_escalate, _words_de_escalate,
        _plan_de_escalate, _do_de_escalate, _imagine_escalate,
    ),
    Doing(
        "notify", gettext_lazy("Notify"), ("whom", "text"), _read_notify,
        lambda given: _(", ").join(str(WHOM.get(one, one)) for one in given["whom"]), _plan_notify,
        _tell,
    ),
    Doing(
        "add_watcher", gettext_lazy("Add a watcher"), ("person",),
        lambda given: {"person": person_in(given.get("person"), _("Add a watcher"))}, lambda given: given["person"],
        _plan_watcher, _do_watcher,
    ),
)  # fmt: skip
