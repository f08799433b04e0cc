"""How views answer: pages, fragments, what follows a write, marks of access."""

import json

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.base import BaseStorage
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from servicedesk.web import pages
from servicedesk.web.access import Mark, needs, public, signed_in
from servicedesk.web.errors import NotFound, Refused

HTMX = {"headers": {"HX-Request": "true"}}


class Somebody:
    is_authenticated = True
    pk = 7
    language = "en"
    display_name = "Somebody"
    email = "somebody@example.com"

    def __init__(self, *permissions):
        self.permissions = permissions

    def may(self, name, obj=None):
        return name in self.permissions


class Kept(BaseStorage):
    """Messages in memory."""

    def _get(self, *args, **kwargs):
        return [], True

    def _store(self, messages, response, *args, **kwargs):
        return []


def make(method="get", path="/desk/?q=a", user=None, **extra):
    request = getattr(RequestFactory(), method)(path, **extra)
    request.user = user or AnonymousUser()
    request._messages = Kept(request)
    return request


class TestPage:
    def test_a_plain_request_gets_the_page_and_htmx_its_fragment(self):
        context = {"errors": ["Only this."]}
        whole = pages.page(make(), "404.html", {"sentence": "Gone."}, fragment="web/_form_errors.html")
        part = pages.page(make(**HTMX), "404.html", context, fragment="web/_form_errors.html")
        assert b"<html" in whole.content
        assert b"<html" not in part.content
        assert b"Only this." in part.content
        assert whole["Vary"] == part["Vary"] == "HX-Request"

    @pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
    def test_boosted_links_and_restored_history_get_the_page(self, header):
        request = make(headers={"HX-Request": "true", header: "true"})
        assert b"<html" in pages.page(request, "404.html", {}, fragment="web/_form_errors.html").content

    def test_a_refused_form_has_its_status(self):
        assert pages.page(make(), "404.html", {}, status=422).status_code == 422


class TestChanged:
    def test_a_plain_form_is_sent_on_with_a_message(self):
        request = make("post")
        response = pages.changed(request, "/tickets/INC0000001/", message="Sent.", undo="/undo/1/")
        assert (response.status_code, response["Location"]) == (303, "/tickets/INC0000001/")
        assert [(str(one), one.extra_tags) for one in request._messages._queued_messages] == [
            ("Sent.", "undo:/undo/1/")
        ]

    def test_htmx_gets_the_fragment_and_the_events(self):
        response = pages.changed(
            make("post", **HTMX),
            "/x/",
            fragment="web/_form_errors.html",
            context={"errors": ["New."]},
            detail={"number": "INC1"},
            message="送りました。",
        )
        assert b"New." in response.content
        assert json.loads(response["HX-Trigger"]) == {
            "ticket-changed": {"number": "INC1"},
            "toast": {"message": "送りました。", "level": "success", "undo": ""},
        }

    def test_htmx_without_a_fragment_goes_to_the_address(self):
        response = pages.changed(make("post", **HTMX), "/x/")
        assert (response.status_code, response["HX-Redirect"]) == (204, "/x/")

    def test_htmx_without_an_address_gets_the_event_alone(self):
        response = pages.changed(make("post", **HTMX), None, event="list-changed")
        assert (response.status_code, json.loads(response["HX-Trigger"])) == (204, {"list-changed": {}})


class TestSafeNext:
    @pytest.mark.parametrize("address", ["/desk/", "/desk/?view=mine", "http://testserver/a"])
    def test_our_own_addresses_are_taken(self, address):
        assert pages.safe_next(make("post", data={"next": address}), "/home/") == address

    @pytest.mark.parametrize(
        "address", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "\\\\evil", ""]
    )
    def test_others_are_not(self, address):
        assert pages.safe_next(make("post", data={"next": address}), "/home/") == "/home/"


def view(request):
    return HttpResponse("seen")


class TestMarks:
    def test_every_mark_can_be_read(self):
        assert public("health check")(view).access_mark == Mark("public", "health check")
        assert signed_in(view).access_mark == Mark("signed_in", "")
        assert needs("desk.use")(view).access_mark == Mark("needs", "desk.use")

    def test_public_says_why(self):
        with pytest.raises(TypeError):
            public(view)

    def test_strangers_are_sent_to_sign_in_and_back_again(self):
        for marked in (signed_in(view), needs("desk.use")(view)):
            response = marked(make(path="/desk/?q=a"))
            assert (response.status_code, response["Location"]) == (302, "/account/login/?next=/desk/%3Fq%3Da")

    def test_a_write_of_a_stranger_does_not_become_the_address_to_come_back_to(self):
        assert signed_in(view)(make("post", "/tickets/1/reply/"))["Location"] == "/account/login/?next=/"

    def test_htmx_is_sent_there_as_a_whole_page_and_back_to_the_page_it_was_on(self):
        request = make(
            path="/desk/_queue/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/?v=1"}
        )
        response = signed_in(view)(request)
        assert response.status_code == 401
        assert response["HX-Redirect"] == "/account/login/?next=%2Fdesk%2F%3Fv%3D1"

    def test_a_foreign_current_address_is_not_believed(self):
        request = make(headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/"})
        assert signed_in(view)(request)["HX-Redirect"] == "/account/login/?next=%2F"

    def test_people_without_the_permission_are_refused(self):
        with pytest.raises(PermissionDenied):
            needs("desk.use")(view)(make(user=Somebody()))
        assert needs("desk.use")(view)(make(user=Somebody("desk.use"))).content == b"seen"


class TestErrors:
    def test_a_refusal_carries_its_sentence_field_and_code(self):
        refusal = Refused("Too late.", field="due_on", code="too_late")
        assert (str(refusal), refusal.sentence, refusal.field, refusal.code) == (
            "Too late.",
            "Too late.",
            "due_on",
            "too_late",
        )
        assert Refused("No.").code == "refused"

    def test_not_found_is_a_404(self):
        from django.http import Http404

        assert issubclass(NotFound, Http404)
