"""The settings of major incidents: when one is proposed, and who always hears of one."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.major.actions.setting import save_major_settings
from incidents.major.queries import major_settings
from servicedesk.people.models import Role, User
from servicedesk.tickets.forms import PeopleField
from servicedesk.web.access import needs
from servicedesk.web.editing import edit
from servicedesk.web.forms import ActionForm, WholeNumberField, dress


class MajorSettingsForm(ActionForm):
    reports = WholeNumberField(
        label=gettext_lazy("So many people report the same service"), min_value=2, max_value=1000,
        help_text=gettext_lazy("Then it is proposed to make one major incident of it."),
    )  # fmt: skip
    within_minutes = WholeNumberField(label=gettext_lazy("within so many minutes"), min_value=5, max_value=1440)
    stop_minutes = WholeNumberField(
        label=gettext_lazy("Minutes of a total stop"), min_value=5, max_value=1440,
        help_text=gettext_lazy("Priority P1, whole company, work has stopped: proposed when it lasts this long."),
    )  # fmt: skip
    update_minutes = WholeNumberField(label=gettext_lazy("Minutes between updates"), min_value=5, max_value=1440)
    told_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles that hear of every update"), choices=Role.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args, reader: User | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        if reader is not None:
            self.fields["told"] = PeopleField(
                reader=reader, label=gettext_lazy("People who hear of every update"), required=False,
                help_text=gettext_lazy("Names or addresses with commas between them."),
            )  # fmt: skip
            dress(self.fields["told"])

    def clean_told(self) -> list[User]:
        strangers = [each for each in self.cleaned_data["told"] if not isinstance(each, User)]
        if strangers:
            raise forms.ValidationError(
                _("Nobody here has this address: %(address)s"), params={"address": strangers[0]}
            )
        return self.cleaned_data["told"]


@needs("settings.change")
def settings(request: HttpRequest) -> HttpResponse:
    row, here = major_settings(), reverse("desk:major-settings")
    names = ("reports", "within_minutes", "stop_minutes", "update_minutes", "told_roles")
    initial = {name: getattr(row, name) for name in names} | {"told": list(row.told.all())}
    form = MajorSettingsForm(request.POST or None, reader=request.user, initial=initial)
    return edit(
        request, form, save_major_settings, to=here, heading=_("Major incidents"), back=reverse("desk:settings"),
        suggestions="people-found",
    )  # fmt: skip
