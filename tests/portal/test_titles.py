"""What a request is called when nobody gave it a title."""

import pytest

from servicedesk.intake.titles import LONGEST, title_of


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("プリンターが動きません。\n赤いランプがついています。", "プリンターが動きません"),
        ("お疲れ様です。\nVPNが切れます", "VPNが切れます"),
        (
            "いつもお世話になっております。営業部の佐藤です。\n\n受注画面が開きません。至急お願いします。",
            "受注画面が開きません",
        ),
        (
            "情報システム部 ご担当者様\n\nお疲れさまです。\nモニターを1台追加してください",
            "モニターを1台追加してください",
        ),
        ("Hello,\n\nthe printer on 3F is silent. It was fine yesterday.", "the printer on 3F is silent."),
        ("Hi team,\nI need a new mouse", "I need a new mouse"),
        ("え？\n画面が真っ暗です", "え？"),
        ("お疲れ様です", "お疲れ様です"),
        ("1.2.3にしたら起動しない", "1.2.3にしたら起動しない"),
        ("   \n\t", ""),
    ],
)
def test_the_first_sentence_that_says_something_is_the_title(text, title):
    assert title_of(text) == title


def test_a_long_sentence_is_cut_with_a_mark():
    title = title_of("印" * 500)

    assert len(title) == LONGEST
    assert title.endswith("…")


def test_control_characters_and_direction_marks_do_not_get_into_a_title():
    assert title_of("\u202eprinter\x07 is silent") == "printer is silent"
