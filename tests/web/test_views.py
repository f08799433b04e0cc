"""Style page, language switch, error pages, and the frame around them."""

import re
from unittest import mock

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from servicedesk.web import views
from tests.factories import a_person, an_agent


@pytest.fixture
def stranger(client):
    return client


class TestStylePage:
    def test_shows_every_component_to_people(self, visit):
        response = visit(a_person()).get(reverse("web:style"))
        assert response.status_code == 200
        page = response.content.decode()
        assert "pill-waiting" in page
        assert 'lang="ja"' in page

    @pytest.mark.django_db
    def test_strangers_sign_in_first(self, stranger):
        response = stranger.get(reverse("web:style"))
        assert (response.status_code, response["Location"]) == (302, "/account/login/?next=/style/")


@pytest.mark.django_db
class TestSetLanguage:
    def test_keeps_it_in_the_cookie(self, stranger):
        response = stranger.post(reverse("web:set-language"), {"language": "en", "next": "/account/login/"})
        assert (response.status_code, response["Location"]) == (303, "/account/login/")
        assert stranger.cookies["django_language"].value == "en"
        assert "Sign in" in stranger.get("/account/login/", headers={"Accept-Language": "ja"}).content.decode()

    def test_keeps_it_with_the_person(self, visit):
        user = a_person(language="ja")
        visit(user).post(reverse("web:set-language"), {"language": "en"})
        user.refresh_from_db()
        assert user.language == "en"

    def test_takes_only_languages_we_speak_and_addresses_of_ours(self, visit):
        user = a_person(language="ja")
        client = visit(user)
        response = client.post(reverse("web:set-language"), {"language": "xx", "next": "//evil.example/"})
        assert response["Location"] == "/"
        user.refresh_from_db()
        assert user.language == "ja"
        assert client.get(reverse("web:set-language")).status_code == 405


class TestErrorPages:
    def test_not_found_is_a_page_of_ours(self, visit):
        response = visit(a_person()).get("/nothing/here/")
        assert response.status_code == 404
        assert "not yours to see" in response.content.decode()

    def test_htmx_gets_a_sentence_as_a_toast(self):
        request = RequestFactory().get("/x/", headers={"HX-Request": "true"})
        for view, status in [(views.not_found, 404), (views.forbidden, 403), (views.bad_request, 400)]:
            response = view(request, None)
            assert response.status_code == status
            assert '"toast"' in response["HX-Trigger"]
            assert b"<html" not in response.content
        assert views.server_error(request).status_code == 500

    def test_our_own_failure_needs_no_database(self, django_db_blocker):
        request = RequestFactory().get("/x/")
        request.request_id = "abc123"
        with django_db_blocker.block(), translation.override("ja"):
            page = views.server_error(request).content.decode()
        assert "abc123" in page
        assert '<html lang="ja">' in page

    def test_even_a_broken_error_page_answers(self):
        with mock.patch("servicedesk.web.views.loader.render_to_string", side_effect=ValueError):
            response = views.server_error(RequestFactory().get("/x/"))
        assert (response.status_code, response.content) == (500, b"Madoguchi: 500")


@pytest.mark.django_db
class TestCsrfFailure:
    def post(self, **headers):
        strict = Client(enforce_csrf_checks=True)
        data = {"body": "A long text that must not be lost", "password": "correct horse battery"}
        return strict.post(reverse("web:set-language"), data, headers=headers)

    def test_shows_what_was_typed_but_no_secret(self):
        response = self.post(Origin="http://testserver", Referer="http://testserver/tickets/1/")
        page = response.content.decode()
        assert response.status_code == 403
        assert "A long text that must not be lost" in page
        assert "correct horse" not in page
        assert 'href="http://testserver/tickets/1/"' in page

    def test_echoes_nothing_from_elsewhere(self):
        page = self.post(Origin="https://evil.example", Referer="https://evil.example/x").content.decode()
        assert "A long text" not in page
        assert "evil.example" not in page

    def test_htmx_gets_a_sentence(self):
        response = self.post(**{"HX-Request": "true"})
        assert response.status_code == 403
        assert '"toast"' in response["HX-Trigger"]


class TestFrame:
    def test_one_heading_one_main_and_a_way_past_the_bar(self, visit):
        page = visit(a_person()).get(reverse("web:style")).content.decode()
        assert len(re.findall(r"<h1\b", page)) == 1
        assert len(re.findall(r"<main\b", page)) == 1
        assert 'href="#main"' in page

    def test_the_theme_of_the_cookie_is_in_the_page(self, visit):
        client = visit(a_person())
        client.cookies["theme"] = "dark"
        assert 'data-bs-theme="dark"' in client.get(reverse("web:style")).content.decode()
        client.cookies["theme"] = '"><script>'
        assert "data-bs-theme=" not in client.get(reverse("web:style")).content.decode()

    def test_keys_of_the_desk_are_shown_to_agents_only(self, visit):
        words = "Write an internal note"
        assert words not in visit(a_person()).get(reverse("web:style")).content.decode()
        assert words in visit(an_agent()).get(reverse("web:style")).content.decode()


ENTRANCE = [
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_inactive",
    "account_signup",
]
OWN = [
    "account_change_password",
    "account_logout",
    "mfa_index",
    "mfa_list_webauthn",
    "usersessions_list",
    "account_reauthenticate",
]


class TestAccountPages:
    @pytest.mark.django_db
    @pytest.mark.parametrize("name", ENTRANCE)
    def test_pages_before_signing_in_look_like_ours(self, stranger, name):
        page = stranger.get(reverse(name), follow=True).content.decode()
        assert 'class="topbar"' in page
        assert len(re.findall(r"<h1\b", page)) == 1

    @pytest.mark.parametrize("name", OWN)
    def test_pages_about_ones_own_sign_in_look_like_ours(self, visit, name):
        client = visit(a_person(password="correct horse battery"))
        page = client.get(reverse(name), follow=True).content.decode()
        assert 'class="topbar"' in page
        assert len(re.findall(r"<h1\b", page)) == 1
