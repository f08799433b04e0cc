"""Signing in to Microsoft 365 and Google by OAuth 2: the way through the browser, and what keeps it going."""

import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from servicedesk.connectors import http
from servicedesk.intake import imap, oauth, seal
from servicedesk.intake.actions import signing_in
from servicedesk.intake.actions.signing_in import access_token
from servicedesk.intake.models import Mailbox
from servicedesk.people.models import AuditEntry
from tests.connectors.server import answer
from tests.factories import an_administrator, an_agent
from tests.intake.mails import a_mailbox
from tests.intake.oauth_server import CLIENT, SECRET, SignInServer

pytestmark = pytest.mark.django_db

OAUTH = {
    "name": "Desk", "address": "desk@desk.example.com", "kind": "imap", "host": "", "port": "993", "security": "tls",
    "user": "user1", "signs_in_by": "microsoft", "oauth_tenant": "example.onmicrosoft.com", "oauth_client": CLIENT,
    "client_secret": SECRET, "folder": "INBOX", "makes": "incident", "language": "ja", "accepts": "known",
    "others": "hold", "afterwards": "seen", "is_active": "on",
}  # fmt: skip


@pytest.fixture
def signs_in(settings):
    server = SignInServer()
    settings.OAUTH_ADDRESSES = server.addresses
    settings.CONNECT_PRIVATE_ALLOWED = ["localhost"]
    yield server
    server.stop()


@pytest.fixture
def box(signs_in):
    """A mailbox for which somebody has signed in."""
    return a_mailbox(
        kind="imap", host="outlook.office365.com", user="user1", signs_in_by="microsoft", oauth_tenant="t.example.com",
        oauth_client=CLIENT, oauth_secret_box=seal.seal(SECRET), oauth_at=timezone.now(),
        oauth_refresh_box=seal.seal(signs_in.new_refresh("user1")),
    )  # fmt: skip


def through_the_browser(client, box):
    """What a browser does from the button on: there, back, and to where it is sent; returns that last address' query
    on the way back and the answer.
    """
    there = client.get(reverse("intake:mailbox-sign-in", args=[box.pk]))
    assert there.status_code == 303
    with pytest.raises(http.Trouble) as raised:
        http.send("GET", there["Location"])
    assert raised.value.code == "redirected"
    return there["Location"]


def come_back(client, location, signs_in, **other):
    asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    code = list(signs_in.codes)[-1] if signs_in.codes else ""
    return client.get(reverse("intake:mailbox-oauth"), {"code": code, "state": asked["state"]} | other, follow=True)


def a_new_box(client, **fields) -> Mailbox:
    answer = client.post(reverse("intake:mailbox-new"), OAUTH | fields)
    assert answer.status_code == 303, answer.context["form"].errors
    return Mailbox.objects.get()


class TestTheWayThroughTheBrowser:
    def test_ends_with_sealed_tokens_and_an_entry_in_the_audit_log(self, visit, signs_in):
        client = visit(an_administrator())
        box = a_new_box(client)
        page = client.get(reverse("intake:mailbox", args=[box.pk])).content.decode()
        assert "Sign in with Microsoft" in page and "Nobody has signed in" in page
        location = through_the_browser(client, box)
        asked = parse_qs(urlsplit(location).query)
        assert asked["scope"] == ["https://outlook.office.com/IMAP.AccessAsUser.All offline_access"]
        assert asked["redirect_uri"] == ["http://testserver/settings/mailboxes/oauth/"]
        back = come_back(client, location, signs_in)
        assert back.redirect_chain[-1][0] == reverse("intake:mailbox", args=[box.pk])
        assert "Signed in. The mailbox is read from now on." in back.content.decode()
        box.refresh_from_db()
        token = seal.unseal(box.oauth_refresh_box)
        assert signs_in.refreshes[token] == ("user1", True) and box.oauth_at is not None
        form = signs_in.asked[0].form
        assert (form["grant_type"], form["client_secret"]) == ("authorization_code", SECRET)
        entry = AuditEntry.objects.latest("id")
        assert (entry.verb, entry.data) == ("sign_in", {"signs_in_by": "microsoft"})
        kept = str(list(AuditEntry.objects.values())) + str(list(Mailbox.objects.values()))
        for secret in (token, SECRET, seal.unseal(box.oauth_access_box)):
            assert secret not in kept and secret not in back.content.decode()

    def test_goes_to_google_with_what_google_wants(self, visit, signs_in, settings):
        client = visit(an_administrator())
        box = a_new_box(client, signs_in_by="google", oauth_tenant="", user="desk@example.com")
        settings.OAUTH_ADDRESSES = {}
        there = client.get(reverse("intake:mailbox-sign-in", args=[box.pk]))["Location"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
        assert there.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
        assert asked.pop("state") and asked.pop("code_challenge")
        assert asked == {
            "response_type": "code", "client_id": CLIENT, "scope": "https://mail.google.com/",
            "redirect_uri": "http://testserver/settings/mailboxes/oauth/", "access_type": "offline",
            "prompt": "consent", "login_hint": "desk@example.com", "code_challenge_method": "S256",
        }  # fmt: skip
        assert box.host == "imap.gmail.com"
        assert "Sign in with Google" in client.get(reverse("intake:mailbox", args=[box.pk])).content.decode()

    def test_goes_to_the_tenant_at_microsoft(self, box, settings):
        settings.OAUTH_ADDRESSES = {}
        address = oauth.authorize_url(box, state="s", verifier="v", back="https://desk.example.com/")
        assert address.startswith("https://login.microsoftonline.com/t.example.com/oauth2/v2.0/authorize?")

    def test_counts_once(self, visit, signs_in):
        client = visit(an_administrator())
        box = a_new_box(client)
        location = through_the_browser(client, box)
        come_back(client, location, signs_in)
        again = come_back(client, location, signs_in, code="other")
        assert "was not begun here" in again.content.decode() and len(signs_in.asked) == 1

    def test_counts_in_the_session_that_began_it_alone(self, visit, signs_in):
        client = visit(an_administrator())
        box = a_new_box(client)
        location = through_the_browser(client, box)
        other = type(client)()
        other.force_login(an_administrator(email="other@example.com"))
        assert "was not begun here" in come_back(other, location, signs_in).content.decode()
        assert signs_in.asked == []

    @pytest.mark.parametrize("state", ["", "made-up", "状態"])
    def test_counts_with_its_own_state_alone(self, visit, signs_in, state):
        client = visit(an_administrator())
        box = a_new_box(client)
        location = through_the_browser(client, box)
        assert "was not begun here" in come_back(client, location, signs_in, state=state).content.decode()
        assert signs_in.asked == []

    def test_does_not_count_after_a_quarter_of_an_hour(self, visit, signs_in, monkeypatch):
        client = visit(an_administrator())
        box = a_new_box(client)
        location = through_the_browser(client, box)
        session = client.session
        session["mailbox sign-ins"] = [each | {"at": time.time() - 901} for each in session["mailbox sign-ins"]]
        session.save()
        assert "was not begun here" in come_back(client, location, signs_in).content.decode()

    def test_gives_each_of_two_mailboxes_its_own(self, visit, signs_in):
        client = visit(an_administrator())
        first = a_new_box(client)
        client.post(reverse("intake:mailbox-new"), OAUTH | {"address": "b@desk.example.com"})
        second = Mailbox.objects.get(address="b@desk.example.com")
        way_of_first = through_the_browser(client, first)
        code_of_first = list(signs_in.codes)[-1]
        way_of_second = through_the_browser(client, second)
        come_back(client, way_of_second, signs_in)
        second.refresh_from_db()
        first.refresh_from_db()
        assert second.oauth_refresh_box and not first.oauth_refresh_box
        come_back(client, way_of_first, signs_in, code=code_of_first)
        first.refresh_from_db()
        assert first.oauth_refresh_box

    def test_needs_the_verifier_that_belongs_to_it(self, visit, signs_in):
        """A code that somebody else brought in does not fit our challenge."""
        client = visit(an_administrator())
        box = a_new_box(client)
        through_the_browser(client, box)
        stolen = list(signs_in.codes)[-1]
        location = through_the_browser(client, box)
        back = come_back(client, location, signs_in, code=stolen)
        assert "Somebody must sign in again" in back.content.decode()
        box.refresh_from_db()
        assert box.oauth_refresh_box == ""

    def test_says_why_there_is_no_code(self, visit, signs_in):
        client = visit(an_administrator())
        box = a_new_box(client)
        location = through_the_browser(client, box)
        back = come_back(client, location, signs_in, code="", error="access_denied")
        assert "was not given" in back.content.decode()

    def test_says_when_what_was_granted_is_too_little(self, visit, signs_in):
        client = visit(an_administrator())
        box = a_new_box(client)
        signs_in.scope = "openid email"
        assert "was not given" in come_back(client, through_the_browser(client, box), signs_in).content.decode()

    def test_says_when_the_server_does_not_work(self, visit, signs_in):
        client = visit(an_administrator())
        box = a_new_box(client)
        signs_in.broken = answer(b"<html>", status="503 No")
        back = come_back(client, through_the_browser(client, box), signs_in).content.decode()
        assert "The sign-in server does not work just now" in back and "HTTP 503" in back

    def test_is_for_administrators_and_for_mailboxes_of_this_kind(self, visit, box):
        address = reverse("intake:mailbox-sign-in", args=[box.pk])
        assert visit(an_agent()).get(address).status_code == 403
        assert visit(an_agent()).get(reverse("intake:mailbox-oauth")).status_code == 403
        Mailbox.objects.update(signs_in_by="password")
        assert "signs in by a password" in visit(an_administrator()).get(address, follow=True).content.decode()


class TestMailboxesOfThisKind:
    def test_keep_their_secrets_when_none_is_typed(self, visit, box):
        kept = {"client_secret": "", "refresh_token": "", "oauth_tenant": "t.example.com", "host": box.host}
        before = (box.oauth_secret_box, box.oauth_refresh_box)
        visit(an_administrator()).post(reverse("intake:mailbox", args=[box.pk]), OAUTH | kept | {"name": "Window"})
        box.refresh_from_db()
        assert (box.name, box.oauth_secret_box, box.oauth_refresh_box) == ("Window", *before)

    @pytest.mark.parametrize("change", [{"oauth_client": "other"}, {"oauth_tenant": "other.example.com"}])
    def test_lose_their_tokens_with_another_app(self, visit, box, change):
        access_token(box)
        visit(an_administrator()).post(
            reverse("intake:mailbox", args=[box.pk]),
            OAUTH | {"client_secret": "", "oauth_tenant": "t.example.com", "host": box.host} | change,
        )
        box.refresh_from_db()
        assert (box.oauth_refresh_box, box.oauth_access_box, box.oauth_at) == ("", "", None)

    def test_take_a_refresh_token_from_elsewhere(self, visit, signs_in):
        client = visit(an_administrator())
        token = signs_in.new_refresh("user1")
        box = a_new_box(client, refresh_token=f" {token}\n")
        assert seal.unseal(box.oauth_refresh_box) == token
        assert access_token(box) in signs_in.accesses
        assert token not in str(list(AuditEntry.objects.values()))
        client.post(
            reverse("intake:mailbox", args=[box.pk]),
            OAUTH | {"host": box.host, "refresh_token": signs_in.new_refresh("user1"), "client_secret": ""},
        )
        assert AuditEntry.objects.latest("id").data["changes"] == {"refresh_token": None}

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"oauth_client": ""}, "oauth_client"),
            ({"oauth_tenant": ""}, "oauth_tenant"),
            ({"oauth_tenant": "a/../b"}, "oauth_tenant"),
            ({"oauth_tenant": "evil.example.com@x"}, "oauth_tenant"),
            ({"security": "none"}, "security"),
            ({"refresh_token": "two words"}, "refresh_token"),
            ({"client_secret": "日本"}, "client_secret"),
            ({"user": ""}, "user"),
        ],
    )
    def test_are_refused_with_the_reason_at_the_field(self, visit, signs_in, wrong, field):
        answer = visit(an_administrator()).post(reverse("intake:mailbox-new"), OAUTH | wrong)
        assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]


class TestAccessTokens:
    def test_are_asked_for_once_and_kept_sealed(self, box, signs_in):
        token = access_token(box)
        assert token in signs_in.accesses and access_token(Mailbox.objects.get()) == token
        assert len(signs_in.asked) == 1
        assert token not in str(list(Mailbox.objects.values()))

    def test_are_renewed_before_their_end_with_the_newest_refresh_token(self, box, signs_in):
        first, refresh = access_token(box), seal.unseal(box.oauth_refresh_box)
        for _turn in range(3):
            Mailbox.objects.update(oauth_access_until=timezone.now() + timedelta(minutes=4))
            again = access_token(box)
            assert again != first
            first = again
        box.refresh_from_db()
        newest = seal.unseal(box.oauth_refresh_box)
        assert newest != refresh and signs_in.refreshes[newest] == ("user1", True)
        assert [each.form["grant_type"] for each in signs_in.asked] == ["refresh_token"] * 4

    def test_of_a_server_that_keeps_the_refresh_token(self, box, signs_in):
        signs_in.rotates = False
        before = box.oauth_refresh_box
        access_token(box)
        box.refresh_from_db()
        assert box.oauth_refresh_box == before

    def test_are_renewed_when_a_server_refuses_one(self, box, signs_in):
        first = access_token(box)
        second = access_token(box, refused=first)
        assert second != first and access_token(box) == second

    def test_that_are_still_good_are_used_while_the_sign_in_server_is_down(self, box, signs_in):
        first = access_token(box)
        Mailbox.objects.update(oauth_access_until=timezone.now() + timedelta(minutes=1))
        signs_in.broken = answer(status="500 Oh")
        assert access_token(box) == first
        Mailbox.objects.update(oauth_access_until=timezone.now() - timedelta(minutes=1))
        with pytest.raises(imap.Trouble, match="sign_in_server: HTTP 500"):
            access_token(box)

    def test_do_not_replace_what_somebody_signed_in_with_meanwhile(self, box, signs_in, monkeypatch):
        theirs = seal.seal("theirs")

        real = oauth.refresh

        def refresh(*given):
            tokens = real(*given)
            Mailbox.objects.update(oauth_refresh_box=theirs)
            return tokens

        monkeypatch.setattr(oauth, "refresh", refresh)
        assert access_token(box) in signs_in.accesses
        box.refresh_from_db()
        assert box.oauth_refresh_box == theirs

    def test_are_kept_when_the_database_fails_for_a_moment(self, box, signs_in, monkeypatch):
        """The server knows the old refresh token no more: the new one must not be lost."""
        real, failed = transaction.atomic, []

        def fails_twice(**given):
            if given.get("durable") and len(failed) < 2:
                failed.append(given)
                raise OperationalError("gone")
            return real(**given)

        monkeypatch.setattr(signing_in, "_STORE_AGAIN", (0, 0))
        monkeypatch.setattr(signing_in.transaction, "atomic", fails_twice)
        token = access_token(box)
        box.refresh_from_db()
        assert len(failed) == 2 and len(signs_in.asked) == 1
        assert signs_in.refreshes[seal.unseal(box.oauth_refresh_box)] == ("user1", True)
        assert access_token(box) == token

    @pytest.mark.django_db(transaction=True)
    def test_are_asked_for_by_one_of_many_at_a_time(self, box, signs_in):
        """A refresh token that was replaced is taken for stolen when it is used again."""
        got = []

        def ask():
            try:
                got.append(access_token(Mailbox.objects.get(pk=box.pk)))
            finally:
                connection.close()

        threads = [threading.Thread(target=ask) for _number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 6 and len(set(got)) == 1 and len(signs_in.asked) == 1


class TestTrouble:
    def sentence(self, box) -> str:
        with pytest.raises(imap.Trouble) as raised:
            access_token(box)
        return imap.sentence(str(raised.value))

    def test_of_a_permission_that_has_ended_asks_somebody_to_sign_in(self, box, signs_in):
        signs_in.refreshes = {}
        said = self.sentence(box)
        assert said.startswith("Somebody must sign in again") and said.endswith("(invalid_grant AADSTS70008)")
        assert "hanako" not in said and "Trace" not in said

    def test_of_a_mailbox_that_nobody_signed_in_for(self, box):
        Mailbox.objects.update(oauth_refresh_box="")
        assert self.sentence(box).startswith("Somebody must sign in again")

    def test_of_a_secret_that_has_expired(self, box, signs_in):
        signs_in.secret = "another"
        assert "Has the secret expired?" in self.sentence(box)

    def test_of_a_key_that_was_changed(self, box, settings):
        settings.SECRET_KEY = "another" * 10
        assert "sign in again" in self.sentence(box)

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (answer(b"", status="500 Oh"), "sign_in_server: HTTP 500"),
            (answer(b"", status="429 Slow down"), "sign_in_server: HTTP 429"),
            (answer({"error": "temporarily_unavailable"}, status="400 No"), "sign_in_server: temporarily_unavailable"),
            (answer({"error": "invalid_scope"}, status="400 No"), "sign_in_request: invalid_scope"),
            (answer({"error": "<b>\n"}, status="400 No"), "sign_in_request: HTTP 400"),
            (answer({"error": ["x"]}, status="403 No"), "sign_in_request: HTTP 403"),
            (answer(b"<html>hello"), "sign_in_server: garbage: HTTP 200"),
            (answer(b"[1]"), "sign_in_server: garbage"),
            (answer({}), "sign_in_server: garbage"),
            (answer({"access_token": "a b", "token_type": "Bearer"}), "sign_in_server: garbage"),
            (answer({"access_token": "a\x01", "token_type": "Bearer"}), "sign_in_server: garbage"),
            (answer({"access_token": "ab", "token_type": "mac"}), "sign_in_server: garbage"),
            (answer({"access_token": 5, "token_type": "Bearer"}), "sign_in_server: garbage"),
            (answer({"access_token": "a" * 30000, "token_type": "Bearer"}), "sign_in_server: garbage"),
            (answer(b"x" * 300_000), "sign_in_server: too_large: > 200000"),
            (answer(status="302 Found", Location="http://10.0.0.1/"), "sign_in_server: redirected: http://10.0.0.1"),
            (b"", "sign_in_server: broken: Server disconnected without sending a response."),
        ],
    )  # fmt: skip
    def test_of_bad_answers_is_told_apart(self, box, signs_in, said, expected):
        signs_in.broken = said
        with pytest.raises(imap.Trouble) as raised:
            access_token(box)
        assert str(raised.value) == expected

    def test_of_a_slow_server_ends(self, box, signs_in, monkeypatch):
        monkeypatch.setattr(oauth, "_SECONDS", 0.3)
        signs_in.broken = lambda _connection: time.sleep(1)
        assert "did not answer in time" in self.sentence(box)

    def test_that_passes_is_over_with_the_next_try(self, box, signs_in):
        signs_in.broken, signs_in.times = answer({"error": "temporarily_unavailable"}, status="400 No"), 1
        assert "does not work just now" in self.sentence(box)
        assert access_token(box) in signs_in.accesses

    def test_with_odd_lifetimes_costs_a_request_and_no_more(self, box, signs_in):
        for lasts in (-5, 0, "x", None, 10**30, 1e400, [1]):
            signs_in.broken = answer({"access_token": "ab", "token_type": "bearer", "expires_in": lasts})
            Mailbox.objects.update(oauth_access_until=None)
            assert access_token(box) == "ab"
