"""What a mail says: charsets, headers, parts, HTML, quotes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.intake.mail.charsets import decode
from servicedesk.intake.mail.html import to_text
from servicedesk.intake.mail.quotes import reply_part
from servicedesk.intake.mail.reading import TooMuch, addresses, decoded, read
from servicedesk.intake.mail.signs import signs_of
from tests.intake.mails import a_mail

SENTENCE = "プリンターが動きません。至急お願いします。"


def letter(headers: str, body: bytes = b"Hello") -> object:
    head = headers.strip().replace("\n", "\r\n").encode("utf-8", "surrogateescape")
    return read(b"From: a@example.com\r\n" + head + b"\r\n\r\n" + body)


class TestCharsets:
    @pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "iso2022_jp", "gb18030", "utf-16"])
    def test_as_declared(self, codec):
        declared = {"cp932": "Shift_JIS", "euc_jp": "EUC-JP", "iso2022_jp": "ISO-2022-JP"}.get(codec, codec)
        assert decode(SENTENCE.encode(codec), declared) == SENTENCE

    @pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "iso2022_jp"])
    @pytest.mark.parametrize("declared", [None, "us-ascii", "iso-8859-1", "x-unknown", "utf-8"])
    def test_when_the_declaration_is_wrong_or_missing(self, codec, declared):
        assert decode(SENTENCE.encode(codec), declared) == SENTENCE

    def test_signs_that_only_windows_knows(self):
        assert decode("①㈱髙﨑～".encode("cp932"), "shift_jis") == "①㈱髙﨑～"
        assert decode(b"\x1b$B-!-j|b\x1b(B", "iso-2022-jp") == "①㈱髙"
        assert decode(b"\xad\xa1\xad\xea", "euc-jp") == "①㈱"

    def test_half_width_kana_in_iso_2022_jp(self):
        assert decode(b"\x1b(I\x4c\x5f\x58\x5d\x40\x1b(B", "iso-2022-jp") == "ﾌﾟﾘﾝﾀ"
        assert decode(b"\x0e\x4c\x5f\x58\x5d\x40\x0f!", "iso-2022-jp") == "ﾌﾟﾘﾝﾀ!"

    def test_western_and_cyrillic(self):
        assert decode("Grüße aus Köln".encode("cp1252"), "iso-8859-1") == "Grüße aus Köln"
        assert decode("Привет".encode("koi8_r"), "koi8-r") == "Привет"

    @given(st.text(max_size=200), st.sampled_from(["utf-8", "cp932", "euc_jp", "iso2022_jp", "utf-16"]))
    def test_what_is_declared_rightly_is_never_changed(self, text, codec):
        text = text.replace("\x1b", "").replace("\ufeff", "").replace("\x0e", "").replace("\x0f", "")
        try:
            data = text.encode(codec)
        except UnicodeEncodeError:
            return
        plain = data.decode(codec)
        same = {ord("〜"): "～", ord("−"): "－", ord("‖"): "∥", ord("¥"): "\\", ord("‾"): "~", ord("—"): "―",
                ord("¢"): "￠", ord("£"): "￡", ord("¬"): "￢"}  # fmt: skip
        assert decode(data, codec.replace("iso2022_jp", "iso-2022-jp")).translate(same) == plain.translate(same)

    @given(
        st.binary(max_size=300),
        st.sampled_from([None, "utf-8", "iso-2022-jp", "shift_jis", "euc-jp", "", "zlib", "\0"]),
    )
    def test_never_raises(self, data, declared):
        assert isinstance(decode(data, declared), str)


class TestHeaders:
    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            ("=?ISO-2022-JP?B?GyRCJVclaiVzJT8hPBsoQg==?=", "プリンター"),
            ('"=?UTF-8?B?5bGx55Sw?= 花子"', '"山田 花子"'),
            ("=?utf-8?b?44OX44Oq44Oz?=\r\n =?utf-8?b?44K/44O8?=", "プリンター"),
            ("=?utf-8?b?44OX44Oq44Oz44I=?= =?utf-8?b?v+ODvA==?=", "プリンター"),
            ("=?utf-8?q?broken", "=?utf-8?q?broken"),
            ("プリンター".encode("cp932").decode("ascii", "surrogateescape"), "プリンター"),
            ("\x1b$B%W%j%s%?!<\x1b(B", "プリンター"),
            ("a\r\n\tb", "a b"),
            ("Re: =?utf-8?q?a_b?= c =?utf-8?Q?=E5=B1=B1?= d", "Re: a b c 山 d"),
            ("=?iso-2022-jp?b?GyRC?= =?utf-8?b?44OX?=", "プ"),
            ("=?utf-8?b?44OX", "=?utf-8?b?44OX"),
        ],
    )
    def test_are_decoded(self, raw, text):
        assert decoded(raw) == text

    def test_addresses_of_all_shapes(self):
        assert addresses('"山田, 花子" <Hanako@Example.com>, taro@example.com') == [
            ("山田, 花子", "hanako@example.com"), ("", "taro@example.com"),
        ]  # fmt: skip
        assert addresses("<a..b.@docomo.example.jp>") == [("", "a..b.@docomo.example.jp")]
        assert addresses("no address at all") == []
        encoded = "=?utf-8?q?evil=40example=2Ecom=3E=2C?= <good@example.com>"
        assert [address for _name, address in addresses(encoded)] == ["good@example.com"]

    def test_file_names_of_all_shapes(self):
        name = "見積書①.pdf"
        start = "utf-8''%E8%A6%8B%E7%A9%8D"
        in_utf8 = base64.b64encode(name.encode()).decode()
        parts = [
            f'Content-Disposition: attachment; filename="=?utf-8?b?{in_utf8}?="',
            "Content-Disposition: attachment; filename*=utf-8''%E8%A6%8B%E7%A9%8D%E6%9B%B8%E2%91%A0.pdf",
            f"Content-Disposition: attachment; filename*0*={start}; filename*1*=%E6%9B%B8%E2%91%A0.pdf",
            f'Content-Type: application/pdf; name="=?utf-8?b?{in_utf8}?="\r\nContent-Disposition: attachment',
        ]
        body = b"".join(b"--x\r\n" + part.encode() + b"\r\n\r\ndata\r\n" for part in parts) + b"--x--"
        found = letter("Content-Type: multipart/mixed; boundary=x", body)
        assert [file.name for file in found.files] == [name] * 4

    def test_paths_in_file_names_are_cut_off(self):
        head = 'Content-Type: application/pdf; name="../../etc/passwd"\nContent-Disposition: attachment'
        assert [file.name for file in letter(head).files] == ["passwd"]


class TestParts:
    def test_text_html_and_files(self):
        found = read(a_mail(html="<p>Rich</p>", files=[("a.txt", b"abc", "text/plain")]).as_bytes())
        assert found.text.startswith("The printer") and "Rich" in found.html
        assert [(file.name, file.data) for file in found.files] == [("a.txt", b"abc")]

    def test_html_alone(self):
        assert letter("Content-Type: text/html; charset=utf-8", SENTENCE.encode()).text == SENTENCE

    def test_a_charset_that_only_the_html_tells(self):
        body = b'<meta charset="shift_jis">' + SENTENCE.encode("cp932")
        assert letter("Content-Type: text/html", body).text == SENTENCE

    def test_a_message_as_a_file(self):
        inner = a_mail(subject="Inner").as_bytes()
        body = b"--x\r\n\r\nSee below\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--x--"
        found = letter("Content-Type: multipart/mixed; boundary=x", body)
        assert found.text == "See below" and found.files[0].name == "Inner.eml" and b"Inner" in found.files[0].data

    def test_broken_structure_is_read_as_far_as_it_goes(self):
        assert letter("Content-Type: multipart/mixed; boundary=x", b"no boundary at all").text == "no boundary at all"
        assert letter("Content-Type: multipart/mixed", b"no boundary at all").text == "no boundary at all"
        assert letter("Content-Type: nonsense", b"words").text == "words"
        assert letter("Content-Transfer-Encoding: base64", b"not base64!").text

    @given(st.binary(max_size=2000))
    def test_never_raises(self, raw):
        try:
            read(raw)
            read(b"Content-Type: multipart/mixed; boundary=x\r\nFrom: " + raw)
        except TooMuch:
            pass

    @given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=300))
    def test_never_loses_a_letter_of_a_text(self, text):
        found = read(a_mail(text=text).as_bytes())
        assert found.text == text.strip().replace("\r", "\n")


class TestHtmlAsText:
    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("<p>one</p><p>two</p>", "one\n\ntwo"),
            ("<div>one</div><div>two</div>", "one\ntwo"),
            ("one<br>two", "one\ntwo"),
            ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
            ('<a href="https://example.com/x">here</a>', "here (https://example.com/x)"),
            ('<a href="https://example.com/">https://example.com</a>', "https://example.com"),
            ("<blockquote>old</blockquote>new", "> old\n\nnew"),
            ("<style>p{}</style><script>x</script>text", "text"),
            ("<table><tr><td>a</td><td>b</td></tr></table>", "a  b"),
            ("&lt;b&gt; &amp; &nbsp;x", "<b> &  x"),
            ("<pre>a\n  b</pre>", "a\n  b"),
        ],
    )
    def test_reads_as_a_person_would(self, html, text):
        assert to_text(html) == text


class TestReplyPart:
    @pytest.mark.parametrize(
        "old",
        [
            "On Sun, 22 Nov 2026 at 14:05, Desk <desk@example.com> wrote:\n> old\n> words",
            "On Sun, 22 Nov 2026 at 14:05, A Very Long Name Of A Desk\n<desk@example.com> wrote:\n\n> old",
            "2026年11月22日(日) 14:05 サービスデスク <desk@example.com>:\n\n> 前の文",
            "2026年11月22日(日) 14:05、サービスデスク <desk@example.com> のメール:\n> 前の文",
            "2026/11/22 14:05、サービスデスク <desk@example.com>のメール:\n> 前の文",
            "サービスデスクさんは書きました:\n> 前の文",
            "-----Original Message-----\nFrom: Desk\nSent: Sunday\n\nold",
            "-----元のメッセージ-----\n差出人: 窓口\n\n前の文",
            "________________________________\nFrom: Desk\nSent: Sunday\nTo: me\nSubject: x\n\nold",
            "差出人: 窓口 <desk@example.com>\n送信日時: 2026年11月22日 14:05\n宛先: 私\n件名: x\n\n前の文",
            "From: Desk <desk@example.com>\nSent: Sunday\nTo: me\nSubject: x\n\nold",
            "> old\n> words",
            "-- \nHanako\nSales",
        ],
    )
    def test_is_what_is_new(self, old):
        assert reply_part(f"直りました。\nThank you.\n\n{old}\n") == "直りました。\nThank you."

    @pytest.mark.parametrize(
        "text",
        [
            "Only new words",
            "> Which printer?\nThe red one\n> Which floor?\nThe second",
            "On Sun, 22 Nov 2026, Desk <d@example.com> wrote:\n> Which printer?\nThe red one.\n> And when?\nNow.",
            "From: the start it was broken",
            "The log says:\n2026/11/22 14:05 error 5: failed",
            "> only a quote",
        ],
    )
    def test_is_everything_when_in_doubt(self, text):
        assert reply_part(text) == text

    def test_of_html_is_cut_where_the_program_says(self):
        html = '<div>New</div><div class="gmail_quote"><div>On Sun Desk &lt;d@e.f&gt; wrote:</div>old</div>'
        assert reply_part(to_text(html)) == "New"
        html = '<p>New</p><div id="divRplyFwdMsg"><b>From:</b> Desk</div><div>old</div>'
        assert reply_part(to_text(html)) == "New"


class TestSigns:
    @pytest.mark.parametrize(
        ("headers", "signs"),
        [
            ({}, ""),
            ({"Auto_Submitted": "no"}, ""),
            ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
            ({"Auto_Submitted": "auto-generated"}, "by_machine"),
            ({"Precedence": "bulk"}, "by_machine"),
            ({"Precedence": "list"}, "from_list"),
            ({"List_Id": "<x.example.com>"}, "from_list"),
            ({"sender": "noreply@example.com"}, "by_machine"),
            ({"X_Failed_Recipients": "x@example.com"}, "bounce"),
            ({"subject": "不在のお知らせ"}, "auto_reply"),
        ],
    )
    def test_are_known(self, headers, signs):
        found = signs_of(read(a_mail(**headers).as_bytes()), "person@example.com")
        assert [name for name in vars(found) if getattr(found, name)] == ([signs] if signs else [])
        assert found.answerable == (not signs)

    def test_reports_are_told_apart(self):
        for kind, sign in (("delivery-status", "bounce"), ("disposition-notification", "receipt")):
            found = letter(f"Content-Type: multipart/report; report-type={kind}; boundary=x", b"--x\r\n\r\nx\r\n--x--")
            assert getattr(signs_of(found, None), sign)
