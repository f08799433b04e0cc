"""Ways of the house that a linter does not know. An exception stands in a list here, with its reason."""

import ast
import re

import pytest

from .source import PACKAGES, ROOT, templates, trees

SAFE_FILTER = {
    # template: why what it marks as safe is safe
}

HTTP_CLIENTS = {"httpx", "httpx2", "httpcore", "httpcore2", "urllib.request", "http.client", "urllib3", "aiohttp"}
MAY_SPEAK_HTTP = {
    "servicedesk/connectors/http.py": "the one client, which judges where it goes",
    "servicedesk/frontdoor/run.py": "asks its own web process whether it answers; runs before anything is installed",
}


def calls(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node.lineno


class TestCode:
    def test_tables_are_the_queues_so_nobody_calls_delay(self):
        found = [
            (path, line)
            for path, tree in trees()
            for name, line in calls(tree)
            if name in {"delay", "apply_async", "delay_on_commit"}
        ]
        assert found == []

    def test_nothing_hangs_on_django_signals(self):
        found = [
            path
            for path, tree in trees()
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith(("django.dispatch", "django.db.models.signals"))
        ]
        assert found == []

    def test_imports_stand_at_the_top(self):
        """A function-level import of our own code is a way round the import order. apps.ready() is Django's own way."""
        found = [
            (path, node.lineno)
            for path, tree in trees()
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not path.endswith("apps.py")
            for node in ast.walk(function)
            if isinstance(node, ast.ImportFrom) and (node.level > 0 or (node.module or "").split(".")[0] in PACKAGES)
        ]
        assert found == []

    def test_saving_has_no_effects_beside_the_row(self):
        found = [
            (path, item.name)
            for path, tree in trees()
            if path.endswith("models.py") or "/models/" in path
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for item in node.body
            if isinstance(item, ast.FunctionDef) and item.name in {"save", "delete"}
        ]
        assert found == []

    def test_no_model_viewset_writes_past_the_actions(self):
        found = [
            path for path, tree in trees() for node in ast.walk(tree) if getattr(node, "attr", "") == "ModelViewSet"
        ]
        assert found == []

    def test_http_is_spoken_in_one_place(self):
        """boto3 in web/s3.py brings a client of its own and goes where the operator's settings say, nowhere else."""
        found = set()
        for path, tree in trees():
            for node in ast.walk(tree):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module or "", *(f"{node.module}.{each.name}" for each in node.names)]
                if any(name == client or name.startswith(f"{client}.") for name in names for client in HTTP_CLIENTS):
                    found.add(path)
        assert found == set(MAY_SPEAK_HTTP)


class TestTemplates:
    def test_nothing_is_inline_because_the_content_policy_refuses_it(self):
        inline = re.compile(
            r"<style[\s>]|\sstyle=\"|\son[a-z]+=\"|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")"
        )
        found = [
            (path, match.group())
            for path, text in templates()
            if "/notify/" not in path  # mails: no policy there, and mail programs want inline styles
            for match in inline.finditer(text)
        ]
        assert found == []

    def test_what_is_marked_safe_is_listed_with_its_reason(self):
        found = {
            path
            for path, text in templates()
            if re.search(r"\|\s*safe\b|autoescape off", text) and path.endswith(".html")
        }
        assert found == set(SAFE_FILTER)

    def test_every_hx_get_has_the_same_address_for_people_without_scripts(self):
        """An hx-get on a link has its href; on anything else it refreshes what is already on the page."""
        plain = [(path, re.sub(r"\{[%{].*?[%}]\}", "", text)) for path, text in templates()]
        links = [(path, tag) for path, text in plain for tag in re.findall(r"<a\b[^>]*>", text)]
        found = [(path, tag) for path, tag in links if "hx-get=" in tag and "href=" not in tag]
        assert found == []

    def test_forms_that_post_carry_a_token(self):
        found = []
        for path, text in templates():
            for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
                if re.search(r"method=\"post\"", form, re.I) and "csrf_token" not in form:
                    found.append(path)
        assert found == []


class TestRepository:
    def test_the_top_level_is_what_people_expect(self):
        allowed = {
            *PACKAGES,
            "templates",
            "tests",
            "docs",
            "locale",
            "static",
            "bench",
            "screens",
            "deploy",
            "manage.py",
            "madoguchi",
            "pyproject.toml",
            "README.md",
            "README.ja.md",
            "LICENSE",
            "requirements.txt",
            "requirements.in",
            "requirements-dev.txt",
            "requirements-dev.in",
            "requirements-embedded.txt",
            "requirements-embedded.in",
            "requirements-peers.txt",
            "requirements-peers.in",
            "requirements-uv.txt",
            "requirements-uv.in",
        }
        unexpected = {
            path.name
            for path in ROOT.iterdir()
            if not path.name.startswith(".") and path.name not in {"var", "node_modules"}
        } - allowed
        assert unexpected == set()

    @pytest.mark.parametrize("word", ["/work" + "/", "../sha" + "red"])
    def test_no_path_of_one_machine(self, word):
        found = [
            str(path.relative_to(ROOT))
            for folder in (*PACKAGES, "templates", "docs", "deploy", "bench", "screens", "static/js", "static/css")
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
            and path.suffix in {".py", ".md", ".html", ".txt", ".js", ".css", ".conf", ".service", ".env"}
            and word in path.read_text(encoding="utf-8", errors="replace")
        ]
        assert found == []
