# ruff: noqa: E501 – a mail is easier to read in one line
"""Answers as mail programs write them: what is new, and everything below it, which stays in the text."""

from .making import mail, mixed, multi, page, part, said

NEW = "直りました。\nありがとうございます。"
DESK = "サービスデスク <desk@example.com>"
HEAD_JA = f"差出人: {DESK}\n送信日時: 2026年11月22日 14:05\n宛先: 花子\n件名: RE: プリンター"
HEAD_EN = "From: Desk <desk@example.com>\nSent: Sunday, November 22, 2026 2:05 PM\nTo: Hanako <hanako@example.com>\nSubject: RE: Printer"
OLD = "どのプリンターですか。\nよろしくお願いします。"
QUOTE = "> どのプリンターですか。\n> よろしくお願いします。"


def answer(name: str, below: str, new: str = NEW):
    """`new` above `below`, and only it is new."""
    return said(name, f"{new}\n\n{below}", new)


def whole(name: str, text: str):
    """Nothing may be cut."""
    return said(name, text)


MAILS = [
    # Outlook
    answer("outlook-original-message", f"-----Original Message-----\n{HEAD_EN}\n\n{OLD}"),
    answer("outlook-original-message-in-japanese", f"-----元のメッセージ-----\n{HEAD_JA}\n\n{OLD}"),
    answer("outlook-head-in-english", f"{HEAD_EN}\n\n{OLD}"),
    answer("outlook-head-in-japanese", f"{HEAD_JA}\n\n{OLD}"),
    answer("outlook-head-with-full-width-colons", HEAD_JA.replace(": ", "："), NEW),
    answer("outlook-head-with-sender-in-two-words", f"From: Desk <desk@example.com> \nSent: Sunday\nTo: Hanako\nCc: Taro\nSubject: x\nImportance: High\n\n{OLD}"),
    answer("outlook-web-rule", f"________________________________\n{HEAD_JA}\n\n{OLD}"),
    answer("outlook-web-rule-and-blank-line", f"________________________________________\n\nFrom: Desk <desk@example.com>\nSent: Sunday\nTo: Hanako\nSubject: x\n\n{OLD}"),
    answer("outlook-mobile-in-japanese", f"Outlook for iOS を入手<https://aka.ms/o0ukef>\n________________________________\n{HEAD_JA}\n\n{OLD}"),
    answer("outlook-mobile-in-english", f"Get Outlook for Android<https://aka.ms/AAb9ysg>\n________________________________\n{HEAD_EN}\n\n{OLD}", "Thank you. 直りました"),
    answer("outlook-head-in-bold", f"*From:* Desk <desk@example.com>\n*Sent:* Sunday\n*To:* Hanako\n*Subject:* x\n\n{OLD}"),
    answer("outlook-old-mail-with-quotes-of-its-own", f"{HEAD_EN}\n\n{OLD}\n> もっと前\nまた本文"),
    # Gmail
    answer("gmail-in-japanese", f"2026年11月22日(日) 14:05 {DESK}:\n\n{QUOTE}"),
    answer("gmail-in-japanese-wrapped", f"2026年11月22日(日) 14:05 サービスデスク（総務部情報システム課）\n<desk@example.com>:\n\n{QUOTE}"),
    answer("gmail-in-english", f"On Sun, Nov 22, 2026 at 2:05 PM {DESK} wrote:\n\n{QUOTE}"),
    answer("gmail-in-english-wrapped", f"On Sun, Nov 22, 2026 at 2:05 PM A Desk With A Very Long Name\n<desk@example.com> wrote:\n\n{QUOTE}"),
    answer("gmail-forwarded-note", f"---------- Forwarded message ---------\nFrom: {DESK}\nDate: 2026年11月22日(日) 14:05\nSubject: プリンター\nTo: <hanako@example.com>\n\n{OLD}", "転送します。"),
    answer("gmail-quote-with-blank-quoted-lines", f"2026年11月22日(日) 14:05 {DESK}:\n>\n> 一\n>\n>> 二\n>> 三\n>"),
    # Thunderbird
    answer("thunderbird-in-japanese", f"2026/11/22 14:05、サービスデスクさんは書きました:\n{QUOTE}"),
    answer("thunderbird-in-japanese-old", f"(2026/11/22 14:05), サービスデスク wrote:\n{QUOTE}"),
    answer("thunderbird-in-english", f"On 22/11/2026 14:05, Desk wrote:\n{QUOTE}"),
    answer("thunderbird-on-with-japanese-date", f"On 2026/11/22 14:05, サービスデスク wrote:\n{QUOTE}"),
    answer("thunderbird-forwarded", f"-------- 転送メッセージ --------\n件名: プリンター\n日付: Sun, 22 Nov 2026\n差出人: {DESK}\n\n{OLD}", "ご確認ください。"),
    # Apple
    answer("apple-mail-in-japanese", f"2026/11/22 14:05、{DESK}のメール:\n\n{QUOTE}"),
    answer("apple-mail-attribution-quoted", f"> 2026/11/22 14:05、{DESK}のメール：\n> \n{QUOTE}"),
    answer("apple-mail-in-english", f"On Nov 22, 2026, at 14:05, Desk <desk@example.com> wrote:\n\n{QUOTE}"),
    answer("apple-mail-attribution-quoted-in-english", f"> On Nov 22, 2026, at 14:05, Desk <desk@example.com> wrote:\n>\n{QUOTE}"),
    answer("apple-mail-forwarded", f"Begin forwarded message:\n\n> From: {DESK}\n> Subject: 山\n>\n{QUOTE}", "転送します。"),
    answer("iphone-in-japanese", f"iPhoneから送信\n\n> 2026/11/22 14:05、{DESK}のメール:\n>\n{QUOTE}"),
    answer("iphone-in-english", f"Sent from my iPhone\n\n> On Nov 22, 2026, at 14:05, Desk <desk@example.com> wrote:\n>\n{QUOTE}"),
    answer("iphone-without-old-mail", "iPhoneから送信"),
    answer("android-in-japanese", "Androidスマートフォンから送信"),
    answer("android-in-english", "Sent from my Galaxy"),
    answer("xperia", "Xperiaから送信しました"),
    # Yahoo!
    answer("yahoo", f"On Sunday, November 22, 2026 at 02:05:00 PM GMT+9, Desk <desk@example.com> wrote:\n\n{OLD}"),
    answer("yahoo-japan", f"----- Original Message -----\nFrom: \"サービスデスク\" <desk@example.com>\nTo: hanako@example.com\nDate: 2026/11/22 日 14:05\nSubject: プリンター\n\n{OLD}"),
    answer("yahoo-signature", "Yahoo!メールアプリから送信"),
    # Japanese programs
    answer("becky", f"On Sun, 22 Nov 2026 14:05:00 +0900\nサービスデスク <desk@example.com> wrote:\n\n{QUOTE}"),
    answer("becky-short", f"サービスデスク <desk@example.com> さんは書きました:\n\n{QUOTE}"),
    answer("shuriken", f"「サービスデスク」さんは書きました：\n{QUOTE}"),
    answer("shuriken-with-date", f"2026年11月22日 14:05に、サービスデスク さんは書きました。\n{QUOTE}"),
    answer("al-mail", f"Desk wrote:\n{QUOTE}"),
    answer("mew-two-lines", f'In message <20261122@example.com>\n  "Desk" wrote:\n{QUOTE}'),
    answer("gnus-three-lines", f"At Sun, 22 Nov 2026 14:05:00 +0900,\nサービスデスク\n<desk@example.com> wrote:\n{QUOTE}"),
    answer("eudora", f"At 14:05 22/11/2026, Desk <desk@example.com> wrote:\n{QUOTE}"),
    answer("edmax-full-width-quotes", "サービスデスク さんが書きました:\n＞どのプリンターですか。\n＞よろしく"),
    answer("quotes-by-bars", "2026/11/22 14:05 サービスデスク wrote:\n| どのプリンターですか。\n| よろしく"),
    answer("line-works", f'-----Original Message-----\nFrom: "サービスデスク" <desk@example.com>\nTo: <hanako@example.com>;\nCc:\nSent: 2026-11-22 (日) 14:05:00 (UTC+09:00)\nSubject: プリンター\n\n{OLD}'),
    answer("cybozu", f"----- 元のメール -----\n差出人: サービスデスク\n件名: プリンター\n\n{OLD}"),
    answer("garoon", f"サービスデスク さんは書きました。\n{QUOTE}"),
    answer("lotus-notes-in-japanese", "差出人:\tサービスデスク/東京/Example\n宛先:\t花子/東京/Example@Example\n日付:\t2026/11/22 14:05\n件名:\tRe: プリンター\n\n" + OLD),
    answer("lotus-notes-in-english", "From:        Desk/Tokyo/Example\nTo:        Hanako/Tokyo/Example@Example\nDate:        2026/11/22 14:05\nSubject:        Re: Printer\n\n" + OLD),
    answer("lotus-notes-one-line", f"サービスデスク---2026/11/22 14:05:12---どのプリンターですか。\n{QUOTE}"),
    # phones
    answer("docomo-phone", f"----元のメッセージ----\nFrom: desk@example.com\n\n{OLD}"),
    answer("au-phone", f"---- Original Message ----\n差出人：{DESK}\n件名：プリンター\n\n{OLD}"),
    answer("softbank-phone", QUOTE.replace("> ", ">")),
    answer("phone-signature", "スマートフォンから送信"),
    answer("rule-of-equal-signs", f"===== オリジナルメッセージ =====\n{OLD}"),
    answer("german", f"Am 22.11.2026 um 14:05 schrieb Desk <desk@example.com>:\n{QUOTE}", "Danke, 山田"),
    # signatures
    answer("signature-dashes", "-- \n山田 花子\n株式会社例"),
    answer("signature-dashes-without-blank", "--\n山田 花子"),
    answer("signature-heavy-rule", "━━━━━━━━━━━━━━━━\n株式会社例　総務部\n山田 花子\nTEL 03-1234-5678　FAX 03-1234-5679\nhttps://example.com/\n━━━━━━━━━━━━━━━━"),
    answer("signature-stars", "＊＊＊＊＊＊＊＊＊＊\n山田 花子\nE-mail: hanako@example.com\n＊＊＊＊＊＊＊＊＊＊"),
    answer("signature-dashes-of-ascii", "--------------------------------\n例株式会社 情報システム部\n山田 花子\n〒100-0001 東京都千代田区\n電話：03-1234-5678"),
    answer("signature-equal-signs", "========================\n山田 花子 (Hanako Yamada)\nhanako@example.com\n========================"),
    answer("signature-squares", "□■□■□■□■□■\n例商事㈱ 山田\n携帯 090-1234-5678\n□■□■□■□■□■"),
    answer("signature-boxes", "┏━━━━━━━━┓\n　山田 花子\n　内線 1234\n┗━━━━━━━━┛"),
    answer("signature-tildes", "~~~~~~~~~~~~~~~~~~~\n山田 花子\nTel: 03-1234-5678"),
    answer("signature-above-the-old-mail", f"━━━━━━━━\n山田 花子\nTEL 03-1234-5678\n━━━━━━━━\n\n2026年11月22日(日) 14:05 {DESK}:\n\n{QUOTE}"),
    answer("signature-below-the-quote", f"2026/11/22 14:05、サービスデスクさんは書きました:\n{QUOTE}\n\n-- \n山田 花子"),
    # top, bottom, between
    answer("quote-without-attribution", QUOTE),
    answer("quote-nested", "2026/11/22 14:05 サービスデスク wrote:\n> 一\n>> 二\n>>> 三\n> 四"),
    said("bottom-posting", f"2026/11/22 14:05、サービスデスクさんは書きました:\n{QUOTE}\n\n赤い方です。", "赤い方です。"),
    said("bottom-posting-with-signature", f"On Sun, 22 Nov 2026 14:05:00 +0900\nDesk <desk@example.com> wrote:\n\n{QUOTE}\n\n赤い方です。\n\n-- \n花子", "赤い方です。"),
    whole("answers-between-the-lines", "2026/11/22 14:05、サービスデスクさんは書きました:\n> どのプリンターですか。\n赤い方です。\n> 何階ですか。\n二階です。"),
    whole("answers-between-the-lines-without-attribution", "> どのプリンターですか。\n赤い方です。\n> 何階ですか。\n二階です。"),
    whole("answers-between-the-lines-with-greeting", "花子です。\n\n2026/11/22 14:05 サービスデスク wrote:\n> どれですか。\n赤い方です。\n> 何階ですか。\n二階です。"),
    whole("one-line-answered-below-greeting", "花子です。\n\n> 何階ですか。\n二階です。"),
    whole("only-a-quote", QUOTE),
    whole("only-an-old-mail", f"-----Original Message-----\n{HEAD_EN}\n\n{OLD}"),
    whole("only-a-forward", f"---------- Forwarded message ---------\nFrom: {DESK}\nSubject: プリンター\n\n{OLD}"),
    # what looks like old mail and is none
    whole("honest-from-at-the-start-of-a-line", "From: の欄が空のままです。\nどうすればよいですか。"),
    whole("honest-sender-line-in-a-request", "次の迷惑メールが届きました。\n差出人: 不明\nどうすればよいですか。"),
    whole("honest-log-with-dates", "ログです。\n2026/11/22 14:05 error: disk\n2026/11/22 14:06 retry: ok"),
    whole("honest-words-on-who-wrote", "田中さんが書きました資料を開けません。\n権限をください。"),
    whole("honest-on-and-wrote", "On Sunday I printed, as I wrote: nothing came.\nPlease help 花子."),
    whole("honest-table-of-bars", "一覧です。\n| 機種 | 階 |\n| A1 | 二 |"),
    whole("honest-rule-between-paragraphs", "お世話になります。\n----------\nホスト名は srv1 です。\nTEL でも構いません。\n----------\n再起動をお願いします。"),
    whole("honest-form-below-a-rule", "申請します。\n----------\n氏名: 山田\n電話: 03-1234-5678\n希望日: 11/22"),
    whole("honest-rule-and-sentences", "障害報告です。\n==========\n電話が鳴りません。\nTEL 03-1234-5678 の機器です。"),
    whole("honest-dashes-with-words", "選択肢は\n--- A ---\nと\n--- B ---\nです。"),
    whole("honest-sent-from-in-a-sentence", "Sent from my iPhone と末尾に付くのを\n消す方法を教えてください"),
    # HTML
    page("html-gmail", '<div dir="ltr">直りました。</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">2026年11月22日(日) 14:05 サービスデスク &lt;<a href="mailto:desk@example.com">desk@example.com</a>&gt;:<br></div><blockquote class="gmail_quote">どれですか。</blockquote></div>',
         "直りました。\n\n2026年11月22日(日) 14:05 サービスデスク <desk@example.com>:\n\n> どれですか。", "直りました。"),
    page("html-gmail-answers-between", '<div class="gmail_quote"><div class="gmail_attr">2026年11月22日(日) 14:05 デスク &lt;desk@example.com&gt;:<br></div><blockquote>どれですか。</blockquote><div>赤です。</div><blockquote>何階ですか。</blockquote><div>二階です。</div></div>',
         "2026年11月22日(日) 14:05 デスク <desk@example.com>:\n\n> どれですか。\n\n赤です。\n\n> 何階ですか。\n\n二階です。"),
    page("html-outlook-web", '<div>直りました。</div><div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg"><b>差出人:</b> デスク<br><b>送信日時:</b> 2026年<br><b>宛先:</b> 花子<br><b>件名:</b> x</div><div>どれですか。</div>',
         "直りました。\n----------\n差出人: デスク\n送信日時: 2026年\n宛先: 花子\n件名: x\nどれですか。", "直りました。"),
    page("html-outlook-desktop", '<p class="MsoNormal">直りました。</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>From:</b> Desk &lt;desk@example.com&gt;<br><b>Sent:</b> Sunday<br><b>To:</b> Hanako<br><b>Subject:</b> x</p></div><p>どれですか。</p>',
         "直りました。\n\nFrom: Desk <desk@example.com>\nSent: Sunday\nTo: Hanako\nSubject: x\n\nどれですか。", "直りました。"),
    page("html-thunderbird", '<p>直りました。</p><div class="moz-cite-prefix">2026/11/22 14:05、デスクさんは書きました:<br></div><blockquote type="cite"><p>どれですか。</p></blockquote>',
         "直りました。\n\n2026/11/22 14:05、デスクさんは書きました:\n\n> どれですか。", "直りました。"),
    page("html-apple", '直りました。<div><br><blockquote type="cite"><div>2026/11/22 14:05、デスク &lt;desk@example.com&gt;のメール：</div><br><div>どれですか。</div></blockquote></div>',
         "直りました。\n\n> 2026/11/22 14:05、デスク <desk@example.com>のメール：\n>\n> どれですか。", "直りました。"),
    page("html-yahoo", '<div>直りました。</div><div id="ydp_yahoo_quoted" class="yahoo_quoted"><div>On Sunday, November 22, 2026, Desk &lt;desk@example.com&gt; wrote:</div><div>どれですか。</div></div>',
         "直りました。\nOn Sunday, November 22, 2026, Desk <desk@example.com> wrote:\nどれですか。", "直りました。"),
    page("html-outlook-mobile", '<div>直りました。</div><div id="ms-outlook-mobile-signature">Outlook for iOS を入手</div><div id="mail-editor-reference-message-container"><hr><div><b>差出人:</b> デスク<br><b>日付:</b> 2026<br><b>宛先:</b> 花子<br><b>件名:</b> x</div>どれ</div>',
         "直りました。\nOutlook for iOS を入手\n----------\n差出人: デスク\n日付: 2026\n宛先: 花子\n件名: x\nどれ", "直りました。"),
    page("html-forward-with-note", '<div>転送します。</div><div class="gmail_quote">---------- Forwarded message ---------<br>From: デスク<br>Subject: x<br><br>本文です。</div>',
         "転送します。\n---------- Forwarded message ---------\nFrom: デスク\nSubject: x\n\n本文です。", "転送します。"),
    mail("both-forms-of-an-answer", mixed("alternative"), body=multi(
        part("Content-Type: text/plain; charset=utf-8", body=f"{NEW}\n\n2026年11月22日(日) 14:05 {DESK}:\n\n{QUOTE}"),
        part("Content-Type: text/html; charset=utf-8", body="<p>x")), text=f"{NEW}\n\n2026年11月22日(日) 14:05 {DESK}:\n\n{QUOTE}", reply=NEW, has_html=True),
]  # fmt: skip
