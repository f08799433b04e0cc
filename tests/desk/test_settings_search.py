"""The search of the settings: areas and single settings, in both languages, for those who may open them."""

import re

import pytest
from django.utils import translation

from servicedesk.desk.areas import areas_of, settings_of
from servicedesk.desk.settings_search import MOST, find_settings
from servicedesk.people.models import Role
from tests.factories import a_person, an_administrator, an_agent

pytestmark = pytest.mark.django_db


def areas(user, asked) -> list[str]:
    return [area["page"] for _label, found in find_settings(user, asked)[0] for area in found]


def labels(user, asked) -> list[str]:
    return [f"{hit.area}: {hit.label}" for hit in find_settings(user, asked)[1]]


@pytest.fixture
def admin():
    return an_administrator()


class TestSearch:
    def test_finds_areas_by_name_and_by_what_is_said_of_them(self, admin):
        assert areas(admin, "matrix") == ["priorities:matrix"]
        assert areas(admin, "chains") == ["desk:audit"]

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("encryption", "Mailboxes: Encryption"),
            ("never given up", "Mailboxes: Encryption"),
            ("largest mail", "Mailboxes: Largest mail, MB"),
            ("P2 resolution", "Ranks and targets: P2"),
            ("furigana", "People: Reading (furigana)"),
            ("business contact", "Services: Business contact"),
            ("signature", "Texts of mails: Signature"),
            ("serial", "Configuration items: Serial number"),
            ("next tier", "Teams: Next tier"),
            ("to the nearest", "Rounding of timers: Which way"),
        ],
    )
    def test_finds_single_settings_by_name_and_by_help(self, admin, asked, found):
        assert any(one.startswith(found) for one in labels(admin, asked))

    @pytest.mark.parametrize("asked", ["暗号", "パスワード", "ﾊﾟｽﾜｰﾄﾞ", "ぱすわーど", "ＰＡＳＳＷＯＲＤ"])
    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_knows_both_languages_and_every_width(self, admin, asked, language):
        with translation.override(language):
            assert find_settings(admin, asked)[1]

    def test_answers_in_the_language_of_the_reader(self, admin):
        with translation.override("ja"):
            assert "暗号" in "".join(str(hit.label) for hit in find_settings(admin, "encryption")[1])

    def test_finds_what_there_is_to_choose_from(self, admin):
        assert "Mailboxes: Encryption" in labels(admin, "STARTTLS")

    def test_all_words_must_fit_and_the_area_helps(self, admin):
        assert "Mailboxes: Password" in labels(admin, "mailboxes password")
        assert labels(admin, "mailboxes furigana") == []
        assert "Mailboxes: Port" not in labels(admin, "mailboxes")

    def test_what_is_called_so_comes_before_what_only_mentions_it(self, admin):
        found = labels(admin, "code")
        named = ["code" in one.split(": ", 1)[1].casefold() for one in found]
        assert named == sorted(named, reverse=True)

    def test_shows_no_endless_list(self, admin):
        assert len(labels(admin, "e")) == MOST

    def test_finds_only_what_one_may_open(self, admin):
        assert areas(a_person(), "matrix") == [] and labels(a_person(), "encryption") == []
        assert labels(an_agent(), "encryption") == []
        manager = a_person(Role.CMDB_MANAGER)
        assert areas(manager, "services") == ["cmdb:services"]
        assert labels(manager, "business contact") == ["Services: Business contact"]

    def test_every_field_of_every_form_is_found_by_its_name(self, admin):
        for _label, group in areas_of(admin):
            for area in group:
                for setting in settings_of(area["area"]):
                    asked = f"{area['label']} {setting.label}"
                    assert f"{area['label']}: {setting.label}" in labels(admin, asked), asked


class TestPage:
    def test_shows_areas_and_settings_with_their_addresses(self, visit, admin):
        page = visit(admin).get("/settings/?q=encryption").content.decode()
        assert re.search(r'class="settings-hit" href="/settings/mailboxes/"', page)
        assert 'value="encryption"' in page and "<h1>" in page

    def test_leads_to_the_very_field_where_the_page_shows_it(self, visit, admin):
        client = visit(admin)
        page = client.get("/settings/?q=whole company").content.decode()
        address, anchor = re.search(r'class="settings-hit" href="([^"#]+)#([^"]+)"', page).groups()
        assert f'id="{anchor}"' in client.get(address).content.decode()

    def test_every_hit_leads_somewhere(self, visit, admin):
        client = visit(admin)
        for asked in ("e", "a", "mail"):
            page = client.get("/settings/", {"q": asked}).content.decode()
            for address, anchor in set(re.findall(r'class="settings-hit" href="([^"#]+)(?:#([^"]+))?"', page)):
                answer = client.get(address)
                assert answer.status_code == 200
                assert not anchor or f'id="{anchor}"' in answer.content.decode()

    def test_htmx_gets_the_part_alone(self, visit, admin):
        part = visit(admin).get("/settings/?q=encryption", headers={"HX-Request": "true"}).content.decode()
        assert "<h1>" not in part and 'id="settings-found"' in part and 'data-announce="' in part

    def test_says_when_nothing_has_the_words(self, visit, admin):
        page = visit(admin).get("/settings/", {"q": "<qwertz>"}).content.decode()
        assert "No setting has “&lt;qwertz&gt;”" in page and "<qwertz>" not in page

    def test_without_words_everything_stands_there(self, visit, admin):
        client = visit(admin)
        assert client.get("/settings/?q=%20").content.decode().count("settings-card") == client.get(
            "/settings/"
        ).content.decode().count("settings-card")

    def test_staff_get_no_box(self, visit):
        assert "settings-q" not in visit(a_person()).get("/settings/").content.decode()

    def test_strange_words_do_no_harm(self, visit, admin):
        for asked in ("\x00", "%", "\\", "🙂", "a" * 5000, "e " * 500):
            assert visit(admin).get("/settings/", {"q": asked}).status_code == 200
