"""The settings of the tests: the real ones, with a key, a data folder that goes away, and cheap password hashing."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 4)
os.environ["PUSH_KEY"] = "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMzI"
# pytest-xdist's workers inherit the variable, so that one folder serves the run and its maker removes it.
if "MADOGUCHI_TEST_HOME" not in os.environ:
    os.environ["MADOGUCHI_TEST_HOME"] = tempfile.mkdtemp(prefix="madoguchi-test-")
    atexit.register(shutil.rmtree, os.environ["MADOGUCHI_TEST_HOME"], ignore_errors=True)
# WhiteNoise warns once per client of a folder that is not there.
os.makedirs(os.path.join(os.environ["MADOGUCHI_TEST_HOME"], "static"), exist_ok=True)
os.environ["MADOGUCHI_HOME"] = os.environ["MADOGUCHI_TEST_HOME"]

from servicedesk.frontdoor import migrated  # noqa: E402
from servicedesk.settings import *  # noqa: E402, F403

SITE_URL = "http://testserver"
ALLOWED_HOSTS = ["*"]
# Files are served as they are: no collectstatic before a test.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
if os.environ.get(migrated.FOLDER):
    DATABASES["default"]["TEST"] = {"TEMPLATE": migrated.TEMPLATE}  # noqa: F405
PASSWORD_HASHERS = ["tests.settings.CheapArgon2"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402


class CheapArgon2(Argon2PasswordHasher):
    """Argon2 as in the real settings, at the least cost: hundreds of users are made in a run."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
