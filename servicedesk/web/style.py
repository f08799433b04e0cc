"""Examples for the style page: every component in every state. Both languages stand side by side, so the words of the
examples are written here in both and not translated."""

import datetime as dt
from types import SimpleNamespace

from django import forms
from django.utils import timezone

from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm, FilesField, TextField, WholeNumberField
from servicedesk.web.icons import ICONS

_WORDS = {
    "ja": {
        "statuses": [
            ("新規", "new"),
            ("割当済み", "active"),
            ("対応中", "active"),
            ("申請者回答待ち", "waiting"),
            ("解決済み", "resolved"),
            ("完了", "closed"),
        ],
        "clocks": [
            ("残り 3時間", "running"),
            ("残り 0:14", "near"),
            ("達成", "met"),
            ("未達 −0:40", "missed"),
            ("一時停止", "paused"),
        ],
        "titles": [
            "基幹システムに入れない",
            "3階のプリンターが印刷しない",
            "メーリングリストに佐藤さんを追加してほしい",
        ],
        "last": "昨日の夕方から、ログイン画面で「認証に失敗しました」と出ます。",
        "people": ["佐藤 花子", "鈴木 一郎", "髙橋 みなみ"],
        "labels": {
            "title": "件名",
            "text": "本文",
            "service": "サービス",
            "count": "人数",
            "when": "希望日",
            "urgency": "お困りの度合い",
            "agree": "部署の全員に知らせる",
            "files": "添付ファイル",
        },
        "hints": {
            "title": "一行で。例：「VPNにつながらない」",
            "count": "全角でも入力できます。",
            "files": "画面の写しは貼り付けできます。",
        },
        "urgencies": [("1", "自分が仕事をできない"), ("2", "みんなが仕事をできない"), ("3", "少し困っている")],
        "services": [("", "選んでください"), ("erp", "基幹システム"), ("mail", "メール")],
        "error": "その件名のチケットはすでにあります。INC0000124 を見てください。",
        "field_error": "終了日は開始日より後にしてください。",
        "empty": (
            "まだチケットはありません",
            "届いた依頼はここに並びます。電話の内容は「電話を記録」から入れます。",
            "新しい依頼",
        ),
        "notices": [
            "12:00 からメールが遅れています。",
            "この操作は取り消せません。",
            "保存しました。",
            "送信できませんでした。",
        ],
        "note": "社内メモ：先週の更新と関係がありそう。ベンダーに確認中。",
        "reply": "ご連絡ありがとうございます。いま原因を調べています。14時までにもう一度ご連絡します。",
        "event": "鈴木 一郎 さんが担当になりました",
        "next": "次：担当者が調べています。今日 14:00 までに返事をします。",
    },
    "en": {
        "statuses": [
            ("New", "new"),
            ("Assigned", "active"),
            ("In progress", "active"),
            ("Waiting for requester", "waiting"),
            ("Resolved", "resolved"),
            ("Closed", "closed"),
        ],
        "clocks": [
            ("3 h left", "running"),
            ("0:14 left", "near"),
            ("Met", "met"),
            ("Missed by 0:40", "missed"),
            ("Paused", "paused"),
        ],
        "titles": [
            "Cannot get into the ERP system",
            "Printer on 3F is silent",
            "Please add Ms Sato to the mailing list",
        ],
        "last": "Since yesterday evening the sign-in page says “authentication failed”.",
        "people": ["Anna Schmidt", "Ichiro Suzuki", "Minami Takahashi"],
        "labels": {
            "title": "Title",
            "text": "Text",
            "service": "Service",
            "count": "People",
            "when": "Wanted by",
            "urgency": "How bad is it?",
            "agree": "Tell everybody in the department",
            "files": "Files",
        },
        "hints": {
            "title": "One line: “VPN does not connect”",
            "count": "Full-width digits are fine.",
            "files": "Screenshots can be pasted.",
        },
        "urgencies": [("1", "I cannot work"), ("2", "We cannot work"), ("3", "A nuisance")],
        "services": [("", "Choose one"), ("erp", "ERP"), ("mail", "Mail")],
        "error": "There is a ticket with this title already; see INC0000124.",
        "field_error": "The end must be after the beginning.",
        "empty": (
            "No tickets yet",
            "What people ask for will be listed here. Calls are noted with “Note a call”.",
            "New request",
        ),
        "notices": ["Mail has been late since 12:00.", "This cannot be undone.", "Saved.", "It could not be sent."],
        "note": "Internal: looks related to last week's update. Asking the vendor.",
        "reply": "Thank you for telling us. We are looking for the cause and write again by 14:00.",
        "event": "Ichiro Suzuki took the ticket",
        "next": "Next: an agent is looking into it. You hear from us today by 14:00.",
    },
}
MARKDOWN = {
    "ja": """
### 手順

1. **設定**を開く
2. `vpn.example.com` を入れる

> うまくいかないときは https://example.com/help を見てください。

| 項目 | 値 |
|---|---|
| 種類 | IKEv2 |
""",
    "en": """
### Steps

1. Open **Settings**
2. Type `vpn.example.com`

> If it does not work see https://example.com/help.

| Item | Value |
|---|---|
| Kind | IKEv2 |
""",
}


class ExampleForm(ActionForm):
    """Every kind of field once."""

    title = forms.CharField(max_length=200)
    text = TextField()
    service = forms.ChoiceField()
    count = WholeNumberField(required=False)
    when = forms.DateField(required=False)
    urgency = forms.ChoiceField(widget=forms.RadioSelect)
    agree = forms.BooleanField(required=False)
    files = FilesField(required=False)

    def __init__(self, *args, words: dict, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in words["labels"].items():
            self.fields[name].label = label
            self.fields[name].help_text = words["hints"].get(name, "")
        self.fields["service"].choices = words["services"]
        self.fields["urgency"].choices = words["urgencies"]


def style_context() -> dict:
    now = timezone.now()
    examples = []
    for language, words in _WORDS.items():
        empty = ExampleForm(words=words, auto_id=f"id_{language}_empty_%s")
        wrong = ExampleForm(
            {"title": words["titles"][0], "text": "", "urgency": "1"}, words=words, auto_id=f"id_{language}_wrong_%s"
        )
        wrong.is_valid()
        wrong.refuse(Refused(words["error"]))
        wrong.refuse(Refused(words["field_error"], field="when"))
        people = [SimpleNamespace(display_name=name) for name in words["people"]]
        rows = [
            SimpleNamespace(
                number=number,
                title=title,
                priority=priority,
                person=person,
                status=status,
                clock=clock,
                created_at=now - dt.timedelta(minutes=minutes),
                unread=unread,
                last=words["last"],
            )
            for number, title, priority, person, status, clock, minutes, unread in zip(
                ["INC0000124", "INC0000119", "REQ0000077"],
                words["titles"],
                [1, 3, 4],
                people,
                words["statuses"],
                [words["clocks"][1], words["clocks"][0], words["clocks"][4]],
                [6, 190, 60 * 50],
                [True, False, False],
                strict=False,
            )
        ]
        examples.append(
            {
                "language": language,
                "words": words,
                "form": empty,
                "wrong": wrong,
                "people": people,
                "rows": rows,
                "markdown": MARKDOWN[language],
                "plain": f"{words['last']}\nhttps://example.com/?a=1&b=<2>\nsato@example.com",
                "moments": [
                    now - dt.timedelta(seconds=20),
                    now - dt.timedelta(minutes=3),
                    now - dt.timedelta(hours=5),
                    now - dt.timedelta(days=1, hours=2),
                    now - dt.timedelta(days=40),
                    now + dt.timedelta(minutes=50),
                    now + dt.timedelta(days=1),
                ],
            }
        )
    return {
        "examples": examples,
        "colours": COLOURS,
        "icons": sorted(ICONS),
        "sizes": [0, 900, 1_234_567],
        "phases": ["new", "active", "waiting", "resolved", "closed"],
    }


COLOURS = [
    "surface", "raised", "sunken", "hover", "selected", "line", "edge", "ink", "ink-2", "ink-3",
    "ai", "ai-strong", "on-ai", "p1", "p2", "p3", "p4", "met", "near", "missed", "missed-tint",
    "note-tint", "note-line",
]  # fmt: skip
