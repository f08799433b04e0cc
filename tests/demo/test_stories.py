"""The stories themselves: complete, told in both languages, and without a hole in their sentences."""

import random
import re

import pytest

from incidents.models import CauseCode
from servicedesk.demo.company import HERE
from servicedesk.demo.grammar import Telling, stories

WORDS = {
    "me": "伊藤",
    "my_department": "営業一課",
    "colleague": "斎藤",
    "agent": "小林",
    "team": "サービスデスク",
    "floor": "3階",
    "pc": "PC-0301",
    "ext": "3100",
}
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def texts(story):
    yield from [*story.titles, *story.says, *story.answers, *story.notes, *story.tier2_notes]
    yield from [*story.resolutions, *story.reopens, *story.again, *filter(None, [story.escalate, story.vendor])]
    for pair in story.asks:
        yield from pair


class TestStories:
    def test_there_are_enough_of_them_in_both_languages(self):
        told = stories()
        assert len({story.id for story in told}) == len(told) >= 60
        assert sum(story.language == "ja" for story in told) >= 40
        assert sum(story.language == "en" for story in told) >= 15

    @pytest.mark.parametrize("story", stories(), ids=lambda story: story.id)
    def test_every_slot_is_filled(self, story):
        telling = Telling(story, random.Random(1), WORDS)
        for text in texts(story):
            assert "{" not in telling.fill(text)

    @pytest.mark.parametrize("story", stories(), ids=lambda story: story.id)
    def test_each_is_in_its_language(self, story):
        for text in [*story.titles, *story.resolutions, *story.answers]:
            assert bool(JAPANESE.search(text)) == (story.language == "ja"), text

    @pytest.mark.parametrize("story", stories(), ids=lambda story: story.id)
    def test_what_came_back_is_solved_again(self, story):
        assert bool(story.reopens) == bool(story.again)
        assert story.minutes[0] <= story.minutes[1]
        assert all(len(title) < 100 for title in story.titles)


@pytest.mark.django_db
class TestNames:
    def test_stories_use_cause_codes_services_and_categories_that_exist(self):
        import tomllib

        with open(HERE / "company.toml", "rb") as file:
            company = tomllib.load(file)
        codes = set(CauseCode.objects.values_list("code", flat=True))
        services = {service["code"] for service in company["service"]}
        categories = {line[0] for line in company["categories"]["list"]}
        departments = {line[0] for line in company["departments"]["list"]}
        for story in stories():
            assert story.cause in codes
            assert story.service in services
            assert story.category in categories
            assert set(story.asked_by) <= departments
