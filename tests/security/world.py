"""The people and tickets of the matrix, and in one table who sees what and who works on it.

The table is written down from the rules of the house, not from the code: staff see their own, what is shared with them
and, as heads, their department's; agents what their teams serve and what nobody has yet; administrators everything but
what is confidential; confidential tickets only their team and the people named.
"""

import io
import re
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from zipfile import ZipFile

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from incidents.major.actions.declaring import declare_major
from incidents.models import CauseCode
from servicedesk.desk.models import Bulk, Export, Macro, ReplyTemplate, SavedView
from servicedesk.directory.models import Contract, Entry, Referral
from servicedesk.escalation.actions import create_rule
from servicedesk.intake.actions import plan_call_back, save_call, store
from servicedesk.intake.models import Call, IncomingMail, Mailbox
from servicedesk.levels.models import Agreement, Calendar, Rank
from servicedesk.levels.moving import Moves
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.people.actions import create_absence, create_token
from servicedesk.people.models import Job, Role, User
from servicedesk.reports.models import DependenceProposal
from servicedesk.surveys.actions import create_survey, fill_survey
from servicedesk.surveys.models import Rating, Survey
from servicedesk.tickets.actions import link, log_work, note, reply, set_items, set_tags, share
from servicedesk.tickets.consumers import index_tickets
from servicedesk.tickets.models import Category, Ticket
from tests.factories import (
    a_company,
    a_department,
    a_person,
    a_service,
    a_service_request,
    a_team,
    an_administrator,
    an_agent,
    an_incident,
    an_item,
)
from tests.notify.pushes import a_device

ANONYMOUS = "anonymous"
# Guests wrote a mail and cannot sign in: the session that the tests force on them is nobody's.
NOBODY = {ANONYMOUS, "guest"}
AGENTS = {"agent", "lead", "other agent", "trusted agent", "named agent"}
ROLES = (
    ANONYMOUS, "guest", "requester", "colleague", "head", *sorted(AGENTS), "administrator", "CMDB manager", "named",
)  # fmt: skip

# object → (who asked for it, who works on it, who else sees it)
OBJECTS = {
    "own": ({"requester"}, {"agent", "lead"}, {"head", "administrator"}),
    "stranger's": (set(), {"agent", "lead"}, {"administrator"}),
    "shared": (set(), {"other agent", "named agent"}, {"requester", "administrator"}),
    "department's": ({"colleague"}, {"agent", "lead"}, {"head", "administrator"}),
    "other team's": (set(), {"other agent", "named agent"}, {"administrator"}),
    "nobody's yet": (set(), AGENTS, {"administrator"}),
    "confidential": (set(), {"trusted agent"}, set()),
    "confidential, named": (set(), {"trusted agent", "named agent"}, {"named"}),
    "guest's": ({"guest"}, {"agent", "lead"}, {"administrator"}),
}
ASKED = {name: asked for name, (asked, _works, _sees) in OBJECTS.items()}
WORKS = {name: works for name, (_asked, works, _sees) in OBJECTS.items()}
SEES = {name: asked | works | sees for name, (asked, works, sees) in OBJECTS.items()}
# Mails carry their sender's token: those of a confidential ticket are for its team alone.
MAILS = {
    name: {"trusted agent"} if "confidential" in name else works | {"administrator"} for name, works in WORKS.items()
}


@dataclass
class Case:
    """One ticket of the matrix with everything that hangs on it. `word` stands in its title, reply and file name."""

    name: str
    ticket: Ticket
    word: str
    secret: str
    ids: dict = field(default_factory=dict)


@dataclass
class World:
    people: dict[str, User]
    cases: dict[tuple[str, str], Case]
    others: dict[str, object]

    def of_type(self, kind: str) -> list[Case]:
        return [case for (_name, type_), case in self.cases.items() if type_ == kind]


def build() -> World:
    company = a_company()
    division = a_department(company)
    section = a_department(company, parent=division)
    team, other_team, secret_team = a_team(), a_team(), a_team()
    team.next_team = other_team
    team.save()
    service, other_service = a_service(team), a_service(other_team)
    secret_service = a_service(secret_team, is_confidential=True)
    here = {"company": company, "department": section}
    people = {
        "guest": a_person(is_guest=True),
        "requester": a_person(**here),
        "colleague": a_person(**here),
        "head": a_person(company=company, department=division),
        "agent": an_agent(team),
        "lead": a_person(Role.LEAD, teams=[team]),
        "other agent": an_agent(other_team),
        "trusted agent": an_agent(secret_team),
        "named agent": an_agent(other_team),
        "administrator": an_administrator(),
        "CMDB manager": a_person(Role.CMDB_MANAGER),
        "named": a_person(),
    }
    division.head = people["head"]
    division.save()
    team.lead = people["lead"]
    team.save()
    item = an_item(people["requester"])
    stranger, confider = a_person(), a_person(**here)
    fields = {
        "own": {"requester": people["requester"], "service": service},
        "stranger's": {"requester": stranger, "service": service},
        "shared": {"requester": stranger, "service": other_service},
        "department's": {"requester": people["colleague"], "service": service},
        "other team's": {"requester": stranger, "service": other_service},
        "nobody's yet": {"requester": stranger},
        "confidential": {"requester": confider, "service": secret_service},
        "confidential, named": {"requester": confider, "service": secret_service},
        "guest's": {"requester": people["guest"], "service": service},
    }
    cases = {}
    entry = Entry.objects.create(
        kind="vendor", name="Vendor", email="vendor@example.com", owner=people["administrator"],
        review_on=date(2999, 1, 1),
    )  # fmt: skip
    mailbox = Mailbox.objects.create(name="Desk", address="desk@example.com", service=secret_service)
    for number, (name, chosen) in enumerate(fields.items()):
        for kind, make in (("incident", an_incident), ("request", a_service_request)):
            word = f"marker{kind[0]}{'abcdefghijkl'[number]}"
            ticket = make(title=f"About {word}", **chosen).ticket
            worker = people[max(WORKS[name])]
            case = Case(name, ticket, word, f"hushed{word}")
            if name == "shared":
                share(ticket, by=worker, via="page", user=people["requester"])
            if name == "confidential, named":
                for one in ("named", "named agent"):
                    share(ticket, by=people["trusted agent"], via="page", user=people[one])
            case.ids["share"] = ticket.shares.first() or _a_share(ticket, worker)
            said = reply(
                ticket,
                by=worker,
                via="page",
                body=f"Hello {word}",
                files=[SimpleUploadedFile(f"{word}.png", _picture())],
            )
            hushed = note(
                ticket,
                by=worker,
                via="page",
                body=case.secret,
                files=[SimpleUploadedFile(f"{case.secret}.png", _picture())],
            )
            set_tags(ticket, by=worker, via="page", tags=[case.secret])
            set_items(ticket, by=worker, via="page", items=[item])
            case.ids["item"] = item
            case.ids["work"] = log_work(ticket, by=worker, via="page", minutes=5)
            case.ids["comment"] = said
            case.ids["file"], case.ids["hushed_file"] = said.attachments.get(), hushed.attachments.get()
            twin = _a_twin(ticket, worker)
            case.ids["link"] = link(ticket, twin, "related", by=worker, via="page")
            if name == "confidential, named":
                share(twin, by=worker, via="page", user=people["named agent"])
            case.ids["mail_in"] = store(
                mailbox, _MAIL % case.word.encode(), at=timezone.now(), state=IncomingMail.State.TICKET
            )
            IncomingMail.objects.filter(pk=case.ids["mail_in"].pk).update(ticket=ticket, subject=f"About {case.word}")
            case.ids["call_back"] = plan_call_back(
                ticket, by=worker, via="page", whom=f"Caller {word}", due_at=timezone.now() + timedelta(days=1),
                note=case.secret,
            )  # fmt: skip
            case.ids["referral"] = Referral.objects.create(ticket=ticket, entry=entry, by=worker)
            case.ids["mail_out"] = _a_mail_about(ticket, said.event, case.word)
            # To everybody: sight may be lost after somebody was told.
            Notification.objects.bulk_create(
                Notification(person=person, ticket=ticket, event=said.event, kind="reply") for person in people.values()
            )
            index_tickets([ticket.pk])
            ticket.refresh_from_db()
            cases[name, kind] = case
    others = {
        "outage": declare_major(
            an_incident(requester=stranger, service=service).ticket, by=people["agent"], via="page", reason="Stopped"
        ),
        "person": people["colleague"],
        "stranger": stranger,
        "team": team,
        "department": section,
        "company": company,
        "service": service,
        "mailbox": mailbox,
        "item": item,
        "hushed service": a_service(a_team(), is_confidential=True),
        "category": Category.objects.create(code="cat", name="機器"),
        "cause": CauseCode.objects.create(code="cause", group="other", name="不明", name_en="Unknown"),
        "absence": create_absence(
            people["colleague"], by=people["colleague"], via="page", from_on=date(2999, 1, 1), until_on=date(2999, 1, 2)
        ),
        "tokens": {role: create_token(user, name="t", scopes=["read"], days=1, via="page")[0]
                   for role, user in people.items() if role != "guest"},
        "devices": {role: a_device(user) for role, user in people.items() if role != "guest"},
        "call": _a_call_left(people["agent"], "taken down"),
        "confidential call": _a_call_left(people["agent"], "hushed", is_confidential="on"),
        "export": Export.objects.create(
            owner=people["agent"], format="csv", label="Handed out", file=ContentFile(b"x", name="x")
        ),
        "bulk": Bulk.objects.create(owner=people["agent"], change={"impact": 1, "via": "page"}),
        "template": ReplyTemplate.objects.create(name="Thanks", code="thanks", body_en="Thank you, {requester}"),
        "proposal": DependenceProposal.objects.create(
            service=service, whole=True, kind="write", reason="Nobody else knows it.", owner=people["administrator"],
            due_on=date(2999, 1, 1), created_by=people["administrator"],
        ),
        "entry": entry,
        "contract": Contract.objects.create(entry=entry, number="C-1", valid_from=date(2020, 1, 1)),
        "macro": Macro.objects.create(name="Begin", step="start"),
        "calendar": Calendar.objects.get(is_default=True),
        "rank": Rank.objects.get(is_default=True),
        "agreement": Agreement.objects.create(name="The vendor's", kind="vendor"),
        "moves": Job.objects.create(
            kind="preview_levels", key="moves", state="done", by=people["administrator"], result=asdict(Moves())
        ),
        "rule": create_rule(
            by=people["administrator"], via="page",
            document={"name": "Hot", "trigger": "created", "actions": [{"do": "add_tag", "tag": "hot"}]},
        ),
        "view": SavedView.objects.create(owner=people["agent"], name="Night shift", base="all", place=1),
        "team view": SavedView.objects.create(team=team, name="Morning round", base="all", place=1),
        "deleted view": SavedView.objects.create(
            owner=people["agent"], name="Night shift", base="all", deleted_at=timezone.now()
        ),
        "deleted team view": SavedView.objects.create(
            team=team, name="Morning round", base="all", deleted_at=timezone.now()
        ),
    }  # fmt: skip
    groups = [{"title_ja": "一", "title_en": "One", "questions": [{"text_ja": "あ", "text_en": "Is it well?"}]}]
    for name in ("draft survey", "sent survey"):
        survey = others[name] = create_survey(
            by=None, via="page", title_ja="調査", title_en=name.capitalize(), closes_on=date(2999, 1, 1)
        )
        fill_survey(survey, groups)
    others["sent survey"].invitations.create(person=people["agent"])
    Survey.objects.filter(pk=others["sent survey"].pk).update(state="open", opened_at=timezone.now())
    others["rating"] = Rating.objects.create(
        ticket=cases["own", "incident"].ticket, person=people["requester"], mark=4, words="Well done"
    )
    return World(people, cases, others)


_MAIL = b"From: a@example.com\r\nMessage-ID: <%s@example.com>\r\nSubject: x\r\n\r\nWords\r\n"


def _picture() -> bytes:
    """A small PNG: a file that has a thumbnail."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "PNG")
    return out.getvalue()


def _a_mail_about(ticket, event, word) -> OutgoingMail:
    return OutgoingMail.objects.create(
        ticket=ticket, event=event, kind=OutgoingMail.Kind.REPLY, to_user=ticket.requester, message_id=f"<{word}@desk>",
        to_address=ticket.requester.email, from_address="desk@example.com", subject=f"About {word}", text=word,
    )  # fmt: skip


def _a_call_left(agent, words, **more):
    """A call that an agent of the matrix left unfinished an hour ago."""
    call = save_call(by=agent, key=f"{words:_<12}".replace(" ", "-"), fields={"text": words} | more)
    Call.objects.filter(pk=call.pk).update(saved_at=timezone.now() - timedelta(hours=1))
    return call


def _a_share(ticket, worker):
    """A share with somebody outside of the matrix."""
    outsider = a_person()
    share(ticket, by=worker, via="page", user=outsider)
    return ticket.shares.get(user=outsider)


def _a_twin(ticket, worker):
    """A ticket to tie it to, which whoever works on the first one sees."""
    return an_incident(requester=ticket.requester, service=ticket.service, by=ticket.entered_by, title="A twin").ticket


# What differs between two equal answers: ids of requests, tokens of forms and scripts, times that have just passed.
_NOISE = [
    (re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"'), b""),
    (re.compile(rb'("X-CSRFToken": ")[^"]+'), b""),
    (re.compile(rb'(data-csrf=")[^"]+'), b""),
    (re.compile(rb'nonce="[^"]+"'), b""),
    (re.compile(rb'(name="(?:key|window|started_at)" value=")[^"]+'), b""),  # of a form: the same sending is one ticket
    (re.compile(rb"<time [^>]*>[^<]*"), b""),
    (re.compile(rb"since_event=\d+"), b""),  # two, each with a fixed beginning: as one they take fifteen times as long
    (re.compile(rb"counted=\d+"), b""),
    (re.compile(rb'(id="[^"]*?)[0-9a-f]{16}'), b""),
    (re.compile(rb"<dcterms:(?:created|modified)[^>]*>[^<]*"), b""),  # of a workbook
]


def plain(response, *words: str) -> bytes:
    """What an answer says, without the words that the caller sent and without noise."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK\x03\x04"):  # a workbook: its words are packed
        with ZipFile(io.BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    for pattern, instead in _NOISE:
        body = pattern.sub(instead, body)
    for word in words:
        body = body.replace(word.encode(), b"*")
    return body
