"""What requesters and those who watch with them read."""

REQUESTER = {
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
        "ja": "この用件は完了しました。また起きたら、このメールに返信してください。\n\n{rating}",
        "en": "This is closed. If it comes back, answer this mail.\n\n{rating}",
    },
    "cancelled": {
        "ja": "この用件は取り下げとなりました。これ以上の作業はしません。",
        "en": "This was cancelled; nothing more happens.",
    },
    "converted": {
        "ja": "この用件は、番号{successor}で続けて対応します。何もしていただく必要はありません。",
        "en": "We go on with this under the number {successor}. You need not do anything.",
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
}
