"""Surveys that come with Madoguchi, as templates: the half-yearly one with 34 items in eight groups."""

from typing import NamedTuple


class Item(NamedTuple):
    key: str
    ja: str
    en: str


class Group(NamedTuple):
    key: str
    ja: str
    en: str
    items: tuple[Item, ...]


class Template(NamedTuple):
    key: str
    title_ja: str
    title_en: str
    intro_ja: str
    intro_en: str
    groups: tuple[Group, ...]


def _like(what: str, ja: str, en: str) -> tuple[Item, ...]:
    """The four questions that are asked of enquiries and of requests alike."""
    return (
        Item(f"{what}_reachable", f"{ja}の窓口には、必要なときに連絡がつきますか。",
             f"Do you reach us when you have {en}?"),
        Item(f"{what}_quick", f"{ja}への対応は、十分に速いですか。", f"Do we deal with {en} quickly enough?"),
        Item(f"{what}_correct", f"{ja}への対応は、正確で漏れがありませんか。",
             f"Is what you get for {en} correct and complete?"),
        Item(f"{what}_flexible", f"{ja}で事情があるとき、柔軟に対応していますか。",
             f"Do we find a way when {en} does not fit the usual form?"),
    )  # fmt: skip


HALF_YEARLY = Template(
    "half_yearly",
    "ITサービス満足度調査",
    "Satisfaction with IT services",
    "日ごろのITサービスについて、この半年の印象を1(低い)から5(高い)でお聞かせください。5分ほどで終わります。",
    "Please tell us how the IT services did in the last half year, from 1 (poor) to 5 (good). It takes five minutes.",
    (
        Group("service_level", "サービスレベル", "Service level", (
            Item("level_specified", "サービスの内容は、文書にわかりやすく書かれていますか。",
                 "Is it written down clearly what each service does?"),
            Item("level_works", "サービスは、書かれているとおりに使えますか。",
                 "Do the services work as they are described?"),
            Item("level_agreed", "どこまで提供するかは文書になり、合意されていますか。",
                 "Is the level of service written down and agreed with you?"),
            Item("level_kept", "合意したサービスレベルは、守られていますか。", "Is the agreed level of service kept?"),
        )),
        Group("enquiries", "問い合わせ", "Enquiries", _like("enquiry", "問い合わせ", "a question")),
        Group("requests", "依頼", "Requests", _like("request", "依頼", "a request")),
        Group("incidents", "障害対応", "Incidents", (
            Item("incident_detected", "障害に、こちらから言う前に気づいていますか。",
                 "Do we notice a disturbance before you have to tell us?"),
            Item("incident_reachable", "障害のとき、すぐに連絡がつきますか。",
                 "Do you reach us at once when something is broken?"),
            Item("incident_quick", "障害からの復旧は、十分に速いですか。", "Does it work again quickly enough?"),
            Item("incident_correct", "復旧の処置は、確実で的を射ていますか。",
                 "Is the disturbance mended properly, and not only for a day?"),
            Item("incident_flexible", "障害のとき、業務の事情に合わせて動いていますか。",
                 "Do we adapt to what your work needs during a disturbance?"),
            Item("incident_reported", "障害の状況と原因は、わかりやすく報告されていますか。",
                 "Are you told clearly how things stand and what the cause was?"),
            Item("incident_prevented", "同じ障害が繰り返されないよう、手が打たれていますか。",
                 "Is something done so that the same does not happen again?"),
        )),
        Group("people", "担当者", "People", (
            Item("people_skill", "担当者の技術力は、十分ですか。", "Do the people know their trade?"),
            Item("people_communication", "説明はわかりやすく、話が通じますか。",
                 "Do they explain things clearly, and understand what you mean?"),
            Item("people_solving", "問題を最後まで解決する力がありますか。",
                 "Do they get to the bottom of a problem and solve it?"),
            Item("people_proposals", "よりよいやり方を提案していますか。", "Do they propose better ways?"),
            Item("people_manners", "言葉づかいや態度は、気持ちのよいものですか。", "Are they polite and pleasant?"),
            Item("people_initiative", "言われる前に、進んで動いていますか。", "Do they act before they are asked?"),
            Item("people_responsibility", "引き受けたことに、責任を持っていますか。",
                 "Do they stand by what they have taken on?"),
            Item("people_understanding", "皆さんの業務を理解していますか。", "Do they understand your work?"),
        )),
        Group("management", "サービス管理", "Service management", (
            Item("management_reports", "品質と課題は、定期的に報告されていますか。",
                 "Are quality and open issues reported regularly?"),
            Item("management_setup", "特定の人がいなくても、対応が続く体制ですか。",
                 "Does the work go on when one particular person is away?"),
            Item("management_documents", "手順書や資料は、そろっていて新しいですか。",
                 "Are procedures and documents there, and up to date?"),
        )),
        Group("improvement", "改善", "Improvement", (
            Item("improvement_incidents", "障害は、以前より減っていますか。",
                 "Are there fewer disturbances than before?"),
            Item("improvement_productivity", "ITの改善で、仕事ははかどるようになりましたか。",
                 "Do improvements of IT let you get more done?"),
        )),
        Group("cost", "費用", "Cost", (
            Item("cost_clear", "費用の内訳は、わかりやすいですか。", "Is it clear what the services cost and why?"),
            Item("cost_worth", "費用に見合うサービスですか。", "Are the services worth what they cost?"),
        )),
    ),
)  # fmt: skip

TEMPLATES = {HALF_YEARLY.key: HALF_YEARLY}
