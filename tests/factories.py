"""What tests begin with. Tickets are made by the actions that people use; people and teams have no rules
to obey here.
"""

from itertools import count

from allauth.account.models import EmailAddress

from cmdb.models import Item, Service
from incidents.actions import open_incident
from incidents.models import Incident
from requests.actions import open_service_request
from requests.models import ServiceRequest
from servicedesk.people.models import Company, Department, Membership, Role, Team, User, UserRole
from servicedesk.tickets.models import Channel, Ticket

_number = count(1)


def a_company(**fields) -> Company:
    n = next(_number)
    return Company.objects.create(**{"code": f"c{n}", "name": f"株式会社{n}"} | fields)


def a_department(company: Company | None = None, **fields) -> Department:
    n = next(_number)
    return Department.objects.create(
        **{"company": company or a_company(), "code": f"d{n}", "name": f"第{n}営業部"} | fields
    )


def a_person(*roles: str, teams=(), password: str | None = None, **fields) -> User:
    """Somebody with a proved address, the roles and teams; English unless said otherwise: tests read sentences."""
    n = next(_number)
    user = User(**{"email": f"person{n}@example.com", "name": f"Person {n}", "language": "en"} | fields)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    UserRole.objects.bulk_create([UserRole(user=user, role=role) for role in roles])
    Membership.objects.bulk_create([Membership(team=team, user=user) for team in teams])
    return user


def an_agent(*teams: Team, **fields) -> User:
    return a_person(Role.AGENT, teams=teams or [a_team()], **fields)


def an_administrator(**fields) -> User:
    return a_person(Role.ADMINISTRATOR, **fields)


def a_team(**fields) -> Team:
    n = next(_number)
    return Team.objects.create(**{"code": f"t{n}", "name": f"Team {n}"} | fields)


def a_service(team: Team | None = None, **fields) -> Service:
    n = next(_number)
    return Service.objects.create(
        **{"code": f"s{n}", "name": f"サービス{n}", "name_en": f"Service {n}", "team": team or a_team()} | fields
    )


def an_item(user: User | None = None, **fields) -> Item:
    n = next(_number)
    return Item.objects.create(
        **{"number": f"PC-{n:04d}", "name": f"Notebook {n}", "kind": "computer", "user": user} | fields
    )


def _ticket_fields(fields) -> dict:
    n = next(_number)
    requester = fields.pop("requester", None) or a_person()
    return {
        "by": fields.pop("by", None) or requester,
        "via": "page",
        "requester": requester,
        "title": f"Printer {n} is silent",
        "description": "It does not print.",
        "channel": Channel.PORTAL,
        "language": "en",
    } | fields


def an_incident(**fields) -> Incident:
    return open_incident(**_ticket_fields(fields))


def a_service_request(**fields) -> ServiceRequest:
    return open_service_request(**_ticket_fields(fields))


def a_ticket(**fields) -> Ticket:
    """The core row of a new incident."""
    return an_incident(**fields).ticket


def again(user: User) -> User:
    """The same person read anew, as the next request would: roles, teams and sight are kept on the object."""
    return User.objects.get(pk=user.pk)


def events_of(ticket: Ticket) -> list[tuple[str, dict]]:
    """(verb, data) of everything that happened, oldest first: compare it with `==`."""
    return list(ticket.events.order_by("number").values_list("verb", "data"))
