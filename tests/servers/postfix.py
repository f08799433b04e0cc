"""A real Postfix on this machine, started for one run of tests with its own folder, queue and port.

Its `master` is started by hand with a configuration of its own: the machine's /etc/postfix and queue are neither read
nor written, and mail for any domain but those named here is refused by its own `error` transport, so nothing leaves.
"""

import grp
import json
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .dovecot import free_port

_DAEMONS = Path("/usr/lib/postfix/sbin")
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.example.com
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_peername_lookup = no
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = {domains}
transport_maps = inline:{{ {routes} }}
default_transport = error:5.1.2 nothing leaves this machine
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
  check_recipient_access inline:{{ {{refused@people.example.com = 550 5.1.1 Nobody has this address}} }}, permit
message_size_limit = {most_bytes}
notify_classes =
in_flow_delay = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
transport_retry_time = 1s
lmtp_connect_timeout = 5s
lmtp_data_done_timeout = 60s
deskpipe_destination_recipient_limit = 1
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 300 1 qmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
showq      unix n - n - - showq
error      unix - - n - - error
retry      unix - - n - - error
lmtp       unix - - n - - lmtp
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
deskpipe   unix - n n - 1 pipe user=nobody null_sender= argv={folder}/pipe/run ${{recipient}} ${{sender}}
"""
# Postfix's pipe runs nothing as root, and nobody may be unable to read this checkout. So its program hands mail and
# words to the test, which runs the real command, and ends with the command's exit code.
_PIPE = """#!/bin/sh
set -e
cd {folder}/pipe
work=$(mktemp -d ./XXXXXX)
chmod 755 $work
mkfifo $work/code
chmod 666 $work/code
printf '%s\\n' "$@" > $work/words
cat > $work/mail
touch $work/ready
exit "$(cat $work/code)"
"""


def missing() -> str:
    """Why no Postfix can be started here, or nothing."""
    if not (_DAEMONS / "master").exists():
        return "Postfix is not installed (apt install postfix)"
    if os.geteuid() != 0:
        return "only root can start a Postfix of its own"
    return ""


class Postfix:
    """Takes mail at `port`. `desk.example.com` goes by LMTP to `desk_port`, where a listener may be or not;
    `pipe.example.com` to the pipe; `people.example.com` by LMTP to `people_port`.
    """

    def __init__(self, *, people_port: int = 0, most_bytes: int = 30_000_000):
        self.folder = Path(tempfile.mkdtemp(prefix="madoguchi-postfix-"))
        self.folder.chmod(0o755)
        self.port, self.desk_port = free_port(), free_port()
        self._seen = 0
        self._make_folders()
        routes = {
            "desk.example.com": f"lmtp:inet:127.0.0.1:{self.desk_port}",
            "pipe.example.com": "deskpipe:",
            "people.example.com": f"lmtp:inet:127.0.0.1:{people_port or free_port()}",
        }
        values = {
            "folder": self.folder, "daemons": _DAEMONS, "port": self.port, "most_bytes": most_bytes,
            "domains": ", ".join(routes), "routes": ", ".join(f"{{{name} = {to}}}" for name, to in routes.items()),
        }  # fmt: skip
        (self.folder / "main.cf").write_text(_MAIN.format(**values))
        (self.folder / "master.cf").write_text(_MASTER.format(**values))
        program = self.folder / "pipe" / "run"
        program.write_text(_PIPE.format(folder=self.folder))
        program.chmod(0o755)
        self.process = subprocess.Popen(
            [_DAEMONS / "master", "-c", self.folder, "-d"], stderr=subprocess.PIPE, text=True, process_group=0
        )
        self._wait()

    def _make_folders(self) -> None:
        owner, queue = pwd.getpwnam("postfix").pw_uid, self.folder / "queue"
        drop = grp.getgrnam("postdrop").gr_gid
        queue.mkdir()
        (queue / "pid").mkdir()
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
                     "saved", "trace"):  # fmt: skip
            (queue / name).mkdir(mode=0o700)
            os.chown(queue / name, owner, -1)
        for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
            (queue / name).mkdir()
            os.chown(queue / name, owner, drop)
            (queue / name).chmod(mode)
        (self.folder / "data").mkdir(mode=0o700)
        os.chown(self.folder / "data", owner, -1)
        (self.folder / "pipe").mkdir()
        (self.folder / "pipe").chmod(0o777)

    def _wait(self) -> None:
        until = time.monotonic() + 15
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                    if probe.recv(4) == b"220 ":
                        return
            except OSError:
                time.sleep(0.05)
        log = self.log()
        self.stop()
        raise RuntimeError(f"Postfix did not start:\n{log}\n{self.process.stderr.read()}")

    def send(self, raw: bytes, *to: str, sender: str = "hanako@example.com") -> None:
        """Hand a mail over; returns when Postfix has it in its queue."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.sendmail(sender, to, raw)

    def queue(self) -> list[dict]:
        """What it still has: per mail its id, recipients and why it waits."""
        told = subprocess.run(
            ["postqueue", "-c", self.folder, "-j"], capture_output=True, text=True, check=True
        ).stdout  # fmt: skip
        return [json.loads(line) for line in told.splitlines()]

    def wait_until_empty(self, seconds: float = 30) -> None:
        began, woken = time.monotonic(), 0
        while waiting := self.queue():
            took = time.monotonic() - began
            if took > seconds:
                raise RuntimeError(f"Postfix still has {waiting[:5]}\n{self.log()[-3000:]}")
            if took > (woken + 1) * 3:
                self._wake(first=not woken)
                woken += 1
            time.sleep(0.1)

    def _wake(self, *, first: bool) -> None:
        """It may say "still being delivered": it looked while a failed delivery let go of the mail, and does not
        look again before it starts anew. A reload ends it, and only a flush makes `master` start the next one at once;
        amid the reload the flush is refused, and the next one wakes it.
        """
        if first:
            self.process.send_signal(signal.SIGHUP)
        subprocess.run(["postqueue", "-c", self.folder, "-f"], capture_output=True, check=False)

    def wait_until_deferred(self, words: str, seconds: float = 30) -> None:
        """Until a delivery failed for that reason, in the words of the other side; since the queue was emptied."""
        until = time.monotonic() + seconds
        while not any("status=deferred" in line and words in line for line in self.log()[self._seen :].splitlines()):
            if time.monotonic() > until:
                raise RuntimeError(f"no mail waits because of {words!r}: {self.queue()}\n{self.log()[-3000:]}")
            time.sleep(0.1)

    def empty(self) -> None:
        """Throw away what waits, after a test that ended in the middle."""
        subprocess.run(["postsuper", "-c", self.folder, "-d", "ALL"], capture_output=True, check=True)
        self._seen = len(self.log())

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
