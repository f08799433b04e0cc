"""The escalation directory: entries and contracts, which tickets they show on, files, reminders."""

import io
import re
from datetime import date, timedelta
from decimal import Decimal
from zipfile import ZipFile

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from servicedesk.directory.actions import change_contract, change_entry, create_contract, create_entry, remind_owners
from servicedesk.directory.actions.importing import import_entries
from servicedesk.directory.models import Contract, Entry, Reminder
from servicedesk.directory.queries import CATEGORY, GENERAL, ITEM, SERVICE, find_entries, fitting
from servicedesk.levels.models import Agreement
from servicedesk.notify.models import Notification, OutgoingMail
from servicedesk.people.models import AuditEntry
from servicedesk.people.ties import ties_of
from servicedesk.tickets.actions import set_items
from servicedesk.tickets.models import Category
from servicedesk.web.errors import Refused
from tests.factories import a_person, a_service, a_team, a_ticket, again, an_administrator, an_agent, an_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)


def an_entry(owner=None, **fields) -> Entry:
    usual = {
        "kind": "vendor", "name": "Sakura Network", "email": "support@sakura.example", "review_on": date(2027, 4, 1),
        "owner": owner or an_agent(),
    }  # fmt: skip
    return create_entry(by=None, via="command", **usual | fields)


def a_contract(entry=None, **fields) -> Contract:
    usual = {"number": "SN-1", "valid_from": date(2026, 1, 1), "unit": "incidents", "bought": Decimal(10)}
    return create_contract(entry or an_entry(), by=None, via="command", **usual | fields)


class TestEntries:
    def test_are_written_by_administrators_and_their_owner_each_with_an_audit_entry(self):
        owner, other, administrator = an_agent(), an_agent(), an_administrator()
        entry = create_entry(
            by=administrator, via="page", kind="vendor", name="Sakura", email="s@sakura.example", owner=owner,
            review_on=TODAY, services=[service := a_service()],
        )  # fmt: skip
        change_entry(entry, by=owner, via="page", phone="03-1", services=[])
        contract = create_contract(entry, by=owner, via="page", number="1", valid_from=TODAY)
        change_contract(contract, by=owner, via="page", cost=Decimal("1200.50"), callers=[other])
        said = AuditEntry.objects.filter(object_type__startswith="directory.").order_by("pk")
        assert [(each.object_type, each.verb) for each in said] == [
            ("directory.entry", "create"), ("directory.entry", "change"),
            ("directory.contract", "create"), ("directory.contract", "change"),
        ]  # fmt: skip
        assert said[1].data["changes"] == {"phone": ["", "03-1"], "services": [[[service.pk, service.name]], []]}
        assert said[3].data["changes"] == {"cost": [None, "1200.5"], "callers": [[], [[other.pk, other.name]]]}
        for act in (
            lambda: change_entry(entry, by=other, via="page", phone="1"),
            lambda: create_entry(by=owner, via="page", kind="vendor", name="X"),
            lambda: create_contract(entry, by=other, via="page", number="2", valid_from=TODAY),
            lambda: change_contract(contract, by=other, via="page", number="2"),
        ):
            with pytest.raises(PermissionDenied):
                act()

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": ""}, "name"), ({"name": "taken"}, "name"), ({"kind": "friend"}, "kind"),
            ({"kind": "team"}, "team"), ({"kind": "decider"}, "person"), ({"email": ""}, "email"),
            ({"review_on": None}, "review_on"), ({"web": "javascript:x"}, "web"),
        ],
    )  # fmt: skip
    def test_refuse_at_the_field(self, fields, field):
        an_entry(name="taken")
        with pytest.raises(Refused) as refused:
            an_entry(**fields)
        assert refused.value.field == field
        assert Entry.objects.count() == 1

    def test_have_an_owner_who_sees_them_and_who_is_told_before_leaving(self):
        with pytest.raises(Refused, match="cannot see the directory"):
            an_entry(a_person())
        entry = an_entry(owner := an_agent())
        assert [tie.sentence for tie in ties_of(owner)] == [f"Stands in the escalation directory: {entry}."]

    def test_keep_only_what_their_kind_has(self):
        boss = a_person(phone="0311112222")
        entry = an_entry(kind="decider", name="The end", person=boss, contact="X", web="https://x.example", email="")
        assert (entry.contact, entry.web) == ("", "")
        assert (entry.whom, entry.number, entry.address) == (boss.name, "0311112222", boss.email)


class TestContracts:
    @pytest.mark.parametrize(
        ("fields", "field", "sentence"),
        [
            ({"valid_to": date(2025, 12, 31)}, "valid_to", "The contract ends before it starts."),
            ({"bought": None}, "bought", "Say how much was bought."),
            ({"bought": Decimal(-1)}, "bought", "less than zero"),
            ({"currency": "Yen!"}, "currency", "three letters"),
            ({"number": ""}, "number", "cannot be blank"),
            ({"number": "SN-0"}, "number", "this number already"),
            ({"valid_from": None}, "valid_from", "Say from when"),
        ],
    )  # fmt: skip
    def test_refuse_with_a_sentence(self, fields, field, sentence):
        entry = an_entry()
        a_contract(entry, number="SN-0")
        with pytest.raises(Refused, match=sentence) as refused:
            a_contract(entry, **fields)
        assert refused.value.field == field
        assert entry.contracts.count() == 1

    def test_are_vendors_alone_and_agree_with_vendors_alone(self):
        with pytest.raises(Refused, match="Only vendors"):
            a_contract(an_entry(kind="community", name="Free"))
        ours = Agreement.objects.create(name="Second line", kind="team", team=a_team())
        with pytest.raises(Refused, match="no agreement with a vendor"):
            a_contract(agreement=ours)


class TestFitting:
    def test_items_first_then_service_then_a_category_above_then_what_is_for_all(self, django_assert_num_queries):
        agent, service, item = an_agent(team := a_team()), a_service(team), an_item()
        above = Category.objects.create(code="net", name="Network")
        below = Category.objects.create(code="wifi", name="Wi-Fi", parent=above)
        ticket = a_ticket(service=service, category=below)
        set_items(ticket, by=agent, via="page", items=[item])
        an_entry(name="All")
        an_entry(name="Category", categories=[above])
        an_entry(name="Service", services=[service, a_service()])
        a_contract(an_entry(name="Item", items=[item], services=[a_service()]))
        an_entry(name="Other", services=[a_service()], categories=[Category.objects.create(code="x", name="X")])
        an_entry(name="Gone", items=[item], is_active=False)
        found = [(entry.name, entry.near) for entry in fitting(agent, ticket)]
        assert found == [("Item", ITEM), ("Service", SERVICE), ("Category", CATEGORY), ("All", GENERAL)]
        plain = a_ticket()
        assert [entry.name for entry in fitting(agent, plain)] == ["All"]
        assert not fitting(ticket.requester, ticket).exists()
        with django_assert_num_queries(4):  # the tree, entries, contracts, callers
            list(fitting(agent, ticket))


class TestFinding:
    def test_by_words_kind_service_and_what_is_wanting(self):
        agent, service, today = an_agent(), a_service(), timezone.localdate()
        a_contract(
            an_entry(name="さくらネット", services=[service]), number="AB-9", valid_to=today + timedelta(days=20)
        )
        a_contract(an_entry(name="Old"), valid_to=today - timedelta(days=1))
        a_contract(an_entry(name="Used", review_on=today), used=Decimal(10))
        an_entry(kind="community", name="Free")
        an_entry(name="Gone", is_active=False)

        def found(words="", **asked):
            return [entry.name for entry in find_entries(agent, words, **asked)]

        assert found("サクラ") == found("ab-9") == found(service=service.pk) == found(what="ending") == ["さくらネット"]
        assert found(kind="community") == ["Free"]
        assert (found(what="due"), found(what="used_up")) == (["Used"], ["Used"])
        assert (found(what="expired"), found(what="retired")) == (["Old"], ["Gone"])
        assert len(found()) == 4
        assert not find_entries(a_person()).exists()


class TestPages:
    def test_list_entry_contract_and_paper_for_agents_and_nothing_for_staff(self, visit):
        agent = an_agent(language="ja")
        contract = a_contract(an_entry(how_to_call="自動音声のあと2番"), callers=[agent], have_ready="シリアル番号")
        pages = [
            reverse("directory:entries"), reverse("directory:entry", args=[contract.entry_id]),
            reverse("directory:contract", args=[contract.pk]), reverse("directory:entries-print"),
        ]  # fmt: skip
        page = visit(agent)
        shown = [page.get(address).content.decode() for address in pages]
        assert all("SN-1" in each for each in shown)
        assert "自動音声のあと2番" in shown[1] and "シリアル番号" in shown[2] and "シリアル番号" in shown[3]
        assert page.get(reverse("directory:entry-change", args=[contract.entry_id])).status_code == 403
        staff = visit(a_person())
        assert {staff.get(address).status_code for address in pages} <= {403, 404}

    def test_an_administrator_enters_changes_and_retires(self, visit):
        administrator = an_administrator(email="admin@example.com")
        page = visit(administrator)
        address = reverse("directory:entry-new")
        assert "?kind=vendor" in page.get(address).content.decode()
        given = {"name": "Sakura", "owner": "admin@example.com", "review_on": "2027-01-31", "email": "bad"}
        refused = page.post(f"{address}?kind=vendor", given)
        assert refused.status_code == 422 and 'value="Sakura"' in refused.content.decode()
        item = an_item()
        answer = page.post(f"{address}?kind=vendor", given | {"email": "s@sakura.example", "items": item.number})
        entry = Entry.objects.get()
        assert answer["Location"] == reverse("directory:entry", args=[entry.pk]) and list(entry.items.all()) == [item]
        page.post(
            reverse("directory:contract-new", args=[entry.pk]),
            {"number": "1", "valid_from": "2026-01-01", "hours": "around", "unit": "hours", "bought": "１２.５",
             "currency": "jpy", "channels": ["phone"], "is_active": "on"},
        )  # fmt: skip
        contract = entry.contracts.get()
        assert (contract.around_the_clock, contract.bought, contract.currency) == (True, Decimal("12.5"), "JPY")
        address = reverse("directory:contract-change", args=[contract.pk])
        assert 'value="12.5"' in page.get(address).content.decode()
        contract.used = Decimal(3)  # while the form was open that showed 0
        contract.save()
        given = {"number": "1a", "valid_from": "2026-01-01", "unit": "hours", "bought": "12.5", "currency": "JPY"}
        page.post(address, given | {"used": "0", "used_before": "0"})
        contract.refresh_from_db()
        assert (contract.number, contract.used) == ("1a", 3)
        page.post(address, given | {"used": "2", "used_before": "3"})
        contract.refresh_from_db()
        assert contract.used == 2
        page.post(reverse("directory:entry-retire", args=[entry.pk]))
        entry.refresh_from_db()
        assert not entry.is_active
        page.post(reverse("directory:entry-restore", args=[entry.pk]))
        entry.refresh_from_db()
        assert entry.is_active


class TestFiles:
    def test_what_goes_out_comes_back_unchanged_as_csv_excel_and_json_in_both_languages(self, visit):
        administrator = an_administrator(language="ja")
        entry = an_entry(administrator, notes="=1+1", services=[a_service()], languages=["ja", "en"])
        a_contract(entry, callers=[an_agent(), an_agent()], cost=Decimal("120000"), have_ready="シリアル番号")
        a_contract(entry, number="SN-2", around_the_clock=True, valid_to=date(2027, 3, 31))
        an_entry(kind="team", name="Central", team=a_team(), email="")
        page = visit(administrator)
        csv = b"".join(page.get(reverse("directory:entries-csv")).streaming_content)
        xlsx = b"".join(page.get(reverse("directory:entries-xlsx")).streaming_content)
        document = page.get(reverse("directory:entries-json")).content
        assert "'=1+1" in csv.decode() and csv.decode("utf-8-sig").startswith("名前,")
        for content in (csv, xlsx, document):
            with override("en"):
                result = import_entries(content, by=administrator, via="page")
            assert (result.created, result.changed, result.unchanged, result.rejected) == (0, 0, 3, [])

    def test_a_trial_and_a_bad_row_write_nothing_and_say_why(self, visit):
        administrator = an_administrator(employee_number="A1")
        an_entry(name="Old")
        head = "Name,Kind,E-mail,Owner,Review on,Contract number,Valid from,Valid to\n"
        good = "New,vendor,n@n.example,A1,2027/1/31,C-1,2026-04-01,2027-03-31\nOld,,support@sakura.example,,,,,\n"
        bad = (
            good + "New,,,,,C-2,2026-04-01,2026-03-31\nNew,,other@n.example,,,C-3,2026-04-01,\n"
            "X,friend,x@x.example,A1,2027-01-31,,,\nY,vendor,y@y.example,nobody,2027-01-31,,,\n"
        )
        page, address = visit(administrator), reverse("directory:entries-import")

        def send(text, **also):
            return page.post(address, {"file": io.BytesIO(text.encode()), **also})

        shown = send(head + good, trial="1").content.decode()
        assert "1 new, 0 changed, 1 as before" in shown
        assert Entry.objects.count() == 1
        refused = send(head + bad)
        said = refused.content.decode()
        assert refused.status_code == 422 and Entry.objects.count() == 1
        for sentence in (
            "The contract ends before it starts.", "says something else of “New” than line 2",
            "Kind: there is no “friend”", "Owner: there is no “nobody”",
        ):  # fmt: skip
            assert sentence in said
        assert send(head + good.splitlines()[0]).status_code == 303 and Entry.objects.count() == 2
        assert Contract.objects.get().valid_to == date(2027, 3, 31)

    def test_a_workbook_that_unfolds_is_refused(self):
        out = io.BytesIO()
        with ZipFile(out, "w") as book:
            book.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook><sheet r:id="1"/></workbook>')
        with pytest.raises(Refused, match="cannot be read"):
            import_entries(out.getvalue(), by=an_administrator(), via="page")


class TestReminders:
    def test_of_review_end_and_use_once_each_until_something_new_is_reached(self):
        owner = an_agent(language="en")
        entry = an_entry(owner, review_on=TODAY)
        contract = a_contract(entry, valid_to=TODAY + timedelta(days=20), used=Decimal(8))
        assert [remind_owners(TODAY), remind_owners(TODAY)] == [3, 0]
        assert sorted(Reminder.objects.values_list("kind", flat=True)) == ["ends_30", "nearly_used", "review"]
        said = list(Notification.objects.filter(person=owner).order_by("pk").values_list("said", flat=True))
        assert said == [
            "Sakura Network: Please review it: are contact, telephone number and notes still right?",
            "Sakura Network: The contract SN-1 ends on Sun 20 Dec 2026.",
            "Sakura Network: The contract SN-1 is nearly used up: 8 of 10.",
        ]
        mails = OutgoingMail.objects.filter(kind="reminder", to_user=owner)
        assert mails.count() == 3 and all(f"/settings/directory/{entry.pk}/" in mail.text for mail in mails)
        assert remind_owners(TODAY + timedelta(days=13)) == 1
        contract.used = Decimal(10)
        contract.save()
        assert remind_owners(TODAY + timedelta(days=21)) == 2
        assert set(Reminder.objects.values_list("kind", flat=True)) >= {"ends_7", "expired", "used_up"}
        change_entry(entry, by=owner, via="page", review_on=TODAY + timedelta(days=22))
        assert [remind_owners(TODAY + timedelta(days=day)) for day in (21, 22, 23)] == [0, 1, 0]

    def test_go_to_administrators_when_the_owner_has_left_and_are_read_by_opening_the_page(self, visit):
        administrator, owner = an_administrator(), an_agent()
        entry = an_entry(owner, review_on=TODAY)
        owner.is_active = False
        owner.save()
        assert remind_owners(TODAY) == 1
        notice = Notification.objects.get()
        assert notice.person == administrator
        page = visit(again(administrator))
        assert "Please review it" in page.get(reverse("notify:notices")).content.decode()
        shown = page.get(notice.address).content.decode()
        vals = re.search(r'"page": "([^"]+)"', shown)
        assert vals and vals[1] == notice.address == reverse("directory:entry", args=[entry.pk])
        page.post(reverse("notify:notices-read"), {"page": vals[1]})
        notice.refresh_from_db()
        assert notice.read_at is not None
