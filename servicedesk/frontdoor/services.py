"""The embedded services together: started for `run`, borrowed from it by other commands, or started for one command."""

import contextlib
import os
import sys
import time

from servicedesk.frontdoor import processes, venv
from servicedesk.frontdoor.home import ROOT, Home
from servicedesk.frontdoor.postgres import Postgres
from servicedesk.frontdoor.say import Stop, warn
from servicedesk.frontdoor.valkey import Valkey

_READY_WITHIN = 60


def wanted() -> list[type]:
    """What is not given by DATABASE_URL and REDIS_URL."""
    return ([] if os.environ.get("DATABASE_URL") else [Postgres]) + ([] if os.environ.get("REDIS_URL") else [Valkey])


def groups() -> set[str]:
    """The packages that the embedded services need beside the runtime's."""
    needs = [kind for kind in wanted() if not (kind is Postgres and os.environ.get("MADOGUCHI_PG_BIN"))]
    return {"embedded"} if needs else set()


def start(home: Home, kinds: list[type], *, fast: bool = False) -> list:
    """Starts the services beside each other and waits until they answer."""
    services = [kind(home, venv.packages(), fast=fast) for kind in kinds]
    try:
        for service in services:
            service.make()
        for service in services:
            service.start()
        until = time.monotonic() + _READY_WITHIN
        for service in services:
            while not service.is_ready():
                if service.process.poll() is not None or time.monotonic() > until:
                    raise Stop(
                        f"{service.name} did not start. The end of {service.log}:\n{processes.tail(service.log)}"
                    )
                time.sleep(0.02)
    except BaseException:
        stop(services)
        raise
    return services


def stop(services: list) -> None:
    for service in reversed(services):
        if service.process is not None:
            processes.stop(service.process, service.stop_signal, 30)
        service.cleanup()


def urls(services: list) -> dict:
    found = {Postgres.name: "DATABASE_URL", Valkey.name: "REDIS_URL"}
    return {found[service.name]: service.url for service in services}


def environment(home: Home, given: dict | None = None) -> dict:
    """What Django's processes get: where their services are, their key and their data."""
    env = dict(os.environ)
    env.update(given or {})
    env["MADOGUCHI_HOME"] = str(home.path)
    env["PATH"] = f"{venv.VENV / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
    env.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
    env.setdefault("PORT", "8000")
    env.setdefault("SITE_URL", f"http://localhost:{env['PORT']}")
    env.setdefault("PYTHONUNBUFFERED", "1")
    env.setdefault("PYTHONUTF8", "1")
    if not env.get("SECRET_KEY") and not env.get("SECRET_KEY_FILE"):
        home.secret("secret-key")
        env["SECRET_KEY_FILE"] = str(home.path / "secret-key")
    # A private key of P-256 is 32 random bytes. PUSH_KEY= (empty) turns pushes off.
    if "PUSH_KEY" not in env and not env.get("PUSH_KEY_FILE"):
        home.secret("push-key", size=32)
        env["PUSH_KEY_FILE"] = str(home.path / "push-key")
    if wanted():
        env["MADOGUCHI_EMBEDDED"] = "1"
    return env


@contextlib.contextmanager
def borrowed(home: Home):
    """The environment for one command: with the services of a running `./madoguchi run`, else with its own."""
    home.make()
    if not wanted():
        yield environment(home)
        return
    for _ in range(100):
        with home.using():
            state = home.state()
            if state and state.get("services") is not None:
                yield environment(home, {"PORT": state["port"], "SITE_URL": state["site_url"]} | state["services"])
                return
        if home.take(0):
            break
        time.sleep(0.1)  # somebody is just starting or stopping them
    else:
        raise Stop(
            f"The services of {home.path} are being started or stopped by another command. Try again in a moment."
        )
    services: list = []
    try:
        # All of them, whatever this command needs: another command may borrow them meanwhile.
        services = start(home, wanted())
        port = os.environ.get("PORT", "8000")
        home.write_state(
            command=" ".join(sys.argv[1:3]), services=urls(services), port=port,
            site_url=os.environ.get("SITE_URL", f"http://localhost:{port}"),
        )  # fmt: skip
        yield environment(home, urls(services))
    finally:
        if not home.last_user(0):
            warn("Another command still uses the database; waiting for it (Ctrl+C ends both) …")
            with contextlib.suppress(KeyboardInterrupt):
                home.last_user(24 * 3600)
        home.release_state()
        stop(services)
        home.release()


def manage(*words: str) -> list[str]:
    """The command line of a Django command."""
    return [str(venv.PYTHON), str(ROOT / "manage.py"), *words]
