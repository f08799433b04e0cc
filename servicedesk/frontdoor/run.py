"""`./madoguchi run`: from nothing to a running desk, and clean away again."""

import contextlib
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from servicedesk.frontdoor import processes, services, system, translations, venv
from servicedesk.frontdoor.home import ROOT, Home, write_private
from servicedesk.frontdoor.say import Stop, say, step, warn
from servicedesk.frontdoor.supervisor import Program, Supervisor, rotate


class Ended(BaseException):
    """A signal asked us to stop while we were still starting."""


def run(words: list[str]) -> int:
    unknown = set(words) - {"--empty"}
    if unknown:
        raise Stop(f"run knows only --empty, not {' '.join(sorted(unknown))}.")
    home = Home()
    home.make()
    _take(home)
    try:
        _on_signals(_raise_ended)
        return _run(home, empty="--empty" in words)
    except Ended:
        say("Stopped.")
        return 0
    finally:
        home.release()


def _take(home: Home) -> None:
    """One `run` per data folder. A command that uses the database for a moment is waited for."""
    told = False
    until = time.monotonic() + 60
    while not home.take(0.5):
        state = home.state() or {}
        if state.get("command") == "run":
            raise Stop(
                f"Madoguchi already runs on {home.path}: process {state['pid']}, {state['site_url']}\n"
                "    Stop it first (Ctrl+C there), or start a second one:\n"
                "    MADOGUCHI_HOME=/other/folder PORT=8001 MAIL_PORT=2625 LMTP_PORT=2624 ./madoguchi run"
            )
        if time.monotonic() > until:
            raise Stop(
                f"./madoguchi {state.get('command', '…')} (process {state.get('pid')}) uses {home.path}; end it first."
            )
        if not told and state:
            step(f"waiting for ./madoguchi {state.get('command')} (process {state['pid']}), which uses the database …")
            told = True


def _raise_ended(number, frame) -> None:
    raise Ended


def _on_signals(handler) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # nohup
        signal.signal(number, handler)


def _run(home: Home, *, empty: bool) -> int:
    host = os.environ.get("MADOGUCHI_BIND", "127.0.0.1")
    port = _port()
    _wait_for_port(home, host, port)
    venv.ensure(*services.groups())
    rotate(home.logs)
    supervisor = Supervisor(home, [], [])
    try:
        if services.wanted():
            step("starting " + " and ".join(kind.name for kind in services.wanted()))
            supervisor.services = services.start(home, services.wanted())
        env = services.environment(home, services.urls(supervisor.services))
        _prepare(home, env, empty=empty)
        supervisor.programs = _programs(home, env, f"{host}:{port}")
        # From here on a signal only sets a mark, so that no process is lost between its start and our knowing of it.
        signals: list[int] = []

        def end(number, frame) -> None:
            supervisor.ended = True
            signals.append(number)
            if len(signals) > 1:
                supervisor.kill()

        _on_signals(end)
        supervisor.start()

        def write_state() -> None:
            home.write_state(
                command="run", port=str(port), site_url=env["SITE_URL"],
                services={name: env[name] for name in ("DATABASE_URL", "REDIS_URL") if env.get(name)},
                processes={each.name: each.process.pid for each in supervisor.everything() if each.process},
            )  # fmt: skip

        write_state()
        _welcome(home, env, host, port, supervisor)
        # Nobody waits for what PDFs need; until it is there, whoever wants one is told what is missing.
        threading.Thread(target=system.install, args=(list(system.PAPER),), daemon=True).start()
        supervisor.watch(write_state)
        say("\nStopping …")
    finally:
        home.release_state()
        with contextlib.suppress(Ended):
            supervisor.stop()
    say("Stopped.")
    return 0


def _port() -> int:
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Stop(f"PORT is {text!r}; it must be a number between 1 and 65535.")
    return int(text)


def _wait_for_port(home: Home, host: str, port: int) -> None:
    """After a run that was killed its web process may need a moment to let go."""
    until = time.monotonic() + (6 if home.was_left_behind() else 0)
    while True:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                return
            except PermissionError:
                raise Stop(f"Port {port} is for root only. Choose one above 1024: PORT=8080 ./madoguchi run") from None
            except OSError as error:
                if time.monotonic() > until:
                    raise Stop(
                        f"Port {port} of {host} cannot be used ({error.strerror}).\n"
                        f"    Choose another: PORT={port + 1} ./madoguchi run"
                    ) from None
        time.sleep(0.2)


# --- before the processes start -------------------------------------------------------------------------------------


def _do(command: list, log: Path, env: dict, what: str) -> None:
    _finish(processes.spawn(command, log=log, env=env, cwd=ROOT), log, what)


def _finish(process: subprocess.Popen, log: Path, what: str) -> None:
    try:
        code = process.wait()
    except BaseException:
        processes.stop(process)
        raise
    if code:
        raise Stop(f"{what} failed. The end of {log}:\n{processes.tail(log, 25)}")


def _prepare(home: Home, env: dict, *, empty: bool) -> None:
    log = home.logs / "prepare.log"
    translations.compile_stale(env, log)
    static, mark = _static_to_collect(home)
    collecting = None
    try:
        if static:
            step("collecting static files")
            # Redoc comes with the OpenAPI pages' package; we show Swagger's page only, and it is half of all the bytes.
            collecting = processes.spawn(
                services.manage("collectstatic", "--noinput", "--clear", "--ignore=redoc", "--verbosity=0"),
                log=log,
                env=env,
                cwd=ROOT,
            )
        step("bringing the database up to date")
        _do(services.manage("migrate", "--noinput"), log, env, "migrate")
        if collecting:
            _finish(collecting, log, "collectstatic")
            mark.write_text(static)
    except BaseException:
        if collecting:
            processes.stop(collecting)
        raise
    _first_content(home, env, empty=empty)


def _apps() -> list[Path]:
    """The folders of our Django apps."""
    return [path.parent for path in [*ROOT.glob("*/apps.py"), *ROOT.glob("servicedesk/*/apps.py")]]


def _static_to_collect(home: Home) -> tuple[str, Path]:
    """A fingerprint of all that collectstatic reads, empty when it was collected already; and where it is kept."""
    seen = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    seen.update((ROOT / "servicedesk" / "settings.py").read_bytes())
    for path in sorted(path for folder in [ROOT, *_apps()] for path in folder.glob("static/**/*")):
        if path.is_file():
            facts = path.stat()
            seen.update(f"{path.relative_to(ROOT)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    mark = home.path / "static.collected"
    found = seen.hexdigest()
    if (home.path / "static").exists() and mark.exists() and mark.read_text() == found:
        return "", mark
    return found, mark


def has_command(name: str) -> bool:
    """Whether a Django command of ours exists, without the second that asking Django takes."""
    return any((app / "management" / "commands" / f"{name}.py").exists() for app in _apps())


def _first_content(home: Home, env: dict, *, empty: bool) -> None:
    """On the first start the demo company. The mark is written last, so that a start that broke off does it again."""
    mark = home.path / "installed"
    if mark.exists():
        if empty and mark.read_text().strip() != "empty":
            warn(
                f"--empty has no effect: {home.path} has content already. "
                "For an empty desk choose another MADOGUCHI_HOME."
            )
        return
    if not empty:
        if not has_command("load_demo"):
            warn("There is no load_demo command yet; starting without demo content.")
            return
        step("loading demo content (first start only; --empty starts without)")
        process = subprocess.Popen(
            services.manage("load_demo"), env=env, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=processes.die_with_parent,
        )  # fmt: skip
        try:
            code = process.wait()
        except BaseException:
            processes.stop(process)
            raise
        if code:
            warn("The demo content could not be loaded; the next start tries again.")
            return
    if empty:
        _make_set_up_code(home)
    mark.write_text("empty\n" if empty else "demo\n")


def _make_set_up_code(home: Home) -> None:
    """What the first-run page asks for, so that nobody else on the network takes over an empty desk. 100 random bits
    without letters that look alike; the page deletes the file (servicedesk/desk/first_run.py).
    """
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    parts = ["".join(secrets.choice(letters) for _n in range(5)) for _m in range(4)]
    write_private(home.path / "set-up-code", "-".join(parts) + "\n")


# --- the processes --------------------------------------------------------------------------------------------------


def _programs(home: Home, env: dict, bind: str) -> list[Program]:
    metrics = home.path / "metrics"  # what the web workers count, added up when somebody asks
    metrics.mkdir(exist_ok=True)
    for old in metrics.glob("*.db"):
        old.unlink()

    def program(name: str, command: list, **more) -> Program:
        return Program(name, command, home.logs / f"{name}.log", env | more, ROOT)

    programs = [
        program(
            "web",
            [venv.PYTHON, "-m", "gunicorn", "-c", ROOT / "deploy/gunicorn.conf.py", "--bind", bind, "servicedesk.wsgi"],
            PROMETHEUS_MULTIPROC_DIR=str(metrics),
        ),
        program(
            "worker", [
                venv.PYTHON, "-m", "celery", "-A", "servicedesk.celery", "worker", "-B", "--loglevel=INFO",
                f"--concurrency={os.environ.get('WORKER_PROCESSES', '2')}", "--without-gossip", "--without-mingle",
            ],
        ),
    ]  # fmt: skip
    if has_command("listen_mail"):
        programs.append(program("mail", services.manage("listen_mail")))
    else:
        warn("There is no listen_mail command yet; starting without the mail listener.")
    return programs


def _welcome(home: Home, env: dict, host: str, port: int, supervisor: Supervisor) -> None:
    """Waits until a page comes, then says where. The supervisor is not watching yet: this ends early on a signal."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "") else "[::1]" if host == "::" else host
    until = time.monotonic() + 60
    while not supervisor.ended and not _answers(f"http://{shown}:{port}/healthz"):
        web = supervisor.programs[0]
        if time.monotonic() > until or web.process.poll() is not None:
            warn(f"The web process does not answer. The end of {web.log}:\n{processes.tail(web.log)}")
            return
        time.sleep(0.05)
    if supervisor.ended:
        return
    step("ready")
    say(f"\n    Madoguchi   {env['SITE_URL']}")
    if any(program.name == "mail" for program in supervisor.programs):
        smtp, lmtp = env.get("MAIL_PORT", "2525"), env.get("LMTP_PORT", "2524")
        say(f"    Mail        SMTP port {smtp}, LMTP port {lmtp}")
    say(f"    Data, logs  {home.path}")
    sign_ins = home.path / "demo-sign-ins.txt"
    if sign_ins.exists():
        say("\n" + "\n".join("    " + line for line in sign_ins.read_text().rstrip().splitlines()))
    code = home.path / "set-up-code"
    if code.exists():
        say(f"\n    This desk is empty. Open {env['SITE_URL']}/first-run/ and give this set-up code:")
        say(f"    {code.read_text().strip()}")
    say("\nCtrl+C stops everything.")


def _answers(url: str) -> bool:
    try:
        # No proxy: this is our own machine.
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        return error.code < 500 or error.code == 503
    except (OSError, ValueError):
        return False
    return True
