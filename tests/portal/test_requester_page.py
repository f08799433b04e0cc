"""A ticket as its requester sees it: state, conversation, and everything they can do with it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.actions import ask_requester_incident, cancel_incident, close_incident, resolve_incident
from servicedesk.tickets.actions import note, reply, share
from tests.factories import (
    a_company,
    a_department,
    a_person,
    a_service,
    a_service_request,
    a_team,
    again,
    an_agent,
    an_incident,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def department():
    return a_department(a_company())


@pytest.fixture
def hanako(department):
    return a_person(name="佐藤 花子", company=department.company, department=department)


@pytest.fixture
def taro(department):
    return a_person(name="鈴木 太郎", email="taro@example.com", company=department.company)


@pytest.fixture
def incident(hanako):
    return an_incident(requester=hanako, service=a_service(a_team()), description="It is <b>silent</b>.")


@pytest.fixture
def ticket(incident):
    return incident.ticket


@pytest.fixture
def agent(ticket):
    return again(an_agent(ticket.service.team, name="高橋 誠"))


def page_of(ticket) -> str:
    return ticket.get_absolute_url()


class TestWhatIsSeen:
    def test_state_next_step_and_conversation(self, visit, hanako, ticket, agent):
        reply(ticket, by=agent, via="page", body="We come **today**.")

        html = visit(hanako).get(page_of(ticket)).content.decode()

        assert ticket.title in html and ticket.number in html
        assert "It is &lt;b&gt;silent&lt;/b&gt;." in html
        assert "We come <strong>today</strong>." in html
        assert "高橋 誠" in html

    def test_internal_notes_and_desk_controls_are_not_there(self, visit, hanako, ticket, agent):
        note(ticket, by=agent, via="page", body="A difficult person.", files=[SimpleUploadedFile("secret.txt", b"x")])

        html = visit(hanako).get(page_of(ticket)).content.decode()

        assert "difficult" not in html
        assert "secret.txt" not in html
        for verb in ("assign", "note", "escalate", "priority", "log-work"):
            assert f"/{verb}/" not in html

    def test_a_service_request_has_the_same_page(self, visit, hanako):
        request = a_service_request(requester=hanako, kind="request")

        html = visit(hanako).get(page_of(request.ticket)).content.decode()

        assert f"/requests/{request.ticket.number}/cancel/" in html

    def test_what_solved_it_is_read_and_asked_about(self, visit, hanako, incident, agent):
        resolve_incident(incident, by=agent, via="page", resolution="A new roller.")

        html = visit(hanako).get(page_of(incident.ticket)).content.decode()

        assert "A new roller." in html
        assert "Yes, it is solved" in html
        assert 'id="not-solved"' in html

    def test_a_closed_one_can_be_reopened_but_not_answered(self, visit, hanako, incident, agent):
        resolve_incident(incident, by=agent, via="page", resolution="A new roller.")
        close_incident(incident, by=hanako, via="page")

        html = visit(hanako).get(page_of(incident.ticket)).content.decode()

        assert "It has come back" in html
        assert 'id="answer"' not in html

    def test_a_withdrawn_one_offers_nothing_more(self, visit, hanako, incident):
        cancel_incident(incident, by=hanako, via="page")

        html = visit(hanako).get(page_of(incident.ticket)).content.decode()

        assert 'id="answer"' not in html and "not-solved" not in html and 'id="withdraw"' not in html

    def test_not_yours_looks_like_not_there(self, visit, taro, ticket):
        client = visit(taro)

        assert client.get(page_of(ticket)).status_code == 404
        assert client.get("/incidents/INC9999999/").status_code == 404
        assert client.get(f"/tickets/{ticket.number}/").status_code == 404

    def test_the_head_of_the_department_reads_it_and_does_not_withdraw_it(
        self, visit, hanako, taro, department, ticket
    ):
        department.head = taro
        department.save()

        html = visit(taro).get(page_of(ticket)).content.decode()

        assert ticket.title in html
        assert 'id="withdraw"' not in html
        assert "Share with a colleague" not in html

    def test_it_looks_for_news_by_itself_and_hears_nothing_while_there_is_none(self, visit, hanako, ticket, agent):
        client = visit(hanako)
        seen = client.get(page_of(ticket)).context["newest"]
        live = {"part": "live", "after": seen}

        quiet = client.get(page_of(ticket), live, headers={"HX-Request": "true"})
        note(ticket, by=agent, via="page", body="Only for us.")
        still_quiet = client.get(page_of(ticket), live, headers={"HX-Request": "true"})
        reply(ticket, by=agent, via="page", body="For you.")
        news = client.get(page_of(ticket), live, headers={"HX-Request": "true"})

        assert (quiet.status_code, still_quiet.status_code, news.status_code) == (204, 204, 200)
        assert 'id="requester-live"' in news.content.decode()
        assert "<html" not in news.content.decode()

    def test_queries_do_not_grow_with_the_conversation(
        self, visit, hanako, ticket, agent, django_assert_max_num_queries
    ):
        client = visit(hanako)
        reply(ticket, by=agent, via="page", body="One.", files=[SimpleUploadedFile("a.txt", b"x")])
        client.get(page_of(ticket))
        with django_assert_max_num_queries(24) as few:
            client.get(page_of(ticket))
        for word in ("Two.", "Three."):
            reply(ticket, by=agent, via="page", body=word, files=[SimpleUploadedFile("a.txt", b"x")])

        with django_assert_max_num_queries(24) as many:
            client.get(page_of(ticket))

        assert len(few) == len(many)


class TestWhatIsDone:
    def test_an_answer_goes_into_the_conversation_and_work_goes_on(self, visit, hanako, incident, agent, picture):
        ask_requester_incident(incident, by=agent, via="page", message="Which floor?")
        client = visit(hanako)

        answer = client.post(
            f"/tickets/{incident.ticket.number}/reply/",
            {"body": "The third.", "files": [SimpleUploadedFile("floor.png", picture)]},
        )

        said = incident.ticket.events.filter(verb="reply").latest("number")
        assert (answer.status_code, answer["Location"]) == (303, f"{page_of(incident.ticket)}#e{said.number}")
        html = client.get(page_of(incident.ticket)).content.decode()
        assert "The third." in html and "floor.png" in html
        incident.ticket.refresh_from_db()
        assert incident.ticket.status == "in_progress"

    def test_text_alone_is_an_answer(self, visit, hanako, ticket):
        assert visit(hanako).post(f"/tickets/{ticket.number}/reply/", {"body": "And now it smells."}).status_code == 303

    def test_an_empty_answer_is_refused(self, visit, hanako, ticket):
        assert visit(hanako).post(f"/tickets/{ticket.number}/reply/", {"body": " "}).status_code == 422

    def test_withdrawing_with_and_without_a_reason(self, visit, hanako, ticket):
        answer = visit(hanako).post(f"/incidents/{ticket.number}/cancel/", {"reason": ""})

        ticket.refresh_from_db()
        assert answer.status_code == 303
        assert ticket.status == "cancelled"

    def test_reopening_needs_a_reason(self, visit, hanako, incident, agent):
        resolve_incident(incident, by=agent, via="page", resolution="A new roller.")
        client, address = visit(hanako), f"/incidents/{incident.ticket.number}/reopen/"

        refused, done = client.post(address, {"reason": ""}), client.post(address, {"reason": "Silent again."})

        assert (refused.status_code, done.status_code) == (422, 303)
        incident.ticket.refresh_from_db()
        assert incident.ticket.status == "in_progress"

    def test_sharing_with_a_colleague_and_ending_it(self, visit, hanako, taro, ticket):
        client = visit(hanako)

        shared = client.post(f"/tickets/{ticket.number}/share/", {"user": "taro@example.com"})
        seen = visit(taro).get(page_of(ticket))
        html = visit(hanako).get(page_of(ticket)).content.decode()
        client.post(f"/tickets/{ticket.number}/unshare/", {"user": taro.pk})

        assert shared.status_code == 303
        assert seen.status_code == 200
        assert "Stop sharing with 鈴木 太郎" in html
        assert visit(taro).get(page_of(ticket)).status_code == 404

    def test_whom_it_is_shared_with_may_write_and_not_share_on(self, visit, hanako, taro, ticket):
        share(ticket, by=hanako, via="page", user=taro)
        client = visit(taro)

        html = client.get(page_of(ticket)).content.decode()

        assert "Share with a colleague" not in html
        assert client.post(f"/tickets/{ticket.number}/reply/", {"body": "Same here."}).status_code == 303
        assert client.post(f"/tickets/{ticket.number}/share/", {"user": hanako.email}).status_code == 403
        assert client.post(f"/incidents/{ticket.number}/cancel/", {"reason": "x"}).status_code == 403
