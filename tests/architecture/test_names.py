"""Our top-level names, above all `requests`, are nobody else's. See docs/adr/0001-the-name-requests.md."""

import ast
import importlib.metadata
import sysconfig
from pathlib import Path

import pytest
import rest_framework.compat

import requests

from .source import PACKAGES, ROOT

OURS = {*PACKAGES, "tests", "bench", "templates", "static", "docs", "deploy", "locale"}

# Installed modules that import PyPI's `requests`, and why they do no harm here. A path ends with a slash for a folder.
KNOWN = {
    "allauth/socialaccount/": "social sign-in, not in INSTALLED_APPS",
    "allauth/idp/": "not in INSTALLED_APPS",
    "celery/backends/gcs.py": "results in Google's storage; we keep no results",
    "redis/ocsp.py": "only with ssl_validate_ocsp, which nothing sets",
    "jsonschema/validators.py": "to fetch schemas from elsewhere; ours has no such references",
    "truststore/_api.py": "only in inject_into_ssl, which nothing calls",
    "rest_framework/compat.py": "asks whether it is there; servicedesk.web.apps answers no",
}


def imports_requests(path: Path) -> bool:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return False
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        if any(name == "requests" or name.startswith("requests.") for name in names):
            return True
    return False


def runtime_distributions() -> set[str]:
    """Names of what production installs: the pinned list, not the tools beside it."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return {
        line.split("==")[0].strip().lower().replace("_", "-") for line in lines if "==" in line[:60] and line[0] != " "
    }


class TestNames:
    def test_no_installed_distribution_provides_one_of_our_names(self):
        provided = importlib.metadata.packages_distributions()
        clashes = {name: provided[name] for name in OURS & provided.keys() if provided[name] != ["madoguchi"]}
        assert clashes == {}

    def test_the_modules_that_import_requests_are_known(self):
        site = Path(sysconfig.get_path("purelib"))
        ours = runtime_distributions()
        assert "django" in ours
        found = set()
        for distribution in importlib.metadata.distributions(path=[str(site)]):
            if distribution.metadata["Name"].lower().replace("_", "-") not in ours:
                continue
            for file in distribution.files or ():
                if (
                    file.suffix == ".py"
                    and "requests" in (text := (site / file).read_text(errors="replace"))
                    and "import" in text
                ):
                    if imports_requests(site / file):
                        found.add(str(file))
        unknown = {path for path in found if not any(path.startswith(known) for known in KNOWN)}
        assert unknown == set()
        stale = {known for known in KNOWN if not any(path.startswith(known) for path in found)}
        assert stale == set(), "these no longer import it: take them off the list"

    def test_requests_is_our_app_and_says_so(self):
        assert Path(requests.__file__).parent == ROOT / "requests"
        with pytest.raises(AttributeError, match="not the HTTP library"):
            requests.get  # noqa: B018

    def test_drf_does_not_take_our_package_for_the_library(self):
        assert rest_framework.compat.requests is None
