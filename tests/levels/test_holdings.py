"""Who had a ticket: stays by hand, by properties that hold for all, on the page and by API."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from incidents.actions import close_incident, reopen_incident, resolve_incident
from servicedesk.levels.clocks import Happened
from servicedesk.levels.holdings import holdings_of, stays_of
from servicedesk.tickets.actions import assign, de_escalate, escalate
from servicedesk.tickets.models import Ticket
from tests.factories import a_team, an_agent, an_incident
from tests.levels.test_hours import IN_TIME, at
from tests.levels.test_keeping import friday  # noqa: F401 – a fixture

START = at("2026-11-20T09:00")
TEAMS, PEOPLE = (None, 1, 2, 3), (None, 11, 12)


@st.composite
def lives(draw) -> tuple[Ticket, list[Happened], list[tuple[datetime, datetime]]]:
    """A ticket without a row, what happened to it, and the times in which it was open."""
    team, person = draw(st.sampled_from(TEAMS)), draw(st.sampled_from(PEOPLE))
    now, opened, is_open, spans = START, START, True, []
    happened = [Happened(1, "open", START, {"channel": "portal"})]
    steps = st.sampled_from(("assign", "escalate", "de_escalate", "close", "reply"))
    for step, minutes in draw(st.lists(st.tuples(steps, st.integers(0, 5_000)), max_size=12)):
        now += timedelta(minutes=minutes)
        data = {}
        if step == "close":
            step, data = ("close", {"from": "resolved", "to": "closed"}) if is_open else (
                "reopen", {"from": "closed", "to": "in_progress"}
            )  # fmt: skip
            if is_open:
                spans.append((opened, now))
            opened, is_open = now, not is_open
        elif step != "reply":
            to, whom = draw(st.sampled_from(TEAMS)), draw(st.sampled_from(PEOPLE))
            changes = {}
            if to != team:
                changes["team"] = [[team, "x"] if team else None, [to, "y"] if to else None]
            if whom != person:
                changes["assignee"] = [[person] if person else None, [whom] if whom else None]
            team, person, data = to, whom, {"changes": changes}
        happened.append(Happened(len(happened) + 1, step, now, data))
    if is_open:
        spans.append((opened, None))
    return Ticket(type="incident", team_id=team, assignee_id=person), happened, spans


class TestStays:
    @IN_TIME
    @given(lives())
    def test_never_overlap_and_cover_all_the_time_in_which_it_was_open(self, life):
        ticket, happened, spans = life
        stays, now = stays_of(ticket, happened), happened[-1].at + timedelta(hours=1)
        ends = [(stay.since, stay.until or now) for stay in stays]
        assert all(since < until for since, until in ends)
        assert all(one[1] <= other[0] for one, other in pairwise(ends))
        whole = [(since, until or now) for since, until in spans if since != until]
        assert sum((b - a for a, b in ends), timedelta()) == sum((b - a for a, b in whole), timedelta())
        assert all(any(a <= since and until <= b for a, b in whole) for since, until in ends)
        if spans[-1][1] is None:
            assert (stays[-1].team, stays[-1].person) == (ticket.team_id, ticket.assignee_id)


@pytest.mark.django_db
class TestHoldings:
    @pytest.fixture
    def handed(self, friday):  # noqa: F811
        """An hour with the first line, over a holiday with the second, back with Ken; P3, opened Friday 16:00."""
        second = a_team(tier=2, name="Network")
        first = a_team(tier=1, name="First line", next_team=second)
        ken = an_agent(first, second, name="Ken")
        incident = an_incident(team=first, impact=4, urgency=1)
        ticket = incident.ticket
        friday.move_to(at("2026-11-20T17:00"))
        escalate(ticket, by=ken, via="page", reason="The switch")
        friday.move_to(at("2026-11-24T10:00"))
        assign(ticket, by=ken, via="page", assignee=an_agent(second, name="Mai"))
        friday.move_to(at("2026-11-24T11:00"))
        de_escalate(ticket, by=ken, via="page", reason="The cable")
        assign(ticket, by=ken, via="page", assignee=ken)
        friday.move_to(at("2026-11-24T11:30"))
        return incident, ken

    def test_are_by_person_team_and_tier_in_business_hours_and_on_the_clock(self, handed, friday):  # noqa: F811
        incident, ken = handed
        found = holdings_of(incident.ticket)
        hour = timedelta(hours=1)
        assert [
            (stay.team.name, stay.person and stay.person.name, stay.spent.business, stay.spent.passed)
            for stay in found.stays
        ] == [
            ("First line", None, hour, hour),
            ("Network", None, 2 * hour, 89 * hour),
            ("Network", "Mai", hour, hour),
            ("First line", "Ken", hour / 2, hour / 2),
        ]
        assert [(tier, spent.business) for tier, spent in found.tiers] == [(1, 1.5 * hour), (2, 3 * hour)]
        assert found.whole.passed == timezone.now() - incident.ticket.created_at
        resolve_incident(incident, by=ken, via="page", resolution="New cable.")
        close_incident(incident, by=ken, via="page")
        friday.move_to(at("2026-11-25T10:00"))
        assert holdings_of(incident.ticket).whole.passed == found.whole.passed
        reopen_incident(incident, by=ken, via="page", reason="Silent again.")
        friday.move_to(at("2026-11-25T11:00"))
        assert holdings_of(incident.ticket).whole.passed == found.whole.passed + hour

    def test_stand_on_the_page_of_those_who_work_on_it_and_in_the_api(self, visit, handed, django_assert_num_queries):
        incident, ken = handed
        address = f"/tickets/{incident.ticket.number}/holdings/"
        beside = f"/desk/beside/{incident.ticket.number}/"
        assert f'hx-get="{beside}?box=reply"' in visit(ken).get(incident.ticket.get_absolute_url()).text
        text = visit(ken).get(beside, headers={"HX-Request": "true"}).text
        assert "Mai" in text and "Tier 2" in text and "3 h" in text and '<details class="more" open>' in text
        found = visit(ken).get(f"/api/v1{address}").json()
        assert found["tiers"][1] == {"tier": 2, "seconds": 90 * 3600, "business_seconds": 3 * 3600}
        last = found["stays"][-1]
        assert (last["team"]["name"], last["person"]["name"], last["until"]) == ("First line", "Ken", None)
        assert visit(incident.ticket.requester).get(f"/api/v1{address}").status_code == 403
        with django_assert_num_queries(6):
            holdings_of(Ticket.objects.get(pk=incident.ticket.pk))

    def test_of_what_one_person_had_are_one_line(self, visit):
        team = a_team(name="First line")
        agent = an_agent(team, name="Ken")
        ticket = an_incident(team=team).ticket
        assign(ticket, by=agent, via="page", assignee=agent)
        text = visit(agent).get(f"/desk/beside/{ticket.number}/", headers={"HX-Request": "true"}).text
        assert '<details class="more">' in text and "Ken · First line" in " ".join(text.split())
