"""The escalation directory, its contracts, and what is taken outside, by API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from cmdb.api import ItemField, ServiceField
from servicedesk.intake.api.calls import TicketField
from servicedesk.levels.models import Agreement, Calendar
from servicedesk.people.api.persons import Line
from servicedesk.people.api.refs import PersonField, PersonRef, TeamField, TeamRef
from servicedesk.people.models import Language
from servicedesk.people.rules import check
from servicedesk.tickets.api.fields import CategoryField
from servicedesk.tickets.api.serializers import EmptyIn, Text
from servicedesk.web.api import Filters, Strict, View

from .actions import (
    amend_referral,
    change_contract,
    change_entry,
    create_contract,
    create_entry,
    escalate_outside,
    undo_referral,
)
from .file_api import DirectoryFiles
from .forms import EntryFilter
from .models import Contract, Entry, Referral
from .queries import (
    find_entries,
    fitting,
    get_contract,
    get_entry,
    get_referral,
    visible_contracts,
    visible_referrals,
    with_contracts,
    with_ties,
)

UNITS = [(value, label) for value, label in Contract.Unit.choices if value]
_WHAT = [(value, label) for value, label in EntryFilter.WHAT if value]


def _amount(**more) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=8, decimal_places=2, min_value=0, **more)


def _of_active(model) -> serializers.PrimaryKeyRelatedField:
    return serializers.PrimaryKeyRelatedField(
        queryset=model.objects.filter(is_active=True), required=False, allow_null=True, help_text="Id."
    )


class ContractOut(serializers.Serializer):
    """A support contract. `left` is what is left of what was bought, null when nothing is counted; no `callers`: every
    agent may call.
    """

    id = serializers.IntegerField()
    entry = serializers.IntegerField(source="entry_id", help_text="Id of the vendor's entry.")
    number = serializers.CharField()
    scope = serializers.CharField()
    around_the_clock = serializers.BooleanField()
    calendar = serializers.IntegerField(source="calendar_id", allow_null=True)
    channels = serializers.ListField(child=serializers.ChoiceField(choices=Contract.Channel.choices))
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True)
    unit = serializers.ChoiceField(choices=UNITS, allow_blank=True)
    bought = _amount(allow_null=True)
    used = _amount()
    left = serializers.DecimalField(max_digits=8, decimal_places=2, allow_null=True)
    callers = PersonRef(many=True, source="callers.all")
    have_ready = serializers.CharField()
    cost = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    agreement = serializers.IntegerField(source="agreement_id", allow_null=True)
    is_active = serializers.BooleanField()


class ContractIn(Strict):
    number = Line(max_length=60)
    scope = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    around_the_clock = serializers.BooleanField(required=False)
    calendar = _of_active(Calendar)
    channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Contract.Channel.choices), required=False, max_length=4
    )
    valid_from = serializers.DateField(required=False)
    valid_to = serializers.DateField(required=False, allow_null=True)
    unit = serializers.ChoiceField(choices=UNITS, required=False, allow_blank=True)
    bought = _amount(required=False, allow_null=True)
    used = _amount(required=False)
    callers = serializers.ListField(child=PersonField(), required=False, max_length=50)
    have_ready = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    cost = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0, required=False, allow_null=True)
    currency = Line(max_length=3)
    agreement = _of_active(Agreement)
    is_active = serializers.BooleanField(required=False)


class NewContractIn(ContractIn):
    entry = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Id of the vendor's entry.")
    number = Line(max_length=60, required=True)
    valid_from = serializers.DateField()


class EntryOut(serializers.Serializer):
    """A way out; on tickets of its items, services or categories it is shown first, on all when it names none."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    name = serializers.CharField()
    team = TeamRef(allow_null=True)
    person = PersonRef(allow_null=True)
    contact = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()
    web = serializers.CharField()
    how_to_call = serializers.CharField()
    notes = serializers.CharField()
    languages = serializers.ListField(child=serializers.ChoiceField(choices=Language.choices))
    services = serializers.SerializerMethodField(help_text="Codes.")
    categories = serializers.SerializerMethodField(help_text="Codes.")
    items = serializers.SerializerMethodField(help_text="Asset numbers.")
    owner = PersonRef()
    review_on = serializers.DateField()
    is_active = serializers.BooleanField()
    contracts = ContractOut(many=True, source="contracts.all")

    def get_services(self, entry) -> list[str]:
        return [row.code for row in entry.services.all()]

    def get_categories(self, entry) -> list[str]:
        return [row.code for row in entry.categories.all()]

    def get_items(self, entry) -> list[str]:
        return [row.number for row in entry.items.all()]


class EntryIn(Strict):
    name = Line(max_length=120)
    team = TeamField(required=False, allow_null=True)
    person = PersonField(required=False, allow_null=True)
    contact = Line(max_length=120)
    phone = Line(max_length=40)
    email = Line(max_length=254)
    web = Line(max_length=300)
    how_to_call = serializers.CharField(required=False, allow_blank=True, max_length=2_000)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=4_000)
    languages = serializers.ListField(
        child=serializers.ChoiceField(choices=Language.choices), required=False, max_length=2
    )
    services = serializers.ListField(child=ServiceField(), required=False, max_length=100)
    categories = serializers.ListField(child=CategoryField(), required=False, max_length=100)
    items = serializers.ListField(child=ItemField(), required=False, max_length=200)
    owner = PersonField(required=False)
    review_on = serializers.DateField(required=False)
    is_active = serializers.BooleanField(required=False)


class NewEntryIn(EntryIn):
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    name = Line(max_length=120, required=True)
    owner = PersonField()
    review_on = serializers.DateField()


class EntryFilters(Filters):
    q = serializers.CharField(
        required=False, default="", max_length=200, help_text="Words of name, contact, phone, notes or contract number."
    )
    kind = serializers.ChoiceField(choices=Entry.Kind.choices, required=False, default="")
    service = ServiceField(required=False)
    what = serializers.ChoiceField(choices=_WHAT, required=False, default="", help_text="Usually what is in use.")


class DirectoryViewSet(DirectoryFiles):
    """The escalation directory: vendors with their contracts, communities, teams, and who decides. For agents."""

    queryset = Entry.objects.none()
    lookup_value_converter = "int"
    ordering = ("name", "id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "directory.see")

    @extend_schema(parameters=[EntryFilters], responses=EntryOut(many=True))
    def list(self, request):
        asked = self.asked(EntryFilters)
        service = asked.get("service")
        rows = find_entries(
            request.user, asked["q"], kind=asked["kind"], what=asked["what"], service=service.pk if service else None
        )
        return self.pages(EntryOut, with_ties(with_contracts(rows)))

    @extend_schema(responses=EntryOut)
    def retrieve(self, request, pk):
        return self.answer(EntryOut, get_entry(request.user, pk))

    @extend_schema(request=NewEntryIn, responses={201: EntryOut})
    def create(self, request):
        check(request.user, "directory.change")
        entry = create_entry(**self.given(NewEntryIn), by=request.user, via="api")
        return self.answer(EntryOut, get_entry(request.user, entry.pk), status=201)

    @extend_schema(request=EntryIn, responses=EntryOut)
    def partial_update(self, request, pk):
        """`is_active` false takes an entry out of use."""
        entry = get_entry(request.user, pk)
        check(request.user, "directory.change", entry)
        change_entry(entry, **self.given(EntryIn), by=request.user, via="api")
        return self.answer(EntryOut, get_entry(request.user, pk))


class ContractFilters(Filters):
    entry = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class ContractViewSet(View):
    """Support contracts of vendors. Administrators and the owner of the entry change them."""

    queryset = Contract.objects.none()
    lookup_value_converter = "int"
    ordering = ("number", "id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "directory.see")

    @extend_schema(parameters=[ContractFilters], responses=ContractOut(many=True))
    def list(self, request):
        asked, rows = self.asked(ContractFilters), visible_contracts(request.user)
        if "entry" in asked:
            rows = rows.filter(entry=asked["entry"])
        return self.pages(ContractOut, rows)

    @extend_schema(responses=ContractOut)
    def retrieve(self, request, pk):
        return self.answer(ContractOut, get_contract(request.user, pk))

    @extend_schema(request=NewContractIn, responses={201: ContractOut})
    def create(self, request):
        given = self.given(NewContractIn)
        entry = get_entry(request.user, given.pop("entry"))
        check(request.user, "directory.change", entry)
        contract = create_contract(entry, **given, by=request.user, via="api")
        return self.answer(ContractOut, get_contract(request.user, contract.pk), status=201)

    @extend_schema(request=ContractIn, responses=ContractOut)
    def partial_update(self, request, pk):
        contract = get_contract(request.user, pk)
        check(request.user, "directory.change", contract.entry)
        change_contract(contract, **self.given(ContractIn), by=request.user, via="api")
        return self.answer(ContractOut, get_contract(request.user, pk))


class ReferralOut(serializers.Serializer):
    """A ticket that was taken outside. `used` is what it took of the contract."""

    id = serializers.IntegerField()
    ticket = serializers.CharField(source="ticket.number")
    entry = serializers.IntegerField(source="entry_id")
    contract = serializers.IntegerField(source="contract_id", allow_null=True)
    by = PersonRef()
    at = serializers.DateTimeField()
    contact = serializers.CharField()
    to_address = serializers.CharField(help_text="Where the mail went; empty without one.")
    reference = serializers.CharField()
    used = _amount()
    undone_at = serializers.DateTimeField(allow_null=True)


class ReferralIn(Strict):
    """`body` is mailed to the entry's address with the description of the ticket; empty: no mail."""

    ticket = TicketField()
    entry = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    contract = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    contact = Line(max_length=120)
    reference = Line(max_length=80)
    used = _amount(required=False, help_text="Without it an incident, or no hours yet.")
    body = Text(required=False)
    agreed = serializers.BooleanField(required=False, help_text="Use more than is left.")


class AmendIn(Strict):
    contact = Line(max_length=120)
    reference = Line(max_length=80)
    used = _amount(required=False)
    agreed = serializers.BooleanField(required=False, help_text="Use more than is left.")


class ReferralFilters(Filters):
    ticket = TicketField(required=False)
    entry = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    contract = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class FittingFilters(Filters):
    ticket = TicketField()


class ReferralViewSet(View):
    """What was taken outside of the tickets that the caller sees; for agents."""

    queryset = Referral.objects.none()
    lookup_value_converter = "int"
    ordering = ("-at", "-id")

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        check(request.user, "directory.see")

    @extend_schema(parameters=[ReferralFilters], responses=ReferralOut(many=True))
    def list(self, request):
        asked = self.asked(ReferralFilters)
        return self.pages(ReferralOut, visible_referrals(request.user).filter(**asked))

    @extend_schema(responses=ReferralOut)
    def retrieve(self, request, pk):
        return self.answer(ReferralOut, get_referral(request.user, pk))

    @extend_schema(request=ReferralIn, responses={201: ReferralOut})
    def create(self, request):
        """Take a ticket to an entry of the directory."""
        check(request.user, "tickets.work")
        given = self.given(ReferralIn)
        ticket, entry = given.pop("ticket"), get_entry(request.user, given.pop("entry"))
        pk = given.pop("contract", None)
        contract = get_contract(request.user, pk) if pk else None
        referral = escalate_outside(ticket, entry, contract=contract, **given, by=request.user, via="api")
        return self.answer(ReferralOut, referral, status=201)

    @extend_schema(request=AmendIn, responses=ReferralOut)
    def partial_update(self, request, pk):
        """Add what was learnt later."""
        referral = get_referral(request.user, pk)
        check(request.user, "tickets.work", referral.ticket)
        amend_referral(referral, **self.given(AmendIn), by=request.user, via="api")
        return self.answer(ReferralOut, referral)

    @extend_schema(request=EmptyIn, responses=ReferralOut)
    @action(detail=True, methods=["post"])
    def undo(self, request, pk):
        """Take it back: the contract gets back what it gave. A mail that left stays sent."""
        referral = get_referral(request.user, pk)
        check(request.user, "tickets.work", referral.ticket)
        self.given(EmptyIn)
        undo_referral(referral, by=request.user, via="api")
        return self.answer(ReferralOut, referral)

    @extend_schema(parameters=[FittingFilters], responses=EntryOut(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def fitting(self, request):
        """The entries that fit a ticket that one works on, the most specific first."""
        ticket = self.asked(FittingFilters)["ticket"]
        check(request.user, "tickets.work", ticket)
        return self.answer(EntryOut, with_ties(fitting(request.user, ticket))[:50], many=True)
