"""The matrix: every role × every ticket × every address, pages and API, against one table of rules.

Every address is tried by every role, for each answer that the rules know, on a ticket that is confidential or on one
that is not, others from address to address; one address of each rule is tried on all tickets. The addresses are found
by walking the URLconf; one without a line in `expectations` fails. Who sees and works on what is stated in `world`.
Beyond that: what is not yours answers as what is not there, byte for byte, and no list, search, count, suggestion or
export says a word of a ticket that its reader may not see.
"""

import re
from contextlib import contextmanager
from zlib import crc32

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLResolver, get_resolver, reverse
from django.utils import translation

from tests.factories import an_incident
from tests.reading import names_read
from tests.security.expectations import (
    ADMIN,
    API,
    ASK,
    BULK,
    CALL,
    CALL_BACK,
    DESK,
    EXPORT,
    ITEMS,
    LEAD,
    LEADS,
    LOOK,
    MAIL,
    OWN,
    PAGES,
    PEEK,
    PROPOSAL,
    PUBLIC,
    REFERRAL,
    SEE,
    SERVICES,
    SIGNED,
    THANK,
    VIEW,
    WORDS,
    WORK,
)
from tests.security.expectations import ASKED as INVITED
from tests.security.world import AGENTS, ANONYMOUS, ASKED, MAILS, NOBODY, OBJECTS, ROLES, SEES, WORKS, build, plain

LIBRARIES = ("allauth.",)
NO_SUCH = "INC9999999"


def routes(resolver: URLResolver | None = None, space: str = ""):
    """(name with namespace, parameters, view) of every address of ours."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, space + (f"{entry.namespace}:" if entry.namespace else ""))
        elif not getattr(entry.callback, "__module__", "").startswith(LIBRARIES):
            name = entry.name or str(entry.pattern)
            yield space + name, tuple(entry.pattern.converters), entry.callback


def api_cases():
    found = {}
    for name, parameters, view in routes():
        if name.startswith("api:"):
            for method in getattr(view, "actions", None) or {"get": ""}:
                found[name.removeprefix("api:"), method] = parameters
    return found


def page_cases():
    return {name: parameters for name, parameters, _view in routes() if not name.startswith("api:")}


API_CASES, PAGE_CASES = api_cases(), page_cases()
OF_TICKETS = (SEE, PEEK, WORK, ASK, THANK)
API_OF_TICKETS = [case for case in API_CASES if API.get(case) in OF_TICKETS]
PAGES_OF_TICKETS = [name for name in PAGE_CASES if PAGES.get(name) in OF_TICKETS]
ONES = (*OF_TICKETS, MAIL, CALL, CALL_BACK, REFERRAL, VIEW, EXPORT, BULK)
ELSEWHERE = [("api:" + case[0], case[1], API[case]) for case in API_CASES if API.get(case, SEE) not in ONES]
ELSEWHERE += [
    (name, method, PAGES[name]) for name in PAGE_CASES if PAGES.get(name, SEE) not in ONES for method in ("get", "post")
]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """The world is built once and rolled back at the end; each request that writes is rolled back at once."""
    files = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=files), translation.override("en"):
        with transaction.atomic():
            built = build()
            built.files = files
            built.clients = {role: Client(raise_request_exception=False) for role in ROLES}
            for role, client in built.clients.items():
                if role != ANONYMOUS:
                    client.force_login(built.people[role])
                    client.get("/api/v1/me/")
            yield built
            transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _files_of_the_world(db, world, settings):
    settings.MEDIA_ROOT = world.files
    cache.clear()


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(world, role, method, address, data=None):
    """The answer of one request, after which everything is as before."""
    client = world.clients[role]
    with undone():
        if method in ("get", "head"):
            answer = client.get(address, data or {})
        elif address.startswith("/api/"):
            answer = getattr(client, method)(address, data or {}, content_type="application/json")
        else:
            answer = getattr(client, method)(address, data or {})
        answer.said = plain(answer, address)
    client.cookies.pop("messages", None)  # the toast of a write would stand on the next page
    return answer


def told(faults) -> str:
    """The first faults, one on a line."""
    lines = [f"{what}: {got}" for what, got in faults.items()] if isinstance(faults, dict) else map(str, faults)
    return "\n".join(list(lines)[:20])


def verdict(answer) -> str:
    """in, sign in, forbidden or hidden. A refused form or field means that the person was let in."""
    assert answer.status_code < 500, answer.said[:2000]
    location = answer.headers.get("Location", "")
    if answer.status_code == 401 or location.startswith("/account/login"):
        return "sign in"
    return {403: "forbidden", 404: "hidden"}.get(answer.status_code, "in")


def expected(rule: str, role: str, name: str) -> set[str]:
    """What a role may get for a ticket of the matrix. The mark of a page may say no before it looks for the ticket."""
    if role in NOBODY:
        return {"sign in"}
    if role not in SEES[name]:
        return {"hidden"} if role in AGENTS else {"hidden", "forbidden"}
    allowed = {
        SEE: SEES[name],
        PEEK: SEES[name] & AGENTS,
        WORK: WORKS[name],
        ASK: WORKS[name] | ASKED[name],
        THANK: ASKED[name],
    }[rule]
    return {"in"} if role in allowed else {"forbidden"}


def keys(case, parameters, **instead) -> dict:
    """The parameters of an address for a ticket: its number and the ids of what hangs on it."""
    known = {
        "number": case.ticket.number,
        "pk": case.ids["file"].pk,
        "file": case.ids["file"].pk,
        "link": case.ids["link"].pk,
        "share": case.ids["share"].pk,
        "comment": case.ids["comment"].pk,
        "work": case.ids["work"].pk,
        "item": case.ids["item"].pk,
        "kind": "reply",
        "event": 0,
    } | instead
    return {name: known[name] for name in parameters}


def hanging(world, case, name):
    """What an address of a ticket names beside it, when its `pk` is no file."""
    if "call-back" in name:
        return case.ids["call_back"]
    return world.others["entry"] if name == "directory:escalate" else case.ids["referral"]


def type_of(name: str) -> str | None:
    """Which kind of ticket an address is for; None for both."""
    for kind, words in (("incident", ("incidents:", "incident-")), ("request", ("requests:", "request-"))):
        if name.startswith(words):
            return kind
    return None


class TestExpectations:
    def test_every_address_of_the_api_has_one(self):
        assert sorted(API_CASES.keys() - API.keys()) == []

    def test_every_page_has_one(self):
        assert sorted(PAGE_CASES.keys() - PAGES.keys()) == []

    def test_every_address_with_a_number_is_a_tickets(self):
        strange = [
            case for case, parameters in API_CASES.items() if "number" in parameters and API[case] not in OF_TICKETS
        ]
        strange += [name for name, given in PAGE_CASES.items() if "number" in given and PAGES[name] not in OF_TICKETS]
        assert strange == []


def cases_for(world, name):
    """One ticket of each object. Where the kind makes no difference, incidents and requests take turns."""
    kind, chosen = type_of(name), []
    for number, object_ in enumerate(OBJECTS):
        chosen.append(world.cases[object_, kind or ("incident", "request")[number % 2]])
    return chosen


def sample(cases, name, role, answer):
    """Those of `cases` on which a role tries the address `name`: one for each `answer(role, object)`, by turns one that
    is confidential and one that is not, and another one from address to address and from role to role.
    """
    if role in NOBODY:
        return cases[:1]
    turn, alike = crc32(f"{name} {role}".encode()), {}
    for case in cases:
        kinds = alike.setdefault(answer(role, case.name), {True: [], False: []})
        kinds[case.name.startswith("confidential")].append(case)
    chosen = [kinds[turn % 2 == 0] or kinds[turn % 2 == 1] for kinds in alike.values()]
    return [those[turn // 2 % len(those)] for those in chosen]


# The first address of each rule, among pages and in the API.
ON_ALL = {(rule, next(name for name in names if rules[name] == rule)) for names, rules in (
    (sorted(name for name in PAGES_OF_TICKETS if type_of(name) is None), PAGES),
    (sorted(name for name, _method in API_OF_TICKETS), {name: API[name, method] for name, method in API_OF_TICKETS}),
) for rule in {rules[name] for name in names}}  # fmt: skip


class TestTickets:
    """Every verb of every ticket by every role, and: what is not yours answers as what is not there."""

    @pytest.mark.parametrize(("name", "method"), API_OF_TICKETS)
    def test_api(self, world, name, method):
        self.walk(world, name, f"api:{name}", API_CASES[name, method], [method], API[name, method])

    @pytest.mark.parametrize("name", PAGES_OF_TICKETS)
    def test_pages(self, world, name):
        self.walk(world, name, name, PAGE_CASES[name], ["get", "post"], PAGES[name])

    def walk(self, world, name, route, parameters, methods, rule):
        faults, nothing, cases = {}, {}, cases_for(world, name)
        for role in ROLES:
            chosen = cases if (rule, name) in ON_ALL and role not in NOBODY else None
            for case in chosen or sample(cases, name, role, lambda *which: frozenset(expected(rule, *which))):
                hangs = {"pk": hanging(world, case, name).pk} if "call-back" in name or "directory:" in name else {}
                address = reverse(route, kwargs=keys(case, parameters, **hangs))
                absent = {"number": NO_SUCH} | dict.fromkeys(("pk", "file", "comment"), 999999999)
                nowhere = reverse(route, kwargs=keys(case, parameters, **absent))
                found = {}
                for method in methods:
                    answer = ask(world, role, method, address)
                    if answer.status_code != 405:
                        found[method] = verdict(answer)
                    if role not in NOBODY and role not in SEES[case.name]:
                        if (role, method) not in nothing:
                            nothing[role, method] = ask(world, role, method, nowhere)
                        answer.said = answer.said.replace(case.ticket.number.encode(), NO_SUCH.encode())
                        if not alike(answer, nothing[role, method]):
                            parts = difference(answer, nothing[role, method])
                            faults[role, case.name, method] = f"differs from nothing: {parts}"
                want = expected(rule, role, case.name)
                if not set(found.values()) <= want or (want == {"in"} and not found):
                    faults[role, case.name, case.ticket.type] = f"{found} instead of {want}"
        assert not faults, told(faults)


def alike(one, other) -> bool:
    """The same status, headers and words."""
    return (one.status_code, sorted(one.headers), one.said) == (other.status_code, sorted(other.headers), other.said)


def difference(one, other) -> str:
    """Where two answers part, for the message of a failing test."""
    if (one.status_code, sorted(one.headers)) != (other.status_code, sorted(other.headers)):
        return f"{one.status_code} {sorted(one.headers)} and {other.status_code} {sorted(other.headers)}"
    place = next((at for at, (a, b) in enumerate(zip(one.said, other.said, strict=False)) if a != b), 0)
    return f"{one.said[max(place - 60, 0) : place + 60]!r} and {other.said[max(place - 60, 0) : place + 60]!r}"


class TestFilesOfNotes:
    @pytest.mark.parametrize("name", ["api:ticket-download", "tickets:attachment", "tickets:thumbnail"])
    def test_they_are_there_only_for_those_who_work_on_the_ticket(self, world, name):
        faults = {}
        for case in cases_for(world, name):
            parameters = API_CASES["ticket-download", "get"] if name.startswith("api:") else PAGE_CASES[name]
            hushed = case.ids["hushed_file"].pk
            address = reverse(name, kwargs=keys(case, parameters, pk=hushed, file=hushed))
            for role in ROLES:
                got = verdict(ask(world, role, "get", address))
                want = "sign in" if role in NOBODY else "in" if role in WORKS[case.name] else "hidden"
                if got != want:
                    faults[role, case.name] = got
        assert not faults, told(faults)


MAILS_OF_TICKETS = [("api:" + name, method) for name, method in API_CASES if API.get((name, method)) == MAIL]
MAILS_OF_TICKETS += [(name, method) for name in PAGE_CASES if PAGES.get(name) == MAIL for method in ("get", "post")]


class TestMails:
    """Mails in and out, each of a ticket of the matrix."""

    @pytest.mark.parametrize(("name", "method"), MAILS_OF_TICKETS)
    def test_who_is_let_in(self, world, name, method):
        faults, cases = {}, cases_for(world, "")
        for role in ROLES:
            for case in sample(cases, name, role, lambda role, object_: role in MAILS[object_]):
                out = name.startswith(("api:outgoing", "notify:"))
                mail = case.ids["mail_out" if out else "mail_in"]
                address = reverse(name, kwargs={"pk": mail.pk} | ({"place": 0} if name == "intake:mail-file" else {}))
                answer = ask(world, role, method, address)
                if answer.status_code == 405:
                    continue
                want = {"in"} if role in MAILS[case.name] else {"hidden"}
                if role in NOBODY:
                    want = {"sign in"}
                elif role not in AGENTS | {"administrator"}:
                    want = {"forbidden"}
                if name == "intake:mail-file" and want == {"in"}:
                    want = {"hidden"}  # this mail has no files
                if verdict(answer) not in want:
                    faults[role, case.name] = f"{answer.status_code} instead of {want}"
        assert not faults, told(faults)


CALL_BACKS = [(name, method) for name, method in API_CASES if API.get((name, method)) == CALL_BACK]
CALLS = [name for name in PAGE_CASES if PAGES.get(name) == CALL]
CALLS += [f"api:{name}" for name, method in API_CASES if API.get((name, method)) == CALL]


class TestCallBacks:
    """Those of tickets of the matrix, by API; by page they are addresses of a ticket."""

    @pytest.mark.parametrize(("name", "method"), CALL_BACKS)
    def test_who_is_let_in(self, world, name, method):
        faults = {}
        for case in world.cases.values():
            address = reverse(f"api:{name}", args=[case.ids["call_back"].pk])
            for role in ROLES:
                want = "in" if role in WORKS[case.name] else "hidden" if role in AGENTS else "forbidden"
                got = verdict(ask(world, role, method, address))
                if got != ("sign in" if role in NOBODY else want):
                    faults[role, case.name] = got
        assert not faults, told(faults)

    def test_one_of_another_ticket_is_not_there(self, world):
        one, other = world.cases["own", "incident"], world.cases["own", "request"]
        for name in ("done", "not-reached", "cancel"):
            kwargs = {"number": one.ticket.number, "pk": other.ids["call_back"].pk}
            assert verdict(ask(world, "agent", "post", reverse(f"intake:call-back-{name}", kwargs=kwargs))) == "hidden"

    def test_each_has_those_of_their_tickets_in_the_list(self, world):
        faults = {}
        for role in sorted(AGENTS):
            for address in ("/api/v1/call-backs/?limit=200", "/desk/call-backs/?whose=all"):
                said = ask(world, role, "get", address).said.decode()
                for case in world.cases.values():
                    if (f"Caller {case.word}" in said) != (role in WORKS[case.name]):
                        faults[role, case.name] = address
        assert not faults, told(faults)


REFERRALS = [(name, method) for name, method in API_CASES if API.get((name, method)) == REFERRAL]


class TestReferrals:
    """What was taken outside of tickets of the matrix, by API; by page they are addresses of a ticket."""

    @pytest.mark.parametrize(("name", "method"), REFERRALS)
    def test_who_is_let_in(self, world, name, method):
        faults = {}
        for case in cases_for(world, name):
            address = reverse(f"api:{name}", args=[case.ids["referral"].pk])
            for role in ROLES:
                allowed = SEES[case.name] if method == "get" else WORKS[case.name]
                looks = role in AGENTS or role == "administrator"
                want = "forbidden" if not looks else "hidden" if role not in SEES[case.name] else "in"
                want = "forbidden" if want == "in" and role not in allowed else want
                got = verdict(ask(world, role, method, address))
                if got != ("sign in" if role in NOBODY else want):
                    faults[role, case.name] = got
        assert not faults, told(faults)


class TestCalls:
    """An unfinished call is its agent's; the lead of their team may take it over unless it is confidential."""

    @pytest.mark.parametrize("name", CALLS)
    @pytest.mark.parametrize("which", ["call", "confidential call"])
    def test_who_is_let_in(self, world, name, which):
        allowed = {"agent"}
        if name.endswith("call-take-over"):
            allowed = {"lead"} if which == "call" else set()
        faults = {}
        for role in ROLES:
            got = verdict(ask(world, role, "post", reverse(name, args=[world.others[which].pk])))
            want = "in" if role in allowed else "hidden" if role in AGENTS else "forbidden"
            if got != ("sign in" if role in NOBODY else want):
                faults[role] = got
        assert not faults, told(faults)

    def test_who_reads_of_it(self, world):
        read = {}
        for role in ROLES[2:]:
            for words in ("taken down", "hushed"):
                for address in ("/desk/call/", f"/desk/call/?call={world.others['call'].pk}", "/api/v1/calls/"):
                    answer = ask(world, role, "get", address)
                    if answer.status_code == 200 and f">{words}".encode() in answer.said.replace(b'text":"', b">"):
                        read.setdefault(words, set()).add(role)
        assert read == {"taken down": {"agent", "lead"}, "hushed": {"agent"}}


VIEWS = [(name, method) for name in PAGE_CASES if PAGES.get(name) == VIEW for method in ("get", "post")]
VIEWS += [(f"api:{name}", method) for name, method in API_CASES if API.get((name, method)) == VIEW]


class TestSavedViews:
    """One's own are nobody else's; a team's are read by its members and changed by who leads them."""

    @pytest.mark.parametrize(("name", "method"), VIEWS)
    @pytest.mark.parametrize("which", ["view", "team view"])
    def test_who_is_let_in(self, world, name, method, which):
        faults = {}
        one = world.others[f"deleted {which}" if name.endswith("restore") else which]
        reads = name in ("api:view-detail", "api:view-tickets") and method == "get"
        readers = {"agent"} if which == "view" else {"agent", "lead"}
        allowed = readers if reads or which == "view" else {"lead"}
        for role in ROLES:
            answer = ask(world, role, method, reverse(name, args=[one.pk]))
            if answer.status_code == 405:
                continue
            want = "in" if role in allowed else "hidden" if role in AGENTS - readers else "forbidden"
            if verdict(answer) != ("sign in" if role in NOBODY else want):
                faults[role] = answer.status_code
        assert not faults, told(faults)

    @pytest.mark.parametrize(("words", "readers"), [("Night shift", {"agent"}), ("Morning round", {"agent", "lead"})])
    def test_who_reads_its_name(self, world, words, readers):
        pks = [world.others[which].pk for which in ("view", "team view")]
        addresses = ["/desk/", "/desk/views/", "/desk/call-backs/", "/api/v1/views/", "/desk/changes/?since_event=0"]
        addresses += [f"/desk/?saved={pk}" for pk in pks]
        for address in addresses:
            told_to = {role for role in ROLES[2:] if words.encode() in ask(world, role, "get", address).said}
            assert told_to == readers, address


EXPORTS = [(name, method) for name in PAGE_CASES if PAGES.get(name) in (EXPORT, BULK) for method in ("get", "post")]
EXPORTS += [(f"api:{name}", method) for name, method in API_CASES if API.get((name, method)) in (EXPORT, BULK)]


class TestExports:
    """A file is handed to whoever had it made, and what became of many tickets told to whoever changed them; to nobody
    else whatever their role.
    """

    @pytest.mark.parametrize(("name", "method"), EXPORTS)
    def test_who_is_let_in(self, world, name, method):
        faults = {}
        for role in ROLES:
            one = world.others["bulk" if "bulk" in name else "export"]
            answer = ask(world, role, method, reverse(name, args=[one.pk]))
            if answer.status_code == 405:
                continue
            want = "in" if role == "agent" else "hidden" if role in AGENTS else "forbidden"
            if verdict(answer) != ("sign in" if role in NOBODY else want):
                faults[role] = answer.status_code
        assert not faults, told(faults)

    @pytest.mark.parametrize("address", ["/desk/exports/", "/api/v1/exports/"])
    def test_who_reads_of_it(self, world, address):
        assert {role for role in ROLES[2:] if b"Handed out" in ask(world, role, "get", address).said} == {"agent"}


class TestElsewhere:
    """Addresses that are not of one ticket."""

    @pytest.mark.parametrize(("name", "method", "rule"), ELSEWHERE)
    def test_who_is_let_in(self, world, name, method, rule):
        faults = {}
        parameters = API_CASES.get((name.removeprefix("api:"), method), PAGE_CASES.get(name))
        if rule == "nothing":
            addresses = dict.fromkeys(ROLES, "/api/v1/no/such/thing/")
        elif not name.startswith("api:") and ":" not in name:
            addresses = dict.fromkeys(ROLES, f"/{name}")
        else:
            addresses = {role: reverse(name, kwargs=self.keys(world, role, name, parameters)) for role in ROLES}
        for role in ROLES:
            answer = ask(world, role, method, addresses[role])
            if answer.status_code == 405:
                continue
            if rule == PUBLIC and answer.status_code in (401, 403, 404, 503):
                keyed = ("reports:wall", "reports:feed")  # nobody has the key
                assert name in ("metrics", "readyz", "desk:first-run", *keyed) or method == "post"
                continue
            got, want = verdict(answer), self.expected(world, role, name, rule)
            if got not in want:
                faults[role] = (got, answer.status_code)
        assert not faults, told(faults)

    def keys(self, world, role, name, parameters) -> dict:
        others = world.others
        known = {"pk": others["person"].pk, "absence": others["absence"].pk, "slug": "asking", "kind": "people"}
        known |= {"place": 0, "key": "closed", "language": "en", "item": others["item"].pk, "source": "ticket"}
        known |= {"month": "2026-03", "year": 2025, "secret": "none"}
        if name in ("reports:behind", "reports:behind-export", "reports:remark", "api:remarks-on"):
            known["key"] = "tickets.opened"
        if name in ("reports:issued-file", "api:issued-report-file"):
            known["kind"] = "pdf"
        objects = {
            "company",
            "department",
            "team",
            "service",
            "category",
            "cause-code",
            "service-matrix",
            "token",
            "mailbox",
            "item",
            "template",
            "macro",
            "calendar",
            "rank",
            "agreement",
            "moves",
            "service-level",
            "device",
            "notification-device",
            "outage",
        }
        if name.startswith(("surveys:", "api:survey", "api:my-survey", "api:rating-")):
            asked = name in ("surveys:answer", "api:my-survey-take") or "result" in name or "finding" in name
            known["pk"] = others["sent survey" if asked else "draft survey"].pk
            if "rating" in name:
                known["pk"] = others["rating"].pk
            draft = others["draft survey"].groups.get()
            known |= {"source": "half_yearly", "group": draft.pk, "question": draft.questions.get().pk}
            if "finding" in name:
                known["question"] = others["sent survey"].groups.get().questions.get().pk
        if name.startswith(("directory:", "api:directory-", "api:contract-")):
            of_contract = name in ("directory:contract", "directory:contract-change", "api:contract-detail")
            known["pk"] = others["contract" if of_contract else "entry"].pk
        if "dependence-proposal" in name:
            known["pk"] = others["proposal"].pk
        if name.startswith(("escalation:rule", "api:rule-")):
            known["pk"] = others["rule"].pk
        if name in ("desk:lead-team", "desk:lead-assign", "api:standing-detail"):
            known["pk"] = world.people["lead"].leads.get().pk
        what = re.sub(
            "-(detail|revoke|test|comparison|compare|take|run|remove|due|export|move|subscribe|unsubscribe)$",
            "",
            name.split(":")[-1],
        )
        if what in objects:
            what = {
                "cause-code": "cause",
                "service-matrix": "service",
                "service-level": "service",
                "notification-device": "device",
            }.get(what, what)
            own = others.get(f"{what}s") if what in ("token", "device") else None
            one = own.get(role, own["agent"]) if own else others[what]
            known |= {"pk": one.pk, "code": getattr(one, "code", "")}
        return {parameter: known[parameter] for parameter in parameters}

    def expected(self, world, role, name, rule) -> set[str]:
        if rule == PUBLIC:
            return {"in"}
        if role in NOBODY:
            return {"sign in"}
        if rule == "nothing":
            return {"hidden"}
        if rule == WORDS:
            return {"in"} if role in ("requester", "administrator") else {"forbidden", "hidden"}
        if rule == INVITED:
            return {"in"} if role == "agent" else {"hidden"}
        if rule == PROPOSAL:
            readers = {"administrator", "lead"}
            return {"in"} if role in readers else {"hidden"} if role in AGENTS else {"forbidden"}
        if rule == OWN:
            owns = role == "colleague" if "absence" in name else role in world.others["tokens"]
            return {"in"} if owns else {"hidden"}
        # The colleague of the world is looked at: by themselves, by people of their company, by those who look up.
        if rule in ("person", "absences", "absence"):
            if role == "colleague":
                return {"in"}
            seen = role in AGENTS | {"administrator", "requester", "head"}
            if not seen:
                return {"hidden"}
            if rule == "person":
                return {"in"}
            if rule == "absences":
                return {"in"} if role in AGENTS | {"administrator"} else {"forbidden"}
            return {"in"} if role == "administrator" else {"forbidden"}
        allowed = {
            SIGNED: set(ROLES),
            DESK: AGENTS,
            LOOK: AGENTS | {"administrator"},
            ADMIN: {"administrator"},
            SERVICES: {"administrator", "CMDB manager"},
            ITEMS: AGENTS | {"administrator", "CMDB manager"},
            LEAD: {"lead"},
            LEADS: {"administrator", "lead"},
        }[rule]
        if role in allowed:
            # There is no import, no mail and no check of the log to look at; whoever may look at one learns so.
            absent = name in (
                "people:import",
                "importers:import",
                "importers:columns",
                "importers:start",
                "importers:discard",
                "importers:rejected",
                "importers:mapping-delete",
                "desk:lead-assign",
                "api:mailbox-take-missing",
                "api:audit-check",
                "api:rule-trial",
                "api:dead-address-revive",
                "api:major-proposal-accept",
                "api:major-proposal-dismiss",
                "api:post-mortem-action-finish",
                "reports:issued",
                "reports:issued-file",
                "reports:subscriber-remove",
                "reports:wall-revoke",
                "api:issued-report-detail",
                "api:issued-report-file",
                "api:report-subscriber-detail",
            ) or name.startswith(("people:import-", "api:import-", "api:ticket-import-", "intake:mail", "notify:"))
            return {"in", "hidden"} if absent else {"in"}
        # An object of people that one may not see is hidden before it is forbidden.
        return {"forbidden", "hidden"} if name.startswith("api:person-") else {"forbidden"}


def lists() -> list[str]:
    """Every address that can be read without naming an object: lists, searches, suggestions, exports, counts."""
    found = [f"api:{name}" for name, method in API_CASES if method == "get" and not API_CASES[name, method]]
    return found + [name for name, parameters in PAGE_CASES.items() if not parameters and ":" in name]


# All at once first: by that the names are known for which an address asks.
QUERIES = (
    "", "q={word}&tag={secret}&view=all&other={word}&requester=a&since_event=0&shown={pk}&fresh={pk}",
    "q={word}", "q={number}", "q={secret}", "tag={secret}", "view=all&q={word}", "other={word}", "requester=a",
    "view=all", "since_event=0&view=all&shown={pk}&fresh={pk}",
)  # fmt: skip


LISTS = [name for name in lists() if name not in ("api:schema", "api:docs", "api:nothing", "web:style")]
# Lists of people, in which whoever asked for the hidden ticket of the next test may stand.
OF_PEOPLE = {"tickets:people", "intake:people", "people:suggest", "people:people", "api:person-list", "desk:caller",
             "desk:callers", "desk:call-about"}  # fmt: skip


class TestListsSayNothing:
    """No list, search, suggestion, count, export or live update tells of a ticket that its reader may not see."""

    @pytest.mark.parametrize("name", LISTS)
    def test_no_word_of_it(self, world, name):
        faults = set()
        case, address = world.cases["confidential", "incident"], reverse(name)
        pks = ".".join(str(one.ticket.pk) for one in world.cases.values())
        for role in ROLES[2:]:
            asked_for = set()
            for query in QUERIES:
                if query not in QUERIES[:2] and not any(re.search(rf"\b{name}=", query) for name in asked_for):
                    continue  # it would be the same answer again
                filled = query.format(word=case.word, number=case.ticket.number, secret=case.secret, pk=pks)
                with names_read() as read:
                    answer = ask(world, role, "get", f"{address}?{filled}")
                faults |= self.told(world, role, answer.said.replace(filled.encode(), b""), case)
                if verdict(answer) != "in":
                    break  # whoever is not let in is not let in by other words either
                asked_for |= read
        assert not faults, told(faults)

    def told(self, world, role, said, asked_for):
        faults = set()
        for case in world.cases.values():
            # What was asked for may stand in the box again; the number and title must not stand beside it.
            sees = role in SEES[case.name]
            if not sees and f"About {case.word}".encode() in said:
                faults.add((role, case.name, "title"))
            if (
                not sees
                and case is not asked_for
                and (case.ticket.number.encode() in said or case.word.encode() in said)
            ):
                faults.add((role, case.name, "number or word"))
            if role not in WORKS[case.name] and case.secret.encode() in said and case is not asked_for:
                faults.add((role, case.name, "note"))
        return faults

    def test_lists_show_what_they_should(self, world):
        """The other half: nobody sees nothing."""
        faults = {}
        for role in ROLES[2:]:
            said = ask(world, role, "get", "/api/v1/tickets/?limit=200").said.decode()
            for case in world.cases.values():
                if (case.ticket.number in said) != (role in SEES[case.name]):
                    faults[role, case.name] = "api"
            if role in AGENTS:
                said = ask(world, role, "get", f"{reverse('desk:export')}?view=all").said.decode()
                for case in world.cases.values():
                    if (case.ticket.number in said) != (role in WORKS[case.name]):
                        faults[role, case.name] = "export"
        assert not faults, told(faults)

    @pytest.mark.parametrize("path", ["/api/v1/search/", "/search/"])
    def test_search_finds_for_each_what_they_see(self, world, path):
        faults = {}
        for case in world.cases.values():
            for role in ROLES[2:]:
                by_title, by_note = (
                    f"About {case.word}"
                    in re.sub("</?mark>", "", ask(world, role, "get", f"{path}?q={word}").said.decode())
                    for word in (case.word, case.secret)
                )
                if by_title != (role in SEES[case.name]) or by_note != (role in WORKS[case.name]):
                    faults[role, case.name] = (by_title, by_note)
        assert not faults, told(faults)

    @pytest.mark.parametrize("name", [name for name in LISTS if name not in OF_PEOPLE])
    def test_nothing_changes_when_something_hidden_is_added(self, world, name):
        """Counts too: a list answers the same before and after a confidential ticket of somebody else came to be."""
        address = reverse(name)
        asks, asker = [], world.others["stranger"]
        for role in ROLES[2:]:
            with names_read() as read:
                is_in = verdict(ask(world, role, "get", f"{address}?q=printer&view=all&since_event=0")) == "in"
            asks += [(role, query) for query in ("", *(["q=printer&view=all&since_event=0"] if read else [])) if is_in]
        with undone():
            before = {key: ask(world, key[0], "get", f"{address}?{key[1]}") for key in asks}
            an_incident(requester=asker, service=world.others["hushed service"], title="printer")
            after = {key: ask(world, key[0], "get", f"{address}?{key[1]}") for key in asks}
        faults = {key: difference(before[key], after[key]) for key in asks if not alike(before[key], after[key])}
        assert not faults, told(faults)
