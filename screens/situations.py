"""What the pages show: the demo company, and beside it what its calm life lacks – held mails, a dead address, a call
taken down half, people away, a ticket with every kind of message, long words.
"""

from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import make_msgid

from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils import timezone

from cmdb.models import Item, Service
from incidents.actions import change_incident, open_incident, resolve_incident
from incidents.major.actions.proposing import propose_major
from incidents.major.models import MajorIncident
from incidents.models import CauseCode, Incident
from servicedesk.demo.company import SIGN_INS
from servicedesk.demo.load import load
from servicedesk.desk.actions import create_view
from servicedesk.desk.bulk import Change, start_bulk
from servicedesk.desk.exporting import job_key, start_export
from servicedesk.desk.models import Export, Macro, ReplyTemplate, SavedView
from servicedesk.directory.models import Entry, Referral
from servicedesk.intake.actions import assign_mail, plan_call_back, read_waiting, store
from servicedesk.intake.models import CallBack, IncomingMail, Mailbox
from servicedesk.levels.actions import change_calendar, create_agreement, set_service_levels
from servicedesk.levels.models import Calendar, Rank
from servicedesk.notify.models import PushDevice
from servicedesk.notify.notices import mark_read, save_notice_settings
from servicedesk.notify.permissions import read_sent
from servicedesk.notify.queries import visible_outgoing
from servicedesk.notify.without_ticket import tell_of_assigned_mails
from servicedesk.people.actions import create_absence, create_token, upload_import
from servicedesk.people.jobs import run_next_job
from servicedesk.people.models import Company, Department, Job, User
from servicedesk.priorities.actions import override_priority
from servicedesk.reports.dependence.actions import agree_on_proposal, finish_proposal
from servicedesk.reports.dependence.queries import dependence, span_of
from servicedesk.reports.dependence.suggesting import why
from servicedesk.reports.facts import keep_waiting
from servicedesk.reports.issued.actions import issue
from servicedesk.reports.issued.sharing import create_wall, subscribe
from servicedesk.reports.kpis import KPIS
from servicedesk.reports.models import DependenceProposal
from servicedesk.reports.months import Year, after
from servicedesk.reports.remarks import save_remarks
from servicedesk.reports.targets import Goal, save_targets
from servicedesk.tickets.actions import (
    ask_to_close,
    assign,
    escalate,
    log_work,
    merge,
    note,
    reply,
    save_draft,
    set_items,
    set_tags,
    snooze,
    start_timer,
    thank,
)
from servicedesk.tickets.delivery import deliver_waiting
from servicedesk.tickets.models import Category, Ticket, WorkTimer

from .imports import imports
from .rules import rules
from .surveys import surveys

STAFF, _EN, HEAD, AGENT, LEAD, ADMIN = (key for _role, key in SIGN_INS)
_LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen_" * 3
_HTML = """<h1>お知らせ</h1><p>請求書の件で<b>ご連絡</b>しました。<a href="https://example.com/pay">こちら</a></p>
<p><img src="https://pictures.example.com/logo.png" alt="logo" width="120" height="40"></p>
<table border="1"><tr><th>品名</th><th>数</th></tr><tr><td>トナー</td><td>2</td></tr></table>"""


@dataclass
class Situation:
    """Who looks, and the objects that addresses need."""

    people: dict[str, User]
    objects: dict[str, object] = field(default_factory=dict)


def prepare() -> Situation:
    """Fill an empty desk. The same on every run, but for times and generated keys."""
    load()
    people = {key: User.objects.get(email__startswith=f"{key}@") for _role, key in SIGN_INS}
    found = Situation(people)
    found.objects |= _tickets(people) | _mails(people) | _settings(people)
    found.objects |= _majors(found.objects["busy"])
    _news(people, found.objects)
    deliver_waiting()
    found.objects |= rules(people[ADMIN], people[AGENT])
    found.objects["proposal"] = _proposals(people)
    tell_of_assigned_mails()
    mark_read(people[AGENT], number=found.objects["given"].number)
    found.objects |= _report(people[ADMIN], people[LEAD])
    found.objects |= _reports(people[ADMIN], people[LEAD])
    found.objects["sent_mail"] = next(
        mail for mail in visible_outgoing(people[ADMIN]).order_by("-pk") if read_sent(people[ADMIN], mail)
    )
    return found


def _proposals(people: dict[str, User]) -> DependenceProposal:
    """What is done about the topics of most risk; the last is done, one is due."""
    desk = dependence(span_of(6))
    made = [
        agree_on_proposal(
            by=people[ADMIN], via="command", topic=topic.key, kind=kind, owner=people[owner],
            reason=why(topic, kind) or "次の担当替えまでに、もう一人が対応できるようにする。",
            due_on=timezone.localdate() + timedelta(days=days),
        )
        for topic, kind, owner, days in zip(
            desk.topics, ("write", "pair", "rotate"), (LEAD, ADMIN, LEAD), (30, 0, 14), strict=False
        )
    ]  # fmt: skip
    finish_proposal(made[-1], by=people[ADMIN], via="command")
    return made[0]


def _report(admin: User, lead: User) -> dict:
    """A month with targets met and missed, a reason, a counter-measure and a comment."""
    while keep_waiting():
        pass
    year = Year.now()
    month = after(year.this_month(), -1)
    goals = {
        "tickets.reopened": Goal(Decimal(0), lead),
        "tickets.reassigned": Goal(Decimal(40), lead),
        "tickets.resolve_median_hours": Goal(Decimal(8), admin),
        "levels.resolution_met_rate": Goal(Decimal("0.95"), lead),
    }  # fmt: skip
    save_targets(year.fiscal_year(month), goals, by=admin, via="command")
    save_remarks(
        KPIS["levels.resolution_met_rate"], month, by=lead, via="page", comment="棚卸の週は問い合わせが集中しました。",
        reason="月末の締め処理と重なり、経理システムの問い合わせに手が回りませんでした。",
        measure="締めの週だけ、二次対応から1名を一次対応へ回します。定型文も3件追加しました。",
    )  # fmt: skip
    return {"reported": f"{month:%Y-%m}"}


def _reports(admin: User, lead: User) -> dict:
    """The last month issued, one who gets it, and the address of a wall page, which is another on every run."""
    while keep_waiting():
        pass
    report = issue(after(Year.now().this_month(), -1), by=None, via="command")
    subscribe(lead, by=admin, via="page")
    _link, secret = create_wall(name="1階受付の画面", language="ja", days=90, by=admin, via="page")
    return {"issued_month": str(report), "wall": secret}


def _majors(busy: Ticket) -> dict:
    """The major incidents of the demo, and two proposals."""
    past, now = MajorIncident.objects.select_related("incident__ticket").order_by("declared_at")
    for about in (Service.objects.get(code="network"), busy):
        propose_major(about, reason="出荷が止まっている可能性があります", by=None)
    return {"major": now, "major_ticket": now.incident.ticket, "past_major": past, "past_ticket": past.incident.ticket}


def _tickets(people: dict[str, User]) -> dict:
    agent = people[AGENT]
    mine = Ticket.objects.filter(team__in=agent.teams.all(), closed_at__isnull=True, is_confidential=False)
    busy = mine.filter(type="incident").order_by("pk").first()
    if busy.assignee_id != agent.pk:
        assign(busy, by=agent, via="command", assignee=agent)
    picture = SimpleUploadedFile("画面の写し.png", _png(), content_type="image/png")
    reply(
        busy, by=agent, via="command", files=[picture],
        body="お手数ですが、**エラーの番号**をお知らせください。\n\n- 画面の右下\n- `E-1234` の形\n\n> 印刷できません",
    )  # fmt: skip
    note(busy, by=agent, via="command", body=f"ベンダーに確認中。{_LONG}")
    colleague = busy.team.members.exclude(pk=agent.pk).first()
    note(busy, by=agent, via="page", body=f"@{colleague.name} さん、部品が届いたら交換をお願いします。")
    set_tags(busy, by=agent, via="command", tags=["プリンター", "3階", "ベンダー確認"])
    devices = [*Item.objects.filter(kind="printer")[:2], Item.objects.filter(user__isnull=False).earliest("pk")]
    set_items(busy, by=agent, via="command", items=devices)
    work = log_work(busy, by=agent, via="command", minutes=15, note="現地で確認")
    start_timer(busy, by=agent, via="command")
    WorkTimer.objects.update(started_at=timezone.now() - timedelta(minutes=17))
    save_draft(busy, "reply", by=agent, body="ベンダーから連絡があり、", box="1", turn=1, base="")
    now = timezone.now()
    late = plan_call_back(busy, by=agent, via="command", whom=busy.requester.name, number="4021", note="鍵の件",
                          due_at=now + timedelta(hours=1))  # fmt: skip
    CallBack.objects.filter(pk=late.pk).update(due_at=now - timedelta(minutes=20))
    plan_call_back(busy, by=agent, via="command", whom="佐藤 花子", number="03-1234-5678", note="",
                   due_at=now + timedelta(hours=3))  # fmt: skip
    view = create_view(name="急ぎのもの", query=QueryDict("view=all&priority=1&priority=2"), by=agent, via="command")
    SavedView.objects.create(owner=agent, name="なくなったチームのもの", base="all", filters={"team": ["gone"]})
    SavedView.objects.create(team=agent.teams.first(), name="朝の見回り", base="unassigned", group="service", place=1)
    for label, kind, rows in (("未完了すべて", "xlsx", 24), ("解決済みと完了", "csv", 100_000)):
        Export.objects.create(owner=agent, format=kind, label=label, file=ContentFile(b"x", name="x"), rows=rows,
                              is_cut=rows == 100_000)  # fmt: skip
    chosen = mine.order_by("-pk").values_list("pk", flat=True)[:12]
    bulk = start_bulk(chosen, Change(add_tags=["年末対応"]), by=agent, via="command")
    while run_next_job():
        pass
    under_way = start_export(QueryDict("view=done"), kind="csv", label="解決済みと完了", by=agent, via="command")
    Job.objects.filter(key=job_key(under_way.pk)).update(state=Job.State.RUNNING, done=31_000, total=78_412)
    twins = [
        open_incident(by=agent, via="command", title=title, description=f"3階の{title}。{_LONG}",
                      requester=busy.requester, channel="phone", team=busy.team).ticket
        for title in ("印刷が止まる", "複合機がまた紙づまり")
    ]  # fmt: skip
    reply(twins[0], by=busy.requester, via="command", body="会議までに直りますか？")
    merge(twins[0], twins[1], by=agent, via="command")
    solved = Ticket.objects.filter(status="closed", team__in=agent.teams.all(), is_confidential=False)
    thanked = solved.filter(requester__role_rows__isnull=True).latest("pk")
    thank(thanked, by=thanked.requester, via="command", word="すぐに見ていただいて、とても助かりました。")
    staff = people[STAFF]
    own = Ticket.objects.filter(requester=staff)
    own_done = own.filter(status="closed").latest("pk")
    thank(own_done, by=staff, via="command", word="ありがとうございました！")
    urgent = mine.filter(type="incident", phase__in=["new", "active"]).exclude(pk=busy.pk)
    incomplete = _urgent(urgent.latest("pk"), agent)
    led = people[LEAD].leads.first()
    member = led.members.filter(is_active=True).exclude(pk=people[LEAD].pk).first()
    theirs = open_incident(by=member, via="command", title="基幹システムにつながらない", description="全員です。",
                           requester=busy.requester, channel="phone", team=led).ticket  # fmt: skip
    approval = _urgent(theirs, member)
    because = CauseCode.objects.first()
    change_incident(Incident.objects.get(pk=approval.pk), by=member, via="command", cause_code=because)
    ask_to_close(approval, by=member, via="command")
    snoozed = mine.filter(phase="waiting").exclude(pk=busy.pk).first() or twins[1]
    snooze(snoozed, by=agent, via="command", until=now + timedelta(days=3), reason="部品が届くのを待ちます。")
    quiet = mine.filter(phase="active").values_list("pk", flat=True)[:4]
    Ticket.objects.filter(pk__in=list(quiet)).update(updated_at=now - timedelta(days=40))
    outside = Referral.objects.select_related("ticket").earliest("pk")
    return {
        "busy": busy,
        "approval": approval,
        "incomplete": incomplete,
        "snoozed": snoozed,
        "escalated": _escalated(busy, agent, people[LEAD]),
        "outside": outside.ticket,
        "referral": outside,
        "entry": outside.entry,
        "contract": outside.contract,
        "guarded_entry": _guarded(people),
        "work": work,
        "view": view,
        "bulk": bulk,
        "led": people[LEAD].leads.first(),
        "thanked": thanked,
        "merged": twins[0],
        "merged_into": twins[1],
        "message": busy.comments.latest("pk"),
        "macro": Macro.objects.exclude(note="").first(),
        "template": ReplyTemplate.objects.get(code="gamen"),
        "request": mine.filter(type="request").first(),
        "closed": Ticket.objects.filter(status="closed", team__in=agent.teams.all()).first(),
        "call_back": late,
        "resolved": mine.filter(type="incident", status="resolved").first()
        or _resolved(mine.exclude(pk=busy.pk), agent),
        "own": own.filter(closed_at__isnull=True).first() or own.first(),
        "own_resolved": own.filter(status="resolved").first() or own.first(),
        "own_done": own_done,
        **surveys(people[ADMIN], staff, own_done),
    }


def _escalated(like: Ticket, agent: User, lead: User) -> Ticket:
    """Two days old: tried by the first line, escalated, and now with a lead of tier 2."""
    opened = timezone.now() - timedelta(days=2)
    ticket = open_incident(by=agent, via="command", title="VPNがときどき切れる", description="在宅のときに切れます。",
                           requester=like.requester, channel="phone", team=like.team, at=opened).ticket  # fmt: skip
    assign(ticket, by=None, via="command", assignee=agent, at=opened + timedelta(minutes=12))
    escalate(ticket, by=None, via="command", reason="装置の負荷が高いようです。", at=opened + timedelta(hours=5))
    assign(ticket, by=None, via="command", assignee=lead, team=lead.leads.first(), at=opened + timedelta(hours=9))
    return ticket


def _urgent(ticket: Ticket, agent: User) -> Ticket:
    """An incident of priority 1 that is resolved: closing it asks for more."""
    override_priority(ticket, by=agent, via="command", priority=1, note="全社に影響")
    incident = Incident.objects.select_related("ticket").get(pk=ticket.pk)
    resolve_incident(incident, by=agent, via="command", resolution="サーバーを切り替えました。")
    return incident.ticket


def _guarded(people: dict[str, User]) -> Entry:
    """An entry whose contract the agent may not call under."""
    entry = Entry.objects.exclude(contracts=None).latest("pk")
    for contract in entry.contracts.all():
        contract.callers.set([people[LEAD]])
    return entry


def _resolved(tickets, agent: User) -> Ticket:
    """An incident that is resolved, for the days on which the demo has none."""
    ticket = tickets.filter(type="incident", phase__in=["new", "active", "waiting"]).order_by("pk").first()
    incident = Incident.objects.select_related("ticket").get(pk=ticket.pk)
    resolve_incident(incident, by=agent, via="command", resolution="再起動で直りました。")
    return incident.ticket


def _news(people: dict[str, User], objects: dict) -> None:
    """What others did since the agent and the requester last looked."""
    agent, busy, own = people[AGENT], objects["busy"], objects["own"]
    colleague = User.objects.filter(teams__in=agent.teams.all(), is_active=True).exclude(pk=agent.pk).first()
    of_team = Ticket.objects.filter(team__in=agent.teams.all(), closed_at__isnull=True, is_confidential=False)
    objects["given"] = of_team.exclude(assignee=agent).order_by("-pk").first()
    assign(objects["given"], by=colleague, via="command", assignee=agent)
    reply(busy, by=busy.requester, via="command", body="E-1234です。再起動しても同じでした。")
    reply(own, by=own.assignee or colleague, via="command", body="確認しました。明日の午前に伺います。")
    held = IncomingMail.objects.filter(state=IncomingMail.State.HELD).exclude(pk=objects["held"].pk).first()
    assign_mail(held, agent, by=people[ADMIN], via="command")
    quiet = {"quiet_from": time(19), "quiet_until": time(8), "quiet_days": [0, 1, 2, 3, 4]}
    _devices(agent)
    save_notice_settings(
        agent, by=agent, via="command", ways={"status": "none"}, digest_hour=8, urgent_at_once=True, **quiet
    )


def _devices(agent: User) -> None:
    """Two on which the agent allowed pushes."""
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile"
    laptop = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"
    for name, browser in (("phone", phone), ("laptop", laptop)):
        session = SessionStore()
        session.create()
        PushDevice.objects.create(
            person=agent, session=session.session_key, endpoint=f"https://push.example.com/{name}", p256dh="-",
            auth="-", browser=browser, failures=int(name == "laptop"),
            used_at=timezone.now() - timedelta(minutes=5) if name == "phone" else None,
        )  # fmt: skip


def _mails(people: dict[str, User]) -> dict:
    box = Mailbox.objects.first()
    ticket_person = people[STAFF].email
    held = _arrives(box, "請求書の件 <invoice@vendor.example.net>", "【重要】請求書をご確認ください", html=_HTML)
    _arrives(
        box, "no-reply@list.example.org", "Weekly digest", **{"List-Id": "<news.example.org>", "Precedence": "list"}
    )
    _arrives(box, ticket_person, "不在のお知らせ", **{"Auto-Submitted": "auto-replied"})
    _arrives(box, f"Long <{'x' * 60}@example.net>", _LONG)
    done = _arrives(box, ticket_person, "3階のプリンターが印刷しません", html=_HTML)
    return {"box": box, "held": held, "done": done}


def _settings(people: dict[str, User]) -> dict:
    agent, admin = people[AGENT], people[ADMIN]
    today = timezone.localdate()
    create_absence(
        people[LEAD], by=admin, via="command", from_on=today, until_on=today + timedelta(days=3), note="出張"
    )
    create_token(agent, name="監視サーバー", scopes=["read"], days=90, via="command")
    file = "email,name,reading,language\nnew.person@minato.example,新野 薫,ニイノ カオル,ja\nwrong,,,xx\n".encode()
    calendar = Calendar.objects.get(is_default=True)
    change_calendar(
        calendar, by=admin, via="command", closed=[f"{today.year}-12-{day}" for day in (29, 30, 31)],
        special={f"{today.year}-12-28": [["09:00", "12:00"]]}, teams=[],
    )  # fmt: skip
    agreement = create_agreement(
        by=admin, via="command", name="二次対応の約束", kind="team", team=agent.teams.first(), warn_at=[75],
        minutes={1: 60, 2: 240, 3: 960},
    )  # fmt: skip
    create_agreement(by=admin, via="command", name="複合機の保守", kind="vendor", minutes={2: 480, 3: 1440})
    set_service_levels({Service.objects.first(): (Rank.objects.first(), None)}, by=admin, via="command")
    return {
        "calendar": calendar,
        "rank": Rank.objects.get(is_default=True),
        "agreement": agreement,
        "person": people[LEAD],
        "team": agent.teams.first(),
        "service": Service.objects.first(),
        "item": Item.objects.filter(user__isnull=False, ticket_rows__isnull=False).earliest("pk"),
        "company": Company.objects.first(),
        "department": Department.objects.first(),
        "category": Category.objects.first(),
        "cause_code": CauseCode.objects.first(),
        **imports(admin, agent),
        "import": upload_import("people", name="people.csv", content=file, by=admin, via="command"),
    }


def _arrives(box: Mailbox, sender: str, subject: str, *, html: str = "", **headers: str) -> IncomingMail:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, box.address, subject
    mail["Message-ID"] = make_msgid(domain="example.com")
    for name, value in headers.items():
        mail[name] = value
    mail.set_content("昨日の夕方から印刷できません。\n\n佐藤 花子\n総務部 内線 4021\n")
    if html:
        mail.add_alternative(html, subtype="html")
    row = store(box, mail.as_bytes(), envelope_from="sender@example.net")
    read_waiting()
    return IncomingMail.objects.get(pk=row.pk)


def _png() -> bytes:
    from io import BytesIO

    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (640, 400), "#f4f4f5")
    ImageDraw.Draw(picture).rectangle((60, 60, 580, 340), outline="#b91c1c", width=6)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
