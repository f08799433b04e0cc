"""Search finds what was meant, in Japanese and English, and only what one may see."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db.models import Func

from servicedesk.tickets import queries
from servicedesk.tickets.actions import note, reply
from servicedesk.tickets.consumers import index_tickets
from servicedesk.tickets.queries import search_tickets, with_words
from servicedesk.tickets.words import query_for, tokens
from tests.factories import a_service, a_team, a_ticket, again, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team()


@pytest.fixture
def agent(team):
    return an_agent(team)


def found(user, words) -> list[str]:
    return [ticket.title for ticket in search_tickets(again(user), words)]


@pytest.fixture
def make(team):
    def make(title, description="", **fields):
        ticket = a_ticket(title=title, description=description, service=a_service(team), **fields)
        index_tickets([ticket.pk])
        return ticket

    return make


class TestTokensOfSeveralParts:
    def test_a_word_whose_normal_form_has_a_hyphen_is_found(self, make, agent):
        make("wifi is slow")
        assert found(agent, "WiFi") == found(agent, "ＷｉＦｉ") == ["wifi is slow"]


class TestPlan:
    def test_tickets_of_a_rare_word_are_named_and_those_of_a_common_one_are_not(self, agent, make, monkeypatch):
        made = [make("Paper jam") for _each in range(3)]
        assert named(with_words(agent, "jam")) == {ticket.pk for ticket in made}
        assert len(found(agent, "jam")) == 3 and found(agent, "nothing") == []
        for most in ("_FEW", "_COMMON"):
            with monkeypatch.context() as patch:
                patch.setattr(queries, most, 2)
                assert named(with_words(agent, "jam")) is None and len(found(agent, "jam")) == 3


def named(asked) -> set[int] | None:
    """The ids by which a condition names tickets, None when it asks for their words."""
    by_ids = [part for part in asked.children if isinstance(part, Func)]
    return set(json.loads(f"[{by_ids[0].source_expressions[1].value[1:-1]}]")) if by_ids else None


class TestWords:
    @pytest.mark.parametrize("typed", ["プリンター", "プリンタ", "ﾌﾟﾘﾝﾀ", "ﾌﾟﾘﾝﾀｰ"])
    def test_of_one_meaning_find_each_other(self, agent, make, typed):
        make("3階のプリンタが動かない")
        assert found(agent, typed) == ["3階のプリンタが動かない"]

    @pytest.mark.parametrize("typed", ["髙橋", "高橋"])
    def test_old_and_new_forms_of_a_name_find_each_other(self, agent, make, typed):
        make("高橋さんのアカウント")
        make("髙橋さんのアカウント")
        assert len(found(agent, typed)) == 2

    @pytest.mark.parametrize("typed", ["vpn", "VPN", "ＶＰＮ"])
    def test_ignore_case_and_width(self, agent, make, typed):
        make("VPN drops")
        assert found(agent, typed) == ["VPN drops"]

    def test_must_all_be_there(self, agent, make):
        make("VPN drops at home")
        make("VPN is slow")
        assert found(agent, "vpn home") == ["VPN drops at home"]

    def test_two_characters_are_enough(self, agent, make):
        make("在庫が合わない")
        assert found(agent, "在庫") == ["在庫が合わない"]

    @pytest.mark.parametrize("typed", ["", "   ", "。、!?", "'", "\\", "' | 'x", "a & ! b", "(((", ":*"])
    def test_that_are_none_or_strange_do_no_harm(self, agent, make, typed):
        make("VPN drops")
        assert found(agent, typed) in ([], ["VPN drops"])

    def test_of_a_description_of_any_length_are_indexed(self, agent, make):
        make("長い", "これは長い文章です。" * 5000 + "最後の西瓜")
        assert found(agent, "西瓜") == ["長い"]

    def test_become_tokens_once_each(self):
        assert tokens("プリンタとﾌﾟﾘﾝﾀ、VPN vpn") == ["プリンター", "vpn"]

    def test_become_a_query_in_which_quotes_are_harmless(self):
        assert query_for("vpn プリンタ") == "'vpn' & 'プリンター'"
        assert query_for("。、") == ""

    def test_are_parted_by_several_threads_at_once(self):
        texts = [f"3階のプリンタ{number}が動かない。" * 50 for number in range(40)]
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(tokens, texts)) == [tokens(text) for text in texts]


class TestNumbers:
    @pytest.mark.parametrize("form", ["{0}", "{1}", "{2}", " {0} "])
    def test_jump_to_the_ticket(self, agent, make, form):
        ticket = make("VPN drops")
        wide = ticket.number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789INCREQ"})
        assert found(agent, form.format(ticket.number, ticket.number.lower(), wide)) == ["VPN drops"]

    def test_work_without_prefix_and_zeros(self, agent, make):
        ticket = make("VPN drops")
        assert found(agent, str(int(ticket.number[3:]))) == ["VPN drops"]


class TestSight:
    def test_strangers_find_nothing(self, make):
        make("VPN drops")
        assert found(an_agent(), "vpn") == []

    def test_the_requester_finds_replies_but_not_notes(self, agent, make):
        ticket = make("VPN drops")
        note(ticket, by=agent, body="Probably the firewall", via="page")
        reply(ticket, by=agent, body="Please restart the router", via="page")
        index_tickets([ticket.pk])
        assert found(ticket.requester, "firewall") == []
        assert found(ticket.requester, "router") == ["VPN drops"]
        assert found(agent, "firewall") == ["VPN drops"]

    def test_an_agent_who_asked_for_it_elsewhere_does_not_find_its_notes(self, agent, make):
        asker = an_agent()
        ticket = make("VPN drops", requester=asker)
        note(ticket, by=agent, body="Probably the firewall", via="page")
        index_tickets([ticket.pk])
        assert found(asker, "vpn") == ["VPN drops"]
        assert found(asker, "firewall") == []
