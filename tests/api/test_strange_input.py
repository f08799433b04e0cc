"""No address of the API answers 500, whatever is handed to it."""

import json

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicedesk.desk.models import Export, SavedView
from servicedesk.directory.models import Contract, Entry, Referral
from servicedesk.levels.models import Calendar, Rank
from servicedesk.people.models import Role
from servicedesk.tickets.actions import reply
from tests.factories import a_person, a_service, a_team
from tests.factories import an_incident as make_incident
from tests.reading import names_read
from tests.security.test_role_object_verb import API_CASES, LISTS

pytestmark = pytest.mark.django_db

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**18, max_value=10**40),
    st.floats(allow_nan=False),
    st.text(max_size=30),
    st.sampled_from(
        ["", " ", "me", "none", "\x00", "\ud800", "９９", "1e9", "-1", "2030-02-30", "٣", "'", '"><', "a" * 5000]
    ),
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    """title description body message reason resolution cause_code human_error note internal assignee team person
    requester service category impact urgency priority is_confidential is_major tags other kind minutes worked_on cells
    targets code name email roles addresses language time_zone company department manager from_on until_on deputy scopes
    days to files channel source order is_active members lead tier next_team parent head group address host port
    password makes accepts certificate security folder user delivery_on view filters sort columns density is_pinned
    format saved items weekly closed special timezone holidays rank calendar warn_at is_default
    around_the_clock bought used unit callers valid_from valid_to review_on owner contract entry ticket
    agreed""".split()  # noqa: SIM905
)
BODIES = st.one_of(st.dictionaries(NAMES, VALUES, max_size=6), VALUES)
FILTERS = """limit after before order q tag team assignee requester service category type status phase priority impact
    urgency channel open is_major created_since created_until updated_since state role company department object_type
    verb by since until dry_run is_active kind format lang item from minutes""".split()  # noqa: SIM905
QUERIES = st.dictionaries(
    st.sampled_from(FILTERS),
    ODD.map(lambda value: "" if value is None else str(value).encode("utf-8", "replace").decode()),
    max_size=3,
)
IN_ADDRESSES = ("%ff", "9" * 40, "%F0%9F%98%80", "'\"><", "a" * 300)


class TestStrangeInput:
    @pytest.fixture
    def place(self, api):
        """A person with every role, and the ids that addresses need."""
        team = a_team()
        user = a_person(*Role.values, teams=[team])
        ticket = make_incident(service=a_service(team)).ticket
        reply(ticket, by=user, via="page", body="x")
        SavedView.objects.create(pk=user.pk, owner=user, name="x", base="all")
        Export.objects.create(pk=user.pk, owner=user, format="csv", label="x")
        weekly = {"mon": [["09:00", "18:00"]]}
        Calendar.objects.get_or_create(pk=user.pk, defaults={"name": "x", "timezone": "UTC", "weekly": weekly})
        Rank.objects.get_or_create(pk=user.pk, defaults={"name": "x"})
        Entry.objects.create(pk=user.pk, kind="vendor", name="x", owner=user, review_on="2030-01-01")
        Contract.objects.create(pk=user.pk, entry_id=user.pk, number="x", valid_from="2020-01-01")
        Referral.objects.create(pk=user.pk, ticket=ticket, entry_id=user.pk, contract_id=user.pk, by=user)
        known = {
            "number": ticket.number,
            "code": team.code,
            "pk": user.pk,
            "file": 1,
            "link": 1,
            "share": 1,
            "comment": 1,
            "work": 1,
            "absence": 1,
            "source": "ticket",
            "month": "2026-03",
            "year": 2026,
            "key": "tickets.opened",
            "language": "ja",
            "kind": "pdf",
        }
        client = api(user)
        client.raise_request_exception = False
        return client, known

    @pytest.mark.parametrize(("name", "method"), sorted(API_CASES))
    @settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(body=BODIES, query=QUERIES)
    def test_no_500(self, place, name, method, body, query):
        if name in ("schema", "docs"):
            return
        client, known = place
        cache.clear()
        keys = {parameter: known[parameter] for parameter in API_CASES[name, method]}
        address = "/api/v1/nothing/" if name == "nothing" else reverse(f"api:{name}", kwargs=keys)
        with transaction.atomic():
            answer = client.generic(
                method.upper(),
                address,
                b"" if method == "get" else json.dumps(body).encode("utf-8", "surrogatepass"),
                content_type="application/json",
                query_params=query,
            )
            transaction.set_rollback(True)
        assert answer.status_code < 500, (answer.status_code, body, query, answer.content[:500])

    @pytest.mark.parametrize(
        "number", ["%00", "a%00b", "x" * 400, "%F0%9F%98%80", "INC0000001%20", "..%2f", "%ff", "ＩＮＣ1"]
    )
    @pytest.mark.parametrize("path", ["/api/v1/tickets/{}/", "/api/v1/teams/{}/", "/tickets/{}/", "/incidents/{}/"])
    def test_strange_numbers_are_not_there(self, place, number, path):
        client, _known = place
        assert client.get(path.format(number)).status_code == 404

    @pytest.mark.parametrize("name", [name for name in LISTS if not name.startswith("api:")])
    def test_strange_words_in_the_address_of_a_page(self, place, name):
        client, _known = place
        address, wrong, tried = reverse(name), [], set()
        with names_read() as read:
            client.get(address)
            while new := read - tried:
                tried |= new
                queries = [f"{one}=%00" for one in sorted(new)]
                queries += ["&".join(f"{one}={value}" for one in sorted(tried)) for value in IN_ADDRESSES]
                wrong += [query for query in queries if client.get(f"{address}?{query}").status_code >= 500]
        assert wrong == []
