"""Tickets of all kinds: lists, what hangs on one, and the verbs that all processes share."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import negotiation, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from servicedesk.people.rules import check
from servicedesk.web.api import Filters, View
from servicedesk.web.downloads import stored_file
from servicedesk.web.errors import NotFound

from .. import actions
from ..closing import begin_anew
from ..errors import TicketError, TooLate
from ..models import Ticket
from ..queries import (
    attachments,
    comments,
    events,
    for_list,
    get_attachment,
    get_comment,
    get_ticket,
    items_affected,
    links,
    numbers_here,
    visible_numbers,
    visible_tickets,
)
from ..search import search
from ..tiers import MANAGER
from .ending import Ending
from .filters import ORDERS, TicketFilters, narrow
from .merging import Merging
from .serializers import (
    AssignIn,
    AttachIn,
    CommentIn,
    CommentOut,
    DeEscalateIn,
    EmptyIn,
    EscalateIn,
    EventOut,
    FileOut,
    ItemsIn,
    ItemsOut,
    LinkIn,
    LinkOut,
    ShareIn,
    ShareOut,
    TagsIn,
    TagsOut,
    ThankIn,
    TicketOut,
    TicketRow,
    works,
)
from .work_time import WorkTimes

BEGUN_ANEW = OpenApiResponse(
    TicketOut, description="The ticket was closed too long ago to be taken up again: a new one, tied to it."
)
NO_LONGER_YOURS = OpenApiResponse(description="Done, and from now on the ticket is not yours to see.")


class AnyAnswer(negotiation.DefaultContentNegotiation):
    """A file is what it is, whatever the caller would like best."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class TicketView(View):
    """What the views of tickets and of the processes have in common."""

    lookup_field = "number"
    lookup_value_converter = "slug"
    queryset = Ticket.objects.none()  # what lists show comes from `queries` alone; this is for the schema
    row: type[TicketRow] = TicketRow
    out: type[TicketOut] = TicketOut

    def tickets(self):
        """The visible tickets of this resource."""
        return visible_tickets(self.request.user)

    def ticket(self, number: str, permission: str = "") -> Ticket:
        """The visible ticket. With a permission the caller needs it: asked before the body is read, as pages do."""
        ticket = get_ticket(self.request.user, number)
        if permission:
            check(self.request.user, permission, ticket)
        return ticket

    def list_of(self, tickets, asked: dict) -> Response:
        self.ordering = ORDERS[asked["order"]]
        rows = for_list(narrow(tickets, self.request.user, asked))
        return self.pages(self.row, rows.select_related("category").prefetch_related("tags", "items"))

    def now(self, number: str, *, status: int = 200) -> Response:
        """The ticket after a write, or 204 when the write took it out of the caller's sight."""
        user = self.request.user
        user.__dict__.pop("_ticket_scope", None)
        try:
            ticket = self.ticket(number)
        except NotFound:
            return Response(status=204)
        return self.answer(self.out, ticket, status=status)

    def anew(self, late: TooLate) -> Response:
        """What came too late for an old ticket is a new one."""
        return self.now(begin_anew(late, by=self.request.user, via="api").number, status=202)

    def by_api(self) -> dict:
        return {"by": self.request.user, "via": "api"}


class TicketViewSet(Ending, Merging, WorkTimes, TicketView):
    """Tickets of all kinds. What one process alone does is under `/incidents/` and `/requests/`."""

    serializer_class = TicketOut

    @extend_schema(parameters=[TicketFilters], responses=TicketRow(many=True), operation_id="tickets_list")
    def list(self, request):
        """All tickets that the caller may see."""
        return self.list_of(self.tickets(), self.asked(TicketFilters))

    @extend_schema(responses=TicketOut)
    def retrieve(self, request, number):
        return self.answer(TicketOut, self.ticket(number))

    @extend_schema(responses=EventOut(many=True))
    @action(detail=True, ordering=("id",))
    def events(self, request, number):
        """Everything that happened, here and in tickets merged into this one, oldest first; for those who do not work
        on the ticket what is public.
        """
        self.asked(Filters)
        ticket = self.ticket(number)
        page = self.paginate_queryset(events(request.user, ticket))
        context = self.get_serializer_context() | {
            "works": works(request.user, ticket),
            "numbers": numbers_here(ticket),
            "visible_numbers": visible_numbers(request.user, (e.data["other"] for e in page if "other" in e.data)),
        }
        return self.get_paginated_response(EventOut(page, many=True, context=context).data)

    # --- talking ---

    @extend_schema(responses=CommentOut(many=True), filters=False)
    @action(detail=True, ordering=("event",))
    def comments(self, request, number):
        """Replies and, for those who work on the ticket, internal notes, oldest first."""
        self.asked(Filters)
        self._ticket = self.ticket(number)
        return self.pages(CommentOut, comments(request.user, self._ticket))

    @extend_schema(
        request={"application/json": CommentIn, "multipart/form-data": CommentIn},
        responses={201: CommentOut, 202: BEGUN_ANEW},
    )
    @comments.mapping.post
    def comment(self, request, number):
        """Write a reply, or with `internal` a note. A reply of the requester's side may resume or reopen the ticket."""
        self._ticket, given = self.ticket(number), self.given(CommentIn)
        fields = {"body": given["body"], "files": given["files"], **self.by_api()}
        if given["internal"]:
            comment = actions.note(self._ticket, **fields)
        else:
            copies = {
                "cc": given["cc"],
                "bcc": given["bcc"],
                "seen": given.get("seen"),
                "template": given.get("template"),
            }
            try:
                comment = actions.reply(self._ticket, **copies, **fields)
            except TooLate as late:
                return self.anew(late)
        return self.answer(CommentOut, comment, status=201)

    @extend_schema(
        request=EmptyIn, responses=CommentOut, parameters=[OpenApiParameter("comment", int, OpenApiParameter.PATH)]
    )
    @action(detail=True, methods=["post"], url_path="comments/<int:comment>/take-back", url_name="take-back")
    def take_back(self, request, number, comment):
        """Undo a reply of one's own within seconds, before its mails leave. It becomes an internal note."""
        found, _given = get_comment(request.user, number, comment), self.given(EmptyIn)
        self._ticket = found.ticket
        return self.answer(CommentOut, actions.take_back(found, by=request.user, via="api"))

    @extend_schema(responses=FileOut(many=True))
    @action(detail=True, ordering=("id",))
    def attachments(self, request, number):
        self.asked(Filters)
        self._ticket = self.ticket(number)
        return self.pages(FileOut, attachments(request.user, self._ticket))

    @extend_schema(request={"multipart/form-data": AttachIn}, responses={201: CommentOut, 202: BEGUN_ANEW})
    @attachments.mapping.post
    def attach(self, request, number):
        """Hand in files as a reply without words, or with `internal` as a note."""
        self._ticket, given = self.ticket(number), self.given(AttachIn)
        if not given["files"]:
            raise TicketError(_("Attach a file."), field="files")
        say = actions.note if given["internal"] else actions.reply
        try:
            comment = say(self._ticket, body="", files=given["files"], **self.by_api())
        except TooLate as late:
            return self.anew(late)
        return self.answer(CommentOut, comment, status=201)

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("file", int, OpenApiParameter.PATH)],
    )
    @action(detail=True, url_path="attachments/<int:file>", url_name="download", content_negotiation_class=AnyAnswer)
    def download(self, request, number, file):
        """The file itself, always as a download."""
        attachment = get_attachment(request.user, number, file)
        return stored_file(
            attachment.file, as_attachment=True, filename=attachment.name, content_type=attachment.content_type
        )

    # --- working ---

    @extend_schema(request=AssignIn, responses={200: TicketOut, 204: NO_LONGER_YOURS})
    @action(detail=True, methods=["post"])
    def assign(self, request, number):
        ticket, given = self.ticket(number, "tickets.assign"), self.given(AssignIn)
        actions.assign(ticket, assignee=given.get("assignee"), team=given.get("team"), **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=EscalateIn, responses={200: TicketOut, 204: NO_LONGER_YOURS})
    @action(detail=True, methods=["post"])
    def escalate(self, request, number):
        """To the next tier of its team, or to whoever is responsible for it; the reason becomes an internal note."""
        ticket, given = self.ticket(number, "tickets.escalate"), self.given(EscalateIn)
        does = actions.escalate_to_manager if given["to"] == MANAGER else actions.escalate
        does(ticket, reason=given["reason"], **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=DeEscalateIn, responses={200: TicketOut, 204: NO_LONGER_YOURS})
    @action(detail=True, methods=["post"], url_path="de-escalate")
    def de_escalate(self, request, number):
        """Back to the team that escalated it last, or to another of a lower tier, and there to whoever had it, if they
        are there today; the reason becomes an internal note.
        """
        ticket, given = self.ticket(number, "tickets.de_escalate"), self.given(DeEscalateIn)
        actions.de_escalate(ticket, team=given.get("team"), reason=given["reason"], **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=ThankIn, responses=TicketOut)
    @action(detail=True, methods=["post"])
    def thank(self, request, number):
        """Thank the desk for what it solved, once; the ticket stays as it is. For its requester and a colleague who
        asked for them.
        """
        ticket, given = self.ticket(number, "tickets.thank"), self.given(ThankIn)
        actions.thank(ticket, word=given["word"], **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=EmptyIn, responses=TicketOut)
    @action(detail=True, methods=["post"])
    def watch(self, request, number):
        ticket, _given = self.ticket(number, "tickets.watch"), self.given(EmptyIn)
        actions.watch(ticket, **self.by_api())
        return self.now(ticket.number)

    @extend_schema(request=EmptyIn, responses=TicketOut)
    @action(detail=True, methods=["post"])
    def unwatch(self, request, number):
        ticket, _given = self.ticket(number), self.given(EmptyIn)
        actions.unwatch(ticket, **self.by_api())
        return self.now(ticket.number)

    @extend_schema(responses=TagsOut)
    @action(detail=True, pagination_class=None)
    def tags(self, request, number):
        """The desk's own words for the ticket."""
        ticket = self.ticket(number, "tickets.work")
        return self.answer(TagsOut, {"tags": ticket.tags.values_list("name", flat=True)})

    @extend_schema(request=TagsIn, responses=TagsOut)
    @tags.mapping.put
    def set_tags(self, request, number):
        """Make these the tags of the ticket."""
        ticket, given = self.ticket(number, "tickets.change"), self.given(TagsIn)
        actions.set_tags(ticket, tags=given["tags"], **self.by_api())
        return self.answer(TagsOut, {"tags": ticket.tags.values_list("name", flat=True)})

    @extend_schema(responses=ItemsOut)
    @action(detail=True, pagination_class=None)
    def items(self, request, number):
        """The configuration items that the ticket is about."""
        ticket = self.ticket(number, "tickets.work")
        return self.answer(ItemsOut, {"items": items_affected(request.user, ticket)})

    @extend_schema(request=ItemsIn, responses=ItemsOut)
    @items.mapping.put
    def set_items(self, request, number):
        """Make these the items of the ticket, each by its asset number."""
        ticket, given = self.ticket(number, "tickets.change"), self.given(ItemsIn)
        actions.set_items(ticket, items=given["items"], **self.by_api())
        return self.answer(ItemsOut, {"items": items_affected(request.user, ticket)})

    # --- ties ---

    @extend_schema(responses=LinkOut(many=True))
    @action(detail=True, pagination_class=None)
    def links(self, request, number):
        """Ties to other tickets that the caller may see."""
        found = links(request.user, self.ticket(number))
        return self.answer(LinkOut, [_link(label, other, tie) for label, other, tie in found], many=True)

    @extend_schema(request=LinkIn, responses={201: LinkOut})
    @links.mapping.post
    def link(self, request, number):
        ticket, given = self.ticket(number, "tickets.change"), self.given(LinkIn)
        other = self._other(given)
        tie = actions.link(ticket, other, given["kind"], **self.by_api())
        return self.answer(LinkOut, _link(tie.get_kind_display(), other, tie), status=201)

    @extend_schema(responses={204: None}, parameters=[OpenApiParameter("link", int, OpenApiParameter.PATH)])
    @action(detail=True, url_path="links/<int:link>", methods=["delete"])
    def unlink(self, request, number, link):
        ticket = self.ticket(number, "tickets.change")
        tie = next((tie for _label, _other, tie in links(request.user, ticket) if tie.pk == link), None)
        if tie is None:
            raise NotFound
        actions.unlink(ticket, tie, **self.by_api())
        return Response(status=204)

    @extend_schema(responses=ShareOut(many=True))
    @action(detail=True, pagination_class=None)
    def shares(self, request, number):
        """Who sees the ticket besides those who see it anyhow. For those who may share it."""
        ticket = self.ticket(number, "tickets.share")
        rows = ticket.shares.select_related("user", "team", "by").order_by("id")
        return self.answer(ShareOut, rows, many=True)

    @extend_schema(request=ShareIn, responses={201: ShareOut(many=True)})
    @shares.mapping.post
    def share(self, request, number):
        """Let a person or a team see the ticket."""
        ticket, given = self.ticket(number, "tickets.share"), self.given(ShareIn)
        actions.share(ticket, user=given.get("person"), team=given.get("team"), **self.by_api())
        rows = ticket.shares.select_related("user", "team", "by").order_by("id")
        return self.answer(ShareOut, rows, many=True, status=201)

    @extend_schema(responses={204: None}, parameters=[OpenApiParameter("share", int, OpenApiParameter.PATH)])
    @action(detail=True, url_path="shares/<int:share>", methods=["delete"])
    def unshare(self, request, number, share):
        ticket = self.ticket(number, "tickets.share")
        row = get_object_or_404(ticket.shares.select_related("user", "team"), pk=share)
        actions.unshare(ticket, user=row.user, team=row.team, **self.by_api())
        return Response(status=204)

    def get_serializer_context(self):
        ticket = getattr(self, "_ticket", None)
        return super().get_serializer_context() | {"ticket": ticket, "numbers": numbers_here(ticket) if ticket else {}}


def _link(label, other, tie) -> dict:
    return {
        "id": tie.pk,
        "kind": tie.kind,
        "label": str(label),
        "number": other.number,
        "title": other.title,
        "status": other.status,
    }


class SearchFilters(Filters):
    q = serializers.CharField(
        max_length=200,
        help_text="Words, a ticket's number, and filters such as `status:open`, as on the page of the search.",
    )


class SearchViewSet(View):
    """Search over title, description, replies and, for those who work on a ticket, its internal notes."""

    ordering = ("-created_at", "-id")
    queryset = Ticket.objects.none()

    @extend_schema(parameters=[SearchFilters], responses=TicketRow(many=True), operation_id="search")
    def list(self, request):
        found = search(request.user, self.asked(SearchFilters)["q"])
        if found.problems:
            raise serializers.ValidationError({"q": [problem.sentence for problem in found.problems]})
        return self.pages(
            TicketRow, for_list(found.tickets).select_related("category").prefetch_related("tags", "items")
        )
