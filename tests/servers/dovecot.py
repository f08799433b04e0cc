"""A real Dovecot on this machine, started for one run of tests with its own folder, ports and certificate."""

import contextlib
import datetime as dt
import imaplib
import ipaddress
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = 'pass wörd\\"1'
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = {protocols}
listen = 127.0.0.1
ssl = {ssl}
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
auth_mechanisms = plain login
auth_username_format = %Ln
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/homes/%u
}}
first_valid_uid = 1
mail_location = maildir:~/Maildir
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
# A wrong password is not made to wait: several tests bring one, from one address.
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
{more}
!include_try {folder}/changing.conf
"""
_LMTP = """
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
"""
_OAUTH = """
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
_ASKS = """
introspection_mode = post
introspection_url = {address}
username_attribute = username
active_attribute = active
active_value = true
"""


def missing() -> str:
    """Why no Dovecot can be started here, or nothing."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        return "Dovecot is not installed (apt install dovecot-imapd)"
    if os.geteuid() != 0:
        return "only root can start a Dovecot of its own"
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    return "" if version.startswith("2.3.") else f"the test's settings are for Dovecot 2.3, this is {version.strip()}"


def missing_lmtp() -> str:
    """Why Dovecot cannot take mail by LMTP here, or nothing."""
    return missing() or ("" if Path("/usr/lib/dovecot/lmtp").exists() else "apt install dovecot-lmtpd")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate() -> tuple[bytes, bytes]:
    """A certificate for localhost, signed by itself, and its key; PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return made.public_bytes(pem), key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Dovecot:
    """`tls` and `plain` are its ports; the latter offers STARTTLS unless `with_tls` is False. At `lmtp` it takes mail
    for userN@any.domain when `with_lmtp`. With `asks`, the address of a sign-in server that says whose a token is, it
    takes XOAUTH2 too. `more` goes into its settings.
    """

    def __init__(self, *, with_tls: bool = True, with_lmtp: bool = False, asks: str = "", more: str = ""):
        self.folder = Path(tempfile.mkdtemp(prefix="madoguchi-dovecot-"))
        self.folder.chmod(0o755)
        self.tls, self.plain, self.lmtp = free_port(), free_port(), free_port()
        cert, key = certificate()
        self.certificate = cert.decode()
        (self.folder / "cert.pem").write_bytes(cert)
        (self.folder / "key.pem").write_bytes(key)
        # All at once: Dovecot needs a second to see that the file has changed.
        users = "".join(f"user{n}:{{PLAIN}}{PASSWORD}\n" for n in range(1, 201))
        (self.folder / "users").write_text(users)
        homes = self.folder / "homes"
        homes.mkdir()
        homes.chmod(0o777)
        config = self.folder / "dovecot.conf"
        if asks:
            (self.folder / "oauth2.conf").write_text(_ASKS.format(address=asks))
            more += _OAUTH.format(folder=self.folder)
        config.write_text(
            _CONFIG.format(
                folder=self.folder,
                tls=self.tls,
                plain=self.plain,
                ssl="yes" if with_tls else "no",
                protocols="imap lmtp" if with_lmtp else "imap",
                more=more + (_LMTP.format(port=self.lmtp) if with_lmtp else ""),
            )  # fmt: skip
        )
        self.start()

    def start(self) -> None:
        program = shutil.which("dovecot") or "/usr/sbin/dovecot"
        config = str(self.folder / "dovecot.conf")
        self.process = subprocess.Popen([program, "-F", "-c", config], stderr=subprocess.PIPE, text=True)
        self._wait()

    def kill(self) -> None:
        """End it and everything it started by SIGKILL, as if the power had failed; `start` begins anew."""
        of = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in [self.process.pid, *map(int, of.read_text().split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def change(self, more: str) -> None:
        """Other settings than at the start, for whoever signs in from now on."""
        (self.folder / "changing.conf").write_text(more)
        self.stop(keep=True)
        self.start()

    def _wait(self) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.plain), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"Dovecot did not start: {self.process.stderr.read()}")

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.certificate)

    def client(self, user: str) -> imaplib.IMAP4:
        imap = imaplib.IMAP4_SSL("localhost", self.tls, ssl_context=self.context())
        imap.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{PASSWORD}".encode())
        return imap

    def put(self, user: str, *mails: bytes, folder: str = "INBOX", flags: str | None = None) -> None:
        imap = self.client(user)
        for mail in mails:
            kind, answer = imap.append(folder, flags, None, mail)
            assert kind == "OK", answer
        imap.logout()

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All mails that lie there, oldest first."""
        imap = self.client(user)
        imap.select(folder, readonly=True)
        _kind, found = imap.search(None, "ALL")
        raws = [imap.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found[0].split()]
        imap.logout()
        return raws

    def unread(self, user: str, folder: str = "INBOX") -> int:
        imap = self.client(user)
        imap.select(folder, readonly=True)
        _kind, answer = imap.search(None, "UNSEEN")
        imap.logout()
        return len(answer[0].split())

    def uids(self, user: str, folder: str = "INBOX") -> list[int]:
        imap = self.client(user)
        imap.select(folder, readonly=True)
        _kind, answer = imap.uid("SEARCH", "ALL")
        imap.logout()
        return [int(each) for each in answer[0].split()]

    def stop(self, *, keep: bool = False) -> None:
        """`keep` its folder for another `start`."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
