"""Asking on the portal: the form, who it is for, and the page after sending."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from servicedesk.intake.models import Original
from servicedesk.intake.portal_forms import NewRequestForm, impact_and_urgency
from servicedesk.people.models import Role
from servicedesk.tickets.actions import reply
from servicedesk.tickets.models import Channel, Ticket
from tests.factories import a_company, a_department, a_person, a_service, a_team, a_ticket, again, an_agent

pytestmark = pytest.mark.django_db

NEW = "/new/"


@pytest.fixture
def company():
    return a_company()


@pytest.fixture
def hanako(company):
    return a_person(name="佐藤 花子", email="hanako@example.com", company=company, department=a_department(company))


@pytest.fixture
def taro(company):
    return a_person(
        name="鈴木 太郎", reading="スズキ タロウ", email="taro@example.com", company=company, employee_number="A7"
    )


def same_page(answer, number) -> str:
    """The page without what differs on each: the number that was asked for, and the token of its forms."""
    html = answer.content.decode().replace(number, "")
    return re.sub(r'csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"', "", html)


def asking(**fields):
    return {"kind": "incident", "text": "The printer is silent.\nSince this morning.", "key": "k1"} | fields


class TestTheBoxOfTheHomePage:
    def test_what_was_typed_stands_in_the_form_without_retyping(self, visit, hanako):
        client = visit(hanako)

        first = client.post(NEW, {"ask": "画面が映りません"})
        page = client.get(first["Location"])

        assert (first.status_code, first["Location"]) == (302, NEW)
        assert page.context["form"]["text"].value() == "画面が映りません"
        assert not Ticket.objects.exists()

    def test_it_is_kept_until_it_is_sent_and_then_forgotten(self, visit, hanako):
        client = visit(hanako)
        client.post(NEW, {"ask": "画面が映りません"})

        client.post(NEW, asking())

        assert client.get(NEW).context["form"]["text"].value() == ""
        assert client.get("/").context["asked"] == ""

    def test_a_refused_form_does_not_forget_it(self, visit, hanako):
        client = visit(hanako)
        client.post(NEW, {"ask": "画面が映りません"})

        client.post(NEW, asking(kind=""))

        assert client.get(NEW).context["form"]["text"].value() == "画面が映りません"

    def test_another_page_may_hand_over_words_in_the_address(self, visit, hanako):
        page = visit(hanako).get(NEW, {"q": "VPN"})

        assert page.context["form"]["text"].value() == "VPN"

    def test_a_carried_question_has_a_draft_of_its_own(self, visit, hanako):
        client = visit(hanako)
        empty = client.get(NEW).context["draft"]
        client.post(NEW, {"ask": "画面が映りません"})

        carried = client.get(NEW).context["draft"]

        assert empty == "new-request"
        assert carried != empty
        assert client.post(NEW, asking(kind="", draft=carried)).context["draft"] == carried
        assert client.post(NEW, asking(kind="", draft='"><script>')).context["draft"] == "new-request"


class TestNewRequest:
    def test_two_answers_are_enough(self, visit, hanako):
        answer = visit(hanako).post(NEW, {"kind": "incident", "text": "The printer is silent.\nSince this morning."})

        ticket = Ticket.objects.get()
        assert answer.status_code == 302
        assert answer["Location"] == f"/new/{ticket.number}/"
        assert ticket.type == "incident"
        assert ticket.title == "The printer is silent."
        assert ticket.description == "The printer is silent.\nSince this morning."
        assert ticket.requester == ticket.entered_by == hanako
        assert ticket.channel == Channel.PORTAL
        assert ticket.department == hanako.department
        assert ticket.language == "en"

    @pytest.mark.parametrize(
        ("kind", "type_", "process_kind"), [("request", "request", "request"), ("enquiry", "request", "enquiry")]
    )
    def test_each_kind_becomes_its_record(self, visit, hanako, kind, type_, process_kind):
        visit(hanako).post(NEW, asking(kind=kind))

        ticket = Ticket.objects.get()
        assert ticket.type == type_
        assert ticket.service_request.kind == process_kind

    def test_everything_that_is_said_arrives(self, visit, hanako, picture):
        service = a_service(a_team())

        visit(hanako).post(
            NEW,
            asking(
                title="A title of my own",
                service=service.pk,
                trouble="hinders",
                hit="2",
                reach="内線 2210",
                files=[SimpleUploadedFile("screen.png", picture, "image/png")],
            ),
        )

        ticket = Ticket.objects.get()
        assert (ticket.title, ticket.service, ticket.team) == ("A title of my own", service, service.team)
        assert (ticket.impact, ticket.urgency, ticket.priority) == (2, 2, 2)
        assert ticket.description.endswith("\n\nWhere to reach me: 内線 2210")
        assert [file.name for file in ticket.attachments.all()] == ["screen.png"]
        assert ticket.original.channel == "portal"

    def test_without_text_or_kind_it_is_refused_and_everything_else_is_kept(self, visit, hanako, picture):
        answer = visit(hanako).post(
            NEW, asking(kind="", trouble="nuisance", files=[SimpleUploadedFile("screen.png", picture)])
        )

        html = answer.content.decode()
        assert answer.status_code == 422
        assert not Ticket.objects.exists()
        assert answer.context["form"].errors == {"kind": ["Please choose one."]}
        assert "The printer is silent." in html
        assert 'value="nuisance" class="form-check-input" id="id_new_request_trouble_3" checked' in html
        assert "screen.png" in html
        assert "a browser does not keep files" in html

    def test_a_refusal_of_the_desk_stands_at_its_question(self, visit, hanako):
        answer = visit(hanako).post(NEW, asking(files=[SimpleUploadedFile("run.exe", b"MZ\x90\x00")]))

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["files"]
        assert not Ticket.objects.exists()
        assert not Original.objects.exists()

    def test_a_service_that_is_no_longer_in_use_cannot_be_chosen(self, visit, hanako):
        gone = a_service(is_active=False)

        answer = visit(hanako).post(NEW, asking(service=gone.pk))

        assert answer.status_code == 422
        assert str(gone) not in visit(hanako).get(NEW).content.decode()

    def test_a_confidential_service_makes_it_confidential_and_says_so_before(self, visit, hanako):
        service = a_service(is_confidential=True)
        client = visit(hanako)

        assert "Read only by the people in charge of it" in client.get(NEW).content.decode()
        client.post(NEW, asking(service=service.pk))

        assert Ticket.objects.get().is_confidential

    def test_text_with_markup_is_shown_as_text(self, visit, hanako):
        answer = visit(hanako).post(NEW, asking(kind="", text="<script>alert(1)</script>"))

        assert "<script>alert(1)" not in answer.content.decode()

    def test_who_is_not_signed_in_goes_to_the_sign_in_page(self, client):
        answer = client.get(NEW)

        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))

    def test_the_form_works_without_scripts(self, visit, hanako):
        html = visit(hanako).get(NEW).content.decode()

        assert '<form class="form request-form"\n        method="post"\n        enctype="multipart/form-data"' in html
        assert 'type="submit"' in html

    def test_services_cost_no_query_each(self, visit, hanako, django_assert_max_num_queries):
        client = visit(hanako)
        a_service()
        client.get(NEW)
        with django_assert_max_num_queries(12) as few:
            client.get(NEW)
        for _ in range(5):
            a_service()

        with django_assert_max_num_queries(12) as many:
            client.get(NEW)

        assert len(few) == len(many)


class TestPlainWords:
    @pytest.mark.parametrize(
        ("trouble", "hit", "expected"),
        [
            ("", "", (None, None)),
            ("i_stopped", "", (4, 1)),
            ("i_stopped", "1", (1, 1)),
            ("we_stopped", "", (3, 1)),
            ("we_stopped", "4", (3, 1)),
            ("we_stopped", "2", (2, 1)),
            ("hinders", "4", (4, 2)),
            ("hinders", "", (None, 2)),
            ("nuisance", "3", (3, 4)),
            ("", "1", (1, None)),
        ],
    )
    def test_they_become_impact_and_urgency(self, trouble, hit, expected):
        assert impact_and_urgency(trouble, hit) == expected

    def test_without_an_answer_the_usual_values_of_the_service_hold(self, visit, hanako):
        visit(hanako).post(NEW, asking(service=a_service(default_impact=2).pk))

        ticket = Ticket.objects.get()
        assert (ticket.impact, ticket.urgency) == (2, 3)


class TestForSomebodyElse:
    @pytest.mark.parametrize("words", ["taro@example.com", "A7", "ａ７", "鈴木", "スズキ", "すずき"])
    def test_the_colleague_is_found_by_address_number_or_name(self, visit, hanako, taro, words):
        visit(hanako).post(NEW, asking(for_whom=words))

        ticket = Ticket.objects.get()
        assert (ticket.requester, ticket.entered_by) == (taro, hanako)

    def test_when_several_fit_one_has_to_be_chosen(self, visit, hanako, taro, company):
        jiro = a_person(name="鈴木 次郎", company=company)
        client = visit(hanako)

        refused = client.post(NEW, asking(for_whom="鈴木"))
        taken = client.post(NEW, asking(for_whom="鈴木", person=jiro.pk))

        assert refused.status_code == 422
        assert f'value="{jiro.pk}"' in refused.content.decode()
        assert taken.status_code == 302
        assert Ticket.objects.get().requester == jiro

    def test_nobody_fits_is_refused(self, visit, hanako):
        assert visit(hanako).post(NEW, asking(for_whom="nobody@example.com")).status_code == 422
        assert not Ticket.objects.exists()

    def test_people_of_another_company_who_left_and_guests_are_not_there(self, visit, hanako, company):
        stranger = a_person(name="Strange One", company=a_company())
        left = a_person(name="Left One", company=company, is_active=False)
        guest = a_person(name="Guest One", is_guest=True)
        client = visit(hanako)

        for person in (stranger, left, guest):
            answer = client.post(NEW, asking(for_whom=person.email, person=person.pk))
            assert answer.status_code == 422
        suggested = client.get("/new/people/", {"for_whom": "One"}).content.decode()

        assert not Ticket.objects.exists()
        assert "Strange One" not in suggested and "Left One" not in suggested and "Guest One" not in suggested

    def test_a_person_without_words_is_nobody(self, visit, hanako, taro):
        visit(hanako).post(NEW, asking(person=taro.pk))

        assert Ticket.objects.get().requester == hanako

    def test_a_person_that_the_words_do_not_mean_is_not_taken(self, visit, hanako, taro, company):
        jiro = a_person(name="山田 次郎", company=company)

        visit(hanako).post(NEW, asking(for_whom="鈴木", person=jiro.pk))

        assert Ticket.objects.get().requester == taro

    def test_suggestions_while_typing(self, visit, hanako, taro, django_assert_max_num_queries):
        client = visit(hanako)
        client.get("/help/")
        with django_assert_max_num_queries(11):
            answer = client.get("/new/people/", {"for_whom": "すずき"}, headers={"HX-Request": "true"})

        assert "鈴木 太郎" in answer.content.decode()
        assert "<html" not in answer.content.decode()

    def test_an_empty_field_suggests_nobody(self, visit, hanako, taro):
        assert "鈴木" not in visit(hanako).get("/new/people/", {"for_whom": " "}).content.decode()


class TestPressedTwice:
    def test_the_same_sending_makes_one_ticket(self, visit, hanako):
        client = visit(hanako)

        first, second = client.post(NEW, asking()), client.post(NEW, asking())

        assert Ticket.objects.count() == 1
        assert first["Location"] == second["Location"]

    def test_other_words_from_the_same_page_are_another_request(self, visit, hanako):
        client = visit(hanako)

        client.post(NEW, asking())
        client.post(NEW, asking(text="And the scanner too."))

        assert Ticket.objects.count() == 2

    def test_the_same_words_from_a_new_page_are_another_request(self, visit, hanako):
        client = visit(hanako)

        client.post(NEW, asking(key="k1"))
        client.post(NEW, asking(key="k2"))

        assert Ticket.objects.count() == 2

    def test_somebody_elses_key_finds_nothing(self, visit, hanako, taro):
        visit(hanako).post(NEW, asking())
        visit(taro).post(NEW, asking())

        assert sorted(Ticket.objects.values_list("requester", flat=True)) == sorted([hanako.pk, taro.pk])

    def test_a_page_that_came_back_has_a_new_key(self, visit, hanako):
        answer = visit(hanako).post(NEW, asking(kind=""))

        assert answer.context["form"]["key"].value() not in ("", "k1")

    @pytest.mark.django_db(transaction=True)
    def test_at_the_very_same_moment_too(self, hanako, client):
        client.force_login(hanako)
        cookie = client.cookies["sessionid"].value

        def press(_number):
            one = Client()
            one.cookies["sessionid"] = cookie
            try:
                return one.post(NEW, asking())["Location"]
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(press, range(4)))

        assert Ticket.objects.count() == 1
        assert len(set(answers)) == 1


class TestSent:
    def test_it_says_number_what_next_by_when_and_how(self, visit, hanako):
        client = visit(hanako)
        address = client.post(NEW, asking())["Location"]

        html = client.get(address).content.decode()

        ticket = Ticket.objects.get()
        assert ticket.number in html
        assert f'datetime="{ticket.response_due_at.isoformat()}"' in html
        assert f'datetime="{ticket.due_at.isoformat()}"' in html
        assert "hanako@example.com" in html
        assert reverse("tickets:detail", args=[ticket.number]) in html

    def test_opened_again_later_it_promises_nothing_that_is_past(self, visit, hanako):
        team = a_team()
        ticket = a_ticket(requester=hanako, team=team, at=timezone.now() - timedelta(days=30))
        late = visit(hanako).get(f"/new/{ticket.number}/").content.decode()
        assert "It takes longer than we said. We are on it." in late and 'way-by">By' not in late
        reply(ticket, by=an_agent(team), body="Have a look now.", via="page")
        answered = visit(hanako).get(f"/new/{ticket.number}/").content.decode()
        assert answered.count('class="is-done"') == 2

    def test_for_somebody_else_it_names_them(self, visit, hanako, taro):
        client = visit(hanako)

        html = client.get(client.post(NEW, asking(for_whom="A7"))["Location"]).content.decode()

        assert "鈴木 太郎" in html
        assert "taro@example.com" in html

    def test_not_yours_looks_like_not_there(self, visit, hanako, taro):
        ticket = a_ticket(requester=taro)
        client = visit(hanako)

        yours, nothing = client.get(f"/new/{ticket.number}/"), client.get("/new/INC9999999/")

        assert (yours.status_code, nothing.status_code) == (404, 404)
        assert same_page(yours, ticket.number) == same_page(nothing, "INC9999999")

    def test_who_only_sees_the_ticket_is_sent_to_it(self, visit, taro):
        team = a_team()
        ticket = a_ticket(requester=taro, service=a_service(team))

        answer = visit(again(an_agent(team))).get(f"/new/{ticket.number}/")

        assert answer["Location"] == reverse("tickets:detail", args=[ticket.number])


class TestGuests:
    def test_a_guest_may_not_ask_for_others(self):
        assert "for_whom" not in NewRequestForm(a_person(is_guest=True)).fields


def test_an_agent_may_ask_like_everybody(visit):
    agent = a_person(Role.AGENT, teams=[a_team()])

    assert visit(agent).post(NEW, asking()).status_code == 302
