"""The directory in the settings: the list, its entries with their contracts, and what was taken to each."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people.rules import check
from servicedesk.web.access import needs
from servicedesk.web.editing import does, edit
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from .. import queries
from ..actions import change_contract, change_entry, create_contract, create_entry, restore_entry, retire_entry
from ..forms import ContractForm, EntryFilter, EntryForm
from ..models import Entry

MOST_REFERRALS = 50


@needs("directory.see")
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """All entries by name, with search and filters in the address."""
    form = EntryFilter(request.GET)
    keyset = KeysetPage.of(request, queries.with_contracts(_found(request, form), retired=False), ["name", "id"])
    context = {"form": form, "keyset": keyset, "asked": request.GET.urlencode()}
    return page(request, "directory/entries.html", context)


@needs("directory.see")
@require_safe
def entries_print(request: HttpRequest) -> HttpResponse:
    """What the list shows with everything that one needs on the telephone, for paper."""
    rows = queries.with_ties(queries.with_contracts(_found(request, EntryFilter(request.GET)), retired=False))
    by_kind: dict[str, list[Entry]] = {}
    for entry in rows:
        by_kind.setdefault(entry.kind, []).append(entry)
    groups = [(label, by_kind[kind]) for kind, label in Entry.Kind.choices if kind in by_kind]
    context = {"groups": groups, "printed_on": timezone.localdate(), "asked": request.GET.urlencode()}
    return page(request, "directory/entries_print.html", context)


def _found(request: HttpRequest, form: EntryFilter):
    return queries.find_entries(request.user, **form.asked)


@needs("directory.see")
@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """What is known of one, its contracts, and which tickets were taken there."""
    found = queries.get_entry(request.user, pk)
    context = {
        "entry": found,
        "may_change": request.user.may("directory.change", found),
        "referrals": queries.visible_referrals(request.user).filter(entry=found)[:MOST_REFERRALS],
        "hidden": queries.hidden_referrals(request.user, found),
        "opened": request.path,
    }
    return page(request, "directory/entry.html", context)


@needs("directory.change")
def entry_new(request: HttpRequest) -> HttpResponse:
    """First which kind, then what this kind has."""
    kind = request.GET.get("kind", "")
    if kind not in Entry.Kind.values:
        return page(request, "directory/entry_kind.html", {"kinds": Entry.Kind.choices})
    form = EntryForm(request.POST or None, asker=request.user, kind=kind, initial={"owner": request.user})
    return edit(
        request, form, partial(create_entry, kind=kind), to=_page_of, template="directory/entry_form.html",
        heading=_("New entry: %(kind)s") % {"kind": Entry.Kind(kind).label}, back=reverse("directory:entries"),
    )  # fmt: skip


@needs("directory.see")
def entry_change(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_entry(request.user, pk)
    check(request.user, "directory.change", found)
    form = EntryForm(
        request.POST or None, asker=request.user, of=found, kind=found.kind, initial=EntryForm.initial_of(found)
    )
    return edit(
        request, form, partial(change_entry, found), to=_page_of, template="directory/entry_form.html",
        heading=str(found), back=_page_of(found), entry=found,
    )  # fmt: skip


def _page_of(entry: Entry) -> str:
    return reverse("directory:entry", args=[entry.pk])


@needs("directory.see")
@require_POST
def entry_retire(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_entry(request.user, pk)
    return does(
        request, partial(retire_entry, found, by=request.user, via="page"), to=_page_of(found),
        message=_("“%(name)s” is out of use.") % {"name": found}, undo=reverse("directory:entry-restore", args=[pk]),
    )  # fmt: skip


@needs("directory.see")
@require_POST
def entry_restore(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_entry(request.user, pk)
    return does(
        request, partial(restore_entry, found, by=request.user, via="page"), to=_page_of(found),
        message=_("“%(name)s” is in use again.") % {"name": found},
    )  # fmt: skip


@needs("directory.see")
@require_safe
def contract(request: HttpRequest, pk: int) -> HttpResponse:
    """A contract, what is left of it, and on which tickets it was used."""
    found = queries.get_contract(request.user, pk)
    context = {
        "contract": found,
        "entry": found.entry,
        "may_change": request.user.may("directory.change", found.entry),
        "referrals": queries.visible_referrals(request.user).filter(contract=found)[:MOST_REFERRALS],
    }
    return page(request, "directory/contract.html", context)


@needs("directory.see")
def contract_new(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_entry(request.user, pk)
    check(request.user, "directory.change", found)
    form = ContractForm(request.POST or None, asker=request.user, initial={"valid_from": timezone.localdate()})
    return edit(
        request, form, partial(create_contract, found), to=_page_of(found), template="directory/contract_form.html",
        heading=_("New contract of %(name)s") % {"name": found}, back=_page_of(found), entry=found,
    )  # fmt: skip


@needs("directory.see")
def contract_change(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.get_contract(request.user, pk)
    check(request.user, "directory.change", found.entry)
    back = reverse("directory:contract", args=[pk])
    form = ContractForm(request.POST or None, asker=request.user, of=found, initial=ContractForm.initial_of(found))
    return edit(
        request, form, partial(change_contract, found), to=back, template="directory/contract_form.html",
        heading=_("Contract %(number)s") % {"number": found}, back=back, entry=found.entry,
    )  # fmt: skip
