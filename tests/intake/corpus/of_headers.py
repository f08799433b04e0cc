# ruff: noqa: E501 – a mail is easier to read in one line
"""Headers: raw bytes, encoded words, addresses, file names."""

from .making import b64, mail, mixed, multi, part, word

SUBJECT = "プリンターの障害について"
NAME = "山田 花子"
AT = "hanako@example.com"


def subject(name: str, value: str | bytes, text: str, *more: str | bytes):
    raw = value if isinstance(value, bytes) else value.encode()
    return mail(name, b"Subject: " + raw, *more, body=b"x", subject=text, text="x")


def sender(name: str, value: str | bytes, *reading: str, **more):
    raw = value if isinstance(value, bytes) else value.encode()
    return mail(name, b"From: " + raw, body=b"x", sender=reading, text="x", **more)


def file(name: str, shown: str, *head: str | bytes):
    attached = part(*head, body=b"data")
    text = part("Content-Type: text/plain", body=b"x")
    return mail(name, mixed(), body=multi(text, attached), text="x", files=((shown, b"data"),))


EUC, SJIS, JIS = SUBJECT.encode("euc_jp"), SUBJECT.encode("cp932"), SUBJECT.encode("iso2022_jp")
U = word(SUBJECT)

MAILS = [
    subject("subject-raw-utf-8", SUBJECT, SUBJECT),
    subject("subject-raw-shift-jis", SJIS, SUBJECT),
    subject("subject-raw-euc-jp", EUC, SUBJECT),
    subject("subject-raw-iso-2022-jp", JIS, SUBJECT),
    subject("subject-raw-euc-jp-short-told-by-the-body", "田村".encode("euc_jp"), "田村", "Content-Type: text/plain; charset=euc-jp"),
    subject("subject-raw-shift-jis-half-width-told-by-the-body", "ﾃｨ".encode("cp932"), "ﾃｨ", "Content-Type: text/plain; charset=Shift_JIS"),
    subject("subject-raw-utf-8-with-body-of-iso-2022-jp", SUBJECT, SUBJECT, "Content-Type: text/plain; charset=ISO-2022-JP"),
    subject("subject-raw-latin-1", "Störung am Drucker".encode("latin-1"), "Störung am Drucker", "Content-Type: text/plain; charset=iso-8859-1"),
    subject("subject-raw-utf-8-folded", "プリンターの\r\n\t障害に\r\n ついて", "プリンターの 障害に ついて"),
    subject("subject-raw-and-encoded", "至急 ".encode("cp932") + U.encode(), "至急 " + SUBJECT),
    subject("subject-encoded-iso-2022-jp", word(SUBJECT, "ISO-2022-JP", "iso2022_jp"), SUBJECT),
    subject("subject-encoded-vendor-signs", "=?ISO-2022-JP?B?GyRCLSEtanxiGyhC?=", "①㈱髙"),
    subject("subject-split-inside-a-character", "=?utf-8?B?44OX44Oq44Oz44I=?=\r\n =?utf-8?B?v+ODvA==?=", "プリンター"),
    subject("subject-split-inside-shift-jis", "=?shift_jis?Q?=83v=83=8A=83=93=83?=\r\n =?shift_jis?Q?^=81[?=", "プリンター"),
    subject("subject-split-in-q-and-b", "=?utf-8?Q?=E3=83?= =?utf-8?B?lw==?=", "プ"),
    subject("subject-words-of-different-charsets", "=?ISO-2022-JP?B?GyRCJVcbKEI=?= =?utf-8?B?44Oq?= =?Shift_JIS?Q?=83=93?=", "プリン"),
    subject("subject-blank-between-words-goes", "=?utf-8?Q?=E3=83=97?=   =?utf-8?Q?=E3=83=AA?=", "プリ"),
    subject("subject-blank-beside-text-stays", "Re: =?utf-8?Q?=E5=B1=B1?= and =?utf-8?Q?=E7=94=B0?= x", "Re: 山 and 田 x"),
    subject("subject-word-with-blanks-inside", "=?utf-8?Q?Drucker f=C3=BCr 山?=".replace("山", "=E5=B1=B1"), "Drucker für 山"),
    subject("subject-word-folded-inside", "=?utf-8?B?44OX44Oq\r\n 44Oz44K/44O8?=", "プリンター"),
    subject("subject-word-without-padding", "=?utf-8?B?44OX44Oq44Oz44K/44O844Gu?= =?utf-8?B?6Zqc5a4z?=".replace("6Zqc5a4z", "6Zqc5a6z"), "プリンターの障害"),
    subject("subject-b-padding-missing", "=?utf-8?B?5bGxYQ?=", "山a"),
    subject("subject-b-one-letter-too-many", "=?utf-8?B?5bGxY?=", "山"),
    subject("subject-b-with-junk", "=?utf-8?B?5b*Gx?=", "山"),
    subject("subject-q-with-underscores", "=?utf-8?Q?=E5=B1=B1_=E7=94=B0=5F1?=", "山 田_1"),
    subject("subject-q-lower-case-hex", "=?utf-8?q?=e5=b1=b1?=", "山"),
    subject("subject-q-with-broken-escape", "=?utf-8?Q?=E5=B1=B1=ZZ=?=", "山=ZZ="),
    subject("subject-q-with-question-mark", "=?utf-8?Q?=E5=B1=B1?_ok?=", "山? ok"),
    subject("subject-with-language", "=?utf-8*ja?B?5bGx55Sw?=", "山田"),
    subject("subject-of-unknown-charset", "=?x-nobody?B?5bGx55Sw?=", "山田"),
    subject("subject-utf-8-declared-us-ascii", "=?us-ascii?Q?=E5=B1=B1=E7=94=B0?=", "山田"),
    subject("subject-word-never-closed", "=?utf-8?B?5bGx55Sw", "=?utf-8?B?5bGx55Sw"),
    subject("subject-that-looks-like-a-word", "a =?b c?= =?x?y?z?=", "a =?b c?= =?x?y?z?="),
    subject("subject-words-without-blank-between", "=?utf-8?B?5bGx?==?utf-8?B?55Sw?=", "山田"),
    subject("subject-raw-utf-8-inside-a-word", "=?UTF-8?Q?山田?=", "山田"),
    subject("subject-folded-without-indent", "=?utf-8?B?5bGx?=\r\n=?utf-8?B?55Sw?=", "山田"),
    subject("subject-with-tab-and-control-signs", "a\tb\x07\x00c 山", "a b c 山"),
    subject("subject-empty", "", ""),
    mail("subject-twice", f"Subject: {word('一')}", "Subject: two", body=b"x", subject="一", text="x"),
    mail("subject-in-capitals-with-blank-before-colon", f"SUBJECT : {U}", body=b"x", subject=SUBJECT, text="x"),
    sender("from-raw-utf-8", f"{NAME} <{AT}>", NAME, AT),
    sender("from-raw-shift-jis", f"表示 <{AT}>".encode("cp932"), "表示", AT),
    sender("from-raw-shift-jis-in-quotes-with-backslash-byte", f'"表示ソ" <{AT}>'.encode("cp932"), "表示ソ", AT),
    sender("from-raw-euc-jp", f"やまだ <{AT}>".encode("euc_jp"), "やまだ", AT),
    sender("from-raw-iso-2022-jp-with-brackets-among-its-bytes", f'"佐藤　一" <{AT}>'.encode("iso2022_jp"), "佐藤 一", AT),
    sender("from-encoded", f"{word(NAME)} <{AT}>", NAME, AT),
    sender("from-encoded-in-quotes", f'"{word(NAME)}" <{AT}>', NAME, AT),
    sender("from-encoded-with-comma-inside", f"{word('山田, 花子')} <{AT}>", "山田, 花子", AT),
    sender("from-encoded-address-inside", f"{word('boss@example.com, x')} <{AT}>", "boss@example.com, x", AT),
    sender("from-comma-in-unquoted-name", f"山田, 花子 <{AT}>", "山田, 花子", AT),
    sender("from-comma-and-title-unquoted", f"Yamada, Hanako, Dr. <{AT}>", "Yamada, Hanako, Dr.", AT),
    sender("from-comma-in-quotes", f'"Yamada, Hanako" <{AT}>', "Yamada, Hanako", AT),
    sender("from-several", f"{word('山田')} <{AT}>, taro@example.com", "山田", AT),
    sender("from-group", f"Sales: {word('山田')} <{AT}>, taro@example.com;", "山田", AT),
    sender("from-group-of-nobody-and-sender", "undisclosed-recipients:;\r\nSender: hanako@example.com", "", AT),
    sender("from-comment-as-name", f"{AT} ({word('山田')})", "山田", AT),
    sender("from-comment-in-address", "Hanako <hanako(home)@(work)example.com>", "Hanako", AT),
    sender("from-nested-comments", f"Hanako (of (the) desk) <{AT}>", "Hanako", AT),
    sender("from-no-brackets-and-name", f"山田 {AT}", "山田", AT),
    sender("from-brackets-never-closed", f"Hanako <{AT}", "Hanako", AT),
    sender("from-quote-never-closed", f'"Hanako <{AT}>', "Hanako", AT),
    sender("from-blanks-in-address", "Hanako < hanako @ example.com >", "Hanako", AT),
    sender("from-capitals", "<HANAKO@Example.COM>", "", AT),
    sender("from-mailto", f"Hanako <mailto:{AT}>", "Hanako", AT),
    sender("from-route", f"<@relay.example.net,@b.example:{AT}>", "", AT),
    sender("from-escaped-quotes", f'"Hanako \\"Hana\\" Y." <{AT}>', 'Hanako "Hana" Y.', AT),
    sender("from-docomo-dots-before-at", "<hana..ko.@docomo.example.jp>", "", "hana..ko.@docomo.example.jp"),
    sender("from-au-dots-in-quotes", '花子 <"hana..ko."@ezweb.example.jp>', "花子", "hana..ko.@ezweb.example.jp"),
    sender("from-starts-with-dot", ".hanako@softbank.example.jp", "", ".hanako@softbank.example.jp"),
    sender("from-domain-in-japanese", "花子 <hanako@例え.jp>", "花子", "hanako@xn--r8jz45g.jp"),
    sender("from-address-is-its-name", f'"{AT}" <{AT}>', AT, AT),
    sender("from-other-address-as-name", f'"boss@example.com" <{AT}>', "boss@example.com", AT),
    sender("from-folded", f"{word('山田')}\r\n\t{word('花子')}\r\n <{AT}>", "山田花子", AT),
    sender("from-nobody", "Hanako", "", ""),
    sender("from-empty-and-return-path", f"\r\nReturn-Path: <{AT}>", "", AT),
    sender("from-with-colon-in-quotes", f'"総務: 山田" <{AT}>', "総務: 山田", AT),
    file("file-encoded-words", "見積書①.pdf", f'Content-Disposition: attachment; filename="{word("見積書①.pdf")}"'),
    file("file-encoded-words-of-two", "見積書①.pdf",
         f'Content-Disposition: attachment; filename="{word("見積")}\r\n {word("書①.pdf")}"'),
    file("file-encoded-word-without-quotes", "見積書.pdf", f"Content-Disposition: attachment; filename={word('見積書.pdf')}"),
    file("file-encoded-word-in-iso-2022-jp", "見積書.pdf", f'Content-Type: application/pdf;\r\n name="{word("見積書.pdf", "ISO-2022-JP", "iso2022_jp")}"'),
    file("file-rfc-2231", "見積書①.pdf", "Content-Disposition: attachment; filename*=utf-8'ja'%E8%A6%8B%E7%A9%8D%E6%9B%B8%E2%91%A0.pdf"),
    file("file-rfc-2231-in-shift-jis", "表.pdf", "Content-Disposition: attachment; filename*=Shift_JIS'ja'%95%5C.pdf"),
    file("file-rfc-2231-in-iso-2022-jp", "見.pdf", "Content-Disposition: attachment; filename*=iso-2022-jp''%1B%24B8%2B%1B%28B.pdf"),
    file("file-rfc-2231-continued", "見積書①.pdf",
         "Content-Disposition: attachment;\r\n filename*0*=UTF-8''%E8%A6%8B%E7%A9;\r\n filename*1*=%8D%E6%9B%B8;\r\n filename*2*=%E2%91%A0.pdf"),
    file("file-rfc-2231-mixed", "見 of May.pdf",
         "Content-Disposition: attachment; filename*0*=UTF-8''%E8%A6%8B%20; filename*1=\"of May\"; filename*2*=%2Epdf"),
    file("file-rfc-2231-in-wrong-order", "見積書.pdf",
         "Content-Disposition: attachment; filename*1*=%E6%9B%B8.pdf; filename*0*=utf-8''%E8%A6%8B%E7%A9%8D"),
    file("file-rfc-2231-plain-parts", "a-very-long-name.pdf", "Content-Disposition: attachment; filename*0=a-very-; filename*1=\"long-name.pdf\""),
    file("file-rfc-2231-words-in-parts", "見積書.pdf",
         'Content-Disposition: attachment; filename*0="=?utf-8?B?6KaL56mN"; filename*1="5pu4?=.pdf"'),
    file("file-rfc-2231-without-charset", "見.pdf", "Content-Disposition: attachment; filename*=%E8%A6%8B.pdf"),
    file("file-rfc-2231-beside-a-plain-one", "見.pdf", "Content-Disposition: attachment; filename=\"_.pdf\"; filename*=utf-8''%E8%A6%8B.pdf"),
    file("file-raw-utf-8", "見積書.pdf", 'Content-Disposition: attachment; filename="見積書.pdf"'),
    file("file-raw-shift-jis-with-backslash-byte", "表一覧.pdf", 'Content-Disposition: attachment; filename="表一覧.pdf"'.encode("cp932")),
    file("file-raw-euc-jp", "みつもり.pdf", 'Content-Disposition: attachment; filename="みつもり.pdf"'.encode("euc_jp")),
    file("file-raw-iso-2022-jp", "見積書.pdf", 'Content-Disposition: attachment; filename="見積書.pdf"'.encode("iso2022_jp")),
    file("file-only-in-content-type", "見積.pdf", f'Content-Type: application/pdf; name="{word("見積.pdf")}"'),
    file("file-percent-encoded-plain", "見.pdf", 'Content-Disposition: attachment; filename="%E8%A6%8B.pdf"'),
    file("file-with-a-percent-sign", "100%25.pdf", 'Content-Disposition: attachment; filename="100%25.pdf"'),
    file("file-without-quotes-with-blanks", "my report (1).pdf", "Content-Disposition: attachment; filename=my report (1).pdf; size=4"),
    file("file-with-semicolon-in-quotes", "a;b.pdf", 'Content-Disposition: attachment; filename="a;b.pdf"'),
    file("file-with-quotes-inside", 'a"b".pdf', 'Content-Disposition: attachment; filename="a\\"b\\".pdf"'),
    file("file-with-bare-quotes-inside", 'a"b.pdf', 'Content-Disposition: attachment; filename="a"b.pdf"'),
    file("file-quote-never-closed", "見積.pdf", 'Content-Disposition: attachment; filename="見積.pdf'),
    file("file-with-path-of-windows", "見積.pdf", 'Content-Disposition: attachment; filename="C:\\temp\\見積.pdf"'),
    file("file-with-path-up", "passwd", 'Content-Disposition: attachment; filename="../../etc/passwd"'),
    file("file-in-capitals", "A.PDF", "CONTENT-DISPOSITION: ATTACHMENT; FILENAME=A.PDF"),
    file("file-with-line-break-and-order-marks", "a gpj.exe", 'Content-Disposition: attachment; filename*=utf-8\'\'a%0D%0A%E2%80%AEgpj.exe'),
    file("file-without-a-name", "part.txt", "Content-Disposition: attachment"),
    mail("file-is-the-mail", 'Content-Type: application/pdf; name="スキャン.pdf"', "Content-Transfer-Encoding: base64",
         'Content-Disposition: attachment; filename="スキャン.pdf"', body=b64(b"%PDF-1.4"), files=(("スキャン.pdf", b"%PDF-1.4"),)),
]  # fmt: skip
