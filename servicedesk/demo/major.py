"""Two major incidents: one is going on when the demo is opened, and one is over and was learnt from."""

from datetime import datetime, timedelta

from incidents.actions import close_incident, resolve_incident, start_incident
from incidents.major.actions.declaring import declare_major
from incidents.major.actions.force import join_force
from incidents.major.actions.learning import add_action, finish_action, finish_post_mortem, save_post_mortem
from incidents.major.actions.telling import publish_update, subscribe
from incidents.major.models import MajorIncident
from incidents.models import CauseCode, Incident
from servicedesk.intake.actions import receive
from servicedesk.people.models import User
from servicedesk.tickets.actions import assign, link, log_work, note, reply, set_tags, watch
from servicedesk.tickets.models import Ticket

from .acts import Step
from .company import Cast

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
_PUBLIC = ("基幹システムにサインインできません", "Nobody can sign in to the ERP")
# Minutes, how it stands, in Japanese, in English.
_UPDATES = [
    (
        14, "investigating",
        "全社で基幹システムにサインインできない障害を確認し、原因を調べています。受注は紙の受注票に控えてください。",
        "Nobody can sign in to the ERP. We are looking for the cause. Please write orders down on paper.",
    ),
    (
        45, "identified",
        ("認証サーバー2台のうち1台が応答していないことがわかりました。予備機への切り替えを準備しています。"
        "入力済みのデータに影響はありません。"),
        "One of two servers for sign-in does not answer. We are preparing to switch to the stand-by. No data is lost.",
    ),
    (
        76, "monitoring",
        ("予備機への切り替えを終え、一部の方からサインインできたとの連絡をいただいています。"
        "全員が使えることを確認するまで対応を続けます。"),
        "We have switched to the stand-by server, and some of you can sign in again. We go on until all of you can.",
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
        for minutes, kind, japanese, english in _UPDATES:
            self._at(minutes, self._update(kind, japanese, english))
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
        major = declare_major(
            self.ticket, by=self.okamoto, via="page", at=at, outage_from=self.began - timedelta(minutes=5),
            people_hit=240, reason="基幹システムの全面停止。受注と出荷に影響。",
            public_title=_PUBLIC[0], public_title_en=_PUBLIC[1],
        )  # fmt: skip
        for role, key in (
            ("commander", "mariko.okamoto"), ("communication", "yumi.inoue"), ("technical", "tetsuya.murakami"),
            ("recorder", "sho.kobayashi"),
        ):  # fmt: skip
            join_force(major, by=self.okamoto, via="page", person=self.cast.people[key], role=role, at=at)
        set_tags(self.ticket, by=self.okamoto, via="page", tags=["認証", "重大障害"], at=at)
        for key in ("tetsuya.murakami", "masaru.fujii", "yumi.inoue"):
            watch(self.ticket, by=self.cast.people[key], via="page", at=at)

    def _update(self, kind: str, japanese: str, english: str):
        def act(at: datetime) -> None:
            major = _major_of(self.ticket)
            publish_update(major, by=self.okamoto, via="page", kind=kind, text_ja=japanese, text_en=english, at=at)
            for key in _SUBSCRIBERS.get(kind, ()):
                person = self.cast.people[key]
                subscribe(major.pk, person, by=person, at=at + timedelta(minutes=2))

        return act

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


_SUBSCRIBERS = {"investigating": ("kenta.noguchi", "emily.koh"), "identified": ("akiko.nishimura",)}


def _major_of(ticket: Ticket) -> MajorIncident:
    major = MajorIncident.objects.get(pk=ticket.pk)
    major.incident.ticket = ticket
    return major


_LEARNT = {
    "what_happened": (
        "9時05分に本社の基幹スイッチが再起動を繰り返し、本社と工場の間の通信が55分間止まった。"
        "前夜に配布した設定に、旧機種では使えない項目が含まれていた。"
    ),
    "helped": "予備の設定が保管してあり、15分で戻せた。工場の担当者と電話で直接話せた。",
    "hindered": "構成図が古く、旧機種が残っていることに気付けなかった。連絡先の一覧は停止中に見られなかった。",
    "lessons": "- 設定は1台に入れて確かめてから、残りに配る。\n- 連絡先の一覧は、紙でも持つ。",
}


class PastMajor:
    """A switch of the head office, three weeks ago: over, written up, with actions that are done, due and overdue."""

    def __init__(self, cast: Cast, now: datetime):
        self.cast = cast
        self.began = now.replace(hour=9, minute=12, second=0, microsecond=0) - timedelta(days=21)
        self.service = cast.services["network"]
        self.agent = cast.people["sho.kobayashi"]
        self.steps = [
            Step(self.began, self._open),
            Step(self.began + timedelta(minutes=4), self._declare),
            Step(self.began + timedelta(minutes=50), self._resolve),
            Step(self.began + timedelta(days=3, hours=6), self._learn),
            Step(self.began + timedelta(days=4), self._close),
        ]

    def _open(self, at: datetime) -> None:
        reporter = self.cast.people["yuji.taniguchi"]
        self.ticket = receive(
            kind="incident", title="工場から本社のシステムにつながらない", requester=reporter, by=reporter, via="page",
            description="9時すぎから、工場の全員が本社のシステムを開けません。", channel="portal",
            service=self.service, impact=2, urgency=1, language="ja", at=at,
        )  # fmt: skip
        assign(self.ticket, by=self.agent, via="page", assignee=self.agent, at=at + timedelta(minutes=1))

    def _declare(self, at: datetime) -> None:
        self.incident = Incident.objects.get(pk=self.ticket.pk)
        self.incident.ticket = self.ticket
        start_incident(self.incident, by=self.agent, via="page", at=at)
        major = declare_major(
            self.ticket, by=self.agent, via="page", at=at, outage_from=self.began - timedelta(minutes=7), people_hit=85,
            reason="工場の出荷が止まっている。", public_title="工場と本社の間の通信が止まっています",
            public_title_en="The line between factory and head office is down",
        )  # fmt: skip
        expert = self.cast.people["tetsuya.murakami"]
        join_force(major, by=self.agent, via="page", person=expert, role="commander", at=at)
        publish_update(
            major, by=self.agent, via="page", kind="investigating", at=at, text_en="We are looking for the cause.",
            text_ja="原因を調べています。出荷の連絡は電話でお願いします。",
        )  # fmt: skip

    def _resolve(self, at: datetime) -> None:
        publish_update(
            _major_of(self.ticket), by=self.agent, via="page", kind="resolved", at=at, text_en="The line works again.",
            text_ja="通信は復旧しました。ご迷惑をおかけしました。",
        )  # fmt: skip
        resolve_incident(
            self.incident, by=self.agent, via="page", at=at, code=CauseCode.objects.get(code="setting_error"),
            human_error="with_effect", resolution="基幹スイッチの設定を前日のものに戻しました。",
        )  # fmt: skip

    def _learn(self, at: datetime) -> None:
        major = _major_of(self.ticket)
        people = [self.cast.people[key] for key in ("tetsuya.murakami", "mariko.okamoto", "yumi.inoue")]
        save_post_mortem(
            major, by=self.agent, via="page", at=at, held_on=at.date(), present=people,
            cause_code=self.incident.cause_code, **_LEARNT,
        )  # fmt: skip
        for what, owner, days in (
            ("設定の配布手順に、1台での確認を加える", people[0], 7),
            ("ネットワークの構成図を最新にする", people[0], 14),
            ("障害時の連絡先を紙で配る", people[2], 40),
        ):
            due = at.date() + timedelta(days=days)
            action = add_action(major, by=self.agent, via="page", what=what, owner=owner, due_on=due, at=at)
            if days == 7:
                finish_action(action, by=owner, via="page", at=at)
        finish_post_mortem(major, by=self.agent, via="page", at=at)

    def _close(self, at: datetime) -> None:
        # As the rule of P1 says, the lead of its team.
        close_incident(self.incident, by=self.cast.people["yumi.inoue"], via="page", at=at)
