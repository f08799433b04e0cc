import ast
import os
import subprocess
import sys
import time

import pytest

from servicedesk.frontdoor import checks, system, translations
from servicedesk.frontdoor.checks import Step
from servicedesk.frontdoor.cli import COMMANDS
from servicedesk.frontdoor.home import ROOT


class TestFrontDoor:
    def test_alone_lists_every_command_with_a_line(self):
        shown = subprocess.run([sys.executable, "-E", "-S", ROOT / "madoguchi"], capture_output=True, text=True)
        assert shown.returncode == 0
        for name, command in COMMANDS.items():
            assert f"  {name:<12}{command.line}" in shown.stdout

    def test_an_unknown_command_is_refused_with_the_list(self):
        shown = subprocess.run([sys.executable, ROOT / "madoguchi", "rnu"], capture_output=True, text=True)
        assert shown.returncode == 2
        assert "'rnu'" in shown.stderr and "  run " in shown.stdout

    def test_needs_only_the_standard_library(self):
        """Babel is imported by the part of translations.py that runs in the venv."""
        outside = set()
        for path in [ROOT / "madoguchi", *(ROOT / "servicedesk" / "frontdoor").glob("*.py")]:
            for node in ast.walk(ast.parse(path.read_text())):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module or ""]
                for name in names:
                    if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(
                        "servicedesk.frontdoor"
                    ):
                        outside.add((path.name, name.split(".")[0]))
        assert outside == {("translations.py", "babel")}

    def test_the_package_above_imports_nothing(self):
        assert (ROOT / "servicedesk" / "__init__.py").read_text().strip() == ""


class TestSteps:
    def step(self, code: str, **more) -> Step:
        return Step("a step", [sys.executable, "-c", code], **more)

    def test_each_runs_and_the_last_line_counts_them(self, capfd, monkeypatch):
        monkeypatch.delenv("CI", raising=False)
        code = checks._all([self.step("exit(3)"), self.step("print('second ran')")], {})
        shown = capfd.readouterr().out
        assert code == 1
        assert "second ran" in shown
        assert shown.splitlines()[-1] == "1 passed, 1 failed"

    def test_what_cannot_run_here_is_shown_and_is_a_failure_in_ci(self, capfd, monkeypatch):
        absent = system.Piece("no-such-package", lambda: False)
        monkeypatch.delenv("CI", raising=False)
        assert checks._all([self.step("pass", needs=(absent,))], {}) == 0
        shown = capfd.readouterr().out
        assert "SKIPPED: this needs apt-get install no-such-package" in shown and "1 skipped" in shown
        monkeypatch.setenv("CI", "true")
        assert checks._all([self.step("pass", needs=(absent,))], {}) == 1
        assert capfd.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"

    def test_those_beside_keep_their_words_until_they_are_asked_for(self, capfd):
        with checks.Lane([self.step("print('looked')"), self.step("exit(3)")], dict(os.environ)) as lane:
            lane._thread.join()
            assert capfd.readouterr().out == ""
            words = [each.word for each in lane.results()]
        assert words == ["passed", "failed"]
        shown = capfd.readouterr().out.splitlines()
        assert shown[1].startswith("=== a step ===") and shown[2] == "looked"
        assert shown[3].startswith("--- a step: passed, ") and shown[-1].startswith("--- a step: failed, ")

    def test_those_beside_end_when_the_others_break_off(self, tmp_path):
        begun = tmp_path / "begun"
        code = f"import time; open({str(begun)!r}, 'w'); time.sleep(60)"
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt), checks.Lane([self.step(code)] * 2, dict(os.environ)):
            while not begun.exists():
                time.sleep(0.02)
            raise KeyboardInterrupt
        assert time.monotonic() - began < 30


class TestTranslations:
    HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: ja\\n"\n\n'

    def compare(self, tmp_path, fresh: str, kept: str) -> list[str]:
        folder = tmp_path / "ja" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "fresh.po").write_text(self.HEADER + fresh)
        (folder / "django.po").write_text(self.HEADER + kept)
        return translations._compare(folder / "fresh.po", folder / "django.po")

    def test_a_whole_catalogue_has_no_problems(self, tmp_path):
        assert self.compare(tmp_path, 'msgid "Queue"\nmsgstr ""\n', 'msgid "Queue"\nmsgstr "受付一覧"\n') == []

    def test_every_kind_of_gap_is_named(self, tmp_path):
        fresh = "".join(f'msgid "{word}"\nmsgstr ""\n\n' for word in ("Done", "New", "Sure"))
        fresh += '#, python-format\nmsgid "%(count)s tickets"\nmsgstr ""\n'
        kept = 'msgid "Done"\nmsgstr ""\n\n#, fuzzy\nmsgid "Sure"\nmsgstr "確か"\n\nmsgid "Gone"\nmsgstr "過去"\n\n'
        kept += '#, python-format\nmsgid "%(count)s tickets"\nmsgstr "%(number)s 件"\n'
        found = "\n".join(self.compare(tmp_path, fresh, kept))
        for line in ("untranslated: Done", "fuzzy: Sure", "not in the catalogue: New", "no longer in the source: Gone"):
            assert line in found
        assert "%(count)s tickets: " in found
