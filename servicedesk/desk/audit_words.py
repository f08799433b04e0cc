"""The audit log in words: what verbs, fields and values are called on the page. The export keeps them as they are."""

import re

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.levels.typed import text_of_minutes
from servicedesk.notify.models import Notification, Way
from servicedesk.people.models import ApiToken, AuditEntry, Role
from servicedesk.tickets.models import ClosingRule, Impact, ReopeningRule, Urgency
from servicedesk.tickets.workflow import TicketType
from servicedesk.web import formats

SETTINGS_VERBS = {
    "create": pgettext_lazy("audit", "Created"),
    "change": pgettext_lazy("audit", "Changed"),
    "change_profile": gettext_lazy("Changed own details"),
    "change_notices": gettext_lazy("Changed how they hear of things"),
    "allow_device": gettext_lazy("Allowed notices on a device"),
    "remove_device": gettext_lazy("Removed a device from their notices"),
    "delete": pgettext_lazy("audit", "Deleted"),
    "restore": pgettext_lazy("audit", "Brought back"),
    "export": gettext_lazy("Had tickets written to a file"),
    "deactivate": pgettext_lazy("audit", "Deactivated"),
    "reactivate": pgettext_lazy("audit", "Reactivated"),
    "set_password": gettext_lazy("Set a password"),
    "send_reset_link": gettext_lazy("Sent a link for a new password"),
    "remove_second_factors": gettext_lazy("Removed the second step"),
    "create_absence": gettext_lazy("Entered an absence"),
    "delete_absence": gettext_lazy("Removed an absence"),
    "create_token": gettext_lazy("Made an API token"),
    "revoke_token": gettext_lazy("Revoked an API token"),
    "upload_import": gettext_lazy("Uploaded a file"),
    "apply_import": gettext_lazy("Applied a file"),
    "discard_import": gettext_lazy("Threw a file away"),
    "save_priority_matrix": gettext_lazy("Saved the priority matrix"),
    "save_priority_targets": gettext_lazy("Saved the priority targets"),
    "set_service_level": gettext_lazy("Chose rank and calendar of a service"),
    "retry": gettext_lazy("Had a mail read again"),
    "admit": gettext_lazy("Let a mail in"),
    "refuse": gettext_lazy("Set a mail aside"),
    "join": gettext_lazy("Put a mail into a ticket"),
    "revive": gettext_lazy("Said that mail reaches an address again"),
    "assign": gettext_lazy("Assigned a mail"),
    "export_mails": gettext_lazy("Exported the list of mails"),
    "resend": gettext_lazy("Sent a mail again"),
    "change_mail_text": gettext_lazy("Changed a text of mails"),
    "reset_mail_text": gettext_lazy("Went back to the built-in text of mails"),
    "compare": gettext_lazy("Compared a mailbox with its server"),
    "sign_in": gettext_lazy("Signed in for a mailbox"),
    "take_missing": gettext_lazy("Took missing mails in"),
    "check_chains": gettext_lazy("Checked the hash chains"),
    "save_rating_settings": gettext_lazy("Changed the question after closing"),
    "change_questions": gettext_lazy("Changed the questions of a survey"),
    "send_survey": gettext_lazy("Sent a survey"),
    "close_survey": gettext_lazy("Closed a survey"),
    "explain_gap": gettext_lazy("Wrote down the cause of a gap"),
    "drop_call": gettext_lazy("Dropped a call"),
    "restore_call": gettext_lazy("Took a dropped call up again"),
    "take_over_call": gettext_lazy("Took over a call"),
    "save_work_rounding": gettext_lazy("Changed the rounding of timers"),
    "close_work_month": gettext_lazy("Closed the work time of a month"),
    "reopen_work_month": gettext_lazy("Reopened the work time of a month"),
    "save_closing_rules": gettext_lazy("Saved the closing rules"),
    "save_major_settings": gettext_lazy("Changed the settings of major incidents"),
    "order_rules": gettext_lazy("Changed the order of the rules"),
    "save_saving_rate": gettext_lazy("Changed the minutes of the automation ledger"),
    "agree_on_proposal": gettext_lazy("Agreed on a proposal against person-dependence"),
    "finish_proposal": gettext_lazy("Did a proposal against person-dependence"),
    "drop_proposal": gettext_lazy("Dropped a proposal against person-dependence"),
    "reopen_proposal": gettext_lazy("Opened a proposal against person-dependence again"),
    "issue_report": gettext_lazy("Issued a monthly report"),
    "subscribe_reports": gettext_lazy("Asked for monthly reports by mail"),
    "unsubscribe_reports": gettext_lazy("Ended monthly reports by mail"),
    "create_report_link": gettext_lazy("Made an address of reports that needs no sign-in"),
    "revoke_report_link": gettext_lazy("Revoked an address of reports that needs no sign-in"),
    "load_demo": gettext_lazy("Loaded demo content"),
}
TICKET_VERBS = {
    "merge": pgettext_lazy("audit", "Merged"),
    "unmerge": gettext_lazy("Undid a merge"),
    "move_message": gettext_lazy("Moved a message"),
    "resolve_children": gettext_lazy("Resolved the children"),
    "forward": pgettext_lazy("audit", "Forwarded a message"),
    "answer_from_outside": gettext_lazy("Answered from outside"),
    "open": pgettext_lazy("audit", "Opened"),
    "accept": pgettext_lazy("audit", "Accepted"),
    "start": gettext_lazy("Started work"),
    "ask_requester": gettext_lazy("Asked the requester"),
    "wait_for_vendor": gettext_lazy("Waited for a vendor"),
    "wait_until": gettext_lazy("Waited for an agreed date"),
    "resume": gettext_lazy("Resumed work"),
    "resolve": pgettext_lazy("audit", "Resolved"),
    "close": pgettext_lazy("audit", "Closed"),
    "reopen": pgettext_lazy("audit", "Reopened"),
    "cancel": pgettext_lazy("audit", "Cancelled"),
    "reply": pgettext_lazy("audit", "Replied"),
    "note": gettext_lazy("Wrote an internal note"),
    "take_back": gettext_lazy("Took a reply back before it was sent"),
    "assign": pgettext_lazy("audit", "Assigned"),
    "escalate": pgettext_lazy("audit", "Escalated"),
    "de_escalate": gettext_lazy("De-escalated"),
    "change": pgettext_lazy("audit", "Changed"),
    "override_priority": gettext_lazy("Set the priority by hand"),
    "apply_matrix": gettext_lazy("Applied the priority matrix"),
    "near_target": gettext_lazy("Noted that a target is near"),
    "miss_target": gettext_lazy("Noted that a target was missed"),
    "ask_to_close": gettext_lazy("Asked for an approval to close"),
    "send_back": gettext_lazy("Did not approve closing"),
    "confirm": gettext_lazy("Said that it is solved"),
    "announce_closing": gettext_lazy("Told the requester when it closes"),
    "hold_closing": gettext_lazy("Did not close it by itself"),
    "snooze": gettext_lazy("Snoozed"),
    "wake": gettext_lazy("Came back from a snooze"),
    "thank": gettext_lazy("Thanked the desk"),
    "share": pgettext_lazy("audit", "Shared"),
    "unshare": gettext_lazy("Stopped sharing"),
    "watch": gettext_lazy("Began watching"),
    "unwatch": gettext_lazy("Stopped watching"),
    "link": pgettext_lazy("audit", "Linked"),
    "unlink": gettext_lazy("Removed a link"),
    "set_items": gettext_lazy("Changed the affected items"),
    "log_work": gettext_lazy("Logged work time"),
    "change_work": gettext_lazy("Corrected work time"),
    "delete_work": gettext_lazy("Deleted work time"),
    "run_macro": gettext_lazy("Ran a macro"),
    "escalate_outside": gettext_lazy("Escalated outside"),
    "amend_escalation_outside": gettext_lazy("Noted more of an escalation outside"),
    "undo_escalation_outside": gettext_lazy("Took an escalation outside back"),
    "bounce": gettext_lazy("A mail came back"),
    "add_watcher": gettext_lazy("Added a watcher"),
    "tell": gettext_lazy("Told somebody by a rule"),
    "rules_paused": gettext_lazy("Rules left a ticket alone"),
    "plan_call_back": gettext_lazy("Promised a call-back"),
    "call_back_due": gettext_lazy("A call-back was due"),
    "finish_call_back": gettext_lazy("Called back"),
    "miss_call_back": gettext_lazy("Called back in vain"),
    "cancel_call_back": gettext_lazy("Struck a call-back out"),
    "declare_major": gettext_lazy("Declared a major incident"),
    "change_major": gettext_lazy("Changed what is known of a major incident"),
    "end_major": gettext_lazy("Ended a major incident"),
    "retract_major": gettext_lazy("Took back a major incident"),
    "join_major": gettext_lazy("Tied a report to a major incident"),
    "propose_major": gettext_lazy("Proposed a major incident"),
    "dismiss_major": gettext_lazy("Dismissed a proposed major incident"),
    "publish_update": gettext_lazy("Told readers of a major incident"),
    "update_due": gettext_lazy("An update was due"),
    "join_force": gettext_lazy("Called somebody into a task force"),
    "leave_force": gettext_lazy("Let somebody leave a task force"),
    "save_post_mortem": gettext_lazy("Wrote a post-mortem"),
    "finish_post_mortem": gettext_lazy("Finished a post-mortem"),
    "reopen_post_mortem": gettext_lazy("Opened a post-mortem again"),
    "add_action": gettext_lazy("Agreed on an action"),
    "finish_action": gettext_lazy("Did an action"),
    "reopen_action": gettext_lazy("Took back that an action is done"),
    "action_due": gettext_lazy("An action was due"),
    "set_status": gettext_lazy("Set the status, by import"),
    "import_again": gettext_lazy("Imported a ticket once more"),
    "rate": gettext_lazy("Rated a ticket"),
    "erase_rating_words": gettext_lazy("Erased the words of a rating"),
}
# What entries say beside the fields of what they are about.
_DATA = {
    "addresses": gettext_lazy("e-mail addresses"),
    "client_secret": gettext_lazy("client secret"),
    "count": gettext_lazy("how many"),
    "counts": gettext_lazy("rows"),
    "deputy": gettext_lazy("deputy"),
    "calendar": gettext_lazy("calendar"),
    "columns": gettext_lazy("columns"),
    "device": gettext_lazy("device"),
    "ended_sessions": gettext_lazy("sessions ended"),
    "entry": gettext_lazy("entry of the directory"),
    "file": gettext_lazy("file"),
    "from_on": gettext_lazy("first day"),
    "import": gettext_lazy("by import"),
    "members": gettext_lazy("members"),
    "password": gettext_lazy("password"),
    "rank": pgettext_lazy("service level", "rank"),
    "refresh_token": gettext_lazy("refresh token"),
    "removed": gettext_lazy("removed"),
    "revoked_tokens": gettext_lazy("tokens revoked"),
    "roles": gettext_lazy("roles"),
    "teams": gettext_lazy("teams"),
    "topic": gettext_lazy("topic"),
    "until_on": gettext_lazy("last day"),
    **dict(zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), WEEKDAYS.values())),
}
_COUNTS = {
    "created": pgettext_lazy("rows", "new"),
    "changed": pgettext_lazy("rows", "changed"),
    "unchanged": pgettext_lazy("rows", "unchanged"),
    "rejected": pgettext_lazy("rows", "rejected"),
    "left": pgettext_lazy("rows", "left as they are"),
}
_CODES: dict[str, dict] = {
    "roles": dict(Role.choices),
    "default_impact": dict(Impact.choices),
    "scopes": dict(ApiToken.Scope.choices),
    "removed": dict(Authenticator.Type.choices),
    "quiet_days": WEEKDAYS,
    "ways": dict(Way.choices),
}
# Entries about a person whose fields are those of something else of theirs.
_MODELS = {"change_notices": "notify.noticesettings"}
# Of the closing rules, `incident_1_closer` and `incident_reopen`.
_RULE = re.compile(
    rf"({'|'.join(TicketType.values)})_(?:([1-4])_)?"
    r"(closer|needs_\w+|close_after_days|mail_days_before|stale_after_days|reopen)"
)
_CELL = re.compile(r"([1-4])×([1-4])")
_TARGET = re.compile(r"P[1-4]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def verb_words(verb: str, *, about_tickets: bool) -> str:
    """The verb in the reader's language; one that nobody has stated stays as it is."""
    return str((TICKET_VERBS if about_tickets else SETTINGS_VERBS).get(verb, verb))


def changes_of(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """(field, before, after) of changes, then (name, "", value) of what else the entry says. What is new has no
    before.
    """
    found = []
    for name, pair in (entry.data.get("changes") or {}).items():
        label, is_pair = _name(entry, name), isinstance(pair, list) and len(pair) == 2
        before, after = pair if is_pair else (None, pair)
        is_new = not is_pair or (before in (None, "") and entry.verb == "create")
        found.append((label, "" if is_new else _value(entry, name, before), _value(entry, name, after)))
    return found + [
        (_name(entry, name), "", _value(entry, name, value)) for name, value in entry.data.items() if name != "changes"
    ]


def _name(entry: AuditEntry, name: str) -> str:
    """What the model calls the field, in the reader's language; names that nobody has stated stay as they are."""
    if cell := _CELL.fullmatch(name):
        return f"{Impact(int(cell[1])).label} × {Urgency(int(cell[2])).label}"
    if name in _DATA:
        return str(_DATA[name])
    if rule := _RULE.fullmatch(name):
        whose = str(TicketType(rule[1]).label) + (f" P{rule[2]}" if rule[2] else "")
        return f"{whose}: {_field(entry, name).verbose_name}"
    field = _field(entry, name)
    return str(field.verbose_name) if field is not None else name


def _field(entry: AuditEntry, name: str):
    if rule := _RULE.fullmatch(name):
        return ReopeningRule._meta.get_field("days") if rule[3] == "reopen" else ClosingRule._meta.get_field(rule[3])
    try:
        field = apps.get_model(_MODELS.get(entry.verb, entry.object_type))._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return None
    return field if hasattr(field, "verbose_name") else None


def _value(entry: AuditEntry, name: str, value) -> str:
    """A value for people: codes by their label, references by their name, moments and days as elsewhere."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if _CELL.fullmatch(name):
        return f"P{value}"
    if _TARGET.fullmatch(name):
        return _target(value)
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], str):
            return value[1]
        return _(", ").join(_value(entry, name, one) for one in value)
    if isinstance(value, dict):
        called = _COUNTS | dict(Notification.Kind.choices)
        return _(", ").join(f"{called.get(key, key)} {_value(entry, name, one)}" for key, one in value.items())
    field = _field(entry, name)
    field = getattr(field, "base_field", field)  # of a list what each is
    labels = _CODES.get(name) or (dict(field.flatchoices) if getattr(field, "choices", None) else {})
    if value in labels:
        return str(labels[value])
    return _time(value) or str(value)


def _target(value) -> str:
    """Minutes of an agreement, or what a rank promises for a priority: [first response, resolution, around the clock].
    Entries from before there were ranks say no more than two numbers.
    """
    if isinstance(value, list) and len(value) in (2, 3):
        around = bool(value[2:] and value[2])
        first, solved = (text_of_minutes(minutes, around_the_clock=around) for minutes in value[:2])
        said = _("first response %(first)s, resolution %(solved)s") % {"first": first, "solved": solved}
        return _(", ").join([said, _("around the clock")]) if around else said
    return text_of_minutes(value) if isinstance(value, int) else str(value)


def _time(value) -> str:
    if isinstance(value, str) and _MOMENT.match(value):
        return formats.exact(parse_datetime(value))
    if isinstance(value, str) and _DAY.fullmatch(value):
        return formats.exact(parse_date(value))
    return ""
