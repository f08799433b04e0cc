"""Pages by key: the same rows in the same order as one long list, whatever columns, directions and cursors."""

import base64
import datetime as dt
import json
import random

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from servicedesk.people.models import User
from servicedesk.web.keyset import Key, KeysetPage, asc, desc, order_tag
from tests.factories import a_company, a_department

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """40 people with equal names and many without an employee number or a department."""
    chance = random.Random(7)
    company = a_company()
    departments = [a_department(company) for _ in range(3)]
    for n in range(40):
        User.objects.create(
            email=f"p{n}@example.com",
            name=chance.choice(["A", "B", "C"]),
            employee_number=None if n % 3 == 0 else f"{chance.randrange(10)}-{n}",
            department=chance.choice([None, *departments]),
            created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=chance.randrange(4)),
        )
    return User.objects.all()


ORDERS = {
    "one direction": ["name", "created_at", "id"],
    "one direction down": [("name", desc), ("created_at", desc), ("id", desc)],
    "mixed": ["name", "-created_at", "id"],
    "nullable": [("employee_number", asc), ("id", desc)],
    "nullable down": ["-employee_number", "id"],
    "nulls last both": [Key("employee_number", descending=True, nulls_last=True), Key("id")],
    "nulls first": [Key("employee_number", nulls_last=False), Key("id", descending=True)],
    "relation": ["department__code", "id"],
    "alone": ["-id"],
}


def ids(rows):
    return [row.pk for row in rows]


class TestWalking:
    @pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
    def test_forward_and_back_is_the_whole_list(self, people, order):
        people = people.select_related("department")
        whole = ids(KeysetPage(people, order, size=100))
        assert len(whole) == 40
        page, forward, pages = KeysetPage(people, order, size=7), [], []
        while True:
            forward += ids(page)
            pages.append(ids(page))
            if not page.next:
                break
            page = KeysetPage(people, order, after=page.next, size=7)
        assert forward == whole
        backward = [ids(page)]
        while page.previous:
            page = KeysetPage(people, order, before=page.previous, size=7)
            backward.insert(0, ids(page))
        assert backward == pages

    def test_the_order_is_that_of_the_database(self, people):
        assert ids(KeysetPage(people, ["name", "-created_at", "id"], size=100)) == ids(
            people.order_by("name", "-created_at", "id")
        )

    def test_rows_that_arrive_meanwhile_move_nothing(self, people):
        first = KeysetPage(people, ["id"], size=10)
        User.objects.filter(pk=first.rows[2].pk).delete()
        second = KeysetPage(people, ["id"], after=first.next, size=10)
        assert ids(second) == ids(people.order_by("id")[9:19])

    def test_first_and_last_page_know_that(self, people):
        page = KeysetPage(people, ["id"], size=40)
        assert (page.next, page.previous, page.is_first) == ("", "", True)

    def test_beyond_the_end_is_empty(self, people):
        page = KeysetPage(people, ["id"], size=40)
        beyond = KeysetPage(people, ["id"], after=page.cursor(page.rows[-1]))
        assert (len(beyond), beyond.next, beyond.previous, beyond.is_first) == (0, "", "", False)

    def test_annotations_and_rows_as_dicts(self, people):
        tagged = people.annotate(tag=Concat("name", Value("-"), "email", output_field=CharField()))
        page = KeysetPage(tagged.values("tag", "id"), ["tag", "id"], size=7)
        second = KeysetPage(tagged.values("tag", "id"), ["tag", "id"], after=page.next, size=7)
        assert list(second) == list(tagged.values("tag", "id").order_by("tag", "id")[7:14])


class TestQueries:
    def test_one_query_of_one_row_more(self, people):
        first = KeysetPage(people, ["name", "id"], size=5)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            KeysetPage(people, ["name", "id"], after=first.next, size=5)
        assert len(queries) == 1
        sql = queries[0]["sql"]
        assert "LIMIT 6" in sql
        assert "COUNT" not in sql
        assert "OFFSET" not in sql
        assert '("people_user"."name", "people_user"."id") > (' in sql

    def test_mixed_directions_still_start_at_a_range(self, people):
        first = KeysetPage(people, ["name", "-id"], size=5)
        with CaptureQueriesContext(connection) as queries:
            KeysetPage(people, ["name", "-id"], after=first.next, size=5)
        assert '"people_user"."name" >= ' in queries[0]["sql"]


BAD_FOR = ["name", "created_at", "id"]
GOOD_VALUES = ("A", "2026-01-01T00:00:00+00:00", 1)


def cursor(*values):
    """A cursor with the right tag, so that only the values are wrong."""
    tag = order_tag([Key.of(name) for name in BAD_FOR])
    return base64.urlsafe_b64encode(json.dumps([tag, *values]).encode()).decode().rstrip("=")


class TestBadCursors:
    @pytest.mark.parametrize(
        "bad",
        [
            "x",
            "%%%",
            "=" * 10,
            "a" * 5000,
            "é",
            base64.urlsafe_b64encode(b"\xff\xfe").decode(),
            base64.urlsafe_b64encode(b'{"a": 1}').decode(),
            base64.urlsafe_b64encode(b"[" * 900).decode(),
            base64.urlsafe_b64encode(b"[NaN, 1, 1]").decode(),
            cursor("A"),
            cursor("A", "2026-01-01", 1, 1),
            cursor("A", "2026-01-01T00:00:00+00:00", "1"),
            cursor("A", "2026-01-01T00:00:00+00:00", True),
            cursor("A", "2026-01-01T00:00:00+00:00", 10**30),
            cursor("A", "2026-01-01T00:00:00+00:00", None),
            cursor("A", "2026-01-01T00:00:00", 1),
            cursor("A", "yesterday", 1),
            cursor("A", 5, 1),
            cursor(["A"], "2026-01-01T00:00:00+00:00", 1),
            cursor("A\x00", "2026-01-01T00:00:00+00:00", 1),
            cursor("\ud800", "2026-01-01T00:00:00+00:00", 1),
        ],
    )
    def test_mean_the_first_page(self, people, bad):
        order = BAD_FOR
        assert not KeysetPage(people, order, after=cursor(*GOOD_VALUES)).is_first
        for given in ({"after": bad}, {"before": bad}):
            page = KeysetPage(people, order, size=5, **given)
            assert page.is_first
            assert ids(page) == ids(people.order_by(*order)[:5])

    def test_a_cursor_of_another_order_too(self, people):
        other = KeysetPage(people, ["-created_at", "id"], size=5).next
        assert KeysetPage(people, ["name", "id"], after=other, size=5).is_first

    def test_a_cursor_selects_nothing_that_is_not_in_the_list(self, people):
        some = people.filter(name="A")
        first = KeysetPage(people, ["id"], size=5).next
        assert {row.name for row in KeysetPage(some, ["id"], after=first)} == {"A"}

    def test_directions_are_checked(self):
        with pytest.raises(ValueError, match="sideways"):
            KeysetPage(Session.objects.all(), [("pk", "sideways")])
