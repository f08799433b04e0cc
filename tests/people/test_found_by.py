"""People are found by a part of what is known of them, however it is typed, and by an index."""

import pytest

from servicedesk.people.models import Role, User
from servicedesk.people.queries import find_people
from tests.factories import a_person
from tests.plans import filled, without

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return a_person(Role.ADMINISTRATOR, name="reader", email="reader@example.org", phone="", reading="")


def found(reader, words: str) -> list[str]:
    return [person.name for person in find_people(reader, words)]


class TestFolding:
    @pytest.mark.parametrize(
        ("name", "typed"),
        [
            ("髙橋 一", "高橋"), ("高橋 一", "髙橋"), ("山﨑 一", "山崎"), ("渡邊 一", "渡辺"), ("さくら 一", "サクラ"),
            ("サクラ 一", "さくら"), ("ｽｽﾞｷ 一", "すずき"), ("Ｓｍｉｔｈ", "smith"), ("Anne‐Marie", "anne-marie"),
            ("林", "林"),
        ],
    )  # fmt: skip
    def test_of_names(self, name, typed, reader):
        a_person(name=name)
        assert found(reader, typed) == [name]

    @pytest.mark.parametrize("typed", ["すず", "スズ", "ｽｽﾞ", "ズキ"])
    def test_of_readings(self, typed, reader):
        a_person(name="鈴木", reading="スズキ")
        assert found(reader, typed) == ["鈴木"]

    def test_follows_a_changed_name(self, reader):
        person = a_person(name="佐藤")
        person.name = "伊藤"
        person.save()
        assert found(reader, "佐藤") == []
        assert found(reader, "伊藤") == ["伊藤"]


class TestParts:
    def test_end_where_one_text_ends(self, reader):
        a_person(name="森田", reading="モリタ")
        assert found(reader, "田モ") == []

    @pytest.mark.parametrize("typed", ["ab", "bc", "aab", "abc"])
    def test_of_two_letters_and_more_stand_together(self, typed, reader):
        a_person(name="aabbcc")
        a_person(name="xabcx")
        assert found(reader, typed) == sorted(name for name in ("aabbcc", "xabcx") if typed in name)

    @pytest.mark.parametrize("typed", ["%", "_", "\\", "a%c", "a_c"])
    def test_hold_no_wildcards(self, typed, reader):
        a_person(name="abc")
        assert found(reader, typed) == []

    def test_of_several_words_are_all_there(self, reader):
        a_person(name="佐藤 花子")
        a_person(name="佐藤 太郎")
        assert found(reader, "佐藤 花") == ["佐藤 花子"]

    def test_of_a_telephone_number(self, reader):
        a_person(name="one", phone="+81-3-1234-5678")
        a_person(name="two", phone="０３（１２３４）５６７９")
        assert found(reader, "03-1234-5678") == ["one"]
        assert found(reader, "12345679") == ["two"]

    def test_number_and_extension_fit_wholly(self, reader):
        a_person(name="one", email="one@example.com", employee_number="E-77", extension="91")
        assert found(reader, "e-77") == found(reader, "91") == ["one"]
        assert found(reader, "E-7") == found(reader, "9") == []


class TestPlan:
    @pytest.mark.parametrize("typed", ["佐藤", "スズキ", "03-1234-5678", "4711", "someone@example"])
    def test_reads_no_table_whole(self, typed, reader):
        filled(a_person(), email=lambda n: f"one.of.many{n}@example.com", name=lambda n: f"Person {n}")
        without("seqscan")
        plan = find_people(reader, typed).explain()
        assert "person_found_by" in plan
        assert f"Seq Scan on {User._meta.db_table}" not in plan
