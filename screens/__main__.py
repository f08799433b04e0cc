"""`python -m screens`: a desk with the demo company in a database of its own, and a camera."""

import argparse
import contextlib
import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from servicedesk.frontdoor import services, translations
from servicedesk.frontdoor.home import ROOT, Home
from servicedesk.frontdoor.postgres import Postgres
from servicedesk.frontdoor.say import Stop, say
from servicedesk.frontdoor.valkey import Valkey

from .camera import LOOKS, Window, browser


def main(words: list[str] | None = None) -> int:
    asked = _asked(words)
    folder = Path(tempfile.mkdtemp(prefix="madoguchi-screens-"))
    home = Home(folder)
    home.make()
    started: list = []
    try:
        started = services.start(home, [Postgres, Valkey], fast=True)
        env = services.environment(home, services.urls(started))
        os.environ.update(env | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DJANGO_ALLOW_ASYNC_UNSAFE": "true"})
        translations.compile_stale(env)
        return _shoot(asked)
    except Stop as problem:
        say(f"\n{problem}")
        return 1
    finally:
        services.stop(started)
        shutil.rmtree(folder, ignore_errors=True)


def _asked(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./madoguchi screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", help="only pages whose name contains one of these words")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots", help="default: var/screenshots")
    parser.add_argument("--looks", default=",".join(LOOKS), help="some of " + ",".join(LOOKS))
    asked = parser.parse_args(words)
    asked.looks = [look for look in asked.looks.split(",") if look]
    if unknown := [look for look in asked.looks if look not in LOOKS]:
        parser.error(f"There is no look {unknown[0]}; there are {', '.join(LOOKS)}.")
    return asked


def _shoot(asked: argparse.Namespace) -> int:
    import django

    django.setup()
    logging.getLogger("madoguchi.request").setLevel(logging.WARNING)
    from django.core.management import call_command

    from .pages import PAGES
    from .sheet import sheet
    from .situations import prepare

    chosen = [each for each in PAGES if not asked.names or any(word in each.name for word in asked.names)]
    if not chosen:
        raise Stop("No page has such a name. There are: " + ", ".join(each.name for each in PAGES))
    say("a desk with the demo company …")
    call_command("migrate", interactive=False, verbosity=0)
    situation = prepare()
    faults, began = 0, time.monotonic()
    with _served() as address, contextlib.contextmanager(browser)() as chromium:
        for look in asked.looks:
            for who in dict.fromkeys(each.who for each in chosen):
                window = Window(chromium, address, look, _cookies(situation.people.get(who), look, address))
                for each in (one for one in chosen if one.who == who):
                    file = asked.out / look / f"{each.name}.png"
                    for fault in window.shoot(each.address(situation), each.press, file):
                        faults += 1
                        say(f"  {look} {each.name}: {fault}")
                window.close()
            say(f"{look}: {len(chosen)} pages, {time.monotonic() - began:.0f} s")
    for each in chosen:
        sheet(
            [asked.out / look / f"{each.name}.png" for look in asked.looks], asked.out / "sheets" / f"{each.name}.png"
        )
    say(f"{len(chosen) * len(asked.looks)} pictures in {asked.out}; all looks of a page together in sheets/")
    say(f"{faults} faults seen by machine; the rest is for your eyes")
    return 1 if faults else 0


@contextlib.contextmanager
def _served():
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    server = LiveServerThread("localhost", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        yield f"http://localhost:{server.port}"
    finally:
        server.terminate()


def _cookies(person, look: str, address: str) -> list[dict]:
    """Somebody signed in, in the language of the look."""
    from django.conf import settings
    from django.test import Client

    language = look.partition("-")[0]
    found = [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}]
    if person is not None:
        person.language = language
        person.save(update_fields=["language"])
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        found.append({"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": address})
    return found


if __name__ == "__main__":
    sys.exit(main())
