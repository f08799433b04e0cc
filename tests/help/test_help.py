"""The help: the same pages in both languages, every one renders, every link leads somewhere, words are found."""

import re

import pytest
from django.urls import Resolver404, resolve
from django.utils.html import escape

from servicedesk.desk.help_pages import FACT, FOLDER, GROUPS, LABEL, LANGUAGES, SLUGS, find, help_for, read
from tests.factories import a_person

pytestmark = pytest.mark.django_db


def source(language, slug) -> str:
    return (FOLDER / language / f"{slug}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sources() -> str:
    """Everything in which a label can stand."""
    root = FOLDER.parent.parent
    folders = [root / name for name in ("servicedesk", "incidents", "requests", "cmdb", "templates")]
    files = [path for folder in folders for ending in ("*.py", "*.html") for path in folder.rglob(ending)]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


class TestBothLanguages:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_page_is_listed_and_every_listed_page_is_there(self, language):
        assert sorted(path.stem for path in (FOLDER / language).glob("*.md")) == sorted(SLUGS)

    @pytest.mark.parametrize("slug", SLUGS)
    def test_headings_tables_and_lists_match(self, slug):
        japanese, english = source("ja", slug), source("en", slug)

        for mark in (r"^# ", r"^## ", r"^\|", r"^\d\. ", r"^- ", r"^```"):
            assert len(re.findall(mark, japanese, re.M)) == len(re.findall(mark, english, re.M)), mark

    @pytest.mark.parametrize("slug", SLUGS)
    def test_links_and_facts_match(self, slug):
        def told(language):
            text = source(language, slug)
            labels = {match.group() for match in LABEL.finditer(text)}
            return sorted(re.findall(r"\]\(([^)]+)\)", text)), sorted(FACT.findall(text)), labels

        assert told("ja") == told("en")

    @pytest.mark.parametrize("slug", SLUGS)
    def test_every_label_is_one_of_the_interface(self, slug, sources):
        for match in LABEL.finditer(source("en", slug)):
            assert f'"{match[2]}"' in sources, f"Nothing is called {match[2]} any more."

    @pytest.mark.parametrize("slug", SLUGS)
    def test_japanese_is_written_in_japanese_and_politely(self, slug):
        text = source("ja", slug)

        assert re.search(r"[ぁ-ん]", text.splitlines()[0] + text.splitlines()[1])
        assert "である。" not in text
        assert re.search(r"(です|ます|ません|ください|でした|ました)。", text)

    @pytest.mark.parametrize("slug", SLUGS)
    def test_english_has_no_japanese_but_in_examples(self, slug):
        text = re.sub(r"`[^`]*`|\([^)]*\)", "", source("en", slug))

        assert not re.search(r"[ぁ-んァ-ヶ一-龥]", text)


class TestPages:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", SLUGS)
    def test_it_renders(self, visit, language, slug):
        answer = visit(a_person(language=language)).get(f"/help/{slug}/")

        html = answer.content.decode()
        assert answer.status_code == 200
        assert f"<h1>{escape(read(language, slug).title)}</h1>" in html
        assert "{{" not in html
        assert html.count('<h2 id="s') == len(read(language, slug).sections)

    @pytest.mark.parametrize("slug", SLUGS)
    def test_its_links_lead_somewhere(self, slug):
        for address in re.findall(r"\]\((/[^)]+)\)", source("en", slug)):
            path = address.partition("#")[0]
            if path.startswith("/help/"):
                assert path.split("/")[2] in SLUGS
            else:
                try:
                    resolve(path)
                except Resolver404:
                    pytest.fail(f"{slug} links to {address}, which is not there.")

    def test_it_can_be_read_before_signing_in(self, client):
        assert client.get("/help/").status_code == 200
        assert client.get("/help/sign-in/", headers={"Accept-Language": "ja"}).context["help"].title == "サインイン"

    def test_an_unknown_page_is_not_there(self, client):
        assert client.get("/help/nothing/").status_code == 404
        assert client.get("/help/..%2Fen/").status_code == 404

    def test_the_index_has_every_page_by_role(self, client):
        html = client.get("/help/", headers={"Accept-Language": "en"}).content.decode()

        for _name, label, slugs in GROUPS:
            assert str(label) in html
            for slug in slugs:
                assert f'href="/help/{slug}/"' in html

    def test_facts_are_those_of_the_installation(self, settings):
        settings.MAIL_UNDO_SECONDS = 47
        read.cache_clear()
        try:
            assert "47 seconds" in " ".join(section.body for section in read("en", "replying").sections)
        finally:
            read.cache_clear()


class TestSearch:
    def test_pages_with_the_words_in_the_title_come_first(self):
        assert find("en", "confidential")[0].slug == "confidential"
        assert find("ja", "メール")[0].slug in ("mail", "mailboxes")

    def test_all_words_must_be_there_and_width_makes_no_difference(self):
        assert [page.slug for page in find("ja", "パスキー　指紋")] == ["sign-in"]
        assert find("ja", "ﾊﾟｽｷｰ") == find("ja", "パスキー")
        assert find("en", "passkey zebra") == []
        assert find("en", "  ") == []

    def test_on_the_page_and_for_htmx(self, client):
        whole = client.get("/help/", {"q": "passkey"}, headers={"Accept-Language": "en"}).content.decode()
        part = client.get("/help/", {"q": "zebra"}, headers={"Accept-Language": "en", "HX-Request": "true"})

        assert 'href="/help/sign-in/"' in whole
        assert "No page has all these words" in part.content.decode()
        assert "<html" not in part.content.decode()


class TestTheWayFromAPage:
    @pytest.mark.parametrize(
        ("view", "path", "works_desk", "slug"),
        [
            ("desk:home", "/", False, "asking"),
            ("intake:new", "/new/", False, "asking"),
            ("desk:my-tickets", "/my/", False, "my-requests"),
            ("incidents:detail", "/incidents/INC0000001/", False, "my-requests"),
            ("incidents:detail", "/incidents/INC0000001/", True, "ticket"),
            ("account_login", "/account/login/", False, "sign-in"),
            ("priorities:matrix", "/settings/priorities/", True, "matrix"),
            ("intake:mailboxes", "/settings/mailboxes/", True, "mailboxes"),
            ("desk:settings", "/settings/", True, "first-steps"),
            ("web:style", "/style/", True, ""),
        ],
    )
    def test_it_leads_to_what_fits(self, view, path, works_desk, slug):
        assert help_for(view, path, works_desk=works_desk) == slug

    def test_every_page_it_leads_to_is_there(self):
        from servicedesk.desk import help_pages

        named = {*help_pages.HELP_FOR_VIEW.values(), *(slug for _start, slug in help_pages.HELP_FOR_PATH)}
        assert named <= set(SLUGS)

    def test_the_top_bar_has_it(self, visit):
        html = visit(a_person()).get("/new/").content.decode()

        assert 'href="/help/asking/"' in html
