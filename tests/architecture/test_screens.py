"""`./madoguchi screenshots` forgets no page."""

from screens.pages import PAGES
from tests.security import expectations

# They answer with a part of another page, with a file, or only take what is sent.
PARTS = {
    "web:set-language",
    "account/email/",
    "tickets:find",
    "tickets:people",
    "tickets:preview",
    "tickets:change",
    "tickets:priority",
    "tickets:reply",
    "tickets:note",
    "tickets:take-back",
    "tickets:draft",
    "tickets:draft-discard",
    "tickets:draft-restore",
    "tickets:leave",
    "tickets:unshare",
    "tickets:thank",  # the form stands in the page, see "own-resolved"
    "tickets:watch",
    "tickets:unwatch",
    "tickets:unlink",
    "tickets:unmerge",
    "tickets:work-time",
    "tickets:timer-start",
    "tickets:timer-discard",
    "tickets:timer-restore",
    "desk:outages-for",
    "incidents:leave_force",
    "desk:work-month-close",
    "desk:work-month-reopen",
    "tickets:attachment",
    "tickets:thumbnail",
    "intake:people",
    "desk:beside",
    "intake:message-html",
    "intake:dead",
    "intake:mailbox-oauth",
    "intake:mailbox-sign-in",
    "intake:mailbox-test",
    "intake:mailbox-compare",
    "intake:mailbox-take",
    "intake:mail-html",
    "intake:mail-raw",
    "intake:mail-file",
    "intake:mail-retry",
    "intake:mail-admit",
    "intake:mail-take",
    "intake:mails-many",
    "intake:mails-export",
    "notify:bell",
    "notify:notices-read",
    "notify:device-allow",
    "notify:device-remove",
    "notify:push-worker",  # a script
    "notify:resend",
    "notify:dead-address-revive",
    "notify:text-preview",
    "notify:text-reset",
    "notify:text-example",
    "desk:jump",
    "desk:density",
    "desk:view-keep",
    "desk:view-move",
    "desk:view-delete",
    "desk:view-restore",
    "desk:changes",
    "desk:lead",  # leads on to the first team
    "desk:lead-assign",
    "desk:export",
    "desk:export-xlsx",
    "desk:export-file",
    "desk:export-delete",
    "desk:bulk-new",  # by pressing, see "bulk-new"
    "desk:bulk-undo",
    "desk:template-preview",
    "tickets:mentions",
    "tickets:find-items",
    "tickets:item-add",
    "tickets:item-remove",
    "desk:caller",
    "desk:call-save",
    "desk:call-about",
    "desk:callers",
    "desk:call-drop",
    "desk:complete",
    "desk:palette",
    "desk:call-restore",
    "desk:call-take-over",
    "desk:call-backs-due",
    "desk:wake",
    "desk:audit-export",
    "escalation:rules-export",
    "escalation:rule-export",
    "escalation:rule-move",
    "escalation:rule-switch",
    "escalation:savings-export",
    "reports:latest",  # leads on to the last month
    "reports:behind-export",
    "reports:subscribe",
    "reports:subscriber-remove",
    "reports:wall-revoke",
    "reports:issued-file",
    "reports:feed",
    "desk:audit-check",
    "desk:audit-check-state",
    "priorities:applying",
    "levels:calendar-export",
    "levels:rank-export",
    "levels:rank-move",
    "levels:moves",
    "levels:renewing",
    "people:my-absence-delete",
    "people:token-revoke",
    "people:suggest",
    "people:person-reactivate",
    "people:person-reset-link",
    "people:absence-delete",
    "people:import-apply",
    "people:import-discard",
    "people:export",
    "importers:start",
    "importers:discard",
    "importers:rejected",
    "importers:mapping-delete",
    "cmdb:items-export",
    "surveys:rating-erase",
    "surveys:survey-from-template",
    "surveys:survey-copy",
    "surveys:survey-delete",
    "surveys:survey-close",
    "surveys:group-delete",
    "surveys:group-move",
    "surveys:question-delete",
    "surveys:question-move",
    "surveys:results-csv",
    "surveys:results-pdf",
    "surveys:results-xlsx",
    "reports:dependence-csv",
    "reports:dependence-proposal-finish",
    "reports:dependence-proposal-reopen",
    "directory:entries-csv",
    "directory:entries-json",
    "directory:entries-xlsx",
    "directory:entry-retire",
    "directory:entry-restore",
    "directory:undo",
    *(f"{kind}:{verb}" for kind in ("incidents", "requests") for verb in ("accept", "start", "resume")),
}
# Probes, and what the demo's life does not lead to.
ELSEWHERE = {
    "healthz",
    "readyz",
    "metrics",
    "desk:first-run",  # gone once there is an administrator
    "incidents:detail",
    "requests:detail",  # the page that tickets:detail leads to
    "requests:close",
    "requests:reopen",  # as of incidents
    "intake:convert",
    "intake:message",  # of a mail that became a ticket of the wrong person
}


def test_every_page_has_its_picture():
    shown = {each.route for each in PAGES}
    missing = set(expectations.PAGES) - shown - PARTS - ELSEWHERE
    assert missing == set(), "Add them to screens/pages.py, or here when they show no page."


def test_no_name_is_left_of_what_is_gone():
    assert (PARTS | ELSEWHERE) - set(expectations.PAGES) == set()
    assert {each.route for each in PAGES if each.route} - set(expectations.PAGES) == set()


def test_each_picture_has_a_name_of_its_own():
    names = [each.name for each in PAGES]
    assert len(names) == len(set(names)) > 100
