"""Typed readers of environment variables. A bad value stops the start with a sentence that names it."""

import ipaddress
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def boolean(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of 1, true, yes, on, 0, false, no, off.")


def integer(name: str, default: int, *, least: int | None = None, most: int | None = None) -> int:
    value = os.environ.get(name)
    if value is None or value.strip() == "":
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from None
    if (least is not None and number < least) or (most is not None and number > most):
        raise ImproperlyConfigured(f"{name} is {number}; it must be between {least} and {most}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """A list parted by commas, blanks dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def places(name: str) -> list[str]:
    """Hosts, addresses and networks, parted by commas, such as `ldap.corp.example.com,10.1.2.3,192.168.10.0/24`."""
    found = words(name)
    for word in found:
        try:
            if "/" in word:
                ipaddress.ip_network(word)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} names {word}, which is no network: {error}.") from None
    return found


def proxy(name: str) -> str:
    """An HTTP proxy such as `http://user:password@proxy.example.com:3128`, in NAME or in the file NAME_FILE names."""
    value = secret(name)
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ImproperlyConfigured(f"{name} must look like http://proxy.example.com:3128.")
    return value


def secret(name: str) -> str:
    """The value of `NAME`, or the content of the file that `NAME_FILE` names; empty when neither is set."""
    if os.environ.get(name):
        return os.environ[name]
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return ""
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from None


def database(name: str, default: str) -> dict:
    """A Django database setting from `postgres://user:password@host:port/name?sslmode=require`.

    A host that is a folder (`postgres://%2Fvar%2Frun%2Fpostgresql/desk`) is a Unix socket.
    """
    value = os.environ.get(name) or default
    parts = urlsplit(value)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must begin with postgres://; Madoguchi runs on PostgreSQL only.")
    options = {}
    for pair in filter(None, parts.query.split("&")):
        key, _, setting = pair.partition("=")
        options[key] = unquote(setting)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def smtp(name: str) -> dict:
    """Host, port, user, password and encryption from `smtp://user:password@host:587` (STARTTLS), `smtps://…` (TLS),
    or `smtp+plain://host:25` (no encryption: only for a server on this machine or a trusted network).
    """
    value = os.environ.get(name, "")
    if not value:
        return {}
    parts = urlsplit(value)
    if parts.scheme not in ("smtp", "smtps", "smtp+plain") or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must look like smtp://user:password@host:587 (or smtps://, smtp+plain://).")
    return {
        "host": parts.hostname,
        "port": parts.port or {"smtp": 587, "smtps": 465, "smtp+plain": 25}[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp",
        "use_ssl": parts.scheme == "smtps",
    }


def clamd(name: str) -> str:
    """Where the virus scanner listens: `host:port`, or the path of a Unix socket; empty for none."""
    value = os.environ.get(name, "").strip()
    host, _, port = value.rpartition(":")
    if value and not value.startswith("/") and not (host and port.isdigit() and 0 < int(port) < 65536):
        raise ImproperlyConfigured(f"{name} is {value!r}; it must look like 127.0.0.1:3310 or /run/clamav/clamd.ctl.")
    return value
