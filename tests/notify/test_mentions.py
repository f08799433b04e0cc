"""Mentions: whom a text names, who is told, and who may not be."""

import pytest
from django.urls import reverse

from servicedesk.notify.models import OutgoingMail
from servicedesk.tickets.actions import note, reply, share, take_back, watch
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.permissions import works_on
from servicedesk.tickets.queries import visible_tickets, who_works_on
from servicedesk.web.errors import Refused
from servicedesk.web.formats import markdown
from tests.factories import a_person, a_service, a_team, a_ticket, again, an_administrator, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def writer(team):
    return an_agent(team, name="Ken Suzuki")


@pytest.fixture
def hanako(team):
    return an_agent(team, name="佐藤 花子", reading="サトウ ハナコ", email="hanako@example.com", language="ja")


@pytest.fixture
def ticket(team):
    return a_ticket(team=team)


def told(ticket, kind="mentioned") -> list[str]:
    deliver_waiting()
    rows = OutgoingMail.objects.filter(ticket=ticket, kind=kind, state="waiting")
    return sorted(rows.values_list("to_user__name", flat=True))


class TestWhoIsNamed:
    @pytest.mark.parametrize(
        "body",
        [
            "@佐藤 花子 見てください",
            "担当の@佐藤　花子さん、お願いします",
            "Ask ＠佐藤 花子.",
            "- a list\n- **@佐藤 花子**",
            "(@hanako@example.com)",
            "@HANAKO@example.com",
        ],
    )
    def test_by_the_whole_name_or_the_address(self, writer, hanako, ticket, body):
        kept = note(ticket, by=writer, via="page", body=body)
        assert kept.event.data["mentions"] == [[hanako.pk]]
        assert told(ticket) == ["佐藤 花子"]

    @pytest.mark.parametrize("body", ["@佐藤", "佐藤 花子", "x@佐藤 花子", "mail hanako@example.com", "@ 佐藤 花子"])
    def test_not_otherwise(self, writer, hanako, ticket, body):
        assert "mentions" not in note(ticket, by=writer, via="page", body=body).event.data

    def test_the_longest_name_that_fits(self, writer, team, ticket):
        for name in ("Ann", "Ann Lee"):
            an_agent(team, name=name)
        note(ticket, by=writer, via="page", body="@Ann Lee and @Anna")
        assert told(ticket) == ["Ann Lee"]

    def test_two_of_one_name_are_told_apart_by_their_address(self, writer, hanako, team, ticket):
        an_agent(team, name="佐藤 花子", email="other@example.com")
        with pytest.raises(Refused, match="Several people"):
            note(ticket, by=writer, via="page", body="@佐藤 花子")
        note(ticket, by=writer, via="page", body="@other@example.com")
        assert told(ticket) == ["佐藤 花子"]
        assert OutgoingMail.objects.get(kind="mentioned").to_address == "other@example.com"

    def test_only_who_works_at_the_desk_names_anybody(self, hanako, ticket):
        said = reply(ticket, by=ticket.requester, via="page", body="Dear @佐藤 花子")
        assert "mentions" not in said.event.data

    def test_a_mail_names_nobody_and_is_not_refused(self, writer, ticket):
        an_agent(name="Far Away")
        assert "mentions" not in reply(ticket, by=writer, via="mail", body="@Far Away").event.data


class TestWhoIsTold:
    def test_once_per_note_and_never_oneself(self, writer, hanako, ticket):
        note(ticket, by=writer, via="page", body="@佐藤 花子 @佐藤 花子 @Ken Suzuki")
        assert told(ticket) == ["佐藤 花子"]
        assert OutgoingMail.objects.filter(kind="mentioned").count() == 1

    def test_in_their_language_with_the_words_and_without_files(self, writer, hanako, ticket):
        note(ticket, by=writer, via="page", body="@佐藤 花子 **now**")
        told(ticket)
        mail = OutgoingMail.objects.get(kind="mentioned")
        assert "Ken Suzukiさんが、このチケットであなたに声をかけています。" in mail.text
        assert "<strong>now</strong>" in mail.html and not mail.with_files
        assert "返信は申請者に届きます" in mail.text

    def test_somebody_who_does_not_work_on_it_is_refused_and_nothing_is_kept(self, writer, ticket):
        an_agent(a_team(), name="Mai Ito")
        with pytest.raises(Refused, match=r"Mai Ito does not work on INC\d+ and cannot be told") as refusal:
            note(ticket, by=writer, via="page", body="@Mai Ito")
        assert refusal.value.field == "body"
        assert not ticket.comments.exists() and told(ticket) == []

    def test_who_lost_sight_since_hears_nothing(self, writer, hanako, team, ticket):
        note(ticket, by=writer, via="page", body="@佐藤 花子")
        team.memberships.filter(user=hanako).delete()
        assert told(ticket) == []

    def test_a_reply_that_watchers_get_comes_once(self, writer, hanako, ticket):
        watch(ticket, by=hanako, via="page")
        reply(ticket, by=writer, via="page", body="Hello, @佐藤 花子 looks at it")
        assert told(ticket) == ["佐藤 花子"]
        assert "佐藤 花子" not in told(ticket, "reply")

    def test_a_reply_that_is_taken_back_tells_nobody(self, writer, hanako, ticket, settings):
        settings.MAIL_UNDO_SECONDS = 60
        said = reply(ticket, by=writer, via="page", body="@佐藤 花子")
        assert told(ticket) == ["佐藤 花子"]
        take_back(said, by=writer, via="page")
        assert told(ticket) == []


class TestWhoWorksOnIt:
    @pytest.mark.parametrize("confidential", [False, True])
    @pytest.mark.parametrize("with_team", [False, True])
    @pytest.mark.parametrize("with_service", [False, True])
    def test_are_those_of_the_rule(self, team, confidential, with_team, with_service):
        service_team, lead = a_team(), an_agent()
        team.lead = lead
        team.save()
        ticket = a_ticket(
            team=team if with_team else None, service=a_service(service_team) if with_service else None,
            is_confidential=confidential, requester=an_agent(),
        )  # fmt: skip
        named, of_named_team = an_agent(), a_team()
        agents = [lead, named, ticket.requester, an_agent(team), an_agent(service_team), an_agent(of_named_team)]
        if ticket.team is not None:
            by = an_agent(ticket.team)
            agents.append(by)
            share(ticket, by=by, via="page", user=named)
            share(ticket, by=by, via="page", team=of_named_team)
        people = [again(one) for one in [*agents, an_administrator(), a_person()]]
        expected = {
            one.pk for one in people if works_on(one, ticket) and visible_tickets(one).filter(pk=ticket.pk).exists()
        }
        assert {one.pk for one in who_works_on(ticket)} == expected


class TestPages:
    def test_suggests_those_who_work_on_it(self, visit, writer, hanako, ticket):
        an_agent(a_team(), name="佐藤 遠")
        address, page = reverse("tickets:mentions", args=[ticket.number]), visit(writer)
        for words in ("さとう", "佐藤", "ハナコ", "hanako"):
            said = page.get(address, {"q": words}).content.decode()
            assert 'data-value="@佐藤 花子 "' in said and "佐藤 遠" not in said
        assert "Ken Suzuki" not in page.get(address).content.decode()

    def test_suggests_the_address_of_a_namesake(self, visit, writer, hanako, team, ticket):
        an_agent(team, name="佐藤 花子", email="other@example.com")
        said = visit(writer).get(reverse("tickets:mentions", args=[ticket.number]), {"q": "佐藤"}).content.decode()
        assert 'data-value="@hanako@example.com "' in said and 'data-value="@other@example.com "' in said

    def test_a_refusal_stands_in_the_box_with_what_was_typed(self, visit, writer, ticket):
        an_agent(a_team(), name="Mai Ito")
        answer = visit(writer).post(reverse("tickets:note", args=[ticket.number]), {"body": "Call @Mai Ito"})
        assert answer.status_code == 422
        said = answer.content.decode()
        assert "cannot be told of it" in said and "Call @Mai Ito</textarea>" in said

    def test_the_name_is_marked_in_the_time_line(self, visit, writer, hanako, ticket):
        note(ticket, by=writer, via="page", body="Ask @佐藤 花子, not @Ken")
        said = visit(writer).get(ticket.get_absolute_url(), follow=True).content.decode()
        assert 'Ask <span class="mention">@佐藤 花子</span>, not @Ken' in said

    def test_by_api(self, client, writer, hanako, ticket):
        client.force_login(writer)
        address, given = f"/api/v1/tickets/{ticket.number}/comments/", {"internal": True, "body": "@佐藤 花子"}
        assert client.post(address, given, content_type="application/json").status_code == 201
        assert told(ticket) == ["佐藤 花子"]


class TestMarked:
    @pytest.mark.parametrize(
        ("source", "html"),
        [
            ("`@Ann`", "<p><code>@Ann</code></p>\n"),
            ("@Ann\n@Anna", '<p><span class="mention">@Ann</span><br>\n@Anna</p>\n'),
            ('<span class="x">@Ann', '<p>&lt;span class="x"&gt;<span class="mention">@Ann</span></p>\n'),
            ('[x](http://a.example "> @Ann")', None),
        ],
    )
    def test_only_in_text(self, source, html):
        made = markdown(source, names=("Ann",))
        if html is None:
            assert "mention" not in made
        else:
            assert made == html

    def test_nobody_without_names(self):
        assert "span" not in markdown("@Ann")
