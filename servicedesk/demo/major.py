"""The major incident that is going on when the demo is opened: nobody can sign in to the ERP."""

from datetime import datetime, timedelta

from incidents.actions import start_incident
from incidents.models import Incident
from servicedesk.intake.actions import receive
from servicedesk.people.models import User
from servicedesk.priorities.actions import change_ticket
from servicedesk.tickets.actions import assign, link, log_work, note, reply, set_tags, watch
from servicedesk.tickets.models import Ticket

from .company import Cast
from .lives import Step

_BEGAN = timedelta(minutes=96)
_TITLE = "基幹システムにサインインできない(全社)"
_TEXT = (
    "基幹システムを開くと「認証サーバーに接続できません」と表示され、誰もサインインできません。"
    "受注の入力と出荷指示が止まっています。営業一課と生産管理課の全員で同じです。"
)
_OTHERS = [
    (
        "chika.miyazaki",
        12,
        "基幹システムが開けません",
        "出荷指示を出そうとしましたが、サインインの画面でエラーになります。",
        "ja",
    ),
    (
        "emily.koh",
        19,
        "Cannot sign in to the ERP",
        "The ERP says that the authentication server cannot be reached.",
        "en",
    ),
]
_UPDATES = [
    (
        14,
        (
        "第1報: 基幹システムにサインインできない障害を確認しました。原因を調査しています。"
        "受注は紙の受注票に控えてください。次の連絡は30分後です。\n\n"
        "First report: nobody can sign in to the ERP. We are looking for the cause. Next update in 30 minutes."
        ),
    ),
    (
        45,
        (
        "第2報: 認証サーバー2台のうち1台が応答していないことがわかりました。予備機への切り替えを準備しています。"
        "入力済みのデータに影響はありません。次の連絡は30分後です。"
        ),
    ),
    (
        76,
        (
        "第3報: 予備機への切り替えを終え、一部の方からサインインできたとの連絡をいただいています。"
        "全員が使えることを確認するまで対応を続けます。\n\n"
        "Third report: we have switched to the stand-by server and some of you can sign in again."
        ),
    ),
]  # fmt: skip
_NOTES = [
    (8, "監視では認証サーバー auth01 の応答が15分前から途切れている。ディスクの書き込み待ちが異常に多い。"),
    (
        33,
        "auth01 のRAIDコントローラーのバッテリー警告。書き込みキャッシュが無効になっている。再起動では直らない見込み。",
    ),
    (61, "auth02 へ切り替える。手順は運用手順書 4.3。メーカーには交換部品を手配済み(受付済み)。"),
]


class Major:
    """Steps of the incident and of the tickets of others that turn out to be the same."""

    def __init__(self, cast: Cast, now: datetime):
        self.cast, self.began = cast, now.replace(microsecond=0) - _BEGAN
        self.service = cast.services["erp"]
        self.okamoto, self.murakami = cast.people["mariko.okamoto"], cast.people["tetsuya.murakami"]
        self.ticket: Ticket | None = None
        self.steps: list[Step] = []
        self._at(0, self._open)
        self._at(3, self._take)
        for minutes, text in _NOTES:
            self._at(minutes, lambda at, text=text: note(self.ticket, by=self.okamoto, body=text, via="page", at=at))
        for minutes, text in _UPDATES:
            self._at(minutes, lambda at, text=text: reply(self.ticket, by=self.okamoto, body=text, via="page", at=at))
        for key, minutes, title, text, language in _OTHERS:
            self._at(minutes, self._another(cast.people[key], title, text, language))
        self._at(
            84,
            lambda at: reply(
                self.ticket, by=cast.people["yuji.taniguchi"], via="page", at=at,
                body="生産管理課では3人中2人がサインインできるようになりました。1人はまだエラーになります。",
            ),
        )  # fmt: skip
        self._at(
            90, lambda at: log_work(self.ticket, by=self.okamoto, via="page", minutes=85, worked_on=at.date(), at=at)
        )

    def _at(self, minutes: int, act) -> None:
        self.steps.append(Step(self.began + timedelta(minutes=minutes), act))

    def _open(self, at: datetime) -> None:
        reporter = self.cast.people["yuji.taniguchi"]
        self.ticket = receive(
            kind="incident", title=_TITLE, description=_TEXT, requester=reporter, by=reporter, via="page",
            channel="portal", service=self.service, category=self.cast.categories["software-fault"], impact=1,
            urgency=1, language="ja", at=at,
        )  # fmt: skip

    def _take(self, at: datetime) -> None:
        incident = Incident.objects.get(pk=self.ticket.pk)
        incident.ticket = self.ticket
        start_incident(incident, by=self.okamoto, via="page", at=at)
        change_ticket(self.ticket, by=self.okamoto, via="page", at=at, is_major=True)
        set_tags(self.ticket, by=self.okamoto, via="page", tags=["認証", "重大障害"], at=at)
        for key in ("tetsuya.murakami", "masaru.fujii", "yumi.inoue"):
            watch(self.ticket, by=self.cast.people[key], via="page", at=at)

    def _another(self, who: User, title: str, text: str, language: str):
        def act(at: datetime) -> None:
            ticket = receive(
                kind="incident", title=title, description=text, requester=who, by=who, via="page", channel="portal",
                service=self.service, category=self.cast.categories["software-fault"], impact=3, urgency=1,
                language=language, at=at,
            )  # fmt: skip
            assign(ticket, by=self.okamoto, via="page", assignee=self.okamoto, at=at + timedelta(minutes=2))
            link(ticket, self.ticket, "duplicate", by=self.okamoto, via="page", at=at + timedelta(minutes=2))

        return act
