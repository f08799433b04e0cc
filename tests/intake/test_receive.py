"""The one way in, on every channel."""

import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from servicedesk.intake.actions import receive
from servicedesk.intake.models import Original
from servicedesk.tickets.errors import TicketError
from servicedesk.tickets.models import Ticket
from tests.factories import a_company, a_person, a_service, a_team, an_agent

pytestmark = pytest.mark.django_db


def handed_over(by=None, **fields):
    by = by or a_person()
    return receive(
        **{
            "kind": "incident", "title": "Printer", "description": "Silent", "requester": by, "by": by, "via": "page",
            "channel": "portal",
        } | fields
    )  # fmt: skip


class TestReceive:
    @pytest.mark.parametrize(
        ("kind", "type_and_kind"),
        [("incident", ("incident", "")), ("request", ("request", "request")), ("enquiry", ("request", "enquiry"))],
    )
    def test_makes_the_kind_that_is_asked_for(self, kind, type_and_kind):
        ticket = handed_over(kind=kind)
        assert (ticket.type, getattr(getattr(ticket, "service_request", None), "kind", "")) == type_and_kind

    def test_keeps_the_original_as_it_was(self):
        ticket = handed_over(title="  Printer \n silent ", files=[SimpleUploadedFile("a.txt", b"abc")])
        original = Original.objects.get()
        assert (original.ticket, original.channel) == (ticket, "portal")
        assert original.data["title"] == "  Printer \n silent " and original.data["files"] == [["a.txt", 3]]
        assert ticket.title == "Printer silent"

    def test_keeps_no_original_of_what_the_person_can_correct(self):
        with pytest.raises(TicketError) as refused:
            handed_over(title="")
        assert refused.value.field == "title" and not Original.objects.exists()

    def test_keeps_original_and_files_when_the_desk_fails(self, monkeypatch):
        module = sys.modules["servicedesk.intake.actions.receive"]
        monkeypatch.setattr(module, "open_incident", lambda **fields: (_ for _ in ()).throw(RuntimeError("broken")))
        with pytest.raises(RuntimeError):
            handed_over(files=[SimpleUploadedFile("a.txt", b"abc")])
        original = Original.objects.get()
        assert (original.ticket, original.error) == (None, "RuntimeError: broken")
        assert original.files.get().file.read() == b"abc" and not Ticket.objects.exists()

    def test_is_one_ticket_for_the_same_key_of_the_same_person(self):
        hanako, taro = a_person(), a_person()
        first = handed_over(hanako, key="k")
        assert handed_over(hanako, key="k") == first
        assert handed_over(taro, key="k") != first
        assert Ticket.objects.count() == 2

    def test_by_an_agent_for_somebody(self):
        hanako = a_person()
        ticket = handed_over(an_agent(), requester=hanako, channel="phone")
        assert (ticket.requester, ticket.channel) == (hanako, "phone")

    def test_by_staff_for_a_colleague_they_may_see_only(self):
        company = a_company()
        hanako, taro, stranger = a_person(company=company), a_person(company=company), a_person(company=a_company())
        assert handed_over(hanako, requester=taro).requester == taro
        with pytest.raises(TicketError) as refused:
            handed_over(hanako, requester=stranger)
        assert refused.value.field == "requester"

    def test_confidential_matters_need_somebody_who_sees_them(self):
        with pytest.raises(TicketError) as refused:
            handed_over(is_confidential=True)
        assert refused.value.field == "service"
        assert handed_over(is_confidential=True, service=a_service()).is_confidential

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"kind": "problem"}, "kind"),
            ({"channel": "pigeon"}, "channel"),
            ({"language": "de"}, "language"),
            ({"title": "x" * 201}, "title"),
            ({"description": "x" * 200_001}, "description"),
        ],
    )
    def test_refuses_with_the_field(self, fields, field):
        with pytest.raises(TicketError) as refused:
            handed_over(**fields)
        assert refused.value.field == field

    def test_refuses_what_is_out_of_use(self):
        for name, value in (("service", a_service(is_active=False)), ("team", a_team(is_active=False))):
            with pytest.raises(TicketError) as refused:
                handed_over(**{name: value})
            assert refused.value.field == name
