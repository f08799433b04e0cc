# ruff: noqa: E501 – a mail is easier to read in one line
"""Answers by machines, bounces, receipts, lists; and honest mails that only speak of such things."""

from .making import Mail, mail, mixed, multi, page, part, said

AUTO, BOUNCE, RECEIPT, MACHINE, LIST = "auto_reply", "bounce", "receipt", "by_machine", "from_list"
DAEMON = "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>"
MAILER = {"sender": ("Mail Delivery System", "mailer-daemon@mx.example.net"), "signs": BOUNCE}
AWAY = "本日は不在です。"


def auto(name: str, *head: str, subject: str = "", signs: str = AUTO, **reading):
    return said(
        name, AWAY, None, *head, *([f"Subject: {subject}"] if subject else []), subject=subject, signs=signs, **reading
    )


def honest(subject: str, *head: str):
    name = f"honest: {subject}"
    return said(name, "教えてください。", None, *head, f"Subject: {subject}", subject=subject)


def report(
    name: str,
    fields: str,
    words: str,
    bounce,
    *head: str,
    signs: str = BOUNCE,
    kind: str = "delivery-status",
    files=(),
    more=(),
):
    given = "Reporting-MTA: dns; mx.example.net\n\n" + fields if kind == "delivery-status" else fields
    body = multi(
        part("Content-Type: text/plain; charset=utf-8", body=words),
        part(f"Content-Type: message/{kind}", body=given),
        *more,
    )
    return mail(
        name,
        *(head or (DAEMON,)),
        f'Content-Type: multipart/report; report-type={kind}; boundary="=_b"',
        body=body,
        text=f"{words.strip()}\n\n{given.strip()}",
        bounce=bounce,
        files=files,
        envelope="",
        **(MAILER | {"signs": signs} if not head else {"signs": signs, "sender": ("", "taro@example.com")}),
    )


def words(name: str, text: str, bounce, *head: str, **reading):
    return said(name, text, None, *(head or (DAEMON,)), bounce=bounce, **({"envelope": ""} | MAILER | reading))


ORIGINAL = "From: desk@example.com\r\nTo: x@example.org\r\nSubject: 受付\r\n\r\n受付しました".encode()

MAILS = [
    # automatic replies
    auto("auto-submitted", "Auto-Submitted: auto-replied"),
    auto("auto-submitted-with-comment", "Auto-Submitted: auto-replied (vacation)"),
    auto("x-autoreply", "X-Autoreply: yes"),
    auto("x-autorespond", "X-Autorespond: 不在"),
    auto("precedence-auto-reply", "Precedence: auto_reply"),
    auto("gmail-vacation", "Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", subject="不在 Re: 受付"),
    auto("outlook-in-english", "X-Auto-Response-Suppress: All", "Auto-Submitted: auto-generated", subject="Automatic reply: Printer"),
    auto("outlook-in-japanese", "X-Auto-Response-Suppress: DR, OOF, AutoReply", "Auto-Submitted: auto-generated", subject="自動応答: プリンター"),
    auto("outlook-subject-alone", subject="自動応答: プリンター"),
    auto("outlook-suppress-and-subject-without-colon", "X-Auto-Response-Suppress: All", subject="不在通知 花子"),
    auto("subject-out-of-office", subject="Out of Office: Re: 受付"),
    auto("subject-away", subject="不在のお知らせ"),
    auto("subject-away-answering", subject="Re: 不在のお知らせ"),
    auto("subject-in-brackets", subject="【自動返信】お問い合わせを受け付けました"),
    auto("subject-in-square-brackets", subject="[自動応答] 休業のお知らせ"),
    auto("subject-holidays", subject="休暇中のお知らせ"),
    auto("subject-auto-reply-in-english", subject="Auto-Reply: 山"),
    auto("subject-encoded", subject="不在通知"),
    auto("empty-path-and-answer", "In-Reply-To: <1@example.com>", envelope=""),
    # by machines, lists, our own
    auto("auto-generated", "Auto-Submitted: auto-generated", subject="警告: ディスク", signs=MACHINE),
    auto("empty-path", envelope="<>", subject="警告", signs=MACHINE),
    auto("return-path-empty", "Return-Path: <>", subject="警告", signs=MACHINE, envelope=None),
    auto("bulk", "Precedence: bulk", subject="お知らせ", signs=MACHINE),
    auto("noreply", "From: 通知 <no-reply@example.com>", subject="お知らせ", signs=MACHINE, sender=("通知", "no-reply@example.com")),
    auto("noreply-with-more", "From: noreply-news@example.com", subject="お知らせ", signs=MACHINE, sender=("", "noreply-news@example.com")),
    auto("do-not-reply", "From: do_not_reply@example.com", subject="お知らせ", signs=MACHINE, sender=("", "do_not_reply@example.com")),
    auto("suppressing", "X-Auto-Response-Suppress: OOF", subject="お知らせ", signs=MACHINE),
    auto("list-id", "List-Id: 社内 <all.example.com>", subject="[all:12] 停電", signs=LIST),
    auto("list-precedence", "Precedence: list", subject="停電", signs=LIST),
    auto("list-of-fml", "X-ML-Name: all", subject="[all:13] 停電", signs=LIST),
    auto("list-unsubscribe", "List-Unsubscribe: <https://example.com/>", subject="お知らせ", signs=LIST),
    auto("list-and-bulk", "List-Id: <x>", "Precedence: bulk", subject="お知らせ", signs=f"{MACHINE} {LIST}"),
    auto("our-own", "From: desk@desk.example.com", "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", subject="[INC0000001] 受付しました", signs=MACHINE, sender=("", "desk@desk.example.com")),
    auto("auto-submitted-no", "Auto-Submitted: no", subject="停電", signs=""),
    # receipts
    report("receipt-read", "Final-Recipient: rfc822;taro@example.com\nDisposition: manual-action/MDN-sent-manually; displayed", "開封されました。", None,
           "From: taro@example.com", signs=RECEIPT, kind="disposition-notification"),
    report("receipt-deleted", "Final-Recipient: rfc822;taro@example.com\nDisposition: automatic-action/MDN-sent-automatically; deleted", "未開封のまま削除されました。", None,
           "From: taro@example.com", signs=RECEIPT, kind="disposition-notification"),
    auto("receipt-by-subject-and-header", "Auto-Submitted: auto-replied", subject="開封済み: 受付", signs=RECEIPT),
    mail("receipt-without-report-type", "From: taro@example.com", mixed("report"), body=multi(part("Content-Type: text/plain; charset=utf-8", body="読みました"),
         part("Content-Type: message/disposition-notification", body="Disposition: automatic-action; displayed")),
         text="読みました\n\nDisposition: automatic-action; displayed", signs=RECEIPT, sender=("", "taro@example.com")),
    # bounces by RFC 3464
    report("bounce-postfix", "Final-Recipient: rfc822; x@example.org\nOriginal-Recipient: rfc822;x@example.org\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; 550 5.1.1 <x@example.org>: Recipient address\n    rejected: User unknown",
           "This is the mail system at host mx.example.net.", ("x@example.org", True, "550 5.1.1 <x@example.org>: Recipient address rejected: User unknown", "5.1.1"),
           files=(("受付.eml", ORIGINAL),), more=(part("Content-Type: message/rfc822", body=ORIGINAL),)),
    report("bounce-delayed", "Final-Recipient: rfc822;x@example.org\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect to mx.example.org[192.0.2.1]:25: Connection timed out\nWill-Retry-Until: Fri, 27 Nov 2026",
           "配信が遅れています。", ("x@example.org", False, "connect to mx.example.org[192.0.2.1]:25: Connection timed out", "4.4.1")),
    report("bounce-delayed-without-status", "Final-Recipient: rfc822;x@example.org\nAction: delayed", "配信が遅れています。", ("x@example.org", False, "", "")),
    report("bounce-mailbox-full", "Final-Recipient: RFC822; <x@example.org>\nAction: failed\nStatus: 4.2.2 (mailbox full)", "満杯です。", ("x@example.org", False, "", "4.2.2")),
    report("bounce-forwarded-on", "Original-Recipient: rfc822;x+2Bhome@example.org\nFinal-Recipient: rfc822;z@example.net\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp;550 no",
           "届きません。", ("x+home@example.org", True, "550 no", "5.0.0")),
    report("bounce-of-the-second-recipient", "Final-Recipient: rfc822;ok@example.org\nAction: delivered\nStatus: 2.1.5\n\nFinal-Recipient: rfc822;x@example.org\nAction: failed\nStatus: 5.1.2",
           "一部届きません。", ("x@example.org", True, "", "5.1.2")),
    report("bounce-that-reports-success", "Final-Recipient: rfc822;ok@example.org\nAction: delivered\nStatus: 2.1.5", "届きました。", None),
    report("bounce-exchange", "Original-Recipient: rfc822;x@example.org\nFinal-recipient: RFC822; x@example.org\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup",
           "x@example.org へのメールは配信できませんでした。", ("x@example.org", True, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup", "5.1.10")),
    mail("bounce-without-report-type", DAEMON, mixed("report"), body=multi(part("Content-Type: text/plain", body="no"),
         part("Content-Type: message/delivery-status", body="Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1")),
         text="no\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1", bounce=("x@example.org", True, "", "5.1.1"), **MAILER),
    mail("bounce-with-headers-only", DAEMON, mixed("report", more="; report-type=delivery-status"), body=multi(part("Content-Type: text/plain; charset=utf-8", body="届きません"),
         part("Content-Type: message/delivery-status", body="Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1"), part("Content-Type: text/rfc822-headers", body=b"Subject: x")),
         text="届きません\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1", bounce=("x@example.org", True, "", "5.1.1"), files=(("headers.txt", b"Subject: x"),), **MAILER),
    # bounces in free forms
    words("bounce-qmail", "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<x@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <desk@example.com>\nTo: x@example.org",
          ("x@example.org", True, "Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1")),
    words("bounce-exim", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  x@example.org\n    host mx.example.org [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<x@example.org>:\n    550 5.1.1 User unknown\n\n------ This is a copy of the message, including all the headers. ------",
          ("x@example.org", True, "550 5.1.1 User unknown", "5.1.1"), DAEMON, "X-Failed-Recipients: x@example.org"),
    words("bounce-exim-delayed", "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\n  x@example.org\n\nNo action is required on your part. Delivery attempts will continue for some time.",
          ("x@example.org", False, "A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours on the queue.", ""), DAEMON, "Subject: Warning: message 1abc delayed 24 hours", subject="Warning: message 1abc delayed 24 hours"),
    words("bounce-postfix-old", "This is the Postfix program at host mx.example.net.\n\n<x@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 <x@example.org>\n    User unknown (in reply to RCPT TO command)",
          ("x@example.org", True, "host mx.example.org[192.0.2.1] said: 550 5.1.1 <x@example.org> User unknown (in reply to RCPT TO command)", "5.1.1")),
    words("bounce-sendmail", "   ----- The following addresses had permanent fatal errors -----\n<x@example.org>\n    (reason: 550 5.1.1 <x@example.org>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.org.:",
          ("x@example.org", True, "reason: 550 5.1.1 <x@example.org>... User unknown", "5.1.1")),
    words("bounce-exchange-old", "Your message did not reach some or all of the intended recipients.\n\n      Subject:  受付\n      Sent:     2026/11/22 14:05\n\nThe following recipient(s) could not be reached:\n\n      'x@example.org' on 2026/11/22 14:05\n            550 5.7.1 Unable to relay",
          ("x@example.org", True, "550 5.7.1 Unable to relay", "5.7.1"), "From: System Administrator <postmaster@mx.example.net>", sender=("System Administrator", "postmaster@mx.example.net")),
    words("bounce-notes", "Your message\n\n  Subject: 受付\n\nwas not delivered to:\n\n  x@example.org\n\nbecause:\n\n  User x (x@example.org) not listed in Domino Directory",
          ("x@example.org", True, "User x (x@example.org) not listed in Domino Directory", ""), "From: Postmaster@mx.example.net", "Subject: DELIVERY FAILURE: User x not listed", subject="DELIVERY FAILURE: User x not listed", sender=("", "postmaster@mx.example.net")),
    words("bounce-docomo", "The following message could not be delivered.\n\n<hana.@docomo.example.jp>: host mfsmax.docomo.example.jp said: 550 Unknown user\n    hana.@docomo.example.jp (in reply to RCPT TO command)\n\n元のメッセージ\n受付",
          ("hana.@docomo.example.jp", True, "host mfsmax.docomo.example.jp said: 550 Unknown user hana.@docomo.example.jp (in reply to RCPT TO command)", "")),
    words("bounce-au", "Each of the following recipients was rejected by a remote mail server.\nThe reasons given by the server are included to help you determine why\neach recipient was rejected.\n\n    Recipient: <hana..@ezweb.example.jp>\n    Reason:    <hana..@ezweb.example.jp>... User Unknown",
          ("hana..@ezweb.example.jp", True, "<hana..@ezweb.example.jp>... User Unknown", ""), "From: Postmaster@ezweb.example.jp", "Subject: Mail System Error - Returned Mail", subject="Mail System Error - Returned Mail", sender=("", "postmaster@ezweb.example.jp")),
    words("bounce-softbank", "<hanako@softbank.example.jp>: Invalid recipient: <hanako@softbank.example.jp>",
          ("hanako@softbank.example.jp", True, "Invalid recipient: <hanako@softbank.example.jp>", "")),
    words("bounce-in-japanese", "次のメールを届けることができませんでした。\n\n宛先: x@example.org\n理由: 宛先のメールアドレスが存在しません。",
          ("x@example.org", True, "宛先のメールアドレスが存在しません。", ""), DAEMON, "Subject: 宛先不明のため配信できませんでした", subject="宛先不明のため配信できませんでした"),
    words("bounce-in-japanese-late", "メールの配信が遅延しています。\n\nx@example.org\n\n引き続き再送します。", ("x@example.org", False, "引き続き再送します。", ""), DAEMON, "Subject: 配信遅延のお知らせ", subject="配信遅延のお知らせ"),
    words("bounce-over-quota", "<x@example.org>:\n452 4.2.2 The email account is over quota", ("x@example.org", False, "452 4.2.2 The email account is over quota", "4.2.2")),
    words("bounce-that-names-nobody", "宛先不明です。", ("", True, "宛先不明です。", "")),
    words("bounce-fetched-without-envelope", "<x@example.org>:\n550 User unknown", ("x@example.org", True, "550 User unknown", ""), envelope=None),
    # honest mails
    honest("自動返信メールが届きません"),
    honest("自動応答の設定方法を教えてください"),
    honest("不在通知が来たのですが"),
    honest("不在時の転送について"),
    honest("休暇中の連絡先を変えたい"),
    honest("Out of office message cannot be switched on"),
    honest("Automatic reply does not work"),
    honest("Undeliverable と表示されます"),
    honest("FW: Undeliverable: 見積"),
    honest("配信エラーの原因を知りたい"),
    honest("メール配信エラーが出ました"),
    honest("宛先不明で戻ってきます"),
    honest("Delivery status notification の意味"),
    honest("開封済みにならない"),
    honest("Read: の後に続く文字"),
    honest("既読: と出る"),
    said("honest-postmaster", "プリンターが動きません。", None, "From: 山田 <postmaster@example.com>", "Subject: プリンター", subject="プリンター", sender=("山田", "postmaster@example.com")),
    said("honest-quotes-a-bounce", "次のように戻ってきました。\n\n<x@example.org>:\n550 User unknown", None, "Subject: メールが送れません", subject="メールが送れません"),
    mail("honest-attaches-a-bounce", "Subject: 戻ってきました", mixed(), body=multi(part("Content-Type: text/plain; charset=utf-8", body="添付します。"),
         part("Content-Type: message/rfc822", body=b"Subject: failure notice\r\nAuto-Submitted: auto-replied\r\n\r\nno")), subject="戻ってきました", text="添付します。",
         files=(("failure notice.eml", b"Subject: failure notice\r\nAuto-Submitted: auto-replied\r\n\r\nno"),)),
    page("honest-html", "<p>自動返信の件です", "自動返信の件です", None, "Subject: Re: 自動返信の件", subject="Re: 自動返信の件"),
    said("honest-read-receipt-wanted", "お願いします。", None, "Disposition-Notification-To: hanako@example.com", "Subject: 開封確認を付けました", subject="開封確認を付けました"),
]  # fmt: skip

assert all(isinstance(each, Mail) for each in MAILS)
