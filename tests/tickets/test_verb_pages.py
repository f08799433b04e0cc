"""What agents do with any ticket from its page: each verb done, refused, not yours, with and without JavaScript."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.people.models import Role
from servicedesk.tickets import actions
from servicedesk.tickets.models import Ticket, TicketLink, TicketShare, Watcher, WorkTime
from tests.factories import a_person, a_team, a_ticket, an_agent, an_incident

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def second():
    return a_team(name="Second line")


@pytest.fixture
def team(second):
    return a_team(name="First line", next_team=second)


@pytest.fixture
def agent(team, second):
    return an_agent(team, second, name="Hana Sato")


@pytest.fixture
def ticket(team):
    return an_incident(team=team, title="Payslip is empty").ticket


def address(ticket, verb) -> str:
    return f"/tickets/{ticket.number}/{verb}/"


def fresh(ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def same(answer, number) -> str:
    """An answer without what differs by nature: the number that was asked for and the form's token."""
    html = answer.content.decode().replace(number, "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def good(verb, ticket, team) -> dict:
    """Something each verb takes."""
    return {
        "reply": {"body": "We look at it."},
        "note": {"body": "For us."},
        "assign": {"to": "me"},
        "escalate": {"reason": "Needs the database people"},
        "de-escalate": {"reason": "They can do it"},
        "share": {"user": a_person(name="Colleague").email},
        "watch": {},
        "unwatch": {},
        "tags": {"tags": "vpn, 月次"},
        "link": {"kind": "related", "other": a_ticket(team=team).number},
        "log-work": {"minutes": "１５"},
        "confidential": {"is_confidential": "on"},
    }[verb]


VERBS = ("reply", "note", "assign", "escalate", "share", "watch", "unwatch", "tags", "link", "log-work", "confidential")
BAD = {
    "reply": ({"body": "  "}, "Write something or attach a file."),
    "note": ({"body": ""}, "Write something or attach a file."),
    "assign": ({"assignee": "999999"}, "Select a valid choice."),
    "escalate": ({"reason": " "}, "Please fill this in."),
    "share": ({}, "Choose a person or a team."),
    "tags": ({"tags": "x" * 41}, "A ticket has at most 20 tags of up to 40 characters."),
    "link": ({"kind": "related", "other": "INC9999999"}, "There is no such ticket."),
    "log-work": ({"minutes": "0"}, "Work time is 1 to 1,440 minutes."),
}


class TestEveryVerb:
    @pytest.mark.parametrize("verb", VERBS)
    def test_a_plain_form_leads_back_to_the_ticket(self, visit, agent, ticket, team, verb):
        answer = visit(agent).post(address(ticket, verb), good(verb, ticket, team))
        # To what one has just said, where there is such a thing.
        place = f"#e{ticket.events.latest('number').number}" if verb in ("reply", "note") else ""
        assert (answer.status_code, answer.url) == (303, ticket.get_absolute_url() + place)

    @pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("reply", "note")])
    def test_htmx_gets_the_event_and_a_toast(self, visit, agent, ticket, team, verb):
        answer = visit(agent).post(address(ticket, verb), good(verb, ticket, team), headers=HTMX)
        assert answer.status_code == 204
        events = json.loads(answer["HX-Trigger"])
        assert events["ticket-changed"] == {"number": ticket.number}
        assert events["toast"]["message"]

    @pytest.mark.parametrize("verb", BAD)
    def test_a_refusal_brings_the_form_back_with_what_was_typed(self, visit, agent, ticket, verb):
        data, sentence = BAD[verb]
        page = visit(agent)
        before = fresh(ticket).event_count
        for headers in ({}, HTMX):
            answer = page.post(address(ticket, verb), data, headers=headers)
            assert answer.status_code == 422
            html = answer.content.decode()
            assert sentence in html
            assert ("<html" in html) == (not headers)
            assert all(value.strip() in html for value in data.values() if verb != "assign")
        assert fresh(ticket).event_count == before

    @pytest.mark.parametrize("verb", VERBS)
    def test_not_yours_is_not_there(self, visit, team, ticket, verb):
        stranger = visit(an_agent(a_team()))
        before = fresh(ticket).event_count
        assert stranger.post(address(ticket, verb), good(verb, ticket, team)).status_code == 404
        assert fresh(ticket).event_count == before

    @pytest.mark.parametrize(
        "verb", ["note", "assign", "escalate", "de-escalate", "tags", "link", "log-work", "confidential"]
    )
    def test_the_requester_does_not_do_the_work_of_the_desk(self, visit, team, ticket, verb):
        answer = visit(ticket.requester).post(address(ticket, verb), good(verb, ticket, team))
        assert answer.status_code == 403
        assert [event.verb for event in ticket.events.all()] == ["open"]

    @pytest.mark.parametrize("verb", [verb for verb in VERBS if "watch" not in verb])
    def test_each_form_stands_on_a_page_and_in_the_dialog(self, visit, agent, ticket, verb):
        page = visit(agent)
        whole, part = page.get(address(ticket, verb)), page.get(address(ticket, verb), headers=HTMX)
        assert whole.status_code == part.status_code == 200
        assert "<html" in whole.content.decode()
        assert "<html" not in part.content.decode()
        assert 'method="post"' in part.content.decode()
        assert whole["Vary"].count("HX-Request") == 1

    @pytest.mark.parametrize("verb", ["watch", "unwatch", "unshare", "unlink"])
    def test_what_has_no_form_is_not_done_by_a_link(self, visit, agent, ticket, verb):
        assert visit(agent).get(address(ticket, verb)).status_code == 405


class TestReply:
    def test_the_box_comes_back_empty(self, visit, agent, ticket):
        answer = visit(agent).post(address(ticket, "reply"), {"body": "We look at it."}, headers=HTMX)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert 'id="composer"' in html
        assert "We look at it." not in html
        assert json.loads(answer["HX-Trigger"])["ticket-changed"] == {"number": ticket.number}

    def test_files_come_with_it(self, visit, agent, ticket, picture):
        file = SimpleUploadedFile("screen.png", picture, "image/png")
        visit(agent).post(address(ticket, "reply"), {"body": "", "files": [file]})
        assert [(one.name, one.is_public) for one in ticket.attachments.all()] == [("screen.png", True)]

    def test_a_program_is_refused_and_the_words_are_kept(self, visit, agent, ticket):
        file = SimpleUploadedFile("setup.exe", b"MZ" + b"0" * 50)
        answer = visit(agent).post(address(ticket, "reply"), {"body": "Try this", "files": [file]}, headers=HTMX)
        assert answer.status_code == 422
        assert "is a program and is not taken" in answer.content.decode()
        assert "Try this" in answer.content.decode()
        assert ticket.comments.count() == 0

    def test_the_preview_shows_markdown_and_keeps_nothing(self, visit, agent, ticket):
        answer = visit(agent).post("/tickets/preview/", {"body": "**bold** <script>x</script>"})
        html = answer.content.decode()
        assert "<strong>bold</strong>" in html
        assert "<script>" not in html
        assert ticket.comments.count() == 0


class TestAssign:
    def test_to_a_person_and_a_team(self, visit, agent, ticket, second):
        expert = an_agent(second)
        visit(agent).post(address(ticket, "assign"), {"team": second.pk, "assignee": expert.pk})
        assert (fresh(ticket).assignee, fresh(ticket).team) == (expert, second)

    def test_somebody_outside_the_team_is_refused_with_a_sentence(self, visit, agent, ticket, second):
        outsider = an_agent(a_team(), name="Outsider")
        answer = visit(agent).post(address(ticket, "assign"), {"team": second.pk, "assignee": outsider.pk})
        assert answer.status_code == 422
        assert "Outsider does not belong to the team" in answer.content.decode()

    def test_who_hands_a_ticket_away_for_good_is_led_to_the_desk(self, visit, team, ticket):
        elsewhere = a_team()
        page = visit(an_agent(team))
        answer = page.post(address(ticket, "assign"), {"team": elsewhere.pk, "assignee": ""})
        assert (answer.status_code, answer.url) == (303, "/desk/")
        ticket.refresh_from_db()
        assert ticket.team == elsewhere

    def test_the_same_by_htmx(self, visit, team, ticket):
        answer = visit(an_agent(team)).post(
            address(ticket, "assign"), {"team": a_team().pk, "assignee": ""}, headers=HTMX
        )
        assert answer["HX-Redirect"] == "/desk/"

    def test_a_stale_page_is_told_what_happened_meanwhile(self, visit, agent, ticket):
        actions.move(ticket, "cancel", by=agent, via="page")
        answer = visit(agent).post(address(ticket, "assign"), {"to": "me"}, headers=HTMX)
        assert answer.status_code == 422
        assert f"{ticket.number} is closed. Reopen it first." in answer.content.decode()


class TestShare:
    def test_a_person_is_found_by_name_alone_when_only_one_fits(self, visit, agent, ticket):
        colleague = a_person(name="Otowa Unique")
        visit(agent).post(address(ticket, "share"), {"user": "otowa"})
        assert TicketShare.objects.get().user == colleague

    def test_several_people_are_told_apart(self, visit, agent, ticket):
        a_person(name="Ken Double"), a_person(name="Ren Double")
        answer = visit(agent).post(address(ticket, "share"), {"user": "Double"})
        assert answer.status_code == 422
        assert "Several people fit." in answer.content.decode()

    def test_with_a_team_and_back(self, visit, agent, ticket):
        other = a_team()
        page = visit(agent)
        page.post(address(ticket, "share"), {"team": other.pk})
        assert TicketShare.objects.get().team == other
        page.post(address(ticket, "unshare"), {"team": other.pk})
        assert not TicketShare.objects.exists()

    def test_the_requester_shares_with_people_but_not_with_teams(self, visit, ticket):
        answer = visit(ticket.requester).get(address(ticket, "share"))
        assert 'name="user"' in answer.content.decode()
        assert 'name="team"' not in answer.content.decode()

    def test_taking_back_what_is_not_there_changes_nothing(self, visit, agent, ticket):
        answer = visit(agent).post(address(ticket, "unshare"), {"user": "12345"})
        assert answer.status_code == 303
        assert [event.verb for event in ticket.events.all()] == ["open"]


class TestLink:
    def test_and_unlink_from_the_other_end(self, visit, agent, ticket, team):
        other = a_ticket(team=team)
        page = visit(agent)
        page.post(address(ticket, "link"), {"kind": "duplicate", "other": other.number.lower()})
        tie = TicketLink.objects.get()
        assert (tie.source, tie.target, tie.kind) == (ticket, other, "duplicate")
        page.post(address(other, "unlink"), {"link": tie.pk})
        assert not TicketLink.objects.exists()

    def test_a_ticket_that_one_may_not_see_is_refused_like_one_that_is_not_there(self, visit, team, ticket):
        hidden = a_ticket(team=a_team())
        page = visit(an_agent(team))
        theirs = page.post(address(ticket, "link"), {"kind": "related", "other": hidden.number}, headers=HTMX)
        nowhere = page.post(address(ticket, "link"), {"kind": "related", "other": "INC7777777"}, headers=HTMX)
        assert theirs.status_code == nowhere.status_code == 422
        assert "There is no such ticket." in theirs.content.decode()
        assert same(theirs, hidden.number) == same(nowhere, "INC7777777")

    def test_a_tie_of_other_tickets_is_not_cut(self, visit, agent, ticket, team):
        one, two = a_ticket(team=team), a_ticket(team=team)
        tie = actions.link(one, two, "related", by=agent, via="page")
        visit(agent).post(address(ticket, "unlink"), {"link": tie.pk})
        assert TicketLink.objects.filter(pk=tie.pk).exists()

    def test_suggestions_are_of_visible_tickets(self, visit, team, ticket):
        hidden = a_ticket(team=a_team())
        html = visit(an_agent(team)).get("/tickets/find/", {"other": "INC"}).content.decode()
        assert ticket.number in html
        assert hidden.number not in html


class TestWork:
    def test_minutes_in_full_width_and_the_day(self, visit, agent, ticket):
        visit(agent).post(address(ticket, "log-work"), {"minutes": "９０", "worked_on": "2026-01-02", "note": "Logs"})
        row = WorkTime.objects.get()
        assert (row.minutes, str(row.worked_on), row.note) == (90, "2026-01-02", "Logs")


class TestWatch:
    def test_and_unwatch(self, visit, agent, ticket):
        page = visit(agent)
        page.post(address(ticket, "watch"))
        assert Watcher.objects.filter(ticket=ticket, user=agent).exists()
        page.post(address(ticket, "unwatch"))
        assert not Watcher.objects.exists()


class TestConfidential:
    def test_is_set_and_taken_away(self, visit, agent, ticket):
        page = visit(agent)
        page.post(address(ticket, "confidential"), {"is_confidential": "on"})
        assert fresh(ticket).is_confidential
        page.post(address(ticket, "confidential"), {})
        assert not fresh(ticket).is_confidential


class TestPeople:
    """Suggestions for a person field."""

    def test_by_name_reading_and_extension(self, visit, agent):
        found = a_person(name="田中 みどり", reading="タナカ ミドリ", extension="4021")
        page = visit(agent)
        for words in ("田中", "タナカ", "4021", "ﾀﾅｶ"):
            assert found.email in page.get("/tickets/people/", {"requester": words}).content.decode()

    def test_one_letter_is_not_enough(self, visit, agent):
        assert "<option" not in visit(agent).get("/tickets/people/", {"q": "a"}).content.decode()

    def test_staff_see_colleagues_only(self, visit):
        stranger = a_person(name="From another company")
        assert stranger.email not in visit(a_person()).get("/tickets/people/", {"q": "another"}).content.decode()


class TestPeek:
    def test_shows_the_last_message_and_the_next_steps(self, visit, agent, ticket):
        actions.note(ticket, by=agent, via="page", body="The newest word")
        html = visit(agent).get(address(ticket, "peek"), headers=HTMX).content.decode()
        assert "The newest word" in html
        assert f"/incidents/{ticket.number}/start/" in html
        assert "<html" not in html

    def test_not_yours_is_not_there(self, visit, ticket):
        assert visit(an_agent(a_team())).get(address(ticket, "peek")).status_code == 404

    def test_without_javascript_it_is_a_page(self, visit, agent, ticket):
        assert "<html" in visit(agent).get(address(ticket, "peek")).content.decode()


class TestVerbsOfTheProcess:
    @pytest.mark.parametrize("verb", ["change", "priority"])
    def test_are_found_from_the_number(self, visit, agent, ticket, verb):
        answer = visit(agent).get(address(ticket, verb))
        assert (answer.status_code, answer.url) == (307, f"/incidents/{ticket.number}/{verb}/")

    def test_not_for_strangers(self, visit, ticket):
        assert visit(a_person(Role.AGENT, teams=[a_team()])).get(address(ticket, "change")).status_code == 404
