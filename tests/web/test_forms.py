"""ActionForm and the template tags around fields."""

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.utils.datastructures import MultiValueDict

from servicedesk.web.errors import Refused
from servicedesk.web.forms import ActionForm, FilesField, TextField, WholeNumberField


class ReplyToPersonForm(ActionForm):
    title = forms.CharField(max_length=100, help_text="One line.")
    text = TextField(required=False)
    service = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    count = WholeNumberField(required=False)
    when = forms.DateTimeField(required=False)
    kind = forms.ChoiceField(choices=[("x", "X"), ("y", "Y")], widget=forms.RadioSelect, help_text="Pick.")
    urgent = forms.BooleanField(required=False)
    files = FilesField(required=False, most=2)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def given(**changes):
    return ReplyToPersonForm({"title": "A", "service": "a", "kind": "x"} | changes)


def render(source, **context):
    return Template("{% load web %}" + source).render(Context(context))


class TestActionForm:
    def test_ids_carry_the_name_of_the_form(self):
        assert ReplyToPersonForm()["title"].auto_id == "id_reply_to_person_title"
        assert ReplyToPersonForm(auto_id="other_%s")["title"].auto_id == "other_title"

    def test_widgets_are_dressed(self):
        form = ReplyToPersonForm()
        assert form.fields["title"].widget.attrs["class"] == "form-control"
        assert form.fields["service"].widget.attrs["class"] == "form-select"
        assert form.fields["urgent"].widget.attrs["class"] == "form-check-input"
        assert "class" not in form.fields["token"].widget.attrs
        assert form.fields["when"].widget.input_type == "datetime-local"

    @pytest.mark.parametrize("title", ["a\nb", "a\r\nBcc: x", "a\x00b", "a\u202eb", "a\u2028b"])
    def test_one_line_fields_refuse_line_breaks_and_control_characters(self, title):
        form = given(title=title)
        assert not form.is_valid()
        assert list(form.errors) == ["title"]

    def test_text_keeps_its_lines_with_plain_ends(self):
        form = given(text="a\r\nb\rc\n")
        assert form.is_valid()
        assert form.cleaned_data["text"] == "a\nb\nc"

    def test_text_refuses_control_characters(self):
        assert "text" in given(text="a\x1bb").errors

    @pytest.mark.parametrize(("typed", "number"), [("１２", 12), ("1,234", 1234), ("－５", -5), ("", None)])
    def test_numbers_may_be_full_width(self, typed, number):
        form = given(count=typed)
        assert form.is_valid()
        assert form.cleaned_data["count"] == number

    def test_a_word_is_no_number(self):
        assert "count" in given(count="many").errors

    def test_status_says_whether_it_was_refused(self):
        assert ReplyToPersonForm().status == 200
        assert given().status == 200
        assert given(title="").status == 422

    def test_a_refusal_lands_on_its_field_or_on_the_form(self):
        form = given()
        assert form.is_valid()
        form.refuse(Refused("Not now.", field="title", code="late"))
        form.refuse(Refused("Not at all.", field="unknown"))
        assert form.errors["title"] == ["Not now."]
        assert form.errors.as_data()["title"][0].code == "late"
        assert form.non_field_errors() == ["Not at all."]
        assert form.status == 422

    def test_several_files_come_as_a_list(self):
        files = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")]
        data = {"title": "A", "service": "a", "kind": "x"}
        form = ReplyToPersonForm(data, MultiValueDict({"files": files}))
        assert form.is_valid()
        assert [one.name for one in form.cleaned_data["files"]] == ["a.txt", "b.txt"]
        assert given().is_valid()
        assert not ReplyToPersonForm(
            data, MultiValueDict({"files": [*files, SimpleUploadedFile("c", b"c")]})
        ).is_valid()


class TestFieldTag:
    def test_label_hint_and_error_belong_to_the_input(self):
        form = given(title="")
        html = render("{% field form.title %}", form=form)
        assert '<label class="form-label" for="id_reply_to_person_title">' in html
        assert 'aria-describedby="id_reply_to_person_title_helptext id_reply_to_person_title_error"' in html
        assert 'aria-invalid="true"' in html
        assert "is-invalid" in html
        assert 'id="id_reply_to_person_title_helptext"' in html
        assert 'id="id_reply_to_person_title_error"' in html

    def test_choices_are_a_fieldset_with_a_legend(self):
        html = render("{% field form.kind %}", form=given(kind=""))
        assert "<fieldset" in html
        assert "<legend" in html
        assert html.count('type="radio"') == 2
        assert "id_reply_to_person_kind_helptext id_reply_to_person_kind_error" in html

    def test_checkbox_hidden_and_files(self):
        form = given()
        assert 'class="form-check-label" for="id_reply_to_person_urgent"' in render(
            "{% field form.urgent %}", form=form
        )
        assert "<label" not in render("{% field form.token %}", form=form)
        assert "multiple" in render("{% field form.files %}", form=form)

    def test_label_and_hint_can_be_replaced(self):
        html = render('{% field form.title label="Name" hint="" hide_label=True %}', form=ReplyToPersonForm())
        assert "Name" in html
        assert "visually-hidden" in html
        assert "helptext" not in html

    def test_what_is_typed_is_escaped(self):
        assert "<script>" not in render("{% field form.title %}", form=given(title='"><script>x</script>'))

    def test_errors_of_the_form_are_an_alert(self):
        form = given()
        form.is_valid()
        form.refuse(Refused("<b>No</b>"))
        html = render("{% form_errors form %}", form=form)
        assert 'role="alert"' in html
        assert "&lt;b&gt;" in html
        assert render("{% form_errors form %}", form=ReplyToPersonForm()).strip() == ""

    def test_foreign_forms_get_our_classes(self):
        class Plain(forms.Form):
            code = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Code"}))

        html = render("{% field form.code %}", form=Plain())
        assert 'class="form-control"' in html
        assert 'placeholder=""' in html
