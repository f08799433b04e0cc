"""Writing in a ticket, and its files."""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from servicedesk.people.models import User
from servicedesk.web.access import signed_in
from servicedesk.web.downloads import stored_file
from servicedesk.web.errors import NotFound, NotNow, Refused
from servicedesk.web.formats import markdown
from servicedesk.web.pages import changed, page, toast, wants_fragment
from servicedesk.web.views import not_now

from .. import actions
from ..actions.talk import MOST_LETTERS, Overtaken
from ..errors import TooLate
from ..forms import ThankForm, note_form, person_text, reply_form
from ..models import Comment, Ticket
from ..queries import comments, drafts_of, get_attachment, get_comment, get_ticket
from .answers import begun_anew, done, require, verb_page
from .boxes import Box, box_again, box_for, seen_of, sent_box
from .detail import newest_of


@signed_in
def reply(request: HttpRequest, number: str) -> HttpResponse:
    """Write a public reply. GET is the box on a page of its own, for browsers without JavaScript; `?again=` a reply of
    one's own that was taken back brings its words, `?quote=` a message as a quotation.
    """
    return _write(request, number, reply_form, actions.reply, "tickets.reply", "reply")


@signed_in
def note(request: HttpRequest, number: str) -> HttpResponse:
    return _write(request, number, note_form, actions.note, "tickets.note", "note")


def _write(request, number, make_form, action, permission, kind) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    require(request, permission, ticket)
    if request.method != "POST":
        box = _box_of(request, ticket, kind)
        words = {"body": box.words} | _again(request, ticket, box) | _quoted(request, ticket, box)
        return _box(request, ticket, make_form(request.user, ticket, initial=words), kind, box)
    form, overtaken = make_form(request.user, ticket, request.POST, request.FILES), None
    if form.is_valid():
        try:
            comment = _send(request, ticket, action, kind, form.cleaned_data)
        except TooLate as late:
            if (response := begun_anew(request, late, form)) is not None:
                return response
        except Refused as refusal:
            form.refuse(refusal)
            overtaken = refusal.comment if isinstance(refusal, Overtaken) else None
        else:
            answer = _said(request, ticket, comment)
            if wants_fragment(request):
                box = _box_of(request, ticket, kind)
                form = make_form(request.user, ticket, initial={"body": box.words})
                context = {"ticket": ticket, "form": form, "kind": kind, "box": box}
                detail = {"number": ticket.number}
                return changed(request, ticket, fragment="tickets/_box.html", context=context, detail=detail, **answer)
            return done(request, ticket, part=f"#e{comment.event.number}", **answer)
    drafts, newest = drafts_of(request.user, ticket), _newest(request, ticket)
    return _box(request, ticket, form, kind, box_again(request, kind, drafts, newest, overtaken))


@transaction.atomic
def _send(request: HttpRequest, ticket: Ticket, action, kind: str, given: dict) -> Comment:
    if kind == "reply":
        given = given | {"seen": seen_of(request)}
    comment = action(ticket, by=request.user, via="page", **given)
    sent = sent_box(request)
    if sent["box"]:
        actions.spend_draft(ticket, kind, by=request.user, body=given["body"], **sent)
    return comment


def _newest(request: HttpRequest, ticket: Ticket) -> int:
    return newest_of(ticket, request.user.may("tickets.work", ticket))


def _box_of(request: HttpRequest, ticket: Ticket, kind: str) -> Box:
    return box_for(kind, drafts_of(request.user, ticket), _newest(request, ticket))


def _box(request, ticket, form, kind, box) -> HttpResponse:
    context = {
        "ticket": ticket,
        "form": form,
        "kind": kind,
        "box": box,
        "frame": "base_desk.html" if request.user.may("tickets.work") else "base_portal.html",
    }
    return page(request, "tickets/box.html", context, fragment="tickets/_box.html", status=form.status)


def _said(request: HttpRequest, ticket: Ticket, comment: Comment) -> dict:
    """What somebody is told after writing, and where they can undo it."""
    if not comment.is_public:
        return {"message": _("The note was kept.")}
    if not settings.MAIL_UNDO_SECONDS or not request.user.may("tickets.note", ticket):
        return {"message": _("Your reply was sent.")}
    return {
        "message": _("Your reply leaves in %(seconds)d seconds.") % {"seconds": settings.MAIL_UNDO_SECONDS},
        "undo": reverse("tickets:take-back", args=[ticket.number, comment.pk]),
    }


def _again(request: HttpRequest, ticket: Ticket, box: Box) -> dict:
    mine = comments(request.user, ticket).filter(author=request.user, taken_back_at__isnull=False)
    taken_back = mine.filter(pk=_id_in(request, "again")).first()
    return words_of(taken_back, box) if taken_back else {}


def _quoted(request: HttpRequest, ticket: Ticket, box: Box) -> dict:
    """After what was begun, the lines of a message with the sign of a quotation before each."""
    said = comments(request.user, ticket).filter(pk=_id_in(request, "quote")).first()
    if said is None:
        return {}
    lines = [f"{said.author_name}:", *said.body.split("\n")]
    quotation = "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"
    return {"body": "\n\n".join(filter(None, [box.words.rstrip(), quotation]))}


def _id_in(request: HttpRequest, name: str) -> int:
    """The id that the address names, or 0, which nothing has."""
    wanted = request.GET.get(name, "")
    return int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 16 else 0


def words_of(comment: Comment, box: Box) -> dict:
    """What the box shows to send a reply again: its words, before what was begun meanwhile, and who had copies."""
    copies = {name: [kept[0] for kept in comment.event.data.get(name, [])] for name in ("cc", "bcc")}
    people = User.objects.in_bulk(set(copies["cc"] + copies["bcc"]))
    texts = {name: ", ".join(person_text(people[pk]) for pk in ids if pk in people) for name, ids in copies.items()}
    began = {"template": comment.event.data.get("template", [None])[0]}
    return {"body": "\n\n".join(filter(None, [comment.body, box.words])), **texts, **began}


@signed_in
def thank(request: HttpRequest, number: str) -> HttpResponse:
    """Thank the desk for what it solved, with a word or without."""
    ticket = get_ticket(request.user, number)
    return verb_page(
        request,
        ticket,
        ThankForm(request.POST) if request.method == "POST" else ThankForm(),
        lambda data: actions.thank(ticket, by=request.user, via="page", **data),
        title=_("Thank the desk"),
        submit=_("Say thank you"),
        message=_("Thank you for the kind word. Those who solved it hear of it."),
        permission="tickets.thank",
        draft=f"thank-{ticket.number}",
    )


@signed_in
@require_POST
def take_back(request: HttpRequest, number: str, comment: int) -> HttpResponse:
    """Undo a reply of one's own while its mails wait; its words go back into the box."""
    found = get_comment(request.user, number, comment)
    ticket = found.ticket
    require(request, "tickets.note", ticket)
    try:
        actions.take_back(found, by=request.user, via="page")
    except Refused as refusal:
        if wants_fragment(request):
            return toast(HttpResponse(status=409), refusal.sentence, "danger")
        messages.error(request, refusal.sentence)
        return redirect(ticket)
    message = _("Taken back. No mail was sent.")
    if found.attachments.exists():
        message = _("Taken back. No mail was sent. Attach the files again.")
    if wants_fragment(request):
        box = _box_of(request, ticket, "reply")
        form = reply_form(request.user, ticket, initial=words_of(found, box))
        context = {"ticket": ticket, "form": form, "kind": "reply", "box": box}
        detail = {"number": ticket.number}
        response = changed(
            request, ticket, fragment="tickets/_box.html", context=context, message=message, detail=detail
        )
        response["HX-Retarget"], response["HX-Reswap"] = "#composer", "outerHTML"
        return response
    box = reverse("tickets:reply", args=[ticket.number])
    return changed(request, f"{box}?again={found.pk}", message=message)


@signed_in
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What somebody is writing, as it will be read. Kept nowhere."""
    shown = markdown(request.POST.get("body", "")[:MOST_LETTERS])
    return HttpResponse(format_html('<div class="prose preview" id="preview">{}</div>', shown))


@signed_in
def attachment(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A file, always as a download, in a sandbox of its own in case a browser shows it anyway."""
    found = get_attachment(request.user, number, pk)
    return _file(request, found.file, name=found.name, content_type=safe_type(found.content_type), inline=False)


@signed_in
def thumbnail(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The small picture, which we drew ourselves and which may be shown in the page."""
    found = get_attachment(request.user, number, pk)
    if not found.thumbnail:
        raise NotFound
    return _file(request, found.thumbnail, name="thumbnail.png", content_type="image/png", inline=True)


# Types that a browser does not run when somebody opens the download from its list of downloads.
_SAFE = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/zip", "text/plain")


def safe_type(content_type: str) -> str:
    return content_type if content_type in _SAFE else "application/octet-stream"


def _file(request, file, *, name: str, content_type: str, inline: bool) -> HttpResponse:
    try:
        response = stored_file(file, as_attachment=not inline, filename=name, content_type=content_type)
    except NotNow as refusal:
        return not_now(request, refusal)
    response["Cache-Control"] = "private, max-age=3600" if inline else "private, no-store"
    return response
