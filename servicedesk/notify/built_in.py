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
    "closes": {
        "ja": """次のとおり解決し、ご連絡をお待ちしています。

{resolution}

解決していないときは、このメールに返信してください。対応を再開します。
ご連絡がなければ、{closes_at}に完了とします。""",
        "en": """We think that this is solved, and wait for your word:

{resolution}

Is it not? Answer this mail and we take it up again.
Without a word from you we close it on {closes_at}.""",
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
    "bounced": {
        "ja": """この用件のメールを届けられませんでした。宛先のアドレスが使えません。

申請者: {requester}

電話などで連絡し、アドレスを直してください。相手のサーバーからのメールは、チケットで見られます。""",
        "en": """A mail about this ticket could not be delivered: its address does not work.

Requester: {requester}

Reach them by phone, and mend the address. The mail from the other server lies with the ticket.""",
    },
    "target": {
        "ja": """目標についてのお知らせです。

{what_happened}

優先度: {priority}
申請者: {requester}
解決の目標: {due}""",
        "en": """About a target:

{what_happened}

Priority: {priority}
Requester: {requester}
Target for the solution: {due}""",
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
    "escalated": {
        "ja": """担当チームの責任者として、このチケットを確認していただけますか。

{what_happened}

{message}

優先度: {priority}
対応期限: {due}
申請者: {requester}""",
        "en": """Please look at this ticket: you are responsible for the team that has it.

{what_happened}

{message}

Priority: {priority}
Due: {due}
Requester: {requester}""",
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
    "approval": {
        "ja": """このチケットのクローズ承認を依頼されました。
チケットの画面で、承認して完了にするか、理由を付けて差し戻してください。
依頼した人: {by}

申請者: {requester}
優先度: {priority}

{resolution}""",
        "en": """Your approval is needed to close this ticket. Approve it on its page, or send it back with a reason.
Asked by: {by}

Requester: {requester}
Priority: {priority}

{resolution}""",
    },
    "sent_back": {
        "ja": """クローズ承認の依頼が差し戻されました。
差し戻した人: {by}

{message}""",
        "en": """Closing this was not approved yet.
By: {by}

{message}""",
    },
    "confirmed": {
        "ja": """{by}さんが、解決したと答えました。足りないところを記入して、完了にしてください。""",
        "en": """{by} says that this is solved. Fill in what is missing, and close it.""",
    },
    "held_back": {
        "ja": """申請者から連絡がないまま期限が過ぎましたが、足りないところがあるため、自動で完了にしませんでした。
チケットの画面に、何が足りないかが出ています。

申請者: {requester}
優先度: {priority}""",
        "en": """Nobody objected to the solution in time, but something is missing, so this was not closed by itself.
The page of the ticket says what is missing.

Requester: {requester}
Priority: {priority}""",
    },
    "awake": {
        "ja": """非表示にしていたチケットが戻ってきました。

申請者: {requester}
優先度: {priority}
期限: {due}""",
        "en": """A ticket that was snoozed is back.

Requester: {requester}
Priority: {priority}
Due: {due}""",
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
    "known": {
        "ja": """ご連絡の件は、すでに把握している障害です。まとめて対応しています。

{outage}
状況の確認: {outage_link}

新しいことがわかり次第、お知らせします。何もしていただく必要はありません。""",
        "en": """What you told us is known. We are working on it, for everybody who is hit.

{outage}
How it stands: {outage_link}

We tell you as soon as there is news. You need not do anything.""",
    },
    "force": {
        "ja": """障害対策チームへの参加をお願いします。
お願いした人: {by}
役割: {role}

状況と連絡: {major_link}""",
        "en": """You are called into the task force of a major incident.
By: {by}
Role: {role}

How it stands: {major_link}""",
    },
    "update_due": {
        "ja": """利用者への次のお知らせの時刻を過ぎています。
予定の時刻: {update_at}

まだ新しいことがなくても、そのことをひとこと知らせてください。
お知らせを書く: {major_link}""",
        "en": """Readers were promised an update, and it is overdue.
Due: {update_at}

If there is nothing new yet, tell them just that.
Write it: {major_link}""",
    },
    "action_due": {
        "ja": """振り返り会で決めた対応の期限を過ぎています。

{action}
期限: {action_at}

終わっていたら、完了にしてください: {major_link}""",
        "en": """An action that was agreed after a major incident is overdue.

{action}
Due: {action_at}

If it is done, say so: {major_link}""",
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
}
