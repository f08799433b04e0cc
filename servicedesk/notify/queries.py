"""Reads of outgoing mail and of notices."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from incidents.major.queries import reports_by
from servicedesk.intake.models import DeadAddress, IncomingMail
from servicedesk.intake.queries import dead_addresses
from servicedesk.people.models import Team, User
from servicedesk.people.queries import find_people, people_by_address
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import desk_tickets, scope_of, seen_by, visible_tickets
from servicedesk.web.errors import NotFound

from .built_in import BUILT_IN
from .models import MailText, NoticeSettings, Notification, OutgoingMail, PushDevice
from .permissions import read_sent


def visible_outgoing(user: User) -> QuerySet[OutgoingMail]:
    """Mails of tickets that a person works on, of confidential ones only for their team and assignee; administrators
    see all but of confidential ones.
    """
    if not user.is_active or not (user.is_agent or user.is_administrator):
        return OutgoingMail.objects.none()
    # Of a confidential ticket those who are named on it read the ticket, not what was sent to others.
    theirs = Q(ticket__is_confidential=False) | Q(ticket__assignee=user) | Q(ticket__team__in=scope_of(user).teams)
    ours = Q(ticket__in=desk_tickets(user)) & theirs
    if user.is_administrator:
        ours |= Q(ticket__is_confidential=False)
    return OutgoingMail.objects.filter(ours).select_related("ticket", "to_user").defer("text", "html")


def get_outgoing(user: User, pk: int) -> OutgoingMail:
    mail = visible_outgoing(user).filter(pk=pk).select_related("ticket__service", "to_user").first()
    if mail is None or not read_sent(user, mail):
        raise NotFound
    return mail


def mails_sent_for(user: User, ticket: Ticket) -> list[OutgoingMail]:
    """What went out about a ticket, oldest first, for those who work on it; nothing for others. Updates of an outage go
    to hundreds and say nothing of the ticket: they are in the list of all mails.
    """
    rows = visible_outgoing(user).filter(ticket=ticket).exclude(kind=OutgoingMail.Kind.OUTAGE)
    return list(rows.order_by("created_at", "id")[:200])


@dataclass
class Unreached:
    """An address that mail does not reach, with the person whose it is, their open tickets as far as the reader sees
    them, and how many mails wait for it.
    """

    dead: DeadAddress
    person: User | None = None
    tickets: list[Ticket] = field(default_factory=list)
    held: int = 0


def dead_with(user: User, words: str) -> QuerySet[DeadAddress]:
    """Addresses that mail does not reach, newest first: with the words in them, or of a person whom the words fit."""
    rows, words = dead_addresses().select_related("mail"), words.strip()
    if not words:
        return rows
    people = find_people(user, words).order_by("pk").values_list("email", flat=True)[:200]
    return rows.filter(Q(address__icontains=words) | Q(address__in=[each.casefold() for each in people if each]))


def unreached(user: User, rows: Iterable[DeadAddress]) -> list[Unreached]:
    """What a list says of addresses, by four queries however many there are."""
    found = [Unreached(dead) for dead in rows]
    people = people_by_address([each.dead.address for each in found])
    spelled = {each.dead.address for each in found} | {person.email for person in people.values()}
    waiting = visible_outgoing(user).filter(state=OutgoingMail.State.HELD, to_address__in=spelled)
    held: Counter[str] = Counter()
    for address, count in waiting.order_by().values_list("to_address").annotate(count=Count("pk")):
        held[address.casefold()] += count
    tickets = defaultdict(list)
    asked = visible_tickets(user).filter(requester__in=people.values(), closed_at__isnull=True)
    for ticket in asked.only("number", "type", "title", "requester_id").order_by("-created_at", "-id")[:1000]:
        tickets[ticket.requester_id].append(ticket)
    for each in found:
        each.person, each.held = people.get(each.dead.address), held[each.dead.address]
        if each.person is not None:
            each.tickets = tickets[each.person.pk]
    return found


def get_dead_address(pk: int) -> DeadAddress:
    dead = dead_addresses().filter(pk=pk).first()
    if dead is None:
        raise NotFound
    return dead


def sources_of(keys: Iterable[str], language: str, team_id: int | None) -> dict[str, str]:
    """The texts as they hold: the team's own before the desk's, that before the built-in one. One query."""
    found = {key: BUILT_IN[key][language] for key in keys}
    rows = MailText.objects.filter(key__in=list(found), language=language)
    rows = rows.filter(Q(team__isnull=True) | Q(team=team_id)).order_by(F("team").asc(nulls_first=True))
    return found | dict(rows.values_list("key", "body"))


def written_texts() -> dict[tuple[str, str, int | None], MailText]:
    """Every text that somebody wrote anew, by key, language and team."""
    rows = MailText.objects.select_related("changed_by", "team")
    return {(row.key, row.language, row.team_id): row for row in rows}


def text_of(key: str, language: str, team: Team | None) -> tuple[str, MailText | None]:
    """(body, row) of a text as it holds; without a row it is the built-in one, of a team that of the desk."""
    row = MailText.objects.filter(key=key, language=language, team=team).select_related("changed_by").first()
    return (row.body, row) if row is not None else (sources_of([key], language, None)[key], None)


# --- notices --------------------------------------------------------------------------------------------------------

MOST_COUNTED = 100


def visible_notices(user: User) -> QuerySet[Notification]:
    """The notices of a person about tickets that they still see, mails that they still have, what they look after, and
    outages of which all may know, with what a line says of them.
    """
    if not user.is_active:
        return Notification.objects.none()
    seen = seen_by(user, "ticket__") | Q(kind=Notification.Kind.OUTAGE, ticket__is_confidential=False)
    if user.is_agent or user.is_administrator:
        seen |= Q(mail__assignee=user) | Q(kind=Notification.Kind.REMINDER)
    rows = Notification.objects.filter(person=user).filter(seen)
    said = ("event__by", "event__major_update__major", "ticket", "mail__mailbox", "mail__assigned_by")
    return rows.select_related(*said).defer("mail__raw")


def unread_count(user: User) -> int:
    """How many notices the person has not read, counted up to 100. Whoever has none costs one query."""
    if not Notification.objects.filter(person=user, read_at__isnull=True).exists():
        return 0
    return visible_notices(user).filter(read_at__isnull=True).order_by().values("pk")[:MOST_COUNTED].count()


def newest_unread(user: User) -> int:
    """The id up to which "mark all as read" goes: what comes after the page was made has not been seen."""
    return Notification.objects.filter(person=user, read_at__isnull=True).aggregate(newest=Max("pk"))["newest"] or 0


def notice_settings(people: Collection[User]) -> dict[int, NoticeSettings]:
    """How each of the people hears of things, by their id: one query, none for nobody."""
    if not people:
        return {}
    rows = {row.person_id: row for row in NoticeSettings.objects.filter(person__in=people)}
    chosen = {}
    for person in people:
        chosen[person.pk] = rows.get(person.pk) or NoticeSettings()
        chosen[person.pk].person = person
    return chosen


def due_for_digest(limit: int) -> list[int]:
    """People whose daily summary is due, longest first."""
    due = Notification.objects.filter(digest_at__lte=timezone.now()).order_by()
    rows = due.values("person_id").annotate(since=Min("digest_at")).order_by("since", "person_id")
    return [row["person_id"] for row in rows[:limit]]


def mails_to_tell_of() -> QuerySet[IncomingMail]:
    """Mails that need a look and that somebody else than its new reader gave to them, who has not been told."""
    told = Notification.objects.filter(
        mail=OuterRef("pk"), person=OuterRef("assignee"), created_at__gte=OuterRef("assigned_at")
    )
    look = [IncomingMail.State.HELD, IncomingMail.State.FAILED]
    rows = IncomingMail.objects.filter(state__in=look, assignee__is_active=True, assigned_at__isnull=False)
    rows = rows.exclude(assigned_by=F("assignee")).exclude(Exists(told))
    return rows.defer("raw").select_related("assignee", "assigned_by", "mailbox").order_by("assigned_at", "id")


def reports_of_guests(guests: Collection[User], major: int) -> dict[int, Ticket]:
    """The ticket in which each of these guests reported what became a major incident, by their id; the newest where
    there are several. One query.
    """
    if not guests:
        return {}
    return {ticket.requester_id: ticket for ticket in reports_by(guests, [major]).annotate(answerable=_answerable())}


def _answerable() -> Coalesce:
    """Whether what nobody wrote by hand may go to whoever opened the ticket: not for a mail that must not be answered
    (RFC 3834).
    """
    opened = IncomingMail.objects.filter(ticket=OuterRef("pk"), state=IncomingMail.State.TICKET)
    return Coalesce(Subquery(opened.order_by("received_at", "id").values("answerable")[:1]), Value(True))  # noqa: FBT003


# --- devices ----------------------------------------------------------------------------------------------------------


def live_devices() -> QuerySet[PushDevice]:
    """The devices whose sign-in lasts."""
    sessions = Session.objects.filter(session_key=OuterRef("session"), expire_date__gt=timezone.now())
    return PushDevice.objects.filter(Exists(sessions), person__is_active=True)


def devices_of(user: User) -> QuerySet[PushDevice]:
    """A person's own, oldest first."""
    return live_devices().filter(person=user)


def get_device(user: User, pk: int) -> PushDevice:
    device = PushDevice.objects.filter(person=user, pk=pk).first()
    if device is None:
        raise NotFound
    return device


def with_devices(people: Collection[User]) -> set[int]:
    """Who of these has a device at all: one query, none for nobody."""
    if not people:
        return set()
    return set(PushDevice.objects.filter(person__in=people).order_by().values_list("person_id", flat=True))


def is_signed_in(device: PushDevice) -> bool:
    """Whether the sign-in by which the device was allowed is still its person's and good: not so after sign-out, after
    its time, or with a new password.
    """
    session = Session.objects.filter(session_key=device.session, expire_date__gt=timezone.now()).first()
    said = session.get_decoded() if session is not None else {}
    return said.get(SESSION_KEY) == str(device.person_id) and constant_time_compare(
        said.get(HASH_SESSION_KEY, ""), device.person.get_session_auth_hash()
    )
