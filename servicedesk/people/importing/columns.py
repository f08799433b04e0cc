"""The columns of the tables: their names in both languages, whatever the language of the reader, and their export."""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from django.utils.translation import get_language

from ..models import Department, ImportRun, Membership, Role, Team, User

# column → (English, Japanese, other names that are understood)
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    ImportRun.Kind.PEOPLE: {
        "employee_number": ("Employee number", "社員番号", "従業員番号", "No"),
        "email": ("E-mail", "メールアドレス", "email address", "mail", "メール"),
        "name": ("Name", "氏名", "名前"),
        "reading": ("Reading", "フリガナ", "ふりがな", "カナ", "furigana"),
        "company": ("Company", "会社", "会社コード", "company code"),
        "department": ("Department", "部署", "部署コード", "部門", "department code"),
        "manager": ("Manager", "上長", "上司"),
        "phone": ("Phone", "電話", "電話番号"),
        "extension": ("Extension", "内線", "内線番号"),
        "language": ("Language", "言語"),
        "time_zone": ("Time zone", "タイムゾーン"),
        "is_vip": ("VIP", "VIP", "重要人物"),
        "is_active": ("Active", "有効", "在籍"),
        "roles": ("Roles", "役割", "ロール"),
        "addresses": ("Other e-mail addresses", "その他のメールアドレス"),
    },
    ImportRun.Kind.DEPARTMENTS: {
        "company": ("Company", "会社", "会社コード", "company code"),
        "code": ("Code", "部署コード", "コード", "department code"),
        "name": ("Name", "部署名", "名称", "名前"),
        "name_en": ("Name in English", "英語名", "部署名(英語)"),
        "parent": ("Belongs to", "上位部署", "上位部署コード", "parent"),
        "head": ("Head", "部署長", "長"),
        "is_active": ("In use", "使用中", "有効"),
    },
    ImportRun.Kind.TEAMS: {
        "code": ("Code", "チームコード", "コード", "team code"),
        "name": ("Name", "チーム名", "名称", "名前"),
        "name_en": ("Name in English", "英語名", "チーム名(英語)"),
        "tier": ("Tier", "階層", "対応"),
        "lead": ("Lead", "リーダー"),
        "members": ("Members", "メンバー"),
        "next_team": ("Next tier", "次のチーム", "エスカレーション先"),
        "is_active": ("In use", "使用中", "有効"),
    },
}
HEADERS = NAMES


def title(kind: str, column: str) -> str:
    """The column's name in the reader's language."""
    return NAMES[kind][column][1 if (get_language() or "").startswith("ja") else 0]


def header_names(kind: str) -> list[str]:
    return [title(kind, column) for column in NAMES[kind]]


def export_rows(kind: str) -> Iterator[list[str]]:
    """All rows in a form that the import takes back unchanged. Guests are left out: they are nobody's staff."""
    return {
        ImportRun.Kind.PEOPLE: _people,
        ImportRun.Kind.DEPARTMENTS: _departments,
        ImportRun.Kind.TEAMS: _teams,
    }[ImportRun.Kind(kind)]()


def reference(person: User | None) -> str:
    """What files call somebody: the employee number, else the main address."""
    if person is None:
        return ""
    return person.employee_number or person.email


def yes(value: bool) -> str:
    return "yes" if value else "no"


def _people() -> Iterator[list[str]]:
    further: dict[int, list[str]] = {}
    for user_id, address in (
        EmailAddress.objects.filter(primary=False).order_by("email").values_list("user_id", "email").iterator()
    ):
        further.setdefault(user_id, []).append(address)
    people = (
        User.objects.filter(is_guest=False)
        .select_related("company", "department", "manager")
        .prefetch_related("role_rows")
        .order_by("reading", "name", "id")
    )
    for person in people.iterator(chunk_size=1000):
        yield [
            person.employee_number or "",
            person.email,
            person.name,
            person.reading,
            person.company.code if person.company else "",
            person.department.code if person.department else "",
            reference(person.manager),
            person.phone,
            person.extension,
            person.language,
            person.time_zone,
            yes(person.is_vip),
            yes(person.is_active),
            "; ".join(sorted((row.role for row in person.role_rows.all()), key=list(Role.values).index)),
            "; ".join(one for one in further.get(person.pk, []) if one != person.email),
        ]


def _departments() -> Iterator[list[str]]:
    rows = Department.objects.select_related("company", "parent", "head").order_by("company__code", "code")
    for row in rows.iterator():
        yield [
            row.company.code,
            row.code,
            row.name,
            row.name_en,
            row.parent.code if row.parent else "",
            reference(row.head),
            yes(row.is_active),
        ]


def _teams() -> Iterator[list[str]]:
    members: dict[int, list[str]] = {}
    for row in Membership.objects.select_related("user").order_by("user__email"):
        members.setdefault(row.team_id, []).append(reference(row.user))
    for row in Team.objects.select_related("lead", "next_team").order_by("code"):
        yield [
            row.code,
            row.name,
            row.name_en,
            str(row.tier),
            reference(row.lead),
            "; ".join(members.get(row.pk, [])),
            row.next_team.code if row.next_team else "",
            yes(row.is_active),
        ]
