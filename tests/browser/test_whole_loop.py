"""The whole loop by web form: somebody on a phone asks in Japanese, an agent works it at a desk, until it is closed."""

import pytest
from playwright.sync_api import expect

from servicedesk.people.models import Role
from servicedesk.tickets.models import Ticket
from tests.factories import a_company, a_person, a_service, a_team, events_of

from .conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)


class TestAskedOnAPhone:
    def test_until_it_is_closed(self, visitor, deliver):
        team, company = a_team(name="サービスデスク"), a_company()
        service = a_service(team, name="複合機・プリンター", name_en="Printers")
        hanako = a_person(name="佐藤 花子", company=company, language="ja")
        ken = a_person(Role.AGENT, name="Ken Suzuki", teams=[team], company=company, language="en")

        # Hanako asks on her phone. What she typed on the first page is on the second.
        phone = visitor(viewport=PHONE, locale="ja-JP", has_touch=True).sign_in_by_form(hanako)
        page = phone.open("/")
        phone.check()
        page.locator("#ask").fill("3階の複合機が無言です\n電源は入っていますが、印刷できません。")
        page.locator("form.ask button[type=submit]").click()
        page.wait_for_url("**/new/")
        text = page.locator("textarea[name=text]")
        expect(text).to_have_value("3階の複合機が無言です\n電源は入っていますが、印刷できません。")
        page.locator("input[name=kind][value=incident]").check(force=True)
        page.locator("input[name=trouble][value=hinders]").check(force=True)
        page.locator("input[name=hit][value='3']").check(force=True)
        page.locator(f"input[name=service][value='{service.pk}']").check(force=True)
        page.locator("input[type=file]").set_input_files(
            [{"name": "写真.txt", "mimeType": "text/plain", "buffer": "E-4 が表示".encode()}]
        )
        phone.check()
        page.locator("button.btn-send").click()
        page.wait_for_url("**/new/INC*/")
        ticket = Ticket.objects.get()
        expect(page.locator(".sent-number")).to_contain_text(ticket.number)
        phone.check()
        assert (ticket.title, ticket.team, ticket.channel, ticket.priority) == (
            "3階の複合機が無言です",
            team,
            "portal",
            3,
        )

        # Ken finds it in the queue of his team, takes it and asks.
        desk = visitor().sign_in_by_form(ken)
        queue = desk.open("/desk/")
        desk.check()
        queue.get_by_role("link", name=ticket.number).first.click()
        queue.goto(ticket.get_absolute_url())
        queue.get_by_role("button", name="Assign to me").click()
        expect(queue.locator("#ticket-state")).to_contain_text("Assigned")
        desk.check()
        desk.open(f"/incidents/{ticket.number}/ask_requester/")
        queue.locator("main textarea[name=message]").fill("エラー番号は出ていますか?")
        queue.locator("main form button.btn-primary[type=submit]").click()
        queue.wait_for_url(f"**/incidents/{ticket.number}/**")
        ticket.refresh_from_db()
        assert ticket.status == "waiting_requester"

        queue.goto(ticket.get_absolute_url())

        # Hanako sees on the first page that an answer is waited for, and gives it.
        page = phone.open("/")
        expect(page.locator(f"#waiting-{ticket.number}")).to_be_visible()
        phone.check()
        page.locator(f"#waiting-{ticket.number} a.btn-primary").click()
        expect(page.locator("#requester-live")).to_contain_text("エラー番号は出ていますか?")
        page.locator("#answer-body").fill("E-4 と出ています。")
        page.locator("form.answer button[type=submit]").click()
        expect(page.locator("#requester-live")).to_contain_text("E-4 と出ています。")
        phone.check()
        ticket.refresh_from_db()
        assert ticket.status == "in_progress"

        # Ken's page, left open, shows the answer by itself; he resolves.
        expect(queue.get_by_text("E-4 と出ています。")).to_be_visible(timeout=30_000)
        desk.open(f"/incidents/{ticket.number}/resolve/")
        queue.locator("main textarea[name=resolution]").fill("紙詰まりを取り除きました。")
        queue.locator("main form button.btn-primary[type=submit]").click()
        queue.wait_for_url(lambda address: "/resolve/" not in address)

        # It is not solved: she says so on the phone. Then it is, and she closes it.
        page = phone.open(ticket.get_absolute_url())
        expect(page.locator("#requester-live")).to_contain_text("紙詰まりを取り除きました。")
        page.locator("#not-solved summary").click()
        page.locator("#reopen-reason").fill("まだ印刷できません。")
        page.locator("#not-solved button[type=submit]").click()
        expect(page.locator("#requester-live")).to_contain_text("まだ印刷できません。")
        ticket.refresh_from_db()
        assert (ticket.status, ticket.reopen_count) == ("in_progress", 1)
        desk.open(f"/incidents/{ticket.number}/resolve/")
        queue.locator("main textarea[name=resolution]").fill("定着器を交換しました。")
        queue.locator("main form button.btn-primary[type=submit]").click()
        queue.wait_for_url(lambda address: "/resolve/" not in address)
        page = phone.open("/")
        page.locator(f"#waiting-{ticket.number} form button").click()
        expect(page.locator(f"#waiting-{ticket.number}")).to_have_count(0)
        ticket.refresh_from_db()
        assert ticket.status == "closed"
        phone.check()
        assert [verb for verb, _data in events_of(ticket)] == [
            "open",
            "assign",
            "accept",
            "ask_requester",
            "reply",
            "reply",
            "resume",
            "resolve",
            "reopen",
            "reply",
            "resolve",
            "close",
        ]
        assert deliver() == 12
