"""Forms for actions: the look is set here once, and a refusal of the action lands on the form.

form = ReplyForm(request.POST or None, request.FILES or None)
if request.method == "POST" and form.is_valid():
    try:
        tickets.actions.reply(ticket, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        form.refuse(refusal)
    else:
        return changed(request, ticket, message=_("Your reply was sent."))
return page(request, "tickets/reply.html", {"form": form}, fragment="tickets/_reply.html", status=form.status)
"""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.web import text
from servicedesk.web.errors import Refused

_REQUIRED = _("Please fill this in.")
_CHOOSE = _("Please choose one.")


class FilesInput(forms.ClearableFileInput):
    """Several files at once; the page script lets people paste and drop pictures onto it."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def __init__(self, attrs=None):
        super().__init__({"data-files": "", **(attrs or {})})


class FilesField(forms.FileField):
    """A list of uploaded files, empty when none came. What they hold is checked where they are stored."""

    widget = FilesInput

    def __init__(self, *, most: int = 20, required: bool = False, **kwargs):
        super().__init__(required=required, **kwargs)
        self.most = most

    def clean(self, data, initial=None):
        files = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if not files and self.required:
            raise forms.ValidationError(_("Please choose a file."), code="required")
        if len(files) > self.most:
            raise forms.ValidationError(
                _("At most %(most)d files at a time."), code="too_many", params={"most": self.most}
            )
        return [super(FilesField, self).clean(one, initial) for one in files]


class WholeNumberField(forms.IntegerField):
    """A whole number, typed in half or full width, with or without commas."""

    widget = forms.TextInput

    def to_python(self, value):
        return super().to_python(text.digits(value) if isinstance(value, str) else value)

    def widget_attrs(self, widget):
        return {"inputmode": "numeric", "autocomplete": "off"}


class TextField(forms.CharField):
    """Running text: several lines, \\n line ends."""

    widget = forms.Textarea

    def to_python(self, value):
        value = super().to_python(value)
        return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


class ActionForm(forms.Form):
    """Base of all forms.

    Widgets get their classes and types here; `{% field form.name %}` puts label, hint and errors around them. Ids carry
    the name of the form (`id_reply_body`), so that several forms stand on one page; a form that stands there several
    times gets its own `auto_id`. Text inputs refuse line breaks and control characters.
    """

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("auto_id", f"id_{_snake(type(self).__name__.removesuffix('Form'))}_%s")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)

    @property
    def status(self) -> int:
        """The HTTP status to answer with: 422 for a form that came back with errors."""
        return 422 if self.is_bound and self.errors else 200

    def refuse(self, refusal: Refused) -> None:
        """Show why the action refused, at its field when the form has one of that name."""
        field = refusal.field if refusal.field in self.fields else None
        self.add_error(field, forms.ValidationError(refusal.sentence, code=refusal.code))


def dress(field: forms.Field) -> None:
    """Set class, type, messages and checks of one field's widget. Also used for forms that are not ours (allauth)."""
    widget = field.widget
    if isinstance(widget, forms.DateTimeInput) and not isinstance(widget, forms.SplitDateTimeWidget):
        widget.input_type, widget.format = "datetime-local", "%Y-%m-%dT%H:%M"
    elif isinstance(widget, forms.DateInput):
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    elif isinstance(widget, forms.TimeInput):
        widget.input_type, widget.format = "time", "%H:%M"
    css = widget_class(widget)
    if css:
        given = widget.attrs.get("class", "").split()
        widget.attrs["class"] = " ".join(dict.fromkeys([*css.split(), *given]))
    if isinstance(widget, forms.Textarea):
        widget.attrs.setdefault("rows", "5")
        widget.attrs.pop("cols", None)
    if isinstance(field, forms.ModelChoiceField) and field.empty_label == "---------":
        field.empty_label = "–"
    field.error_messages["required"] = _CHOOSE if isinstance(field, forms.ChoiceField) else _REQUIRED
    if isinstance(field, forms.CharField) and not isinstance(widget, forms.PasswordInput):
        several = isinstance(widget, forms.Textarea)
        if several:
            field.to_python = _with_plain_line_ends(field.to_python)
        field.validators.append(text.check_lines if several else text.check_one_line)


def widget_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect | forms.CheckboxInput):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    if isinstance(widget, forms.HiddenInput | forms.MultipleHiddenInput):
        return ""
    if isinstance(widget, forms.widgets.Input | forms.Textarea):
        return "form-control"
    return ""


def _with_plain_line_ends(to_python):
    def wrapped(value):
        value = to_python(value)
        return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value

    return wrapped


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
