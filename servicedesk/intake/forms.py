"""Forms of mailboxes, of the filter of mails, and of a conversion."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cmdb.models import Service
from servicedesk.people.fields import PersonField
from servicedesk.people.forms import AskerForm
from servicedesk.people.models import Language, Team, User
from servicedesk.people.queries import active_teams
from servicedesk.tickets.forms import TicketField
from servicedesk.tickets.workflow import TicketType
from servicedesk.web.forms import ActionForm, TextField, WholeNumberField, dress

from .actions.signing_in import back_address
from .models import Mailbox, Makes
from .queries import FATES, MOST_COUNTED, counts_by_fate, mails_with

# A page of the list, and as many more as somebody may have marked on it.
MOST_AT_ONCE = 200


class MailboxForm(AskerForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Who our mails are from, for those who get them."),
    )
    address = forms.EmailField(label=gettext_lazy("Address"), max_length=254)
    kind = forms.ChoiceField(
        label=gettext_lazy("How mail gets here"), choices=Mailbox.Kind, widget=forms.RadioSelect, initial="listener"
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Also takes what is sent to any other address of its domain (only what is handed over)"),
        required=False,
    )
    host = forms.CharField(label=gettext_lazy("Server"), max_length=200, required=False)
    port = WholeNumberField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=993, required=False)
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=Mailbox.Security,
        initial="tls",
        help_text=gettext_lazy(
            "What you choose is never given up. Without encryption the password and every mail can be read on the way."
        ),
    )
    user = forms.CharField(label=gettext_lazy("User name"), max_length=200, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept encrypted. Leave it empty to keep the present one."),
    )
    signs_in_by = forms.ChoiceField(
        label=gettext_lazy("Signs in by"),
        choices=Mailbox.SignsInBy,
        widget=forms.RadioSelect,
        initial="password",
        required=False,
        help_text=gettext_lazy("Microsoft 365 and Google take no password; their server is entered when it is empty."),
    )
    oauth_tenant = forms.CharField(
        label=gettext_lazy("Tenant (Microsoft 365)"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("The directory's ID, or a domain of it such as example.onmicrosoft.com."),
    )
    oauth_client = forms.CharField(label=gettext_lazy("Client ID"), max_length=200, required=False)
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept encrypted. Leave it empty to keep the present one."),
    )
    refresh_token = forms.CharField(
        label=gettext_lazy("Refresh token"),
        max_length=20000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Only if you have one from elsewhere. Usually you save, then sign in on this page."),
    )
    folder = forms.CharField(label=gettext_lazy("Folder"), max_length=120, initial="INBOX", required=False)
    certificate = TextField(
        label=gettext_lazy("Trusted certificate"),
        required=False,
        widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=gettext_lazy("PEM of the server's own certificate or authority, when the system does not know it."),
    )
    afterwards = forms.ChoiceField(
        label=gettext_lazy("What becomes of a mail on the server"),
        choices=Mailbox.Afterwards,
        widget=forms.RadioSelect,
        initial="seen",
        help_text=gettext_lazy("Only after the desk has stored it. Nothing is ever deleted."),
    )
    moves_to = forms.CharField(
        label=gettext_lazy("Folder for it"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Where mails are moved to. It is made when it is not there."),
    )
    max_mb = WholeNumberField(
        label=gettext_lazy("Largest mail, MB"),
        min_value=1,
        max_value=1000,
        required=False,
        help_text=gettext_lazy(
            "Empty: as large as the desk takes. Of a larger one that is fetched only the headers are kept; one that is"
            " handed over is refused."
        ),
    )
    makes = forms.ChoiceField(label=gettext_lazy("A mail becomes"), choices=Makes, initial="incident")
    service = forms.ModelChoiceField(Service.objects.none(), label=gettext_lazy("Service"), required=False)
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("Team"),
        required=False,
        help_text=gettext_lazy("Sees its mails and takes its tickets. Without one, that of the service does."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=Language,
        help_text=gettext_lazy("Used for guests when their mail does not tell."),
    )
    accepts = forms.ChoiceField(
        label=gettext_lazy("Senders"), choices=Mailbox.Accepts, widget=forms.RadioSelect, initial="known"
    )
    domains = forms.CharField(
        label=gettext_lazy("Domains"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Names like example.com, parted by blanks."),
    )
    others = forms.ChoiceField(
        label=gettext_lazy("All others"), choices=Mailbox.Others, widget=forms.RadioSelect, initial="hold"
    )
    trusted_servers = forms.CharField(
        label=gettext_lazy("Servers whose check of senders counts"),
        max_length=300,
        required=False,
        help_text=gettext_lazy(
            "The first word of the Authentication-Results line that your own mail server writes, such as"
            " mx.example.com. It must remove such lines of others."
        ),
    )
    needs_proof = forms.BooleanField(
        label=gettext_lazy("Only mail whose sender is proved"),
        required=False,
        help_text=gettext_lazy("By DMARC, DKIM or SPF, as one of these servers says, or as an answer to our mail."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        of = self.of
        self.fields["team"].queryset = active_teams() | Team.objects.filter(pk=of.team_id if of else None)
        services = Service.objects.filter(is_active=True) | Service.objects.filter(pk=of.service_id if of else None)
        self.fields["service"].queryset = services
        if of is None or not of.password_box:
            self.fields["password"].help_text = gettext_lazy("Kept encrypted.")
        if of is None or not of.oauth_secret_box:
            self.fields["client_secret"].help_text = gettext_lazy("Kept encrypted.")
        self.fields["oauth_client"].help_text = _(
            "Of the app that you registered there; its redirect address is %(address)s"
        ) % {"address": back_address()}

    def clean(self):
        data = super().clean()
        data["port"] = data.get("port") or (993 if data.get("security") == Mailbox.Security.TLS else 143)
        data["folder"] = data.get("folder") or "INBOX"
        data["signs_in_by"] = data.get("signs_in_by") or Mailbox.SignsInBy.PASSWORD
        return data

    # The headings below which the fields stand on the page, and the choices to which they belong (static/js/when.js).
    SECTIONS = (
        (
            gettext_lazy("Address"),
            "",
            ("name", "address", "kind", "is_default", "max_mb", "is_active"),
        ),
        (
            gettext_lazy("Fetching by IMAP"),
            "kind=imap",
            (
                "host",
                "port",
                "security",
                "user",
                "signs_in_by",
                "password",
                "folder",
                "afterwards",
                "moves_to",
                "certificate",
            ),
        ),
        (
            gettext_lazy("Signing in to Microsoft 365 or Google"),
            "kind=imap signs_in_by=microsoft|google",
            ("oauth_tenant", "oauth_client", "client_secret", "refresh_token"),
        ),
        (gettext_lazy("Tickets"), "", ("makes", "service", "team", "language")),
        (gettext_lazy("Senders"), "", ("accepts", "domains", "others", "trusted_servers", "needs_proof")),
    )

    WHEN = {
        "is_default": "kind=listener",
        "password": "signs_in_by=password",
        "moves_to": "afterwards=move",
        "oauth_tenant": "signs_in_by=microsoft",
        "domains": "accepts=domains",
        "others": "accepts=known|domains",
    }

    def sections(self):
        """(heading, when, [(field, when)]) as the page shows them; each `when` is the choices to which it belongs."""
        return [
            (heading, when, [(self[name], self.WHEN.get(name, "")) for name in names])
            for heading, when, names in self.SECTIONS
        ]


class MailFilter(ActionForm):
    """`reader` is who looks; the counts beside the fates are of what they may see."""

    state = forms.ChoiceField(label=gettext_lazy("What became of it"), required=False)
    assigned = forms.ChoiceField(
        label=gettext_lazy("Assigned to"),
        required=False,
        choices=[
            ("", gettext_lazy("Anybody or nobody")),
            ("me", gettext_lazy("Me")),
            ("nobody", gettext_lazy("Nobody")),
        ],
    )
    mailbox = forms.ModelChoiceField(Mailbox.objects.none(), label=gettext_lazy("Mailbox"), required=False)
    words = forms.CharField(label=gettext_lazy("Sender, subject or Message-ID"), max_length=320, required=False)

    def __init__(self, data, *, reader: User):
        super().__init__(data)
        self.reader = reader
        counts = counts_by_fate(reader)
        self.fields["state"].choices = [
            *[(name, _counted(fate.label, counts[name])) for name, fate in FATES.items()],
            ("all", gettext_lazy("All")),
        ]
        self.fields["mailbox"].queryset = Mailbox.objects.all()
        self.is_valid()

    @property
    def is_narrow(self) -> bool:
        """Whether it looks for more than what needs a look."""
        data = self.cleaned_data
        return data.get("state") not in (None, "", "look") or any(map(data.get, ("assigned", "mailbox", "words")))

    def of(self, mails):
        """The mails that fit. A value that is none is as if it were not there."""
        data = self.cleaned_data
        state = data.get("state") or "look"
        if state != "all":
            mails = mails.filter(FATES[state].rows)
        if data.get("assigned"):
            mails = mails.filter(assignee=self.reader if data["assigned"] == "me" else None)
        if data.get("mailbox"):
            mails = mails.filter(mailbox=data["mailbox"])
        return mails_with(mails, data["words"]) if data.get("words") else mails


def _counted(label, count: int) -> str:
    return f"{label} ({count if count < MOST_COUNTED else f'{MOST_COUNTED - 1}+'})"


class RefuseMailForm(ActionForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Stays in the list. The sender is not told."),
    )


class AssignMailForm(AskerForm):
    assignee = PersonField(label=gettext_lazy("Assigned to"), required=False)


class JoinMailForm(ActionForm):
    def __init__(self, *args, reader: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ticket"] = TicketField(
            reader=reader,
            label=gettext_lazy("Ticket"),
            help_text=gettext_lazy("Its number, such as INC0000123."),
        )
        dress(self.fields["ticket"])


class ManyMailsForm(AskerForm):
    """What is done with several mails of the list at once."""

    VERBS = ("take", "assign", "unassign", "retry", "refuse")

    verb = forms.ChoiceField(choices=[(each, each) for each in VERBS])
    mails = forms.TypedMultipleChoiceField(coerce=int, required=False)
    assignee = PersonField(label=gettext_lazy("Person"), required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=500)

    def __init__(self, data, **kwargs):
        super().__init__(data, **kwargs)
        chosen = data.getlist("mails")[:MOST_AT_ONCE] if data else []
        self.fields["mails"].choices = [(each, each) for each in chosen if each.isascii() and each.isdigit()]

    def clean(self):
        data = super().clean()
        if data.get("verb") == "assign" and not data.get("assignee") and "assignee" not in self.errors:
            self.add_error("assignee", _("Say who."))
        if not data.get("mails"):
            self.add_error(None, _("Choose at least one mail."))
        return data


class SplitForm(ActionForm):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("It is"), choices=Makes.choices, widget=forms.RadioSelect)


class ConvertForm(ActionForm):
    to = forms.ChoiceField(label=gettext_lazy("It is"), widget=forms.RadioSelect)
    reason = TextField(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.Textarea(attrs={"rows": "2"}),
        help_text=gettext_lazy("Stays with the old one as an internal note."),
    )

    def __init__(self, *args, ticket, **kwargs):
        super().__init__(*args, **kwargs)
        if ticket.type == TicketType.INCIDENT:
            choices = [(Makes.REQUEST, Makes.REQUEST.label), (Makes.ENQUIRY, Makes.ENQUIRY.label)]
        else:
            choices = [(Makes.INCIDENT, Makes.INCIDENT.label)]
        self.fields["to"].choices = choices
        self.fields["to"].initial = choices[0][0]
