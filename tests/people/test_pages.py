import pytest
from django.urls import reverse

from servicedesk.people.models import Absence, ApiToken, Company, Department, Team, User
from tests.factories import (
    a_company,
    a_department,
    a_person,
    a_team,
    a_ticket,
    an_administrator,
    an_agent,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator(name="Ada", email="ada@example.com")


def text(response) -> str:
    return response.content.decode()


class TestPeoplePages:
    def test_the_list_finds_filters_and_says_when_nobody_fits(self, visit, admin):
        team = a_team()
        a_person("agent", teams=[team], name="Hanako Suzuki")
        a_person(name="Taro Sato")
        client = visit(admin)
        assert "Taro Sato" in text(client.get("/settings/people/"))
        assert "Taro Sato" not in text(client.get("/settings/people/?q=suzuki"))
        assert "Hanako Suzuki" in text(client.get(f"/settings/people/?role=agent&team={team.pk}"))
        assert "Nobody fits" in text(client.get("/settings/people/?q=nowhere"))

    def test_a_department_brings_those_below_it(self, visit, admin):
        company = a_company()
        top = a_department(company)
        a_person(name="Deep Down", company=company, department=a_department(company, parent=top))
        assert "Deep Down" in text(visit(admin).get(f"/settings/people/?department={top.pk}"))

    def test_nonsense_in_the_address_is_left_out(self, visit, admin):
        response = visit(admin).get("/settings/people/?state=x&role=y&company=z&department=9999999&after=%00")
        assert response.status_code == 200

    def test_the_number_of_queries_does_not_grow(self, visit, admin, django_assert_max_num_queries):
        client = visit(admin)
        for n in (1, 3):
            for _one in range(n):
                a_person("agent", teams=[a_team()], department=None)
            with django_assert_max_num_queries(18):
                client.get("/settings/people/")

    def test_staff_see_nothing_of_it(self, visit):
        client = visit(a_person())
        assert client.get("/settings/people/").status_code == 403

    def test_an_agent_reads_and_an_administrator_changes(self, visit, admin):
        person = a_person(name="Taro Sato", phone="03-1234")
        address = reverse("people:person", args=[person.pk])
        agent = visit(an_agent())
        shown = agent.get(address)
        assert "03-1234" in text(shown)
        assert "Change" not in text(shown).split("<main")[1].split("Absence")[0]
        assert agent.get(reverse("people:person-change", args=[person.pk])).status_code == 403
        assert agent.post(reverse("people:person-deactivate", args=[person.pk])).status_code == 403

    def test_a_person_is_made_changed_and_taken_out_of_use(self, visit, admin):
        boss = a_person(name="Boss", email="boss@example.com")
        client = visit(admin)
        fields = {
            "name": "New Person",
            "email": "New@Example.com",
            "addresses": "second@example.com",
            "manager": "Boss <boss@example.com>",
            "language": "ja",
            "time_zone": "Asia/Tokyo",
            "roles": ["agent"],
        }
        made = client.post("/settings/people/new/", fields)
        person = User.objects.get(email="new@example.com")
        assert (made.status_code, made["Location"]) == (303, f"/settings/people/{person.pk}/")
        assert (person.manager, person.roles) == (boss, {"agent"})
        shown = client.get(f"/settings/people/{person.pk}/change/")
        assert "Boss &lt;boss@example.com&gt;" in text(shown)
        assert "second@example.com" in text(shown)
        client.post(f"/settings/people/{person.pk}/change/", fields | {"name": "Newer", "roles": []})
        person = User.objects.get(pk=person.pk)
        assert (person.name, person.roles) == ("Newer", frozenset())
        client.post(f"/settings/people/{person.pk}/deactivate/")
        assert not User.objects.get(pk=person.pk).is_active
        client.post(f"/settings/people/{person.pk}/reactivate/")
        assert User.objects.get(pk=person.pk).is_active

    def test_a_refusal_comes_back_with_what_was_typed(self, visit, admin):
        a_person(email="taken@example.com", name="Owner")
        fields = {"name": "Typed Name", "email": "taken@example.com", "language": "ja", "time_zone": "Asia/Tokyo"}
        response = visit(admin).post("/settings/people/new/", fields)
        assert response.status_code == 422
        assert "taken@example.com belongs to Owner." in text(response)
        assert "Typed Name" in text(response)

    def test_a_box_for_people_says_when_several_or_none_fit(self, visit, admin):
        a_person(name="Taro Sato")
        a_person(name="Jiro Sato")
        fields = {"name": "N", "email": "n@example.com", "language": "ja", "time_zone": "Asia/Tokyo"}
        client = visit(admin)
        assert "Several people fit" in text(client.post("/settings/people/new/", fields | {"manager": "sato"}))
        assert "Nobody fits" in text(client.post("/settings/people/new/", fields | {"manager": "zzz"}))

    def test_the_question_before_deactivating_names_open_tickets(self, visit, admin):
        team = a_team()
        agent = an_agent(team)
        ticket = a_ticket(team=team, assignee=agent)
        hidden = a_ticket(team=team, assignee=agent, is_confidential=True)
        shown = text(visit(admin).get(f"/settings/people/{agent.pk}/deactivate/"))
        assert f"1 open ticket is still assigned: {ticket.number}." in shown
        assert hidden.number not in shown

    def test_the_last_administrator_stays(self, visit, admin):
        client = visit(admin)
        client.post(f"/settings/people/{admin.pk}/deactivate/")
        assert User.objects.get(pk=admin.pk).is_active

    def test_suggestions_show_colleagues_only(self, visit):
        company = a_company()
        me = a_person(company=company)
        a_person(name="Colleague One", company=company)
        a_person(name="Colleague Two", company=a_company())
        shown = text(visit(me).get("/people/suggest/?deputy=colleague"))
        assert "Colleague One" in shown
        assert "Colleague Two" not in shown


class TestOrganisationPages:
    def test_companies_departments_and_teams_are_made_and_changed(self, visit, admin):
        client = visit(admin)
        client.post(
            "/settings/companies/new/", {"code": "hq", "name": "本社", "time_zone": "Asia/Tokyo", "is_active": "on"}
        )
        company = Company.objects.get()
        client.post(
            f"/settings/companies/{company.pk}/",
            {"code": "hq", "name": "東京本社", "time_zone": "Asia/Tokyo", "is_active": "on"},
        )
        client.post(
            "/settings/departments/new/",
            {"company": company.pk, "code": "d", "name": "総務部", "head": "ada@example.com", "is_active": "on"},
        )
        department = Department.objects.get()
        agent = an_agent()
        client.post(
            "/settings/teams/new/", {"code": "t", "name": "一次", "tier": "1", "members": [agent.pk], "is_active": "on"}
        )
        team = Team.objects.get(code="t")
        assert (Company.objects.get().name, department.head, list(team.members.all())) == ("東京本社", admin, [agent])
        for address in ("companies", "departments", "teams"):
            assert client.get(f"/settings/{address}/").status_code == 200
        for one, pk in (("companies", company.pk), ("departments", department.pk), ("teams", team.pk)):
            shown = client.get(f"/settings/{one}/{pk}/")
            assert shown.status_code == 200
        assert client.get("/settings/departments/999999/").status_code == 404

    def test_the_members_of_a_team_are_boxes_with_a_name(self, visit, admin):
        an_agent(name="Hana Sato")
        shown = text(visit(admin).get("/settings/teams/new/"))
        assert shown.count('name="members"') == 1
        assert 'name="members" value=""' not in shown

    def test_a_circle_is_refused_on_the_form(self, visit, admin):
        company = a_company()
        top = a_department(company, name="Top")
        low = a_department(company, name="Low", parent=top)
        response = visit(admin).post(
            f"/settings/departments/{top.pk}/",
            {"company": company.pk, "code": top.code, "name": "Typed", "parent": low.pk, "is_active": "on"},
        )
        assert response.status_code == 422
        assert "That would make a circle: Typed → Low → Top → Typed." in text(response) or "circle" in text(response)
        assert 'value="Typed"' in text(response)

    @pytest.mark.parametrize("address", ["companies", "departments", "teams", "imports", "companies/new", "teams/new"])
    def test_agents_stay_out(self, visit, address):
        assert visit(an_agent()).get(f"/settings/{address}/").status_code == 403


class TestOwnPages:
    def test_people_change_their_language_and_phone(self, visit):
        person = a_person()
        client = visit(person)
        assert client.get("/me/").status_code == 200
        client.post("/me/", {"language": "ja", "time_zone": "Europe/Paris", "phone": "03", "extension": "1"})
        person.refresh_from_db()
        assert (person.language, person.time_zone, person.phone) == ("ja", "Europe/Paris", "03")

    def test_a_zone_that_is_none_comes_back(self, visit):
        response = visit(a_person()).post("/me/", {"language": "en", "time_zone": "Moon", "phone": "typed"})
        assert response.status_code == 422
        assert "typed" in text(response)

    def test_department_and_roles_in_the_form_are_ignored(self, visit):
        person = a_person()
        visit(person).post(
            "/me/",
            {"language": "en", "time_zone": "UTC", "roles": "administrator", "department": a_department().pk},
        )
        person = User.objects.get(pk=person.pk)
        assert (person.roles, person.department) == (frozenset(), None)

    def test_an_absence_is_entered_and_taken_back(self, visit):
        company = a_company()
        person, deputy = a_person(company=company), a_person(company=company, email="dep@example.com")
        client = visit(person)
        client.post(
            "/me/absences/new/", {"from_on": "2099-01-01", "until_on": "2099-01-02", "deputy": "dep@example.com"}
        )
        absence = Absence.objects.get()
        assert (absence.user, absence.deputy) == (person, deputy)
        assert "Deputy" in text(client.get("/me/"))
        client.post(f"/me/absences/{absence.pk}/delete/")
        assert not Absence.objects.exists()

    def test_the_absence_of_somebody_else_is_not_there(self, visit):
        absence = Absence.objects.create(user=a_person(), from_on="2099-01-01", until_on="2099-01-02")
        assert visit(a_person()).post(f"/me/absences/{absence.pk}/delete/").status_code == 404
        assert Absence.objects.exists()

    def test_a_token_is_shown_once(self, visit):
        client = visit(a_person())
        made = text(client.post("/me/tokens/", {"name": "Script", "scopes": ["read"], "days": "30"}))
        secret = made.split('value="mdg_')[1].split('"')[0]
        assert ApiToken.objects.get().digest == ApiToken.hashed("mdg_" + secret)
        assert secret not in text(client.get("/me/tokens/"))

    def test_a_token_is_revoked_by_its_owner_only(self, visit):
        owner = a_person()
        visit(owner).post("/me/tokens/", {"name": "Script", "scopes": ["read"], "days": "30"})
        token = ApiToken.objects.get()
        assert visit(a_person()).post(f"/me/tokens/{token.pk}/revoke/").status_code == 404
        visit(owner).post(f"/me/tokens/{token.pk}/revoke/")
        token.refresh_from_db()
        assert token.revoked_at is not None

    def test_only_administrators_make_tokens_that_change_settings(self, visit):
        response = visit(a_person()).post("/me/tokens/", {"name": "S", "scopes": ["settings"], "days": "30"})
        assert response.status_code == 422
        assert not ApiToken.objects.exists()

    @pytest.mark.parametrize("address", ["/me/", "/me/tokens/", "/settings/people/", "/people/suggest/"])
    def test_who_is_not_signed_in_goes_to_the_sign_in_page(self, client, address):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/account/login/")
