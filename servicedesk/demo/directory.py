"""The escalation directory of the demo: who mends what, who decides, and one ticket that is with a vendor just now."""

from datetime import datetime, timedelta
from decimal import Decimal

from servicedesk.directory.actions import create_contract, create_entry, escalate_outside
from servicedesk.directory.models import Contract, Entry
from servicedesk.levels.models import Agreement, AgreementTarget
from servicedesk.people.models import User
from servicedesk.tickets.models import Ticket

from .company import VIA, Cast


def write_directory(cast: Cast, now: datetime) -> None:
    """Entries of every kind, three contracts, and a ticket of those that wait for a vendor taken outside."""
    today, owner, agents = now.date(), cast.people["tetsuya.murakami"], list(cast.people.values())
    printers = _entry(
        cast, owner, kind="vendor", name="あおば複合機サービス", contact="受付窓口", phone="0120-555-014",
        email="support@aoba-mfp.example", web="https://aoba-mfp.example/support", languages=["ja"],
        how_to_call="音声案内で「2」を押し、機番を伝える。訪問は平日9時から17時。",
        services=[cast.services["print"]], categories=[cast.categories["hardware-printer"]],
        review_on=today + timedelta(days=120),
    )  # fmt: skip
    mending = create_contract(
        printers, by=None, via=VIA, number="AMS-2026-0417", scope="複合機5台の保守。部品と出張を含む。",
        channels=["phone", "mail", "web"], valid_from=today - timedelta(days=320), valid_to=today + timedelta(days=45),
        have_ready="機番、エラーの番号、紙づまりの場所", cost=Decimal(360_000), agreement=_agreement(),
    )  # fmt: skip
    network = _entry(
        cast, owner, kind="vendor", name="さくらネットワーク株式会社", contact="法人サポート", phone="03-5550-7788",
        email="noc@sakura-network.example", languages=["ja", "en"], services=[cast.services["network"]],
        how_to_call="お客様番号を先に伝える。夜間は電話のみ。", review_on=today - timedelta(days=3),
    )  # fmt: skip
    create_contract(
        network, by=None, via=VIA, number="SN-88-2041", scope="本社・大阪・シンガポール間の回線とVPN装置",
        around_the_clock=True, channels=["phone", "mail"], valid_from=today - timedelta(days=200),
        valid_to=today + timedelta(days=165), unit=Contract.Unit.INCIDENTS, bought=Decimal(10), used=Decimal(8),
        callers=[person for person in agents if owner.team_ids & person.team_ids and person.is_agent],
        have_ready="回線番号、拠点、止まった時刻、ルーターのランプの色", cost=Decimal(1_200_000),
    )  # fmt: skip
    erp = _entry(
        cast, cast.people["mariko.okamoto"], kind="vendor", name="汐見業務システム株式会社", contact="保守窓口",
        phone="045-555-0160", email="hoshu@shiomi-system.example", languages=["ja"],
        services=[cast.services["erp"]], categories=[cast.categories["software-fault"]],
        how_to_call="平日9時から18時。月次の締めの期間は20時まで。", review_on=today + timedelta(days=60),
    )  # fmt: skip
    create_contract(
        erp, by=None, via=VIA, number="SGS-2026-118", scope="基幹システムの不具合の調査と修正、月次締めの立ち会い",
        channels=["phone", "mail"], valid_from=today - timedelta(days=240), valid_to=today + timedelta(days=125),
        unit=Contract.Unit.HOURS, bought=Decimal(40), used=Decimal("12.5"), cost=Decimal(960_000),
        have_ready="画面の番号、伝票番号、起きた時刻、締めの処理の状況",
    )  # fmt: skip
    _entry(
        cast, owner, kind="team", name="ネットワークと認証の二次対応", team=cast.teams["infrastructure"],
        how_to_call="急ぐときは内線で。夜間は電話当番へ。",
        services=[cast.services["network"], cast.services["account"]],
        review_on=today + timedelta(days=200),
    )  # fmt: skip
    _entry(
        cast, owner, kind="manager", name="情報システムの責任者", person=cast.people["masaru.fujii"],
        notes="全社に影響する停止、人手が足りないとき", review_on=today + timedelta(days=150),
    )  # fmt: skip
    _entry(
        cast, owner, kind="community", name="PostgreSQL users (pgsql-general)", languages=["en"],
        email="pgsql-general@lists.example", web="https://www.postgresql.org/list/",
        how_to_call="Read the archive first. No data of ours in the mail.", services=[cast.services["plm"]],
        review_on=today + timedelta(days=300),
    )  # fmt: skip
    _entry(
        cast, owner, kind="decider", name="費用と停止の最終判断", person=cast.people["yoshiko.maeda"],
        notes="50万円を超える費用と、業務時間中の停止", review_on=today + timedelta(days=90),
    )  # fmt: skip
    waiting = Ticket.objects.filter(status="waiting_vendor", is_confidential=False, assignee__isnull=False)
    ticket = waiting.filter(service=cast.services["print"]).first() or waiting.first()
    if ticket is not None:
        # Not before what happened to it last.
        at = max(now - timedelta(minutes=20), ticket.events.latest("number").at)
        escalate_outside(
            ticket, printers, by=User.objects.get(pk=ticket.assignee_id), via="page", contract=mending,
            contact="受付の大野様", reference="AMS-552071", at=at,
        )  # fmt: skip


def _entry(cast: Cast, owner: User, **fields) -> Entry:
    return create_entry(by=cast.administrator, via=VIA, owner=owner, **fields)


def _agreement() -> Agreement:
    agreement = Agreement.objects.create(name="あおば複合機サービス 保守", kind=Agreement.Kind.VENDOR)
    for priority, minutes in ((1, 120), (2, 240), (3, 480)):
        AgreementTarget.objects.create(agreement=agreement, priority=priority, minutes=minutes)
    return agreement
