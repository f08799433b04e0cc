"""HTML of mails as it is shown: pictures of the mail in place, those from outside only when asked for, and nothing
else loaded; in the ledger and on the ticket."""

import base64
import re
from email.message import EmailMessage

import pytest
from django.urls import reverse

from servicedesk.intake.actions import join_mail, read_waiting
from servicedesk.intake.mail.html import MOST_HOSTS, clean, host_of, hosts_of_pictures, picture_type
from servicedesk.intake.views.frames import FRAME_HEAD
from servicedesk.tickets.actions import share
from tests.factories import a_person, a_service, a_ticket, an_administrator, an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
REMOTE = (
    '<p>Hello <img src="https://news.example.net/a.png" alt="Our logo"> <img src="http://pixel.example.org/1.gif"></p>'
)


def with_parts(html: str, *parts: tuple[str, bytes, str], **more) -> EmailMessage:
    """A mail with HTML and pictures (Content-ID, bytes, type) that it shows in place."""
    mail = a_mail(html=html, **more)
    body = mail.get_payload()[1]
    for cid, data, kind in parts:
        main, _slash, sub = kind.partition("/")
        body.add_related(data, maintype=main, subtype=sub, cid=f"<{cid}>")
    return mail


class TestHosts:
    @pytest.mark.parametrize(
        "address",
        [
            "https://localhost/x", "https://intra/x", "https://10.0.0.1/x", "https://[::1]/x", "https://2130706433/x",
            "https://0x7f.1/x", "https://printer.local/x", "https://wiki.corp/x", "https://a.example.com:8443/x",
            "https://user@a.example.com/x", "https:\\\\a.example.com/x", "https://a.example.com;script-src/x",
            "https://a.example.com' 'unsafe-inline'/x", "https://a..example.com/x", "https://-a.example.com/x",
            "https://*.example.com/x", "ftp://a.example.com/x", "/x", "javascript:alert(1)", "https://", "https://a.b\x00c",
            "https://169.254.169.254/latest", "https://" + "a" * 300 + ".com/",
        ],
    )  # fmt: skip
    def test_that_are_no_public_names_are_none(self, address):
        assert host_of(address) == ""
        assert hosts_of_pictures(f'<img src="{address}">') == []

    @pytest.mark.parametrize(
        ("address", "host"),
        [
            ("https://Cdn.Example.com/a.png?x=1", "cdn.example.com"),
            ("http://cdn.example.com/a.png", "cdn.example.com"),
            ("//cdn.example.com/a.png", "cdn.example.com"),
            ("https://画像.example.jp/a.png", "xn--o1qu10g.example.jp"),
        ],
    )
    def test_of_honest_pictures_are_named(self, address, host):
        assert hosts_of_pictures(f'<img src="{address}">') == [host]
        assert 'src="https://' in clean(f'<img src="{address}">', {}, [host])

    def test_are_named_once_and_only_so_many(self):
        html = "".join(f'<img src="https://h{n % 30}.example.com/{n}">' for n in range(90))
        assert hosts_of_pictures(html) == [f"h{n}.example.com" for n in range(MOST_HOSTS)]


class TestCleaning:
    # Each of these would fetch something by itself.
    FETCHING = (
        '<img srcset="https://evil.example.net/a 1x, https://evil.example.net/b 2x">',
        '<picture><source srcset="https://evil.example.net/a"><img></picture>',
        '<p style="background:url(https://evil.example.net/a)">x</p>',
        '<p style="background-image:url(//evil.example.net/a);color:red">x</p>',
        '<p style="list-style:url(https://evil.example.net/a)">x</p>',
        '<p style="color:red;border:url(https://evil.example.net/a)">x</p>',
        '<style>@import "https://evil.example.net/a.css";</style>',
        '<style>body{background:url("https://evil.example.net/a")}</style>',
        '<link rel="stylesheet" href="https://evil.example.net/a.css">',
        '<link rel="dns-prefetch" href="//evil.example.net">',
        '<meta http-equiv="refresh" content="0;url=https://evil.example.net/">',
        '<base href="https://evil.example.net/"><img src="a.png">',
        '<table background="https://evil.example.net/a"><tr><td background="//evil.example.net/b">x</td></tr></table>',
        '<body background="https://evil.example.net/a">x</body>',
        '<svg><image href="https://evil.example.net/a"/><use href="https://evil.example.net/b#c"/></svg>',
        '<form action="https://evil.example.net/"><button>Go</button><input type="image" src="//evil.example.net/i">',
        '<p style="color:red;border:u\\72l(https://evil.example.net/a)">x</p>',
        '<p style="font-family:image-set(\'https://evil.example.net/a\' 1x)">x</p>',
        '<video poster="https://evil.example.net/a" src="https://evil.example.net/v"></video>',
        '<audio src="https://evil.example.net/a"></audio>',
        '<iframe src="https://evil.example.net/"></iframe><object data="https://evil.example.net/"></object>',
        '<embed src="https://evil.example.net/a"><input type="image" src="https://evil.example.net/a">',
        '<img src="data:image/svg+xml;base64,PHN2Zy8+"><img src="data:text/html,https://evil.example.net">',
        '<img lowsrc="https://evil.example.net/a" dynsrc="https://evil.example.net/b">',
        '<![CDATA[<img src="https://evil.example.net/a">]]><!--[if mso]><img src="https://evil.example.net/a"><![endif]-->',
        '<div title="<img src=https://evil.example.net/a>">x</div>',
    )  # fmt: skip

    @pytest.mark.parametrize("html", FETCHING)
    @pytest.mark.parametrize("hosts", [[], ["news.example.net"]])
    def test_leaves_nothing_that_is_fetched_from_where_nobody_was_asked(self, html, hosts):
        cleaned = clean(html, {}, hosts)
        assert not re.search(
            r"<(link|meta|base|form|svg|style|video|audio|iframe|object|embed|input|source)\b", cleaned
        )
        assert not re.search(r'\b(src|srcset|href|poster|background|lowsrc|dynsrc|action|data)="', cleaned)
        assert "import" not in cleaned and not re.search(r'style="[^"]*(url|image)', cleaned)

    def test_keeps_links_for_a_click(self):
        assert 'href="https://news.example.net/"' in clean('<a href="https://news.example.net/">x</a>')

    def test_leaves_a_box_with_words_for_a_picture_from_outside(self):
        assert clean(REMOTE).count("<img") == 2 and 'alt="Our logo"' in clean(REMOTE) and "src=" not in clean(REMOTE)

    def test_tells_pictures_by_their_bytes(self):
        assert picture_type(PNG) == "image/png"
        assert picture_type(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
        for data in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"", b"RIFF", b"BM"):
            assert picture_type(data) == ""


@pytest.mark.django_db
class TestInTheLedger:
    def shown(self, visit, mail, method="get"):
        client = visit(an_agent())
        return getattr(client, method)(reverse("intake:mail-html", args=[mail.pk]))

    def test_pictures_of_the_mail_stand_in_place(self, visit):
        html = '<img src="cid:a%40x"><img src="cid:b@x"><img src="CID:c@x"><img src="cid:none@x">'
        mail = arrives(
            with_parts(
                html,
                ("a@x", PNG, "image/png"),
                ("b@x", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "image/png"),
                ("c@x", PNG, "application/octet-stream"),
                sender="stranger@example.net",
            )
        )
        page = self.shown(visit, mail).content.decode()
        assert page.count(f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"') == 2
        assert page.count("src=") == 2 and "svg" not in page

    def test_pictures_from_outside_are_off_and_the_page_names_who_would_learn_of_it(self, visit):
        mail = arrives(a_mail("stranger@example.net", html=REMOTE))
        answer = self.shown(visit, mail)
        assert "img-src data:;" in answer["Content-Security-Policy"] and "src=" not in answer.content.decode()
        page = visit(an_agent()).get(reverse("intake:mail", args=[mail.pk])).content.decode()
        assert "<li>news.example.net</li><li>pixel.example.org</li>" in page
        assert "learn that the mail was opened" in page

    def test_pictures_from_outside_come_when_asked_for_this_once_from_the_named_hosts_alone(self, visit):
        mail = arrives(a_mail("stranger@example.net", html=REMOTE))
        answer = self.shown(visit, mail, "post")
        policy = answer["Content-Security-Policy"]
        assert "img-src data: https://news.example.net https://pixel.example.org;" in policy
        assert policy.startswith("sandbox allow-popups") and "default-src 'none'" in policy
        assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "private, no-store")
        page = answer.content.decode()
        assert 'src="https://pixel.example.org/1.gif"' in page and page.count('referrerpolicy="no-referrer"') == 2
        assert "src=" not in self.shown(visit, mail).content.decode()

    def test_no_picture_makes_the_browser_ask_the_desk(self, visit, settings):
        settings.SITE_URL = "https://desk.example.com"
        mail = arrives(a_mail("stranger@example.net", html='<img src="https://desk.example.com/account/logout/">'))
        assert "src=" not in self.shown(visit, mail, "post").content.decode()
        assert "Show pictures" not in visit(an_agent()).get(reverse("intake:mail", args=[mail.pk])).content.decode()


@pytest.mark.django_db
class TestOnTheTicket:
    PROVED = "mx.example.com; dmarc=pass header.from=example.com"

    def addresses(self, ticket, event):
        return [reverse(f"intake:message{suffix}", args=[ticket.number, event]) for suffix in ("", "-html")]

    def statuses(self, visit, user, ticket, event):
        return [visit(user).get(address).status_code for address in self.addresses(ticket, event)]

    @pytest.fixture
    def box(self, db):
        return a_mailbox(trusted_servers="mx.example.com")

    def test_a_message_leads_to_its_mail_for_the_desk_and_its_writer(self, visit, box):
        hanako, sato = a_person(email="hanako@example.com"), an_agent()
        proved = {"Authentication_Results": self.PROVED, "html": REMOTE}
        ticket = arrives(a_mail(message_id="<m1@example.com>", **proved), box).ticket
        mail = arrives(a_mail(In_Reply_To="<m1@example.com>", **proved), box)
        event = mail.comment.event.number
        for user in (sato, hanako):
            page = visit(user).get(ticket.get_absolute_url(), follow=True).content.decode()
            assert self.addresses(ticket, event)[0] in page
            assert self.statuses(visit, user, ticket, event) == self.statuses(visit, user, ticket, 0) == [200, 200]
        page = visit(hanako).get(self.addresses(ticket, event)[0]).content.decode()
        assert "As the sender formatted it" in page and "news.example.net" in page
        answer = visit(hanako).post(self.addresses(ticket, event)[1])
        assert "https://news.example.net" in answer["Content-Security-Policy"]

    def test_is_not_for_others_who_see_the_ticket(self, visit, box):
        a_person(email="hanako@example.com")
        service = a_service(is_confidential=True)
        mail = arrives(a_mail(html=REMOTE, Authentication_Results=self.PROVED), box)
        boss = a_person()
        mail.ticket.watcher_rows.create(user=boss)
        assert self.statuses(visit, boss, mail.ticket, 0) in ([403, 403], [404, 404])
        assert self.statuses(visit, a_person(), mail.ticket, 0) == [404, 404]
        secret = a_ticket(service=service)
        assert self.statuses(visit, an_agent(), secret, 0) == [404, 404]
        assert self.statuses(visit, an_administrator(), secret, 0) == [404, 404]

    def test_is_not_for_whoever_is_named_by_an_unproved_mail(self, visit, box):
        hanako = a_person(email="hanako@example.com")
        mail = arrives(a_mail(html=REMOTE), box)
        assert self.statuses(visit, hanako, mail.ticket, 0) == [403, 403]
        assert self.statuses(visit, an_agent(), mail.ticket, 0) == [200, 200]

    def test_says_so_where_there_is_no_mail(self, visit):
        ticket, sato = a_ticket(), an_agent()
        page, frame = (visit(sato).get(address).content.decode() for address in self.addresses(ticket, 0))
        assert "There is no mail here that you may see" in page and frame == FRAME_HEAD

    def test_of_a_confidential_ticket_is_its_teams_alone(self, visit):
        service, guest_agent = a_service(is_confidential=True), an_agent()
        hanako = a_person(email="hanako@example.com")
        mail = arrives(a_mail(html=REMOTE), a_mailbox(service=service))
        share(mail.ticket, by=an_agent(service.team), via="page", user=guest_agent)
        for user, sees in ((an_agent(service.team), True), (guest_agent, False)):
            page, frame = (visit(user).get(each).content.decode() for each in self.addresses(mail.ticket, 0))
            assert ("As the sender formatted it" in page, "Hello" in frame) == (sees, sees)
        assert mail.ticket.requester == hanako

    def test_is_there_for_what_was_put_into_the_ticket_by_hand(self, visit):
        ticket, sato = a_ticket(), an_agent()
        mail = arrives(a_mail("stranger@example.net", html=REMOTE))
        join_mail(mail, ticket, by=sato, via="page")
        read_waiting()
        mail.refresh_from_db()
        event = mail.comment.event.number
        assert self.statuses(visit, sato, ticket, event) == [200, 200]
        assert self.statuses(visit, ticket.requester, ticket, event) == [403, 403]
