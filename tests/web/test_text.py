"""Text as people type it."""

import pytest

from servicedesk.web import text


class TestNormalise:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("ＡＢＣ１２３", "abc123"),
            ("ﾊﾝｶｸ", "ハンカク"),
            ("  a　 b\n", "a b"),
            ("INC‐0001", "inc-0001"),
            ("プリンター", "プリンター"),
        ],
    )
    def test_what_is_the_same_becomes_the_same(self, typed, meant):
        assert text.normalise(typed) == meant

    @pytest.mark.parametrize(
        ("old", "new"), [("髙橋", "高橋"), ("渡邊", "渡辺"), ("﨑", "崎"), ("齋藤", "斎藤"), ("𠮷野家", "吉野家")]
    )
    def test_search_keys_fold_old_forms_of_kanji(self, old, new):
        assert text.search_key(old) == text.search_key(new)

    def test_normalising_twice_changes_nothing(self):
        once = text.search_key("㈱　ﾃｽﾄ－Ａ")
        assert text.search_key(once) == once


class TestOneLine:
    @pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00", "a\tb", "\u202eexe.txt", "a\u2028b", "\ud800"])
    def test_traps_are_seen(self, value):
        assert not text.is_one_line(value)

    @pytest.mark.parametrize("value", ["基幹システムに入れない", "a 👩‍💻 b", "O'Neil <x>"])
    def test_honest_lines_pass(self, value):
        assert text.is_one_line(value)

    def test_folding_makes_one_safe_line_of_a_length(self):
        assert text.one_line("Re:\r\nBcc: x\x00  y\u202e") == "Re: Bcc: x y"
        assert text.one_line("あ" * 20, limit=10) == "あ" * 9 + "…"


class TestLines:
    def test_line_ends_and_control_characters(self):
        assert text.lines("a\r\nb\rc\x00\x1bd\te") == "a\nb\ncd\te"


class TestDigits:
    @pytest.mark.parametrize(
        ("typed", "plain"), [("１，２３４", "1234"), (" 5 ", "5"), ("－３", "-3"), ("１．５", "1.5"), ("３つ", "3つ")]
    )
    def test_full_width_numbers(self, typed, plain):
        assert text.digits(typed) == plain
