"""One's notices by API, and how one hears of things."""

from datetime import time

import pytest

from servicedesk.intake.actions import assign_mail
from servicedesk.notify.models import NoticeSettings, Notification, PushDevice
from servicedesk.notify.without_ticket import tell_of_assigned_mails
from servicedesk.tickets.actions import assign
from servicedesk.tickets.delivery import deliver_waiting
from tests.factories import a_person, a_team, a_ticket, an_agent
from tests.intake.mails import a_mail, arrives
from tests.notify.pushes import a_device

pytestmark = pytest.mark.django_db
PREFERENCES = "/api/v1/notification-preferences/"
DEVICES = "/api/v1/notification-devices/"


@pytest.fixture
def agent():
    return an_agent(a_team(), name="Sho Kobayashi")


def given(agent, **fields):
    ticket = a_ticket(**fields)
    assign(ticket, by=an_agent(name="Hana Sato"), via="page", assignee=agent)
    deliver_waiting()
    return ticket


class TestList:
    def test_says_what_happened_in_words(self, api, agent):
        ticket = given(agent, title="The printer jams")
        (row,) = api(agent).get("/api/v1/notifications/").json()["results"]
        assert (row["kind"], row["ticket"], row["title"]) == ("assigned", ticket.number, "The printer jams")
        assert row["sentence"].startswith("Hana Sato assigned this to Sho Kobayashi")
        assert row["page"] == ticket.get_absolute_url() and row["read_at"] is None

    def test_has_the_mails_to_look_at_too(self, api, agent):
        mail = arrives(a_mail("stranger@example.net"))
        assign_mail(mail, agent, by=an_agent(agent.teams.get()), via="page")
        tell_of_assigned_mails()
        (row,) = api(agent).get("/api/v1/notifications/").json()["results"]
        assert (row["kind"], row["ticket"], row["page"]) == ("mail", None, f"/settings/mails/{mail.pk}/")

    def test_is_filtered(self, api, agent):
        one, other = given(agent), given(agent)
        client = api(agent)
        assert client.post("/api/v1/notifications/read/", {"ticket": one.number}).json() == {"read": 1}

        def found(query):
            return [row["ticket"] for row in client.get(f"/api/v1/notifications/?{query}").json()["results"]]

        assert found("unread=true") == [other.number] and found("unread=false") == [one.number]
        assert found("kind=assigned,reply") == [other.number, one.number] and found("kind=reply") == []
        assert client.get("/api/v1/notifications/?kind=weather").status_code == 400

    def test_is_ones_own(self, api, agent):
        given(agent)
        assert api(an_agent()).get("/api/v1/notifications/").json()["results"] == []

    def test_has_pages(self, api, agent):
        for _n in range(3):
            given(agent)
        first = api(agent).get("/api/v1/notifications/?limit=2").json()
        assert len(first["results"]) == 2 and first["next"]


class TestRead:
    def test_up_to_one_or_all(self, api, agent):
        given(agent)
        newest = Notification.objects.get(person=agent).pk
        given(agent)
        client = api(agent)
        assert client.post("/api/v1/notifications/read/", {"up_to": newest}).json() == {"read": 1}
        assert client.post("/api/v1/notifications/read/", {}).json() == {"read": 1}
        assert client.post("/api/v1/notifications/read/", {}).json() == {"read": 0}

    def test_wants_the_scope_to_work(self, by_token, agent):
        assert by_token(agent, "read").post("/api/v1/notifications/read/", {}).status_code == 403
        assert by_token(agent, "tickets").post("/api/v1/notifications/read/", {}).status_code == 200

    @pytest.mark.parametrize("body", [{"up_to": 0}, {"up_to": "x"}, {"ticket": "\x00"}, {"tickets": "INC1"}])
    def test_refuses_what_it_does_not_know(self, api, agent, body):
        assert api(agent).post("/api/v1/notifications/read/", body).status_code == 400


class TestPreferences:
    def test_say_every_kind_and_what_it_may_be(self, api, agent):
        said = api(agent).get(PREFERENCES).json()
        assert said["ways"]["assigned"] == "mail" and said["ways"]["team"] == "page"
        assert said["choices"]["assigned"] == ["mail", "digest", "page"] and "none" in said["choices"]["team"]
        assert (said["digest_hour"], said["quiet_from"], said["urgent_at_once"]) == (8, None, True)
        assert set(api(a_person()).get(PREFERENCES).json()["ways"]) == {"reply", "status", "outage"}

    def test_are_changed_as_far_as_they_are_named(self, api, agent):
        client = api(agent)
        body = {"ways": {"answer": "digest"}, "quiet_from": "22:00", "quiet_until": "07:30", "quiet_days": [4, 5]}
        assert client.put(PREFERENCES, body).json()["ways"]["answer"] == "digest"
        said = client.put(PREFERENCES, {"digest_hour": 18}).json()
        assert (said["digest_hour"], said["quiet_until"], said["ways"]["answer"]) == (18, "07:30", "digest")
        row = NoticeSettings.objects.get(person=agent)
        assert (row.quiet_from, row.quiet_days) == (time(22), [4, 5])
        assert client.put(PREFERENCES, {"quiet_from": None, "quiet_until": None}).json()["quiet_from"] is None

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"ways": {"assigned": "none"}}, "ways"),
            ({"ways": {"weather": "mail"}}, "ways"),
            ({"ways": {"assigned": "pigeon"}}, "ways.assigned"),
            ({"digest_hour": 24}, "digest_hour"),
            ({"quiet_from": "22:00"}, "quiet_until"),
            ({"quiet_days": [7]}, "quiet_days.0"),
            ({"quiet": True}, "quiet"),
        ],
    )
    def test_refuse_what_cannot_be(self, api, agent, body, field):
        answer = api(agent).put(PREFERENCES, body)
        assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]

    def test_are_settings_to_a_token(self, by_token, agent):
        assert by_token(agent, "read").get(PREFERENCES).status_code == 200
        assert by_token(agent, "tickets").put(PREFERENCES, {"digest_hour": 9}).status_code == 403


class TestDevices:
    def test_are_listed_and_removed_by_their_person_alone(self, api, by_token):
        agent = an_agent()
        own, others = a_device(agent), a_device(an_agent())
        client = api(agent)
        (row,) = client.get(DEVICES).json()["results"]
        assert row["id"] == own.pk and "Firefox" in row["browser"] and row["used_at"] is None
        assert "endpoint" not in row and "auth" not in row
        assert client.delete(f"{DEVICES}{others.pk}/").status_code == 404
        assert by_token(agent, "read").delete(f"{DEVICES}{own.pk}/").status_code == 403
        assert by_token(agent, "tickets").delete(f"{DEVICES}{own.pk}/").status_code == 204
        assert client.get(DEVICES).json()["results"] == [] and PushDevice.objects.get() == others

    def test_are_allowed_by_browsers_alone(self, api):
        assert api(an_agent()).post(DEVICES, {"endpoint": "https://fcm.googleapis.com/x"}).status_code == 405

    def test_what_is_pushed_to_them_is_a_preference(self, api):
        agent = an_agent()
        client = api(agent)
        said = client.get(PREFERENCES).json()["pushed"]
        assert said["assigned"] is True and said["team"] is False
        said = client.put(PREFERENCES, {"pushed": {"assigned": False}}).json()["pushed"]
        assert said["assigned"] is False and said["team"] is False
        assert client.put(PREFERENCES, {"digest_hour": 9}).json()["pushed"] == said
        assert client.put(PREFERENCES, {"pushed": {"weather": True}}).status_code == 400
        assert client.put(PREFERENCES, {"pushed": {"assigned": "perhaps"}}).status_code == 400
