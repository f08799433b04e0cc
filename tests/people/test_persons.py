import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied

from servicedesk.people.actions import (
    change_person,
    change_profile,
    create_person,
    create_token,
    deactivate_person,
    note_reset_link,
    reactivate_person,
)
from servicedesk.people.models import AuditEntry, Role, User
from servicedesk.people.queries import live_tokens, person_by_address
from servicedesk.web.errors import Refused
from tests.factories import a_company, a_department, a_person, again, an_administrator, an_agent
from tests.plans import filled, without

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return an_administrator(name="Ada")


def entries(obj) -> list[tuple[str, dict]]:
    """(verb, data) of an object's audit entries, oldest first."""
    rows = AuditEntry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).order_by("id")
    return list(rows.values_list("verb", "data"))


class TestCreatePerson:
    def test_makes_a_person_with_proved_addresses_and_roles(self, admin):
        department = a_department(name="Sales")
        person = create_person(
            by=admin,
            via="page",
            name="Taro Sato",
            email=" Taro@Example.com ",
            addresses=["sato@example.com"],
            roles=["lead", "agent"],
            department=department,
            employee_number="E1",
        )
        assert person.company == department.company
        assert again(person).roles == {"agent", "lead"}
        assert not person.has_usable_password()
        assert list(
            EmailAddress.objects.filter(user=person).order_by("email").values_list("email", "verified", "primary")
        ) == [("sato@example.com", True, False), ("taro@example.com", True, True)]
        assert entries(person) == [
            (
                "create",
                {
                    "changes": {
                        "email": [None, "taro@example.com"],
                        "name": [None, "Taro Sato"],
                        "company": [None, [department.company_id, department.company.name]],
                        "department": [None, [department.pk, "Sales"]],
                        "employee_number": [None, "E1"],
                        "language": [None, "ja"],
                        "time_zone": [None, "Asia/Tokyo"],
                        "addresses": [None, ["sato@example.com", "taro@example.com"]],
                        "roles": [None, ["agent", "lead"]],
                    }
                },
            )
        ]

    def test_only_administrators_may(self):
        with pytest.raises(PermissionDenied):
            create_person(by=an_agent(), via="page", name="X", email="x@example.com")

    @pytest.mark.parametrize(
        ("fields", "field", "sentence"),
        [
            ({"email": "nobody"}, "email", "“nobody” is not an e-mail address."),
            ({"email": "TAKEN@example.com"}, "email", "taken@example.com belongs to Owner."),
            ({"addresses": ["taken@example.com"]}, "addresses", "taken@example.com belongs to Owner."),
            ({"employee_number": "E9"}, "employee_number", "Somebody else has the employee number E9."),
            (
                {"time_zone": "Mars/Phobos"},
                "time_zone",
                "“Mars/Phobos” is not a time zone; write one such as Asia/Tokyo.",
            ),
            ({"name": "a\nb"}, "name", "This must be a single line without control characters."),
            ({"roles": ["king"]}, "roles", "There is no role “king”."),
        ],
    )
    def test_refuses(self, admin, fields, field, sentence):
        a_person(email="taken@example.com", name="Owner", employee_number="E9")
        with pytest.raises(Refused) as refused:
            create_person(**{"by": admin, "via": "page", "name": "New", "email": "new@example.com"} | fields)
        assert (refused.value.field, str(refused.value)) == (field, sentence)
        assert not User.objects.filter(name="New").exists()

    def test_refuses_a_department_of_another_company(self, admin):
        department, other = a_department(name="Sales"), a_company()
        with pytest.raises(Refused) as refused:
            create_person(by=admin, via="page", name="N", email="n@example.com", company=other, department=department)
        assert refused.value.field == "department"

    def test_two_people_may_have_no_employee_number(self, admin):
        for n in (1, 2):
            create_person(by=admin, via="page", name="N", email=f"n{n}@example.com", employee_number=" ")
        assert User.objects.filter(name="N", employee_number=None).count() == 2


class TestChangePerson:
    def test_notes_what_was_before(self, admin):
        boss, person = a_person(name="Boss"), a_person("agent", name="Old", email="old@example.com")
        change_person(
            person,
            by=admin,
            via="page",
            name="New",
            email="new@example.com",
            addresses=["old@example.com"],
            manager=boss,
            roles=[],
        )
        assert entries(person) == [
            (
                "change",
                {
                    "changes": {
                        "name": ["Old", "New"],
                        "manager": [None, [boss.pk, "Boss"]],
                        "email": ["old@example.com", "new@example.com"],
                        "addresses": [["old@example.com"], ["new@example.com", "old@example.com"]],
                        "roles": [["agent"], []],
                    }
                },
            )
        ]
        assert EmailAddress.objects.get(user=person, primary=True).email == "new@example.com"
        assert person_by_address("old@example.com") == person
        assert again(person).roles == frozenset()

    def test_nothing_new_leaves_no_entry(self, admin):
        person = a_person(name="Same")
        change_person(person, by=admin, via="page", name="Same", roles=[])
        assert entries(person) == []

    def test_an_address_taken_away_is_nobodys(self, admin):
        person = a_person(email="a@example.com")
        change_person(person, by=admin, via="page", addresses=["b@example.com"])
        change_person(person, by=admin, via="page", addresses=[])
        assert person_by_address("b@example.com") is None
        assert person_by_address("a@example.com") == person

    def test_the_owner_of_an_address_is_found_by_index(self):
        filled(a_person(), email=lambda n: f"one.of.many{n}@example.com")
        without("seqscan")
        assert "person_by_email" in User.objects.filter(email__iexact="Somebody@example.com").explain()

    def test_only_administrators_may_and_nobody_changes_their_own_roles(self):
        agent = an_agent()
        with pytest.raises(PermissionDenied):
            change_person(agent, by=agent, via="page", roles=["administrator"])

    def test_refuses_a_circle_of_managers(self, admin):
        top, middle = a_person(name="Top"), a_person(name="Middle")
        change_person(middle, by=admin, via="page", manager=top)
        with pytest.raises(Refused) as refused:
            change_person(top, by=admin, via="page", manager=middle)
        assert str(refused.value) == "That would make a circle: Top → Middle → Top."

    def test_refuses_to_take_the_last_administrators_role(self, admin):
        with pytest.raises(Refused) as refused:
            change_person(admin, by=admin, via="page", roles=["agent"])
        assert str(refused.value) == "Ada is the last administrator. Make somebody else one first."
        assert again(admin).is_administrator

    def test_an_inactive_administrator_does_not_count(self, admin):
        other = an_administrator()
        deactivate_person(other, by=admin, via="page")
        with pytest.raises(Refused):
            change_person(admin, by=admin, via="page", roles=[])

    def test_a_guest_has_no_roles(self, admin):
        with pytest.raises(Refused):
            change_person(an_agent(), by=admin, via="page", is_guest=True)

    def test_unknown_fields_are_a_programming_error(self, admin):
        with pytest.raises(TypeError):
            change_person(a_person(), by=admin, via="page", password="x")


class TestDeactivatePerson:
    def test_ends_sessions_and_tokens_at_once(self, admin, client):
        person = a_person(Role.AGENT, password="a long password")
        _token, secret = create_token(person, name="Script", scopes=["read"], days=3, via="page")
        client.post("/account/login/", {"login": person.email, "password": "a long password"})
        assert client.session["_auth_user_id"] == str(person.pk)
        deactivate_person(person, by=admin, via="page")
        assert client.get("/account/password/change/").status_code == 302
        assert not live_tokens().filter(user=person).exists()
        assert entries(person)[-1] == (
            "deactivate",
            {"changes": {"is_active": [True, False]}, "ended_sessions": 1, "revoked_tokens": 1},
        )

    def test_sessions_stay_ended_after_reactivation(self, admin, client):
        person = a_person(password="a long password")
        client.post("/account/login/", {"login": person.email, "password": "a long password"})
        deactivate_person(person, by=admin, via="page")
        reactivate_person(person, by=admin, via="page")
        assert "_auth_user_id" not in client.session
        assert [verb for verb, _data in entries(person)] == ["deactivate", "reactivate"]

    def test_twice_is_once(self, admin):
        person = a_person()
        deactivate_person(person, by=admin, via="page")
        deactivate_person(person, by=admin, via="page")
        assert [verb for verb, _data in entries(person)] == ["deactivate"]

    def test_refuses_oneself(self, admin):
        an_administrator()
        with pytest.raises(Refused, match="You cannot deactivate yourself"):
            deactivate_person(admin, by=admin, via="page")

    def test_refuses_the_last_administrator(self, admin):
        # Somebody whose role was taken away meanwhile, as two requests at once would have it.
        other = an_administrator()
        assert other.is_administrator
        change_person(again(other), by=admin, via="page", roles=[])
        with pytest.raises(Refused) as refused:
            deactivate_person(admin, by=other, via="page")
        assert refused.value.code == "last_administrator"

    def test_only_administrators_may(self):
        with pytest.raises(PermissionDenied):
            deactivate_person(a_person(), by=an_agent(), via="page")


class TestChangeProfile:
    def test_people_set_their_own_language_zone_and_phone(self):
        person = a_person()
        change_profile(person, by=person, via="page", language="ja", time_zone="Europe/Paris", phone="1", extension="2")
        assert entries(person) == [
            (
                "change_profile",
                {
                    "changes": {
                        "language": ["en", "ja"],
                        "time_zone": ["Asia/Tokyo", "Europe/Paris"],
                        "phone": ["", "1"],
                        "extension": ["", "2"],
                    }
                },
            )
        ]

    def test_not_those_of_somebody_else(self):
        with pytest.raises(PermissionDenied):
            change_profile(a_person(), by=an_administrator(), via="page", phone="1")

    def test_not_their_department(self):
        person = a_person()
        with pytest.raises(TypeError):
            change_profile(person, by=person, via="page", department=a_department())


class TestResetLink:
    def test_is_noted_without_the_link(self, admin):
        person = a_person()
        note_reset_link(person, by=admin, via="page")
        assert entries(person) == [("send_reset_link", {})]

    def test_not_for_those_who_cannot_sign_in(self, admin):
        for person in (a_person(is_active=False), a_person(is_guest=True)):
            with pytest.raises(Refused):
                note_reset_link(person, by=admin, via="page")
