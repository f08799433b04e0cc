"""The people of the demo: companies, departments, teams, services and how they work, from `company.toml`."""

import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings

from cmdb.actions import create_item, create_service
from cmdb.models import Service
from servicedesk.intake.models import Mailbox, Makes
from servicedesk.levels.actions import set_service_levels
from servicedesk.levels.models import Rank
from servicedesk.people.actions import (
    audit,
    change_department,
    create_absence,
    create_company,
    create_department,
    create_person,
    create_team,
    set_password,
)
from servicedesk.people.models import Company, Department, Role, Team, User
from servicedesk.priorities.actions import save_grid
from servicedesk.tickets.actions.settings import create_category
from servicedesk.tickets.models import Category, Ticket

HERE = Path(__file__).parent
VIA = "command"
# Who signs in: what they are called in the list of sign-ins, and their key.
SIGN_INS = (
    ("申請者(日本語)", "misaki.ito"),
    ("Requester (English)", "siti.rahman"),
    ("部門長 / Department head", "kenji.tanaka"),
    ("一次対応 / Tier 1 agent", "sho.kobayashi"),
    ("二次対応リーダー / Tier 2 lead", "tetsuya.murakami"),
    ("管理者 / Administrator", "masaru.fujii"),
)
MONITOR = "mon01"
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass
class Cast:
    """Everybody and everything that stories speak of, by the keys of `company.toml`."""

    people: dict[str, User] = field(default_factory=dict)
    staff: list[str] = field(default_factory=list)
    departments: dict[str, Department] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    mailbox: str = ""
    # What the desk does by itself with a new ticket.
    opened: Callable[[Ticket, datetime], None] = lambda ticket, at: None

    @property
    def administrator(self) -> User:
        return self.people["masaru.fujii"]


def found(today: date) -> Cast:
    """Make the company in an empty desk, in the caller's transaction."""
    with open(HERE / "company.toml", "rb") as file:
        data = tomllib.load(file)
    cast = Cast()
    companies = {each["code"]: each for each in data["company"]}
    rows = {code: create_company(by=None, via=VIA, **_without(each, "domain")) for code, each in companies.items()}
    _departments(cast, data["departments"]["list"], rows)
    for kind in ("staff", "agents", "administrators"):
        for number, line in enumerate(data["people"][kind], 1):
            _person(cast, kind, number, line, companies)
    cast.staff = [line.split(" |")[0] for line in data["people"]["staff"]]
    monitor = create_person(
        by=None, via=VIA, name="監視サーバー mon01", reading="カンシサーバー", email=f"{MONITOR}@minato.example",
        department=cast.departments["SYS"],
    )  # fmt: skip
    cast.people[MONITOR] = monitor
    _heads(cast, data["departments"]["list"])
    _teams(cast, data["team"])
    # Roles and teams are kept on the objects: read everybody anew now that they are complete.
    cast.people = {key: User.objects.get(pk=person.pk) for key, person in cast.people.items()}
    _services(cast, data["service"])
    _items(cast)
    _categories(cast, data["categories"]["list"])
    for code, matrix in data["matrix"].items():
        grid = {(impact, urgency): priority for impact, urgency, priority in matrix["cells"]}
        save_grid(cast.services[code], grid, by=cast.administrator, via=VIA)
    _absences(cast, today)
    _mailbox(cast)
    for _role, key in SIGN_INS:
        cast.passwords[key] = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
        set_password(cast.people[key], cast.passwords[key], via=VIA)
    return cast


def _without(given: Mapping, *names: str) -> dict:
    return {name: value for name, value in given.items() if name not in names}


def _departments(cast: Cast, lines: list, companies: dict[str, Company]) -> None:
    for code, company, name, name_en, parent, _head in lines:
        cast.departments[code] = create_department(
            by=None, via=VIA, company=companies[company], code=code, name=name, name_en=name_en,
            parent=cast.departments.get(parent),
        )  # fmt: skip


def _person(cast: Cast, kind: str, number: int, line: str, companies: dict) -> None:
    key, name, reading, code, *special = [part.strip() for part in line.split("|")]
    department = cast.departments[code]
    company = companies[department.company.code]
    japanese = company["code"] == "MKK"
    roles = {"staff": [], "agents": [Role.AGENT], "administrators": [Role.ADMINISTRATOR]}[kind]
    if "lead" in special:
        roles = [*roles, Role.LEAD]
    first = {"staff": 1000, "agents": 2000, "administrators": 3000}[kind]
    cast.people[key] = create_person(
        by=None,
        via=VIA,
        name=name,
        reading=reading,
        email=f"{key}@{company['domain']}",
        roles=roles,
        department=department,
        employee_number=f"{'M' if japanese else 'S'}{first + number * 7:05d}",
        extension=f"{3 if japanese else 7}{first // 10 + number * 3:03d}",
        phone=f"03-5550-{1000 + first // 10 + number:04d}"
        if japanese
        else f"+65 6555 {1000 + first // 10 + number:04d}",
        language="ja" if japanese else "en",
        time_zone=company["time_zone"],
        is_vip="vip" in special,
    )


def _heads(cast: Cast, lines: list) -> None:
    for code, _company, _name, _name_en, _parent, head in lines:
        change_department(cast.departments[code], by=cast.administrator, via=VIA, head=cast.people[head])


def _teams(cast: Cast, lines: list) -> None:
    # A team names the one it hands over to, so that one is made first.
    for each in sorted(lines, key=lambda one: "next" in one):
        cast.members[each["code"]] = each["members"]
        cast.teams[each["code"]] = create_team(
            by=None,
            via=VIA,
            members=[cast.people[key] for key in each["members"]],
            lead=cast.people[each["lead"]],
            next_team=cast.teams.get(each.get("next", "")),
            **_without(each, "members", "lead", "next"),
        )


def _services(cast: Cast, lines: list) -> None:
    for each in lines:
        cast.weights[each["code"]] = each["weight"]
        cast.services[each["code"]] = create_service(
            by=cast.administrator,
            via=VIA,
            team=cast.teams[each["team"]],
            business_contact=cast.people[each["business"]],
            system_contact=cast.people[each["system"]],
            default_impact=each["impact"],
            is_confidential=each.get("confidential", False),
            **{name: each[name] for name in ("code", "name", "name_en", "description", "description_en")},
        )
    ranks = {rank.name: rank for rank in Rank.objects.all()}
    levels = {cast.services[each["code"]]: (ranks[each["rank"]], None) for each in lines if "rank" in each}
    set_service_levels(levels, by=cast.administrator, via=VIA)


def _items(cast: Cast) -> None:
    """Everybody's notebook, telephones of those whom one wants to reach, and what stands in the offices."""
    models = ("ThinkPad X1 Carbon Gen 12", "Let's note CF-FV4", "LIFEBOOK U9313", "MacBook Air 13 M3")
    people = [person for key, person in cast.people.items() if key != MONITOR]
    for number, person in enumerate(people, 1):
        create_item(
            by=None, via=VIA, number=f"PC-{number:04d}", name=models[number % len(models)], kind="computer",
            user=person, serial_number=f"PF{4100 + number * 37:06d}", state="in_use" if number % 29 else "repair",
        )  # fmt: skip
        if person.is_vip or person.is_agent:
            create_item(
                by=None, via=VIA, number=f"TEL-{number:04d}", name="iPhone 16e", kind="phone", user=person,
                serial_number=f"F2L{7300 + number * 11:06d}",
            )  # fmt: skip
    for number, place in enumerate(("本社 2階", "本社 3階", "本社 5階", "大阪支店", "Singapore"), 1):
        create_item(
            by=None, via=VIA, number=f"MFP-{number:03d}", name="imageRUNNER ADVANCE C3930F", kind="printer", place=place
        )
    for number in range(1, 5):
        create_item(by=None, via=VIA, number=f"PC-{9000 + number}", name=models[0], kind="computer", state="spare")


def _categories(cast: Cast, lines: list) -> None:
    for code, name, name_en, parent in lines:
        cast.categories[code] = create_category(
            by=cast.administrator, via=VIA, code=code, name=name, name_en=name_en, parent=cast.categories.get(parent)
        )


def _absences(cast: Cast, today: date) -> None:
    """The head of sales section 2 is away now, an agent will be next week."""
    for key, start, days, deputy, note in (
        ("naoko.kimura", -1, 5, "kosuke.saito", "海外出張"),
        ("rin.ishida", 7, 3, "tetsuya.murakami", "有給休暇"),
    ):
        create_absence(
            cast.people[key], by=cast.administrator, via=VIA, from_on=today + timedelta(days=start),
            until_on=today + timedelta(days=start + days), deputy=cast.people[deputy], note=note,
        )  # fmt: skip


def _mailbox(cast: Cast) -> None:
    mailbox = Mailbox.objects.create(
        name="サービスデスク", address=settings.MAIL_FROM, kind=Mailbox.Kind.LISTENER, is_default=True,
        makes=Makes.ENQUIRY, team=cast.teams["service-desk"], accepts=Mailbox.Accepts.KNOWN,
    )  # fmt: skip
    cast.mailbox = mailbox.address
    audit(mailbox, "create", by=cast.administrator, via=VIA, changes={"address": [None, mailbox.address]})
