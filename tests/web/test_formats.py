"""How values look: times, sizes, running text, Markdown; in both languages."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from servicedesk.web import formats

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = dt.datetime(2026, 11, 22, 14, 5, tzinfo=TOKYO)


@pytest.fixture(autouse=True)
def tokyo():
    with timezone.override(TOKYO), translation.override("en"):
        yield


def render(source, **context):
    return Template("{% load web %}" + source).render(Context(context))


class TestExact:
    def test_in_japanese(self):
        with translation.override("ja"):
            assert formats.exact(NOW) == "2026年11月22日(日) 14:05"
            assert formats.exact(NOW.date()) == "2026年11月22日(日)"
            assert formats.month(NOW) == "2026年11月"

    def test_in_english(self):
        assert formats.exact(NOW) == "Sun 22 Nov 2026, 14:05"
        assert formats.exact(dt.time(9, 5)) == "09:05"
        assert formats.exact(None) == ""

    def test_in_the_zone_of_the_reader(self):
        with timezone.override(ZoneInfo("Europe/Berlin")):
            assert formats.exact(NOW) == "Sun 22 Nov 2026, 06:05"


class TestWhen:
    @pytest.mark.parametrize(
        ("ago", "words"),
        [
            (dt.timedelta(seconds=20), "just now"),
            (dt.timedelta(seconds=-20), "in a moment"),
            (dt.timedelta(minutes=3), "3 min ago"),
            (dt.timedelta(minutes=-50), "in 50 min"),
            (dt.timedelta(hours=5), "5 hours ago"),
            (dt.timedelta(hours=16), "yesterday 22:05"),
            (dt.timedelta(hours=30), "yesterday 08:05"),
            (dt.timedelta(hours=-20), "tomorrow 10:05"),
            (dt.timedelta(days=2), "Fri 20 Nov 2026, 14:05"),
        ],
    )
    def test_relative_near_now_and_exact_elsewhere(self, ago, words):
        assert formats.when(NOW - ago, NOW) == words

    @pytest.mark.parametrize(
        ("ago", "words"),
        [
            (dt.timedelta(seconds=5), "now"),
            (dt.timedelta(minutes=3), "3 min"),
            (dt.timedelta(hours=26), "1 d"),
            (dt.timedelta(days=19), "3 Nov"),
            (dt.timedelta(days=400), "October 2025"),
        ],
    )
    def test_short(self, ago, words):
        assert formats.short_when(NOW - ago, NOW) == words

    def test_on_an_open_page_today_is_a_time_and_another_day_is_exact(self):
        now = timezone.now()
        assert re.fullmatch("[0-9]{2}:[0-9]{2}", formats.clock(now))
        assert formats.clock(now - dt.timedelta(days=3)) == formats.exact(now - dt.timedelta(days=3))

    def test_the_tag_has_the_exact_time_on_hover(self):
        moment = timezone.now() - dt.timedelta(minutes=3)
        html = render("{% when moment %}", moment=moment)
        assert f'<time datetime="{moment.isoformat()}" title="{formats.exact(moment)}">3 min ago</time>' == html
        assert "title" not in render('{% when moment "exact" %}', moment=moment)
        assert render("{% when nothing %}") == ""
        assert render("{% when day %}", day=NOW.date()) == '<time datetime="2026-11-22">Sun 22 Nov 2026</time>'


class TestNumbers:
    def test_durations(self):
        assert formats.duration(14) == "14 min"
        assert formats.duration(dt.timedelta(days=2, hours=3, minutes=5)) == "2 d 3 h"
        assert formats.duration(0) == "0 min"

    def test_clocks(self):
        assert formats.clock_left(dt.timedelta(minutes=14)) == "0:14"
        assert formats.clock_left(dt.timedelta(minutes=-100)) == "−1:40"
        assert formats.clock_left(dt.timedelta(days=2)) == "2 d"

    @pytest.mark.parametrize(
        ("size", "words"),
        [
            (None, ""),
            (1, "1\u00a0byte"),
            (900, "900\u00a0bytes"),
            (1536, "1.5\u00a0KB"),
            (25 * 2**20, "25\u00a0MB"),
            (2**20, "1.0\u00a0MB"),
        ],
    )
    def test_sizes(self, size, words):
        assert formats.filesize(size) == words

    def test_separators(self):
        assert formats.number(1234567) == "1,234,567"


class TestPlain:
    def test_text_is_only_text(self):
        assert formats.plain("<b>a</b>\n& b") == "&lt;b&gt;a&lt;/b&gt;<br>\n&amp; b"

    @pytest.mark.parametrize(
        ("text", "href"),
        [
            ("見る：https://example.com/a?b=1&c=2。", "https://example.com/a?b=1&amp;c=2"),
            ("(https://example.com/x(1))", "https://example.com/x(1)"),
            ("https://example.com/a.", "https://example.com/a"),
            ("「https://example.com/日本」", "https://example.com/日本"),
            ("write to a.b+c@example.co.jp!", "mailto:a.b+c@example.co.jp"),
        ],
    )
    def test_addresses_become_links(self, text, href):
        assert f'<a href="{href}" rel="noopener noreferrer nofollow">' in formats.plain(text)

    @pytest.mark.parametrize(
        "text", ["javascript:alert(1)", 'https://a"onclick=x', "<a href='javascript:x'>y</a>", "data:text/html,x"]
    )
    def test_nothing_else_does(self, text):
        html = formats.plain(text)
        for tag in re.findall(r"<[^>]*>", html):
            assert re.fullmatch(r'</a>|<a href="https://[^"]*" rel="[a-z ]*">', tag)


class TestMarkdown:
    def test_headings_stay_below_the_page(self):
        assert "<h3>A</h3>" in formats.markdown("# A")
        assert "<h2>A</h2>" in formats.markdown("# A", 2)
        assert "<h6>A</h6>" in formats.markdown("##### A")

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "![x](javascript:alert(1))",
            "<img src=x onerror=alert(1)>",
            "[x](https://a.example 'a\"onmouseover=\"b')",
            "<svg/onload=alert(1)>",
            "```\n<script>\n```",
            "[a]: javascript:alert(1)\n\n[a]",
        ],
    )
    def test_scripts_do_not_get_through(self, text):
        for tag in re.findall(r"<[^>]*>", formats.markdown(text)):
            assert re.fullmatch(r'</?(p|pre|code|a|br)>|<a href="https?://[^"]*"( title="[^"]*")? rel="[a-z ]*">', tag)

    @pytest.mark.parametrize("source", ["https://evil.example/p.png", "//evil.example/p.png", "p.png"])
    def test_pictures_from_outside_become_links(self, source):
        html = formats.markdown(f"![plan]({source})")
        assert "<img" not in html
        assert "plan" in html

    def test_our_own_pictures_are_shown(self):
        assert '<img src="/files/1/" alt="plan">' in formats.markdown("![plan](/files/1/)")

    def test_bare_addresses_become_links_once(self):
        html = formats.markdown("see https://example.com/a. [b](https://example.com/b) `https://example.com/c`")
        assert html.count("<a ") == 2
        assert html.count('rel="noopener noreferrer nofollow"') == 2

    def test_tables_and_line_breaks(self):
        html = formats.markdown("a\nb\n\n| x | y |\n|---|---|\n| 1 | 2 |")
        assert "<br>" in html
        assert "<table>" in html

    def test_too_long_or_too_deep_does_not_hang(self):
        formats.markdown(">" * 50_000)
        formats.markdown("[" * 50_000)
        assert "<br>" in formats.markdown("*a\n" * 100_000)


class TestTags:
    def test_priority_is_told_by_text_and_shape(self):
        html = render('{% priority_badge 1 "VIP" %}')
        assert "P1" in html
        assert "#p1" in html
        assert 'title="VIP"' in html
        assert "No priority" in render("{% priority_badge None %}")
        assert "No priority" in render("{% priority_badge 9 %}")

    def test_status_and_clock(self):
        assert render('{% status_pill "New" "new" %}') == '<span class="pill pill-new">New</span>'
        assert "pill-closed" in render('{% status_pill label "odd" %}', label="<i>")
        assert "&lt;i&gt;" in render('{% status_pill label "odd" %}', label="<i>")
        assert "clock-near" in render('{% clock_pill "0:14 left" "near" %}')

    @pytest.mark.parametrize(
        ("name", "signs"), [("佐藤 花子", "佐"), ("Anna Maria Schmidt", "AS"), ("Cher", "C"), ("", "?")]
    )
    def test_initials(self, name, signs):
        assert formats.initials(name) == signs

    def test_query_with_changes_some_values(self):
        request = RequestFactory().get("/?status=new&page=3&tag=a&tag=b")
        context = Context({"request": request})
        shown = Template('{% load web %}{% query_with page=None status="a b" %}').render(context)
        assert shown == "?tag=a&amp;tag=b&amp;status=a+b"

    def test_devices(self):
        chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
        assert formats.device(chrome) == "Chrome · Windows"
        assert formats.device("curl/8.5") == "curl"
        assert formats.device("") == "Unknown"
