"""All addresses of the API, their description and its page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path, register_converter
from django.urls.converters import StringConverter
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from cmdb.api import ItemViewSet, ServiceViewSet
from incidents.api import CauseCodeViewSet, IncidentViewSet
from incidents.major.api_of_all import ActionViewSet, MajorSettingsViewSet, OutageViewSet, ProposalViewSet
from requests.api import ServiceRequestViewSet
from servicedesk.desk.api import ChainCheckViewSet, ExportViewSet, SavedViewSet
from servicedesk.desk.bulk_api import BulkViewSet
from servicedesk.desk.lead_api import StandingViewSet
from servicedesk.desk.macro_api import MacroViewSet
from servicedesk.desk.template_api import TemplateViewSet
from servicedesk.directory.api import ContractViewSet, DirectoryViewSet, ReferralViewSet
from servicedesk.escalation.api import RuleTrialViewSet, RuleViewSet
from servicedesk.escalation.saving_api import LedgerViewSet, SavingRateViewSet
from servicedesk.importers.api import TicketImportViewSet
from servicedesk.intake.api.calls import CallBackViewSet, CallViewSet
from servicedesk.intake.api.mail import IncomingMailViewSet, MailboxViewSet
from servicedesk.intake.api.tickets import TicketViewSet
from servicedesk.levels.calendar_api import CalendarViewSet
from servicedesk.levels.holdings_api import HoldingsViewSet
from servicedesk.levels.rank_api import AgreementViewSet, RankViewSet, ServiceLevelViewSet
from servicedesk.levels.receipt_api import ClockViewSet
from servicedesk.notify.api import DeadAddressViewSet, MailTextViewSet, OutgoingMailViewSet
from servicedesk.notify.notice_api import DeviceViewSet, NoticeSettingsViewSet, NotificationViewSet
from servicedesk.people.api.audit import AuditViewSet
from servicedesk.people.api.imports import ImportViewSet
from servicedesk.people.api.organisation import CompanyViewSet, DepartmentViewSet, TeamViewSet
from servicedesk.people.api.persons import MeViewSet, PersonViewSet
from servicedesk.people.api.tokens import TokenViewSet
from servicedesk.people.api_auth import ScopeAllows
from servicedesk.priorities.api import MatrixViewSet
from servicedesk.priorities.closing_api import ClosingRulesViewSet
from servicedesk.reports.api import KpiViewSet
from servicedesk.reports.change_api import RemarkViewSet, ReportSettingsViewSet, TargetViewSet
from servicedesk.reports.dependence.api import AwayViewSet, DependenceProposalViewSet, DependenceViewSet
from servicedesk.reports.issued.api import IssuedFileViewSet, IssuedReportViewSet, ReportSubscriberViewSet
from servicedesk.surveys.api.ratings import RatingSettingsViewSet, RatingViewSet, TicketRatingViewSet
from servicedesk.surveys.api.surveys import MySurveyViewSet, SurveyViewSet
from servicedesk.tickets.api.ending import ApprovalViewSet
from servicedesk.tickets.api.settings import CategoryViewSet
from servicedesk.tickets.api.views import SearchViewSet
from servicedesk.tickets.api.work_time import RoundingViewSet, TimerViewSet, WorkMonthViewSet
from servicedesk.web.access import signed_in
from servicedesk.web.api import NothingHere


class Code(StringConverter):
    """What people gave as a code: letters of any script, no slash, nothing that cannot be printed."""

    regex = "[^/]{1,32}"

    def to_python(self, value: str) -> str:
        if not value.isprintable():
            raise ValueError("not a code")
        return value


register_converter(Code, "path_code")


class Schema(SpectacularAPIView):
    """The description of the API by OpenAPI 3: YAML, or JSON when asked for with `Accept` or `?format=json`."""

    permission_classes = [ScopeAllows]

    @extend_schema(exclude=True)
    def get(self, request, *args, **kwargs):
        return self._get_schema_response(request)


@signed_in
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI over the schema. Its script is a file of ours, because the CSP lets no inline one run."""
    return render(request, "web/api_docs.html")


router = SimpleRouter(use_regex_path=False)
router.register("tickets", TicketViewSet, "ticket")
router.register("incidents", IncidentViewSet, "incident")
router.register("outages", OutageViewSet, "outage")
router.register("major-proposals", ProposalViewSet, "major-proposal")
router.register("post-mortem-actions", ActionViewSet, "post-mortem-action")
router.register("requests", ServiceRequestViewSet, "request")
router.register("people", PersonViewSet, "person")
router.register("me/tokens", TokenViewSet, "token")
router.register("companies", CompanyViewSet, "company")
router.register("departments", DepartmentViewSet, "department")
router.register("teams", TeamViewSet, "team")
router.register("services", ServiceViewSet, "service")
router.register("items", ItemViewSet, "item")
router.register("calendars", CalendarViewSet, "calendar")
router.register("ranks", RankViewSet, "rank")
router.register("service-levels", ServiceLevelViewSet, "service-level")
router.register("agreements", AgreementViewSet, "agreement")
router.register("categories", CategoryViewSet, "category")
router.register("mailboxes", MailboxViewSet, "mailbox")
router.register("incoming-mails", IncomingMailViewSet, "incoming-mail")
router.register("calls", CallViewSet, "call")
router.register("call-backs", CallBackViewSet, "call-back")
router.register("outgoing-mails", OutgoingMailViewSet, "outgoing-mail")
router.register("mail-texts", MailTextViewSet, "mail-text")
router.register("notifications", NotificationViewSet, "notification")
router.register("notification-devices", DeviceViewSet, "notification-device")
router.register("audit", AuditViewSet, "audit")
router.register("imports", ImportViewSet, "import")
router.register("ticket-imports", TicketImportViewSet, "ticket-import")
router.register("dead-addresses", DeadAddressViewSet, "dead-address")
router.register("cause-codes", CauseCodeViewSet, "cause-code")
router.register("exports", ExportViewSet, "export")
router.register("bulk", BulkViewSet, "bulk")
router.register("approvals", ApprovalViewSet, "approval")
router.register("standing", StandingViewSet, "standing")
router.register("macros", MacroViewSet, "macro")
router.register("templates", TemplateViewSet, "template")
router.register("directory", DirectoryViewSet, "directory")
router.register("contracts", ContractViewSet, "contract")
router.register("referrals", ReferralViewSet, "referral")
router.register("savings", LedgerViewSet, "saving")
router.register("saving-rates", SavingRateViewSet, "saving-rate")
router.register("work-months", WorkMonthViewSet, "work-month")
router.register("views", SavedViewSet, "view")
router.register("rules", RuleViewSet, "rule")
router.register("ratings", RatingViewSet, "rating")
router.register("surveys", SurveyViewSet, "survey")
router.register("me/surveys", MySurveyViewSet, "my-survey")
router.register("dependence-proposals", DependenceProposalViewSet, "dependence-proposal")
router.register("reports/issued", IssuedReportViewSet, "issued-report")
router.register("reports/subscribers", ReportSubscriberViewSet, "report-subscriber")
router.register("search", SearchViewSet, "search")

app_name = "api"
urlpatterns = [
    path("", include(router.urls)),
    path("tickets/<str:number>/clocks/", ClockViewSet.as_view({"get": "list"}), name="ticket-clocks"),
    path("tickets/<str:number>/holdings/", HoldingsViewSet.as_view({"get": "retrieve"}), name="ticket-holdings"),
    path(
        "tickets/<str:number>/rating/",
        TicketRatingViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="ticket-rating",
    ),
    path(
        "rating-settings/",
        RatingSettingsViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="rating-settings",
    ),
    path("me/", MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="me"),
    path("me/timer/", TimerViewSet.as_view({"get": "retrieve", "delete": "discard"}), name="timer"),
    path("me/timer/stop/", TimerViewSet.as_view({"post": "stop"}), name="timer-stop"),
    path(
        "notification-preferences/",
        NoticeSettingsViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="notification-preferences",
    ),
    path("priority-matrix/", MatrixViewSet.as_view({"get": "list", "put": "update"}), name="priority-matrix"),
    path("closing-rules/", ClosingRulesViewSet.as_view({"get": "list", "put": "update"}), name="closing-rules"),
    path("major-settings/", MajorSettingsViewSet.as_view({"get": "retrieve", "put": "update"}), name="major-settings"),
    path("work-rounding/", RoundingViewSet.as_view({"get": "retrieve", "put": "update"}), name="work-rounding"),
    path("reports/kpi/<str:month>/", KpiViewSet.as_view({"get": "retrieve"}), name="kpi"),
    path("reports/dependence/", DependenceViewSet.as_view({"get": "retrieve"}), name="dependence"),
    path("reports/dependence/away/", AwayViewSet.as_view({"get": "retrieve"}), name="dependence-away"),
    path("reports/targets/<int:year>/", TargetViewSet.as_view({"get": "retrieve", "put": "update"}), name="targets"),
    path("reports/remarks/<str:month>/", RemarkViewSet.as_view({"get": "retrieve"}), name="remarks"),
    path("reports/remarks/<str:month>/<str:key>/", RemarkViewSet.as_view({"put": "update"}), name="remarks-on"),
    path("reports/settings/", ReportSettingsViewSet.as_view({"get": "list", "put": "update"}), name="report-settings"),
    path(
        "reports/issued/<str:month>/<str:language>/<str:kind>/",
        IssuedFileViewSet.as_view({"get": "retrieve"}),
        name="issued-report-file",
    ),
    path("rule-trial/", RuleTrialViewSet.as_view({"get": "retrieve", "post": "create"}), name="rule-trial"),
    path("audit-check/", ChainCheckViewSet.as_view({"get": "retrieve", "post": "create"}), name="audit-check"),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    # Last: what is not there answers as what is not yours.
    re_path(r"^.*$", NothingHere.as_view(), name="nothing"),
]
