"""What every address is for. A new address without a line here fails the matrix (test_role_object_verb.py).

Addresses of a ticket (they have its number):
    SEE      whoever sees the ticket
    PEEK     agents who see it
    WORK     whoever works on it
    ASK      whoever asked for it or works on it
Mails, in and out:
    MAIL     whoever works on the mail's ticket; administrators unless it is confidential; of a confidential one
             only its team, since a mail carries its sender's token
Other addresses:
    PUBLIC   everybody, also without signing in
    SIGNED   everybody who is signed in
    DESK     agents
    LOOK     agents and administrators
    ADMIN    administrators
    SERVICES administrators and the managers of the CMDB
    OWN      rows of the caller alone: others' are not there
"""

SEE, PEEK, WORK, ASK = "see", "peek", "work", "ask"
PUBLIC, SIGNED, DESK, LOOK, ADMIN, OWN = "public", "signed", "desk", "look", "admin", "own"
SERVICES, MAIL = "services", "mail"

TRANSITIONS = {
    "accept": WORK,
    "start": WORK,
    "ask_requester": WORK,
    "wait_for_vendor": WORK,
    "resume": WORK,
    "resolve": WORK,
    "close": ASK,
    "reopen": ASK,
    "cancel": ASK,
}

PAGES = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,  # its own token
    "web:style": SIGNED,
    "web:set-language": PUBLIC,
    "tickets:find": DESK,
    "tickets:people": SIGNED,
    "tickets:preview": SIGNED,
    "tickets:detail": SEE,
    "tickets:peek": PEEK,
    "tickets:reply": SEE,
    "tickets:note": WORK,
    "tickets:take-back": WORK,
    "tickets:assign": WORK,
    "tickets:escalate": WORK,
    "tickets:change": PEEK,  # only leads on to the process's page, which asks
    "tickets:priority": PEEK,
    "tickets:share": ASK,
    "tickets:unshare": ASK,
    "tickets:watch": SEE,
    "tickets:unwatch": SEE,
    "tickets:tags": WORK,
    "tickets:link": WORK,
    "tickets:unlink": WORK,
    "tickets:log-work": WORK,
    "tickets:confidential": WORK,
    "tickets:attachment": SEE,
    "tickets:thumbnail": SEE,
    **{
        f"{app}:{name}": rule
        for app in ("incidents", "requests")
        for name, rule in {"detail": SEE, "change": WORK, "priority": WORK, **TRANSITIONS}.items()
    },
    "intake:new": SIGNED,
    "intake:people": SIGNED,
    "intake:sent": SEE,
    "intake:for-ticket": WORK,
    "intake:convert": WORK,
    "intake:mailboxes": ADMIN,
    "intake:mailbox-new": ADMIN,
    "intake:mailbox": ADMIN,
    "intake:mailbox-oauth": ADMIN,
    "intake:mailbox-sign-in": ADMIN,
    "intake:mailbox-test": ADMIN,
    "intake:mailbox-comparison": ADMIN,
    "intake:mailbox-compare": ADMIN,
    "intake:mailbox-take": ADMIN,
    "intake:held": LOOK,
    "intake:mail": MAIL,
    "intake:mail-html": MAIL,
    "intake:mail-raw": MAIL,
    "intake:mail-file": MAIL,
    "intake:mail-retry": MAIL,
    "intake:mail-admit": MAIL,
    "intake:mail-refuse": MAIL,
    "notify:outgoing": LOOK,
    "notify:mail": MAIL,
    "notify:resend": MAIL,
    "notify:for-ticket": WORK,
    "desk:home": SIGNED,
    "desk:my-tickets": SIGNED,
    "desk:queue": DESK,
    "desk:changes": DESK,
    "desk:filters": DESK,
    "desk:export": DESK,
    "desk:new-ticket": DESK,
    "desk:caller": DESK,
    "desk:search": SIGNED,
    "desk:settings": SIGNED,  # lists what the reader may set
    "desk:first-run": PUBLIC,  # gone once there is an administrator
    "desk:first-steps": ADMIN,
    "desk:categories": ADMIN,
    "desk:category-new": ADMIN,
    "desk:category": ADMIN,
    "desk:cause-codes": ADMIN,
    "desk:cause-code-new": ADMIN,
    "desk:cause-code": ADMIN,
    "desk:audit": ADMIN,
    "desk:audit-export": ADMIN,
    "desk:audit-check": ADMIN,
    "desk:audit-check-state": ADMIN,
    "cmdb:services": SERVICES,
    "cmdb:service-new": SERVICES,
    "cmdb:service": SERVICES,
    "priorities:matrix": ADMIN,
    "priorities:applying": ADMIN,
    "priorities:choose-service": ADMIN,
    "priorities:service-matrix": ADMIN,
    "priorities:targets": ADMIN,
    "account/email/": PUBLIC,  # leads to the profile
    "people:profile": SIGNED,
    "people:my-absence-new": SIGNED,
    "people:my-absence-delete": OWN,
    "people:tokens": SIGNED,
    "people:token-revoke": OWN,
    "people:suggest": SIGNED,
    "people:people": LOOK,
    "people:person": LOOK,
    "people:person-new": ADMIN,
    "people:person-change": ADMIN,
    "people:person-deactivate": ADMIN,
    "people:person-reactivate": ADMIN,
    "people:person-reset-link": ADMIN,
    "people:person-second-factors": ADMIN,
    "people:absences": LOOK,
    "people:absence-new": ADMIN,  # and the lead of a team of theirs
    "people:absence-delete": ADMIN,
    "people:companies": ADMIN,
    "people:company-new": ADMIN,
    "people:company": ADMIN,
    "people:departments": ADMIN,
    "people:department-new": ADMIN,
    "people:department": ADMIN,
    "people:teams": ADMIN,
    "people:team-new": ADMIN,
    "people:team": ADMIN,
    "people:imports": ADMIN,
    "people:import": ADMIN,
    "people:import-apply": ADMIN,
    "people:import-discard": ADMIN,
    "people:export": ADMIN,
    "desk:help": PUBLIC,
    "desk:help-page": PUBLIC,
}

# (route, method) of the API. Methods as the view states them.
API = {
    ("ticket-list", "get"): SIGNED,
    ("ticket-list", "post"): SIGNED,
    ("ticket-detail", "get"): SEE,
    ("ticket-events", "get"): SEE,
    ("ticket-comments", "get"): SEE,
    ("ticket-comments", "post"): SEE,
    ("ticket-take-back", "post"): WORK,
    ("ticket-attachments", "get"): SEE,
    ("ticket-attachments", "post"): SEE,
    ("ticket-download", "get"): SEE,
    ("ticket-assign", "post"): WORK,
    ("ticket-escalate", "post"): WORK,
    ("ticket-change", "post"): WORK,
    ("ticket-priority", "post"): WORK,
    ("ticket-convert", "post"): WORK,
    ("ticket-watch", "post"): SEE,
    ("ticket-unwatch", "post"): SEE,
    ("ticket-tags", "get"): WORK,
    ("ticket-tags", "put"): WORK,
    ("ticket-links", "get"): SEE,
    ("ticket-links", "post"): WORK,
    ("ticket-unlink", "delete"): WORK,
    ("ticket-shares", "get"): ASK,
    ("ticket-shares", "post"): ASK,
    ("ticket-unshare", "delete"): ASK,
    ("ticket-work-times", "get"): WORK,
    ("ticket-work-times", "post"): WORK,
    **{
        (f"{prefix}-{name.replace('_', '-')}", "post"): rule
        for prefix in ("incident", "request")
        for name, rule in {"change": WORK, **TRANSITIONS}.items()
    },
    ("incident-list", "get"): SIGNED,
    ("incident-detail", "get"): SEE,
    ("request-list", "get"): SIGNED,
    ("request-detail", "get"): SEE,
    ("search-list", "get"): SIGNED,
    ("me", "get"): SIGNED,
    ("me", "patch"): SIGNED,
    ("token-list", "get"): SIGNED,
    ("token-list", "post"): SIGNED,
    ("token-detail", "delete"): OWN,
    ("person-list", "get"): SIGNED,
    ("person-list", "post"): ADMIN,
    ("person-detail", "get"): "person",
    ("person-detail", "patch"): ADMIN,
    ("person-deactivate", "post"): ADMIN,
    ("person-reactivate", "post"): ADMIN,
    ("person-remove-second-factors", "post"): ADMIN,
    ("person-absences", "get"): "absences",
    ("person-absences", "post"): "absence",
    ("person-delete-absence", "delete"): "absence",
    **{
        (f"{name}-{part}", method): rule
        for name in ("company", "department", "team", "service", "category", "cause-code")
        for part, method, rule in (
            ("list", "get", SIGNED),
            ("list", "post", SERVICES if name == "service" else ADMIN),
            ("detail", "get", SIGNED),
            ("detail", "patch", SERVICES if name == "service" else ADMIN),
        )
    },
    ("audit-list", "get"): ADMIN,
    ("audit-check", "get"): ADMIN,
    ("audit-check", "post"): ADMIN,
    ("import-list", "get"): ADMIN,
    ("import-list", "post"): ADMIN,
    ("import-detail", "get"): ADMIN,
    ("import-apply", "post"): ADMIN,
    ("import-discard", "post"): ADMIN,
    ("mailbox-compare", "post"): ADMIN,
    ("mailbox-take-missing", "post"): ADMIN,
    ("dead-address-list", "get"): LOOK,
    ("mailbox-list", "get"): ADMIN,
    ("mailbox-list", "post"): ADMIN,
    ("mailbox-detail", "get"): ADMIN,
    ("mailbox-detail", "patch"): ADMIN,
    ("incoming-mail-list", "get"): LOOK,
    ("incoming-mail-detail", "get"): MAIL,
    ("incoming-mail-raw", "get"): MAIL,
    ("incoming-mail-retry", "post"): MAIL,
    ("incoming-mail-admit", "post"): MAIL,
    ("incoming-mail-refuse", "post"): MAIL,
    ("outgoing-mail-list", "get"): LOOK,
    ("outgoing-mail-detail", "get"): MAIL,
    ("outgoing-mail-resend", "post"): MAIL,
    ("priority-matrix", "get"): LOOK,
    ("priority-matrix", "put"): ADMIN,
    ("priority-targets", "get"): SIGNED,
    ("priority-targets", "put"): ADMIN,
    ("schema", "get"): SIGNED,
    ("docs", "get"): SIGNED,
    ("nothing", "get"): "nothing",
}
