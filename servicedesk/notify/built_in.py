"""The texts of our mails as they come with Madoguchi, by key and language. How they are filled: texts.py."""

BUILT_IN = {
    "top": {
        "ja": "{recipient}様\n",
        "en": "Hello {recipient},\n",
    },
    "bottom": {
        "ja": """{signature}

--------------------
{number} {title}
状態: {status}
{link}
このメールにそのまま返信できます。""",
        "en": """{signature}

--------------------
{number} {title}
Status: {status}
{link}
You can simply answer this mail.""",
    },
    "signature": {"ja": "", "en": ""},
    "receipt": {
        "ja": """受け付けました。番号は{number}です。

次に起きること: {next_step}
目標: {target}
解決の目標: {due}""",
        "en": """We have received your message. Its number is {number}.

What happens next: {next_step}
Target: {target}
Target for the solution: {due}""",
    },
    "receipt_for": {
        "ja": """{by}さんが、あなたの代わりに用件を登録しました。番号は{number}です。

次に起きること: {next_step}
目標: {target}
解決の目標: {due}""",
        "en": """{by} has entered a request for you. Its number is {number}.

What happens next: {next_step}
Target: {target}
Target for the solution: {due}""",
    },
    "reply": {
        "ja": """{by}さんからの返信です。

{message}

{files}""",
        "en": """{by} wrote:

{message}

{files}""",
    },
    "resolved": {
        "ja": """次のとおり解決したと考えています。

{resolution}

解決していないときは、このメールに返信してください。対応を再開します。
ご連絡がなければ、{closes_at}に完了とします。""",
        "en": """We think that this is solved:

{resolution}

Is it not? Answer this mail and we take it up again.
Without a word from you we close it on {closes_at}.""",
    },
    "resolved_others": {
        "ja": "解決になりました。\n\n{resolution}",
        "en": "This was resolved:\n\n{resolution}",
    },
    "reopened": {
        "ja": "対応を再開しました。",
        "en": "We have taken this up again.",
    },
    "reopened_desk": {
        "ja": "このチケットが再開されました。\n再開した人: {by}",
        "en": "This was reopened.\nBy: {by}",
    },
    "closed": {
        "ja": "この用件は完了しました。また起きたら、このメールに返信してください。",
        "en": "This is closed. If it comes back, answer this mail.",
    },
    "cancelled": {
        "ja": "この用件は取り下げとなりました。これ以上の作業はしません。",
        "en": "This was cancelled; nothing more happens.",
    },
    "cancelled_desk": {
        "ja": "取り下げられました。\n取り下げた人: {by}",
        "en": "This was withdrawn.\nBy: {by}",
    },
    "converted": {
        "ja": "この用件は、番号{successor}で続けて対応します。何もしていただく必要はありません。",
        "en": "We go on with this under the number {successor}. You need not do anything.",
    },
    "assigned": {
        "ja": """このチケットが、あなたに割り当てられました。
割り当てた人: {by}

申請者: {requester}
優先度: {priority}
期限: {due}

{description}""",
        "en": """This was given to you.
By: {by}

Requester: {requester}
Priority: {priority}
Due: {due}

{description}""",
    },
    "thanks": {
        "ja": """{by}さんから、お礼が届いています。返信は不要です。

{message}""",
        "en": """{by} says thank you. No answer is needed.

{message}""",
    },
    "mentioned": {
        "ja": """{by}さんが、このチケットであなたに声をかけています。

{message}

{files}

このメールへの返信は申請者に届きます。{by}さんへは、チケットの画面の内部メモで答えてください。""",
        "en": """{by} has mentioned you in this ticket:

{message}

{files}

An answer to this mail goes to the requester. Answer {by} by an internal note on the page of the ticket.""",
    },
    "team": {
        "ja": """あなたのチームに、チケットが届きました。担当者はまだいません。
チーム: {team}

申請者: {requester}
優先度: {priority}
期限: {due}

{description}""",
        "en": """A ticket has come to your team. Nobody has it yet.
Team: {team}

Requester: {requester}
Priority: {priority}
Due: {due}

{description}""",
    },
    "forwarded": {
        "ja": """{message}

---- 転送するメッセージ ----

{forwarded}

{files}""",
        "en": """{message}

---- Forwarded message ----

{forwarded}

{files}""",
    },
    "outside": {
        "ja": """チケットを見られない方から、返信がありました。

{message}

{files}

チケットには内部メモとして入っています。""",
        "en": """Somebody who does not see the ticket has answered:

{message}

{files}

In the ticket it is an internal note.""",
    },
    "bounced": {
        "ja": """この用件のメールを届けられませんでした。宛先のアドレスが使えません。

申請者: {requester}

電話などで連絡し、アドレスを直してください。相手のサーバーからのメールは、チケットで見られます。""",
        "en": """A mail about this ticket could not be delivered: its address does not work.

Requester: {requester}

Reach them by phone, and mend the address. The mail from the other server lies with the ticket.""",
    },
    "told": {
        "ja": """業務ルールからのお知らせです。

{about}

優先度: {priority}
対応期限: {due}
申請者: {requester}

{description}""",
        "en": """A business rule tells you of this ticket.

{about}

Priority: {priority}
Due: {due}
Requester: {requester}

{description}""",
    },
    "callback": {
        "ja": """折り返しの電話をかける時間です。

相手: {whom}
電話番号: {phone}
約束した時間: {call_at}
申請者: {requester}

{about}

かけた結果は、チケットの画面で記録してください。""",
        "en": """It is time to call back.

Whom: {whom}
Number: {phone}
Promised for: {call_at}
Requester: {requester}

{about}

Say on the page of the ticket what became of it.""",
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
}
