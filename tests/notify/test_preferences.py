"""How people hear of things: by page, mail or summary for each kind, and in which hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from incidents.actions import resolve_incident
from servicedesk.notify.actions import send_waiting
from servicedesk.notify.hours import end_of_quiet, next_hour
from servicedesk.notify.models import NoticeSettings, Notification, OutgoingMail
from servicedesk.notify.notices import save_notice_settings
from servicedesk.notify.queries import notice_settings
from servicedesk.people.models import AuditEntry
from servicedesk.tickets.actions import assign, reply, share, watch
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Ticket
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, again, an_agent, an_incident
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db
TOKYO = ZoneInfo("Asia/Tokyo")
EVERY_DAY = list(range(7))


def chooses(person, **chosen) -> NoticeSettings:
    usual = {
        "ways": {}, "digest_hour": 8, "quiet_from": None, "quiet_until": None, "quiet_days": EVERY_DAY,
        "urgent_at_once": True,
    }  # fmt: skip
    return save_notice_settings(person, by=person, via="page", **usual | chosen)


def quiet_now(person, **chosen) -> None:
    """Quiet hours of the person around this moment."""
    here = timezone.now().astimezone(ZoneInfo(person.time_zone))
    begins, ends = (here - timedelta(hours=1)).time(), (here + timedelta(hours=1)).time()
    chooses(person, quiet_from=begins.replace(second=0), quiet_until=ends.replace(second=0), **chosen)


def assigned(agent, **fields) -> tuple[list[str], list[str]]:
    """Kinds of the mails and of the notices that the agent gets when somebody gives them a ticket."""
    ticket = a_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(**fields)
    ticket.refresh_from_db()
    assign(ticket, by=an_agent(), via="page", assignee=agent)
    deliver_waiting()
    mails, notices = OutgoingMail.objects.filter(ticket=ticket), Notification.objects.filter(ticket=ticket)
    return (
        list(mails.filter(to_user=agent).values_list("kind", flat=True)),
        list(notices.filter(person=agent).values_list("kind", flat=True)),
    )


@pytest.fixture
def agent():
    return an_agent(a_team())


class TestWays:
    def test_usual_is_page_and_mail(self, agent):
        assert assigned(agent) == (["assigned"], ["assigned"])

    def test_page_alone(self, agent):
        chooses(agent, ways={"assigned": "page"})
        assert assigned(agent) == ([], ["assigned"])

    def test_summary_is_on_the_page_until_it_is_due(self, agent):
        chooses(agent, ways={"assigned": "digest"}, digest_hour=17)
        assert assigned(agent) == ([], ["assigned"])
        at = Notification.objects.get(person=agent).digest_at.astimezone(TOKYO)
        assert at.hour == 17 and timedelta(0) < at - timezone.now() <= timedelta(days=1)

    def test_declined_is_neither(self, agent):
        colleague, incident = a_person(), an_incident()
        share(incident.ticket, by=incident.ticket.requester, via="page", user=colleague)
        chooses(colleague, ways={"status": "none"})
        watch(incident.ticket, by=colleague, via="page")
        resolve_incident(incident, by=agent, via="page", resolution="Done")
        deliver_waiting()
        assert not Notification.objects.filter(person=colleague).exists()
        assert not OutgoingMail.objects.filter(to_user=colleague, kind="resolved").exists()

    def test_of_a_team_by_mail_when_somebody_wants_it_so(self, agent):
        team = agent.teams.get()
        a_ticket(team=team, description="It hums.")
        deliver_waiting()
        assert not OutgoingMail.objects.filter(to_user=agent).exists()
        chooses(agent, ways={"team": "mail"})
        ticket = a_ticket(team=team, description="It hums.")
        deliver_waiting()
        mail = OutgoingMail.objects.get(to_user=agent)
        assert (mail.kind, mail.ticket) == ("team", ticket)
        assert "has come to your team" in mail.text and "It hums." in mail.text

    def test_receipts_come_whatever_one_chose(self):
        hanako = a_person()
        chooses(hanako, ways={"reply": "page", "status": "none"})
        a_ticket(requester=hanako)
        deliver_waiting()
        assert OutgoingMail.objects.get().kind == "receipt"

    def test_of_one_kind_leave_the_others_alone(self, agent):
        chooses(agent, ways={"answer": "page"})
        assert assigned(agent) == (["assigned"], ["assigned"])

    def test_guests_get_their_mails_always(self, agent):
        mail = arrives(a_mail("guest@example.net"), a_mailbox(accepts="everyone"))
        guest = mail.ticket.requester
        NoticeSettings.objects.create(person=guest, ways={"reply": "page"})
        reply(mail.ticket, by=agent, via="page", body="Which one?")
        deliver_waiting()
        assert OutgoingMail.objects.filter(to_user=guest, kind="reply").exists()


class TestQuietHours:
    def test_keep_mails_until_they_are_over_and_the_page_at_once(self, agent, visit):
        quiet_now(agent)
        assert assigned(agent) == (["assigned"], ["assigned"])
        mail = OutgoingMail.objects.get(to_user=agent)
        assert timedelta(minutes=55) < mail.try_after - timezone.now() <= timedelta(hours=1)
        assert "The recipient has quiet hours; it leaves on" in visit(agent).get("/settings/outgoing/").content.decode()
        OutgoingMail.objects.exclude(pk=mail.pk).delete()
        assert send_waiting() == 0
        OutgoingMail.objects.update(try_after=timezone.now())
        assert send_waiting() == 1
        mail.refresh_from_db()
        assert (mail.state, mail.error) == ("sent", "")

    @pytest.mark.parametrize("urgent", [{"priority": 1}, {"is_major": True}])
    def test_what_is_urgent_breaks_through_where_the_person_lets_it(self, agent, urgent):
        quiet_now(agent)
        assigned(agent, **urgent)
        assert OutgoingMail.objects.get(to_user=agent).try_after <= timezone.now()
        quiet_now(agent, urgent_at_once=False)
        OutgoingMail.objects.all().delete()
        assigned(agent, **urgent)
        assert OutgoingMail.objects.get(to_user=agent).try_after > timezone.now()

    def test_do_not_keep_a_receipt(self):
        hanako = a_person()
        quiet_now(hanako)
        a_ticket(requester=hanako)
        deliver_waiting()
        assert OutgoingMail.objects.get().try_after <= timezone.now()

    def test_never_make_a_reply_leave_before_it_can_no_longer_be_taken_back(self, agent, settings):
        settings.MAIL_UNDO_SECONDS = 7200
        ticket = a_ticket()
        quiet_now(ticket.requester)
        reply(ticket, by=agent, via="page", body="Hm")
        deliver_waiting()
        assert OutgoingMail.objects.get(kind="reply").try_after > timezone.now() + timedelta(minutes=119)


def tokyo(day: int, hour: int, minute: int = 0) -> datetime:
    """In November 2026, of which the 2nd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=TOKYO)


class TestHours:
    @pytest.mark.parametrize(
        ("now", "begins", "ends", "days", "until"),
        [
            (tokyo(2, 12), 19, 8, EVERY_DAY, None),
            (tokyo(2, 19), 19, 8, EVERY_DAY, tokyo(3, 8)),
            (tokyo(3, 7, 59), 19, 8, EVERY_DAY, tokyo(3, 8)),
            (tokyo(3, 8), 19, 8, EVERY_DAY, None),
            (tokyo(2, 12, 30), 12, 13, [0], tokyo(2, 13)),
            (tokyo(3, 12, 30), 12, 13, [0], None),
            # Friday night belongs to Friday: Saturday morning is quiet although Saturday is not named.
            (tokyo(7, 3), 22, 6, [4], tokyo(7, 6)),
            (tokyo(7, 23), 22, 6, [4], None),
            # A whole weekend: two days of 24 hours that follow each other.
            (tokyo(7, 10), 0, 0, [5, 6], tokyo(9, 0)),
            (tokyo(9, 0), 0, 0, [5, 6], None),
        ],
    )
    def test_of_quiet(self, now, begins, ends, days, until):
        assert end_of_quiet(now, TOKYO, time(begins), time(ends), days) == until

    def test_are_those_of_the_persons_zone(self):
        now = datetime(2026, 11, 2, 12, tzinfo=UTC)  # 21:00 in Tokyo, 7:00 in New York
        assert end_of_quiet(now, TOKYO, time(19), time(8), EVERY_DAY) == tokyo(3, 8)
        assert end_of_quiet(now, ZoneInfo("America/New_York"), time(19), time(6), EVERY_DAY) is None

    def test_of_the_next_summary(self):
        assert next_hour(tokyo(2, 7, 59), TOKYO, 8) == tokyo(2, 8)
        assert next_hour(tokyo(2, 8), TOKYO, 8) == tokyo(3, 8)
        assert next_hour(tokyo(2, 23), TOKYO, 0) == tokyo(3, 0)


class TestSaving:
    def test_keeps_what_differs_from_usual_and_says_so_in_the_log(self, agent):
        chooses(agent, ways={"assigned": "mail", "answer": "digest"}, digest_hour=18, quiet_from=time(22),
                quiet_until=time(7))  # fmt: skip
        row = notice_settings([agent])[agent.pk]
        assert row.ways == {"answer": "digest"} and row.digest_hour == 18
        entry = AuditEntry.objects.get(verb="change_notices")
        assert entry.by == agent and entry.data["changes"]["quiet_from"] == [None, "22:00"]
        chooses(agent, ways={"answer": "digest"}, digest_hour=18, quiet_from=time(22), quiet_until=time(7))
        assert AuditEntry.objects.filter(verb="change_notices").count() == 1

    @pytest.mark.parametrize(
        ("chosen", "field", "sentence"),
        [
            ({"ways": {"assigned": "none"}}, "ways", "cannot be told in this way"),
            ({"ways": {"assigned": "pigeon"}}, "ways", "cannot be told in this way"),
            ({"ways": {"receipt": "page"}}, "ways", "no such kind of notice for you"),
            ({"ways": {"weather": "page"}}, "ways", "no such kind of notice for you"),
            ({"digest_hour": 24}, "digest_hour", "from 0 to 23"),
            ({"quiet_from": time(22)}, "quiet_until", "until when"),
            ({"quiet_until": time(22)}, "quiet_from", "from when"),
            ({"quiet_from": time(22), "quiet_until": time(7), "quiet_days": []}, "quiet_days", "Choose the days"),
            ({"quiet_from": time(22), "quiet_until": time(7), "quiet_days": [7]}, "quiet_days", "Choose the days"),
            ({"quiet_from": time(7), "quiet_until": time(7)}, "quiet_days", "quiet for ever"),
        ],
    )
    def test_refuses_what_cannot_be(self, agent, chosen, field, sentence):
        with pytest.raises(Refused, match=sentence) as refused:
            chooses(agent, **chosen)
        assert refused.value.field == field and not NoticeSettings.objects.filter(digest_hour=24).exists()

    def test_staff_have_not_the_kinds_of_the_desk(self):
        with pytest.raises(Refused, match="no such kind"):
            chooses(a_person(), ways={"assigned": "page"})

    def test_is_ones_own_matter(self, agent):
        with pytest.raises(PermissionDenied):
            save_notice_settings(
                agent, by=an_agent(), via="page", ways={}, digest_hour=8, quiet_from=None, quiet_until=None,
                quiet_days=[], urgent_at_once=True,
            )  # fmt: skip

    def test_of_another_hour_moves_what_waits_for_the_summary(self, agent):
        chooses(agent, ways={"assigned": "digest"}, digest_hour=17)
        assigned(agent)
        chooses(agent, ways={"assigned": "digest"}, digest_hour=9)
        assert Notification.objects.get(person=agent).digest_at.astimezone(TOKYO).hour == 9


class TestPage:
    FORM = {
        "way_reply": "page", "way_status": "none", "way_assigned": "digest", "way_answer": "mail", "way_team": "none",
        "way_bounced": "mail", "way_callback": "mail", "way_mail": "mail", "way_mention": "mail",
        "digest_hour": "18", "quiet_from": "22:00", "quiet_until": "07:30", "quiet_days": ["0", "1"],
    }  # fmt: skip

    def test_keeps_what_one_chose(self, agent, visit):
        client = visit(agent)
        assert client.post("/me/notices/", self.FORM).status_code == 303
        row = NoticeSettings.objects.get()
        assert row.ways == {"reply": "page", "status": "none", "assigned": "digest", "team": "none"}
        assert (row.digest_hour, row.quiet_until, row.quiet_days, row.urgent_at_once) == (
            18,
            time(7, 30),
            [0, 1],
            False,
        )
        html = client.get("/me/notices/").content.decode()
        assert '<option value="digest" selected>' in html and 'value="22:00"' in html

    def test_refuses_with_what_was_typed(self, agent, visit):
        answer = visit(agent).post("/me/notices/", self.FORM | {"quiet_until": ""})
        assert answer.status_code == 422 and "Say until when it is quiet." in answer.content.decode()
        assert 'value="22:00"' in answer.content.decode() and not NoticeSettings.objects.filter(digest_hour=18).exists()

    def test_offers_only_what_can_be_declined_to_be_declined(self, agent, visit):
        assert visit(agent).post("/me/notices/", self.FORM | {"way_assigned": "none"}).status_code == 422
        html = visit(agent).get("/me/notices/").content.decode()
        assert html.count('value="none"') == 5

    def test_has_for_staff_only_what_they_can_hear(self, visit):
        html = visit(again(a_person())).get("/me/notices/").content.decode()
        assert "The desk or a colleague replies" in html and "A ticket is assigned to me" not in html
