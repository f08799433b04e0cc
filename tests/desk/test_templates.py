"""Reply templates: who keeps them, what they refuse, how a ticket fills them, and how they are found."""

import pytest
from django.urls import reverse

from servicedesk.desk.models import ReplyTemplate
from servicedesk.desk.queries import find_templates, visible_templates
from servicedesk.desk.templates import change_template, create_template, filled
from servicedesk.people.models import AuditEntry, Role
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, a_ticket, an_administrator, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return a_team(name="Service desk")


@pytest.fixture
def agent(team):
    return an_agent(team, name="Ken Suzuki")


@pytest.fixture
def lead(team):
    return a_person(Role.LEAD, teams=[team])


@pytest.fixture
def admin():
    return an_administrator()


def a_template(by, **fields) -> ReplyTemplate:
    usual = {"name": "パスワードの再設定", "code": "pw", "body_ja": "{requester}様\n\nこちらからお願いします。"}
    return create_template(by=by, via="page", **(usual | fields))


class TestWhoKeepsThem:
    def test_administrators_for_all_and_leads_for_their_team(self, admin, lead, team):
        assert a_template(admin).team is None
        assert a_template(lead, team=team).team == team
        entry = AuditEntry.objects.latest("pk")
        assert (entry.verb, entry.object_type, entry.by) == ("create", "desk.replytemplate", lead)
        assert entry.data["changes"]["code"] == [None, "pw"]

    @pytest.mark.parametrize("for_all", [True, False])
    def test_a_lead_not_for_all_nor_for_another_team(self, lead, for_all):
        with pytest.raises(Refused) as refusal:
            a_template(lead, team=None if for_all else a_team())
        assert refusal.value.field == "team"

    def test_an_agent_keeps_none(self, agent, team):
        with pytest.raises(Exception, match="right"):
            a_template(agent, team=team)

    def test_a_lead_cannot_take_one_that_is_for_all(self, admin, lead, team):
        with pytest.raises(Exception, match="right"):
            change_template(a_template(admin), by=lead, via="page", team=team)

    def test_agents_see_those_for_all_and_of_their_teams(self, admin, agent, team):
        names = {"for all": None, "ours": team, "theirs": a_team()}
        for name, whose in names.items():
            a_template(admin, name=name, team=whose)
        assert [row.name for row in visible_templates(agent)] == ["for all", "ours"]
        assert len(visible_templates(admin)) == 3
        assert not visible_templates(a_person())


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("fields", "field", "words"),
        [
            ({"body_ja": ""}, "body_ja", "at least one language"),
            ({"body_en": "Dear {requestor}"}, "body_en", "Did you mean {requester}?"),
            ({"body_ja": "{xyz}"}, "body_ja", "Choose from the list"),
            ({"code": "two words"}, "code", "no blanks"),
            ({"name": ""}, "name", "blank"),
            ({"body_ja": "x" * 5_001}, "body_ja", "5001 letters"),
        ],
    )
    def test_with_the_field(self, admin, fields, field, words):
        with pytest.raises(Refused) as refusal:
            a_template(admin, **fields)
        assert refusal.value.field == field
        assert words in str(refusal.value.sentence)
        assert not ReplyTemplate.objects.exists()

    def test_a_code_that_is_taken_but_not_that_of_another_team(self, admin, team):
        a_template(admin)
        a_template(admin, team=team)
        with pytest.raises(Refused, match="“pw” is taken"):
            a_template(admin, code="/ＰＷ")

    def test_an_owner_who_is_no_agent(self, admin):
        with pytest.raises(Refused, match="does not work on tickets"):
            a_template(admin, owner=a_person())


class TestFilled:
    def test_with_the_values_of_the_ticket(self, admin, agent, team):
        template = a_template(
            admin, body_en="{requester} {number} {title} {agent} {team} {service}\n{due}\n{status}\n{link}"
        )
        requester = a_person(name="Anna", language="en")
        ticket = a_ticket(team=team, requester=requester, title="It hums", service=a_service(team, name_en="Printing"))
        text, language = filled(template, ticket, agent)
        rows = text.splitlines()
        assert language == "en"
        assert rows[0] == f"Anna {ticket.number} It hums Ken Suzuki Service desk Printing"
        assert str(ticket.due_at.year) in rows[1] and rows[2] == ticket.plain_status
        assert rows[3].endswith(ticket.get_absolute_url()) or ticket.number in rows[3]

    def test_a_line_without_its_value_is_left_out(self, admin, agent, team):
        template = a_template(admin, body_en="Hello\nService: {service}\nBye")
        assert filled(template, a_ticket(team=team), agent)[0] == "Hello\nBye"

    def test_a_value_is_never_looked_at_again(self, admin, agent, team):
        template = a_template(admin, body_en="{title}")
        assert filled(template, a_ticket(team=team, title="{agent} {number}"), agent)[0] == "{agent} {number}"

    @pytest.mark.parametrize(("of_ticket", "comes"), [("ja", "ja"), ("en", "en")])
    def test_in_the_language_of_the_ticket(self, admin, agent, team, of_ticket, comes):
        template = a_template(admin, body_ja="状態: {status}", body_en="Status: {status}")
        text, language = filled(template, a_ticket(team=team, language=of_ticket), agent)
        assert language == comes
        assert text == {"ja": "状態: 受け付けました", "en": "Status: We have received it."}[comes]

    def test_in_the_other_language_when_there_is_none_in_this_one(self, admin, agent, team):
        text, language = filled(a_template(admin, body_ja="こんにちは"), a_ticket(team=team, language="en"), agent)
        assert (text, language) == ("こんにちは", "ja")


class TestFound:
    @pytest.fixture
    def two(self, admin):
        return a_template(admin, name="パスワードの再設定", code="pw"), a_template(admin, name="VPN 接続", code="vpn")

    @pytest.mark.parametrize(
        ("words", "codes"),
        [
            ("", {"pw", "vpn"}),
            ("p", {"pw", "vpn"}),
            ("ぱすわーど", {"pw"}),
            ("ｖｐｎ", {"vpn"}),
            ("接続", {"vpn"}),
            ("x", set()),
        ],
    )
    def test_by_letters_of_name_or_code(self, agent, two, words, codes):
        assert {row.code for row in find_templates(agent, words)} == codes

    def test_the_code_first(self, agent, two):
        assert [row.code for row in find_templates(agent, "vpn p")] == ["vpn"]
        assert [row.code for row in find_templates(agent, "p")] == ["pw", "vpn"]

    def test_not_out_of_use(self, agent, admin, two):
        change_template(two[0], by=admin, via="page", is_active=False)
        assert [row.code for row in find_templates(agent, "")] == ["vpn"]


class TestInTheBox:
    def address(self, ticket):
        return reverse("desk:templates-for", args=[ticket.number])

    def test_options_have_the_filled_text(self, visit, admin, agent, team):
        a_template(admin, body_en="About {title}")
        ticket = a_ticket(team=team, title='"><b>')
        said = visit(agent).get(self.address(ticket), {"q": "pw"}, headers={"HX-Request": "true"}).content.decode()
        assert 'data-value="About &quot;&gt;&lt;b&gt;"' in said and "<html" not in said

    def test_the_number_of_queries_does_not_grow(self, visit, admin, agent, team, django_assert_max_num_queries):
        ticket, page = a_ticket(team=team), visit(agent)
        for number in range(8):
            a_template(admin, code=f"c{number}", body_en="{requester} {agent} {team} {service} {due} {status}")
        page.get(self.address(ticket), headers={"HX-Request": "true"})
        with django_assert_max_num_queries(9):
            page.get(self.address(ticket), headers={"HX-Request": "true"})

    def test_without_scripts_by_a_link(self, visit, admin, agent, team):
        template, ticket = a_template(admin, body_en="About {number}"), a_ticket(team=team)
        page = visit(agent)
        said = page.get(self.address(ticket), {"kind": "note"}).content.decode()
        assert f'href="?kind=note&amp;use={template.pk}"' in said
        box = page.get(self.address(ticket), {"kind": "note", "use": template.pk}).content.decode()
        assert f"About {ticket.number}</textarea>" in box and f'action="/tickets/{ticket.number}/note/"' in box
        assert self.address(ticket) in page.get(ticket.get_absolute_url()).content.decode()

    def test_says_when_there_is_none(self, visit, agent, team):
        assert "No template yet" in visit(agent).get(self.address(a_ticket(team=team))).content.decode()

    def test_not_of_a_ticket_of_others_nor_for_its_requester(self, visit, agent, team):
        assert visit(agent).get(self.address(a_ticket(team=a_team()))).status_code == 404
        ticket = a_ticket(team=team)
        assert visit(ticket.requester).get(self.address(ticket)).status_code == 403


class TestSettings:
    def test_made_changed_and_listed(self, visit, admin):
        page = visit(admin)
        assert "No template yet" in page.get(reverse("desk:templates")).content.decode()
        given = {"name": "Reset", "code": "pw", "body_en": "Hello {requester}", "owner": "", "is_active": "on"}
        assert page.post(reverse("desk:template-new"), given).status_code == 303
        row = ReplyTemplate.objects.get()
        assert (row.body_en, row.owner) == ("Hello {requester}", None)
        assert page.post(reverse("desk:template", args=[row.pk]), given | {"code": "rs"}).status_code == 303
        said = page.get(reverse("desk:templates")).content.decode()
        assert "/rs" in said and "English" in said

    def test_a_refusal_stands_at_its_field(self, visit, admin):
        given = {"name": "Reset", "code": "pw", "body_en": "Hello {requestor}"}
        answer = visit(admin).post(reverse("desk:template-new"), given)
        assert answer.status_code == 422
        assert "Did you mean {requester}?" in answer.content.decode()

    def test_who_only_uses_it_reads_it(self, visit, admin, agent):
        template = a_template(admin, body_en="Hello {requester}")
        address = reverse("desk:template", args=[template.pk])
        said = visit(agent).get(address).content.decode()
        assert "Hanako Yamada" in said and "<textarea" not in said
        visit(agent).post(address, {"name": "x", "code": "x", "body_ja": "x"})
        template.refresh_from_db()
        assert template.code == "pw"

    def test_is_tried_out_with_a_ticket_of_ones_own_alone(self, visit, lead, team):
        mine, theirs = a_ticket(team=team, title="Mine"), a_ticket(team=a_team(), title="Hushed")
        address, page = reverse("desk:template-preview"), visit(lead)
        given = {"body_en": "**{title}**"}
        assert "<strong>Mine</strong>" in page.post(address, given | {"number": mine.number}).content.decode()
        said = page.post(address, given | {"number": theirs.number}).content.decode()
        assert "Hushed" not in said and "that you may see" in said
