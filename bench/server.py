"""gunicorn as in production, beside the bench: started, watched, weighed and stopped."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from servicedesk.frontdoor import processes, venv
from servicedesk.frontdoor.home import ROOT, Home
from servicedesk.frontdoor.postgres import free_port

WORKERS, THREADS = 2, 8


class Server:
    """One gunicorn of 2 workers with 8 threads each under the settings of that name."""

    def __init__(self, home: Home, env: dict, settings: str):
        self.port = free_port()
        self.log = home.logs / f"{settings}.log"
        metrics = home.path / f"metrics-{settings}"
        metrics.mkdir(exist_ok=True)
        self.process = processes.spawn(
            [venv.PYTHON, "-m", "gunicorn", "-c", ROOT / "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{self.port}",
             "bench.wsgi"],
            log=self.log,
            env=env
            | {
                "DJANGO_SETTINGS_MODULE": settings,
                "WEB_PROCESSES": str(WORKERS),
                "WEB_THREADS": str(THREADS),
                "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            },
            cwd=ROOT,
        )  # fmt: skip

    def wait(self, path: str) -> None:
        """Until the page at `path` is answered."""
        until = time.monotonic() + 60
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            try:
                opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=5).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError(f"gunicorn did not start:\n{processes.tail(self.log, 30)}") from None
                time.sleep(0.1)

    def pids(self) -> list[int]:
        """The master's and the workers' process ids."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [self.process.pid, *map(int, found.stdout.split())]

    def pss_mb(self) -> float:
        """Memory of all its processes, shared pages counted once (proportional set size), in MB."""
        kilobytes = 0
        for pid in self.pids():
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return round(kilobytes / 1024, 1)

    def stop(self) -> None:
        processes.stop(self.process)


def machine() -> str:
    """What it ran on, for the report."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB"
