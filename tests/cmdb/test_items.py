"""Configuration items: who has which device, found while the telephone rings."""

import pytest
from django.core.exceptions import PermissionDenied

from cmdb.actions import change_item, create_item, import_items
from cmdb.models import Item
from cmdb.queries import find_items, items_of
from servicedesk.people.models import AuditEntry, Role
from servicedesk.people.ties import ties_of
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_team, a_ticket, an_administrator, an_agent, an_item
from tests.people.test_persons import entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return a_person(Role.CMDB_MANAGER)


def numbers(items) -> list[str]:
    return [item.number for item in items]


class TestWrites:
    def test_have_an_entry_each(self, manager):
        hanako = a_person(name="Hanako")
        item = create_item(by=manager, via="page", number="PC-1", name="Notebook", kind="computer", user=hanako)
        change_item(item, by=manager, via="page", user=None, state="spare", name="Notebook")
        assert entries(item) == [
            (
                "create",
                {
                    "changes": {
                        "number": [None, "PC-1"], "name": [None, "Notebook"], "kind": [None, "computer"],
                        "user": [None, [hanako.pk, "Hanako"]],
                    }
                },
            ),
            ("change", {"changes": {"user": [[hanako.pk, "Hanako"], None], "state": ["in_use", "spare"]}}),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "fields, field",
        [
            ({"number": "taken"}, "number"), ({"number": ""}, "number"), ({"number": "a\nb"}, "number"),
            ({"name": ""}, "name"), ({"kind": "toaster"}, "kind"), ({"kind": ""}, "kind"), ({"state": "lost"}, "state"),
        ],
    )  # fmt: skip
    def test_refuse_at_the_field(self, manager, fields, field):
        an_item(number="taken")
        with pytest.raises(Refused) as refused:
            create_item(**{"by": manager, "via": "page", "number": "new", "name": "N", "kind": "other"} | fields)
        assert refused.value.field == field
        assert Item.objects.count() == 1

    def test_are_not_for_agents(self):
        with pytest.raises(PermissionDenied):
            create_item(by=an_agent(), via="page", number="x", name="X", kind="other")
        with pytest.raises(PermissionDenied):
            change_item(an_item(), by=an_agent(), via="page", name="X")
        with pytest.raises(PermissionDenied):
            import_items("管理番号\nPC-1".encode(), by=an_agent(), via="page")


class TestFinding:
    def test_by_parts_in_any_writing_and_by_whoever_uses_it(self):
        agent = an_agent()
        an_item(a_person(name="髙橋 一郎", reading="タカハシ イチロウ"), number="PC-0042", name="シンクパッド")
        an_item(number="MFP-007", name="imageRUNNER", place="本社 3階", serial_number="ABC123")
        for words in ("0042", "pc-00", "ＰＣ－００４２", "しんく", "高橋", "たかはし", "シンク pc"):
            assert numbers(find_items(agent, words)) == ["PC-0042"], words
        for words in ("3階", "abc1", "image 本社"):
            assert numbers(find_items(agent, words)) == ["MFP-007"], words
        assert numbers(find_items(agent, "シンク 本社")) == []

    def test_by_kind_and_state(self):
        agent = an_agent()
        an_item(number="1", kind="printer")
        an_item(number="2", state="spare")
        assert numbers(find_items(agent, "", kind="printer")) == ["1"]
        assert numbers(find_items(agent, "", state="spare")) == ["2"]

    def test_of_a_person_without_what_is_retired(self):
        hanako = a_person()
        an_item(hanako, number="B")
        an_item(hanako, number="A", state="repair")
        an_item(hanako, number="C", state="retired")
        an_item(a_person(), number="D")
        assert numbers(items_of(an_agent(), hanako)) == ["A", "B"]
        assert items_of(an_agent(), None) == []

    def test_shows_staff_nothing_not_even_their_own(self):
        hanako = a_person()
        an_item(hanako)
        assert items_of(hanako, hanako) == []
        assert not find_items(hanako, "PC").exists()

    def test_whoever_leaves_is_said_to_have_them(self):
        hanako = a_person()
        an_item(hanako, number="PC-1")
        an_item(hanako, number="PC-2", state="retired")
        assert [(tie.sentence, tie.holds) for tie in ties_of(hanako)] == [("Uses: PC-1.", False)]


class TestImport:
    HEAD = "管理番号,名称,種類,利用者,シリアル番号,設置場所\n"

    def test_makes_changes_and_leaves_alone(self, manager):
        hanako = a_person(email="hanako@example.com", employee_number="M001")
        an_item(number="PC-1", name="Old", serial_number="S1", place="3F", note="kept")
        an_item(hanako, number="PC-2", name="Same", serial_number="S2")
        file = (
            f"{self.HEAD}PC-1,New,パソコン,M001,S1,\nPC-2,Same,computer,hanako@example.com,S2,\n"
            "MFP-1,複合機,プリンター,,,本社\n"
        )
        result = import_items(file.encode("cp932"), by=manager, via="page")
        assert (result.created, result.changed, result.unchanged, result.rejected) == (1, 1, 1, [])
        first = Item.objects.get(number="PC-1")
        assert (first.name, first.user, first.place, first.note) == ("New", hanako, "", "kept")
        assert Item.objects.get(number="MFP-1").kind == "printer"
        written = AuditEntry.objects.filter(by=manager).order_by("id").values_list("verb", "data__import")
        assert list(written) == [("create", True), ("change", True)]

    def test_one_bad_row_and_nothing_is_written(self, manager):
        file = (
            f"{self.HEAD}PC-1,Good,パソコン,,,\n,Nameless,パソコン,,,\nPC-1,Twice,パソコン,,,\nPC-3,X,トースター,,,\n"
            f"PC-4,X,パソコン,nobody@example.com,,\nPC-5,{'x' * 121},パソコン,,,\nPC-6,X,,,,\n"
        )
        result = import_items(file.encode(), by=manager, via="page")
        assert [line for line, _sentence in result.rejected] == [3, 4, 5, 6, 7, 8]
        assert result.rejected[3][1] == "Nobody has the address or employee number “nobody@example.com”."
        assert not Item.objects.exists() and not AuditEntry.objects.filter(verb="create").exists()

    def test_a_trial_writes_nothing(self, manager):
        result = import_items(f"{self.HEAD}PC-1,Good,パソコン,,,\n".encode(), by=manager, via="page", trial=True)
        assert result.created == 1 and not Item.objects.exists()

    @pytest.mark.parametrize("file", ["", "名称\nX", "管理番号\n", "管理番号,番号\n1,2"])
    def test_refuses_what_is_no_such_table(self, manager, file):
        with pytest.raises(Refused) as refused:
            import_items(file.encode(), by=manager, via="page")
        assert refused.value.field == "file"

    def test_takes_back_what_it_handed_out(self, visit, manager):
        an_item(a_person(email="hanako@example.com"), number="=1+1", name="-x", kind="phone", state="repair")
        an_item(a_person(employee_number="M7"), number="PC-2", note="メモ、と, comma")
        file = b"".join(visit(manager).get("/settings/items/export.csv").streaming_content)
        assert b"'=1+1" in file
        result = import_items(file, by=manager, via="page")
        assert (result.unchanged, result.created, result.changed, result.rejected) == (2, 0, 0, [])


class TestPages:
    FIELDS = {"number": "PC-1", "name": "Notebook", "kind": "computer", "state": "in_use"}

    def test_an_item_is_made_listed_and_changed(self, visit):
        a_person(email="hanako@example.com", name="Hanako")
        client = visit(an_administrator())
        assert "No item yet" in client.get("/settings/items/").content.decode()
        made = client.post("/settings/items/new/", self.FIELDS | {"user": "hanako@example.com"})
        item = Item.objects.get()
        assert (made.status_code, item.user.name) == (303, "Hanako")
        page = client.get("/settings/items/", {"q": "hanako"}).content.decode()
        assert "PC-1" in page and "Hanako" in page
        assert "Nothing fits" in client.get("/settings/items/", {"q": "nothing"}).content.decode()
        client.post(f"/settings/items/{item.pk}/", self.FIELDS | {"state": "spare"})
        item.refresh_from_db()
        assert (item.state, item.user) == ("spare", None)

    def test_a_refusal_keeps_what_was_typed(self, visit, manager):
        an_item(number="PC-1")
        answer = visit(manager).post("/settings/items/new/", self.FIELDS | {"name": "Typed"})
        assert answer.status_code == 422
        assert "The number “PC-1” is taken." in answer.content.decode()
        assert 'value="Typed"' in answer.content.decode()

    def test_agents_look_and_change_nothing(self, visit):
        item = an_item(number="PC-1", serial_number="SN-9")
        client = visit(an_agent())
        assert "SN-9" in client.get(f"/settings/items/{item.pk}/").content.decode()
        assert client.post(f"/settings/items/{item.pk}/", self.FIELDS | {"name": "X"}).status_code in (200, 405)
        assert client.get("/settings/items/new/").status_code == 403
        assert client.get("/settings/items/import/").status_code == 403
        item.refresh_from_db()
        assert item.name != "X"
        assert visit(a_person()).get("/settings/items/").status_code == 403

    def test_a_file_comes_in_by_the_page(self, visit, manager):
        from django.core.files.uploadedfile import SimpleUploadedFile

        client = visit(manager)
        bad = SimpleUploadedFile("i.csv", "管理番号,名称,種類\nPC-1,X,トースター\n".encode())
        answer = client.post("/settings/items/import/", {"file": bad})
        assert answer.status_code == 422 and "There is no kind “トースター”." in answer.content.decode()
        good = "管理番号,名称,種類\nPC-1,X,パソコン\n".encode()
        tried = client.post("/settings/items/import/", {"file": SimpleUploadedFile("i.csv", good), "trial": "1"})
        assert "nothing was written" in tried.content.decode() and not Item.objects.exists()
        done = client.post("/settings/items/import/", {"file": SimpleUploadedFile("i.csv", good)})
        assert (done.status_code, Item.objects.count()) == (303, 1)

    @pytest.mark.parametrize("rows", [2, 6])
    def test_the_number_of_queries_does_not_grow(self, visit, manager, rows, django_assert_num_queries):
        client = visit(manager)
        client.get("/settings/items/")
        for _n in range(rows):
            an_item(a_person())
        with django_assert_num_queries(5):
            client.get("/settings/items/")


class TestWhereACallerIsSeen:
    def test_the_phone_log_the_new_ticket_and_the_ticket_show_what_they_use(self, visit):
        team = a_team()
        client, hanako = visit(an_agent(team)), a_person()
        an_item(hanako, number="PC-77", name="Let's note", serial_number="SN-1")
        an_item(hanako, number="PC-78", state="retired")
        ticket = a_ticket(requester=hanako, team=team)
        for path in (
            f"/desk/call/?for={hanako.pk}", f"/desk/call/about/?requester={hanako.email}",
            f"/desk/new/caller/?requester={hanako.email}", ticket.get_absolute_url(),
        ):  # fmt: skip
            page = client.get(path).content.decode()
            assert "PC-77" in page and "SN-1" in page and "PC-78" not in page, path

    def test_the_requester_is_not_shown_the_register(self, visit):
        hanako = a_person()
        an_item(hanako, number="PC-77")
        ticket = a_ticket(requester=hanako)
        assert "PC-77" not in visit(hanako).get(ticket.get_absolute_url()).content.decode()
