"""The pages and writes that are measured, and the measuring itself."""

import json
import secrets
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .client import Answer, Client, form_token, next_cursor
from .fill import AGENT, LEAD, REQUESTER, very_long
from .months import month_cases

RARE, COMMON, SHORT = "kunokuno", "パスワード", "画面"


@dataclass
class Case:
    """One thing that is measured: `ask` does it once. `group` is the ratio it counts for, if any."""

    name: str
    ask: Callable[[], Answer]
    group: str = ""
    expected: int = 200
    answers: list[Answer] = field(default_factory=list)

    def once(self) -> Answer:
        answer = self.ask()
        if answer.status != self.expected:
            raise RuntimeError(f"{self.name}: {answer.status} instead of {self.expected}: {answer.body[:300]!r}")
        return answer


def sign_in(pk: int) -> str:
    """The key of a session of this person, made as a sign-in makes it."""
    from allauth.usersessions.models import UserSession
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from servicedesk.people.models import User

    user = User.objects.get(pk=pk)
    session = SessionStore()
    session[SESSION_KEY] = str(pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    UserSession.objects.create(user=user, session_key=session.session_key, ip="127.0.0.1", user_agent="bench")
    return session.session_key


def cases(port: int, bare_port: int) -> list[Case]:
    """All cases, ready to run against the two servers."""
    from django.urls import reverse

    from servicedesk.people.actions import create_token
    from servicedesk.people.models import User
    from servicedesk.tickets.models import Ticket

    bare = Client(bare_port)
    agent = Client(port, session=sign_in(AGENT))
    staff_session = sign_in(REQUESTER)
    staff = Client(port, session=staff_session)
    writer = Client(port, session=staff_session)
    _row, token = create_token(
        User.objects.get(pk=AGENT), name="bench", scopes=["read", "tickets"], days=1, via="command"
    )
    program = Client(port, token=token)
    longest = Ticket.objects.get(pk=very_long())  # which may have to grow first, from one of those of twenty
    long = Ticket.objects.filter(event_count__range=(20, 40), team=1, type="incident").order_by("-created_at").first()
    lead = Client(port, session=sign_in(LEAD))
    own = Ticket.objects.filter(requester=REQUESTER).order_by("-created_at").first()
    queue, search, new = reverse("desk:queue"), reverse("desk:search"), reverse("intake:new")
    second = next_cursor(agent.get(f"{queue}?view=all").body)
    newest = f"{reverse('desk:changes')}?view=team&since_event=99999999999&shown=1"

    found = [
        Case("bare view", lambda: bare.get("/bare/"), "bare"),
        Case("queue, my team", lambda: agent.get(f"{queue}?view=team"), "queue"),
        Case("queue, all", lambda: agent.get(f"{queue}?view=all"), "queue"),
        Case("queue, all, second page", lambda: agent.get(f"{queue}?view=all&after={second}"), "queue"),
        Case("queue asks for news (none)", lambda: agent.get(newest), expected=204),
        Case("ticket of 20 messages", lambda: agent.get(address_of(long)), "ticket"),
        Case("ticket of 200 messages", lambda: agent.get(address_of(longest)), "ticket_200"),
        Case("link picker", lambda: agent.get(f"{reverse('tickets:find')}?other={_quoted(COMMON)}"), "picker"),
        Case("merge form, what is alike", lambda: agent.get(reverse("tickets:merge", args=[long.number])), "picker"),
        Case("how the team stands", lambda: lead.get(reverse("desk:lead-team", args=[1])), "lead"),
        Case("the bell", lambda: agent.get(reverse("notify:bell"), **{"HX-Request": "true"}), "bell"),
        Case("search, rare word", lambda: agent.get(f"{search}?q={RARE}"), "search"),
        Case("search, two letters", lambda: agent.get(f"{search}?q={_quoted(SHORT)}"), "search"),
        Case("search, two common words", lambda: agent.get(f"{search}?q={_quoted('電源 画面')}"), "search"),
        Case("home of staff", lambda: staff.get("/")),
        Case("my tickets of staff", lambda: staff.get(reverse("desk:my-tickets"))),
        Case("search of staff", lambda: staff.get(f"{search}?q={_quoted(SHORT)}")),
    ]
    if own is not None:
        found.append(Case("own ticket of staff", lambda: staff.get(address_of(own))))
    page = writer.get(new)
    csrf = form_token(page.body)

    def by_form() -> Answer:
        return writer.post(
            new,
            {
                "csrfmiddlewaretoken": csrf,
                "key": secrets.token_urlsafe(18),
                "text": "画面が更新されません\n今朝から受注の画面が更新されません。再起動しても同じです。",
                "kind": "incident",
                "service": "7",
                "trouble": "hinders",
                "hit": "4",
            },
        )

    body = json.dumps(
        {
            "kind": "incident",
            "title": "Line 3 terminal does not answer",
            "description": "Seen by the monitor for 5 minutes.",
            "service": "s7",
            "impact": 3,
            "urgency": 2,
        }
    ).encode()
    found.append(Case("create by form", by_form, "create", expected=302))
    found += month_cases(port)
    found.append(Case("create by API", lambda: program.post_json("/api/v1/tickets/", body), "create", expected=201))
    return found


def address_of(ticket) -> str:
    """The page of the ticket's process; `/tickets/…/` only leads there."""
    from django.urls import reverse

    return reverse(f"{ticket.workflow.app}:detail", args=[ticket.number])


def _quoted(words: str) -> str:
    from urllib.parse import quote

    return quote(words)


def run(found: list[Case], *, rounds: int, each: int, say: Callable[[str], None]) -> list[Case]:
    """Measure all cases in turns, so that whatever the machine does meanwhile hits all alike. A case that fails is
    named and left out."""
    alive = []
    for case in found:
        try:
            for _warm in range(8):
                case.once()
        except Exception as error:  # noqa: BLE001 – the bench tells, it never fails
            say(f"  left out – {case.name}: {error}")
        else:
            alive.append(case)
    for _round in range(rounds):
        for case in alive:
            case.answers += [case.once() for _again in range(each)]
    return alive


def per_second(case: Callable[[], Client], path: str, *, clients: int = 4, seconds: float = 4.0) -> float:
    """Answers per second with several clients at once (they share the machine with the server)."""
    done = [0] * clients
    until = time.monotonic() + seconds

    def ask(place: int) -> None:
        client = case()
        while time.monotonic() < until:
            client.get(path)
            done[place] += 1
        client.close()

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(sum(done) / seconds, 1)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: list[float]) -> float:
    return statistics.median(values)
