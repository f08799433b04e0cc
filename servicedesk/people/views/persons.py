"""People in the settings: list, page, change, absence."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.web.access import needs, signed_in
from servicedesk.web.editing import does, edit
from servicedesk.web.keyset import KeysetPage
from servicedesk.web.pages import page

from ..actions import (
    change_person,
    create_absence,
    create_person,
    deactivate_person,
    delete_absence,
    reactivate_person,
    remove_second_factors,
)
from ..forms import AbsenceForm, PeopleFilter, PersonForm
from ..models import Role, User
from ..queries import (
    absences_of,
    addresses_of,
    coming_absences,
    find_people,
    get_absence,
    get_person,
    people_for_list,
    second_factors_of,
)
from ..rules import check
from ..signin import send_reset_link
from ..ties import ties_of


def address_of(person: User) -> str:
    return reverse("people:person", args=[person.pk])


@needs("people.see")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, by reading, with search and filters in the address."""
    form = PeopleFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    rows = people_for_list(
        request.user,
        words=asked.get("q", ""),
        state={"": "active", "all": ""}.get(asked.get("state", ""), asked.get("state", "")),
        role=asked.get("role", ""),
        company=asked.get("company"),
        department=asked["department"].row if hasattr(asked.get("department"), "row") else asked.get("department"),
        team=asked.get("team"),
    )
    keyset = KeysetPage.of(request, rows, ["reading", "name", "id"])
    return page(request, "people/people.html", {"form": form, "keyset": keyset}, fragment="people/_people.html")


@needs("people.see")
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """What is known of somebody, and what an administrator can do about it."""
    found = get_person(request.user, pk)
    return page(
        request,
        "people/person.html",
        {
            "person": found,
            "addresses": addresses_of(found),
            "absences": absences_of(found),
            "teams": found.teams.filter(is_active=True),
            "roles": [label for value, label in Role.choices if value in found.roles],
            "heads": found.heads.filter(is_active=True),
            "may_change": (may_change := request.user.may("people.change", found)),
            "factors": second_factors_of(found) if may_change else (),
            "may_absence": request.user.may("absences.change", found),
        },
    )


@needs("people.change")
def new(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, asker=request.user)
    return edit(
        request,
        form,
        create_person,
        to=address_of,
        message=_("The person was made. They choose a password by “Forgot your password?”."),
        template="people/person_form.html",
        heading=_("New person"),
        back=reverse("people:people"),
    )


@needs("people.change")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_person(request.user, pk)
    form = PersonForm(request.POST or None, asker=request.user, of=found, initial=PersonForm.initial_of(found))
    return edit(
        request,
        form,
        partial(change_person, found),
        to=address_of(found),
        template="people/person_form.html",
        heading=found.display_name,
        person=found,
        back=address_of(found),
    )


@needs("people.change")
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Says what hangs on the person, asks, and takes them out of use."""
    found = get_person(request.user, pk)
    if request.method == "POST":
        return does(
            request,
            partial(deactivate_person, found, by=request.user, via="page"),
            to=address_of(found),
            message=_("%(name)s can no longer sign in.") % {"name": found},
        )
    return page(request, "people/deactivate.html", {"person": found, "ties": ties_of(found)})


@needs("people.change")
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_person(request.user, pk)
    return does(
        request,
        partial(reactivate_person, found, by=request.user, via="page"),
        to=address_of(found),
        message=_("%(name)s can sign in again.") % {"name": found},
    )


@needs("people.change")
@require_POST
def reset_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a link for a new password sent to the person's main address; nobody else sees it."""
    found = get_person(request.user, pk)
    return does(
        request,
        partial(send_reset_link, request, found),
        to=address_of(found),
        message=_("A link for a new password is on its way to %(address)s.") % {"address": found.email},
    )


@needs("people.change")
def second_factors(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks, and takes away what somebody lost: authenticator app, recovery codes, passkeys."""
    found = get_person(request.user, pk)
    if request.method == "POST":
        return does(
            request,
            partial(remove_second_factors, found, by=request.user, via="page"),
            to=address_of(found),
            message=_("The second step of %(name)s was removed.") % {"name": found},
        )
    return page(request, "people/second_factors.html", {"person": found, "factors": second_factors_of(found)})


@needs("people.see")
@require_safe
def absences(request: HttpRequest) -> HttpResponse:
    """Who is away today or in the next weeks, and who stands in."""
    now, later = coming_absences()
    return page(request, "people/absences.html", {"now": now, "later": later})


@needs("people.see")
def absence_new(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_person(request.user, pk)
    check(request.user, "absences.change", found)
    return absence_form(request, found, back=address_of(found))


def absence_form(request: HttpRequest, person: User, *, back: str) -> HttpResponse:
    form = AbsenceForm(request.POST or None, asker=request.user)
    return edit(
        request,
        form,
        partial(create_absence, person),
        to=back,
        message=_("The absence was entered."),
        template="people/absence.html",
        heading=_("Absence of %(name)s") % {"name": person},
        person=person,
        back=back,
    )


@needs("people.see")
@require_POST
def absence_delete(request: HttpRequest, pk: int, absence: int) -> HttpResponse:
    found = get_person(request.user, pk)
    row = get_absence(found, absence)
    return does(
        request,
        partial(delete_absence, row, by=request.user, via="page"),
        to=address_of(found),
        message=_("The absence was taken back."),
    )


@signed_in
@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Options for a box that names somebody: whom the reader may see, at most eight."""
    words = next((value for value in request.GET.values() if value.strip()), "")[:200]
    found = []
    if len(words.strip()) > 1 and "<" not in words:
        found = find_people(request.user, words).filter(is_active=True, is_guest=False).select_related("department")[:8]
    return page(request, "people/_suggest.html", {"people": found})
