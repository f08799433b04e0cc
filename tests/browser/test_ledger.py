"""The ledger of incoming mail in a real browser: clean pages, pictures from outside only when asked for, several mails
at once.
"""

import pytest

from servicedesk.tickets.actions import reply
from tests.factories import a_person, a_ticket, an_administrator, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives

from .test_pages import LOOKS, language_of

pytestmark = pytest.mark.django_db(transaction=True)

HTML = (
    "<h1 style='color:#264f9e'>News</h1><p>Hello</p>"
    "<img src='https://news.example.net/a.png' alt='Our new building' width='200' height='40'>"
    "<img src='https://pixel.example.org/1.gif' width='1' height='1'>"
)


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_clean(visitor, look):
    agent, hanako = an_agent(language=language_of(look)), a_person(email="hanako@example.com")
    mail = arrives(a_mail('"山田 太郎" <taro@example.net>', subject="プリンターの件", html=HTML))
    arrives(a_mail("stranger@example.net", subject="A very long subject that says what it is about and then goes on"))
    ticket = arrives(a_mail(html=HTML, sender=hanako.email)).ticket
    someone = visitor(**look).sign_in(agent)
    for path in (
        "/settings/mails/",
        "/settings/mails/?state=all",
        "/settings/mails/?state=bounce",
        f"/settings/mails/{mail.pk}/",
        f"/settings/mails/{mail.pk}/join/",
        f"/settings/mails/{mail.pk}/refuse/",
        f"/settings/mails/{mail.pk}/assign/",
        f"/tickets/{ticket.number}/mails/0/",
    ):
        page = someone.open(path)
        for summary in page.locator("main summary").all():
            summary.click()
        someone.check()


def test_pictures_from_outside_are_fetched_only_when_asked_for(visitor):
    mail = arrives(a_mail("stranger@example.net", html=HTML))
    someone = visitor().sign_in(an_agent())
    asked = []

    def answer(route):
        asked.append((route.request.url, route.request.headers.get("referer")))
        route.fulfill(status=200, content_type="image/svg+xml", body="<svg xmlns='http://www.w3.org/2000/svg'/>")

    someone.context.route("https://*.example.net/**", answer)
    someone.context.route("https://*.example.org/**", answer)
    page = someone.open(f"/settings/mails/{mail.pk}/")
    frame = page.frame_locator("iframe.mail-frame")
    frame.get_by_text("Hello").wait_for()
    assert asked == []
    page.get_by_text("Show pictures from outside").click()
    page.get_by_role("button", name="Show them this once").click()
    page.wait_for_function("performance.now() > 0")
    frame.locator("img[src^='https://news.example.net/']").wait_for()
    page.wait_for_load_state("networkidle")
    assert sorted(asked) == [("https://news.example.net/a.png", None), ("https://pixel.example.org/1.gif", None)]
    asked.clear()
    page.reload()
    page.frame_locator("iframe.mail-frame").get_by_text("Hello").wait_for()
    page.wait_for_load_state("networkidle")
    assert asked == [] and someone.complaints == []


def test_several_mails_are_set_aside_at_once(visitor):
    for name in ("First", "Second", "Third"):
        arrives(a_mail("stranger@example.net", subject=name), a_mailbox())
    someone = visitor().sign_in(an_agent())
    page = someone.open("/settings/mails/")
    page.get_by_label("Mark all on this page").check()
    page.get_by_label("Mark “Second”").uncheck()
    page.get_by_text("Several at once").click()
    page.get_by_label("Reason").fill("Spam")
    page.get_by_role("button", name="Set aside").click()
    page.get_by_text("What came of them").wait_for()
    assert page.locator("#results li").count() == 2
    assert page.locator("td a", has_text="Second").count() == 1
    assert page.locator("td a", has_text="First").count() == 0
    someone.check()


def test_a_message_by_mail_leads_to_the_mail(visitor):
    ticket = a_ticket(requester=a_person(email="hanako@example.com"))
    reply(ticket, by=an_agent(), via="page", body="Which one?")
    made = arrives(a_mail(html=HTML)).ticket
    someone = visitor().sign_in(an_agent())
    page = someone.open(made.get_absolute_url())
    page.get_by_title("The mail as it came").first.click()
    page.frame_locator("iframe.mail-frame").get_by_text("Hello").wait_for()


def test_the_form_of_a_mailbox_shows_what_belongs_to_the_choices_and_keeps_the_rest(visitor):
    someone = visitor().sign_in(an_administrator())
    page = someone.open("/settings/mailboxes/new/")
    names = ("host", "password", "oauth_client", "oauth_tenant", "domains")
    server, password, client, tenant, domains = (page.locator(f"[name={name}]") for name in names)
    assert not server.is_visible() and not domains.is_visible()
    assert page.get_by_label("Also takes what is sent").is_visible()
    page.get_by_label("Fetched by IMAP").check()
    server.fill("imap.example.com")
    assert password.is_visible() and not client.is_visible()
    page.get_by_label("Microsoft 365 (OAuth 2)").check()
    tenant.fill("t.example.com")
    client.fill("us")
    assert not password.is_visible()
    page.get_by_label("Google (OAuth 2)").check()
    assert client.is_visible() and not tenant.is_visible()
    page.get_by_label("A mail server hands it over").check()
    assert not server.is_visible() and not client.is_visible()
    page.get_by_label("Fetched by IMAP").check()
    kept = [each.input_value() for each in (server, client, tenant)]
    assert kept == ["imap.example.com", "us", "t.example.com"]
    someone.check()
    page.get_by_role("button", name="Save").click()
    page.locator("[name=name].is-invalid").wait_for()
    assert server.input_value() == "imap.example.com" and client.is_visible()
