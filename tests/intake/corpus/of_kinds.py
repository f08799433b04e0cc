# ruff: noqa: E501 – a mail is easier to read in one line
"""Kinds of contents: HTML, pictures, invitations, attached mails, winmail.dat, signed and encrypted parts."""

import struct

from .making import JA, Mail, b64, mail, mixed, multi, page, part
from .tnef_maker import compressed_rtf, message_in, stored_rtf, tnef

PNG = b"\x89PNG\r\n\x1a\n"
HTML = "Content-Type: text/html; charset=UTF-8"
PLAIN = "Content-Type: text/plain; charset=UTF-8"
ICS = """BEGIN:VCALENDAR
PRODID:-//a//b//
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Tokyo Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY;LANGUAGE=ja:定例会議\\, プリン
 ター
DTSTART;TZID=Tokyo Standard Time:20261122T140000
DTEND;TZID="Tokyo Standard Time":20261122T150000
LOCATION:会議室A
BEGIN:VALARM
SUMMARY:alarm
END:VALARM
END:VEVENT
END:VCALENDAR
"""
LINE = "定例会議, プリンター · 2026-11-22 14:00–15:00 (Asia/Tokyo) · 会議室A"
INNER = "From: taro@example.com\r\nSubject: =?utf-8?B?5YaF5YG0?=\r\n\r\n内側".encode()


def calendar(name: str, ics: str, text: str):
    data = ics.replace("\n", "\r\n").encode()
    return mail(
        name,
        "Content-Type: text/calendar; charset=UTF-8; method=REQUEST",
        body=data,
        text=text,
        files=(("invite.ics", data),),
    )


def event(*rows: str) -> str:
    return "BEGIN:VCALENDAR\n" + "\n".join(rows) + "\nEND:VCALENDAR\n"


def packed(name: str, data: bytes, *files, text="添付します。", first=JA, has_html=False, kind="application/ms-tnef"):
    winmail = part(f'Content-Type: {kind}; name="winmail.dat"', "Content-Transfer-Encoding: base64", body=b64(data))
    return mail(
        name, mixed(), body=multi(*([first] if first else []), winmail), text=text, files=files, has_html=has_html
    )


def der(tag: int, *content: bytes) -> bytes:
    data = b"".join(content)
    size = len(data)
    length = bytes((size,)) if size < 128 else b"\x82" + struct.pack(">H", size)
    return bytes((tag,)) + length + data


def signed(content: bytes, streamed: bool = False) -> bytes:
    """CMS SignedData around a mail; nobody's signature."""
    octets = b"\x24\x80" + der(4, content[:5]) + der(4, content[5:]) + b"\0\0" if streamed else der(4, content)
    oid = bytes.fromhex("06092a864886f70d0107")
    inner = der(0x30, oid + b"\x01", der(0xA0, octets))
    return der(0x30, oid + b"\x02", der(0xA0, der(0x30, b"\x02\x01\x01", der(0x31), inner, der(0x31))))


RTF_TEXT = (
    rb"{\rtf1\ansi\ansicpg932\fromtext \deff0{\fonttbl{\f0\fswiss\fcharset128 MS Gothic;}}\uc1\pard\plain\f0 "
    rb"\'83\'76\'83\'8a\'83\'93\'83\'5e\par \u39640?\u27211?\{x\}\par }"
)
RTF_HTML = (
    rb"{\rtf1\ansi\ansicpg932\fromhtml1 \deff0{\fonttbl{\f0\fcharset128 Gothic;}{\f1\fcharset0 Arial;}}{\*\htmltag64 <p>}"
    rb"\htmlrtf {\htmlrtf0 \f0 \'8e\'52\'93\'63\htmlrtf\par\htmlrtf0 {\*\htmltag72 </p>}{\*\htmltag64 <b>}\f1 OK{\*\htmltag72 </b>}\htmlrtf }\htmlrtf0 }"
)
FIRST = ("MITSUM~1.PDF", "お見積書（第１版）①.pdf", b"%PDF-1.4")
LONG = ("お見積書（第１版）①.pdf", b"%PDF-1.4")

MAILS = [
    # HTML
    page("html-alone", "<html><body><p>プリンターが<br>動きません</p><p>花子</p></body></html>", "プリンターが\n動きません\n\n花子"),
    page("html-with-styles-and-scripts", "<style>p{color:red}</style><script>x()</script><p>山", "山"),
    page("html-list-and-table", "<ul><li>一<li>二</ul><table><tr><td>機種<td>A1</table>", "- 一\n- 二\n\n機種  A1"),
    page("html-links", '<a href="https://example.com/障害">こちら</a>', "こちら (https://example.com/障害)"),
    page("html-in-capitals-never-closed", "<HTML><BODY><DIV>山<DIV>田", "山\n田"),
    page("html-with-nbsp-and-blank-lines", "<p>山&nbsp;田</p><p>&nbsp;</p><p>川</p>", "山 田\n\n川"),
    mail("html-with-text-that-excuses-itself", mixed("alternative"),
         body=multi(part(PLAIN, body="HTMLメールを表示できる環境でご覧ください。"), part(HTML, body="<p>本文です")), text="本文です", has_html=True),
    mail("html-with-empty-text", mixed("alternative"), body=multi(part(PLAIN, body=" \n"), part(HTML, body="<p>本文です")), text="本文です", has_html=True),
    mail("three-forms", mixed("alternative"), body=multi(part(PLAIN, body="本文"), part("Content-Type: text/enriched; charset=utf-8", body="<bold>本文</bold>"),
         part(HTML, body="<b>本文</b>")), text="本文", has_html=True),
    mail("three-forms-with-amp", mixed("alternative"), body=multi(part(PLAIN, body="本文"), part("Content-Type: text/x-amp-html", body="<html amp4email>"),
         part(HTML, body="<b>本文</b>")), text="本文", has_html=True),
    mail("enriched-alone", "Content-Type: text/enriched; charset=utf-8", body="<bold>本文</bold> <color><param>red</param>赤</color> <<x", text="本文 赤 <x"),
    mail("alternative-with-file-inside", mixed("alternative"), body=multi(part(PLAIN, body="本文"), part(mixed("mixed", "m"), body=multi(
         part(HTML, body="<p>本文"), part("Content-Type: application/pdf; name=a.pdf", body=b"%PDF"), part(HTML, body="<p>続き"), boundary="m"))),
         text="本文", has_html=True, files=(("a.pdf", b"%PDF"),)),
    mail("forms-with-names-are-no-files", mixed("alternative"), body=multi(part(PLAIN + "; name=text.txt", body="本文"), part(HTML + "; name=mail.html", body="<p>本文")),
         text="本文", has_html=True),
    mail("picture-in-place", mixed("related"), body=multi(part(HTML, body='<p>図<img src="cid:a@b">'),
         part('Content-Type: image/png; name="図1.png"', "Content-ID: <a@b>", 'Content-Disposition: inline; filename="図1.png"', body=PNG)),
         text="図", has_html=True, files=(("図1.png", PNG),)),
    mail("picture-in-place-without-name", mixed("related"), body=multi(part(HTML, body="<img src=cid:1 alt=図>"), part("Content-Type: image/jpeg", "Content-ID: <1>", body=PNG)),
         text="[図]", has_html=True, files=(("part.jpg", PNG),)),
    mail("text-file-attached-and-one-in-place", mixed(), body=multi(JA, part(PLAIN, "Content-Disposition: attachment; filename=a.txt", body="一"),
         part(PLAIN, "Content-Disposition: inline; filename=b.txt", body="二")), text="添付します。\n\n二", files=(("a.txt", "一".encode()), ("b.txt", "二".encode()))),
    mail("html-file-attached", mixed(), body=multi(JA, part(HTML, "Content-Disposition: attachment; filename=報告.html", body="<p>x")), text="添付します。", files=(("報告.html", b"<p>x"),)),
    mail("csv-in-place", mixed(), body=multi(JA, part("Content-Type: text/csv; charset=Shift_JIS; name=表.csv", body="表,1".encode("cp932"))), text="添付します。",
         files=(("表.csv", "表,1".encode("cp932")),)),
    mail("vcard", mixed(), body=multi(JA, part("Content-Type: text/vcard; charset=utf-8; name=花子.vcf", body="BEGIN:VCARD\nFN:花子\nEND:VCARD")), text="添付します。", files=(("花子.vcf", "BEGIN:VCARD\r\nFN:花子\r\nEND:VCARD".encode()),)),
    # invitations
    calendar("invitation", ICS, LINE),
    mail("invitation-as-third-form", mixed("alternative"), body=multi(part(PLAIN, body="会議です"), part(HTML, body="<p>会議です"),
         part("Content-Type: text/calendar; charset=utf-8; method=REQUEST", "Content-Transfer-Encoding: base64", body=b64(ICS))),
         text=f"会議です\n\n{LINE}", has_html=True, files=(("invite.ics", ICS.encode()),)),
    mail("invitation-as-file-with-name", mixed(), body=multi(JA, part('Content-Type: text/calendar; name="会議.ics"', "Content-Disposition: attachment", body=ICS)),
         text=f"添付します。\n\n{LINE}", files=(("会議.ics", ICS.replace("\n", "\r\n").encode()),)),
    calendar("invitation-in-utc-for-a-zone", event("X-WR-TIMEZONE:Asia/Tokyo", "BEGIN:VEVENT", "SUMMARY:夜会", "DTSTART:20261122T150000Z", "DTEND:20261122T170000Z", "END:VEVENT"),
             "夜会 · 2026-11-23 00:00–02:00 (Asia/Tokyo)"),
    calendar("invitation-in-utc-without-zone", event("BEGIN:VEVENT", "SUMMARY:Call", "DTSTART:20261122T230000Z", "DURATION:PT2H", "END:VEVENT"),
             "Call · 2026-11-22 23:00–2026-11-23 01:00 (UTC)"),
    calendar("invitation-for-days", event("BEGIN:VEVENT", "SUMMARY:棚卸\\n全員", "DTSTART;VALUE=DATE:20261122", "DTEND;VALUE=DATE:20261124", "END:VEVENT"), "棚卸 全員 · 2026-11-22–2026-11-23"),
    calendar("invitation-cancelled", event("METHOD:CANCEL", "BEGIN:VEVENT", "SUMMARY:定例", "DTSTART;TZID=Asia/Tokyo:20261122T140000", "END:VEVENT"), "[CANCEL] 定例 · 2026-11-22 14:00 (Asia/Tokyo)"),
    calendar("invitation-broken", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20269999T999999\nSUMMARY:会\nEND:VEVENT\n", "会"),
    # mails in mails
    mail("attached-mail", mixed(), body=multi(JA, part("Content-Type: message/rfc822", body=INNER)), text="添付します。", files=(("内側.eml", INNER),)),
    mail("attached-mail-in-base64", mixed(), body=multi(JA, part("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", body=b64(INNER))), text="添付します。", files=(("内側.eml", INNER),)),
    mail("attached-mail-said-to-be-base64", mixed(), body=multi(JA, part("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", body=INNER)), text="添付します。", files=(("内側.eml", INNER),)),
    mail("attached-mail-with-name", mixed(), body=multi(JA, part('Content-Type: message/rfc822; name="転送.eml"', "Content-Disposition: attachment", body=INNER)), text="添付します。", files=(("転送.eml", INNER),)),
    mail("attached-mail-with-parts-and-lf", mixed(), body=multi(JA, part("Content-Type: message/rfc822", body=b"Subject: a/b\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\nx\n--q--\n")),
         text="添付します。", files=(("a_b.eml", b"Subject: a/b\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\nx\n--q--\n"),)),
    mail("attached-mail-empty", mixed(), body=multi(JA, part("Content-Type: message/rfc822")), text="添付します。", files=(("message.eml", b""),)),
    # winmail.dat
    packed("tnef-with-files", tnef(FIRST, ("B.TXT", "", b"b")), LONG, ("B.TXT", b"b")),
    packed("tnef-by-its-name-only", tnef(FIRST), LONG, kind="application/octet-stream"),
    packed("tnef-short-name-in-shift-jis", tnef(("能力表.pdf", "", b"x")), ("能力表.pdf", b"x")),
    packed("tnef-text-when-the-mail-has-none", tnef(FIRST, text="本文はここです。"), LONG, text="本文はここです。", first=None),
    packed("tnef-body-when-the-mail-has-none", tnef(body="本文はここです。".encode("cp932") + b"\0"), text="本文はここです。", first=None),
    packed("tnef-html-when-the-mail-has-none", tnef(html="<p>本文は<br>ここです".encode()), text="本文は\nここです", first=None, has_html=True),
    packed("tnef-rtf-of-text", tnef(rtf=compressed_rtf(RTF_TEXT)), text="プリンタ\n高橋{x}", first=None),
    packed("tnef-rtf-of-html", tnef(rtf=compressed_rtf(RTF_HTML)), text="山田\n\nOK", first=None, has_html=True),
    packed("tnef-rtf-not-compressed", tnef(rtf=stored_rtf(RTF_TEXT)), text="プリンタ\n高橋{x}", first=None),
    packed("tnef-text-when-the-mail-has-one", tnef(FIRST, text="二度目"), LONG),
    packed("tnef-message-inside", message_in("内側", tnef(FIRST, text="中の本文")), ("内側.txt", "中の本文".encode()), LONG),
    packed("tnef-broken-stays-a-file", tnef(FIRST)[:-20], ("winmail.dat", tnef(FIRST)[:-20])),
    packed("tnef-wrong-checksum-stays-a-file", tnef(FIRST)[:-1] + b"\xff", ("winmail.dat", tnef(FIRST)[:-1] + b"\xff")),
    packed("tnef-that-is-none-stays-a-file", b"no tnef", ("winmail.dat", b"no tnef")),
    mail("tnef-is-the-mail", "Content-Type: application/ms-tnef", "Content-Transfer-Encoding: base64", body=b64(tnef(FIRST, text="本文")), text="本文", files=(LONG,)),
    # signed and encrypted
    mail("smime-signed-beside", mixed("signed", more="; protocol=\"application/pkcs7-signature\"; micalg=sha-256"),
         body=multi(JA, part("Content-Type: application/pkcs7-signature; name=smime.p7s", "Content-Transfer-Encoding: base64", body=b64(b"0\x80sig"))),
         text="添付します。", files=(("smime.p7s", b"0\x80sig"),)),
    mail("smime-signed-as-a-whole", "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "Content-Transfer-Encoding: base64",
         body=b64(signed(JA)), text="添付します。", files=(("smime.p7m", signed(JA)),)),
    mail("smime-signed-as-a-whole-streamed", "Content-Type: application/x-pkcs7-mime; smime-type=signed-data; name=smime.p7m", "Content-Transfer-Encoding: base64",
         body=b64(signed(JA, streamed=True)), text="添付します。", files=(("smime.p7m", signed(JA, streamed=True)),)),
    mail("smime-encrypted", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "Content-Transfer-Encoding: base64", "Subject: 秘密",
         body=b64(der(0x30, bytes.fromhex("06092a864886f70d010703"))), subject="秘密", files=(("smime.p7m", der(0x30, bytes.fromhex("06092a864886f70d010703"))),)),
    mail("pgp-signed-beside", mixed("signed", more='; protocol="application/pgp-signature"'), body=multi(JA, part("Content-Type: application/pgp-signature", body=b"-----BEGIN")),
         text="添付します。", files=(("signature.asc", b"-----BEGIN"),)),
    mail("pgp-encrypted", mixed("encrypted", more='; protocol="application/pgp-encrypted"'), "Subject: 秘密", body=multi(
         part("Content-Type: application/pgp-encrypted", body=b"Version: 1"), part("Content-Type: application/octet-stream; name=encrypted.asc", body=b"-----BEGIN PGP MESSAGE-----")),
         subject="秘密", files=(("version.asc", b"Version: 1"), ("encrypted.asc", b"-----BEGIN PGP MESSAGE-----"))),
    mail("pgp-in-the-text", PLAIN, body="-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n本文\n-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----",
         text="-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n本文\n-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----"),
    # others
    mail("appledouble", mixed(), body=multi(JA, part(mixed("appledouble", "ad"), body=multi(
         part("Content-Type: application/applefile; name=写真.jpg", body=b"\0\5\x16\7"), part("Content-Type: image/jpeg; name=写真.jpg", body=b"\xff\xd8"), boundary="ad"))),
         text="添付します。", files=(("._写真.jpg", b"\0\5\x16\7"), ("写真.jpg", b"\xff\xd8"))),
    mail("binhex", mixed(), body=multi(JA, part("Content-Type: application/mac-binhex40; name=表.hqx", body=b"(This file must be converted with BinHex 4.0)")),
         text="添付します。", files=(("表.hqx", 45),)),
    mail("zip-that-claims-to-be-large-is-not-opened", mixed(), body=multi(JA, part("Content-Type: application/zip; name=爆弾.zip", "Content-Transfer-Encoding: base64", body=b64(b"PK\3\4" + b"\0" * 20))),
         text="添付します。", files=(("爆弾.zip", b"PK\3\4" + b"\0" * 20),)),
    mail("file-of-no-bytes", mixed(), body=multi(JA, part("Content-Type: application/octet-stream; name=空.txt")), text="添付します。", files=(("空.txt", b""),)),
    mail("untyped-mail-of-bytes", "Content-Type: application/octet-stream", body="山".encode() + b"\r\nx", text="山\nx"),
]  # fmt: skip

assert all(isinstance(each, Mail) for each in MAILS)
