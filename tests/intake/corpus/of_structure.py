# ruff: noqa: E501 – a mail is easier to read in one line
"""Structure: boundaries, headers, line ends, transfer encodings, flowed text."""

from .making import JA, PDF, Mail, b64, mail, mixed, multi, part

A = (("a.pdf", b"%PDF-1"),)
HELLO = part("Content-Type: text/plain; charset=UTF-8", body="こんにちは")
BYE = part("Content-Type: text/plain; charset=UTF-8", body="さようなら")
FLOWED = "Content-Type: text/plain; charset=UTF-8; format=flowed"


def raw(name: str, data: str | bytes, **reading):
    return Mail(name, data.encode() if isinstance(data, str) else data, **reading)


def encoded(
    name: str, encoding: str, body: str | bytes, text: str, kind: str = "Content-Type: text/plain; charset=UTF-8"
):
    return mail(name, kind, f"Content-Transfer-Encoding: {encoding}", body=body, text=text)


S = "プリンターが動きません。\n至急お願いします。"

MAILS = [
    raw("empty", b"", sender=("", "")),
    raw("only-line-ends", b"\r\n\r\n\r\n", sender=("", "")),
    raw("only-headers", "From: hanako@example.com\r\nSubject: 山", subject="山"),
    raw("only-headers-with-blank-line", "From: hanako@example.com\r\nSubject: 山\r\n\r\n", subject="山"),
    raw("no-header-at-all", "こんにちは。\r\nプリンターが動きません。", sender=("", ""), text="こんにちは。\nプリンターが動きません。"),
    raw("no-header-but-words-with-colon", "Note: the printer is broken\r\n\r\n山", sender=("", ""), text="Note: the printer is broken\n\n山"),
    raw("no-mime-headers", "From: hanako@example.com\r\n\r\nプリンター", text="プリンター"),
    raw("bare-lf", "From: hanako@example.com\nSubject: 山\nContent-Type: text/plain; charset=utf-8\n\n一\n二\n", subject="山", text="一\n二"),
    raw("bare-cr", "From: hanako@example.com\rSubject: 山\r\r一\r二\r", subject="山", text="一\n二"),
    raw("mixed-line-ends", "From: hanako@example.com\r\nSubject: 山\n\r\n一\r二\n三\r\n四", subject="山", text="一\n二\n三\n四"),
    raw("cr-cr-lf", "From: hanako@example.com\r\r\nSubject: x\r\r\n\r\r\n山\r\r\n田", subject="x", text="山\n田"),
    raw("mbox-line-first", "From hanako@example.com Sun Nov 22 14:05:00 2026\nFrom: hanako@example.com\nSubject: 山\n\nx", subject="山", text="x"),
    raw("blank-lines-first", "\r\n\r\nFrom: hanako@example.com\r\nSubject: 山\r\n\r\nx", subject="山", text="x"),
    mail("line-without-colon-in-header", "Subject: a", "this is no header", "Content-Type: text/plain; charset=iso-2022-jp",
         body="山".encode("iso2022_jp"), subject="a this is no header", text="山"),
    mail("line-without-colon-behind-other-header", "Subject: a", "X-Mailer: m", "junk junk", "Content-Type: text/html; charset=utf-8",
         body="<p>山", subject="a", text="山", has_html=True),
    raw("no-blank-line-before-the-text", "From: hanako@example.com\r\nSubject: a\r\n山田です。\r\nよろしく", subject="a", text="山田です。\nよろしく"),
    mail("folded-with-tabs", "Subject: a\r\n\tb\r\n\t\tc", mixed().replace("; ", ";\r\n\t"), body=multi(JA, PDF), subject="a b c", text="添付します。", files=A),
    mail("header-of-blank-value", "Subject:", "X-A:", body="山", text="山"),
    mail("content-type-twice", "Content-Type: text/plain; charset=utf-8", "Content-Type: text/html", body="<b>山", text="<b>山"),
    mail("content-type-nonsense", "Content-Type: nonsense", body="山", text="山"),
    mail("content-type-text-alone", "Content-Type: text", body="山", text="山"),
    mail("content-type-with-comment", "Content-Type: (x) text/plain (y); charset=iso-2022-jp (z)", body="山".encode("iso2022_jp"), text="山"),
    mail("content-type-with-blanks", "Content-Type: text / plain ; charset = \"shift_jis\"", body="能力表".encode("cp932"), text="能力表"),
    # parts
    mail("preamble-and-epilogue", mixed(), body=b"This is a multi-part message in MIME format.\r\n" + multi(JA, PDF) + b"epilogue\r\n", text="添付します。", files=A),
    mail("boundary-never-closed", mixed(), body=multi(JA, PDF, end=False)[:-2], text="添付します。", files=A),
    mail("boundary-lines-with-trailing-blanks", mixed(), body=multi(JA, PDF).replace(b"--=_b\r\n", b"--=_b \t\r\n"), text="添付します。", files=A),
    mail("boundary-parameter-with-trailing-blank", mixed(boundary="=_b "), body=multi(JA, PDF), text="添付します。", files=A),
    mail("boundary-not-given", "Content-Type: multipart/mixed", body=multi(JA, PDF), text="添付します。", files=A),
    mail("boundary-other-than-given", mixed(boundary="other"), body=multi(JA, PDF), text="添付します。", files=A),
    mail("boundary-nowhere", mixed(), body="境界がありません", text="境界がありません"),
    mail("boundary-is-the-start-of-another", mixed(boundary="b"),
         body=multi(part(mixed("alternative", "bb"), body=multi(HELLO, boundary="bb")), PDF, boundary="b"), text="こんにちは", files=A),
    mail("boundary-without-quotes-and-semicolon-behind", "Content-Type: multipart/mixed; boundary==_b; charset=utf-8", body=multi(JA, PDF), text="添付します。", files=A),
    mail("boundary-with-special-signs", mixed(boundary="(b)+*?[x]"), body=multi(JA, PDF, boundary="(b)+*?[x]"), text="添付します。", files=A),
    mail("boundary-with-lf-only", mixed(), body=multi(JA, PDF).replace(b"\r\n", b"\n"), text="添付します。", files=A),
    mail("boundary-in-the-text", mixed(), body=multi(part("Content-Type: text/plain", body="見て --=_b これ\n --=_b"), PDF),
         text="見て --=_b これ\n --=_b", files=A),
    mail("inner-boundary-never-closed", mixed(), body=multi(part(mixed("alternative", "in"), body=multi(HELLO, boundary="in", end=False)), PDF),
         text="こんにちは", files=A),
    mail("parts-behind-the-end", mixed(), body=multi(JA) + multi(PDF), text="添付します。", files=A),
    mail("part-without-header", mixed(), body=multi(b"\r\n" + "山".encode(), PDF), text="山", files=A),
    mail("part-without-blank-line", mixed(), body=multi("山田です".encode(), PDF), text="山田です", files=A),
    mail("part-of-words-with-colon", mixed(), body=multi("Note: 山\r\n\r\n田".encode(), PDF), text="Note: 山\n\n田", files=A),
    mail("texts-between-files", mixed(), body=multi(HELLO, PDF, JA, PDF, BYE), text="こんにちは\n\n添付します。\n\nさようなら", files=A * 2),
    mail("texts-and-html-between-files", mixed(),
         body=multi(part("Content-Type: text/html; charset=utf-8", body="<p>一"), PDF, HELLO, part("Content-Type: text/html; charset=utf-8", body="<p>二")),
         text="一\n\nこんにちは\n\n二", has_html=True, files=A),
    mail("mixed-related-alternative-nested", mixed(), body=multi(
        part(mixed("related", "r"), body=multi(
            part(mixed("alternative", "al"), body=multi(HELLO, part("Content-Type: text/html; charset=utf-8", body="<p>こんにちは<img src=cid:1>"), boundary="al")),
            part("Content-Type: image/png; name=絵.png", "Content-ID: <1>", "Content-Transfer-Encoding: base64", body=b64(b"\x89PNG")), boundary="r")),
        PDF), text="こんにちは", has_html=True, files=(("絵.png", b"\x89PNG"), *A)),
    mail("alternative-of-one", mixed("alternative"), body=multi(HELLO), text="こんにちは"),
    mail("multipart-of-nothing", mixed(), body=b"--=_b--\r\n", text="--=_b--"),
    mail("digest", mixed("digest"), body=multi(b"\r\nSubject: one\r\n\r\n1", b"\r\nSubject: two\r\n\r\n2"),
         files=(("one.eml", b"Subject: one\r\n\r\n1"), ("two.eml", b"Subject: two\r\n\r\n2"))),
    # transfer encodings
    encoded("base64", "BASE64", b64(S), S),
    encoded("base64-in-one-line-without-padding", "base64", b64(S + "x").replace(b"\n", b"").rstrip(b"="), S + "x"),
    encoded("base64-with-junk", "base64", b64(S).replace(b"\n", b"!\r\n*"), S),
    encoded("base64-in-pieces-with-padding-inside", "base64", b64("山") + b64("a") + b64("川"), "山a川"),
    encoded("base64-with-a-footer-behind", "base64", b64("山です。") + "_____\nML の管理人 より".encode(), "山です。\n_____\nML の管理人 より"),
    encoded("base64-that-is-plain", "base64", S, S),
    encoded("base64-that-is-plain-english", "base64", "Hello there, this is plain.", "Hello there, this is plain."),
    encoded("base64-misspelt", "base-64", b64(S), S),
    encoded("base64-with-comment", 'base64 (really)', b64(S), S),
    encoded("quoted-printable", "quoted-printable", "=E5=B1=B1=\n=E7=94=B0 a=3Db", "山田 a=b"),
    encoded("quoted-printable-soft-break-inside-a-character", "Quoted-Printable", "=E5=B1=\n=B1", "山"),
    encoded("quoted-printable-soft-break-with-blanks", "quoted-printable", b"=E5=B1=B1=  \r\n=E7=94=B0", "山田"),
    encoded("quoted-printable-soft-break-by-bare-cr", "quoted-printable", b"=E5=B1=B1=\r=E7=94=B0", "山田"),
    encoded("quoted-printable-broken-escapes", "quoted-printable", "100=% =XY =E5=B1=B1 ==3D =", "100=% =XY 山 =="),
    encoded("quoted-printable-lower-case", "quoted-printable", "=e5=b1=b1", "山"),
    encoded("quoted-printable-with-raw-bytes", "quoted-printable", "山=E7=94=B0", "山田"),
    encoded("quoted-printable-misspelt", "qouted printable", "=E5=B1=B1", "山"),
    encoded("7bit-that-is-8-bit", "7bit", S, S),
    encoded("8-bit-misspelt", "8-bit", S, S),
    encoded("binary", "binary", S, S),
    encoded("unknown-encoding", "x-nobody", S, S),
    encoded("iso-2022-jp-in-quoted-printable", "quoted-printable", b"=1B$B%W%j%s%?!<=1B(B", "プリンター", "Content-Type: text/plain; charset=iso-2022-jp"),
    encoded("uuencode-as-encoding", "x-uuencode", b"begin 644 x.txt\r\n#Y;&Q\r\n`\r\nend\r\n", "山"),
    mail("uuencoded-file-in-the-text", "Content-Type: text/plain; charset=utf-8",
         body="添付です。\nbegin 644 cat.txt\n#0V%T\n`\nend\n以上", text="添付です。\n\n以上", files=(("cat.txt", b"Cat"),)),
    mail("uuencode-that-is-none", "Content-Type: text/plain; charset=utf-8", body="begin 644 表\n山田\nend", text="begin 644 表\n山田\nend"),
    mail("multipart-said-to-be-base64", mixed(), "Content-Transfer-Encoding: base64", body=multi(JA, PDF), text="添付します。", files=A),
    mail("file-binary-with-line-ends", mixed(), body=multi(JA, part("Content-Type: application/octet-stream; name=b.bin", "Content-Transfer-Encoding: binary", body=b"\x00\r\n\r\x0a\xff")),
         text="添付します。", files=(("b.bin", b"\x00\r\n\r\x0a\xff"),)),
    mail("file-base64-broken", mixed(), body=multi(JA, part("Content-Type: application/octet-stream; name=b.bin", "Content-Transfer-Encoding: base64", body=b"AAEC\r\nAw")),
         text="添付します。", files=(("b.bin", b"\0\1\2\3"),)),
    # flowed text
    mail("flowed", FLOWED, body="これは \n一つの行です。\n\n  次 \nの段落", text="これは 一つの行です。\n\n 次 の段落"),
    mail("flowed-delsp", FLOWED + "; delsp=yes", body="これは \n一つの \n行です。\n> 引用 \n> です\n返事", text="これは一つの行です。\n> 引用です\n返事"),
    mail("flowed-quotes-of-different-depth", FLOWED, body="> a \n>> b \n> c\nd", text="> a\n>> b\n> c\nd"),
    mail("flowed-stuffed-and-signature", FLOWED, body=" From 山\n >x \n-- \n花子", text="From 山\n>x\n-- \n花子", reply="From 山\n>x"),
    mail("fixed-with-blanks-at-ends", "Content-Type: text/plain; charset=utf-8", body="山 \n田 \n", text="山 \n田"),
]  # fmt: skip
