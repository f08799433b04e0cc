"""How the events of a major incident read on the time line."""

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.tickets.sentences import sentence
from servicedesk.web import formats

from .models import ForceMember, MajorUpdate, PostMortem

_PLAIN = {
    "end_major": gettext_lazy("%(who)s ended the major incident."),
    "retract_major": gettext_lazy("%(who)s took back that this is a major incident."),
    "join_major": gettext_lazy("%(who)s tied this to a major incident that is known and being worked on."),
    "propose_major": gettext_lazy("%(who)s proposed to declare a major incident."),
    "dismiss_major": gettext_lazy("%(who)s decided that this is no major incident."),
    "finish_post_mortem": gettext_lazy("%(who)s finished the post-mortem."),
    "reopen_post_mortem": gettext_lazy("%(who)s opened the post-mortem again."),
}


@sentence(*_PLAIN)
def _plain(event, names):
    return _PLAIN[event.verb] % {"who": names.who(event)}


@sentence("declare_major")
def _declare(event, names):
    if event.data.get("again"):
        return _("%(who)s declared that the major incident goes on.") % {"who": names.who(event)}
    since = _moment(event.data.get("outage_from"), names)
    return _("%(who)s declared a major incident, since %(when)s.") % {"who": names.who(event), "when": since}


@sentence("change_major", "save_post_mortem")
def _change(event, names):
    text = _("%(who)s changed what is known of the major incident (%(what)s).")
    if event.verb == "save_post_mortem":
        text = _("%(who)s wrote the post-mortem (%(what)s).")
    changes = event.data.get("changes") or {}
    return text % {"who": names.who(event), "what": _(", ").join(str(_LABELS.get(name, name)) for name in changes)}


@sentence("publish_update")
def _update(event, names):
    kind = event.data.get("kind")
    label = MajorUpdate.Kind(kind).label if kind in MajorUpdate.Kind.values else kind
    return _("%(who)s told all readers how it stands: %(kind)s.") % {"who": names.who(event), "kind": label}


_FORCE = {
    "join_force": gettext_lazy("%(who)s called %(person)s into the task force (%(role)s)."),
    "leave_force": gettext_lazy("%(who)s let %(person)s leave the task force (%(role)s)."),
}


@sentence(*_FORCE)
def _force(event, names):
    role = event.data.get("role")
    label = ForceMember.Role(role).label if role in ForceMember.Role.values else role
    return _FORCE[event.verb] % {"who": names.who(event), "person": names.person(event.data["user"]), "role": label}


@sentence("update_due")
def _update_due(event, names):
    return _("The next update was due %(when)s.") % {"when": _moment(event.data.get("due_at"), names)}


_ACTIONS = {
    "add_action": gettext_lazy("%(who)s agreed on an action of %(person)s, due %(day)s."),
    "finish_action": gettext_lazy("%(who)s did an action of %(person)s."),
    "reopen_action": gettext_lazy("%(who)s took back that an action of %(person)s is done."),
    "action_due": gettext_lazy("An action of %(person)s was due %(day)s."),
}


@sentence(*_ACTIONS)
def _action(event, names):
    day = parse_date(event.data.get("due_on") or "")
    parts = {"who": names.who(event), "person": names.person(event.data["user"])}
    return _ACTIONS[event.verb] % (parts | {"day": formats.exact(day) if day else ""})


def _moment(value, names):
    moment = parse_datetime(value) if isinstance(value, str) else None
    return formats.exact(moment) if moment else _("none")


_LABELS = {
    "public_title": gettext_lazy("title for everybody"),
    "public_title_en": gettext_lazy("title for everybody, in English"),
    "outage_from": gettext_lazy("interrupted from"),
    "outage_until": gettext_lazy("interrupted until"),
    "people_hit": gettext_lazy("people hit"),
    "services": gettext_lazy("services"),
    "update_minutes": gettext_lazy("minutes between updates"),
    "present": gettext_lazy("who was present"),
    "held_on": gettext_lazy("held on"),
    "cause_code": gettext_lazy("cause code"),
    **{name: PostMortem._meta.get_field(name).verbose_name for name in PostMortem.TEXTS},
}
