"""Search with filters, phrases and exclusions, in both languages, and never wider than one's sight."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from incidents import actions as incidents
from servicedesk.people.models import Role
from servicedesk.tickets.actions import assign, note, reply, set_tags
from servicedesk.tickets.consumers import index_tickets
from servicedesk.tickets.models import Category, Ticket
from servicedesk.tickets.search import completions, filters_for, search
from tests.factories import a_person, a_service, a_team, a_ticket, again, an_agent, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def network():
    return a_team(code="network", name="ネットワーク", name_en="Networks")


@pytest.fixture
def agent(network):
    return an_agent(network, name="小林 翔", reading="コバヤシ ショウ")


@pytest.fixture
def make(network):
    def make(title, **fields):
        ticket = a_ticket(**{"title": title, "service": a_service(network), "team": network} | fields)
        index_tickets([ticket.pk])
        return ticket

    return make


def found(user, text) -> set[str]:
    return {ticket.title for ticket in search(again(user), text).tickets}


def problems(user, text) -> list[tuple[str, str]]:
    return [(each.sentence, each.better) for each in search(again(user), text).problems]


class TestFilters:
    @pytest.mark.parametrize(
        "typed", ["status:open", "STATUS:OPEN", "ｓｔａｔｕｓ：ｏｐｅｎ", "状態:未完了", "状態：新規"]
    )
    def test_status_in_both_languages_and_widths(self, agent, make, typed):
        make("Open one")
        done = make("Closed one")
        Ticket.objects.filter(pk=done.pk).update(status="closed", phase="closed", closed_at=timezone.now())
        assert found(agent, typed) == {"Open one"}
        assert found(agent, "status:closed") == {"Closed one"}

    @pytest.mark.parametrize(
        "typed", ["team:network", "チーム:ネットワーク", "team:Networks", "team:ネット", "team:netw"]
    )
    def test_team_by_code_name_or_part(self, agent, make, typed):
        other = a_team(code="erp", name="基幹", name_en="ERP")
        make("Theirs")
        make("Not theirs", team=other, service=a_service(other))
        assert found(again(an_agent(other, *agent.teams.all())), typed) == {"Theirs"}

    def test_assignee_by_name_reading_me_and_nobody(self, agent, make):
        mine = make("Mine")
        assign(mine, by=agent, via="page", assignee=agent)
        make("Nobody's")
        for typed in ("assignee:me", "担当:自分", "担当:小林", "assignee:コバヤシ", f"assignee:{agent.email}"):
            assert found(agent, typed) == {"Mine"}, typed
        assert found(agent, "担当:なし") == found(agent, "assignee:none") == {"Nobody's"}
        assert found(agent, "-assignee:me") == {"Nobody's"}

    def test_requester_priority_type_channel_category_tag(self, agent, make):
        asker = a_person(name="佐藤 花子", reading="サトウ ハナコ")
        ticket = make(
            "Wanted", requester=asker, category=Category.objects.create(code="wifi", name="無線", name_en="Wi-Fi")
        )
        set_tags(ticket, by=agent, via="page", tags=["3階"])
        Ticket.objects.filter(pk=ticket.pk).update(priority=1)
        other = make("Other")
        Ticket.objects.filter(pk=other.pk).update(priority=4)
        for typed in ("申請者:佐藤", "from:さとう", "優先度:P1", "priority:1", "priority:P1,P2", "優先度:P1、P2",
                      "category:wi-fi", "カテゴリ:無線", "tag:3階", "タグ:３階"):  # fmt: skip
            assert found(agent, typed) == {"Wanted"}, typed
        assert found(agent, "種類:インシデント channel:portal") == {"Wanted", "Other"}

    def test_is(self, agent, make):
        late = make("Late")
        Ticket.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=1))
        major = make("Major")
        Ticket.objects.filter(pk=major.pk).update(is_major=True)
        assert found(agent, "is:overdue") == {"Late"}
        assert found(agent, "条件:重大障害") == found(agent, "is:major") == {"Major"}

    def test_created(self, agent, make):
        old = make("Old")
        Ticket.objects.filter(pk=old.pk).update(created_at="2026-02-03T03:00:00Z")
        make("New")
        for typed in ("created:2026-02-03", "created:2026-02", "作成:2026年2月", "created:2026/2/3",
                      "created:<2026-02-04", "created:<=2026-02-03", "-created:>2026-02-03"):  # fmt: skip
            assert found(agent, typed) == {"Old"}, typed
        for typed in ("created:today", "作成:今日", "created:7d", "created:7日", "created:>2026-02-03"):
            assert found(agent, typed) == {"New"}, typed
        assert found(agent, "created:>=2026-02-03") == {"Old", "New"}

    def test_file_by_its_name(self, agent, make):
        ticket = make("With a file")
        make("Without", description="invoice")
        reply(ticket, by=agent, via="page", body="See", files=[SimpleUploadedFile("invoice-11.pdf", b"%PDF-1.4")])
        index_tickets([ticket.pk])
        assert found(agent, "file:invoice") == found(agent, "添付:invoice-11.pdf") == {"With a file"}

    def test_a_value_with_blanks_stands_in_quotation_marks(self, agent, make):
        make("Wanted", requester=a_person(name="佐藤 花子"))
        make("Other", requester=a_person(name="佐藤 太郎"))
        assert found(agent, 'requester:"佐藤 花子"') == found(agent, "申請者:「佐藤 花子」") == {"Wanted"}


class TestWords:
    def test_without_and_phrases(self, agent, make):
        make("Paper jam on floor 3")
        make("Jam of paper on floor 2")
        assert found(agent, "paper jam") == {"Paper jam on floor 3", "Jam of paper on floor 2"}
        assert found(agent, '"paper jam"') == {"Paper jam on floor 3"}
        assert found(agent, 'jam -"paper jam"') == found(agent, "jam -3") == {"Jam of paper on floor 2"}
        assert found(agent, "-jam") == set()

    def test_an_address_or_a_time_is_no_filter(self, agent, make):
        make("https://intra.example.com is down since 10:30")
        for typed in ("https://intra.example.com", "10:30"):
            assert len(found(agent, typed)) == 1
            assert problems(agent, typed) == []


class TestWhatDoesNotExist:
    def test_a_filter_offers_the_nearest(self, agent, make):
        make("Printer")
        [(sentence, better)] = problems(agent, "printer statsu:open")
        assert sentence == "There is no filter “statsu”; it was left out." and better == "printer status:open"
        assert found(agent, "printer statsu:open") == {"Printer"}

    def test_a_value_offers_the_nearest(self, agent, make):
        make("Printer")
        [(sentence, better)] = problems(agent, "printer team:netwrok")
        assert sentence == "“netwrok” is nothing that “Team” knows; it was left out."
        assert better == "printer team:network"
        [(sentence, better)] = problems(agent, "printer 優先度:P9")
        assert "P9" in sentence and better == "printer 優先度:P1"

    @pytest.mark.parametrize(
        "typed",
        [
            "created:2026-13",
            "created:>soon",
            "assignee:zzzz",
            "tag:none",
            "is:odd",
            "team:,",
            ":",
            "-",
            '"',
            'a:"',
            "status:",
        ],
    )
    def test_odd_input_is_answered(self, agent, typed):
        search(agent, typed)
        completions(agent, typed)


class TestSight:
    def test_staff_have_the_filters_of_what_they_see(self, make):
        staff = a_person()
        assert {"status", "状態", "requester", "created"} <= set(filters_for(staff))
        assert not {"team", "assignee", "tag", "is", "priority"} & set(filters_for(staff))

    def test_a_filter_never_widens(self, make, agent):
        make("Theirs")
        stranger = a_person()
        for typed in ("status:open", "team:network", "-nothing status:open", "created:today", "requester:person"):
            assert found(stranger, typed) == set(), typed

    def test_files_and_phrases_of_notes_are_for_those_who_work(self, agent, make):
        asker = a_person()
        ticket = make("Seen", requester=asker)
        note(ticket, by=agent, via="page", body="secret plan", files=[SimpleUploadedFile("secret.txt", b"x")])
        index_tickets([ticket.pk])
        for typed in ("file:secret", '"secret plan"'):
            assert found(agent, typed) == {"Seen"}, typed
            assert found(asker, typed) == set(), typed

    def test_a_tag_finds_only_where_one_works(self, agent, make):
        ticket = make("Seen", requester=agent)
        set_tags(ticket, by=agent, via="page", tags=["hot"])
        other = an_agent(a_team())
        ticket = a_ticket(title="Elsewhere", requester=other, team=a_team(), service=a_service(a_team()))
        set_tags(ticket, by=an_agent(ticket.team), via="page", tags=["hot"])
        assert found(agent, "tag:hot") == {"Seen"}
        assert found(other, "tag:hot") == set()


class TestCompletion:
    def test_names_and_values(self, agent):
        assert ("printer status:", "status:", "Status") in completions(agent, "printer sta")
        assert [put for _text, put, _means in completions(agent, "優")] == ["優先度:"]
        assert completions(agent, "status:op")[0] == ("status:open ", "status:open", "unfinished")
        assert completions(agent, "-team:netw")[0][0] == "-team:network "
        assert completions(agent, "printer ") == completions(agent, "") == completions(agent, "nothing") == []

    def test_people_by_part_of_their_name(self, agent):
        person = a_person(name="佐藤 花子")
        assert (f"requester:{person.email} ", f"requester:{person.email}", "佐藤 花子") in completions(
            agent, "requester:佐藤"
        )

    def test_says_nothing_of_teams_and_tags_to_staff(self, agent, make):
        set_tags(make("Tagged"), by=agent, via="page", tags=["hot"])
        for typed in ("team:", "tag:", "tag:h", "assignee:"):
            assert completions(a_person(), typed) == []
        assert completions(a_person(Role.ADMINISTRATOR), "tag:h") == []


def test_incident_numbers_still_lead_at_once(agent):
    incident = an_incident(team=agent.teams.first())
    assert search(agent, incident.ticket.number).is_number
    assert incidents
