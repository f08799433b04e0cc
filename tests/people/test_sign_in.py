"""Signing in, end to end on the pages of django-allauth as we set it up."""

import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from servicedesk.people.models import AccountMail, AuditEntry, User
from servicedesk.people.tasks import send_account_mail
from tests.factories import a_person, an_administrator, an_agent

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def client() -> Client:
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def person() -> User:
    return a_person(email="taro@example.com", name="Taro Sato", password=PASSWORD)


def sign_in(client: Client, email="taro@example.com", password=PASSWORD, **more):
    return client.post("/account/login/", {"login": email, "password": password} | more)


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def links() -> list[str]:
    """Addresses in the mails that wait, one a mail."""
    return [
        word
        for row in AccountMail.objects.order_by("id")
        for word in row.text.split()
        if "/password/reset/key/" in word
    ]


class TestPassword:
    def test_is_kept_by_argon2(self, person):
        assert identify_hasher(person.password).algorithm == "argon2"

    def test_opens_the_desk_in_any_case_of_the_address(self, client, person):
        response = sign_in(client, "TARO@Example.com")
        assert (response.status_code, response["Location"], who(client)) == (302, "/", str(person.pk))

    def test_opens_it_by_a_further_address(self, client, person):
        EmailAddress.objects.create(user=person, email="second@example.com", verified=True)
        sign_in(client, "second@example.com")
        assert who(client) == str(person.pk)

    def test_a_wrong_one_and_an_unknown_address_look_the_same(self, client, person):
        wrong = sign_in(client, password="wrong").content.decode()
        unknown = sign_in(client, "nobody@example.com").content.decode()
        assert who(client) is None
        assert wrong.replace("taro@", "").count("e-mail") == unknown.replace("nobody@", "").count("e-mail")
        sentence = "The email address and/or password you specified are not correct."
        assert (sentence in wrong) == (sentence in unknown)

    def test_an_unknown_address_costs_a_password_check_too(self, client, person, monkeypatch):
        """Otherwise the time of the answer would tell who is known."""
        hashed = []
        encode = identify_hasher(person.password).__class__.encode
        monkeypatch.setattr(
            identify_hasher(person.password).__class__,
            "encode",
            lambda self, password, salt: hashed.append(password) or encode(self, password, salt),
        )
        sign_in(client, "nobody@example.com")
        assert hashed == [PASSWORD]

    @pytest.mark.parametrize("fields", [{"is_active": False}, {"is_guest": True}])
    def test_who_left_and_guests_stay_out(self, client, fields):
        a_person(email="out@example.com", password=PASSWORD, **fields)
        sign_in(client, "out@example.com")
        assert who(client) is None

    def test_a_session_ends_when_somebody_becomes_a_guest(self, client, person):
        sign_in(client)
        User.objects.filter(pk=person.pk).update(is_guest=True)
        assert client.get("/me/").status_code == 302

    def test_there_is_no_signing_up(self, client):
        shown = client.get("/account/signup/")
        assert "Accounts are made by your administrator." in shown.content.decode()
        client.post("/account/signup/", {"email": "new@example.com", "password1": PASSWORD})
        assert not User.objects.exists()

    def test_nobody_adds_an_address_by_themselves(self, client, person):
        sign_in(client)
        response = client.post("/account/email/", {"action_add": "", "email": "boss@example.com"})
        assert (response.status_code, response["Location"]) == (302, "/me/")
        assert EmailAddress.objects.count() == 1

    def test_next_never_leads_to_another_site(self, client, person):
        for address in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
            response = sign_in(Client(), next=address)
            assert response["Location"] == "/", address
        assert sign_in(client, next="/me/")["Location"] == "/me/"


class TestLimits:
    def test_the_sixth_wrong_password_for_an_address_is_refused_also_with_the_right_one(self, client, person):
        for _n in range(5):
            sign_in(client, password="wrong")
        assert "Too many failed login attempts" in sign_in(client).content.decode()
        assert who(client) is None

    def test_others_still_get_in_from_elsewhere(self, client, person):
        a_person(email="other@example.com", password=PASSWORD)
        for _n in range(5):
            sign_in(client, password="wrong")
        other = Client(REMOTE_ADDR="192.0.2.7")
        sign_in(other, "other@example.com")
        assert who(other) is not None

    def test_one_machine_cannot_try_many_addresses(self, client):
        for n in range(10):
            sign_in(client, f"p{n}@example.com", password="wrong")
        a_person(email="last@example.com", password=PASSWORD)
        sign_in(client, "last@example.com")
        assert who(client) is None

    def test_a_forged_header_is_no_other_machine(self, client, person):
        for n in range(10):
            client.post(
                "/account/login/",
                {"login": f"p{n}@example.com", "password": "wrong"},
                headers={"X-Forwarded-For": f"198.51.100.{n}"},
            )
        client.post(
            "/account/login/",
            {"login": "taro@example.com", "password": PASSWORD},
            headers={"X-Forwarded-For": "203.0.113.1"},
        )
        assert who(client) is None

    def test_links_for_a_new_password_are_few(self, client, person):
        answers = [
            client.post("/account/password/reset/", {"email": "taro@example.com"}).status_code for _n in range(7)
        ]
        assert len(links()) == 5
        assert answers[-1] in (302, 429)


class TestReset:
    def test_says_the_same_for_everybody_and_writes_only_to_those_known(self, client, person):
        a_person(email="guest@example.com", is_guest=True)
        a_person(email="left@example.com", is_active=False)
        answers = set()
        for address in ("taro@example.com", "nobody@example.com", "guest@example.com", "left@example.com"):
            response = client.post("/account/password/reset/", {"email": address})
            answers.add((response.status_code, response["Location"]))
        assert answers == {(302, "/account/password/reset/done/")}
        assert list(AccountMail.objects.values_list("to_address", flat=True)) == ["taro@example.com"]

    def test_the_mail_waits_in_a_row_and_goes_when_it_has_left(self, client, person):
        client.post("/account/password/reset/", {"email": "taro@example.com"})
        assert mail.outbox == []
        assert send_account_mail() == 1
        assert [message.to for message in mail.outbox] == [["taro@example.com"]]
        assert not AccountMail.objects.exists()

    def test_a_mail_server_that_is_down_loses_nothing(self, client, person, monkeypatch):
        client.post("/account/password/reset/", {"email": "taro@example.com"})
        with monkeypatch.context() as patch:
            patch.setattr("django.core.mail.EmailMessage.send", lambda self: 1 / 0)
            assert send_account_mail() == 0
        row = AccountMail.objects.get()
        assert (row.attempts, row.try_after > timezone.now()) == (1, True)
        AccountMail.objects.update(try_after=timezone.now())
        assert send_account_mail() == 1

    def test_goes_to_the_main_address_whichever_was_typed(self, client, person):
        EmailAddress.objects.create(user=person, email="second@example.com", verified=True)
        client.post("/account/password/reset/", {"email": "second@example.com"})
        assert AccountMail.objects.get().to_address == "taro@example.com"

    def test_the_link_is_on_our_site_whatever_the_host_header_says(self, client, person, settings):
        settings.SITE_URL = "https://desk.example.com"
        client.post("/account/password/reset/", {"email": "taro@example.com"}, headers={"Host": "evil.example"})
        assert links()[0].startswith("https://desk.example.com/account/password/reset/key/")

    def test_speaks_the_persons_language(self, client):
        a_person(email="ja@example.com", password=PASSWORD, language="ja")
        a_person(email="en@example.com", password=PASSWORD, language="en")
        for address in ("ja@example.com", "en@example.com"):
            client.post("/account/password/reset/", {"email": address})
        assert "asked for a new password" in AccountMail.objects.get(to_address="en@example.com").text

    def choose(self, link: str, password: str) -> Client:
        client = Client()
        path = link.removeprefix("http://testserver")
        form = client.get(path, follow=True)
        client.post(
            form.redirect_chain[-1][0] if form.redirect_chain else path, {"password1": password, "password2": password}
        )
        return client

    def test_the_link_sets_a_password_once(self, client, person):
        client.post("/account/password/reset/", {"email": "taro@example.com"})
        link = links()[0]
        self.choose(link, "another long phrase")
        person.refresh_from_db()
        assert person.check_password("another long phrase")
        self.choose(link, "a third long phrase")
        person.refresh_from_db()
        assert person.check_password("another long phrase")

    def test_the_owner_is_told_and_other_sessions_end(self, client, person):
        elsewhere = Client()
        sign_in(elsewhere)
        client.post("/account/password/reset/", {"email": "taro@example.com"})
        self.choose(links()[0], "another long phrase")
        assert "Your password was changed" in AccountMail.objects.values_list("subject", flat=True)
        assert elsewhere.get("/me/").status_code == 302

    def test_a_link_dies_with_the_address_it_was_made_for(self, client, person):
        client.post("/account/password/reset/", {"email": "taro@example.com"})
        User.objects.filter(pk=person.pk).update(email="new@example.com")
        self.choose(links()[0], "another long phrase")
        person.refresh_from_db()
        assert person.check_password(PASSWORD)

    def test_an_administrator_has_one_sent_and_sees_no_link(self, visit, person):
        client = visit(an_administrator())
        response = client.post(f"/settings/people/{person.pk}/reset-link/", follow=True)
        assert "A link for a new password is on its way to taro@example.com." in response.content.decode()
        assert len(links()) == 1
        assert "/password/reset/key/" not in response.content.decode()
        assert AuditEntry.objects.get(verb="send_reset_link").data == {}
        assert visit(an_agent()).post(f"/settings/people/{person.pk}/reset-link/").status_code == 403

    def test_an_administrator_takes_a_lost_second_step_away(self, visit, person):
        elsewhere = Client()
        sign_in(elsewhere)
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
        Authenticator.objects.create(user=person, type=Authenticator.Type.RECOVERY_CODES, data={})
        admin, address = an_administrator(name="Ada"), f"/settings/people/{person.pk}/second-factors/"
        client = visit(admin)
        assert "Remove the second step …" in client.get(f"/settings/people/{person.pk}/").content.decode()
        asked = client.get(address).content.decode()
        assert "Authenticator app" in asked and "Recovery codes" in asked
        assert Authenticator.objects.count() == 2
        said = client.post(address, follow=True).content.decode()
        assert "The second step of" in said and "Remove the second step …" not in said
        assert not Authenticator.objects.exists()
        assert elsewhere.get("/me/").status_code == 302
        entry = AuditEntry.objects.get(verb="remove_second_factors")
        assert entry.data == {"removed": ["recovery_codes", "totp"], "ended_sessions": 1}
        mail = AccountMail.objects.get(to_address="taro@example.com")
        assert mail.subject == "Your second step of signing in was removed"
        assert "Ada removed your authenticator app" in mail.text
        assert visit(an_agent()).post(address).status_code == 403

    def test_taking_the_second_step_away_is_refused_for_oneself_and_where_there_is_none(self, visit, person):
        admin = an_administrator()
        Authenticator.objects.create(user=admin, type=Authenticator.Type.TOTP, data={})
        client = visit(admin)
        for one, sentence in ((admin, "Change your own second step on your own page."), (person, "has no second step")):
            answer = client.post(f"/settings/people/{one.pk}/second-factors/", follow=True)
            assert sentence in answer.content.decode()
        assert Authenticator.objects.filter(user=admin).exists()
        assert not AccountMail.objects.exists()

    def test_known_and_unknown_addresses_take_about_as_long(self, client, person):
        """No mail server and no slow hash within the request: what is left are a few milliseconds."""
        times: dict[str, list[float]] = {"taro@example.com": [], "nobody@example.com": []}
        for _n in range(5):
            for address, taken in times.items():
                cache.clear()
                start = time.perf_counter()
                client.post("/account/password/reset/", {"email": address})
                taken.append(time.perf_counter() - start)
        known, unknown = (min(taken) for taken in times.values())
        assert known - unknown < 0.1


class TestSession:
    def test_gets_a_new_key_at_sign_in(self, client, person):
        client.get("/account/login/")
        session = client.session
        session["planted"] = "by somebody else"
        session.save()
        before = session.session_key
        sign_in(client)
        assert client.session.session_key != before
        assert not Client(cookies={"sessionid": before}).session.get("_auth_user_id")

    def test_sessions_are_listed_and_ended(self, client, person):
        phone = Client(headers={"User-Agent": "Phone"})
        sign_in(phone)
        sign_in(client)
        assert "Phone" in client.get("/account/sessions/").content.decode()
        client.post("/account/sessions/")
        assert client.get("/me/").status_code == 200
        assert phone.get("/me/").status_code == 302

    def test_signing_out_ends_it(self, client, person):
        sign_in(client)
        key = client.session.session_key
        client.post("/account/logout/")
        stolen = Client()
        stolen.cookies["sessionid"] = key
        assert stolen.get("/me/").status_code == 302

    def test_a_changed_password_ends_the_others(self, client, person):
        other = Client()
        sign_in(other)
        sign_in(client)
        client.post(
            "/account/password/change/",
            {"oldpassword": PASSWORD, "password1": "another long phrase", "password2": "another long phrase"},
        )
        assert client.get("/me/").status_code == 200
        assert other.get("/me/").status_code == 302

    @pytest.mark.parametrize("password", ["short", "password1234", "taro sato example"])
    def test_weak_passwords_are_refused(self, client, person, password):
        sign_in(client)
        client.post(
            "/account/password/change/", {"oldpassword": PASSWORD, "password1": password, "password2": password}
        )
        person.refresh_from_db()
        assert person.check_password(PASSWORD)


class TestSecondFactor:
    SECRET = "JBSWY3DPEHPK3PXP"

    def code(self, back: int = 0) -> str:
        counter = next(yield_hotp_counters_from_time()) - back
        return format_hotp_value(hotp_value(self.SECRET, counter))

    @pytest.fixture
    def guarded(self, person) -> User:
        TOTP.activate(person, self.SECRET)
        RecoveryCodes.activate(person)
        return person

    def test_the_password_alone_does_not_open(self, client, guarded):
        response = sign_in(client)
        assert (response.status_code, who(client)) == (302, None)
        assert response["Location"].startswith("/account/2fa/authenticate/")
        assert client.get("/me/").status_code == 302

    def test_a_one_time_code_opens_and_works_once(self, client, guarded):
        code = self.code()
        sign_in(client)
        client.post("/account/2fa/authenticate/", {"code": code})
        assert who(client) == str(guarded.pk)
        again = Client()
        sign_in(again)
        again.post("/account/2fa/authenticate/", {"code": code})
        assert who(again) is None

    def test_a_wrong_code_does_not(self, client, guarded):
        sign_in(client)
        client.post("/account/2fa/authenticate/", {"code": "000000"})
        assert who(client) is None

    def test_codes_cannot_be_tried_for_ever(self, client, guarded):
        for n in range(12):
            sign_in(client)
            client.post("/account/2fa/authenticate/", {"code": f"{n:06d}"})
        response = client.post("/account/2fa/authenticate/", {"code": self.code()})
        assert who(client) is None
        assert response.status_code in (200, 302, 422, 429)

    def test_a_recovery_code_opens_once(self, client, guarded):
        code = RecoveryCodes(Authenticator.objects.get(user=guarded, type="recovery_codes")).get_unused_codes()[0]
        sign_in(client)
        client.post("/account/2fa/authenticate/", {"code": code})
        assert who(client) == str(guarded.pk)
        again = Client()
        sign_in(again)
        again.post("/account/2fa/authenticate/", {"code": code})
        assert who(again) is None

    def test_is_set_up_on_the_page_and_told_by_mail(self, client, person, django_capture_on_commit_callbacks):
        sign_in(client)
        # A session left open is not enough to change the ways in: the password is asked for again.
        assert client.get("/account/2fa/totp/activate/")["Location"].startswith("/account/reauthenticate/")
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        assert client.get("/account/2fa/totp/activate/").status_code == 200
        self.SECRET = client.session["mfa.totp.secret"]
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/account/2fa/totp/activate/", {"code": self.code()})
        assert Authenticator.objects.filter(user=person, type="totp").exists()
        assert "An app for one-time codes was added" in AccountMail.objects.values_list("subject", flat=True)
        assert client.get("/account/2fa/recovery-codes/").status_code == 200

    def test_a_reset_link_does_not_get_around_it(self, client, guarded):
        client.post("/account/password/reset/", {"email": "taro@example.com"})
        other = TestReset().choose(links()[0], "another long phrase")
        assert who(other) is None
        sign_in(other, password="another long phrase")
        assert who(other) is None

    @pytest.mark.parametrize(
        "page",
        ["/account/2fa/", "/account/2fa/totp/activate/", "/account/2fa/webauthn/", "/account/password/change/"],
    )
    def test_its_pages_need_a_sign_in(self, client, page):
        assert client.get(page)["Location"].startswith("/account/login/")
