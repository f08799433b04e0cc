"""gunicorn's settings, for `./madoguchi run` and for production (deploy/systemd/madoguchi-web.service)."""

import gc
import os
import signal

from servicedesk.frontdoor.processes import die_with_parent

workers = int(os.environ.get("WEB_PROCESSES") or min(4, os.cpu_count() or 1))
threads = int(os.environ.get("WEB_THREADS") or 8)
worker_class = "gthread"
# The application is loaded once and its memory shared; connections to the database are made after the fork.
preload_app = True
timeout = 60
graceful_timeout = 5
keepalive = 5
# Workers are replaced now and then, so that a slow leak in a library stays small.
max_requests, max_requests_jitter = 20_000, 2_000
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 – gunicorn's heartbeat, not on a disk
# Which proxies are believed is decided by TRUSTED_PROXIES in the application, never by a header alone.
forwarded_allow_ips = ""
# gunicorn's own control interface: a way in that nobody needs.
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "info"


def when_ready(server) -> None:
    """What was loaded stays, so the collector need not look at it again and again, in the middle of a page
    (docs/performance.md). It looks when more objects came than a page leaves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def post_fork(server, worker) -> None:
    """A worker never outlives its master: with kill -9 of the master the port would stay taken."""
    die_with_parent(signal.SIGKILL, server.pid)


def child_exit(server, worker) -> None:
    """Takes the counters of a dead worker out of the metrics."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
