"""The catalogue of services, and the configuration items, in the settings."""

from functools import partial

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from servicedesk.people.csvfiles import CONTENT_TYPE, write
from servicedesk.people.queries import get_or_404
from servicedesk.web.access import needs
from servicedesk.web.editing import edit, take_file
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from . import queries
from .actions import change_item, change_service, create_item, create_service, import_items
from .forms import IMPACTS, ItemFilter, ItemForm, ItemImportForm, ServiceForm
from .tables import header, rows_of


@needs("services.change")
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    words = dict(IMPACTS)
    rows = [(service, words[service.default_impact]) for service in queries.services()]
    return page(request, "cmdb/services.html", {"services": rows})


@needs("services.change")
def service_new(request: HttpRequest) -> HttpResponse:
    back = reverse("cmdb:services")
    form = ServiceForm(request.POST or None, asker=request.user)
    return edit(request, form, create_service, to=back, heading=_("New service"), back=back)


@needs("services.change")
def service(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(queries.services(), pk=pk)
    back = reverse("cmdb:services")
    initial = {name: getattr(found, name) for name in ServiceForm.base_fields}
    form = ServiceForm(request.POST or None, asker=request.user, of=found, initial=initial)
    return edit(request, form, partial(change_service, found), to=back, heading=str(found), back=back)


def _asked(request: HttpRequest) -> ItemFilter:
    form = ItemFilter(request.GET)
    form.is_valid()
    return form


def _found(request: HttpRequest, form: ItemFilter):
    asked = form.cleaned_data
    return queries.find_items(
        request.user, asked.get("q", ""), kind=asked.get("kind", ""), state=asked.get("state", "")
    )


@needs("items.see")
@require_safe
def items(request: HttpRequest) -> HttpResponse:
    """All items by number, with search and filters in the address."""
    form = _asked(request)
    keyset = KeysetPage.of(request, _found(request, form), ["number"])
    context = {"form": form, "keyset": keyset, "asked": request.GET.urlencode()}
    return page(request, "cmdb/items.html", context)


@needs("items.change")
def item_new(request: HttpRequest) -> HttpResponse:
    back = reverse("cmdb:items")
    form = ItemForm(request.POST or None, asker=request.user)
    return edit(request, form, create_item, to=back, heading=_("New item"), back=back)


@needs("items.see")
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """What is known of one; whoever may change it gets the form."""
    found = queries.get_item(request.user, pk)
    if not request.user.may("items.change", found):
        return page(request, "cmdb/item.html", {"item": found})
    back = reverse("cmdb:items")
    initial = {name: getattr(found, name) for name in ItemForm.base_fields}
    form = ItemForm(request.POST or None, asker=request.user, of=found, initial=initial)
    return edit(
        request, form, partial(change_item, found), to=back, template="cmdb/item_form.html", heading=str(found),
        back=back, item=found,
    )  # fmt: skip


@needs("items.change")
def items_import(request: HttpRequest) -> HttpResponse:
    """Take a file, or say what it would do."""
    form = ItemImportForm(request.POST or None, request.FILES or None)
    to = reverse("cmdb:items")
    return take_file(request, form, import_items, to=to, template="cmdb/items_import.html", columns=header())


@needs("items.see")
@require_safe
def items_export(request: HttpRequest) -> StreamingHttpResponse:
    """What the list shows, as a file that the import takes back unchanged."""
    rows = _found(request, _asked(request)).order_by("number").iterator(chunk_size=2000)
    answer = StreamingHttpResponse(write(header(), rows_of(rows)), content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="items-{timezone.localdate():%Y%m%d}.csv"'
    return answer
