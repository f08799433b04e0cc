"""Thanking the desk: what says nothing but thanks, and what thanks do and do not do."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.actions import cancel_incident, close_incident, reopen_incident, resolve_incident
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.notify.notices import save_notice_settings
from servicedesk.tickets.actions import assign, merge, reply, share, thank, watch
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Comment
from servicedesk.tickets.thanks import only_thanks
from tests.factories import a_person, a_service, a_team, an_agent, an_incident

pytestmark = pytest.mark.django_db

NAMES = {"佐藤 花子", "佐藤", "花子", "田中 一郎", "田中", "一郎", "mari", "sato", "kenji"}
ONLY_THANKS = [
    "ありがとうございました",
    "ありがとうございました。",
    "ありがとうございます！",
    "有難うございました",
    "助かりました",
    "助かりました！ありがとうございます！！",
    "大変助かりました。ありがとうございました。",
    "早速のご対応ありがとうございました。",
    "迅速なご対応、誠にありがとうございます",
    "ご対応いただき、ありがとうございました。",
    "どうもありがとう",
    "本当に助かりました、感謝します",
    "田中様\n\nお世話になっております。\n早速のご対応、ありがとうございました。\n今後ともよろしくお願いいたします。\n\n佐藤",
    "田中さん、ありがとうございました！",
    "お疲れ様です。佐藤です。\n助かりました。",
    "ヘルプデスク各位\nありがとうございました。",
    "ご回答ありがとうございます。",
    "直していただきありがとうございました",
    "ヘルプデスクの皆様\nいつもありがとうございます。",
    "ありがとうございました🙏",
    "ありがとうございましたm(_ _)m",
    "取り急ぎお礼まで。",
    "ありがとうございました。\n> 直りましたか？\n> まだの場合はお知らせください。",
    "ありがとうございました。\n\n-- \n佐藤 花子\n総務部 総務課\nTEL 03-1234-5678",
    "ありがとうございました\niPhoneから送信",
    "お世話になりました。ありがとうございました。",
    "サンキュー！",
    "thanks",
    "Thanks!",
    "Thank you",
    "Thank you so much!",
    "Thank you very much for your quick help.",
    "Many thanks",
    "Hi Kenji,\n\nThanks a lot!\n\nBest regards,\nMari Sato",
    "Hi Kenji, thanks!",
    "Dear all,\nthank you for the fast response",
    "thx :)",
    "Great, thank you!",
    "Perfect. Thanks again!",
    "Much appreciated.",
    "Thanks for fixing it",
    "We really appreciate it, thank you all",
    "THANK YOU!!!",
    "Cheers, Mari",
    "Thanks!\n\nSent from my iPhone",
    "Thank you.\n--\nMari Sato\nSales\n+81 3 1234 5678",
]
MORE_THAN_THANKS = [
    "",
    "。",
    "🙏",
    "佐藤",
    "よろしくお願いします",
    "お世話になっております。",
    "ありがとうございます。まだ印刷できません。",
    "ありがとうございました。ですが、また同じエラーが出ます。",
    "ありがとうございますが、直っていません",
    "助かりましたが、もう一点あります。",
    "ありがとうございます？",
    "ありがとうございます。いつ直りますか。",
    "ありがとうございました。明日また確認します。",
    "ありがとうございます。別件ですが、パソコンが遅いです。",
    "ありがたいのですが、画面が真っ暗です",
    "対応をお願いします。ありがとうございます。",
    "対応ありがとうございました。ただ、音が出ません。",
    "田中様\nまだ動きません。\n佐藤",
    "ありがとうございました。\n-----\nプリンターは今も止まっています。",
    "ありがとうございます。電話をください。",
    "ありがとうございました。パスワードも教えて",
    "お礼の品が届かない",
    "助かりました。でもマウスが動かない",
    "了解しました",
    "ありがとうございました。" * 12,
    "Thanks, but it still does not work.",
    "Thanks, however the printer jams",
    "Thanks! Can you also look at my mouse?",
    "Thank you, I will test it tomorrow",
    "thanks for nothing, it is broken",
    "No thanks",
    "Thanks, it's not solved yet",
    "Thank you. One more thing: the screen",
    "It broke again, thanks",
    "Hi Kenji,",
    "Best regards, Mari",
    "Great",
    "thanksgiving",
    "Thank you for resetting the password of Tom",
    "Thanks, call me",
    "Thanks\n> old words\nThe screen is black now",
    "Thanks. The error came back",
    "Thanks 😡",
    "Hi printer is broken\nThanks",
    "画面が真っ暗の田中様\nありがとう",
    "紙が詰まった田中さん、ありがとうございました",
    "Thanks for the help with the printer on the second floor, now do the same for the one on the third floor please",
]


class TestWhatSaysNothingButThanks:
    @pytest.mark.parametrize("text", ONLY_THANKS)
    def test_is_known(self, text):
        assert only_thanks(text, NAMES)

    @pytest.mark.parametrize("text", MORE_THAN_THANKS)
    def test_is_told_from_what_says_more(self, text):
        assert not only_thanks(text, NAMES)

    def test_takes_a_moment_however_long_the_text_is(self):
        assert not only_thanks("ありがとう" * 100_000, NAMES)
        assert not only_thanks("ご対応" * 300 + "x", NAMES)


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team, name="Kenji Tanaka")


@pytest.fixture
def incident(team, agent):
    incident = an_incident(service=a_service(team), requester=a_person(name="Mari Sato"))
    assign(incident.ticket, by=agent, via="page", assignee=agent)
    resolve_incident(incident, by=agent, via="page", resolution="Paper added.")
    return incident


@pytest.fixture
def ticket(incident):
    incident.ticket.refresh_from_db()
    return incident.ticket


@pytest.fixture
def mari(ticket):
    return ticket.requester


def verbs(ticket) -> list[str]:
    return list(ticket.events.order_by("number").values_list("verb", flat=True))


def told(ticket, kind="thanks") -> list[str]:
    deliver_waiting()
    return sorted(Notification.objects.filter(ticket=ticket, kind=kind).values_list("person__name", flat=True))


class TestThanking:
    def test_is_kept_with_its_word_and_moves_nothing(self, ticket, mari):
        thank(ticket, by=mari, via="page", word=" You are great! ")
        ticket.refresh_from_db()
        assert ticket.status == "resolved" and ticket.reopen_count == 0
        event = ticket.events.get(verb="thank")
        assert event.is_public and event.by == mari
        assert event.comment.body == "You are great!" and event.comment.is_public

    def test_needs_no_word(self, ticket, mari):
        thank(ticket, by=mari, via="page")
        assert not Comment.objects.filter(event__verb="thank").exists()

    def test_is_possible_when_it_is_closed(self, incident, ticket, mari):
        close_incident(incident, by=mari, via="page")
        thank(ticket, by=mari, via="page")
        ticket.refresh_from_db()
        assert ticket.status == "closed" and verbs(ticket)[-1] == "thank"

    def test_counts_once_per_person(self, ticket, mari):
        for word in ("once", "twice"):
            thank(ticket, by=mari, via="page", word=word)
        assert verbs(ticket).count("thank") == 1
        assert Comment.objects.get(event__verb="thank").body == "once"

    def test_counts_once_also_after_it_was_reopened(self, incident, ticket, agent, mari):
        thank(ticket, by=mari, via="page")
        reopen_incident(incident, by=mari, via="page", reason="Again.")
        resolve_incident(incident, by=agent, via="page", resolution="More paper.")
        thank(ticket, by=mari, via="page")
        assert verbs(ticket).count("thank") == 1

    def test_is_no_first_response_nor_an_answer(self, ticket, mari):
        before = ticket.first_response_at
        thank(ticket, by=mari, via="page", word="Well done")
        ticket.refresh_from_db()
        assert ticket.first_response_at == before
        assert "reply" not in verbs(ticket)

    @pytest.mark.parametrize("status", ["new", "assigned", "in_progress"])
    def test_is_refused_while_nothing_is_solved(self, agent, status, team):
        incident = an_incident(service=a_service(team))
        type(incident.ticket).objects.filter(pk=incident.ticket.pk).update(status=status)
        with pytest.raises(TicketError, match="Nothing is solved"):
            thank(incident.ticket, by=incident.ticket.requester, via="page")

    def test_is_refused_for_what_was_withdrawn(self, team):
        incident = an_incident(service=a_service(team))
        cancel_incident(incident, by=incident.ticket.requester, via="page")
        with pytest.raises(TicketError, match="Nothing is solved"):
            thank(incident.ticket, by=incident.ticket.requester, via="page")

    def test_is_refused_for_what_goes_on_elsewhere(self, ticket, mari, agent, team):
        other = an_incident(service=a_service(team), requester=mari).ticket
        merge(ticket, other, by=agent, via="page", agreed=True)
        with pytest.raises(TicketError, match="Nothing is solved"):
            thank(ticket, by=mari, via="page")

    def test_takes_no_long_letters(self, ticket, mari):
        with pytest.raises(TicketError, match="301"):
            thank(ticket, by=mari, via="page", word="x" * 301)
        thank(ticket, by=mari, via="page", word="あ" * 300)


class TestWhoThanks:
    def test_a_colleague_who_asked_for_the_requester(self, team, agent):
        colleague = a_person()
        incident = an_incident(service=a_service(team), requester=a_person(), by=colleague)
        resolve_incident(incident, by=agent, via="page", resolution="Done.")
        thank(incident.ticket, by=colleague, via="page")
        thank(incident.ticket, by=incident.ticket.requester, via="page")
        assert verbs(incident.ticket).count("thank") == 2

    def test_not_the_desk_itself(self, ticket, agent):
        with pytest.raises(PermissionDenied):
            thank(ticket, by=agent, via="page")

    def test_not_an_agent_who_entered_it_for_somebody(self, team, agent):
        incident = an_incident(service=a_service(team), by=agent)
        resolve_incident(incident, by=agent, via="page", resolution="Done.")
        with pytest.raises(PermissionDenied):
            thank(incident.ticket, by=agent, via="page")

    def test_not_those_with_whom_it_is_shared(self, ticket, mari):
        friend = a_person()
        share(ticket, by=mari, via="page", user=friend)
        with pytest.raises(PermissionDenied):
            thank(ticket, by=friend, via="page")


class TestWhoHearsOfIt:
    def test_whoever_has_it_and_whoever_solved_it_and_nobody_else(self, incident, ticket, mari, agent, team):
        lead, other = an_agent(team, name="Lead"), an_agent(team, name="Other")
        team.lead = lead
        team.save()
        assign(ticket, by=agent, via="page", assignee=other)
        thank(ticket, by=mari, via="page")
        assert told(ticket) == ["Kenji Tanaka", "Other"]

    def test_on_the_page_and_not_by_mail(self, ticket, mari, agent):
        thank(ticket, by=mari, via="page", word="Great")
        assert told(ticket) == ["Kenji Tanaka"]
        assert not OutgoingMail.objects.filter(kind="thanks").exists()

    def test_by_mail_for_those_who_wish_it_with_the_word(self, ticket, mari, agent):
        wish(agent, "mail")
        thank(ticket, by=mari, via="page", word="You saved my day")
        deliver_waiting()
        mail = OutgoingMail.objects.get(kind="thanks")
        assert mail.to_user == agent and "You saved my day" in mail.text

    def test_not_at_all_for_those_who_wish_that(self, ticket, mari, agent):
        wish(agent, "none")
        thank(ticket, by=mari, via="page")
        assert told(ticket) == []

    def test_not_the_team_when_nobody_has_it(self, ticket, mari, agent, team):
        an_agent(team, name="Other")
        type(ticket).objects.filter(pk=ticket.pk).update(assignee=None)
        thank(ticket, by=mari, via="page")
        assert told(ticket) == ["Kenji Tanaka"]


def wish(person, way):
    save_notice_settings(
        person, by=person, via="page", ways={"thanks": way}, digest_hour=8, quiet_from=None, quiet_until=None,
        quiet_days=[], urgent_at_once=True,
    )  # fmt: skip


class TestAMessageThatOnlyThanks:
    @pytest.mark.parametrize("via", ["mail", "page", "api"])
    def test_does_not_reopen_and_counts_as_thanks(self, ticket, mari, via):
        reply(ticket, by=mari, via=via, body="助かりました。ありがとうございました。")
        ticket.refresh_from_db()
        assert ticket.status == "resolved"
        assert verbs(ticket)[-2:] == ["reply", "thank"]

    def test_is_told_once_as_thanks_and_not_as_an_answer(self, ticket, mari):
        reply(ticket, by=mari, via="mail", body="Thanks!")
        assert told(ticket) == ["Kenji Tanaka"]
        assert told(ticket, "answer") == []
        assert not OutgoingMail.objects.filter(kind="reply").exists()

    def test_still_reaches_those_who_watch(self, ticket, mari, team):
        watcher = an_agent(team, name="Watcher")
        watch(ticket, by=watcher, via="page")
        reply(ticket, by=mari, via="mail", body="Thanks!")
        assert told(ticket, "answer") == ["Watcher"]

    def test_the_second_is_a_message_and_moves_nothing_either(self, ticket, mari):
        for body in ("Thanks!", "Thank you again!"):
            reply(ticket, by=mari, via="mail", body=body)
        ticket.refresh_from_db()
        assert ticket.status == "resolved"
        assert verbs(ticket)[-3:] == ["reply", "thank", "reply"]
        assert told(ticket, "answer") == ["Kenji Tanaka"]

    def test_reopens_when_it_says_more(self, ticket, mari):
        reply(ticket, by=mari, via="mail", body="ありがとうございます。まだ印刷できません。")
        ticket.refresh_from_db()
        assert ticket.status == "in_progress" and "thank" not in verbs(ticket)

    def test_reopens_when_a_file_comes_with_it(self, ticket, mari, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        reply(ticket, by=mari, via="mail", body="Thanks!", files=[SimpleUploadedFile("a.txt", b"words")])
        ticket.refresh_from_db()
        assert ticket.status == "in_progress" and "thank" not in verbs(ticket)

    def test_knows_the_names_of_those_on_the_ticket(self, ticket, mari):
        reply(ticket, by=mari, via="mail", body="Kenji,\nthank you!\nMari Sato")
        ticket.refresh_from_db()
        assert ticket.status == "resolved"

    def test_of_somebody_it_is_shared_with_is_a_message_that_moves_nothing(self, ticket, mari):
        friend = a_person()
        share(ticket, by=mari, via="page", user=friend)
        reply(ticket, by=friend, via="page", body="Thanks!")
        ticket.refresh_from_db()
        assert ticket.status == "resolved" and "thank" not in verbs(ticket)

    def test_without_proof_of_its_sender_is_a_message_only(self, ticket, mari):
        reply(ticket, by=mari, via="mail", body="Thanks!", moves=False, unproved=True)
        assert "thank" not in verbs(ticket)

    def test_resumes_what_waits_for_an_answer(self, team, agent):
        incident = an_incident(service=a_service(team))
        type(incident.ticket).objects.filter(pk=incident.ticket.pk).update(status="waiting_requester", phase="waiting")
        reply(incident.ticket, by=incident.ticket.requester, via="page", body="Thanks!")
        incident.ticket.refresh_from_db()
        assert incident.ticket.status == "in_progress" and "thank" not in verbs(incident.ticket)

    def test_of_the_desk_is_none(self, ticket, agent):
        reply(ticket, by=agent, via="page", body="Thanks!")
        assert "thank" not in verbs(ticket)


class TestPages:
    def test_the_requester_thanks_with_one_press(self, visit, ticket, mari):
        client = visit(mari)
        page = client.get(ticket.get_absolute_url()).content.decode()
        assert "Say thank you" in page and "If you only say thank you, it stays solved." in page
        answer = client.post(f"/tickets/{ticket.number}/thank/", {"word": "<b>Great</b>"}, follow=True)
        page = answer.content.decode()
        assert "You have thanked for this." in page and "Say thank you" not in page
        assert "Mari Sato thanked the desk." in page and "&lt;b&gt;Great&lt;/b&gt;" in page

    def test_the_agent_reads_who_thanked(self, visit, ticket, mari, agent):
        client = visit(agent)
        assert "Thanked by" not in client.get(ticket.get_absolute_url()).content.decode()
        thank(ticket, by=mari, via="page", word="Great")
        page = client.get(ticket.get_absolute_url()).content.decode()
        assert "Thanked by Mari Sato" in page and "Great" in page
        for show, is_there in (("messages", True), ("changes", True), ("notes", False)):
            page = client.get(f"{ticket.get_absolute_url()}?show={show}").content.decode()
            assert ("thanked the desk" in page) == is_there

    def test_a_refusal_comes_back_with_what_was_typed(self, visit, ticket, mari):
        answer = visit(mari).post(f"/tickets/{ticket.number}/thank/", {"word": "x" * 301})
        assert answer.status_code == 422 and "x" * 301 in answer.content.decode()

    def test_nothing_to_press_where_one_may_not(self, visit, incident, ticket, mari):
        friend = a_person()
        share(ticket, by=mari, via="page", user=friend)
        assert "Say thank you" not in visit(friend).get(ticket.get_absolute_url()).content.decode()
        reopen_incident(incident, by=mari, via="page", reason="Again.")
        assert "Say thank you" not in visit(mari).get(ticket.get_absolute_url()).content.decode()

    def test_after_a_reply_the_page_opens_at_it(self, visit, ticket, mari):
        answer = visit(mari).post(f"/tickets/{ticket.number}/reply/", {"body": "It jams again."})
        event = ticket.events.get(verb="reply")
        assert answer.url == f"{ticket.get_absolute_url()}#e{event.number}"

    def test_an_open_page_says_what_changed(self, visit, ticket, mari, agent):
        client = visit(mari)
        newest = ticket.events.filter(is_public=True).last().number
        reply(ticket, by=agent, via="page", body="Anything else?")
        address = f"{ticket.get_absolute_url()}?part=live&after={newest}"
        part = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert 'data-announce="There is news about your request: ' in part
