"""The page that describes the API: Swagger UI under our CSP, reading our schema and calling with the session."""

import pytest

from tests.factories import a_person, a_ticket

pytestmark = pytest.mark.django_db(transaction=True)


class TestApiDocs:
    def test_it_lists_the_operations_and_tries_one(self, visitor):
        person = a_person(language="en")
        ticket = a_ticket(requester=person)
        somebody = visitor()
        somebody.sign_in(person)
        page = somebody.page
        page.goto("/api/v1/docs/")
        page.locator("#operations-tag-tickets").click()
        operation = page.locator("#operations-tickets-tickets_list")
        operation.locator(".opblock-summary-control").click()
        operation.locator(".try-out__btn").click()
        operation.locator("button.execute").click()
        answer = operation.locator(".live-responses-table tbody").first
        answer.get_by_text(ticket.number).first.wait_for()
        assert somebody.complaints == []
