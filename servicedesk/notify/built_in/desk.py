"""What the desk reads."""

DESK = {
    "reopened_desk": {
        "ja": "このチケットが再開されました。\n再開した人: {by}",
        "en": "This was reopened.\nBy: {by}",
    },
    "cancelled_desk": {
        "ja": "取り下げられました。\n取り下げた人: {by}",
        "en": "This was withdrawn.\nBy: {by}",
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
    "action": {
        "ja": """重大障害の振り返り会で、あなたの対応が決まりました。

{action}
期限: {action_at}
決めた人: {by}

終わったら、完了にしてください: {major_link}""",
        "en": """After a major incident an action was agreed that is yours.

{action}
Due: {action_at}
Agreed by: {by}

When it is done, say so: {major_link}""",
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
    "low_mark": {
        "ja": """あなたのチームが対応したチケットに、低い評価が付きました。

評価: {mark}(5が最高)
{words}

申請者: {requester}

何があったかを確かめ、必要なら申請者に連絡してください。""",
        "en": """A ticket of your team was rated low.

Mark: {mark} (5 is best)
{words}

Requester: {requester}

Find out what happened, and speak to the requester where it helps.""",
    },
}
