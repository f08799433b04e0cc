"""What is about more than one ticket, or goes to somebody outside."""

OTHERS = {
    "to_outside": {
        "ja": """いつもお世話になっております。{by}です。
下記の件について、調査とご回答をお願いいたします。

契約番号: {contract}
当方の番号: {number}
件名: {title}
優先度: {priority}
対象の機器: {devices}

このメールに返信していただくと、当方の記録に入ります。""",
        "en": """This is {by}. We need your help with the following.

Contract: {contract}
Our number: {number}
Subject: {title}
Priority: {priority}
Affected items: {devices}

Please answer this mail: what you write comes to our record.""",
    },
    "stale": {
        "ja": """しばらく動きのないチケットがあります。

{items}

動かせないものは、再通知の日を決めて非表示にできます。

{signature}""",
        "en": """Nothing has happened for some time in these tickets:

{items}

What cannot go on yet can be snoozed until a day.

{signature}""",
    },
    "outage": {
        "ja": """{outage}

{state}
{update}

次のお知らせの予定: {next_update}
状況の確認と、お知らせの停止: {outage_link}

{signature}""",
        "en": """{outage}

{state}
{update}

The next news is planned for {next_update}
How it stands, and to stop these mails: {outage_link}

{signature}""",
    },
    "assigned_mail": {
        "ja": """届いたメールの確認が、あなたに割り当てられました。
割り当てた人: {by}
メールボックス: {mailbox}

{mail}

{signature}""",
        "en": """A mail that has come in was given to you to look at.
By: {by}
Mailbox: {mailbox}

{mail}

{signature}""",
    },
    "digest": {
        "ja": """前回のまとめのあとに、次のことがありました。

{items}

すべての通知: {notices}
返信は、それぞれのチケットの画面でお願いします。

{signature}""",
        "en": """This has happened since the last summary:

{items}

All notices: {notices}
To answer, open the ticket.

{signature}""",
    },
    "reminder": {
        "ja": """{about}

{page}

{signature}""",
        "en": """{about}

{page}

{signature}""",
    },
    "survey": {
        "ja": """{intro}

{survey}
回答する: {survey_link}
期限: {until}

{anonymous}
このリンクはあなた専用です。ほかの人に転送しないでください。

{signature}""",
        "en": """{intro}

{survey}
Answer here: {survey_link}
Until: {until}

{anonymous}
The link is for you alone; please do not pass it on.

{signature}""",
    },
    "survey_due": {
        "ja": """まだ回答をいただいていないアンケートがあります。

{survey}
回答する: {survey_link}
期限: {until}

{anonymous}

{signature}""",
        "en": """A survey still waits for your answer.

{survey}
Answer here: {survey_link}
Until: {until}

{anonymous}

{signature}""",
    },
    "report": {
        "ja": """{month}の月次報告書を発行しました。

{sentences}

全体の数字とファイル: {page}
このメールの停止も、同じ画面からできます。

{signature}""",
        "en": """The monthly report of {month} was issued.

{sentences}

All figures and files: {page}
To stop these mails, use the same page.

{signature}""",
    },
}
