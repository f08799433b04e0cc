"""The pages that are looked at: who opens which address, and what is done there before the picture is taken."""

from dataclasses import dataclass

from django.urls import reverse

from servicedesk.desk.help_pages import SLUGS
from servicedesk.tickets.models import Ticket

from .situations import ADMIN, AGENT, LEAD, STAFF, Situation


@dataclass(frozen=True)
class Screen:
    """`route` is the address's name, "" for `path`; `who` a key of the demo's people, "" for nobody. `of` are the
    objects of the situation that fill the address: their number or id. `press` are the keys pressed and selectors
    clicked in turn.
    """

    name: str
    who: str
    route: str = ""
    of: tuple[str, ...] = ()
    more: tuple = ()
    query: str = ""
    path: str = ""
    press: tuple[str, ...] = ()

    def address(self, situation: Situation) -> str:
        words = [_word(situation.objects[each]) for each in self.of] + list(self.more)
        return (self.path or reverse(self.route, args=words)) + self.query


def _word(thing) -> str | int:
    if isinstance(thing, str):
        return thing
    return thing.number if isinstance(thing, Ticket) else thing.pk


def _verbs() -> list[Screen]:
    """The forms of what one does to a ticket, each in the dialog of its page."""
    names = ["assign", "escalate", "share", "link", "merge", "log-work", "tags", "items", "confidential"]
    found = [Screen(f"ticket-{name}", AGENT, f"tickets:{name}", ("busy",)) for name in names]
    names = ["change", "priority", "ask_requester", "wait_for_vendor", "wait_until", "resolve", "cancel"]
    for kind, of in (("incident", "busy"), ("request", "request")):
        found += [Screen(f"{kind}-{name}", AGENT, f"{kind}s:{name}", (of,)) for name in names]
    of = ("busy", "message")
    routes = {
        "": "tickets:message",
        "-forward": "tickets:forward",
        "-move": "tickets:move-message",
        "-split": "intake:split",
    }
    found += [Screen(f"message{name}", AGENT, route, of) for name, route in routes.items()]
    return found


def _help() -> list[Screen]:
    return [Screen(f"help-{slug}", ADMIN, "desk:help-page", more=(slug,)) for slug in SLUGS]


def _objects() -> list[Screen]:
    """The lists that administrators keep: a new one, and one that is there."""
    found = []
    for name, app, key in [
        ("company", "people", "company"), ("department", "people", "department"), ("team", "people", "team"),
        ("category", "desk", "category"), ("cause-code", "desk", "cause_code"), ("service", "cmdb", "service"),
        ("item", "cmdb", "item"),
    ]:  # fmt: skip
        found.append(Screen(f"{name}-new", ADMIN, f"{app}:{name}-new"))
        found.append(Screen(name, ADMIN, f"{app}:{name}", (key,)))
    return found


PAGES = [
    Screen("sign-in", "", path="/account/login/"),
    Screen("password-reset", "", path="/account/password/reset/"),
    Screen("help", "", "desk:help"),
    # Those who ask.
    Screen("home", STAFF, "desk:home"),
    Screen("my-tickets", STAFF, "desk:my-tickets"),
    Screen("new", STAFF, "intake:new"),
    Screen("sent", STAFF, "intake:sent", ("own",)),
    Screen("own-ticket", STAFF, "tickets:detail", ("own",)),
    Screen("own-resolved", STAFF, "tickets:detail", ("own_resolved",)),
    Screen("own-done", STAFF, "tickets:detail", ("own_done",)),
    Screen("own-search", STAFF, "desk:search", query="?q=プリンター"),
    Screen("notices", STAFF, "notify:notices"),
    Screen("notices-none-unread", STAFF, "notify:notices", query="?state=unread"),
    Screen("notice-settings", AGENT, "notify:notice-settings"),
    Screen("profile", STAFF, "people:profile"),
    Screen("my-absence-new", STAFF, "people:my-absence-new"),
    Screen("tokens", AGENT, "people:tokens"),
    Screen("second-step", STAFF, path="/account/2fa/"),
    Screen("sessions", STAFF, path="/account/sessions/"),
    Screen("password-change", STAFF, path="/account/password/change/"),
    Screen("not-there", STAFF, path="/incidents/INC9999999/"),
    Screen("outage", STAFF, "desk:outage", ("major",)),
    Screen("outage-over", STAFF, "desk:outage", ("past_major",)),
    Screen("new-known", STAFF, "intake:new", press=("label:has-text('ERP'), label:has-text('基幹')",)),
    Screen("rate-by-mail", "", "surveys:rate-by-mail", ("rating_link",)),
    Screen("rate", STAFF, "surveys:rate", ("own_done",)),
    Screen("survey-by-mail", "", "surveys:answer-by-mail", ("survey_link",)),
    Screen("survey-to-answer", STAFF, "surveys:answer", ("survey_open",)),
    # Those who work.
    Screen("agent-home", AGENT, "desk:home"),
    Screen("agent-notices", AGENT, "notify:notices"),
    Screen("queue", AGENT, "desk:queue"),
    Screen("queue-all", AGENT, "desk:queue", query="?view=all"),
    Screen("queue-empty", AGENT, "desk:queue", query="?view=all&words=zzzzzz"),
    Screen("queue-filters", AGENT, "desk:filters"),
    Screen("queue-grouped", AGENT, "desk:queue", query="?view=all&group=team&columns=service,category,created,prority"),
    Screen("queue-menu", AGENT, "desk:queue", query="?view=all&priority=1", press=(".queue-tools .menu summary",)),
    Screen("views", AGENT, "desk:views"),
    Screen("views-empty", LEAD, "desk:views"),
    Screen("exports", AGENT, "desk:exports", query="?view=all&priority=1"),
    Screen("exports-empty", LEAD, "desk:exports"),
    Screen("lead", LEAD, "desk:lead-team", ("led",)),
    Screen("bulk", AGENT, "desk:bulk", ("bulk",)),
    Screen("queue-chosen", AGENT, "desk:queue", query="?view=all", press=("j", "x", "j", "x")),
    Screen("bulk-new", AGENT, "desk:queue", query="?view=all", press=("j", "x", "j", "x", "c")),
    Screen("templates", AGENT, "desk:templates"),
    Screen("templates-lead", LEAD, "desk:templates"),
    Screen("template-new", ADMIN, "desk:template-new"),
    Screen("template", ADMIN, "desk:template", ("template",)),
    Screen("rules", ADMIN, "escalation:rules"),
    Screen("rules-read", AGENT, "escalation:rules"),
    Screen("rule", ADMIN, "escalation:rule", ("rule",)),
    Screen("rule-new", ADMIN, "escalation:rule-new"),
    Screen("rule-change", ADMIN, "escalation:rule-change", ("rule",)),
    Screen("rule-json", ADMIN, "escalation:rule-change", ("rule",), query="?as=json"),
    Screen("savings", ADMIN, "escalation:savings"),
    Screen("savings-read", LEAD, "escalation:savings"),
    Screen("saving-source", ADMIN, "escalation:saving-source", more=("ticket",)),
    Screen("saving-rules", ADMIN, "escalation:saving-source", more=("rule",)),
    Screen("dependence", ADMIN, "reports:dependence"),
    Screen("dependence-by-letters", LEAD, "reports:dependence", query="?by=service&months=12"),
    Screen("dependence-away", ADMIN, "reports:dependence-away"),
    Screen("dependence-away-until", LEAD, "reports:dependence-away", query="?first=2999-01-01&until=2998-01-01"),
    Screen("dependence-away-self", AGENT, "reports:dependence-away", press=("main form button[type=submit]",)),
    Screen("dependence-proposals", ADMIN, "reports:dependence-proposals", query="?state=all"),
    Screen("dependence-proposals-none", AGENT, "reports:dependence-proposals"),
    Screen("dependence-proposal", LEAD, "reports:dependence-proposal", ("proposal",)),
    Screen("dependence-proposal-new", ADMIN, "reports:dependence-proposal-new"),
    Screen("dependence-proposal-change", ADMIN, "reports:dependence-proposal-change", ("proposal",)),
    Screen("dependence-proposal-drop", ADMIN, "reports:dependence-proposal-drop", ("proposal",)),
    Screen("saving-rate", ADMIN, "escalation:saving-rate", more=("escalation",)),
    Screen("report-month", ADMIN, "reports:month", ("reported",)),
    Screen(
        "report-month-read",
        LEAD,
        "reports:month",
        ("reported",),
        press=(".kpi-meaning summary", ".kpi-table summary", ".kpi-write"),
    ),
    Screen("report-month-beside", LEAD, "reports:month", ("reported",), query="?with=2026-01"),
    Screen("report-month-wrong", LEAD, "reports:month", ("reported",), query="?with=2026-13&team=999999"),
    Screen("report-month-none", LEAD, "reports:month", more=("2900-01",)),
    Screen("report-month-empty", LEAD, "reports:month", more=("2003-01",)),
    Screen("report-behind", LEAD, "reports:behind", ("reported",), more=("tickets.resolved",)),
    Screen("report-behind-part", LEAD, "reports:behind", ("reported",), more=("tickets.opened",), query="?part=2"),
    Screen("report-remark", LEAD, "reports:remark", ("reported",), more=("tickets.resolved",)),
    Screen("report-targets", ADMIN, "reports:targets"),
    Screen("report-settings", ADMIN, "counting:settings"),
    Screen("reports-issued", ADMIN, "reports:archive"),
    Screen("reports-issued-read", LEAD, "reports:archive"),
    Screen("report-issued", LEAD, "reports:issued", ("issued_month",)),
    Screen("report-subscribers", ADMIN, "reports:subscribers"),
    Screen("report-walls", ADMIN, "reports:walls"),
    Screen("report-feed", LEAD, "reports:feed-link"),
    Screen("report-wall", "", "reports:wall", ("wall",)),
    Screen("rules-import", ADMIN, "escalation:rules-import"),
    Screen("rules-findings", ADMIN, "escalation:rules-findings"),
    Screen("rule-trial", ADMIN, "escalation:trial"),
    Screen("rule-why", AGENT, "escalation:why", ("ruled", "ruled_event")),
    Screen("macros", AGENT, "desk:macros"),
    Screen("macro-new", ADMIN, "desk:macro-new"),
    Screen("macro", ADMIN, "desk:macro", ("macro",)),
    Screen("macro-read", AGENT, "desk:macro", ("macro",)),
    Screen("macros-for", AGENT, "desk:macros-for", ("busy",)),
    Screen("ticket-templates", AGENT, "tickets:detail", ("busy",), press=("[data-write]",)),
    Screen("ticket-macros", AGENT, "tickets:detail", ("busy",), press=("m",)),
    Screen("template-read", AGENT, "desk:template", ("template",)),
    Screen("templates-for", AGENT, "desk:templates-for", ("busy",)),
    Screen("view-new", AGENT, "desk:view-new", query="?view=all&priority=1"),
    Screen("view-change", AGENT, "desk:view-change", ("view",)),
    Screen("queue-peek", AGENT, "desk:queue", query="?view=all", press=("a[data-peek]",)),
    Screen("keys", AGENT, "desk:queue", press=("?",)),
    Screen("palette", AGENT, "tickets:detail", ("busy",), press=("Control+K",)),
    Screen("new-ticket", AGENT, "desk:new-ticket"),
    Screen("call", AGENT, "desk:call", query="?from=4021"),
    Screen("call-known", AGENT, "desk:call", query="?from=3112"),
    Screen("call-backs", AGENT, "desk:call-backs"),
    Screen("approvals", LEAD, "desk:approvals"),
    Screen("approvals-empty", AGENT, "desk:approvals"),
    Screen("ticket-approval", LEAD, "tickets:detail", ("approval",)),
    Screen("ticket-incomplete", AGENT, "tickets:detail", ("incomplete",)),
    Screen("ticket-ask-to-close", AGENT, "tickets:ask-to-close", ("incomplete",)),
    Screen("ticket-send-back", LEAD, "tickets:send-back", ("approval",)),
    Screen("ticket-snooze", AGENT, "tickets:detail", ("busy",), press=("z",)),
    Screen("ticket-snooze-page", AGENT, "desk:snooze", ("busy",)),
    Screen("ticket-snoozed", AGENT, "tickets:detail", ("snoozed",)),
    Screen("queue-stale", AGENT, "desk:queue", query="?view=stale"),
    Screen("ticket", AGENT, "tickets:detail", ("busy",)),
    Screen("ticket-work-change", AGENT, "tickets:work-change", ("busy", "work")),
    Screen("ticket-work-delete", AGENT, "tickets:work-delete", ("busy", "work")),
    Screen("timer", AGENT, "tickets:timer"),
    Screen("timer-none", LEAD, "tickets:timer"),
    Screen("work-months", ADMIN, "desk:work-months"),
    Screen("work-months-lead", LEAD, "desk:work-months"),
    Screen("work-rounding", ADMIN, "desk:work-rounding"),
    Screen("ticket-request", AGENT, "tickets:detail", ("request",)),
    Screen("ticket-thanked", AGENT, "tickets:detail", ("thanked",)),
    Screen("ticket-merged", AGENT, "tickets:detail", ("merged",)),
    Screen("ticket-merged-into", AGENT, "tickets:detail", ("merged_into",)),
    Screen("ticket-closed", AGENT, "tickets:detail", ("closed",)),
    Screen("ticket-outside", AGENT, "directory:for-ticket", ("outside",)),
    Screen("ticket-outside-sheet", AGENT, "tickets:detail", ("outside",), press=("#ticket-outside a.btn",)),
    Screen("ticket-outside-all", AGENT, "directory:choose", ("outside",)),
    Screen("ticket-escalate-outside", AGENT, "directory:escalate", ("outside", "entry")),
    Screen("ticket-outside-forbidden", AGENT, "directory:escalate", ("outside", "guarded_entry")),
    Screen("ticket-outside-change", AGENT, "directory:amend", ("outside", "referral")),
    Screen("ticket-call-back-new", AGENT, "intake:call-back-new", ("busy",)),
    *_verbs(),
    Screen("incident-close", AGENT, "incidents:close", ("resolved",)),
    Screen("incident-reopen", AGENT, "incidents:reopen", ("resolved",)),
    Screen("major", LEAD, "incidents:major", ("major_ticket",)),
    Screen("major-none", AGENT, "incidents:major", ("busy",)),
    Screen("major-of-other-team", LEAD, "tickets:detail", ("major_ticket",)),
    Screen("major-ticket", AGENT, "tickets:detail", ("past_ticket",)),
    Screen("major-report", LEAD, "incidents:major_report", ("major_ticket",)),
    Screen("major-declare", AGENT, "incidents:declare_major", ("busy",)),
    *(
        Screen(f"major-{name}", LEAD, f"incidents:{name}", ("major_ticket",))
        for name in ("change_major", "end_major", "retract_major", "publish_update", "join_force")
    ),
    Screen("post-mortem", LEAD, "incidents:post_mortem", ("major_ticket",)),
    Screen("post-mortem-done", LEAD, "incidents:post_mortem", ("past_ticket",)),
    Screen("post-mortem-actions", LEAD, "incidents:actions"),
    Screen("proposals", AGENT, "desk:proposals"),
    Screen("proposals-none", LEAD, "desk:proposals"),
    Screen("peek", AGENT, "tickets:peek", ("busy",)),
    Screen("ticket-escalated", LEAD, "tickets:detail", ("escalated",)),
    Screen("ticket-de-escalate", LEAD, "tickets:de-escalate", ("escalated",)),
    Screen("receipt", AGENT, "levels:receipt", ("busy",)),
    Screen("call-back-done", AGENT, "intake:call-back-done", ("busy", "call_back")),
    Screen("call-back-not-reached", AGENT, "intake:call-back-not-reached", ("busy", "call_back")),
    Screen("call-back-cancel", AGENT, "intake:call-back-cancel", ("busy", "call_back")),
    Screen("search", AGENT, "desk:search", query="?q=プリンター"),
    Screen("search-filters", AGENT, "desk:search", query="?q=状態:未完了 優先度:P9 井上 statsu:open"),
    Screen("search-people", AGENT, "desk:search", query="?q=井上"),
    Screen("search-none", AGENT, "desk:search", query="?q=zzzzzz"),
    Screen("queue-of-lead", LEAD, "desk:queue"),
    # Those who set.
    Screen("settings", ADMIN, "desk:settings"),
    Screen("settings-search", ADMIN, "desk:settings", query="?q=パスワード"),
    Screen("settings-search-empty", ADMIN, "desk:settings", query="?q=qwertz"),
    Screen("ledger", ADMIN, "intake:held"),
    Screen("ledger-mail", ADMIN, "intake:mail", ("held",)),
    Screen("ledger-mail-done", ADMIN, "intake:mail", ("done",)),
    Screen("ledger-refuse", ADMIN, "intake:mail-refuse", ("held",)),
    Screen("ledger-assign", ADMIN, "intake:mail-assign", ("held",)),
    Screen("ledger-join", ADMIN, "intake:mail-join", ("held",)),
    Screen("outgoing", ADMIN, "notify:outgoing"),
    Screen("outgoing-mail", ADMIN, "notify:mail", ("sent_mail",)),
    Screen("dead-addresses", ADMIN, "notify:dead-addresses"),
    Screen("mailboxes", ADMIN, "intake:mailboxes"),
    Screen("mailbox", ADMIN, "intake:mailbox", ("box",)),
    Screen("mailbox-new", ADMIN, "intake:mailbox-new"),
    Screen("mailbox-comparison", ADMIN, "intake:mailbox-comparison", ("box",)),
    Screen("mail-texts", ADMIN, "notify:texts"),
    Screen("mail-text", ADMIN, "notify:text", more=("reply", "ja")),
    Screen("people", ADMIN, "people:people"),
    Screen("person", ADMIN, "people:person", ("person",)),
    Screen("person-new", ADMIN, "people:person-new"),
    Screen("person-change", ADMIN, "people:person-change", ("person",)),
    Screen("person-deactivate", ADMIN, "people:person-deactivate", ("person",)),
    Screen("person-second-factors", ADMIN, "people:person-second-factors", ("person",)),
    Screen("person-absence-new", ADMIN, "people:absence-new", ("person",)),
    Screen("absences", ADMIN, "people:absences"),
    Screen("companies", ADMIN, "people:companies"),
    Screen("departments", ADMIN, "people:departments"),
    Screen("teams", ADMIN, "people:teams"),
    Screen("services", ADMIN, "cmdb:services"),
    Screen("items", ADMIN, "cmdb:items"),
    Screen("item-of-agent", AGENT, "cmdb:item", ("item",)),
    Screen("item-tickets", AGENT, "tickets:of-item", ("item",)),
    Screen("directory", ADMIN, "directory:entries"),
    Screen("directory-of-agent", AGENT, "directory:entries", query="?kind=vendor"),
    Screen("directory-none", ADMIN, "directory:entries", query="?q=zzzzzz"),
    Screen("directory-print", AGENT, "directory:entries-print"),
    Screen("directory-import", ADMIN, "directory:entries-import"),
    Screen("entry", ADMIN, "directory:entry", ("entry",)),
    Screen("entry-kind", ADMIN, "directory:entry-new"),
    Screen("entry-new", ADMIN, "directory:entry-new", query="?kind=vendor"),
    Screen("entry-change", ADMIN, "directory:entry-change", ("entry",)),
    Screen("contract", AGENT, "directory:contract", ("contract",)),
    Screen("contract-new", ADMIN, "directory:contract-new", ("entry",)),
    Screen("contract-change", ADMIN, "directory:contract-change", ("contract",)),
    Screen("ratings", ADMIN, "surveys:ratings"),
    Screen("ratings-none", LEAD, "surveys:ratings", query="?low=1&days=30"),
    Screen("rating-settings", ADMIN, "surveys:rating-settings"),
    Screen("surveys", ADMIN, "surveys:surveys"),
    Screen("surveys-of-lead", LEAD, "surveys:surveys"),
    Screen("survey-new", ADMIN, "surveys:survey-new"),
    Screen("survey-draft", ADMIN, "surveys:survey", ("survey_draft",)),
    Screen("survey-open", ADMIN, "surveys:survey", ("survey_open",)),
    Screen("survey-change", ADMIN, "surveys:survey-change", ("survey_draft",)),
    Screen("survey-preview", ADMIN, "surveys:survey-preview", ("survey_draft",)),
    Screen("survey-send", ADMIN, "surveys:survey-send", ("survey_draft",)),
    Screen("survey-group-new", ADMIN, "surveys:group-new", ("survey_draft",)),
    Screen("survey-group", ADMIN, "surveys:group-change", ("survey_draft", "survey_group")),
    Screen("survey-question-new", ADMIN, "surveys:question-new", ("survey_draft", "survey_group")),
    Screen("survey-question", ADMIN, "surveys:question-change", ("survey_draft", "survey_question")),
    Screen("survey-results", LEAD, "surveys:results", ("survey_done",)),
    Screen("survey-results-not-yet", LEAD, "surveys:results", ("survey_open",)),
    Screen("survey-results-print", LEAD, "surveys:results-print", ("survey_done",)),
    Screen("survey-finding", LEAD, "surveys:finding", ("survey_done", "survey_marked")),
    Screen("items-import", ADMIN, "cmdb:items-import"),
    *_objects(),
    Screen("categories", ADMIN, "desk:categories"),
    Screen("cause-codes", ADMIN, "desk:cause-codes"),
    Screen("major-settings", ADMIN, "desk:major-settings"),
    Screen("priorities", ADMIN, "priorities:matrix"),
    Screen("closing-rules", ADMIN, "priorities:closing"),
    Screen("calendars", ADMIN, "levels:calendars"),
    Screen("calendar-new", ADMIN, "levels:calendar-new"),
    Screen("calendar", ADMIN, "levels:calendar", ("calendar",)),
    Screen("calendar-of-agent", AGENT, "levels:calendar", ("calendar",)),
    Screen("calendar-due", AGENT, "levels:calendar-due", ("calendar",), query="?start=2026-12-28T11:30&minutes=300"),
    Screen("calendar-import", ADMIN, "levels:calendar-import"),
    Screen("ranks", ADMIN, "levels:ranks"),
    Screen("rank-new", ADMIN, "levels:rank-new"),
    Screen("rank", ADMIN, "levels:rank", ("rank",)),
    Screen("rank-of-agent", AGENT, "levels:rank", ("rank",)),
    Screen("rank-would-move", ADMIN, "levels:rank", ("rank",), press=("#id_rank_p1_around", "button[name=preview]")),
    Screen("rank-import", ADMIN, "levels:rank-import"),
    Screen("service-levels", ADMIN, "levels:service-levels"),
    Screen("agreements", ADMIN, "levels:agreements"),
    Screen("agreement-new", ADMIN, "levels:agreement-new"),
    Screen("agreement", ADMIN, "levels:agreement", ("agreement",)),
    Screen("service-priorities", ADMIN, "priorities:service-matrix", ("service",)),
    Screen("service-priorities-choose", ADMIN, "priorities:choose-service"),
    Screen("imports", ADMIN, "people:imports"),
    Screen("import", ADMIN, "people:import", ("import",)),
    Screen("ticket-imports", ADMIN, "importers:imports"),
    Screen("ticket-import", ADMIN, "importers:import", ("ticket_import",)),
    Screen("ticket-import-columns", ADMIN, "importers:columns", ("table_import",)),
    Screen("ticket-imported", AGENT, "importers:of-ticket", ("imported",)),
    Screen("ticket-of-import", AGENT, "tickets:detail", ("imported",)),
    Screen("audit", ADMIN, "desk:audit"),
    Screen("audit-of-one", ADMIN, press=("#last-change a",), route="cmdb:service", of=("service",)),
    Screen("first-steps", ADMIN, "desk:first-steps"),
    *_help(),
    Screen("style", ADMIN, "web:style"),
]
