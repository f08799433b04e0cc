"""Surveys: made of parts, sent once, answered once, anonymous where they say so, and counted right."""

import io
import random
import re
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import fmean
from zipfile import ZipFile

import pytest
from django.core.exceptions import PermissionDenied
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from servicedesk.notify.models import OutgoingMail
from servicedesk.people.models import AuditEntry, Role
from servicedesk.surveys.actions import (
    answer_survey,
    change_question,
    change_survey,
    close_due,
    close_survey,
    copy_survey,
    create_group,
    create_question,
    create_survey,
    delete_survey,
    explain_gap,
    fill_survey,
    from_template,
    move_group,
    move_question,
    remind,
    send_invitations,
    send_survey,
    sending,
)
from servicedesk.surveys.models import Answer, GapFinding, Invitation, Response, Survey, SurveyQuestion, SurveyReminder
from servicedesk.surveys.queries.results import results_of, trend_of
from servicedesk.surveys.queries.surveys import groups_of
from servicedesk.surveys.tokens import invitation_token, rating_token
from servicedesk.web.errors import NotNow, Refused
from tests.factories import a_department, a_person, a_team, again, an_administrator, an_agent
from tests.surveys.makers import GROUPS, a_sent, a_survey, answered, questions_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    """Of somebody whose browser asks for English."""
    return Client(headers={"accept-language": "en"})


SENTENCE = "This link does not work any more, or it was not copied whole."


def mails(kind="survey"):
    return OutgoingMail.objects.filter(kind=kind)


def address_for(invitation) -> str:
    return reverse("surveys:answer-by-mail", args=[invitation_token(invitation.pk)])


class TestBuilding:
    def test_administrators_make_change_order_and_delete_a_draft_with_audit_entries(self):
        boss, lead = an_administrator(), a_person(Role.LEAD)
        survey = create_survey(by=boss, via="page", title_ja="調査", title_en="Survey")
        first = create_group(survey, by=boss, via="page", title_ja="一", title_en="One")
        second = create_group(survey, by=boss, via="page", title_ja="二", title_en="Two")
        one = create_question(first, by=boss, via="page", kind="mark", text_ja="あ", text_en="A")
        two = create_question(first, by=boss, via="page", kind="text", text_ja="い", text_en="B", is_required=False)
        move_group(second, by=boss, via="page", up=True)
        move_question(two, by=boss, via="page", up=True)
        move_question(two, by=boss, via="page", up=True)
        change_question(one, by=boss, via="page", text_en="Aa")
        found = [(group.title_en, [each.text_en for each in group.questions.all()]) for group in groups_of(survey)]
        assert found == [("Two", []), ("One", ["B", "Aa"])]
        verbs = list(
            AuditEntry.objects.filter(object_type="surveys.survey").order_by("pk").values_list("verb", flat=True)
        )
        assert verbs == ["create", *["change_questions"] * 5]
        for act in (
            lambda: create_survey(by=lead, via="page", title_ja="x", title_en="x"),
            lambda: change_survey(survey, by=lead, via="page", title_en="x"),
            lambda: create_group(survey, by=lead, via="page", title_ja="x", title_en="x"),
            lambda: send_survey(survey, by=lead, via="page"),
            lambda: delete_survey(survey, by=lead, via="page"),
            lambda: from_template("half_yearly", by=lead, via="page"),
        ):
            with pytest.raises(PermissionDenied):
                act()
        delete_survey(survey, by=boss, via="page")
        assert not Survey.objects.exists()

    def test_the_wording_is_fixed_once_it_is_sent(self):
        a_person()
        boss, survey = an_administrator(), a_sent()
        question = questions_of(survey)["a1"]
        group = question.group
        for act in (
            lambda: change_survey(survey, by=boss, via="page", title_en="x"),
            lambda: change_question(question, by=boss, via="page", text_en="x"),
            lambda: create_question(group, by=boss, via="page", kind="mark", text_ja="x", text_en="x"),
            lambda: create_group(survey, by=boss, via="page", title_ja="x", title_en="x"),
            lambda: move_group(group, by=boss, via="page", up=False),
            lambda: delete_survey(survey, by=boss, via="page"),
        ):
            with pytest.raises(Refused, match="wording is fixed"):
                act()

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"title_ja": ""}, "title_ja"), ({"audience": "count"}, "amount"), ({"audience": "x"}, "audience"),
            ({"audience": "share", "amount": 101}, "amount"), ({"remind_before": [1, 2, 3, 4, 5, 6]}, "remind_before"),
            ({"remind_before": [200]}, "remind_before"), ({"title_en": "x" * 121}, "title_en"),
            ({"closes_on": timezone.localdate() - timedelta(days=1)}, "closes_on"),
        ],
    )  # fmt: skip
    def test_refuses_at_the_field(self, fields, field):
        with pytest.raises(Refused) as refused:
            a_survey(**fields)
        assert refused.value.field == field

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"text_en": ""}, "text_en"), ({"kind": "stars"}, "kind"), ({"text_ja": "x" * 301}, "text_ja"),
            ({"kind": "choice", "choices_ja": ["a"], "choices_en": ["a"]}, "choices_ja"),
            ({"kind": "choice", "choices_ja": ["a", "b"], "choices_en": ["a"]}, "choices_en"),
        ],
    )  # fmt: skip
    def test_a_strange_question_is_refused_and_nothing_is_half_made(self, fields, field):
        question = {"key": "q", "text_ja": "あ", "text_en": "A"} | fields
        with pytest.raises(Refused) as refused:
            fill_survey(a_survey(groups=[]), [{"title_ja": "一", "title_en": "One", "questions": [question]}])
        assert refused.value.field == f"groups.0.questions.0.{field}"
        assert not SurveyQuestion.objects.exists()

    def test_a_copy_asks_the_same_in_the_same_series(self):
        a_person()
        boss, survey = an_administrator(), a_sent()
        copy = copy_survey(survey, by=boss, via="page")
        assert (copy.state, copy.series, copy.closes_on) == ("draft", survey.series, None)
        said = [
            [(g.key, g.title_ja, [(q.key, q.text_en, q.kind, q.choices_ja) for q in g.questions.all()])
             for g in groups_of(one)] for one in (survey, copy)
        ]  # fmt: skip
        assert said[0] == said[1]

    def test_the_ready_made_one_has_34_items_in_eight_groups_in_both_languages(self):
        survey = from_template("half_yearly", by=an_administrator(), via="page")
        groups = groups_of(survey)
        assert [len(group.questions.all()) for group in groups] == [4, 4, 4, 7, 8, 3, 2, 2]
        texts = [(q.text_ja, q.text_en) for group in groups for q in group.questions.all()]
        assert len(set(texts)) == 34 and all(ja and en and ja != en for ja, en in texts)
        assert len({en for _ja, en in texts}) == len({ja for ja, _en in texts}) == 34
        assert survey.series == "half_yearly" == copy_survey(survey, by=an_administrator(), via="page").series


class TestSending:
    def test_everybody_of_the_staff_gets_one_mail_and_nobody_else(self):
        staff = {a_person(), a_person(language="ja"), an_agent()}
        a_person(is_guest=True)
        a_person(is_active=False)
        survey = a_sent()
        assert set(survey.invitations.values_list("person", flat=True)) == {one.pk for one in staff}
        assert (send_invitations(), send_invitations()) == (3, 0)
        assert {mail.to_user for mail in mails()} == staff
        subjects = dict(mails().values_list("to_user__language", "subject"))
        assert subjects == {"en": "Survey", "ja": "調査"}
        assert set(survey.invitations.values_list("answered", flat=True)) == {False}

    def test_a_killed_sender_doubles_no_invitation(self, monkeypatch):
        for _ in range(5):
            a_person()
        survey = a_sent()
        real, count = sending.without_ticket, iter(range(100))

        def dies(*args, **kwargs):
            if next(count) == 2:
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        monkeypatch.setattr(sending, "without_ticket", dies)
        with pytest.raises(KeyboardInterrupt):
            send_invitations()
        assert mails().count() == 2 == survey.invitations.filter(sent_at__isnull=False).count()
        monkeypatch.setattr(sending, "without_ticket", real)
        send_invitations()
        send_invitations()
        assert mails().count() == 5 == len(set(mails().values_list("to_user", flat=True)))
        # Even where somebody set a row back: the mail of an invitation exists once.
        Invitation.objects.filter(pk=survey.invitations.first().pk).update(sent_at=None)
        send_invitations()
        assert mails().count() == 5

    def test_samples_departments_and_the_desk(self):
        for _ in range(9):
            a_person()
        lead, agent = a_person(Role.LEAD), an_agent()
        top = a_department()
        below = a_department(top.company, parent=top)
        there = [a_person(department=top, company=top.company), a_person(department=below, company=top.company)]
        a_person(department=a_department(top.company), company=top.company)

        def sent(**fields):
            survey = a_sent(**fields)
            return survey.invitations.filter(side="users").count(), survey.invitations.filter(side="desk").count()

        assert sent(audience="count", amount=4) == (4, 0)
        assert sent(audience="count", amount=400) == (14, 0)
        assert sent(audience="share", amount=25, desk="leads") == (4, 1)  # of 13, rounded up
        assert sent(desk="agents") == (12, 2)
        survey = a_survey(audience="departments", departments=[top], desk="named", desk_people=[agent, lead])
        send_survey(survey, by=None, via="command")
        assert set(survey.invitations.filter(side="users").values_list("person", flat=True)) == {p.pk for p in there}
        assert set(survey.invitations.filter(side="desk").values_list("person", flat=True)) == {agent.pk, lead.pk}

    @pytest.mark.parametrize(
        ("fields", "code"), [({"groups": []}, "empty"), ({"closes_on": None}, "refused"), ({}, "refused")]
    )
    def test_refuses_what_asks_nothing_has_no_end_or_reaches_nobody(self, fields, code):
        if fields:
            a_person()
        with pytest.raises(Refused) as refused:
            send_survey(a_survey(**fields), by=None, via="command")
        assert refused.value.code == code
        assert not Invitation.objects.exists()

    def test_is_sent_once(self):
        a_person()
        survey = a_sent()
        with pytest.raises(Refused, match="already"):
            send_survey(survey, by=None, via="command")
        assert survey.invitations.count() == 1

    def test_only_who_has_not_answered_is_reminded_and_once_for_each_day(self):
        early, late = a_person(), a_person()
        survey = a_sent(remind_before=[7, 2])
        send_invitations()
        answered(survey, early)
        end = survey.closes_on
        assert remind(end - timedelta(days=8)) == 0
        assert [remind(end - timedelta(days=left)) for left in (7, 6, 2, 1, 0)] == [1, 0, 1, 0, 0]
        assert [mail.to_user for mail in mails("survey_due")] == [late, late]
        assert SurveyReminder.objects.count() == 2

    def test_a_desk_that_stood_still_reminds_once(self):
        a_person()
        survey = a_sent(remind_before=[7, 2])
        send_invitations()
        assert [remind(survey.closes_on) for _ in range(2)] == [1, 0]

    def test_closes_by_itself_after_its_last_day(self):
        a_person()
        survey = a_sent()
        assert (close_due(survey.closes_on), close_due(survey.closes_on + timedelta(days=1))) == (0, 1)
        survey.refresh_from_db()
        assert survey.state == "closed"


class TestAnswering:
    def test_by_the_link_once_and_a_look_is_no_answer(self, client):
        person = a_person()
        survey = a_sent()
        invitation, asked = survey.invitations.get(), questions_of(survey)
        address = address_for(invitation)
        said = client.get(address).content.decode()
        assert "A one" in said and "B two" in said
        assert not Response.objects.exists()
        given = {f"q{asked['a1'].pk}": "5", f"q{asked['a2'].pk}": "1", f"q{asked['b1'].pk}": "1",
                 f"q{asked['b2'].pk}": "Well done"}  # fmt: skip
        assert "Your answers are kept" in client.post(address, given).content.decode()
        response = Response.objects.get()
        assert (response.person, response.survey, response.side) == (person, survey, "users")
        rows = {one.question.key: (one.mark, one.choice, one.words) for one in response.answers.all()}
        assert rows == {"a1": (5, None, ""), "a2": (1, None, ""), "b1": (None, 1, ""), "b2": (None, None, "Well done")}
        again_there = client.post(address, given)
        assert again_there.status_code == 410 and SENTENCE in again_there.content.decode()
        assert Response.objects.count() == 1

    def test_what_is_wrong_with_a_link_looks_the_same(self, client, monkeypatch):
        a_person()
        survey = a_sent()
        invitation = survey.invitations.get()
        good = invitation_token(invitation.pk)
        wrong = [invitation_token(999_999), rating_token(1, 1, 1), good[:-1] + ("A" if good[-1] != "A" else "B"), "x",
                 TimestampSigner(salt="x").sign("1")]  # fmt: skip
        for key in wrong:
            answer = client.get(reverse("surveys:answer-by-mail", args=[key]))
            assert (answer.status_code, SENTENCE in answer.content.decode()) == (410, True)
        assert client.get(address_for(invitation)).status_code == 200
        close_survey(survey, by=None, via="command")
        answer = client.get(address_for(invitation))
        assert (answer.status_code, SENTENCE in answer.content.decode()) == (410, True)

    @pytest.mark.parametrize(
        ("key", "value"),
        [("a1", "0"), ("a1", "6"), ("a1", "x"), ("a1", None), ("a1", "2.5"), ("b1", "2"), ("b1", "-1"), ("b1", "Yes"),
         ("b2", "x" * 2_001), ("b2", "\x00\x07")],
    )  # fmt: skip
    def test_strange_input_is_refused_at_its_question_and_the_rest_stays(self, client, key, value):
        a_person()
        survey = a_sent()
        asked = questions_of(survey)
        given = {f"q{asked['a1'].pk}": "5", f"q{asked['a2'].pk}": "4", f"q{asked['b1'].pk}": "1"}
        given.pop(f"q{asked[key].pk}", None)
        if value is not None:
            given[f"q{asked[key].pk}"] = value
        answer = client.post(address_for(survey.invitations.get()), given)
        assert answer.status_code == 422
        assert "field-error" in answer.content.decode() and "checked" in answer.content.decode()
        assert not Response.objects.exists() and not survey.invitations.filter(answered=True).exists()

    @pytest.mark.parametrize(
        ("key", "value"), [("a1", 0), ("a1", 6), ("a1", "5"), ("a1", True), ("a1", None), ("b1", 2), ("b1", "0"),
                           ("b2", 7), ("b2", "x" * 2_001)],
    )  # fmt: skip
    def test_the_action_refuses_the_same(self, key, value):
        a_person()
        survey = a_sent()
        asked = questions_of(survey)
        given = {asked["a1"].pk: 5, asked["a2"].pk: 5, asked["b1"].pk: 0} | {asked[key].pk: value}
        with pytest.raises(Refused) as refused:
            answer_survey(survey.invitations.get(), given)
        assert refused.value.field == f"q{asked[key].pk}"
        with pytest.raises(Refused):
            answer_survey(survey.invitations.get(), {999_999: 5})
        assert not Response.objects.exists()

    def test_the_first_page_shows_what_waits_and_lets_one_answer(self, visit):
        person = a_person()
        survey = a_sent()
        asked = questions_of(survey)
        page, address = visit(person), reverse("surveys:answer", args=[survey.pk])
        assert address in page.get(reverse("desk:home")).content.decode()
        given = {f"q{asked['a1'].pk}": "5", f"q{asked['a2'].pk}": "1", f"q{asked['b1'].pk}": "1"}
        assert page.post(address, given).status_code == 303
        assert address not in page.get(reverse("desk:home")).content.decode()
        assert page.get(address).status_code == 404
        assert visit(a_person()).get(address).status_code == 404


class TestAnonymity:
    def filled(self, count=6):
        department = a_department()
        people = [a_person(department=department, company=department.company) for _ in range(count)]
        alone = a_person(department=a_department(department.company), company=department.company)
        survey = a_sent(is_anonymous=True)
        send_invitations()
        for number, person in enumerate([*people, alone]):
            answered(survey, person, a1=1 + number % 5, b2=f"words {number}")
        return survey, department, [*people, alone]

    def test_no_row_of_an_answer_leads_back_to_a_person(self):
        survey, department, people = self.filled()
        ids = {person.pk for person in people} | set(survey.invitations.values_list("pk", flat=True))
        columns = {field.attname: field for model in (Response, Answer) for field in model._meta.concrete_fields}
        assert set(columns) == {
            "id", "survey_id", "side", "on", "department_id", "person_id", "response_id", "question_id", "mark",
            "choice", "words",
        }  # fmt: skip
        for row in Response.objects.values():
            assert row.pop("id").version == 4
            assert row == {
                "survey_id": survey.pk, "side": "users", "on": timezone.localdate(), "person_id": None,
                "department_id": row["department_id"],
            }  # fmt: skip
            assert type(row["on"]).__name__ == "date"
        for row in Answer.objects.values():
            assert row.pop("id").version == 4
            assert set(row) == {"response_id", "question_id", "mark", "choice", "words"}
        # One of a department alone would be known by it.
        kept = sorted(Response.objects.values_list("department", flat=True), key=str)
        assert kept == sorted([department.pk] * 6 + [None], key=str)
        # Of an invitation the flag alone is left, which has no time beside it.
        for row in Invitation.objects.filter(survey=survey).values():
            assert set(row) == {"id", "survey_id", "person_id", "side", "department_id", "sent_at", "answered"}
        others = AuditEntry.objects.filter(object_type__startswith="surveys.").exclude(
            verb__in=["create", "send_survey"]
        )
        assert not others.exists() and ids

    def test_results_show_neither_before_the_end_nor_of_fewer_than_five(self, visit):
        survey, *_rest = self.filled()
        boss = visit(an_administrator())
        address = reverse("surveys:results", args=[survey.pk])
        assert results_of(survey).hidden == "open"
        assert "words 1" not in boss.get(address).content.decode()
        for name in ("results-csv", "results-xlsx"):
            answer = boss.get(reverse(f"surveys:{name}", args=[survey.pk]))
            assert b"words 1" not in b"".join(answer.streaming_content)
        close_survey(survey, by=None, via="command")
        said = boss.get(address).content.decode()
        assert "words 1" in said and not any(f"Person {n}<" in said for n in range(3))
        small = a_sent(is_anonymous=True, audience="count", amount=4)
        for invitation in small.invitations.all():
            answered(small, invitation.person, b2="lonely words")
        close_survey(small, by=None, via="command")
        assert results_of(small).hidden == "few"
        assert "lonely words" not in boss.get(reverse("surveys:results", args=[small.pk])).content.decode()

    def test_small_departments_are_not_shown_alone_nor_found_by_subtraction(self):
        one, two = a_department(), a_department()
        survey_people = {one: 7, two: 5, a_department(): 2}
        people = {dep: [a_person(department=dep, company=dep.company) for _ in range(n)]
                  for dep, n in survey_people.items()}  # fmt: skip
        survey = a_sent(is_anonymous=False)
        for those in people.values():
            for person in those:
                answered(survey, person)
        shown = [(row.department, row.count) for row in results_of(survey).departments]
        assert shown == [(one, 7), (None, 7)]  # two go with the two who are few


class TestResults:
    def test_are_what_one_counts_by_hand(self):
        luck = random.Random(7)
        users, desk = [a_person() for _ in range(12)], [an_agent() for _ in range(3)]
        survey = a_sent(desk="agents")
        given = {}
        for person in [*users, *desk]:
            low, high = (4, 5) if person in desk else (1, 3)
            given[person] = {"a1": luck.randint(1, 5), "a2": luck.randint(low, high), "b1": luck.randint(0, 1)}
            answered(survey, person, **given[person])

        def by_hand(people, key):
            exact = Fraction(sum(given[one][key] for one in people), len(people))
            return Decimal(exact.numerator) / Decimal(exact.denominator)

        def two_places(value):
            return value.quantize(Decimal("0.01"), ROUND_HALF_UP)

        results = results_of(survey)
        items = {item.question.key: item for group in results.groups for item in group.items}
        for key in ("a1", "a2"):
            item = items[key]
            assert item.users.average == two_places(by_hand(users, key))
            assert item.desk.average == two_places(by_hand(desk, key))
            gap = by_hand(desk, key) - by_hand(users, key)
            assert item.gap == two_places(abs(gap)) * (1 if gap >= 0 else -1)
            assert item.is_marked == (abs(two_places(abs(gap))) >= 1)
            assert dict(item.users.spread) == {m: sum(given[one][key] == m for one in users) for m in (5, 4, 3, 2, 1)}
        assert items["a2"].is_marked
        group = results.groups[0]
        pooled = [given[one][key] for one in users for key in ("a1", "a2")]
        assert abs(float(group.users.average) - fmean(pooled)) <= 0.005 + 1e-9
        assert [count for _label, count in items["b1"].choices] == [
            sum(given[one]["b1"] == place for one in users) for place in (0, 1)
        ]

    @pytest.mark.parametrize(
        ("users", "desk", "marked"),
        [((3, 3), (4, 4), True), ((4, 3), (4, 4), False), ((5, 5), (4, 4), True), ((3, 3), (3, 4), False)],
    )
    def test_a_gap_of_a_point_is_marked_in_either_direction_in_words_and_with_a_sign(self, visit, users, desk, marked):
        survey = self.with_marks(users, desk)
        item = results_of(survey).groups[0].items[0]
        assert item.is_marked == marked
        said = visit(a_person(Role.LEAD)).get(reverse("surveys:results", args=[survey.pk])).content.decode()
        words = "The desk sees it better than users do" if desk[0] > users[0] else "Users see it better"
        assert (words in said) == marked and ("#alert-triangle" in said) == marked

    def with_marks(self, users, desk):
        those, ours = [a_person() for _ in users], [an_agent() for _ in desk]
        survey = a_sent(desk="agents", audience="count", amount=len(users))
        Invitation.objects.filter(survey=survey, side="users").delete()
        Invitation.objects.bulk_create(Invitation(survey=survey, person=one) for one in those)
        for person, mark in zip([*those, *ours], [*users, *desk], strict=True):
            answered(survey, person, a1=mark)
        return survey

    def test_leads_write_down_the_cause_of_a_marked_gap_alone(self, visit):
        survey, lead = self.with_marks((2, 2), (4, 4)), a_person(Role.LEAD)
        asked = questions_of(survey)
        with pytest.raises(Refused) as refused:
            explain_gap(asked["a2"], by=lead, via="page", cause="x", dependence="none")
        assert refused.value.code == "no_gap"
        with pytest.raises(PermissionDenied):
            explain_gap(asked["a1"], by=an_agent(), via="page", cause="x", dependence="none")
        page = visit(lead)
        address = reverse("surveys:finding", args=[survey.pk, asked["a1"].pk])
        bad = page.post(address, {"cause": "Only one knows it", "dependence": "wholly"})
        assert bad.status_code == 422 and "Only one knows it" in bad.content.decode()
        page.post(address, {"cause": "Only one knows it", "dependence": "mainly", "dependence_words": "Pair them"})
        row = GapFinding.objects.get()
        assert (row.question, row.cause, row.dependence, row.by) == (asked["a1"], "Only one knows it", "mainly", lead)
        said = page.get(reverse("surveys:results", args=[survey.pk])).content.decode()
        assert "Only one knows it" in said and "Hangs mainly on single people" in said
        assert AuditEntry.objects.filter(verb="explain_gap").count() == 1

    def test_the_trend_is_of_the_same_series_and_hides_what_is_hidden(self):
        first = self.with_marks((1, 3), (4,))
        close_survey(first, by=None, via="command")
        second = copy_survey(first, by=an_administrator(), via="page")
        change_survey(second, by=an_administrator(), via="page", closes_on=timezone.localdate())
        send_survey(second, by=None, via="command")
        a_sent()
        for invitation in list(second.invitations.filter(side="users"))[:2]:
            answered(second, invitation.person, a1=5, a2=5)
        surveys, lines = trend_of(second)
        assert surveys == [first, second]
        assert [line.title for line in lines] == ["A", "B"]
        assert [point.users.average for point in lines[0].points] == [Decimal("2.50"), Decimal("5.00")]
        Survey.objects.filter(pk=second.pk).update(is_anonymous=True)
        assert [point.users.average for point in trend_of(second)[1][0].points] == [Decimal("2.50"), None]

    def test_files_hold_the_same_numbers_a_chart_and_no_formula(self, visit):
        survey = self.with_marks((2, 2), (4, 4))
        answered_words = Response.objects.filter(side="users").first()
        Answer.objects.create(response=answered_words, question=questions_of(survey)["b2"], words="=1+1")
        page = visit(a_person(Role.LEAD, language="ja"))
        csv = b"".join(page.get(reverse("surveys:results-csv", args=[survey.pk])).streaming_content).decode("utf-8-sig")
        assert "甲一,2.00,2,0,0,0,2,0,4.00,2,2.00," in csv
        book = b"".join(page.get(reverse("surveys:results-xlsx", args=[survey.pk])).streaming_content)
        with ZipFile(io.BytesIO(book)) as parts:
            names = parts.namelist()
            sheets = "".join(parts.read(name).decode() for name in names if "worksheets/sheet" in name)
            words = parts.read("xl/sharedStrings.xml").decode()
        assert "xl/charts/chart1.xml" in names
        paper = page.get(reverse("surveys:results-pdf", args=[survey.pk]))
        assert paper["Content-Type"] == "application/pdf" and paper.content.startswith(b"%PDF-")
        assert "乙二: =1+1" in words and "乙二: =1+1" in csv
        assert "<f>" not in sheets and not re.search(r"<t[^>]*>[=+@-]", words) and not re.search(r"[,\n][=+@]", csv)
        assert "<v>2</v>" in sheets

    def test_a_machine_that_makes_no_pdf_says_so_on_the_page(self, visit, monkeypatch):
        def lacking(*_args):
            raise NotNow("This machine cannot make PDFs.")

        survey = self.with_marks((2, 2), (4, 4))
        monkeypatch.setattr("servicedesk.surveys.views.results.pdf.render", lacking)
        page = visit(an_administrator())
        answer = page.get(reverse("surveys:results-pdf", args=[survey.pk]), follow=True)
        assert "This machine cannot make PDFs." in answer.content.decode()

    def test_reads_do_not_grow_with_the_answers(self, django_assert_max_num_queries):
        survey = self.with_marks((2, 2), (4, 4))
        with django_assert_max_num_queries(12) as few:
            results_of(survey), trend_of(survey)
        for _ in range(4):
            Invitation.objects.create(survey=survey, person=(person := a_person()))
            answered(survey, person)
        with django_assert_max_num_queries(12) as many:
            results_of(survey), trend_of(survey)
        assert len(few) == len(many)


class TestPages:
    def test_an_administrator_takes_the_ready_made_one_and_sends_it_in_a_few_clicks(self, visit):
        a_person()
        boss = an_administrator()
        page = visit(boss)
        assert "Make a draft of it" in page.get(reverse("surveys:surveys")).content.decode()
        made = page.post(reverse("surveys:survey-from-template", args=["half_yearly"]))
        survey = Survey.objects.get()
        assert made["Location"] == reverse("surveys:survey", args=[survey.pk])
        assert page.post(reverse("surveys:survey-send", args=[survey.pk])).status_code == 422  # no last day
        given = {
            "title_ja": "調査", "title_en": "Survey", "audience": "share", "amount": "５０", "desk": "agents",
            "closes_on": (timezone.localdate() + timedelta(days=9)).isoformat(), "remind_before": "７、2",
            "is_anonymous": "on",
        }  # fmt: skip
        bad = page.post(reverse("surveys:survey-change", args=[survey.pk]), given | {"remind_before": "soon"})
        assert bad.status_code == 422 and "soon" in bad.content.decode()
        page.post(reverse("surveys:survey-change", args=[survey.pk]), given)
        survey.refresh_from_db()
        assert (survey.amount, survey.remind_before, survey.is_anonymous) == (50, [7, 2], True)
        for language, words in (("ja", "費用に見合うサービスですか。"), ("en", "worth what they cost")):
            shown = page.get(reverse("surveys:survey-preview", args=[survey.pk]) + f"?language={language}")
            assert words in shown.content.decode()
        assert page.post(reverse("surveys:survey-send", args=[survey.pk])).status_code == 303
        survey.refresh_from_db()
        assert survey.state == "open"
        page.post(reverse("surveys:survey-close", args=[survey.pk]))
        survey.refresh_from_db()
        assert survey.state == "closed"
        assert page.post(reverse("surveys:survey-copy", args=[survey.pk])).status_code == 303
        assert Survey.objects.count() == 2

    def test_groups_and_questions_by_page(self, visit):
        page, survey = visit(an_administrator()), a_survey(groups=[])
        page.post(reverse("surveys:group-new", args=[survey.pk]), {"title_ja": "一", "title_en": "One"})
        group = survey.groups.get()
        new = reverse("surveys:question-new", args=[survey.pk, group.pk])
        given = {"kind": "choice", "text_ja": "どれ", "text_en": "Which", "choices_ja": "甲\n乙", "choices_en": "A"}
        assert page.post(new, given).status_code == 422
        page.post(new, given | {"choices_en": "A\r\n B \r\n"})
        question = group.questions.get()
        assert (question.choices_en, question.is_required) == (["A", "B"], False)
        page.post(reverse("surveys:question-move", args=[survey.pk, question.pk]), {"up": "1"})
        page.post(reverse("surveys:question-delete", args=[survey.pk, question.pk]))
        page.post(reverse("surveys:group-delete", args=[survey.pk, group.pk]))
        assert not survey.groups.exists()
        other = a_survey(groups=GROUPS)
        foreign = reverse("surveys:group-change", args=[survey.pk, other.groups.first().pk])
        assert page.get(foreign).status_code == 404

    def test_leads_read_and_agents_and_staff_do_not(self, visit):
        a_person()
        survey = a_sent()
        addresses = [reverse("surveys:surveys"), *(reverse(f"surveys:{name}", args=[survey.pk]) for name in (
            "survey", "survey-preview", "results", "results-print", "results-csv", "results-xlsx"))]  # fmt: skip
        lead = visit(a_person(Role.LEAD))
        assert {lead.get(address).status_code for address in addresses} == {200}
        assert lead.post(reverse("surveys:survey-close", args=[survey.pk])).status_code == 403
        for person in (an_agent(), a_person()):
            page = visit(again(person))
            assert {page.get(address).status_code for address in addresses} == {403}

    def test_titles_are_in_the_readers_language(self):
        survey = a_survey(title_ja="満足度", title_en="Satisfaction")
        with override("ja"):
            assert str(survey) == "満足度"
        assert str(survey) == "Satisfaction" and a_team()
