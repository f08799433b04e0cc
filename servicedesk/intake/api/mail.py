"""Mailboxes for administrators, and the ledger of incoming mails for those who may read them."""

from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from cmdb.api import ServiceField, ServiceRef
from servicedesk.people.api.jobs import JobOut
from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import PersonField, PersonRef, TeamField, TeamRef
from servicedesk.people.jobs import last_job
from servicedesk.people.models import Language
from servicedesk.people.rules import check
from servicedesk.tickets.api.fields import Choices
from servicedesk.tickets.api.serializers import EmptyIn
from servicedesk.tickets.api.views import AnyAnswer
from servicedesk.tickets.queries import get_ticket
from servicedesk.web.api import Filters, Strict, View
from servicedesk.web.errors import NotFound

from ..actions import (
    admit_mail,
    assign_mail,
    change_mailbox,
    compare_mailbox,
    create_mailbox,
    decide_many,
    export_mails,
    join_mail,
    refuse_mail,
    retry_mail,
    take_missing,
)
from ..actions.comparing import comparison_key, taking_key
from ..actions.exporting import KINDS
from ..models import IncomingMail, Mailbox, Makes
from ..queries import FATES, get_mail, get_mailbox, mailboxes, mails_with, visible_mails
from ..viruses import check_before_handing_out


class MailboxOut(serializers.Serializer):
    """A mailbox. Its password, client secret and tokens go in and never come out."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    address = serializers.CharField()
    kind = serializers.ChoiceField(choices=Mailbox.Kind.choices)
    is_default = serializers.BooleanField()
    host = serializers.CharField()
    port = serializers.IntegerField()
    security = serializers.ChoiceField(choices=Mailbox.Security.choices)
    certificate = serializers.CharField()
    user = serializers.CharField()
    signs_in_by = serializers.ChoiceField(choices=Mailbox.SignsInBy.choices)
    has_password = serializers.SerializerMethodField()
    oauth_tenant = serializers.CharField()
    oauth_client = serializers.CharField()
    has_client_secret = serializers.SerializerMethodField()
    has_refresh_token = serializers.SerializerMethodField(help_text="Somebody signed in, or gave a token.")
    oauth_at = serializers.DateTimeField(allow_null=True, help_text="When somebody did.")
    folder = serializers.CharField()
    afterwards = serializers.ChoiceField(choices=Mailbox.Afterwards.choices)
    moves_to = serializers.CharField()
    max_mb = serializers.IntegerField(allow_null=True)
    makes = serializers.ChoiceField(choices=Makes.choices)
    service = ServiceRef(allow_null=True)
    team = TeamRef(allow_null=True)
    language = serializers.ChoiceField(choices=Language.choices)
    accepts = serializers.ChoiceField(choices=Mailbox.Accepts.choices)
    domains = serializers.CharField(help_text="Parted by blanks.")
    others = serializers.ChoiceField(choices=Mailbox.Others.choices)
    trusted_servers = serializers.CharField(
        help_text="Names (authserv-id) whose Authentication-Results count, parted by blanks."
    )
    needs_proof = serializers.BooleanField()
    is_active = serializers.BooleanField()
    last_ok_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()
    failures = serializers.IntegerField()
    is_listened_to = serializers.BooleanField(help_text="The server tells by itself of mail (IMAP IDLE).")
    compared_at = serializers.DateTimeField(allow_null=True, help_text="When ledger and server were last compared.")
    missing = serializers.ListField(
        child=serializers.DictField(), help_text="Mails on the server that are not in the ledger: `uid` and `at`."
    )

    def get_has_password(self, mailbox) -> bool:
        return bool(mailbox.password_box)

    def get_has_client_secret(self, mailbox) -> bool:
        return bool(mailbox.oauth_secret_box)

    def get_has_refresh_token(self, mailbox) -> bool:
        return bool(mailbox.oauth_refresh_box)


class MailboxIn(Strict):
    """Any of the fields; what is not named stays, so do password, client secret and refresh token when empty. Signing
    in by a browser is on the page of the mailbox alone.
    """

    name = Line()
    address = Line()
    kind = serializers.ChoiceField(choices=Mailbox.Kind.choices, required=False)
    is_default = serializers.BooleanField(required=False)
    host = Line()
    port = serializers.IntegerField(required=False, min_value=1, max_value=65535)
    security = serializers.ChoiceField(choices=Mailbox.Security.choices, required=False)
    certificate = serializers.CharField(required=False, allow_blank=True, max_length=100_000, trim_whitespace=False)
    user = Line()
    signs_in_by = serializers.ChoiceField(choices=Mailbox.SignsInBy.choices, required=False)
    password = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, trim_whitespace=False, write_only=True
    )
    oauth_tenant = Line(max_length=120)
    oauth_client = Line()
    client_secret = serializers.CharField(required=False, allow_blank=True, max_length=500, write_only=True)
    refresh_token = serializers.CharField(required=False, allow_blank=True, max_length=20000, write_only=True)
    folder = Line()
    afterwards = serializers.ChoiceField(choices=Mailbox.Afterwards.choices, required=False)
    moves_to = Line()
    max_mb = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=1000)
    makes = serializers.ChoiceField(choices=Makes.choices, required=False)
    service = ServiceField(required=False, allow_null=True)
    team = TeamField(required=False, allow_null=True)
    language = serializers.ChoiceField(choices=Language.choices, required=False)
    accepts = serializers.ChoiceField(choices=Mailbox.Accepts.choices, required=False)
    domains = Line(max_length=500)
    others = serializers.ChoiceField(choices=Mailbox.Others.choices, required=False)
    trusted_servers = Line()
    needs_proof = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class MailboxViewSet(View):
    """Addresses at which the desk is reached. For administrators."""

    scope = "settings"
    queryset = Mailbox.objects.none()
    lookup_value_converter = "int"
    ordering = ("name", "id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "settings.change")

    @extend_schema(responses=MailboxOut(many=True))
    def list(self, request):
        self.asked(Filters)
        return self.pages(MailboxOut, mailboxes())

    @extend_schema(responses=MailboxOut)
    def retrieve(self, request, pk):
        return self.answer(MailboxOut, get_mailbox(pk))

    @extend_schema(request=MailboxIn, responses={201: MailboxOut})
    def create(self, request):
        mailbox = create_mailbox(**self.given(MailboxIn), by=request.user, via="api")
        return self.answer(MailboxOut, mailbox, status=201)

    @extend_schema(request=MailboxIn, responses=MailboxOut)
    def partial_update(self, request, pk):
        mailbox = get_mailbox(pk)
        return self.answer(MailboxOut, change_mailbox(mailbox, **self.given(MailboxIn), by=request.user, via="api"))

    def begun(self, begin, key) -> Response:
        """Start work in the background on the mailbox of the address, and tell how it stands."""
        mailbox, _given = get_mailbox(self.kwargs["pk"]), self.given(EmptyIn)
        begin(mailbox, by=self.request.user, via="api")
        return self.answer(JobOut, last_job(key(mailbox)), status=202)

    @extend_schema(request=EmptyIn, responses={202: JobOut})
    @action(detail=True, methods=["post"])
    def compare(self, request, pk):
        """Have the ledger compared with the mailbox's server; `missing` says afterwards what is not in the ledger."""
        return self.begun(compare_mailbox, comparison_key)

    @extend_schema(request=EmptyIn, responses={202: JobOut})
    @action(detail=True, methods=["post"], url_path="take-missing")
    def take_missing(self, request, pk):
        """Have exactly the mails that are missing taken into the ledger."""
        return self.begun(take_missing, taking_key)


class IncomingMailOut(serializers.Serializer):
    """A mail as it came in and what became of it. `ticket` is the number of the ticket that it is in."""

    id = serializers.IntegerField()
    mailbox = serializers.CharField(source="mailbox.address")
    received_at = serializers.DateTimeField()
    from_address = serializers.CharField()
    from_name = serializers.CharField()
    subject = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    state = serializers.ChoiceField(choices=IncomingMail.State.choices)
    reason = serializers.ChoiceField(choices=IncomingMail.Reason.choices)
    reason_label = serializers.CharField(source="get_reason_display")
    is_proved = serializers.BooleanField(help_text="The sender is who they say.")
    proof = serializers.ChoiceField(choices=["", *IncomingMail.Proof.values], help_text="What proved the sender.")
    attempts = serializers.IntegerField()
    done_at = serializers.DateTimeField(allow_null=True)
    ticket = serializers.CharField(source="ticket.number", allow_null=True, default=None)
    assignee = PersonRef(allow_null=True, help_text="Who of the desk looks at it while it waits for a decision.")
    refusal = serializers.CharField(help_text="Why somebody set it aside, as they said.")


class IncomingMailFilters(Filters):
    state = Choices(IncomingMail.State.choices)
    fate = serializers.ChoiceField(
        choices=list(FATES), required=False, help_text="What became of it, as the page of the ledger has it."
    )
    mailbox = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="Its id.")
    assignee = PersonField(required=False)
    unassigned = serializers.BooleanField(required=False, help_text="Only those that nobody has.")
    words = serializers.CharField(
        required=False, max_length=320, help_text="Sender's address or Message-ID; else words in subject or sender."
    )


def _narrowed(mails, asked: dict):
    if asked.get("state"):
        mails = mails.filter(state__in=asked["state"])
    if asked.get("fate"):
        mails = mails.filter(FATES[asked["fate"]].rows)
    if asked.get("mailbox"):
        mails = mails.filter(mailbox=asked["mailbox"])
    if asked.get("assignee"):
        mails = mails.filter(assignee=asked["assignee"])
    if asked.get("unassigned"):
        mails = mails.filter(assignee=None)
    return mails_with(mails, asked["words"]) if asked.get("words") else mails


class ExportMailsIn(Strict):
    kind = serializers.ChoiceField(choices=list(KINDS), default="csv")


class RefuseMailIn(Strict):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class AssignMailIn(Strict):
    assignee = PersonField(allow_null=True, help_text="null for nobody.")


class JoinMailIn(Strict):
    ticket = serializers.CharField(max_length=40, help_text="Number of an open ticket on which the caller works.")


class SeveralMailsIn(Strict):
    """What is done with several mails. `assignee` goes with `assign`, `reason` with `refuse`."""

    mails = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=200)
    action = serializers.ChoiceField(choices=["retry", "refuse", "assign"])
    assignee = PersonField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class SeveralMailsOut(serializers.Serializer):
    id = serializers.IntegerField(source="pk")
    done = serializers.SerializerMethodField()
    trouble = serializers.CharField(help_text="Why it was not done, in a sentence; empty when it was.")

    def get_done(self, result) -> bool:
        return not result.trouble


class IncomingMailViewSet(View):
    """The ledger of incoming mails, for those who may read them. Nothing in it is ever deleted."""

    queryset = IncomingMail.objects.none()
    lookup_value_converter = "int"
    ordering = ("-received_at", "-id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "mails.read")

    @extend_schema(parameters=[IncomingMailFilters], responses=IncomingMailOut(many=True))
    def list(self, request):
        mails = _narrowed(visible_mails(request.user), self.asked(IncomingMailFilters))
        return self.pages(IncomingMailOut, mails)

    @extend_schema(
        parameters=[IncomingMailFilters],
        request=ExportMailsIn,
        responses={(200, each.partition(";")[0]): OpenApiTypes.BINARY for each in KINDS.values()},
    )
    @action(detail=False, methods=["post"], pagination_class=None, content_negotiation_class=AnyAnswer)
    def export(self, request):
        """What the list's filters find as a file for spreadsheets, at most 50,000 rows; it is audited, and refused
        (409, code `too_many`) more than 30 times an hour.
        """
        asked = self.asked(IncomingMailFilters)
        export = export_mails(
            lambda mails: _narrowed(mails, asked), **self.given(ExportMailsIn), by=request.user, via="api",
            filters={name: str(value) for name, value in asked.items() if value},
        )  # fmt: skip
        return FileResponse(export.file, as_attachment=True, filename=export.name, content_type=export.content_type)

    @extend_schema(responses=IncomingMailOut)
    def retrieve(self, request, pk):
        return self.answer(IncomingMailOut, get_mail(request.user, pk))

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, content_negotiation_class=AnyAnswer)
    def raw(self, request, pk):
        """Every byte of the mail, as a download, unless the virus scanner finds something in it (409, code `virus`)."""
        mail = get_mail(request.user, pk)
        check_before_handing_out(bytes(mail.raw))
        return HttpResponse(
            bytes(mail.raw),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="mail-{mail.pk}.eml"',
                "Content-Security-Policy": "sandbox; default-src 'none'",
            },
        )

    def decided(self, decide) -> Response:
        mail, _given = get_mail(self.request.user, self.kwargs["pk"]), self.given(EmptyIn)
        return self.answer(IncomingMailOut, decide(mail, by=self.request.user, via="api"))

    @extend_schema(request=EmptyIn, responses=IncomingMailOut)
    @action(detail=True, methods=["post"])
    def retry(self, request, pk):
        """Read it once more, by the same rules."""
        return self.decided(retry_mail)

    @extend_schema(request=EmptyIn, responses=IncomingMailOut)
    @action(detail=True, methods=["post"])
    def admit(self, request, pk):
        """Make a ticket of it whoever sent it; that happens within seconds."""
        return self.decided(admit_mail)

    @extend_schema(request=RefuseMailIn, responses=IncomingMailOut)
    @action(detail=True, methods=["post"])
    def refuse(self, request, pk):
        """Set it aside. It stays in the ledger, with the reason if one is given, and nobody is told."""
        mail, given = get_mail(request.user, pk), self.given(RefuseMailIn)
        return self.answer(IncomingMailOut, refuse_mail(mail, **given, by=request.user, via="api"))

    @extend_schema(request=AssignMailIn, responses=IncomingMailOut)
    @action(detail=True, methods=["post"])
    def assign(self, request, pk):
        """Say who of the desk looks at it, while it waits for a decision."""
        mail, given = get_mail(request.user, pk), self.given(AssignMailIn)
        return self.answer(IncomingMailOut, assign_mail(mail, given["assignee"], by=request.user, via="api"))

    @extend_schema(request=JoinMailIn, responses=IncomingMailOut)
    @action(detail=True, methods=["post"])
    def join(self, request, pk):
        """Put it into a ticket to which it belongs; that happens within seconds."""
        mail, given = get_mail(request.user, pk), self.given(JoinMailIn)
        try:
            ticket = get_ticket(request.user, given["ticket"])
        except NotFound:
            raise serializers.ValidationError({"ticket": [_("There is no such ticket.")]}) from None
        return self.answer(IncomingMailOut, join_mail(mail, ticket, by=request.user, via="api"))

    @extend_schema(request=SeveralMailsIn, responses=SeveralMailsOut(many=True))
    @action(detail=False, methods=["post"], pagination_class=None)
    def several(self, request):
        """Do one thing to several mails, each by itself; the answer says of each what came of it."""
        check(request.user, "mails.decide")
        given = self.given(SeveralMailsIn)
        if given["action"] == "assign" and "assignee" not in given:
            raise serializers.ValidationError({"assignee": [_("Say who, or null for nobody.")]})
        act, more = {
            "retry": (retry_mail, {}),
            "refuse": (refuse_mail, {"reason": given["reason"]}),
            "assign": (assign_mail, {"to": given.get("assignee")}),
        }[given["action"]]
        results = decide_many(given["mails"], act, by=request.user, via="api", **more)
        return Response(SeveralMailsOut(results, many=True).data)
